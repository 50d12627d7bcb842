# Read by scripts that run clients of others against `poolprep emulate`, in a scratch directory.
# They name the programs that they need.
. .ci/scratch.sh
needs() {
	for program in "$@"; do
		command -v "$program" >/dev/null || { echo "$program is not here" >&2; exit 1; }
	done
}
installs() { npm install --silent --no-audit --no-fund --ignore-scripts "$1" >npm.txt 2>&1 || { cat npm.txt >&2; exit 1; }; }
begin() { # FLAG...: starts an emulator, at $url
	"$bin" emulate --listen 127.0.0.1:0 "$@" >first.txt 2>emulator.log &
	server=$!
	until [ -s first.txt ]; do
		kill -0 "$server" 2>/dev/null || { cat emulator.log >&2; exit 1; }
		sleep 0.05
	done
	read -r url <first.txt
	url=${url#listening on }
}
