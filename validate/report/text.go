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

// textWriter is a report for people. The totals are not in it: a command prints them elsewhere;
// the profile is, if there is one.
type textWriter struct {
	*lines
	color   bool
	message []byte
}

func newText(l *lines, o Options) Writer { return &textWriter{lines: l, color: o.Color} }

func (w *textWriter) Start(Run) error { return nil }

func (w *textWriter) Finding(f *rule.Finding) error {
	w.buf = w.append(w.buf, f)
	return w.endLine()
}

func (w *textWriter) Finish(result rule.Result) error {
	if result.StoppedAfter > 0 {
		w.buf = append(append(w.buf, headline(&result)...), '\n')
	}
	for _, line := range driftLines(&result) {
		w.buf = append(append(w.buf, line...), '\n')
	}
	if result.Profile != nil {
		w.buf = appendTextProfile(w.buf, result.Profile)
	}
	return w.endLine()
}

// append appends FILE:LINE:COL: error: COLUMN, from SOURCE: message [code], with names and
// message escaped: they come from inputs.
func (w *textWriter) append(dst []byte, f *rule.Finding) []byte {
	dst = escape.Append(dst, f.File)
	dst = append(dst, ':')
	dst = strconv.AppendInt(dst, f.Pos.Line, 10)
	dst = append(dst, ':')
	dst = strconv.AppendInt(dst, int64(f.Pos.Column), 10)
	dst = append(dst, ": "...)
	if w.color {
		dst = append(dst, colors[f.Severity]...)
	}
	dst = append(dst, f.Severity.String()...)
	if w.color {
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
	w.message = f.AppendMessageAndValue(w.message[:0])
	dst = escape.Append(dst, w.message)
	dst = append(dst, " ["...)
	dst = append(dst, f.Code.String()...)
	return append(dst, "]\n"...)
}
