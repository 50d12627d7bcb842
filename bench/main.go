// Command bench times poolprep on generated files beside other programs that
// read CSV, whichever are installed, and holds the figures against those to
// reach: whole processes, in turn, several rounds, medians and ratios. Real work
// comes first: files as people have them, with the flags that a person types. The
// engine's table follows. Run it with `make bench` on a machine that does nothing
// else.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
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
	flag.StringVar(&b.only, "only", "", "only rows of the tables whose job contains this")
	tables := flag.String("tables", "real,engine,exact", "which tables: real work, the engine, exactness")
	kinds := flag.String("quoting", "mixed,plain,all", "kinds of files in the template's order for the engine; the rows about the duplicate check are for the first one")
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
	fmt.Printf("%s\n", describeMachine())
	for _, table := range strings.Split(*tables, ",") {
		switch table {
		case "real":
			err = b.realWork()
		case "engine":
			err = b.engine(strings.Split(*kinds, ","))
		case "exact":
			if b.only == "" {
				err = b.exactness()
			}
		default:
			err = fmt.Errorf("-tables %s: expected are real, engine and exact", table)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bench is one run of the comparison.
type bench struct {
	poolprep, portable, duckdb, self string
	rows, keyRows                    int64
	growth, rounds                   int
	only                             string
	dir                              string
}
