// Package report writes the findings and the Result of a run: as text, Markdown and HTML for
// people, as JSON lines, CSV and what other tools read for programs. It judges nothing.
//
// Open returns a Report on an io.Writer: Start it, give it each Finding, and Finish it with
// the Result, or Flush it if the run failed; Failure is what then replaces it.
//
// Each format is a Writer in a file of its own, and a line in the table formats. A Report is
// a Writer around another one: it decides which findings that one gets, and counts them
// all. Both are for one goroutine and keep no finding. They write values of the data only
// if a Finding has them.
package report

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"poolprep/validate/rule"
	"poolprep/validate/suggest"
)

// Writer is a report of a run. Start is called once, before the findings, which come in
// order, and Finish once after them; a run that failed has no Finish. A finding is valid
// during the call.
type Writer interface {
	Start(Run) error
	Finding(*rule.Finding) error
	Finish(rule.Result) error
}

// Run is what a report says of the run it is about.
type Run struct {
	Tool    string
	Command string
	Now     func() time.Time // the clock; nil: that of the system
}

// clock returns the time in UTC.
func (r *Run) clock() time.Time {
	if r.Now != nil {
		return r.Now().UTC()
	}
	return time.Now().UTC()
}

// now returns the time as RFC 3339 in UTC.
func (r *Run) now() string { return r.clock().Format(time.RFC3339) }

// Format is the name of a form of report.
type Format string

// The names that mean something to callers; Formats returns all.
const (
	Text     Format = "text"
	JSONL    Format = "jsonl"
	CSV      Format = "csv"
	GitHub   Format = "github"
	Prom     Format = "prom"
	Markdown Format = "markdown"
	Summary  Format = "summary"
	HTML     Format = "html"
)

// formats are all forms: a new one is a file with its Writer, and a line here.
var formats = []struct {
	name   Format
	new    func(*lines, Options) Writer
	totals bool // it counts findings, and does not list them: it gets all, whatever the Limits
}{
	{name: Text, new: newText},
	{name: JSONL, new: newJSONLines},
	{name: CSV, new: newCSV},
	{name: "junit", new: newJUnit, totals: true},
	{name: "sarif", new: newSARIF},
	{name: GitHub, new: newGitHub},
	{name: "gitlab", new: newGitLab},
	{name: Prom, new: newProm, totals: true},
	{name: HTML, new: newHTML, totals: true},
	{name: Markdown, new: newMarkdown, totals: true},
	{name: Summary, new: newSummary}, // truncated where JSON lines are
}

// Formats returns the names of the formats.
func Formats() (names []string) {
	for _, f := range formats {
		names = append(names, string(f.name))
	}
	return names
}

// FormatList is Formats in words.
func FormatList() string {
	names := Formats()
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// ParseFormat reads the name of a format.
func ParseFormat(name string) (Format, error) {
	for _, f := range formats {
		if string(f.name) == name {
			return f.name, nil
		}
	}
	return "", fmt.Errorf("unknown report format %q%s (%s)", name, suggest.DidYouMean(name, Formats()), FormatList())
}

// Options say how a report is written. The zero value writes text.
type Options struct {
	Format Format
	Color  bool // text: with colours for a terminal
	Info   bool // text: findings of severity info too
	Limits
	// LastSuccess is when a run passed that was before this one, for prom, which says it
	// again if this one does not pass; zero: not known.
	LastSuccess time.Time
}

// Open returns a report on out, buffered: Finish or Flush writes the rest.
func Open(out io.Writer, o Options) (*Report, error) {
	if out == nil {
		return nil, errors.New("report: there is nothing to write to")
	}
	if o.Format == "" {
		o.Format = Text
	}
	if o.Format == Text && !o.Info {
		o.Limits.NoInfo = true
	}
	for _, f := range formats {
		if f.name == o.Format {
			if f.totals {
				o.Limits = Limits{}
			}
			l := &lines{out: out}
			r := NewReport(f.new(l, o), o.Limits)
			r.lines, r.totals, l.tally = l, f.totals, &r.tally
			return r, nil
		}
	}
	_, err := ParseFormat(string(o.Format))
	return nil, err
}

// lines hands whole lines on to a writer, many at a time. It is what a Writer of this
// package and its Report share.
type lines struct {
	out   io.Writer
	buf   []byte
	tally *Tally // of all findings, those included that the Writer does not get
	cut   bool   // findings are left out of this report
}

// bufferSize is how much is written at a time, in bytes, or a little more.
const bufferSize = 64 << 10

// endLine is called when there is a line more in buf.
func (l *lines) endLine() error {
	if len(l.buf) < bufferSize {
		return nil
	}
	return l.flush()
}

func (l *lines) flush() error {
	_, err := l.out.Write(l.buf)
	l.buf = l.buf[:0]
	return err
}
