#!/bin/sh
# Builds release archives twice, compares them, and looks into one of each kind.
set -eu
platforms="linux/amd64 windows/amd64"
make -s dist PLATFORMS="$platforms"
cp dist/SHA256SUMS bin/SHA256SUMS.first
make -s dist PLATFORMS="$platforms"
cmp dist/SHA256SUMS bin/SHA256SUMS.first
rm bin/SHA256SUMS.first
(cd dist && sha256sum -c SHA256SUMS)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -xzf dist/poolprep-*-linux-amd64.tar.gz -C "$work"
python3 -m zipfile -e dist/poolprep-*-windows-amd64.zip "$work"
for top in "$work"/poolprep-*; do
	for file in LICENSE README.md man/man1/poolprep.1 man/man1/poolprep-convert.1 man/man7/poolprep-formats.7 \
		completions/poolprep.bash completions/_poolprep completions/poolprep.fish completions/poolprep.ps1; do
		test -s "$top/$file" || { echo "$top has no $file" >&2; exit 1; }
	done
done
test -s "$work"/poolprep-*-windows-amd64/poolprep.exe
program=$(echo "$work"/poolprep-*-linux-amd64/poolprep)
"$program" version
# 34 MB in 2026: the number plans of telephone numbers and the templates of HTML reports link much by reflection.
test "$(wc -c <"$program")" -lt 46000000 || { echo "the binary has grown to $(wc -c <"$program") bytes: what does it link that it does not need?" >&2; exit 1; }
bash -n "$work"/poolprep-*-linux-amd64/completions/poolprep.bash
