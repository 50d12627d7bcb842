// Package report writes findings and summaries: as text for people, as JSON
// lines and CSV for programs. It decides nothing and keeps no finding.
//
// A Writer is for one goroutine. What it writes holds no value of the data
// unless a Finding brings one.
package report

import (
	"fmt"
	"io"

	"poolprep/validate"
	"poolprep/validate/rule"
	"poolprep/validate/suggest"
)

// Format is a form of report.
type Format string

// The forms.
const (
	Text  Format = "text"
	JSONL Format = "jsonl"
	CSV   Format = "csv"
)

// ParseFormat reads the name of a form.
func ParseFormat(name string) (Format, error) {
	all := []string{string(Text), string(JSONL), string(CSV)}
	for _, f := range all {
		if f == name {
			return Format(f), nil
		}
	}
	return "", fmt.Errorf("unknown report format %q%s (text, jsonl or csv)", name, suggest.DidYouMean(name, all))
}

// Options say how findings are written. The zero value writes text.
type Options struct {
	Format  Format
	Info    bool  // text: findings of severity info too
	Color   bool  // text: with colours for a terminal
	Max     int64 // at most so many findings; 0: all
	PerCode int64 // at most so many findings of a code; 0: all
	Tool    string
	Command string
}

// bufferSize is how much is written at a time, in bytes, or a little more.
const bufferSize = 64 << 10

// Writer writes the findings of one run.
type Writer struct {
	out       io.Writer
	o         Options
	written   int64
	ofCode    []int64 // written, by code
	truncated bool
	said      map[validate.RowCause]bool
	unsaid    bool // a finding was left out because of said
	buf       []byte
	texts     []jsonTexts
	last      likeLast
	line      number
	offset    number
	record    number
	message   []byte
}

// NewWriter begins a report on w. It buffers; Close writes the rest.
func NewWriter(w io.Writer, o Options) (*Writer, error) {
	r := &Writer{out: w, o: o, texts: textsByCode(), ofCode: make([]int64, len(rule.Codes()))}
	switch o.Format {
	case JSONL:
		r.buf = append(r.buf, `{"v":1,"type":"run","tool":`...)
		r.buf = AppendString(r.buf, o.Tool)
		r.buf = append(r.buf, `,"command":`...)
		r.buf = AppendString(r.buf, o.Command)
		r.buf = append(r.buf, "}\n"...)
		return r, r.flushLine()
	case CSV:
		r.buf = append(AppendCSV(r.buf, csvColumns...), '\n')
	}
	return r, nil
}

// flushLine hands the lines in buf on when there are many.
func (r *Writer) flushLine() error {
	if len(r.buf) < bufferSize {
		return nil
	}
	return r.flush()
}

func (r *Writer) flush() error {
	_, err := r.out.Write(r.buf)
	r.buf = r.buf[:0]
	return err
}

// Said tells what a finding about the header has said for all rows of the input at
// hand, so that the rows' own findings of it are not written. It replaces what was
// told before.
func (r *Writer) Said(causes []validate.RowCause) {
	r.said = make(map[validate.RowCause]bool, len(causes))
	for _, c := range causes {
		r.said[c] = true
	}
}

// Finding writes one finding, unless there were Max already, or PerCode of its code,
// or a finding about the header said it.
func (r *Writer) Finding(f *rule.Finding) error {
	if r.o.Format != JSONL && r.o.Format != CSV && f.Severity == rule.Hint && !r.o.Info {
		return nil
	}
	if len(r.said) > 0 && f.Record > 0 && r.said[validate.RowCause{Code: f.Code, Column: f.Column}] {
		r.unsaid = true
		return nil
	}
	if r.o.Max > 0 && r.written >= r.o.Max || r.o.PerCode > 0 && r.ofCode[f.Code] >= r.o.PerCode {
		r.truncated = true
		return nil
	}
	r.written++
	r.ofCode[f.Code]++
	switch r.o.Format {
	case JSONL:
		r.buf = r.appendFinding(r.buf, f)
	case CSV:
		r.buf = r.appendCSVFinding(r.buf, f)
	default:
		r.buf = r.appendText(r.buf, f)
	}
	return r.flushLine()
}

// Summary writes the totals: a last line in JSON lines; nothing in the other
// forms, where the command prints them for people.
func (r *Writer) Summary(s *rule.Summary) error {
	if r.o.Format != JSONL {
		return nil
	}
	r.buf = appendSummary(r.buf, s, r.truncated || r.unsaid)
	return r.flushLine()
}

// Truncated reports whether findings were left out because of Max or PerCode.
func (r *Writer) Truncated() bool { return r.truncated }

// Close writes what is buffered. It does not close the writer below.
func (r *Writer) Close() error { return r.flush() }
