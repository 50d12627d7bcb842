package mapping

import (
	"bytes"
	"encoding/hex"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// What part takes.
const (
	partRest = -1 // all but the first
	partLast = -2
)

// readPart reads {of: SEPARATOR, take: first, last, rest or a number from 1}. Parts are
// trimmed, and those that are empty do not count.
func readPart(r *reader, arg *yaml.Node) stepSpec {
	separator, take := "", 0
	for _, e := range r.entries(arg, "part", "of", "take") {
		switch e.key.Value {
		case "of":
			separator = r.scalar(e.value, "of")
		case "take":
			switch s := r.scalar(e.value, "take"); s {
			case "first":
				take = 1
			case "rest":
				take = partRest
			case "last":
				take = partLast
			default:
				n, err := strconv.Atoi(s)
				if err != nil || n < 1 {
					r.fail(e.value, "take: first, last, rest or a number from 1 is expected")
					n = 1
				}
				take = n
			}
		}
	}
	if separator == "" || take == 0 {
		r.fail(arg, "part: expected are the separator (`of`) and which part to take: {of: \" \", take: first}")
	}
	return partStep([]byte(separator), take)
}

// readList reads {separator: TEXT}, for the first element of a list.
func readList(r *reader, arg *yaml.Node) stepSpec {
	separator := "|"
	if given(arg) {
		for _, e := range r.entries(arg, "list", "separator") {
			if separator = r.scalar(e.value, "separator"); separator == "" {
				r.fail(e.value, "separator: the text between elements is expected")
			}
		}
	}
	return partStep([]byte(separator), 1)
}

func partStep(separator []byte, take int) stepSpec {
	return stateless(func(dst, v []byte) ([]byte, stepResult) {
		start, end := partOf(v, separator, take)
		return append(dst, v[start:end]...), stepDone
	}).by(func(step) columnStep {
		return func(c *Columns, values []scan.Span) {
			for i, v := range values {
				if v.Start != v.End {
					start, end := partOf(v.Of(c.Buf), separator, take)
					values[i] = scan.Span{Start: v.Start + uint32(start), End: v.Start + uint32(end)}
				}
			}
		}
	})
}

// partOf returns where in v the part is, without white space around it.
func partOf(v, separator []byte, take int) (start, end int) {
	if len(separator) == 0 {
		return 0, len(v)
	}
	for at, n := 0, 0; at <= len(v); {
		size := bytes.Index(v[at:], separator)
		next := at + size + len(separator)
		if size < 0 {
			size, next = len(v)-at, len(v)+1
		}
		if from, to := value.Trim(v[at : at+size]); from < to {
			n++
			switch {
			case take == n:
				return at + from, at + to
			case take == partRest && n == 2:
				_, to := value.Trim(v[at:])
				return at + from, at + to
			case take == partLast:
				start, end = at+from, at+to
			}
		}
		at = next
	}
	return start, end
}

// readUnquote reads the text that is taken off the beginning of a value, once.
func readUnquote(r *reader, arg *yaml.Node) stepSpec {
	mark := []byte(r.scalar(arg, "unquote"))
	if len(mark) == 0 {
		r.fail(arg, "unquote: the text to take off is expected, such as \"'\"")
	}
	return stateless(func(dst, v []byte) ([]byte, stepResult) {
		return append(dst, bytes.TrimPrefix(v, mark)...), stepDone
	}).by(func(step) columnStep {
		return func(c *Columns, values []scan.Span) {
			for i, v := range values {
				if v.Start != v.End && c.Buf[v.Start] == mark[0] && bytes.HasPrefix(v.Of(c.Buf), mark) {
					values[i].Start += uint32(len(mark))
				}
			}
		}
	})
}

// stepNFC composes characters: a letter and the accent that follows it become one.
func stepNFC(dst, v []byte) ([]byte, stepResult) { return norm.NFC.Append(dst, v...), stepDone }

// wideNFC leaves alone what has nothing but ASCII.
func wideNFC(exact step) columnStep {
	return func(c *Columns, values []scan.Span) {
		for i, v := range values {
			if v.Start != v.End && !value.IsASCII(v.Of(c.Buf)) {
				c.one(exact, values, i)
			}
		}
	}
}

// readUnhex is for X'4d61782e', as csvde writes what is not ASCII: the text of these bytes,
// in UTF-8.
func readUnhex(r *reader, arg *yaml.Node) stepSpec {
	s := bare("unhex", stepUnhex, wideUnhex)(r, arg)
	s.tried, s.foreign = "the digits of X'...' are not text in UTF-8", true
	return s
}

func stepUnhex(dst, v []byte) ([]byte, stepResult) {
	digits, ok := hexDigits(v)
	if !ok {
		return append(dst, v...), stepDone
	}
	start := len(dst)
	dst, err := hex.AppendDecode(dst, digits)
	switch {
	case err != nil:
		return append(dst[:start], v...), stepDone
	case !utf8.Valid(dst[start:]):
		return dst[:start], stepFailed
	}
	return dst, stepDone
}

// hexDigits returns what is between the marks of a value that is written as digits.
func hexDigits(v []byte) ([]byte, bool) {
	if len(v) < 5 || v[0] != 'X' || v[1] != '\'' || v[len(v)-1] != '\'' {
		return nil, false
	}
	return v[2 : len(v)-1], true
}

func wideUnhex(exact step) columnStep {
	return func(c *Columns, values []scan.Span) {
		for i, v := range values {
			if _, ok := hexDigits(v.Of(c.Buf)); ok {
				c.one(exact, values, i)
			}
		}
	}
}
