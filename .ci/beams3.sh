#!/bin/sh
# Inputs, parts and run directories of poolprep-beam in S3, by Beam's own file system, against a
# real server of its protocol. It takes bin/poolprep as it is, and stops what it starts.
set -eu
root=$PWD
. .ci/objectstore.sh
(cd "$root/cmd/poolprep-beam" && go build -buildvcs=false -o "$dir/poolprep-beam" .)
mkdir -p data/bucket/exports tmp
export TMPDIR=$dir/tmp

for i in 1 2 1; do # users of the first file come again in the third
	n=$((${n:-0} + 1))
	"$bin" generate --rows 20000 --shape mapped --faults 1% --seed "$i" -o "data/bucket/exports/users-$n.csv" 2>/dev/null
done
gzip data/bucket/exports/users-2.csv
cp -r data/bucket/exports local
printf 'not of the run\n' >data/bucket/exports/users-4.txt
set -- --mapping "$root/bench/mapped.yaml" --max-rows 15000
exits 1 "$bin" convert -q "$@" --out-dir one local/users-1.csv local/users-2.csv.gz local/users-3.csv
objects='s3://bucket/exports/users-*.csv*'
exits 1 ./poolprep-beam --group-keys --input "$objects" --parts 3 "$@" --parts-dir parts --out-dir run
same() { # as the run directory "one", which a directory is to be
	for made in one/*; do
		case $made in
		*/manifest.json) grep -q '"s3://bucket/exports/users-2.csv.gz"' "$1/manifest.json" || fail "the manifest does not name the inputs" ;;
		*/rejects.jsonl) sed 's|s3://bucket/exports/|local/|g' "$1/rejects.jsonl" | cmp - "$made" ;; # it names the input
		*) cmp "$made" "$1/${made#one/}" ;;
		esac
	done
	[ "$(ls one | wc -l)" -eq "$(ls "$1" | wc -l)" ] || fail "there are other files"
}
same run
grep -q 'keys_contested: [1-9]' err.txt || fail "no key was found twice"

# Nothing is on a disk of this machine.
exits 1 ./poolprep-beam --group-keys --input "$objects" --parts 3 "$@" --parts-dir s3://bucket/jobs/parts --out-dir s3://bucket/jobs/run
same data/bucket/jobs/run
grep -q 'rows_read: 60000' err.txt || fail "$(cat err.txt)"
exits 2 ./poolprep-beam --input "$objects" --parts 3 "$@" --parts-dir s3://bucket/jobs/others --out-dir s3://bucket/jobs/run
grep -q 's3://bucket/jobs/run is not empty' err.txt || fail "a run is overwritten"

# Half of the parts are there, and the merge is done once more.
rm -rf parts/part-2 run
exits 1 ./poolprep-beam --input "$objects" --parts 3 "$@" --parts-dir parts --out-dir run
grep -q 'parts_found: 2' err.txt || fail "parts that are complete are made again"
cmp one/chunk-00001.csv run/chunk-00001.csv

# An object that was replaced since is noticed.
rm -rf parts/part-1 run
printf 'x' >>data/bucket/exports/users-1.csv
exits 2 ./poolprep-beam --input "$objects" --parts 3 "$@" --parts-dir parts --out-dir run
grep -q 'users-1.csv has .* bytes, and had .* when the plan was made' err.txt || { cat err.txt >&2; fail "a changed object is not noticed"; }
exits 2 ./poolprep-beam --input 's3://bucket/none-*' --parts 3 --parts-dir none --out-dir run
grep -q 'nothing matches' err.txt || fail "a pattern that matches nothing is not noticed"
AWS_SECRET_ACCESS_KEY=wrong exits 2 ./poolprep-beam --input "$objects" --parts 3 --parts-dir none --out-dir run
[ ! -e run ] || fail "a run is there that is not complete"
[ -z "$(find tmp -name 'poolprep-beam-*')" ] || fail "something is left in TMPDIR"
echo "poolprep-beam works in S3: versitygw $version"
