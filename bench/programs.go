package main

import (
	"fmt"
	"slices"
	"strings"
)

// Command lines of the programs that are compared.

// typed is a command of poolprep as a person types it, with two workers, as the others
// have: findings as text on stderr, duplicates checked.
func (b *bench) typed(args ...string) command {
	return command{args: append([]string{b.poolprep, args[0], "-j2"}, args[1:]...), ok: []int{1}}
}

// check is the engine's: without the duplicate check, findings into the void.
func (b *bench) check(jobs, file string) command {
	return command{args: []string{b.poolprep, "check", "-q", "--report=jsonl=/dev/null", "-j" + jobs, "--dialect=csv", "--duplicates=off", file}, ok: []int{1}}
}

// convert is the engine's: findings go into the void.
func convert(program, jobs, file string, more ...string) command {
	args := []string{program, "convert", "-q", "--report=jsonl=/dev/null", "-j" + jobs}
	return command{args: append(append(args, more...), file), ok: []int{1}}
}

// records counts records and fields.
func (b *bench) records(file string) command {
	return command{args: []string{b.poolprep, "records", "--count", "-j1", file}}
}

// baseline is one of this program, see runBaseline.
func (b *bench) baseline(args ...string) command {
	return command{args: append([]string{b.self, "-baseline"}, args...)}
}

// sql is a query in DuckDB. What it costs to start is taken off.
func (b *bench) sql(text string) command {
	start := strings.Fields(b.duckdb)
	return command{args: append(slices.Clone(start), "SET threads=2; "+text), startup: append(slices.Clone(start), "SELECT 1")}
}

// mappedInDuckDB does what mapped.yaml does.
func (b *bench) mappedInDuckDB(file, out string) command {
	return b.sql(strings.NewReplacer("FILE", file, "OUT", out).Replace(mappedSQL))
}

func other(args ...string) command { return command{args: args} }

// zsvSelect selects columns, all of them if none is named.
func zsvSelect(file string, columns ...string) command {
	c := other("zsv", "select", "--parser", "fast", "--parallel", file)
	if len(columns) > 0 {
		c.args = append(append(c.args, "--"), columns...)
	}
	return c
}

// shell is a pipeline.
func shell(line string) command {
	return command{args: []string{"sh", "-c", line}, ok: []int{1}}
}

// piped hands a file to a command.
func piped(file string, c command) command {
	return shell("cat " + file + " | " + strings.Join(c.args, " "))
}

// repeated hands the rows of a file to a command n times over.
func (b *bench) repeated(n int, file string, c command) command {
	return shell(fmt.Sprintf("%s -baseline repeat %d %s | %s", b.self, n, file, strings.Join(c.args, " ")))
}
