package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"poolprep/bench/generate"
)

// row is a row of the table: what poolprep does, beside what another program,
// or poolprep itself, does.
type row struct {
	job     string
	against string
	ours    command
	theirs  []command // the slowest of them counts, all of them must be there
	floor   float64
	goal    float64
	get     string  // where to get the other program
	repeats float64 // how many times the work of theirs ours is; 0: once
}

const (
	getZsv    = "zsv: https://github.com/liquidaty/zsv"
	getDuckDB = "DuckDB: https://duckdb.org, or npm install @duckdb/node-api and -duckdb 'node bench/duckdb.cjs'"
	getMiller = "Miller: package miller of most systems"
)

// theRows returns the table of ratios: how many times as fast poolprep is.
func (b *bench) theRows() []row {
	file := b.path("rows.csv")
	quiet := []string{"-q", "--report=jsonl=/dev/null"}
	poolprep := func(program string, args ...string) command {
		return command{args: append([]string{program}, args...), ok: []int{1}} // some rows are to be rejected
	}
	check := func(jobs, file string) command {
		return poolprep(b.poolprep, append(quiet, "check", "-j"+jobs, "--dialect=csv", "--duplicates=off", file)...).subcommandFirst()
	}
	convert := func(program, jobs, file string, more ...string) command {
		return poolprep(program, append(append(quiet, "convert", "-j"+jobs), append(more, file)...)...).subcommandFirst()
	}
	off := "--duplicates=off"
	self := func(args ...string) command { return command{args: append([]string{b.self, "-baseline"}, args...)} }
	sql := func(text string) command {
		start := strings.Fields(b.duckdb)
		return command{args: append(start, "SET threads=2; "+text), startup: append(start, "SELECT 1")}
	}
	other := func(args ...string) command { return command{args: args} }
	table := fmt.Sprintf("read_csv('%s', all_varchar=true)", file)
	count := poolprep(b.poolprep, "records", "--count", "-j1", file)
	rows := []row{
		{job: "tokenise all fields, 1 thread", against: "wc -l", ours: count, theirs: []command{other("wc", "-l", file)}, floor: 0.55, goal: 0.75},
		{job: "tokenise all fields, 1 thread", against: "Go encoding/csv (ReuseRecord)", ours: count, theirs: []command{self("read", file)}, floor: 9, goal: 12},
		{job: "tokenise all fields, 1 thread", against: "zsv count --parser fast", ours: count, theirs: []command{other("zsv", "count", "--parser", "fast", file)}, floor: 0.9, goal: 1.05, get: getZsv},
		{job: "check, 2 workers", against: "zsv check", ours: check("2", file), theirs: []command{other("zsv", "check", file)}, floor: 1.5, goal: 2.2, get: getZsv},
		{job: "check, 2 workers", against: "DuckDB, four columns checked", ours: check("2", file), theirs: []command{sql(fourColumns + table)}, floor: 4, goal: 6, get: getDuckDB},
		{job: "check, every row bad", against: "own rate on a clean file", ours: check("2", b.path("bad.csv")), theirs: []command{check("2", file)}, floor: 0.5, goal: 0.7},
		{job: "convert, 2 workers", against: "zsv select --parser fast --parallel", ours: convert(b.poolprep, "2", file, off), theirs: []command{other("zsv", "select", "--parser", "fast", "--parallel", file)}, floor: 1.3, goal: 2, get: getZsv},
		{job: "convert, 2 workers", against: "DuckDB COPY TO", ours: convert(b.poolprep, "2", file, off), theirs: []command{sql("COPY (SELECT * FROM " + table + ") TO '/dev/null' (FORMAT csv, HEADER)")}, floor: 5, goal: 8, get: getDuckDB},
		{job: "convert, 2 workers", against: "Go encoding/csv read + reorder + write", ours: convert(b.poolprep, "2", file, off), theirs: []command{self("reorder", file)}, floor: 6, goal: 9},
		{job: "convert, 2 workers", against: "Miller reorder", ours: convert(b.poolprep, "2", file, off), theirs: []command{other("mlr", "--csv", "reorder", "-f", "cognito:username,email", file)}, floor: 25, goal: 35, get: getMiller},
		{job: "convert into a run directory, 2 workers", against: "zsv select --parser fast --parallel -o FILE", ours: convert(b.poolprep, "2", file, off, "--force", "--out-dir="+b.path("run")), theirs: []command{other("zsv", "select", "--parser", "fast", "--parallel", "-o", b.path("selected.csv"), file)}, floor: 1.3, goal: 2, get: getZsv},
		{job: "convert, 2 workers", against: "1 worker", ours: convert(b.poolprep, "2", file, off), theirs: []command{convert(b.poolprep, "1", file, off)}, floor: 1.6, goal: 1.8},
		{job: "check from a pipe", against: "own file rate, or cat to wc -l", ours: b.piped(check("2", "-")), theirs: []command{check("2", file), shell("cat " + file + " | wc -l")}, floor: 0.85, goal: 0.95},
		{job: "convert from a pipe", against: "own file rate, or cat to wc -l", ours: b.piped(convert(b.poolprep, "2", "-", off)), theirs: []command{convert(b.poolprep, "2", file, off), shell("cat " + file + " | wc -l")}, floor: 0.85, goal: 0.95},
		{job: "convert gzip", against: "klauspost gunzip to nothing", ours: convert(b.poolprep, "2", file+".gz", off), theirs: []command{self("gunzip", file+".gz")}, floor: 0.9, goal: 0.97},
		{job: "convert zstd", against: "klauspost zstd to nothing", ours: convert(b.poolprep, "2", file+".zst", off), theirs: []command{self("unzstd", file+".zst")}, floor: 0.65, goal: 0.85},
		{job: fmt.Sprintf("convert %d times as much", b.growth), against: "own rate", ours: b.repeated(b.growth, convert(b.poolprep, "2", "-", off)), theirs: []command{b.repeated(1, convert(b.poolprep, "2", "-", off))}, floor: 0.9, goal: 1, repeats: float64(b.growth)},
	}
	if b.portable != "" {
		intoDir := []string{off, "--force", "--out-dir=" + b.path("run")}
		rows = append(rows,
			row{job: "convert into a run directory, portable build", against: "own build with assembly", ours: convert(b.portable, "2", file, intoDir...), theirs: []command{convert(b.poolprep, "2", file, intoDir...)}, floor: 0.5, goal: 0.65},
			row{job: "convert to a stream, portable build", against: "own build with assembly", ours: convert(b.portable, "2", file, off), theirs: []command{convert(b.poolprep, "2", file, off)}, floor: 0.5, goal: 0.65})
	}
	if b.keyRows > 0 {
		keys, pool := b.path("keys.csv"), "--schema="+b.path("pool.json")
		dir := []string{"--force", "--out-dir=" + b.path("run"), pool}
		rows = append(rows,
			row{job: fmt.Sprintf("convert into a run directory, exact duplicate check of 2 columns, %d rows", b.keyRows), against: "own rate without", ours: convert(b.poolprep, "2", keys, dir...), theirs: []command{convert(b.poolprep, "2", keys, append(dir, off)...)}, floor: 0.7, goal: 0.85},
			row{job: fmt.Sprintf("convert to a stream, exact duplicate check of 2 columns, %d rows", b.keyRows), against: "own rate without", ours: convert(b.poolprep, "2", keys, pool), theirs: []command{convert(b.poolprep, "2", keys, pool, off)}, floor: 0.7, goal: 0.85})
	}
	return rows
}

// fourColumns is what DuckDB checks: an e-mail address, a phone number, a date and a boolean.
const fourColumns = `SELECT count(*) FILTER (NOT regexp_matches(email, '^[^@ ]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$')),
	count(*) FILTER (phone_number <> '' AND NOT regexp_matches(phone_number, '^\+[1-9][0-9]{1,14}$')),
	count(*) FILTER (birthdate <> '' AND try_strptime(birthdate, '%m/%d/%Y') IS NULL),
	count(*) FILTER (email_verified NOT IN ('TRUE', 'FALSE', 'true', 'false')) FROM `

// piped hands the file to a command.
func (b *bench) piped(c command) command {
	return shell("cat " + b.path("rows.csv") + " | " + strings.Join(c.args, " "))
}

// repeated hands the rows of the file to a command n times over.
func (b *bench) repeated(n int, c command) command {
	return shell(fmt.Sprintf("%s -baseline repeat %d %s | %s", b.self, n, b.path("rows.csv"), strings.Join(c.args, " ")))
}

func (b *bench) wants(job string) bool {
	return strings.Contains(job, b.only) || strings.Contains(b.only, job)
}

// table times every row and prints it with its verdict.
func (b *bench) table() error {
	fmt.Print("\nTimes are medians in seconds; the ratio is how many times as fast poolprep is.\n\n")
	fmt.Println("| job | against | poolprep | other | ratio | floor | goal | verdict |\n|---|---|---|---|---|---|---|---|")
	var missing []string
	for _, r := range b.theRows() {
		if !b.wants(r.job) {
			continue
		}
		if name := r.missing(); name != "" {
			missing = append(missing, fmt.Sprintf("%s, for %q (%s)", name, r.against, r.get))
			continue
		}
		ours, theirs, err := r.time(b.rounds)
		if err != nil {
			return err
		}
		ratio := theirs / ours
		if r.repeats > 0 {
			ratio *= r.repeats
		}
		fmt.Printf("| %s | %s | %.3f | %.3f | %.2f | %g | %g | %s |\n", r.job, r.against, ours, theirs, ratio, r.floor, r.goal, verdict(ratio >= r.floor, ratio >= r.goal))
	}
	for _, m := range missing {
		fmt.Println("\nnot installed:", m)
	}
	fmt.Println()
	return nil
}

// absolutes are figures that stand for themselves; the smaller the better.
func (b *bench) absolutes() error {
	fmt.Print("| figure | value | floor | goal | verdict |\n|---|---|---|---|---|\n")
	line := func(name string, value, floor, goal float64, unit string) {
		fmt.Printf("| %s | %.3g %s | %g | %g | %s |\n", name, value, unit, floor, goal, verdict(value <= floor, value <= goal))
	}
	convert := func(args ...string) command {
		return command{args: append([]string{b.poolprep, "convert", "-q", "-j2", "--report=jsonl=/dev/null", "--schema=" + b.path("pool.json")}, args...), ok: []int{1}}
	}
	memory, err := b.peak(convert("--duplicates=off", b.path("rows.csv")))
	if err != nil {
		return err
	}
	line("peak memory, no duplicate check", memory/(1<<20), 64, 32, "MiB")
	if b.keyRows > 0 {
		with, err := b.peak(convert(b.path("keys.csv")))
		if err != nil {
			return err
		}
		line(fmt.Sprintf("duplicate check, memory a key (%d keys)", 2*b.keyRows), (with-memory)/float64(2*b.keyRows), 24, 20, "bytes")
	}
	var starts []float64
	for range b.rounds {
		c := convert("--duplicates=off", b.path("small.csv"))
		m, err := c.run()
		if err != nil {
			return err
		}
		starts = append(starts, 1000*m.seconds)
	}
	line("1 MB file, start to end", median(starts), 50, 15, "ms")
	if _, err := write(b.path("plain.csv"), generate.Options{Rows: b.rows / 2, Quoting: generate.Plain, Seed: 1}); err != nil {
		return err
	}
	allocs, err := allocsPerRow(b.path("plain.csv"))
	if err != nil {
		return err
	}
	line("allocations a clean row", allocs, 0.05, 0.05, "")
	fmt.Println()
	return nil
}

// peak returns the memory that a command took at its peak, in bytes.
func (b *bench) peak(c command) (float64, error) {
	out, err := exec.Command(b.self, append([]string{"-baseline", "peak", "--"}, c.args...)...).Output()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", strings.Join(c.args, " "), err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

func verdict(floor, goal bool) string {
	switch {
	case goal:
		return "goal"
	case floor:
		return "floor"
	}
	return "BELOW"
}
