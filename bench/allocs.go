package main

import (
	"bytes"
	"context"
	"os"
	"runtime"

	"poolprep/transform"
	"poolprep/transform/mapping"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// allocsPerRow returns how many allocations a row costs: the difference between
// converting a file and converting its first half, so that what a run costs at
// all does not count.
func allocsPerRow(path string) (float64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	half := text[:bytes.IndexByte(text[len(text)/2:], '\n')+len(text)/2+1]
	rowsHalf, allocsHalf, err := convertCounting(half)
	if err != nil {
		return 0, err
	}
	rows, allocs, err := convertCounting(text)
	if err != nil {
		return 0, err
	}
	return (float64(allocs) - float64(allocsHalf)) / float64(rows-rowsHalf), nil
}

// convertCounting converts text and returns the number of rows and of allocations.
func convertCounting(text []byte) (rows int64, allocs uint64, err error) {
	in, err := validate.NewInput("rows", bytes.NewReader(text), scan.Pos{}, scan.Dialect{}, 0)
	if err != nil {
		return 0, 0, err
	}
	h, err := in.ReadHeader()
	if err != nil {
		return 0, 0, err
	}
	pool := schema.Default()
	target := judge.TargetColumns(pool, value.HashNone)
	m, err := mapping.ByName(h.Names, target)
	if err != nil {
		return 0, 0, err
	}
	program, err := m.Compile(h.Names, mapping.Options{Columns: target})
	if err != nil {
		return 0, 0, err
	}
	c, err := transform.Compile(transform.Options{Program: program, Validate: judge.Options{Pool: pool, NoDuplicates: true}})
	if err != nil {
		return 0, 0, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var result transform.Result
	err = transform.Run(context.Background(), transform.RunOptions{Converter: c, Run: validate.RunOptions{Input: in, Fields: len(h.Names), Workers: 2}}, &result)
	runtime.ReadMemStats(&after)
	return result.Summary.RowsRead, after.Mallocs - before.Mallocs, err
}
