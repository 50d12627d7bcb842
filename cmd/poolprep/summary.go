package main

import (
	"fmt"
	"io"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"poolprep/validate"
)

const notAllPrinted = "Not all findings were printed: see --max-reports, or write them to a file with --report text=FILE."

// printSummary tells a person the totals. With quiet it is one line.
func printSummary(w io.Writer, s *validate.Summary, quiet bool) {
	if quiet {
		fmt.Fprintf(w, "%s rejected\n", count(s.RowsRejected, "row"))
		return
	}
	fmt.Fprintf(w, "\n%s read: %s accepted, %s rejected", count(s.RowsRead, "row"), humanize.Comma(s.RowsAccepted), humanize.Comma(s.RowsRejected))
	if s.RowsSkipped > 0 {
		fmt.Fprintf(w, ", %s skipped", humanize.Comma(s.RowsSkipped))
	}
	if s.RowsBlank > 0 {
		fmt.Fprintf(w, "; %s", count(s.RowsBlank, "blank line"))
	}
	fmt.Fprintln(w)
	for _, c := range validate.Codes() {
		if n := s.Findings[c]; n > 0 {
			fmt.Fprintf(w, "  %12s  %s\n", humanize.Comma(n), c)
		}
	}
}

// count returns a number with its noun in the right form.
func count(n int64, noun string) string {
	return humanize.Comma(n) + " " + english.PluralWord(int(n), noun, "")
}
