package main

import (
	"fmt"
	"strings"
)

// row is a row of a table: what poolprep does, beside what another program,
// or poolprep itself, does.
type row struct {
	job     string
	against string
	ours    command
	theirs  []command // the slowest of them counts, all of them must be there
	floor   float64
	goal    float64
	get     string  // where to get the other program
	work    float64 // how many times the work of theirs ours is; 0: once
}

const (
	getZsv    = "zsv: https://github.com/liquidaty/zsv"
	getDuckDB = "DuckDB: https://duckdb.org, or npm install @duckdb/node-api and -duckdb 'node bench/duckdb.cjs'"
	getMiller = "Miller: package miller of most systems"
)

func (b *bench) wants(job string) bool {
	return strings.Contains(job, b.only) || strings.Contains(b.only, job)
}

// table times the rows that are wanted and prints each with its verdict.
func (b *bench) table(rows []row) error {
	fmt.Print("\nTimes are medians in seconds; the ratio is how many times as fast poolprep is.\n\n")
	fmt.Println("| job | against | poolprep | other | ratio | floor | goal | verdict |\n|---|---|---|---|---|---|---|---|")
	var missing []string
	for _, r := range rows {
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
		if r.work > 0 {
			ratio *= r.work
		}
		fmt.Printf("| %s | %s | %.3f | %.3f | %.2f | %g | %g | %s |\n", r.job, r.against, ours, theirs, ratio, r.floor, r.goal, verdict(ratio >= r.floor, ratio >= r.goal))
	}
	for _, m := range missing {
		fmt.Println("\nnot installed:", m)
	}
	fmt.Println()
	return nil
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
