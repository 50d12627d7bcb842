package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"poolprep/validate/report"
	"poolprep/validate/rule"
	"poolprep/validate/suggest"
)

const notAllPrinted = "Not all findings were printed: see --max-reports, or write them to a file with --report text=FILE."

// printSummary tells a person the totals. With quiet it is one line.
func (f *reportFlags) printSummary(w io.Writer, result *rule.Result, r reporters) {
	s := &result.Summary
	stopped := ""
	if result.StoppedAfter > 0 {
		stopped = "stopped there (--stop-after): the rest was not read"
	}
	if f.quiet {
		fmt.Fprintf(w, "%s rejected%s%s%s\n", count(s.RowsRejected, "row"), f.maxRejects.describe(s, "; "), strings.TrimRight("; "+stopped, "; "), f.failedBy(result))
		return
	}
	fmt.Fprintf(w, "\n%s read: %s accepted, %s rejected", count(s.RowsRead, "row"), humanize.Comma(s.RowsAccepted), humanize.Comma(s.RowsRejected))
	if s.RowsSkipped > 0 {
		fmt.Fprintf(w, ", %s skipped", humanize.Comma(s.RowsSkipped))
	}
	if s.RowsBlank > 0 {
		fmt.Fprintf(w, "; %s", count(s.RowsBlank, "blank line"))
	}
	if s.RowsOfLines > 0 {
		fmt.Fprintf(w, "; %s of several lines, %s read", count(s.RowsOfLines, "accepted row"), count(s.Lines, "physical line"))
	}
	if more := s.Lines - s.RowsRead - s.RowsBlank - s.Findings[rule.RowHeaderAgain]; more > 0 && s.RowsOfLines == 0 {
		fmt.Fprintf(w, "; %s read", count(s.Lines, "physical line"))
	}
	if s.RowsPadded > 0 {
		fmt.Fprintf(w, "; %s padded or cut to the header's fields", count(s.RowsPadded, "accepted row"))
	}
	if stopped != "" {
		fmt.Fprintf(w, "; %s", stopped)
	}
	fmt.Fprintf(w, "%s\n", f.maxRejects.describe(s, "\n"))
	printCounts(w, s, r[0].Counts()) // each has counted every finding
	if r.truncated() {
		fmt.Fprintln(w, notAllPrinted)
	}
}

// failedBy says what fails a run beside its rejected rows: findings about the file and its
// header, by their codes, and those below error that --fail-on names. Without the findings,
// which --quiet leaves out, the exit code would have no reason. Those of a policy are printed
// all the same.
func (f *reportFlags) failedBy(result *rule.Result) string {
	if result.Verdict != rule.Failed {
		return ""
	}
	s, causes := &result.Summary, []string(nil)
	if s.FileErrors > 0 {
		causes = fileCodes(s)
	}
	switch below := s.Warnings + s.Hints; f.policy().FailOn {
	case rule.Warning:
		if s.Warnings > 0 {
			causes = append(causes, count(s.Warnings, "warning")+" (--fail-on warning)")
		}
	case rule.Hint:
		if below > 0 {
			causes = append(causes, count(below, "finding")+" below error (--fail-on info)")
		}
	}
	if len(causes) == 0 {
		return ""
	}
	return "; failed by " + strings.Join(causes, ", ")
}

// fileCodes names the codes about the file and its header, and how many findings have them. A
// column that goes nowhere is no error in a conversion: where others are, they are the reason.
func fileCodes(s *rule.Summary) (codes []string) {
	all := int64(0)
	for _, c := range rule.Codes() {
		name, n := c.String(), s.Findings[c]
		if n == 0 || !strings.HasPrefix(name, "file-") && !strings.HasPrefix(name, "header-") || c == rule.FileCRLF {
			continue
		}
		if all += n; c != rule.HeaderUnknownColumn {
			codes = append(codes, fmt.Sprintf("%s (%s)", name, humanize.Comma(n)))
		}
	}
	if n := s.Findings[rule.HeaderUnknownColumn]; n > 0 && all <= s.FileErrors {
		codes = append(codes, fmt.Sprintf("%s (%s)", rule.HeaderUnknownColumn, humanize.Comma(n)))
	}
	return codes
}

// levelTitles are what findings of a level are called in the summary.
var levelTitles = map[rule.Severity]string{rule.Error: "Errors:", rule.Warning: "Warnings:", rule.Hint: "Info:"}

// printCounts prints the findings by level and code, and the columns they are about.
func printCounts(w io.Writer, s *rule.Summary, counts []report.CodeCount) {
	level := rule.Off
	for _, c := range counts {
		if c.Severity != level {
			level = c.Severity
			fmt.Fprintln(w, levelTitles[level])
		}
		n := c.N
		if c.Code == rule.RowBlank {
			n = max(n, s.Findings[c.Code]) // not every blank line before the header is reported
		}
		printf(w, "  %12s  %s\n", humanize.Comma(n), strings.TrimRight(fmt.Sprintf("%-24s  %s", c.Code, columnsText(&c)), " "))
	}
}

// columnsText names the columns that findings are about: with numbers where there are several.
func columnsText(c *report.CodeCount) string {
	const most, mostNames = 5, 10
	if len(c.Columns) == 1 && c.Columns[0].N == c.N {
		return suggest.Short(c.Columns[0].Name)
	}
	if len(c.Columns) > 0 && c.Columns[0].N == 1 { // one each, as of a header
		var names []string
		for _, column := range c.Columns[:min(len(c.Columns), mostNames)] {
			names = append(names, column.Name)
		}
		text := suggest.List(names)
		if more := c.N - int64(len(names)); more > 0 {
			text += fmt.Sprintf(" and %s more", humanize.Comma(more))
		}
		return text
	}
	var parts []string
	left := c.Others
	for i, column := range c.Columns {
		if i < most {
			parts = append(parts, suggest.Short(column.Name)+" "+humanize.Comma(column.N))
		} else {
			left += column.N
		}
	}
	if left > 0 {
		parts = append(parts, "others "+humanize.Comma(left))
	}
	return strings.Join(parts, ", ")
}

// describe says how many rows were rejected, and whether that is within the limit;
// nothing if there is none.
func (t *tolerance) describe(s *rule.Summary, before string) string {
	if t.String() == "" {
		return ""
	}
	return before + t.Describe(s) + ", --max-rejects " + t.String()
}

// count returns a number with its noun in the right form.
func count(n int64, noun string) string {
	return humanize.Comma(n) + " " + english.PluralWord(int(n), noun, "")
}
