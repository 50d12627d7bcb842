#!/bin/sh
# The main job on the sample export: what goes in, what comes out, and why rows
# were rejected. Called by `make demo` with the path of the program.
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

say "The rejects, byte for byte: mend $out/rejects.csv and feed it in again."
head -n 4 "$out/rejects.csv"

say "Why, without any user data ($out/rejects.jsonl):"
head -n 3 "$out/rejects.jsonl"

say "Is it fit for import?  \$ poolprep check $out/chunk-00001.csv"
"$poolprep" check "$out/chunk-00001.csv"

say "More about a code:  \$ poolprep explain not-verified"
"$poolprep" explain not-verified
