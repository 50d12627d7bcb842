package validate

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// HeaderAgainError ends a run: files with the same columns in different orders were
// put together, and the rows after the second header would get each other's values.
type HeaderAgainError struct {
	File string
	Line int64 // of the second header, from 1
}

func (e *HeaderAgainError) Error() string {
	return fmt.Sprintf("%s:%d:1: here names of the columns stand again, not as in the header: in another order, or others with them; this file was put together of several; "+
		"read each of them by itself", e.File, e.Line)
}

// again is how a record relates to the header.
type again uint8

const (
	notHeader   again = iota
	sameHeader        // name for name
	otherHeader       // its names in another order or number
)

// bom is the byte order mark in UTF-8.
const bom = "\xEF\xBB\xBF"

// headerNames tell records that are the header again. nil: there is no header. Names
// are compared without letter case, blanks and the like, as they are matched with columns.
type headerNames struct {
	names  []string
	known  map[string]bool
	starts map[string]bool // the first nameStart bytes of names, and false for what these begin with
	odd    [256]bool       // first bytes of names that are not ASCII, in both cases
}

// nameStart is how many bytes of a name are looked at first.
const nameStart = 4

func newHeaderNames(names []string) *headerNames {
	h := &headerNames{known: make(map[string]bool, len(names)), starts: make(map[string]bool, len(names))}
	for _, name := range names {
		plain := schema.PlainName(name)
		h.names = append(h.names, plain)
		if plain == "" {
			continue
		}
		h.known[plain] = true
		start := plain[:min(nameStart, len(plain))]
		for n := range start {
			if !h.starts[start[:n]] {
				h.starts[start[:n]] = false // there is something that begins so
			}
		}
		h.starts[start] = true
		for _, spelling := range []string{name, plain, strings.ToUpper(plain)} {
			h.odd[spelling[0]] = spelling[0] >= utf8.RuneSelf
		}
	}
	h.names = trimNames(h.names)
	if len(h.known) == 0 {
		return nil
	}
	return h
}

// trimNames returns names without the empty ones at the end.
func trimNames(names []string) []string {
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	return names
}

// mayBe reports whether a record, as it is written, may be the header again.
func (h *headerNames) mayBe(raw []byte, quote byte) bool {
	if h == nil {
		return false
	}
	raw = bytes.TrimPrefix(raw, []byte(bom))
	var start [nameStart]byte
	n := 0
	for _, c := range raw {
		switch {
		case c == quote || strings.IndexByte(schema.NameBlanks, c) >= 0:
			continue
		case c >= utf8.RuneSelf: // its lower case is not known here
			_, mayBe := h.starts[string(start[:n])]
			return mayBe && (n > 0 || h.odd[c])
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		}
		start[n] = c
		if n++; n == nameStart || h.starts[string(start[:n])] {
			break
		}
	}
	return h.starts[string(start[:n])]
}

// judge says what the fields of a record are. The header again is all of it, or more
// than half of it from the first name on; it is another one if more than half of the
// names are in it, and they are at least half of what it has.
func (h *headerNames) judge(fields []string) again {
	seen, filled, same := make(map[string]bool, len(fields)), 0, true
	var plain []string
	for _, name := range fields {
		plain = append(plain, schema.PlainName(name))
	}
	plain = trimNames(plain)
	for i, name := range plain {
		same = same && i < len(h.names) && name == h.names[i]
		if name != "" {
			filled++
		}
		if h.known[name] {
			seen[name] = true
		}
	}
	many := 2*len(seen) > len(h.known)
	switch {
	case len(plain) == 0:
		return notHeader
	case same && (many || len(plain) == len(h.names)):
		return sameHeader
	case many && len(seen) > 1 && 2*len(seen) >= filled:
		return otherHeader
	}
	return notHeader
}

// headerAgain says whether a record is the header once more. One that begins with a
// byte order mark and a quote cannot be read where it stands, so it is read by itself.
func (w *worker) headerAgain(rec *scan.Record, buf []byte) again {
	raw, quote := buf[rec.Start:rec.End], w.Block.Quote()
	last := raw
	if rec.N > 0 { // a row may be cut off before the header
		last = w.index.Field(rec, int(rec.N)-1).Of(buf)
	}
	if !w.header.mayBe(raw, quote) && !w.header.mayBe(last, quote) {
		return notHeader
	}
	var fields []string
	if rec.Fault != scan.Sound {
		text, marked := bytes.CutPrefix(raw, []byte(bom))
		if !marked {
			return notHeader
		}
		fields = decodeLine(text, w.Block.Dialect())
	} else {
		for f := range int(rec.N) {
			var value scan.Span
			buf, value = w.dialect.Decode(buf, w.index.Field(rec, f))
			fields = append(fields, string(trimAll(bytes.TrimPrefix(value.Of(buf), []byte(bom)))))
		}
	}
	return w.header.judge(fields)
}
