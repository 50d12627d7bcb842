package scan

import (
	"errors"
	"fmt"
	"strings"
)

// DefaultMaxRecord is the record limit in bytes, used where Dialect.MaxRecord
// is 0: far above the 16,000 characters an import row may have, and low enough
// that a quote that never closes cannot fill the memory.
const DefaultMaxRecord = 1 << 20

// Kind is the family of a dialect.
type Kind uint8

const (
	// CSV is RFC 4180: fields may be enclosed in quotes, a quote within is doubled.
	CSV Kind = iota
	// Cognito is what the import service reads: no quoting, a backslash just
	// before a comma makes the comma part of the value, nothing else is special.
	Cognito
	// JSON is JSON documents, see DocumentError: a record is an object, and has one field.
	JSON
)

// LineEnd says which byte ends a record.
type LineEnd uint8

const (
	// EndAuto is EndCR if the first record of the input ends with a lone CR, and EndLF otherwise.
	EndAuto LineEnd = iota
	// EndLF ends records with LF; a CR just before it belongs to the line end.
	EndLF
	// EndCR ends records with CR; LF is data.
	EndCR
)

// Dialect says how records and fields are written. The zero value is RFC 4180
// with comma and quotation mark.
type Dialect struct {
	Kind          Kind
	Delimiter     byte // 0: comma. Cognito: always comma
	Quote         byte // 0: quotation mark
	NoQuotes      bool // quotes are data
	LenientQuotes bool // a quote inside an unquoted field is data, text after a closing quote is appended
	KeepBlank     bool // a blank line is a record of one empty field, instead of being skipped and counted
	TrimFields    bool // spaces and tabs around a field do not belong to it, those outside of its quotes neither
	// Escape makes a quote, a delimiter or another Escape after it part of the value; before
	// anything else it is data itself. 0, or the quote: there is none.
	Escape byte
	// Comment is what a line begins with that is skipped like a blank one, at the start of a record; "": none.
	Comment   string
	LineEnd   LineEnd
	MaxRecord int // bytes in a record, its last line end not counted; 0: DefaultMaxRecord
}

// Resolve fills in the defaults and reports what cannot work together.
func (d Dialect) Resolve() (Dialect, error) {
	if d.Delimiter == 0 {
		d.Delimiter = ','
	}
	if d.Quote == 0 {
		d.Quote = '"'
	}
	if d.MaxRecord == 0 {
		d.MaxRecord = DefaultMaxRecord
	}
	if !d.NoQuotes && d.Escape == d.Quote {
		d.Escape = 0
	}
	if d.Kind == Cognito {
		d.NoQuotes, d.LenientQuotes, d.TrimFields = true, false, false
		if d.Escape != 0 {
			return d, errors.New("the cognito dialect has an escape of its own")
		}
		if d.Delimiter != ',' {
			return d, errors.New("the cognito dialect has no other delimiter than the comma")
		}
	}
	if d.Kind == JSON {
		d.NoQuotes, d.LenientQuotes, d.TrimFields, d.Escape, d.Comment, d.LineEnd = true, false, false, 0, "", EndLF
		d.Delimiter = jsonDelimiter
	}
	quoting := !d.NoQuotes
	switch {
	case d.Kind > JSON || d.LineEnd > EndCR:
		return d, fmt.Errorf("there is no kind of dialect %d or no line end %d", d.Kind, d.LineEnd)
	case d.Delimiter == '\n' || d.Delimiter == '\r':
		return d, errors.New("a line end cannot be the delimiter")
	case quoting && (d.Quote == '\n' || d.Quote == '\r'):
		return d, errors.New("a line end cannot be the quote")
	case quoting && d.Quote == d.Delimiter:
		return d, fmt.Errorf("delimiter and quote are the same byte %q", d.Quote)
	case d.Delimiter >= 0x80 || quoting && d.Quote >= 0x80 || d.Escape >= 0x80:
		return d, errors.New("delimiter, quote and escape must be ASCII: any other byte is part of a UTF-8 sequence")
	case d.Escape == '\n' || d.Escape == '\r' || d.Escape != 0 && d.Escape == d.Delimiter:
		return d, errors.New("neither a line end nor the delimiter can be the escape")
	case strings.ContainsAny(d.Comment, "\r\n"):
		return d, errors.New("a comment prefix cannot hold a line end")
	case d.MaxRecord < 0 || d.MaxRecord > 1<<30:
		return d, fmt.Errorf("a record limit of %d bytes is outside 1..%d", d.MaxRecord, 1<<30)
	}
	return d, nil
}

// jsonDelimiter is a byte that no JSON text has outside or inside of strings.
const jsonDelimiter = 0x1F

// end returns the byte that ends a record. Only for a dialect whose LineEnd is known.
func (d *Dialect) end() byte {
	if d.LineEnd == EndCR {
		return '\r'
	}
	return '\n'
}

// crlf reports whether a CR just before the end byte belongs to the line end.
func (d *Dialect) crlf() bool { return d.LineEnd != EndCR }

// freeForm reports whether only the reference machine can read the dialect.
func (d *Dialect) freeForm() bool { return d.TrimFields || d.Escape != 0 || d.Comment != "" }

// AsWritten reports whether the value of a field that does not begin with a quote
// is what is written, byte for byte.
func (d *Dialect) AsWritten() bool { return d.Kind == CSV && !d.TrimFields && d.Escape == 0 }
