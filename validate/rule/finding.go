package rule

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"poolprep/validate/scan"
)

// Finding is one thing to say about the data. It is a value, not an error: an
// error is for work that could not be done.
type Finding struct {
	Code     Code
	Severity Severity
	File     string
	Pos      scan.Pos // of the field for a finding about a value, else of the record
	Record   int64    // from 1, the first after the header; 0: header or file
	Field    int      // of the source, from 1; 0: the whole record
	Column   string   // name of the pool's column, or of the header's; "" for the whole record
	Source   string   // the source columns that a mapping fills it from, "" unless they are called otherwise
	Want     int64    // numbers of the message
	Got      int64
	Text     string // detail of the message; never user data
	Run      string // of a duplicate: the other run that has the user already; "" if an earlier row has
	Value    []byte // the value, only if asked for and never a secret; valid during the call only

	// FirstLine is where the value of a duplicate was first, in a row that was accepted:
	// in FirstFile, or where that is "", in the same input. 0: not known.
	FirstFile string
	FirstLine int64
}

// AppendMessage appends what is wrong, without place, code and value.
func (f *Finding) AppendMessage(dst []byte) []byte {
	rest := f.Code.Info().message
	if f.Run != "" {
		dst, rest = append(append(dst, "taken by a user in "...), f.Run...), ""
	}
	for {
		before, after, found := strings.Cut(rest, "{")
		dst = append(dst, before...)
		if !found {
			break
		}
		name, tail, _ := strings.Cut(after, "}")
		switch name {
		case "want":
			dst = strconv.AppendInt(dst, f.Want, 10)
		case "got":
			dst = strconv.AppendInt(dst, f.Got, 10)
		case "text":
			dst = append(dst, f.Text...)
		case "first":
			dst = f.appendFirst(dst)
		}
		rest = tail
	}
	return dst
}

// AppendMessageAndValue appends what is wrong, and the value, quoted, if the finding
// brings it: the first 200 bytes of a longer one.
func (f *Finding) AppendMessageAndValue(dst []byte) []byte {
	const most = 200
	dst = f.AppendMessage(dst)
	switch {
	case f.Value == nil:
		return dst
	case len(f.Value) <= most:
		return strconv.AppendQuote(append(dst, ": "...), string(f.Value))
	}
	start := f.Value[:most]
	for len(start) > most-utf8.UTFMax && !utf8.RuneStart(f.Value[len(start)]) {
		start = start[:len(start)-1]
	}
	dst = strconv.AppendQuote(append(dst, ": "...), string(start))
	return fmt.Appendf(dst, "... (%d bytes)", len(f.Value))
}

// appendFirst says where a duplicate was first, as far as that is known.
func (f *Finding) appendFirst(dst []byte) []byte {
	if f.FirstLine == 0 {
		return dst
	}
	dst = append(dst, ", first seen "...)
	if f.FirstFile != "" {
		dst = append(append(append(dst, "in "...), f.FirstFile...), ' ')
	}
	return strconv.AppendInt(append(dst, "on line "...), f.FirstLine, 10)
}

// MessageIsConstant reports whether AppendMessage says the same for every
// finding with this code.
func (c Code) MessageIsConstant() bool { return !strings.Contains(c.Info().message, "{") }

// Hint returns how to mend it.
func (f *Finding) Hint() string { return f.Code.Info().hint }

// RowCause names the findings that are about the same column of every row.
type RowCause struct {
	Code   Code
	Column string
}

// Summary counts what a run saw. RowsRead is always the sum of the accepted,
// the rejected and the skipped rows; blank lines are not rows. Summaries add up.
type Summary struct {
	RowsRead     int64
	RowsAccepted int64
	RowsRejected int64
	RowsSkipped  int64 // left out on purpose by a mapping
	RowsBlank    int64 // records of white space alone; no rows
	RowsPadded   int64 // accepted rows to which fields were added, or from which empty ones were dropped
	RowsOfLines  int64 // accepted rows of several physical lines
	Findings     [NumCodes]int64
	Errors       int64 // findings by severity, those that were off not counted
	Warnings     int64
	Hints        int64
	FileErrors   int64 // those of the errors that are about a file or header
	Bytes        int64 // of text read, after decompression
	Lines        int64 // physical lines read, that of the header not counted
}

// Add adds the counts of another run.
func (s *Summary) Add(o *Summary) {
	s.RowsRead += o.RowsRead
	s.RowsAccepted += o.RowsAccepted
	s.RowsRejected += o.RowsRejected
	s.RowsSkipped += o.RowsSkipped
	s.RowsBlank += o.RowsBlank
	s.RowsPadded += o.RowsPadded
	s.RowsOfLines += o.RowsOfLines
	s.Lines += o.Lines
	for i, n := range o.Findings {
		s.Findings[i] += n
	}
	s.Errors += o.Errors
	s.Warnings += o.Warnings
	s.Hints += o.Hints
	s.FileErrors += o.FileErrors
	s.Bytes += o.Bytes
}

// Since returns what was counted since the counts were those of before.
func (s *Summary) Since(before *Summary) Summary {
	d := Summary{
		RowsRead: s.RowsRead - before.RowsRead, RowsAccepted: s.RowsAccepted - before.RowsAccepted, RowsRejected: s.RowsRejected - before.RowsRejected,
		RowsSkipped: s.RowsSkipped - before.RowsSkipped, RowsBlank: s.RowsBlank - before.RowsBlank, RowsPadded: s.RowsPadded - before.RowsPadded,
		RowsOfLines: s.RowsOfLines - before.RowsOfLines, Errors: s.Errors - before.Errors, Warnings: s.Warnings - before.Warnings, Hints: s.Hints - before.Hints,
		FileErrors: s.FileErrors - before.FileErrors, Bytes: s.Bytes - before.Bytes, Lines: s.Lines - before.Lines,
	}
	for i := range d.Findings {
		d.Findings[i] = s.Findings[i] - before.Findings[i]
	}
	return d
}

// Count adds one finding.
func (s *Summary) Count(c Code, sev Severity, aboutRow bool) {
	s.Findings[c]++
	switch sev {
	case Error:
		s.Errors++
		if !aboutRow {
			s.FileErrors++
		}
	case Warning:
		s.Warnings++
	case Hint:
		s.Hints++
	}
}
