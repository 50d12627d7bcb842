#!/bin/sh
# Programs that are not ours read what poolprep writes, and agree: Miller on
# how an RFC 4180 export is read, python3 on every line of an import file.
set -eu
bin=$PWD/bin/poolprep
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

for quoting in plain mixed all; do
	"$bin" generate --rows 3000 --quoting $quoting --seed 3 -o export.csv
	"$bin" records export.csv >ours.jsonl
	if command -v mlr >/dev/null; then
		mlr --icsv --ojsonl --infer-none cat export.csv >theirs.jsonl
		[ "$(wc -l <theirs.jsonl)" -eq 3000 ] || { echo "Miller reads another number of records" >&2; exit 1; }
	fi
	if command -v python3 >/dev/null; then
		python3 - <<-'PY'
			import csv, json
			with open("export.csv", newline="", encoding="utf-8") as f:
			    theirs = list(csv.reader(f, strict=True))
			ours = [json.loads(line) for line in open("ours.jsonl", encoding="utf-8")]
			assert ours == theirs, "python3 reads other records"
			print("python3 reads the same", len(ours), "records")
		PY
	fi
	code=0
	"$bin" convert -q --report jsonl=findings.jsonl -o import.csv export.csv || code=$?
	[ "$code" -le 1 ] || exit "$code"
	"$bin" check --report jsonl=/dev/null import.csv
	if command -v python3 >/dev/null; then
		python3 - <<-'PY'
			import csv, re
			split = lambda line: [v.replace("\\,", ",") for v in re.split(r"(?<!\\),", line)]
			rows = [split(line.rstrip("\n")) for line in open("import.csv", encoding="utf-8", newline="\n")]
			source = list(csv.reader(open("export.csv", newline="", encoding="utf-8")))
			want = [r for r in source if not any("\n" in v for v in r)]
			assert rows == want, "the import file holds other values"
			print("python3 reads the same", len(rows), "rows of the import file")
		PY
	fi
done
