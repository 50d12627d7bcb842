// Package row finds the fields of records that are not delimited text, such as JSON lines.
// A Format gets a whole record, as package scan cuts it out of a block, and returns its
// fields as spans. The package reads nothing, cuts no input into records, and judges nothing.
//
// Memory: spans point into the buffer of the record, or to bytes that were appended to it,
// and are valid as long as the buffer is.
package row

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"poolprep/validate/scan"
)

// Format finds the fields of records of one kind. It is immutable and safe for
// concurrent use. JSONLine is one; delimited text is what package scan reads itself.
type Format interface {
	// Fields fills fields with the values of the record that lies at rec in buf: spans of
	// buf, to which bytes may be appended, and which is returned. An error rejects the
	// record. stray is called for what is named like no field, with the offset of the name
	// in the record; the name is valid during the call only.
	Fields(buf []byte, rec scan.Span, fields []scan.Span, stray func(name []byte, at int)) ([]byte, *Error)
	// Place returns where in a record, from 0, the value of a field, from 0, is written.
	Place(record []byte, field int) (offset int, ok bool)
}

// MaxDepth is how deep the values of a JSON record may nest.
const MaxDepth = 100

// JSONLine finds fields in records that are one JSON object each: strings, numbers as
// they are written, true and false; null is an empty field, and so is a member that is
// not there. It is immutable and safe for concurrent use.
type JSONLine struct {
	names map[string]int
}

// NewJSONLine returns a JSONLine for the members that the fields come from; a field
// with the name "" comes from none.
func NewJSONLine(names []string) *JSONLine {
	j := &JSONLine{names: make(map[string]int, len(names))}
	for i, name := range names {
		if _, there := j.names[name]; !there && name != "" {
			j.names[name] = i
		}
	}
	return j
}

// Error says why a record is no JSON object with flat members. It holds no value.
type Error struct {
	Column int // bytes from the start of the record, from 1
	What   string
}

func (e *Error) Error() string { return fmt.Sprintf("%s, at column %d", e.What, e.Column) }

// Fields fills fields, one for each name, with the values of the record that lies at
// rec in buf. Values that are written with escapes are appended to buf, which is returned.
func (j *JSONLine) Fields(buf []byte, rec scan.Span, fields []scan.Span, stray func(name []byte, at int)) ([]byte, *Error) {
	clear(fields)
	err := j.walk(rec.Of(buf), func(name []byte, keyAt int, value scan.Span, kind valueKind) *Error {
		i, ok := j.names[string(name)]
		if !ok {
			stray(name, keyAt)
			return nil
		}
		if fields[i] != (scan.Span{}) {
			return &Error{keyAt + 1, "a member that stands twice"}
		}
		at := scan.Span{Start: rec.Start + value.Start, End: rec.Start + value.End}
		switch kind {
		case nested:
			return &Error{int(value.Start) + 1, "a member that is an object or a list"}
		case null:
			at.End = at.Start // empty, and not the zero span
		case text:
			at.Start, at.End = at.Start+1, at.End-1
			if bytes.IndexByte(at.Of(buf), '\\') >= 0 {
				start := uint32(len(buf))
				var bad int
				if buf, bad = appendUnescaped(buf, at.Of(buf)); bad >= 0 {
					return &Error{int(value.Start) + 1 + bad + 1, "half of a surrogate pair"}
				}
				at = scan.Span{Start: start, End: uint32(len(buf))}
			}
		}
		fields[i] = at
		return nil
	})
	return buf, err
}

// Place returns where in the record, from 0, the value of field i is written: its
// first byte, after the quotation mark of a string. ok is false if it is not there.
func (j *JSONLine) Place(record []byte, i int) (offset int, ok bool) {
	_ = j.walk(record, func(name []byte, _ int, value scan.Span, kind valueKind) *Error {
		if at, known := j.names[string(name)]; known && at == i && !ok {
			offset, ok = int(value.Start), true
			if kind == text {
				offset++
			}
		}
		return nil
	})
	return offset, ok
}

// Names calls f for the name of each member of a record, and what it is. Positions
// count bytes of the record from 0.
func Names(record []byte, f func(name []byte, at int)) *Error {
	var j JSONLine
	return j.walk(record, func(name []byte, at int, _ scan.Span, _ valueKind) *Error {
		f(name, at)
		return nil
	})
}

// valueKind is what a value is, as far as it matters here.
type valueKind uint8

const (
	plain  valueKind = iota // a number, true or false
	text                    // a string
	null                    // null
	nested                  // an object or a list
)

// walk calls f for each member of the record: its name, where that starts, and the
// span of its value as it is written. It stops at the first error.
func (j *JSONLine) walk(record []byte, f func(name []byte, at int, value scan.Span, kind valueKind) *Error) *Error {
	start := skipSpace(record, 0)
	if start == len(record) || record[start] != '{' {
		return &Error{start + 1, "not a JSON object"}
	}
	if at := tooDeep(record); at >= 0 {
		return &Error{at + 1, fmt.Sprintf("more than %d values within each other", MaxDepth)}
	}
	if err := fastjson.ValidateBytes(record); err != nil {
		return &Error{1, "not valid JSON"}
	}
	var room [64]byte
	i := skipSpace(record, start+1)
	for record[i] != '}' {
		keyAt := i
		end := valueEnd(record, i)
		name := record[i+1 : end-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			decoded, bad := appendUnescaped(room[:0], name)
			if bad >= 0 {
				return &Error{keyAt + 1, "half of a surrogate pair"}
			}
			name = decoded
		}
		i = skipSpace(record, skipSpace(record, end)+1) // past the colon
		value := scan.Span{Start: uint32(i), End: uint32(valueEnd(record, i))}
		if err := f(name, keyAt, value, kindOf(record[i])); err != nil {
			return err
		}
		if i = skipSpace(record, int(value.End)); record[i] == ',' {
			i = skipSpace(record, i+1)
		}
	}
	return nil
}

func kindOf(first byte) valueKind {
	switch first {
	case '"':
		return text
	case 'n':
		return null
	case '{', '[':
		return nested
	}
	return plain
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// tooDeep returns the place where more than MaxDepth values are within each other, -1 if they never are.
func tooDeep(record []byte) int {
	depth := 0
	for i := 0; i < len(record); i++ {
		switch record[i] {
		case '"':
			i = stringEnd(record, i) - 1
		case '{', '[':
			if depth++; depth > MaxDepth {
				return i
			}
		case '}', ']':
			depth--
		}
	}
	return -1
}

// stringEnd returns the offset after the string that starts at b[i], or len(b).
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(b)
}

// valueEnd returns the offset after the value that starts at b[i], of valid JSON.
func valueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return stringEnd(b, i)
	case '{', '[':
		for depth := 0; ; i++ {
			switch b[i] {
			case '"':
				i = stringEnd(b, i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && skipSpace(b, i) == i {
		i++
	}
	return i
}

// appendUnescaped appends the text of a valid JSON string. bad is the offset of a
// surrogate that is not half of a pair, -1 if there is none.
func appendUnescaped(dst, s []byte) (out []byte, bad int) {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			const high, low, end = 0xD800, 0xDC00, 0xE000
			r := hex4(s[i+1:])
			at := i - 1
			i += 4
			if r >= high && r < end {
				if r >= low || i+6 >= len(s) || s[i+1] != '\\' || s[i+2] != 'u' {
					return dst, at
				}
				second := hex4(s[i+3:])
				if second < low || second >= end {
					return dst, at
				}
				r = 0x10000 + (r-high)<<10 + (second - low)
				i += 6
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
	}
	return dst, -1
}

// hex4 returns the value of four hexadecimal digits.
func hex4(s []byte) (r rune) {
	for _, c := range s[:4] {
		switch {
		case c <= '9':
			r = r<<4 | rune(c-'0')
		default:
			r = r<<4 | rune(c|0x20-'a'+10)
		}
	}
	return r
}
