package report

import (
	"strconv"

	"poolprep/validate"
)

// Colours of severities on a terminal.
var colors = map[validate.Severity]string{
	validate.Error:   "\x1b[31m",
	validate.Warning: "\x1b[33m",
	validate.Hint:    "\x1b[36m",
}

const plain = "\x1b[0m"

// appendText appends FILE:LINE:COL: error: COLUMN: message [code].
func (r *Writer) appendText(dst []byte, f *validate.Finding) []byte {
	dst = append(dst, f.File...)
	dst = append(dst, ':')
	dst = strconv.AppendInt(dst, f.Pos.Line, 10)
	dst = append(dst, ':')
	dst = strconv.AppendInt(dst, int64(f.Pos.Column), 10)
	dst = append(dst, ": "...)
	if r.o.Color {
		dst = append(dst, colors[f.Severity]...)
	}
	dst = append(dst, f.Severity.String()...)
	if r.o.Color {
		dst = append(dst, plain...)
	}
	dst = append(dst, ": "...)
	if f.Column != "" {
		dst = append(dst, printable(f.Column)...)
		dst = append(dst, ": "...)
	}
	dst = f.AppendMessage(dst)
	dst = append(dst, " ["...)
	dst = append(dst, f.Code.String()...)
	return append(dst, "]\n"...)
}

// printable keeps a name from a file from moving the cursor.
func printable(name string) string {
	for _, r := range name {
		if !strconv.IsPrint(r) {
			return strconv.Quote(name)
		}
	}
	return name
}
