package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
	"poolprep/validate/suggest"
)

// What several formats say in the same words.

// verdict returns PASSED or FAILED. A run that nobody has decided on passes without
// rejects and errors.
func verdict(r *rule.Result) string {
	s := &r.Summary
	if r.StoppedAfter > 0 || r.Verdict == rule.Failed || r.Verdict == rule.Undecided && s.RowsRejected+s.Errors > 0 {
		return "FAILED"
	}
	return "PASSED"
}

// headline says how a run ended, in one line that begins PASSED or FAILED.
func headline(r *rule.Result) string {
	s := &r.Summary
	word := verdict(r)
	if r.StoppedAfter > 0 {
		return word + ": stopped after " + count(r.StoppedAfter, "rejected row") + " of " + humanize.Comma(s.RowsRead) + "; the rest was not read"
	}
	var parts []string
	if s.RowsRejected > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s rejected", humanize.Comma(s.RowsRejected), count(s.RowsRead, "row")))
	}
	broken := brokenRules(s)
	if broken > 0 {
		parts = append(parts, count(broken, "rule")+" of the policy broken")
	}
	if errors := s.FileErrors - broken; errors > 0 {
		parts = append(parts, count(errors, "error")+" in a file or header")
	}
	switch {
	case s.RowsRejected > 0 && word == "PASSED":
		return word + ": " + parts[0] + ", which is tolerated"
	case len(parts) > 0:
		return word + ": " + strings.Join(parts, ", and ")
	case word == "FAILED" && s.Warnings > 0:
		return word + ": no row rejected, but " + count(s.Warnings, "warning")
	case word == "FAILED":
		return word + ": no row rejected"
	}
	return word + ": " + count(s.RowsRead, "row") + " read, none rejected"
}

// The codes of findings about rules of a policy, and about the files of a review.
var (
	ofRules = []rule.Code{rule.PolicyRows, rule.PolicyFindings, rule.PolicyFilled, rule.PolicyEmpty, rule.PolicyDistinct}
	ofFiles = []rule.Code{rule.PolicyUnreadable, rule.BaselineUnreadable}
)

// brokenPolicy is what is to be said of a policy, escaped.
type brokenPolicy []string

// add takes what a finding says, if it is about a policy.
func (b *brokenPolicy) add(f *rule.Finding) {
	if slices.Contains(ofRules, f.Code) || slices.Contains(ofFiles, f.Code) {
		*b = append(*b, escape.String(f.Text))
	}
}

// brokenRules returns how many rules of a policy were broken. It is at most FileErrors.
func brokenRules(s *rule.Summary) (n int64) {
	for _, c := range ofRules {
		n += s.Findings[c]
	}
	return min(n, s.FileErrors)
}

// driftLines are those of a result, escaped.
func driftLines(r *rule.Result) (lines []string) {
	for _, line := range r.Drift {
		lines = append(lines, escape.String(line))
	}
	return lines
}

// count returns a number with its noun in the right form.
func count(n int64, noun string) string {
	return humanize.Comma(n) + " " + english.PluralWord(int(min(n, 2)), noun, "")
}

// meaning says what findings of a code mean, in a sentence without numbers.
func meaning(c rule.Code) string {
	info := c.Info()
	if c.MessageIsConstant() {
		return info.Message()
	}
	first, _, _ := strings.Cut(info.Rule(), ". ")
	return strings.TrimSuffix(first, ".")
}

// about names what findings are about, escaped.
func (c *Case) about() string {
	switch {
	case c.Others:
		return "(other columns)"
	case c.Column == "":
		return "(record)"
	}
	return escape.String(suggest.Short(c.Column))
}

// place says where the first finding was, escaped.
func (c *Case) place() string {
	return escape.String(c.File) + ":" + strconv.FormatInt(c.Line, 10) + ":" + strconv.Itoa(c.Position)
}

// columnsText names the columns with the most findings of a code, with their numbers,
// escaped.
func columnsText(c *CodeCount) string {
	const most = 6
	var parts []string
	left := c.Others
	for i, column := range c.Columns {
		switch {
		case i >= most:
			left += column.N
		case len(c.Columns) == 1 && column.N == c.N:
			parts = append(parts, escape.String(suggest.Short(column.Name)))
		default:
			parts = append(parts, escape.String(suggest.Short(column.Name))+" "+humanize.Comma(column.N))
		}
	}
	if left > 0 {
		parts = append(parts, "others "+humanize.Comma(left))
	}
	return strings.Join(parts, ", ")
}

// appendSentence appends what a finding says, and about which column, escaped: a value
// only if the finding has one.
func appendSentence(dst []byte, f *rule.Finding) []byte {
	if f.Column != "" {
		dst = append(dst, suggest.Short(f.Column)...)
		if f.Source != "" {
			dst = append(append(dst, ", from "...), f.Source...)
		}
		dst = append(dst, ": "...)
	}
	return escape.Append(nil, f.AppendMessageAndValue(dst))
}

// relativePath returns the name of an input as tools that know the repository want it.
func relativePath(name string) string {
	return strings.TrimPrefix(filepath.ToSlash(name), "./")
}

// fileURI returns the name of an input as a reference: relative if the name is.
func fileURI(name string) string {
	path := filepath.ToSlash(name)
	if strings.HasPrefix(path, "/") {
		return (&url.URL{Scheme: "file", Path: path}).String()
	}
	return cmp.Or((&url.URL{Path: path}).String(), "stdin")
}

// fingerprint identifies a finding by its code and place, never by a value. Findings of
// one code at one place, one after the other, have different ones.
type fingerprint struct {
	last  string
	again int
}

func (p *fingerprint) of(f *rule.Finding) string {
	key := fmt.Sprintf("%s\x00%s\x00%s\x00%d\x00%d\x00%d", relativePath(f.File), f.Code, f.Column, f.Record, f.Field, f.Pos.Offset)
	if key == p.last {
		p.again++
	} else {
		p.last, p.again = key, 0
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", key, p.again))
	return hex.EncodeToString(sum[:16])
}

// seconds returns a duration as a number of seconds with three decimals.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(max(0, d.Seconds()), 'f', 3, 64)
}
