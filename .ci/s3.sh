#!/bin/sh
# Inputs and run directories in S3, against a real server of its protocol. It takes bin/poolprep
# as it is, and stops what it starts.
set -eu
. .ci/objectstore.sh

"$bin" generate --rows 150000 --shape export --faults 1% -o users.csv 2>/dev/null # several parts
split -n l/5 --filter=gzip users.csv >users.csv.gz # of several members, which can be divided
cp users.csv users.csv.gz data/bucket/
# same DIR OTHER: two runs are the same, but for times and what an input is called.
same() {
	for made in "$1"/*; do
		other=$2/${made##*/}
		case $made in
		*/manifest.json) [ -f "$other" ] || fail "there is no $other" ;;
		*/rejects.jsonl) sed 's|s3://bucket/||g' "$other" | cmp - "$made" ;;
		*) cmp "$made" "$other" ;;
		esac
	done
	[ "$(ls "$1" | wc -l)" -eq "$(ls "$2" | wc -l)" ] || fail "$1 and $2 have other files"
}
# nothing PREFIX: nothing is left of a run there.
nothing() {
	[ ! -d "data/bucket/$1" ] || [ -z "$(ls "data/bucket/$1")" ] || fail "left in $1: $(ls "data/bucket/$1")"
	[ -z "$(find data/bucket/.sgwtmp -type f)" ] || fail "an upload is left: $(find data/bucket/.sgwtmp -type f)"
}
for file in users.csv users.csv.gz; do
	rm -rf one data/bucket/nightly
	exits 1 "$bin" convert -q --max-rows 60000 --out-dir one "$file"
	exits 1 "$bin" convert -q --max-rows 60000 --out-dir s3://bucket/nightly/one "s3://bucket/$file"
	same one data/bucket/nightly/one
done
grep -q '"s3://bucket/users.csv.gz"' data/bucket/nightly/one/manifest.json || fail "the manifest does not name the input"

exits 2 "$bin" convert -q --out-dir s3://bucket/nightly/one users.csv
grep -q 'holds a complete run .* replace it with --force' err.txt || fail "a run is replaced without being asked"
exits 1 "$bin" convert -q --force --out-dir s3://bucket/nightly/one users.csv
[ ! -e data/bucket/nightly/one/chunk-00003.csv ] || fail "a chunk of the run before is left"
exits 2 "$bin" check s3://bucket/none.csv
grep -q 's3://bucket/none.csv: .*there is no such object' err.txt || fail "$(cat err.txt)"
AWS_SECRET_ACCESS_KEY=wrong exits 2 "$bin" check s3://bucket/users.csv
exits 2 "$bin" convert -q --out-dir s3://nobucket/run users.csv

# In parts, of two objects, of which one is compressed; many rows are duplicates of rows in other parts.
exits 1 "$bin" convert -q --max-rows 60000 --force --out-dir one users.csv.gz users.csv
"$bin" plan -q --parts 4 -o plan.json s3://bucket/users.csv.gz s3://bucket/users.csv
grep -q '"frame"' plan.json || fail "the members are not divided"
grep -q '"path": "s3://bucket/users.csv.gz"' plan.json || fail "the plan does not name the object"
for k in 1 2 3 4; do
	exits 0 "$bin" convert -q --part "$k" --plan plan.json --exit-zero --out-dir "part-$k"
done
exits 1 "$bin" merge -q plan.json part-1 part-2 part-3 part-4 --max-rows 60000 --out-dir s3://bucket/nightly/merged
same one data/bucket/nightly/merged
# The same with plan and parts in the bucket.
cp plan.json data/bucket/
dirs=
for k in 4 3 2 1; do
	dirs="$dirs s3://bucket/parts/$k"
	exits 0 "$bin" convert -q --part "$k" --plan s3://bucket/plan.json --exit-zero --out-dir "s3://bucket/parts/$k"
done
exits 2 "$bin" convert -q --part 1 --plan s3://bucket/plan.json --exit-zero --out-dir s3://bucket/parts/1
grep -q 's3://bucket/parts/1 holds a complete part .* replace it with --force' err.txt || fail "$(cat err.txt)"
exits 0 "$bin" convert -q --part 1 --plan s3://bucket/plan.json --exit-zero --force --out-dir s3://bucket/parts/1
# shellcheck disable=SC2086
exits 1 "$bin" merge -q s3://bucket/plan.json $dirs --max-rows 60000 --force --out-dir s3://bucket/nightly/merged
same one data/bucket/nightly/merged
exits 2 "$bin" merge -q s3://bucket/plan.json s3://bucket/parts/1 s3://bucket/parts/5 --out-dir s3://bucket/nightly/none
grep -q 's3://bucket/parts/5 holds no complete part' err.txt || fail "$(cat err.txt)"
nothing nightly/none

printf 'x' | dd of=data/bucket/users.csv bs=1 seek=20000000 conv=notrunc status=none
exits 2 "$bin" merge -q plan.json part-1 part-2 part-3 part-4 --out-dir s3://bucket/nightly/changed
grep -q 's3://bucket/users.csv: the file was changed since the parts were made' err.txt || fail "$(cat err.txt)"
nothing nightly/changed
exits 2 sh -c 'for k in 1 2 3 4; do "$0" convert -q --part "$k" --plan plan.json --exit-zero --force --out-dir part || exit; done' "$bin"
head -c 1000 users.csv >data/bucket/users.csv
exits 2 "$bin" convert -q --part 4 --plan plan.json --force --out-dir part
cp users.csv data/bucket/

# A run that is stopped takes back what it has sent. One that is killed cannot, and the next one
# overwrites it.
mkfifo slow
# interrupted SIGNAL CODE: a run gets a signal when it has sent a chunk.
interrupted() {
	{ cat users.csv || :; exec sleep 60; } >slow &
	feeder=$!
	"$bin" convert -q --max-rows 40000 --out-dir s3://bucket/nightly/stopped - <slow 2>err.txt &
	run=$!
	until [ -f data/bucket/nightly/stopped/chunk-00002.csv ]; do
		kill -0 "$run" 2>/dev/null || fail "$(cat err.txt)"
		sleep 0.1
	done
	kill "-$1" "$run"
	exits "$2" wait "$run"
	kill "$feeder" 2>/dev/null || :
}
interrupted TERM 143
nothing nightly/stopped
interrupted KILL 137
[ ! -e data/bucket/nightly/stopped/manifest.json ] || fail "a run that was killed has a manifest"
exits 1 "$bin" convert -q --max-rows 60000 --out-dir s3://bucket/nightly/stopped users.csv.gz users.csv
same one data/bucket/nightly/stopped
"$bin" check -q --dialect csv --report summary users.csv | sed 's/.*"rows_read"/"rows_read"/; s/"pool".*//' >local.txt || :
"$bin" check -q --dialect csv --report summary s3://bucket/users.csv | sed 's/.*"rows_read"/"rows_read"/; s/"pool".*//' >remote.txt || :
cmp local.txt remote.txt
echo "inputs and run directories in S3 work: versitygw $version"
