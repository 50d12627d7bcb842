// Package row finds the fields of records that are not delimited text, such as JSON lines.
// A Format gets a whole record, as package scan cuts it out of a block, and returns its
// fields as spans. The package reads nothing, cuts no input into records, and judges nothing.
//
// Memory: spans point into the buffer of the record, or to bytes that were appended to it,
// and are valid as long as the buffer is.
package row

import (
	"fmt"
	"iter"

	"poolprep/validate/scan"
)

// Format finds the fields of records of one kind. It is immutable and safe for
// concurrent use. JSONLine is one; delimited text is what package scan reads itself.
type Format interface {
	// NewDecoder returns what finds the fields, for one goroutine. stray is called for what is
	// named like no field, with the offset of the name in the record, at least once for each
	// name after each Begin; the name is valid during the call only. nil: nobody is told.
	NewDecoder(stray func(name []byte, at int)) Decoder
	// Fields is that of a Decoder, for a single record.
	Fields(buf []byte, rec scan.Span, fields []scan.Span, stray func(name []byte, at int)) ([]byte, *Error)
	// Place returns where in a record, from 0, the value of a field, from 0, is written.
	Place(record []byte, field int) (offset int, ok bool)
}

// Decoder finds the fields of records. It is for one goroutine.
type Decoder interface {
	// Begin is called before the records of a block.
	Begin()
	// Fields fills fields with the values of the record that lies at rec in buf: spans of
	// buf, to which bytes may be appended, and which is returned. An error rejects the record.
	Fields(buf []byte, rec scan.Span, fields []scan.Span) ([]byte, *Error)
}

// MaxDepth is how deep the values of a JSON record may nest.
const MaxDepth = 100

// Error says why the fields of a record cannot be found. It holds no value.
type Error struct {
	Column int // bytes from the start of the record, from 1
	What   string
}

func (e *Error) Error() string { return fmt.Sprintf("%s, at column %d", e.What, e.Column) }

// Fields finds the fields of a single record, see Decoder. For many a Decoder is faster.
func (j *JSONLine) Fields(buf []byte, rec scan.Span, fields []scan.Span, stray func(name []byte, at int)) ([]byte, *Error) {
	return j.newDecoder(stray).Fields(buf, rec, fields)
}

// Place returns where in the record, from 0, the value of field i is written: its
// first byte, after the quotation mark of a string; of several values the first, and of one
// in JSON that is in a string that string. ok is false if it is not there.
func (j *JSONLine) Place(record []byte, i int) (offset int, ok bool) {
	if i < 0 || i >= j.fields {
		return 0, false
	}
	d := j.newDecoder(nil)
	for k := range d.at {
		d.at[k] = -1
	}
	_, _ = d.Fields(record[:len(record):len(record)], scan.Span{End: uint32(len(record))}, make([]scan.Span, j.fields))
	return int(d.at[i]), d.at[i] >= 0
}

// Names calls f for the name of each member of a record, and where it is. Positions
// count bytes of the record from 0.
func Names(record []byte, f func(name []byte, at int)) *Error {
	_, err := NewJSONLine(nil).Fields(record[:len(record):len(record)], scan.Span{End: uint32(len(record))}, nil, f)
	return err
}

// Objects yields the objects in a sample that begins with one and is cut off anywhere, as
// far as they are one after the other.
func Objects(sample []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := skipSpace(sample, 0); i < len(sample); {
			end, _ := valueEnd(sample, i, MaxDepth)
			if end < 0 || sample[i] == '{' && !yield(sample[i:end]) {
				return
			}
			if i = skipSpace(sample, end); i < len(sample) && sample[i] == ',' {
				i = skipSpace(sample, i+1)
			}
		}
	}
}
