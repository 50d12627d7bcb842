package judge

import (
	"math/bits"
	"slices"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// Columns are the values of the records of a block, by column, for whoever makes values
// of columns between FastBlock.Begin and FastBlock.Judge. They are valid until the next
// block.
type Columns struct {
	Block *scan.Block
	Index *scan.Index
	// Buf is what the values lie in: the block's data, and behind it whatever is appended.
	// It may move. Behind it scan.Padding bytes may be read.
	Buf []byte
	// Values are for each column of the validator the values that were made, one a record;
	// nil: those of its Origin. Others may be put in their place, but they are not to be
	// changed by anybody but who made them.
	Values [][]scan.Span
	// FromFields says that the characters beyond ASCII, quotation marks, backslashes and
	// control characters in made values are those of the record's fields, or no more odd.
	FromFields bool

	s       *FastBlock
	fields  [][]scan.Span // by field
	known   []bool        // of fields
	decoded []decodedField
	at      int    // of decoded: the record that was asked for last, or before it
	written []bool // by field: some of its values are in decoded
	trimmed []Trimmed
	taking  [][]int // see FastPath
	columns []int   // scratch
}

// decodedField is a value that does not stand in the input as it is.
type decodedField struct {
	record, field int
	value         scan.Span
}

// begin takes a block of which the rows that cannot pass by column are rechecked.
func (c *Columns) begin(s *FastBlock, b *scan.Block, x *scan.Index) {
	c.s, c.Block, c.Index, c.Buf = s, b, x, b.Data
	c.FromFields = false
	c.decoded, c.trimmed, c.at = c.decoded[:0], c.trimmed[:0], 0
	clear(c.Values)
	clear(c.written)
	clear(c.known)
}

// Field returns the values of a field, from 0, one a record, without the quotes around
// them. Those of records that are rechecked may be empty. They are not to be changed.
func (c *Columns) Field(f int) []scan.Span {
	if !c.known[f] {
		c.known[f] = true
		c.fields[f] = resize(c.fields[f], len(c.Index.Records))
		padded := c.Block.Data[:cap(c.Block.Data)] // the last field may be empty, at the very end
		c.s.collect(c.fields[f], padded, c.Index, f, c.Block.Quote())
		for _, d := range c.decoded {
			if d.field == f && !c.Rechecked(d.record) {
				c.fields[f][d.record] = d.value
			}
		}
	}
	return c.fields[f]
}

// collect fills spans with the values of a field, without the quotes around them.
func (s *FastBlock) collect(spans []scan.Span, padded []byte, x *scan.Index, field int, quote byte) {
	if s.path.fields == 1 {
		field = 0
	}
	recheck, ends := s.recheck[:len(spans)], x.Ends
	for i := range x.Records[:len(spans)] {
		if recheck[i] >= wholeRow {
			spans[i] = scan.Span{}
			continue
		}
		r := &x.Records[i]
		at := int(r.First) + field
		v := scan.Span{Start: r.Start, End: ends[at]}
		if field > 0 {
			v.Start = ends[at-1] + 1
		}
		if quote != 0 && padded[v.Start] == quote && v.Start < v.End {
			v.Start++
			v.End--
		}
		spans[i] = v
	}
}

// resize returns a slice of n elements, reusing that of s.
func resize[T any](s []T, n int) []T {
	return slices.Grow(s[:0], n)[:n]
}

// decode appends the value of a field to Buf. Records come in order.
func (c *Columns) decode(record, field int) {
	d := c.Block.Dialect()
	buf, value := d.Decode(c.Buf, c.Index.Field(&c.Index.Records[record], field))
	c.Buf = buf
	c.pad()
	c.add(record, field, value)
}

// undouble is decode for a field in quotes that has doubled ones.
func (c *Columns) undouble(record, field int) {
	raw, start := c.Index.Field(&c.Index.Records[record], field), uint32(len(c.Buf))
	c.Buf = c.Block.AppendUndoubled(c.Buf, raw.Start+1, raw.End-1)
	c.add(record, field, scan.Span{Start: start, End: uint32(len(c.Buf))})
}

// add says what the value of a field is. Fields of a record come in order, or are sorted later.
func (c *Columns) add(record, field int, value scan.Span) {
	c.decoded = append(c.decoded, decodedField{record, field, value})
	c.written[field] = true
}

// pad sees to it that bytes behind Buf may be read.
func (c *Columns) pad() {
	if cap(c.Buf)-len(c.Buf) < scan.Padding {
		c.Buf = slices.Grow(c.Buf, max(scan.Padding, len(c.Buf)/4))
	}
}

// Trimmed is a value of a column that was trimmed as a repair.
type Trimmed struct{ Record, Column int }

// Trimmed returns the values that were trimmed, of all records that are not rechecked. It
// is not to be changed.
func (c *Columns) Trimmed() []Trimmed { return c.trimmed }

// trim takes the white space off a field, and reports false if the record is to be judged
// by itself: where that is no repair, or nothing is left. Of the decoded fields so many are
// those of decode.
func (c *Columns) trim(record, field, decoded int) bool {
	v := c.s.path.v
	columns := c.taking[field]
	if !v.silent && len(columns) > 0 {
		return false
	}
	i := c.seek(record, decoded)
	for i < decoded && c.decoded[i].record == record && c.decoded[i].field != field {
		i++
	}
	if i == decoded || c.decoded[i].record != record {
		i = len(c.decoded)
		c.add(record, field, unquoted(c.Buf[:cap(c.Buf)], c.Index.Field(&c.Index.Records[record], field), c.Block.Quote()))
	}
	d := &c.decoded[i]
	start, end := value.Trim(d.value.Of(c.Buf))
	d.value = scan.Span{Start: d.value.Start + uint32(start), End: d.value.Start + uint32(end)}
	if start == end || len(v.nulls) > 0 && v.isNull(d.value.Of(c.Buf)) {
		return false
	}
	c.s.recheck[record] |= rewritten
	for _, column := range columns {
		c.trimmed = append(c.trimmed, Trimmed{record, column})
	}
	return true
}

// decodedOf returns the decoded fields of a record.
func (c *Columns) decodedOf(record int) []decodedField {
	from := c.seek(record, len(c.decoded))
	to := from
	for to < len(c.decoded) && c.decoded[to].record == record {
		to++
	}
	return c.decoded[from:to]
}

// seek returns the first of the decoded fields, of n, that is not before a record. Most
// often records are asked for in order.
func (c *Columns) seek(record, n int) int {
	if c.at > n || c.at > 0 && c.decoded[c.at-1].record >= record {
		c.at = 0
	}
	for c.at < n && c.decoded[c.at].record < record {
		c.at++
	}
	return c.at
}

// Rewritten reports whether a record has a field whose value does not stand in the input
// as it is, or in quotes.
func (c *Columns) Rewritten(record int) bool { return c.s.recheck[record]&rewritten != 0 }

// Written returns how many values of the block do not stand in the input as they are, or
// in quotes, and for each field whether there are any.
func (c *Columns) Written() (n int, fields []bool) { return len(c.decoded), c.written }

// value returns the value of a field, from 0, of a record.
func (c *Columns) value(record, field int) scan.Span {
	if c.Rewritten(record) {
		for _, d := range c.decodedOf(record) {
			if d.field == field {
				return d.value
			}
		}
	}
	return unquoted(c.Buf[:cap(c.Buf)], c.Index.Field(&c.Index.Records[record], field), c.Block.Quote())
}

// Row appends the values of a record to dst: for each column those of Values, or of its
// field, from 0, or none where that is below 0.
func (c *Columns) Row(dst []scan.Span, record int, fields []int) []scan.Span {
	r, quote := &c.Index.Records[record], c.Block.Quote()
	from, padded := len(dst), c.Buf[:cap(c.Buf)]
	for column, field := range fields {
		var v scan.Span
		switch made := c.Values[column]; {
		case made != nil:
			v = made[record]
		case field >= 0:
			v = unquoted(padded, c.Index.Field(r, field), quote)
		}
		dst = append(dst, v)
	}
	for _, d := range c.decodedOf(record) {
		for column, field := range fields {
			if field == d.field && c.Values[column] == nil {
				dst[from+column] = d.value
			}
		}
	}
	return dst
}

// judged returns the columns of a record, in order, of which single values are rechecked.
func (c *Columns) judged(record int, recheck mask) []int {
	c.columns = c.columns[:0]
	for left := recheck &^ rewritten; left != 0; left &= left - 1 {
		c.columns = append(c.columns, c.s.path.columns[bits.TrailingZeros32(uint32(left))].index)
	}
	if recheck&rewritten != 0 {
		for _, d := range c.decodedOf(record) {
			c.columns = append(c.columns, c.taking[d.field]...)
		}
		slices.Sort(c.columns)
		c.columns = slices.Compact(c.columns)
	}
	return c.columns
}

// IsNull reports whether a value is one of Options.Nulls.
func (c *Columns) IsNull(v scan.Span) bool { return c.s.path.v.isNull(v.Of(c.Buf)) }

// Rechecked reports whether a record, from 0, is to be judged by itself anyway.
func (c *Columns) Rechecked(record int) bool { return c.s.recheck[record] >= wholeRow }

// Recheck says that the values of a record are not known: it is to be judged by itself.
func (c *Columns) Recheck(record int) { c.s.recheck[record] = wholeRow }

// Value returns the value of a column of the validator, from 0, of a record that is not
// rechecked; empty if the column comes from nothing.
func (c *Columns) Value(record, column int) scan.Span {
	if c.Values[column] == nil && c.s.path.v.origins[column].Field < 0 {
		return scan.Span{}
	}
	return c.valueOf(record, column)
}

// All returns the values of a column of the validator, from 0, one a record; nil if the
// column comes from nothing. Those of rechecked records may be any.
func (c *Columns) All(column int) []scan.Span {
	if v := c.Values[column]; v != nil {
		return v
	}
	if field := c.s.path.v.origins[column].Field; field >= 0 {
		return c.Field(field)
	}
	return nil
}

// valueOf returns the value of a column of the validator.
func (c *Columns) valueOf(record, column int) scan.Span {
	if v := c.Values[column]; v != nil {
		return v[record]
	}
	return c.value(record, c.s.path.v.origins[column].Field)
}

// values returns those of a column of the fast path.
func (c *Columns) values(column *fastColumn) []scan.Span {
	if v := c.Values[column.index]; v != nil {
		return v
	}
	return c.Field(column.field)
}
