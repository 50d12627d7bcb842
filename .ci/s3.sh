#!/bin/sh
# Inputs and run directories in S3, against a real server of its protocol (versitygw, built here
# from its module). It takes bin/poolprep as it is, and stops what it starts.
set -eu
bin=$PWD/bin/poolprep
version=v1.8.0
dir=$(mktemp -d)
server=
stop() {
	[ -z "$server" ] || { kill "$server" 2>/dev/null || :; wait "$server" 2>/dev/null || :; }
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM
GOBIN=$dir GOFLAGS= go install "github.com/versity/versitygw/cmd/versitygw@$version"
cd "$dir"
fail() { echo "s3.sh: $*" >&2; exit 1; }
mkdir -p data/bucket
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=testtest AWS_REGION=us-east-1
port=$((20000 + $$ % 20000))
./versitygw --access test --secret testtest --port "127.0.0.1:$port" posix data >server.log 2>&1 &
server=$!
export AWS_ENDPOINT_URL_S3="http://127.0.0.1:$port"
until "$bin" records --count s3://bucket/none 2>&1 | grep -q 'no such object'; do
	kill -0 "$server" 2>/dev/null || { cat server.log >&2; exit 1; }
	sleep 0.2
done

"$bin" generate --rows 150000 --shape export --faults 1% -o users.csv 2>/dev/null # several parts
gzip -k users.csv
cp users.csv users.csv.gz data/bucket/
exits() {
	want=$1
	shift
	code=0
	"$@" >out.txt 2>err.txt || code=$?
	[ "$code" -eq "$want" ] || { cat err.txt >&2; fail "exit code $code instead of $want: $*"; }
}
for file in users.csv users.csv.gz; do
	rm -rf one data/bucket/nightly
	exits 1 "$bin" convert -q --max-rows 60000 --out-dir one "$file"
	exits 1 "$bin" convert -q --max-rows 60000 --out-dir s3://bucket/nightly/one "s3://bucket/$file"
	for made in one/*; do
		case $made in
		*/manifest.json) [ -f "data/bucket/nightly/$made" ] || fail "there is no manifest" ;;
		*/rejects.jsonl) sed 's|s3://bucket/||' "data/bucket/nightly/$made" | cmp - "$made" ;; # it names the input
		*) cmp "$made" "data/bucket/nightly/$made" ;;
		esac
	done
	[ "$(ls one | wc -l)" -eq "$(ls data/bucket/nightly/one | wc -l)" ] || fail "there are other files"
done
grep -q '"s3://bucket/users.csv.gz"' data/bucket/nightly/one/manifest.json || fail "the manifest does not name the input"

exits 2 "$bin" convert -q --out-dir s3://bucket/nightly/one users.csv
grep -q 'holds a run' err.txt || fail "a run is replaced without being asked"
exits 1 "$bin" convert -q --force --out-dir s3://bucket/nightly/one users.csv
[ ! -e data/bucket/nightly/one/chunk-00003.csv ] || fail "a chunk of the run before is left"
exits 2 "$bin" check s3://bucket/none.csv
grep -q 's3://bucket/none.csv: .*there is no such object' err.txt || fail "$(cat err.txt)"
AWS_SECRET_ACCESS_KEY=wrong exits 2 "$bin" check s3://bucket/users.csv
exits 2 "$bin" convert -q --out-dir s3://nobucket/run users.csv
exits 2 "$bin" plan --parts 2 s3://bucket/users.csv
"$bin" check -q --dialect csv --report summary users.csv | sed 's/.*"rows_read"/"rows_read"/; s/"pool".*//' >local.txt || :
"$bin" check -q --dialect csv --report summary s3://bucket/users.csv | sed 's/.*"rows_read"/"rows_read"/; s/"pool".*//' >remote.txt || :
cmp local.txt remote.txt
[ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'poolprep-s3-*' -newer users.csv)" ] || fail "something is left in TMPDIR"
echo "inputs and run directories in S3 work: versitygw $version"
