// Command bench times poolprep on generated files beside other programs that
// read CSV, whichever are installed, and holds the figures against those to
// reach: whole processes, in turn, several rounds, medians and ratios. Run it
// with `make bench` on a machine that does nothing else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"poolprep/bench/generate"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	b := bench{duckdb: "duckdb -c"}
	flag.StringVar(&b.poolprep, "poolprep", "bin/poolprep", "the program to time")
	flag.StringVar(&b.portable, "portable", "", "the same without assembly (built with -tags noasm); empty: not compared")
	flag.StringVar(&b.duckdb, "duckdb", b.duckdb, "command line that DuckDB takes SQL after")
	flag.Int64Var(&b.rows, "rows", 1_000_000, "rows of the generated files")
	flag.Int64Var(&b.keyRows, "key-rows", 10_000_000, "rows of the file for the duplicate check; 0: leave that out")
	flag.IntVar(&b.growth, "growth", 10, "how many times the file is read one after the other to see whether the speed stays")
	flag.IntVar(&b.rounds, "rounds", 7, "counted runs of each program")
	flag.StringVar(&b.only, "only", "", "only rows of the table whose job contains this")
	kinds := flag.String("quoting", "mixed,plain,all", "kinds of files; the rows about the duplicate check are for the first one")
	baseline := flag.String("baseline", "", "internal: a baseline to run on FILE, see baseline.go")
	flag.Parse()
	if *baseline != "" {
		return runBaseline(*baseline, flag.Args(), os.Stdout)
	}
	var err error
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "poolprep-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	fmt.Printf("%s\n\n", describeMachine())
	for _, kind := range strings.Split(*kinds, ",") {
		if b.quoting, err = generate.ParseQuoting(kind); err != nil {
			return err
		}
		if err := errors.Join(b.prepare(), b.table()); err != nil {
			return err
		}
		if b.only == "" && b.keyRows > 0 {
			if err := b.absolutes(); err != nil {
				return err
			}
		}
		b.keyRows = 0
	}
	if b.only != "" {
		return nil
	}
	return b.exactness()
}

// bench is one run of the comparison.
type bench struct {
	poolprep, portable, duckdb, self string
	rows, keyRows                    int64
	growth, rounds                   int
	quoting                          generate.Quoting
	only                             string
	dir                              string
}

// path returns the path of a file of the run.
func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// prepare writes the files.
func (b *bench) prepare() error {
	o := generate.Options{Rows: b.rows, Quoting: b.quoting, Seed: 1}
	size, err := write(b.path("rows.csv"), o)
	if err != nil {
		return err
	}
	fmt.Printf("## %s: %d rows, %d MB\n", b.quoting, b.rows, size/1_000_000)
	for name, make := range map[string]func(in, out string) error{"rows.csv.gz": compressGzip, "rows.csv.zst": compressZstd, "bad.csv": spoil} {
		if err := make(b.path("rows.csv"), b.path(name)); err != nil {
			return err
		}
	}
	if _, err := write(b.path("small.csv"), generate.Options{Rows: 5500, Quoting: b.quoting, Seed: 1}); err != nil {
		return err
	}
	if err := os.WriteFile(b.path("pool.json"), []byte(poolWithAliases), 0o600); err != nil {
		return err
	}
	if b.keyRows > 0 && (b.only == "" || strings.Contains(b.only, "duplicate")) {
		_, err = write(b.path("keys.csv"), generate.Options{Rows: b.keyRows, Quoting: b.quoting, Seed: 3})
	}
	return err
}

// poolWithAliases is a pool in which usernames and e-mail addresses must be unique.
const poolWithAliases = `{"UserPool":{"Id":"bench","AliasAttributes":["email"],"AutoVerifiedAttributes":["email"]}}`

func write(path string, o generate.Options) (int64, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	stats, err := generate.Write(context.Background(), f, o)
	return stats.Bytes, errors.Join(err, f.Close())
}
