package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"poolprep/bench/generate"
)

// exactRows is how many rows the files of the exactness table have: enough for
// readers that look at a file in large parts.
const exactRows = 200_000

// defect is one thing wrong with one row in the middle of a file.
type defect struct {
	name string
	make func(row string) string
}

var defects = []defect{
	{"nothing wrong", func(row string) string { return row }},
	{"one bare quote", func(row string) string { return strings.Replace(row, ",", ` "x,`, 1) }},
	{"one quote never closed", func(row string) string { return strings.Replace(row, ",", `,"`, 1) }},
	{"one row a field short", func(row string) string { return row[strings.IndexByte(row, ',')+1:] }},
	{"CR LF inside quotes", func(row string) string { return `"` + strings.Replace(row, ",", "\r\nx\",", 1) }},
	{"one byte not UTF-8", func(row string) string { return "\xff" + row }},
}

// reader is a program that says how many rows a file has.
type reader struct {
	name string
	args []string // FILE stands for the file
	rows func(output []byte) string
}

// exactness prints how many rows each program reports of files that have
// exactRows of them.
func (b *bench) exactness() error {
	last := func(output []byte) string {
		fields := strings.Fields(string(output))
		if len(fields) == 0 {
			return "none"
		}
		return fields[len(fields)-1]
	}
	readers := []reader{
		{"poolprep check", []string{b.poolprep, "check", "--dialect=csv", "--duplicates=off", "--json", "-q", "FILE"}, rowsOfReport},
		{"zsv count", []string{"zsv", "count", "FILE"}, last},
		{"zsv count --parser fast", []string{"zsv", "count", "--parser", "fast", "FILE"}, last},
		{"encoding/csv", []string{b.self, "-baseline", "read", "FILE"}, last},
		{"Miller", []string{"mlr", "--icsv", "--ojson", "--allow-ragged-csv-input", "count", "FILE"}, func(out []byte) string { return strings.Trim(last(bytes.TrimRight(out, "}] \n")), `"`) }},
		{"DuckDB", append(strings.Fields(b.duckdb), "SELECT count(*) FROM read_csv('FILE', all_varchar=true)"), last},
	}
	fmt.Printf("## Exactness\n\nRows reported of files of %d rows, one of them as said; exit code if not 0. encoding/csv counts the header.\n\n| file |", exactRows)
	var there []reader
	for _, r := range readers {
		if _, err := exec.LookPath(r.args[0]); err == nil {
			there = append(there, r)
			fmt.Printf(" %s |", r.name)
		}
	}
	fmt.Println("\n|---|" + strings.Repeat("---|", len(there)))
	path := b.path("exact.csv")
	if _, err := write(path, generate.Options{Rows: exactRows, Quoting: generate.Plain, Seed: 2}); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	middle := len(text)/2 + bytes.IndexByte(text[len(text)/2:], '\n') + 1
	end := middle + bytes.IndexByte(text[middle:], '\n')
	for _, d := range defects {
		spoiled := string(text[:middle]) + d.make(string(text[middle:end])) + string(text[end:])
		if err := os.WriteFile(path, []byte(spoiled), 0o600); err != nil {
			return err
		}
		fmt.Printf("| %s |", d.name)
		for _, r := range there {
			fmt.Printf(" %s |", r.report(path))
		}
		fmt.Println()
	}
	return nil
}

// report runs the program on a file.
func (r *reader) report(path string) string {
	var args []string
	for _, a := range r.args[1:] {
		args = append(args, strings.ReplaceAll(a, "FILE", path))
	}
	var out bytes.Buffer
	cmd := exec.Command(r.args[0], args...)
	cmd.Stdout = &out
	code := exitCode(cmd.Run())
	said := r.rows(out.Bytes())
	if code != 0 {
		said += fmt.Sprintf(" (exit %d)", code)
	}
	return said
}

// rowsOfReport returns the totals of a report in JSON lines.
func rowsOfReport(output []byte) string {
	lines := bytes.Split(bytes.TrimSpace(output), []byte("\n"))
	var totals struct {
		Read     int64 `json:"rows_read"`
		Rejected int64 `json:"rows_rejected"`
	}
	if err := json.Unmarshal(lines[len(lines)-1], &totals); err != nil {
		return "none"
	}
	if totals.Rejected == 0 {
		return fmt.Sprint(totals.Read)
	}
	return fmt.Sprintf("%d, %d rejected", totals.Read, totals.Rejected)
}
