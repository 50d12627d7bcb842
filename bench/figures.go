package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"poolprep/bench/generate"
)

// figures prints what stands for itself; the smaller the better.
func (b *bench) figures() error {
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
