#!/bin/sh
# parts.sh [FILE [ROUNDS]] compares a run in parts with one run over FILE, which is made if it is
# not named: in 2, 4 and 8 parts, two at a time with a processor each, and with the parts made
# on Apache Beam's Prism. Rounds are interleaved; it prints medians in milliseconds and the ratio
# to one run. It takes bin/poolprep as it is.
set -eu
bin=$PWD/bin/poolprep
beam=$PWD/cmd/poolprep-beam
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
file=${1:-$dir/export.csv}
rounds=${2:-7}
[ -f "$file" ] || "$bin" generate --rows 1000000 --shape export --faults 0% -o "$file" 2>/dev/null
file=$(readlink -f "$file")
(cd "$beam" && go build -o "$dir/poolprep-beam" .)
cd "$dir"

timed() { # NAME COMMAND...: appends the milliseconds it takes to NAME.ms
	name=$1
	shift
	begin=$(date +%s%N)
	"$@" >/dev/null 2>err.txt || [ $? -eq 1 ] || { cat err.txt >&2; exit 1; }
	echo $((($(date +%s%N) - begin) / 1000000)) >>"$name.ms"
}
one() { "$bin" convert -q --out-dir run "$file"; }
parts() { seq "$1" | xargs -P 2 -I K "$bin" convert -q -j 1 --part K --plan plan.json --exit-zero --out-dir part-K; }
merge() { "$bin" merge -q plan.json part-* --out-dir run; }
on_beam() { ./poolprep-beam --runner prism --plan plan.json --parts-dir "$dir" --out-dir "$dir/run"; }
clear() { rm -rf run part-*; }

for round in $(seq "$rounds"); do
	clear
	timed one one
	for n in 2 4 8; do
		clear
		rm -f plan.json
		timed "plan-$n" "$bin" plan -q --parts "$n" -o plan.json "$file"
		timed "parts-$n" parts "$n"
		timed "merge-$n" merge
	done
	clear
	timed beam on_beam # parts and merge, by the plan of eight
done
median() { sort -n "$1.ms" | sed -n "$(((rounds + 1) / 2))p"; }
one=$(median one)
echo "one run: $one ms"
for n in 2 4 8; do
	plan=$(median "plan-$n") parts=$(median "parts-$n") merge=$(median "merge-$n")
	awk -v n="$n" -v o="$one" -v p="$plan" -v q="$parts" -v m="$merge" 'BEGIN {
		printf "%d parts: plan %d, parts %d, merge %d: %d ms, %.2f of one run (without the plan %.2f)\n", n, p, q, m, p + q + m, (p + q + m) / o, (q + m) / o }'
done
awk -v o="$one" -v b="$(median beam)" -v p="$(median plan-8)" 'BEGIN { printf "8 parts and merge on Prism: %d ms, with the plan %.2f of one run\n", b, (b + p) / o }'
