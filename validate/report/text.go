package report

import (
	"strconv"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
	"poolprep/validate/suggest"
)

// Colours of severities on a terminal.
var colors = map[rule.Severity]string{
	rule.Error:   "\x1b[31m",
	rule.Warning: "\x1b[33m",
	rule.Hint:    "\x1b[36m",
}

const plain = "\x1b[0m"

// appendText appends FILE:LINE:COL: error: COLUMN, from SOURCE: message [code], with names and
// message escaped: they come from inputs.
func (r *Writer) appendText(dst []byte, f *rule.Finding) []byte {
	dst = escape.Append(dst, f.File)
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
		dst = escape.Append(dst, suggest.Short(f.Column))
		if f.Source != "" {
			dst = escape.Append(append(dst, ", from "...), f.Source)
		}
		dst = append(dst, ": "...)
	}
	r.message = f.AppendMessageAndValue(r.message[:0])
	dst = escape.Append(dst, r.message)
	dst = append(dst, " ["...)
	dst = append(dst, f.Code.String()...)
	return append(dst, "]\n"...)
}
