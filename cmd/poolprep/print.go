package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"

	"poolprep/transform"
	"poolprep/transform/join"
	"poolprep/transform/sink"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
)

// writeMatches says where each column of the import file comes from.
func writeMatches(w io.Writer, m *transform.Match) {
	filled := make([]bool, len(m.Columns))
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "Columns:")
	for _, from := range m.Filled() {
		filled[from.Target] = true
		printf(t, "  %s\t<- %s\n", m.Columns[from.Target], from.Source)
	}
	_ = t.Flush()
	var empty []string
	for i, name := range m.Columns {
		if !filled[i] {
			empty = append(empty, name)
		}
	}
	if len(empty) > 0 {
		printf(w, "  left empty: %s\n", strings.Join(empty, ", "))
	}
}

// printMatches says once what goes where.
func (r *convertRun) printMatches(m *transform.Match) {
	writeMatches(r.err, m)
	if m.HashField > 0 {
		fmt.Fprintln(r.err, "Password hashes are left out; name their algorithm with --password-hash to import them.")
	}
	r.printSide(m)
	fmt.Fprintln(r.err)
}

// print says what came of the run.
func (r *convertRun) print(result *transform.Result) {
	if r.preview != nil {
		r.preview.write(r.err)
	}
	r.report.printSummary(r.err, &result.Result, r.reports)
	if r.report.quiet {
		return
	}
	if len(result.Skips) > 0 {
		fmt.Fprintln(r.err, "Skipped:")
	}
	for _, reason := range slices.Sorted(maps.Keys(result.Skips)) {
		printf(r.err, "  %12s  %s\n", humanize.Comma(result.Skips[reason]), reason)
	}
	r.printJoin(result.Join)
	var repairs []string
	for k, n := range result.Repairs {
		if n > 0 {
			repairs = append(repairs, fmt.Sprintf("%s %s", humanize.Comma(n), transform.Repair(k)))
		}
	}
	if len(repairs) > 0 {
		printf(r.err, "Repaired in accepted rows: %s\n", strings.Join(repairs, ", "))
	}
	if result.HashesLeftOut > 0 {
		printf(r.err, "%s left out\n", count(result.HashesLeftOut, "password hash"))
	}
	if result.StoppedAfter == 0 {
		r.printOutput(r.err, &result.Summary)
	} else if !r.dryRun {
		fmt.Fprintln(r.err, "No file was kept; what went to stdout is not whole.")
	}
}

// printJoin says what became of the records of the second file.
func (r *convertRun) printJoin(s *join.Stats) {
	if s == nil {
		return
	}
	parts := []string{count(s.Records, "record")}
	if s.WithoutID > 0 {
		parts = append(parts, humanize.Comma(s.WithoutID)+" without an id")
	}
	if s.Again > 0 {
		parts = append(parts, humanize.Comma(s.Again)+" with an id that an earlier one has: the first one counts")
	}
	if s.Unmatched > 0 {
		parts = append(parts, humanize.Comma(s.Unmatched)+" that no row asked for")
	}
	parts = append(parts, humanize.IBytes(uint64(s.Bytes))+" of memory")
	printf(r.err, "%s: %s\n", r.join, strings.Join(parts, "; "))
}

// printSide says that something is lost where the mapping keeps it and no file takes it.
func (r *convertRun) printSide(m *transform.Match) {
	if r.command == "convert" && !r.dryRun && r.outDir == "" && r.side == "" && m.Program.Side() {
		fmt.Fprintln(r.err, "What the import cannot carry (old ids, groups and the like) is not written; --side FILE does, and --out-dir.")
	}
}

// printOutput says what was written.
func (r *convertRun) printOutput(w io.Writer, s *rule.Summary) {
	switch {
	case r.dryRun:
		if r.command == "convert" {
			fmt.Fprintln(w, "Dry run: nothing was written.")
		}
	case r.directory != nil:
		r.printDirectory(w, s)
	case r.file.TooLarge():
		printf(w, "The file is more than one import job takes (%s rows, %s): use --out-dir to get chunks.\n",
			humanize.Comma(judge.MaxFileRows), humanize.Bytes(judge.MaxFileBytes))
	}
}

// printDirectory says what was written into a run directory.
func (r *convertRun) printDirectory(w io.Writer, s *rule.Summary) {
	for _, c := range r.directory.Chunks() {
		algorithm := ""
		if c.PasswordHashAlgorithm != "" {
			algorithm = ", " + c.PasswordHashAlgorithm
		}
		printf(w, "%s/%s: %s, %s%s\n", r.outDir, c.File, count(c.Rows, "row"), humanize.Bytes(uint64(c.Bytes)), algorithm)
	}
	if r.sides && s.RowsAccepted > 0 {
		printf(w, "%s/%s: what the import cannot carry, for each accepted row\n", r.outDir, sink.SideName)
	}
	if r.kept && s.RowsSkipped > 0 {
		printf(w, "%s/%s: %s that the mapping leaves out\n", r.outDir, r.directory.SkippedFile(), count(s.RowsSkipped, "record"))
	}
	rejected := s.RowsRejected
	if rejected == 0 {
		return
	}
	printf(w, "%s/%s: %s; fix them there and convert that file again\n", r.outDir, r.directory.RejectsFile(), count(rejected, "record"))
	if r.reasons {
		printf(w, "%s/%s: what is wrong in each of its lines\n", r.outDir, sink.TableName)
	}
	if slices.ContainsFunc(r.directory.Manifest.Sources, func(s sink.Source) bool { return s.Charset != "utf-8" }) {
		printf(w, "It is in UTF-8: convert it with --encoding utf-8.\n")
	}
}
