package report

import (
	"strconv"
	"strings"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
)

// csvColumns are the columns of a CSV report.
var csvColumns = []string{"code", "severity", "file", "line", "column", "byte_offset", "record", "field", "column_name", "message", "hint"}

// csvWriter is a table of findings. It has no totals.
type csvWriter struct {
	*lines
	message []byte
}

func newCSV(l *lines, _ Options) Writer { return &csvWriter{lines: l} }

func (w *csvWriter) Start(Run) error {
	w.buf = append(AppendCSV(w.buf, csvColumns...), '\n')
	return w.endLine()
}

func (w *csvWriter) Finding(f *rule.Finding) error {
	dst := AppendCSV(w.buf, f.Code.String(), f.Severity.String(), f.File)
	for _, n := range []int64{f.Pos.Line, int64(f.Pos.Column), f.Pos.Offset, f.Record, int64(f.Field)} {
		dst = strconv.AppendInt(append(dst, ','), n, 10)
	}
	w.message = f.AppendMessageAndValue(w.message[:0])
	w.buf = append(AppendCSV(append(dst, ','), f.Column, string(w.message), f.Hint()), '\n')
	return w.endLine()
}

func (w *csvWriter) Finish(rule.Result) error { return nil }

// AppendCSV appends cells as RFC 4180 has them, with commas between them and no line
// end. Control characters are escaped, see package escape, for a report may be shown on
// a terminal; what a spreadsheet would execute is made harmless by an apostrophe, see
// Harmless.
func AppendCSV(dst []byte, cells ...string) []byte {
	for i, cell := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		cell = Harmless(escape.String(cell))
		if !strings.ContainsAny(cell, ",;\t\"\r\n") && !strings.HasPrefix(cell, " ") {
			dst = append(dst, cell...)
			continue
		}
		dst = append(dst, '"')
		dst = append(dst, strings.ReplaceAll(cell, `"`, `""`)...)
		dst = append(dst, '"')
	}
	return dst
}

// Harmless returns a cell in which an apostrophe stands before each =, +, -, @ (also
// the wide ones), tab, CR and LF that would begin a formula: at the beginning, and
// after what some spreadsheets split at, a semicolon, tab or line end.
func Harmless(cell string) string {
	if strings.IndexFunc(cell, beginsFormula) < 0 {
		return cell
	}
	var b strings.Builder
	begins := true
	for i, c := range cell {
		if begins && beginsFormula(c) {
			b.WriteByte('\'')
		}
		b.WriteString(cell[i : i+runeLen(cell[i:])])
		begins = c == ';' || c == '\t' || c == '\r' || c == '\n'
	}
	return b.String()
}

// runeLen returns how many bytes the first character of s has, 1 for what is none.
func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

func beginsFormula(c rune) bool { return strings.ContainsRune("=+-@\t\r\n＝＋－＠", c) }
