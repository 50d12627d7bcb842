package validate

import (
	"bytes"
	"fmt"
	"strings"

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
	starts [256]bool // first bytes of names, in both cases
}

func newHeaderNames(names []string) *headerNames {
	h := &headerNames{known: make(map[string]bool, len(names))}
	for _, name := range names {
		plain := schema.PlainName(name)
		h.names = append(h.names, plain)
		if plain == "" {
			continue
		}
		h.known[plain] = true
		h.starts[plain[0]], h.starts[strings.ToUpper(plain)[0]] = true, true
		if name != "" {
			h.starts[name[0]] = true
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
	for len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t' || raw[0] == '_' || raw[0] == '-' || raw[0] == quote) {
		raw = raw[1:]
	}
	return len(raw) > 0 && h.starts[raw[0]]
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
func (r *runner) headerAgain(b *Batch, rec *scan.Record, buf []byte) again {
	raw := buf[rec.Start:rec.End]
	if !r.header.mayBe(raw, b.Block.Quote()) {
		return notHeader
	}
	var fields []string
	if rec.Fault != scan.Sound {
		text, marked := bytes.CutPrefix(raw, []byte(bom))
		if !marked {
			return notHeader
		}
		fields = decodeLine(text, b.Block.Dialect())
	} else {
		for f := range int(rec.N) {
			var value scan.Span
			buf, value = r.dialect.Decode(buf, b.index.Field(rec, f))
			fields = append(fields, string(trimAll(bytes.TrimPrefix(value.Of(buf), []byte(bom)))))
		}
	}
	return r.header.judge(fields)
}
