// Command bench times poolprep on generated files beside other programs that
// read CSV, whichever are installed: whole processes, in turn, several rounds,
// medians and ratios. Run it with `make bench` on a machine that does nothing
// else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"poolprep/bench/generate"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	poolprep := flag.String("poolprep", "bin/poolprep", "the program to time")
	rows := flag.Int64("rows", 1_000_000, "rows of the generated files")
	rounds := flag.Int("rounds", 7, "counted runs of each program")
	quotings := flag.String("quoting", "plain,mixed,all", "kinds of files")
	baseline := flag.String("encoding-csv", "", "internal: read or reorder the FILE with encoding/csv and end")
	flag.Parse()
	if *baseline != "" {
		return encodingCSV(*baseline, flag.Arg(0), os.Stdout)
	}
	dir, err := os.MkdirTemp("", "poolprep-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Println(describeMachine())
	for _, name := range strings.Split(*quotings, ",") {
		q, err := generate.ParseQuoting(name)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, name+".csv")
		size, err := write(path, generate.Options{Rows: *rows, Quoting: q, Seed: 1})
		if err != nil {
			return err
		}
		fmt.Printf("\n## %s: %d rows, %d MB\n", name, *rows, size/1_000_000)
		for _, j := range jobs(*poolprep, path) {
			if err := j.time(*rounds); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(path string, o generate.Options) (int64, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	stats, err := generate.Write(context.Background(), f, o)
	return stats.Bytes, errors.Join(err, f.Close())
}

// job is one thing to do, by poolprep and by others.
type job struct {
	name       string
	contenders []contender // the first is poolprep
}

// contender is a command line. It is left out if its program is not there.
type contender struct {
	name string
	args []string
	ok   []int // exit codes that are no failure, beside 0
}

// jobs returns what is timed on a file.
func jobs(poolprep, file string) []job {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	rejects := []int{1} // the generated file holds a few rows that must be rejected
	pp := func(name string, args ...string) contender {
		return contender{name, append([]string{poolprep}, args...), rejects}
	}
	other := func(name string, args ...string) contender { return contender{name: name, args: args} }
	const quiet = "--report=jsonl=/dev/null"
	return []job{
		{"tokenise all fields, 1 worker", []contender{
			pp("poolprep records --count -j1", "records", "--count", "-j1", file),
			other("wc -l", "wc", "-l", file),
			other("Go encoding/csv (ReuseRecord)", self, "-encoding-csv", "read", file),
			other("zsv count", "zsv", "count", file),
			other("xan count", "xan", "count", file),
			other("qsv count", "qsv", "count", file),
		}},
		{"check every row, 2 workers", []contender{
			pp("poolprep check", "check", "-q", "-j2", "--dialect=csv", "--duplicates=off", quiet, file),
			pp("poolprep check, exact duplicate check", "check", "-q", "-j2", "--dialect=csv", quiet, file),
			pp("poolprep check, 1 worker", "check", "-q", "-j1", "--dialect=csv", "--duplicates=off", quiet, file),
			other("Go encoding/csv, reading alone", self, "-encoding-csv", "read", file),
			other("zsv check", "zsv", "check", file),
		}},
		{"convert: map, check, write, 2 workers", []contender{
			pp("poolprep convert", "convert", "-q", "-j2", "--duplicates=off", quiet, file),
			pp("poolprep convert, exact duplicate check", "convert", "-q", "-j2", quiet, file),
			pp("poolprep convert, 1 worker", "convert", "-q", "-j1", "--duplicates=off", quiet, file),
			other("Go encoding/csv read + reorder + write", self, "-encoding-csv", "reorder", file),
			other("zsv select", "zsv", "select", file, "--", "cognito:username", "email", "name"),
			other("Miller reorder", "mlr", "--csv", "reorder", "-f", "cognito:username,email", file),
			other("DuckDB COPY TO", "duckdb", "-c", "SET threads=2; COPY (SELECT * FROM read_csv('"+file+"', all_varchar=true)) TO '/dev/null' (HEADER)"),
		}},
	}
}

// time runs the contenders in turn and prints medians, and how much longer than the first each took.
func (j *job) time(rounds int) error {
	var there []contender
	var missing []string
	for _, c := range j.contenders {
		if _, err := exec.LookPath(c.args[0]); err != nil {
			missing = append(missing, c.name)
			continue
		}
		there = append(there, c)
	}
	seconds := make([][]float64, len(there))
	memory := make([]int64, len(there))
	for round := range rounds + 1 {
		for i, c := range there {
			s, m, err := c.run()
			if err != nil {
				return err
			}
			if round > 0 { // the first one warms up
				seconds[i] = append(seconds[i], s)
				memory[i] = max(memory[i], m)
			}
		}
	}
	fmt.Printf("\n%s\n\n| program | median s | min | max | peak MiB | time / poolprep's |\n|---|---|---|---|---|---|\n", j.name)
	base := median(seconds[0])
	for i, c := range there {
		fmt.Printf("| %s | %.3f | %.3f | %.3f | %d | %.2f |\n", c.name, median(seconds[i]), slices.Min(seconds[i]), slices.Max(seconds[i]), memory[i]>>20, median(seconds[i])/base)
	}
	if len(missing) > 0 {
		fmt.Printf("\nnot installed: %s\n", strings.Join(missing, ", "))
	}
	return nil
}

// run runs a command once, and returns its seconds and its peak memory in bytes.
func (c *contender) run() (seconds float64, memory int64, err error) {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	// Not a pipe: whoever reads it would take processor time from the program.
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return 0, 0, err
	}
	defer null.Close()
	cmd.Stdout = null
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	err = cmd.Run()
	seconds = time.Since(start).Seconds()
	var exit *exec.ExitError
	if errors.As(err, &exit) && slices.Contains(c.ok, exit.ExitCode()) {
		err = nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w: %s", c.name, err, stderr.String())
	}
	return seconds, peakMemory(cmd.ProcessState), nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
