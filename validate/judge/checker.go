package judge

import (
	"math/bits"

	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// Mark is a finding in the making, about a record of the block at hand. What it points
// to is looked up only when it is reported.
type Mark struct {
	Record   int32 // from 0
	Column   int32 // of the validator, from 0; -1: the whole record
	Code     rule.Code
	Severity rule.Severity
	Want     int32 // as rule.Finding has them
	Got      int32
	Text     string
	Value    scan.Span // in the row's buffer
}

// Fill fills in what a finding says of a mark: all but where it stands, and Value.
func (v *Validator) Fill(f *rule.Finding, m *Mark) {
	f.Code, f.Severity = m.Code, m.Severity
	f.Want, f.Got, f.Text = int64(m.Want), int64(m.Got), m.Text
	if m.Column >= 0 {
		f.Column = v.columns[m.Column].name
	}
}

// Checker judges the records of a block one by one, and is the specification of all
// rules. It is the state of one goroutine. After Begin comes, for every record that it is
// to look at and in their order, Record; marks about the record itself, whoever finds them;
// and one of Row, AddKeys and AddNoKeys.
type Checker struct {
	v      *Validator
	facts  *ledger.Facts // of the block: here it notes keys, hashes and twins
	marks  []Mark
	errors int         // among marks
	before int         // errors before the record at hand
	shown  []scan.Span // with showValues: the value behind each key
	folded []byte
	common commonForm

	// The row at hand.
	record     int32
	buf        []byte
	values     []scan.Span
	present    []uint64
	trimmed    int // silently
	content    scan.Content
	seen       []byte // of a value, without what is invisible
	showValues bool
}

// NewChecker returns a Checker for one goroutine. With showValues it knows the values
// behind the keys, see KeyValue.
func (v *Validator) NewChecker(showValues bool) *Checker {
	return &Checker{v: v, facts: new(ledger.Facts), showValues: showValues}
}

// Begin forgets the block before, and takes the Facts of the next one: keys, twins and
// hash algorithms are noted there.
func (c *Checker) Begin(f *ledger.Facts) {
	c.facts, c.marks, c.shown, c.errors, c.before = f, c.marks[:0], c.shown[:0], 0, 0
}

// Record begins with a record of the block, from 0, whose values are not known yet.
func (c *Checker) Record(i int) {
	c.record, c.values, c.before = int32(i), nil, c.errors
}

// Rejected reports whether a mark about the record at hand is an error.
func (c *Checker) Rejected() bool { return c.errors > c.before }

// Marks returns the marks about the records of the block, in their order, until Begin.
func (c *Checker) Marks() []Mark { return c.marks }

// Mark notes a finding about a column of the record at hand, from 0, -1 for the whole
// record. What is to be said more is set in the mark, before the next call. One whose level
// is off is lost.
func (c *Checker) Mark(code rule.Code, column int) *Mark {
	return c.MarkAs(code, c.v.severity[code], column)
}

// MarkAs is Mark with a level of its own.
func (c *Checker) MarkAs(code rule.Code, severity rule.Severity, column int) *Mark {
	if severity == rule.Off {
		return &Mark{} // whatever the caller notes in it is lost
	}
	if severity == rule.Error {
		c.errors++
	}
	m := Mark{Record: c.record, Column: int32(column), Code: code, Severity: severity}
	if column >= 0 && c.values != nil {
		m.Value = c.values[column]
	}
	c.marks = append(c.marks, m)
	return &c.marks[len(c.marks)-1]
}

// Row judges the row of the record at hand. values are spans of buf, one a column of the
// validator; those with white space around are trimmed in place. t is what the fields may
// hold.
func (c *Checker) Row(buf []byte, values []scan.Span, t scan.Content) {
	c.buf, c.values, c.content = buf, values, t
	c.trimmed = 0
	if len(c.v.nulls) > 0 {
		c.emptyNulls()
	}
	c.present = present(c.present, values)
	for w, set := range c.present {
		for ; set != 0; set &= set - 1 {
			i := w<<6 + bits.TrailingZeros64(set)
			s := values[i]
			if edge[buf[s.Start]]|edge[buf[s.End-1]] != 0 {
				if s = c.trim(i); s.Start == s.End {
					continue
				}
			}
			c.value(i, &c.v.columns[i], s.Of(buf))
		}
	}
	for _, i := range c.v.required {
		if values[i].Len() == 0 {
			c.missing(i)
		}
	}
	c.together()
	c.AddKeys(buf, values)
}

// present returns a set of bits, 64 to the word, of the spans that are not
// empty, reusing dst. Rows are mostly empty, in no pattern that a processor
// could foresee, so visiting the bits is faster than asking each span.
func present(dst []uint64, spans []scan.Span) []uint64 {
	dst = dst[:0]
	for len(spans) > 0 {
		n := min(64, len(spans))
		set := uint64(0)
		for _, s := range spans[:n] {
			// The difference is negative where the span is not empty.
			set = set>>1 | uint64(s.Start-s.End)>>31<<63
		}
		dst, spans = append(dst, set>>(64-n)), spans[n:]
	}
	return dst
}

// edge holds the bytes with which white space to trim may begin or end.
var edge = [256]uint8{' ': 1, '\t': 1, 0xC2: 1, 0xA0: 1}

// trim shortens the value of column i to what the service keeps of it, or with
// TrimSilently to what is left after the repair.
func (c *Checker) trim(i int) scan.Span {
	s := c.values[i]
	start, end := c.v.trimming()(s.Of(c.buf))
	trimmed := scan.Span{Start: s.Start + uint32(start), End: s.Start + uint32(end)}
	if trimmed != s {
		if c.v.silent {
			c.trimmed++
		} else if c.v.columns[i].kind != schema.KindNone {
			c.Mark(rule.ValueWhitespace, i)
		}
		c.values[i] = trimmed
	}
	return trimmed
}

// Trimmed returns how many values of the row at hand were trimmed silently.
func (c *Checker) Trimmed() int { return c.trimmed }

// RowLength notes a row of more than MaxRowBytes, and reports whether it is accepted all
// the same.
func (c *Checker) RowLength(n int) bool {
	if n > MaxRowBytes {
		c.Mark(rule.RowTooLong, -1).Want = MaxRowBytes
		return c.v.severity[rule.RowTooLong] != rule.Error
	}
	return true
}

func (c *Checker) missing(i int) {
	switch i {
	case c.v.username:
		c.Mark(rule.UsernameMissing, i)
	case c.v.email:
		if !c.isTrue(c.v.emailVerified) { // else email-missing says it
			c.Mark(rule.RequiredMissing, i)
		}
	case c.v.phone:
		if !c.isTrue(c.v.phoneVerified) {
			c.Mark(rule.RequiredMissing, i)
		}
	default:
		c.Mark(rule.RequiredMissing, i)
	}
}

// together judges the values that depend on each other.
func (c *Checker) together() {
	v := c.v
	if v.rules == Rules2023 {
		for i := range v.columns {
			if v.columns[i].kind == schema.KindMFA && c.values[i].Len() == 0 {
				c.Mark(rule.MFAMissing, i)
			}
		}
	}
	emailTrue, phoneTrue := c.isTrue(v.emailVerified), c.isTrue(v.phoneVerified)
	if emailTrue && v.email >= 0 && c.values[v.email].Len() == 0 {
		c.Mark(rule.EmailMissing, v.email)
	}
	if phoneTrue && v.phone >= 0 && c.values[v.phone].Len() == 0 {
		c.Mark(rule.PhoneMissing, v.phone)
	}
	if len(v.verifiers) > 0 {
		verified := false
		for _, i := range v.verifiers {
			verified = verified || i == v.emailVerified && emailTrue || i == v.phoneVerified && phoneTrue
		}
		if !verified {
			c.Mark(rule.NotVerified, v.verifiers[0]).Text = v.verifierNames
		}
	}
}

// isTrue reports whether column i, if there is one, is true. The value may
// still have white space around it.
func (c *Checker) isTrue(i int) bool {
	if i < 0 {
		return false
	}
	v := c.values[i].Of(c.buf)
	if len(v) > 4 && (v[0] <= ' ' || v[len(v)-1] <= ' ') {
		start, end := value.TrimBlanks(v)
		v = v[start:end]
	}
	value, ok := value.ParseBoolean(v)
	return ok && value
}
