# Read by scripts that need a server of S3's protocol: versitygw, built from its module, on
# data/bucket in a scratch directory, which becomes the working directory.
. .ci/scratch.sh
version=v1.8.0
GOBIN=$dir GOFLAGS= go install "github.com/versity/versitygw/cmd/versitygw@$version"
cd "$dir"
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
