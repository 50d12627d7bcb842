package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"poolprep/bench/generate"
)

// realWork prints the rows that count most: files as people have them, with the flags that
// a person types.
func (b *bench) realWork() error {
	err := b.prepareShapes(generate.Export, generate.Excel, generate.Repair, generate.Narrow, generate.Wide, generate.Mapped, generate.Auth0, generate.Okta, generate.Supabase)
	if err != nil {
		return err
	}
	if err := b.prepareMapped(); err != nil {
		return err
	}
	if err := inTemplateOrder(b.file(generate.Export), b.path(reordered)); err != nil {
		return err
	}
	fmt.Printf("\n## Real work: %d rows, default flags, 2 workers\n", b.rows)
	rows, err := b.realRows()
	if err != nil {
		return err
	}
	nightly, err := b.nightlyRows()
	if err != nil {
		return err
	}
	rows = slices.Concat(rows, b.mappedRows(), b.presetRows(), nightly)
	if err := b.table(rows); err != nil {
		return err
	}
	if b.only != "" {
		return nil
	}
	return b.agreement()
}

// realRows are the rows about columns that are taken as they are, and repairs.
func (b *bench) realRows() ([]row, error) {
	export, narrow, wide := b.file(generate.Export), b.file(generate.Narrow), b.file(generate.Wide)
	exportSize, err := sizeOf(export)
	if err != nil {
		return nil, err
	}
	wideSize, err := sizeOf(wide)
	if err != nil {
		return nil, err
	}
	own := b.typed("convert", export)
	return []row{
		{job: "convert, export", against: "zsv select --parser fast --parallel, same columns", ours: own, theirs: []command{zsvSelect(export, generate.Columns...)}, floor: 1.2, goal: 2, get: getZsv},
		{job: "convert, export", against: "own rate on the same rows in the template's order", ours: own, theirs: []command{b.typed("convert", b.path(reordered))}, floor: 0.8, goal: 0.9},
		{job: "convert, excel", against: "own rate on export", ours: b.typed("convert", b.file(generate.Excel)), theirs: []command{own}, floor: 0.85, goal: 0.95},
		{job: "convert, repair", against: "own rate on export", ours: b.typed("convert", b.file(generate.Repair)), theirs: []command{own}, floor: 0.75, goal: 0.9},
		{job: "convert, narrow", against: "Go encoding/csv read + reorder + write", ours: b.typed("convert", narrow), theirs: []command{b.baseline("reorder", narrow)}, floor: 3.5, goal: 5},
		{job: "convert, wide", against: "own rate on export, GB/s", ours: b.typed("convert", wide), theirs: []command{own}, floor: 2.5, goal: 3, work: wideSize / exportSize},
	}, nil
}

// mappedRows are the rows about a mapping of 14 columns, 8 of them with steps.
func (b *bench) mappedRows() []row {
	file := b.file(generate.Mapped)
	ours := b.convertMapped()
	return []row{
		{job: "convert, mapped", against: "DuckDB, the same 14 expressions in one COPY", ours: ours, theirs: []command{b.mappedInDuckDB(file, os.DevNull)}, floor: 4, goal: 6, get: getDuckDB},
		{job: "convert, mapped", against: "Go encoding/csv just copying", ours: ours, theirs: []command{b.baseline("copy", file)}, floor: 3, goal: 5},
		{job: "convert, mapped", against: "Miller, the same", ours: ours, theirs: []command{b.mappedInMiller()}, floor: 40, goal: 60, get: getMiller},
		{job: "convert, mapped", against: "own rate on export", ours: ours, theirs: []command{b.typed("convert", b.file(generate.Export))}, floor: 0.4, goal: 0.6},
	}
}

// presetRows are the rows about exports of other systems.
func (b *bench) presetRows() []row {
	auth0 := b.file(generate.Auth0)
	ours := b.typed("convert", "--from=auth0", auth0)
	duckdb := b.sql(strings.NewReplacer("FILE", auth0, "OUT", os.DevNull).Replace(auth0SQL))
	mapped := b.convertMapped()
	return []row{
		{job: "convert --from auth0", against: "DuckDB read_json to COPY, the same columns", ours: ours, theirs: []command{duckdb}, floor: 1.5, goal: 3, get: getDuckDB},
		{job: "convert --from auth0", against: "Go encoding/json into a struct + encoding/csv write", ours: ours, theirs: []command{b.baseline("json", auth0)}, floor: 5, goal: 8},
		{job: "convert --from okta", against: "own rate on mapped, rows", ours: b.typed("convert", "--from=okta", "--assume-verified=email", b.file(generate.Okta)), theirs: []command{mapped}, floor: 0.8, goal: 1},
		{job: "convert --from supabase, with hashes", against: "own rate on mapped, rows", ours: b.typed("convert", "--from=supabase", "--password-hash=bcrypt", b.file(generate.Supabase)), theirs: []command{mapped}, floor: 0.8, goal: 1},
	}
}

// nightlyRows are the rows about what a nightly check adds.
func (b *bench) nightlyRows() ([]row, error) {
	faulty := b.path("faulty.csv")
	if _, err := write(faulty, generate.Options{Rows: b.rows, Shape: generate.Export, Seed: 1, Faults: 0.01}); err != nil {
		return nil, err
	}
	export := b.file(generate.Export)
	reports := b.typed("check", "--dialect=csv", "--report=junit="+b.path("r.xml"), "--report=sarif="+b.path("r.sarif"),
		"--report=html="+b.path("r.html"), "--report=prom="+b.path("r.prom"), "--report=text", faulty)
	return []row{
		{job: "check --profile, export", against: "check", ours: b.typed("check", "--dialect=csv", "--profile", export), theirs: []command{b.typed("check", "--dialect=csv", export)}, floor: 0.87, goal: 0.93},
		{job: "check, one row in a hundred bad, with junit, sarif, html and prom", against: "check with none of them", ours: reports, theirs: []command{b.typed("check", "--dialect=csv", faulty)}, floor: 0.9, goal: 0.97},
	}, nil
}

func (b *bench) convertMapped() command {
	return b.typed("convert", "--mapping="+b.path("mapped.yaml"), b.file(generate.Mapped))
}

func (b *bench) mappedInMiller() command {
	return other("mlr", "--csv", "put", "-f", b.path("mapped.mlr"), b.file(generate.Mapped))
}

func sizeOf(path string) (float64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return float64(info.Size()), nil
}
