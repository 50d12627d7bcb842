#!/bin/sh
# The main job on the sample export: what goes in, what comes out, why rows were
# rejected, and the import into a pool that is emulated on this machine. Called by
# `make demo` with the path of the program.
set -eu
poolprep=$1
out=demo-out
rm -rf "$out"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$*"; }

say "The export (testdata/sample-export.csv), first lines:"
head -n 4 testdata/sample-export.csv

say "\$ poolprep convert --out-dir $out testdata/sample-export.csv"
code=0
"$poolprep" convert --out-dir "$out" testdata/sample-export.csv || code=$?
[ "$code" -eq 1 ] || { echo "demo: expected exit code 1 (rows were rejected), got $code" >&2; exit 1; }

say "What was written:"
ls -l "$out"

say "The import file $out/chunk-00001.csv, header and first rows:"
head -n 4 "$out/chunk-00001.csv"

say "The rejects, byte for byte: fix $out/rejects.csv and convert it again."
head -n 4 "$out/rejects.csv"

say "Why, without any user data ($out/rejects.jsonl):"
head -n 3 "$out/rejects.jsonl"

say "Is it fit for import?  \$ poolprep check $out/chunk-00001.csv"
"$poolprep" check "$out/chunk-00001.csv"

say "More about a code:  \$ poolprep explain not-verified"
"$poolprep" explain not-verified

say "The import service, on this machine:  \$ poolprep emulate"
"$poolprep" emulate --listen 127.0.0.1:0 >"$out/emulator.txt" &
emulator=$!
trap 'kill $emulator' EXIT
until grep -q '^listening on ' "$out/emulator.txt"; do
	kill -0 $emulator || exit 1
	sleep 0.1
done
cat "$out/emulator.txt"
AWS_ENDPOINT_URL=$(sed 's/^listening on //' "$out/emulator.txt")
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
role=arn:aws:iam::111111111111:role/poolprep-import-logs

say "\$ poolprep import run $out --user-pool-id local_default --role-arn $role"
"$poolprep" import run "$out" --user-pool-id local_default --role-arn $role --poll-interval 100ms

say "The same export once more: existing users are skipped, so the service calls the job Failed; every result names its source line ($out/again/results.jsonl):"
"$poolprep" convert -q --report jsonl=/dev/null --out-dir "$out/again" testdata/sample-export.csv || [ $? -eq 1 ]
"$poolprep" import run "$out/again" --user-pool-id local_default --role-arn $role --poll-interval 100ms
head -n 3 "$out/again/results.jsonl"

say "\$ poolprep import passwords $out"
"$poolprep" import passwords "$out"
