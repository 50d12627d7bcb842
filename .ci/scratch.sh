# Read by scripts that start a server, and run bin/poolprep as it is against it: a directory that
# goes away with what was started.
bin=$PWD/bin/poolprep
dir=$(mktemp -d)
server=
stop() {
	[ -z "$server" ] || { kill "$server" 2>/dev/null || :; wait "$server" 2>/dev/null || :; }
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM
fail() { echo "${0##*/}: $*" >&2; exit 1; }
exits() { # CODE COMMAND...
	want=$1
	shift
	code=0
	"$@" >out.txt 2>err.txt || code=$?
	[ "$code" -eq "$want" ] || { cat err.txt >&2; fail "exit code $code instead of $want: $*"; }
}
