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
	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
)

// writeMatches says where each column of the import file comes from. Of JSON lines, a
// column of which no member has been seen is not named.
func writeMatches(w io.Writer, in *validate.Input, p *mapping.Program, target []string) {
	filled := make([]bool, len(target))
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "Columns:")
	for _, m := range p.Matches() {
		if in.JSON() && m.Source == target[m.Target] && !in.Seen(m.Source) {
			continue
		}
		filled[m.Target] = true
		printf(t, "  %s\t<- %s\n", target[m.Target], m.Source)
	}
	_ = t.Flush()
	var empty []string
	for i, name := range target {
		if !filled[i] {
			empty = append(empty, name)
		}
	}
	if len(empty) > 0 {
		printf(w, "  left empty: %s\n", strings.Join(empty, ", "))
	}
}

// tellMatches says once what goes where.
func (r *convertRun) tellMatches(in *validate.Input, p *mapping.Program, target []string, hashesLeftOut bool) {
	writeMatches(r.err, in, p, target)
	if hashesLeftOut {
		fmt.Fprintln(r.err, "Password hashes are left out; name their algorithm with --password-hash to import them.")
	}
	fmt.Fprintln(r.err)
}

// tell says what came of the run.
func (r *convertRun) tell() {
	r.report.printSummary(r.err, &r.sum.Summary, r.reports)
	if r.report.quiet {
		return
	}
	if len(r.sum.Skips) > 0 {
		fmt.Fprintln(r.err, "Skipped:")
	}
	for _, reason := range slices.Sorted(maps.Keys(r.sum.Skips)) {
		printf(r.err, "  %12s  %s\n", humanize.Comma(r.sum.Skips[reason]), reason)
	}
	var repairs []string
	for k, n := range r.sum.Repairs {
		if n > 0 {
			repairs = append(repairs, fmt.Sprintf("%s %s", humanize.Comma(n), transform.Repair(k)))
		}
	}
	if len(repairs) > 0 {
		printf(r.err, "Repaired in accepted rows: %s\n", strings.Join(repairs, ", "))
	}
	if r.sum.HashesLeftOut > 0 {
		printf(r.err, "%s left out\n", count(r.sum.HashesLeftOut, "password hash"))
	}
	r.tellOutput(r.err)
}

// tellOutput says what was written.
func (r *convertRun) tellOutput(w io.Writer) {
	if r.dry && r.command == "convert" {
		fmt.Fprintln(w, "Dry run: nothing was written.")
		return
	}
	switch o := r.output.(type) {
	case dirOutput:
		for _, c := range o.Chunks() {
			algorithm := ""
			if c.PasswordHashAlgorithm != "" {
				algorithm = ", " + c.PasswordHashAlgorithm
			}
			printf(w, "%s/%s: %s, %s%s\n", r.outDir, c.File, count(c.Rows, "row"), humanize.Bytes(uint64(c.Bytes)), algorithm)
		}
		if r.sum.RowsRejected > 0 {
			printf(w, "%s/%s: %s; mend them there and convert that file again\n", r.outDir, o.RejectsFile(), count(r.sum.RowsRejected, "record"))
			if r.reasons {
				printf(w, "%s/%s: what is wrong in each of its lines\n", r.outDir, sink.TableName)
			}
			if slices.ContainsFunc(r.manifest.Sources, func(s sink.Source) bool { return s.Charset != "utf-8" }) {
				printf(w, "It is written in UTF-8: say --encoding utf-8 when you do.\n")
			}
		}
	case *fileOutput:
		if o.tooLarge() {
			printf(w, "The file is more than one import job takes (%s rows, %s): use --out-dir to get chunks.\n",
				humanize.Comma(validate.MaxFileRows), humanize.Bytes(validate.MaxFileBytes))
		}
	}
}
