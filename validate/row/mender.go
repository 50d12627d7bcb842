package row

import "poolprep/validate/scan"

// Mender finds the fields of records of delimited text that a certain program writes
// wrong: it does not escape what the delimiter and the quotes of a value need. It is
// immutable and safe for concurrent use.
type Mender interface {
	// Mend fills fields with the values of the record that lies at rec in buf, without its
	// line end: spans of buf, to which bytes may be appended, and which is returned. It
	// reports false, and leaves fields in any state, unless there is only one way to read
	// the record.
	Mend(buf []byte, rec scan.Span, fields []scan.Span) ([]byte, bool)
}
