package transform

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"

	"poolprep/validate/judge"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// AppendHeader appends the header line of an import file with these columns, with its
// newline, see judge.TargetColumns.
func AppendHeader(dst []byte, columns []string) []byte {
	for i, name := range columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, name...)
	}
	return append(dst, '\n')
}

// copying is a part of a row that is copied for all records of a block in the same way:
// made values, or fields that are next to each other in the record and in the row, or
// columns that are empty.
type copying struct {
	values []scan.Span // one a record; nil: fields, or nothing
	plain  bool        // no sound value holds a comma
	field  int         // the first of the fields, -1: nothing
	n      int         // columns
}

// planCopies settles how the rows of a block are copied, as their values are not all fields.
func (s *stage) planCopies(c *judge.Columns) {
	s.byColumns = c
	s.plan, s.whole = s.plan[:0], s.c.program.Identity()
	for target, field := range s.c.program.Fields() {
		values := c.Values[target]
		if values != nil {
			s.whole, field = false, -1
		}
		if n := len(s.plan); n > 0 && values == nil {
			last := &s.plan[n-1]
			if last.values == nil && (field < 0 && last.field < 0 || field >= 0 && last.field >= 0 && field == last.field+last.n) {
				last.n++
				continue
			}
		}
		s.plan = append(s.plan, copying{values, s.c.plain[target], field, 1})
	}
	content, _ := c.Block.Content(c.Index)
	s.whole = s.whole && c.Block.Comma() && c.Index.CRLFs == 0
	s.quoted = content&scan.HasQuotes != 0
	c.FromFields = s.c.fromFields
	s.asTheyAre = c.Block.Dialect().Delimiter == ','
	s.commas = s.commas[:0]
	if !s.asTheyAre {
		s.commas = c.Block.Places(s.commas, ',')
	}
}

func (s *stage) AcceptColumns(block *scan.Block, x *scan.Index, from, to int) {
	records := x.Records[from:to]
	switch {
	case len(records) == 1 && s.byColumns.Rewritten(from):
		s.renderRewritten(from)
	case s.whole:
		s.out, s.ends = block.Unquote(s.out, s.ends, records)
	case s.c.copies > 1: // a few at a time: there may be much of them
		for at := from; at < to; at += 16 {
			s.render(block, x, at, min(at+16, to))
		}
	default:
		s.render(block, x, from, to)
	}
	if s.c.hashColumn >= 0 {
		for range records {
			s.hashes = append(s.hashes, value.HashNone)
		}
	}
}

// renderRewritten appends the row of a record of which not all values stand in the input.
func (s *stage) renderRewritten(record int) {
	c := s.byColumns
	s.row = c.Row(s.row[:0], record, s.c.program.Fields())
	s.out = append(appendRow(s.out, c.Buf, s.row, s.dataEnd), '\n')
	s.ends = append(s.ends, uint32(len(s.out)))
}

// render appends the rows of records as planned.
func (s *stage) render(block *scan.Block, x *scan.Index, from, to int) {
	records := x.Records[from:to]
	size := 2*s.c.copies*int(records[len(records)-1].Next-records[0].Start) + len(records)*(s.c.targets+1) + putSlack // each byte may be a comma
	for p := range s.plan {
		if values := s.plan[p].values; values != nil {
			for _, v := range values[from:to] {
				size += 2 * v.Len()
			}
		}
	}
	n := len(s.out)
	out := slices.Grow(s.out, size)
	out = out[:cap(out)]
	room, quote := block.Data[:cap(block.Data)], byte(0)
	if s.quoted {
		quote = block.Quote()
	}
	commas, _ := slices.BinarySearch(s.commas, records[0].Start)
	for i := range records {
		r := &records[i]
		ends := x.Ends[r.First:][:r.N]
		before := commas
		for commas < len(s.commas) && s.commas[commas] < r.End {
			commas++
		}
		s.rowCommas = s.commas[before:commas]
		for p := range s.plan {
			part := &s.plan[p]
			switch {
			case part.plain && part.values != nil:
				n = put(out, n, room, part.values[from+i])
			case part.values != nil:
				n = putEscaped(out, n, room, part.values[from+i])
			case part.field < 0:
				n = putCommas(out, n, part.n-1)
			default:
				v := scan.Span{Start: r.Start, End: ends[part.field]}
				if part.field > 0 {
					v.Start = ends[part.field-1] + 1
				}
				switch {
				case part.n > 1:
					n = s.putFields(out, n, room, v.Start, ends[part.field:][:part.n], quote)
				case len(s.rowCommas) > 0 || room[v.Start] == quote && quote != 0:
					n = s.putField(out, n, room, v, quote)
				default:
					n = put(out, n, room, v)
				}
			}
			out[n] = ',' // or what ends the row
			n++
		}
		out[n-1] = '\n'
		s.ends = append(s.ends, uint32(n))
	}
	s.out = out[:n]
}

// putFields copies fields that are next to each other, the first of which begins at
// start, and returns the offset in out behind them. quote is 0 if there is none in the block.
func (s *stage) putFields(out []byte, n int, room []byte, start uint32, ends []uint32, quote byte) int {
	if s.asTheyAre {
		at, quotes := start, false
		for _, end := range ends { // quotes stand at the start of fields, and nowhere else before
			quotes = quotes || room[at] == quote
			at = end + 1
		}
		if quote == 0 || !quotes {
			return put(out, n, room, scan.Span{Start: start, End: ends[len(ends)-1]})
		}
	}
	for k, end := range ends {
		if k > 0 {
			out[n] = ','
			n++
		}
		n = s.putField(out, n, room, scan.Span{Start: start, End: end}, quote)
		start = end + 1
	}
	return n
}

// putField copies a field, without the quotes around it.
func (s *stage) putField(out []byte, n int, room []byte, v scan.Span, quote byte) int {
	switch {
	case quote != 0 && v.Start < v.End && room[v.Start] == quote:
		return putEscaped(out, n, room, scan.Span{Start: v.Start + 1, End: v.End - 1})
	case len(s.rowCommas) > 0 && s.holdsComma(v):
		return putEscaped(out, n, room, v)
	}
	return put(out, n, room, v)
}

// holdsComma reports whether a field of the record at hand may hold a comma.
func (s *stage) holdsComma(v scan.Span) bool {
	if len(s.rowCommas) > 4 {
		return true
	}
	for _, at := range s.rowCommas {
		if at-v.Start < v.End-v.Start {
			return true
		}
	}
	return false
}

// putCommas writes commas, 32 at a time, and returns the offset behind those that count.
func putCommas(out []byte, n, commas int) int {
	for at := 0; at < commas; at += len(someCommas) {
		*(*[len(someCommas)]byte)(out[n+at:]) = someCommas
	}
	return n + commas
}

var someCommas = [32]byte([]byte(",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"))

// putSlack is how many bytes put may write beyond what it copies.
const putSlack = 32

// put copies what lies at v in room to offset n of out, and returns the offset behind it.
// It copies 32 bytes at a time: how long values are nobody can foresee, but few are longer.
func put(out []byte, n int, room []byte, v scan.Span) int {
	from, size := int(v.Start), v.Len()
	*(*[32]byte)(out[n:]) = *(*[32]byte)(room[from:])
	for at := 32; at < size; at += 32 {
		*(*[32]byte)(out[n+at:]) = *(*[32]byte)(room[from+at:])
	}
	return n + size
}

// putEscaped is put for a value that may hold commas, each of which gets a backslash.
func putEscaped(out []byte, n int, room []byte, v scan.Span) int {
	at, end := int(v.Start), int(v.End)
	if end-at <= 16 {
		from, to := (*[16]byte)(room[at:]), (*[16]byte)(out[n:])
		*to = *from
		low, high := commasIn(binary.LittleEndian.Uint64(from[0:8])), commasIn(binary.LittleEndian.Uint64(from[8:16]))
		if low&value.LowBytes(min(8, end-at))|high&value.LowBytes(max(8, end-at)-8) == 0 {
			return n + end - at
		}
	}
	for at < end {
		w := binary.LittleEndian.Uint64(room[at:])
		binary.LittleEndian.PutUint64(out[n:], w)
		size := min(8, end-at)
		if commas := commasIn(w) & value.LowBytes(size); commas != 0 {
			size = bits.TrailingZeros64(commas) / 8
			out[n+size], out[n+size+1] = '\\', ','
			n += 2
			at++
		}
		at, n = at+size, n+size
	}
	return n
}

// commasIn sets the highest bit of each comma among the eight bytes of w. Behind a comma
// there may be bits too many.
func commasIn(w uint64) uint64 {
	w ^= ',' * value.EveryByte
	return (w - value.EveryByte) &^ w & (0x80 * value.EveryByte)
}

// appendRow appends values as the import file holds them. Neighbours that stand
// in the input, before dataEnd, with nothing but a comma between them are copied
// in one go: a comma just outside of a value is a delimiter, so neither of them
// is quoted, and neither holds a comma.
func appendRow(dst, buf []byte, values []scan.Span, dataEnd uint32) []byte {
	for i := 0; i < len(values); {
		if i > 0 {
			dst = append(dst, ',')
		}
		v := values[i]
		end, single := v.End, true
		for i++; i < len(values) && values[i].Start == end+1 && end < dataEnd && buf[end] == ','; i++ {
			end, single = values[i].End, false
		}
		switch {
		case !single:
			dst = append(dst, buf[v.Start:end]...)
		case v.Start != end:
			dst = appendEscaped(dst, v.Of(buf))
		}
	}
	return dst
}

// appendEscaped appends a value as the import file holds it: a backslash before each comma.
func appendEscaped(dst, v []byte) []byte {
	for {
		i := bytes.IndexByte(v, ',')
		if i < 0 {
			return append(dst, v...)
		}
		dst = append(dst, v[:i]...)
		dst = append(dst, '\\', ',')
		v = v[i+1:]
	}
}
