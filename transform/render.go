package transform

import (
	"bytes"
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

// planCopies settles how the rows of a block are copied, as their values are not all fields.
func (s *stage) planCopies(c *judge.Columns) {
	s.byColumns = c
	parts := s.rows.Parts[:0]
	whole := s.c.program.Identity()
	const few = 8 // so many rows that differ from the others are made one by one
	n, written := c.Written()
	s.oneByOne = n <= few || whole
	for target, field := range s.c.program.Fields() {
		values := c.Values[target]
		if values == nil && field >= 0 && written[field] && !s.oneByOne {
			values = c.Field(field)
		}
		if values != nil {
			whole, field = false, -1
		}
		if n := len(parts); n > 0 && values == nil {
			last := &parts[n-1]
			if last.Values == nil && (field < 0 && last.Field < 0 || field >= 0 && last.Field >= 0 && field == last.Field+last.N) {
				last.N++
				continue
			}
		}
		parts = append(parts, scan.RowPart{Values: values, Field: field, N: 1, Plain: s.c.plain[target]})
	}
	if s.c.hashColumn >= 0 {
		s.hashValues = s.current(c, s.c.hashColumn)
	}
	s.rows.Parts = parts
	s.rows.Begin(c.Block, c.Index)
	s.whole = whole && c.Block.Comma() && c.Index.CRLFs == 0
	c.FromFields = s.c.fromFields
}

func (s *stage) AcceptColumns(block *scan.Block, x *scan.Index, from, to int) {
	records := x.Records[from:to]
	switch {
	case len(records) == 1 && s.oneByOne && s.byColumns.Rewritten(from):
		s.renderRewritten(from)
	case s.whole:
		s.out, s.ends = block.Unquote(s.out, s.ends, records)
	case s.c.copies > 1: // a few at a time: there may be much of them
		for at := from; at < to; at += 16 {
			s.render(x, at, min(at+16, to))
		}
	default:
		s.render(x, from, to)
	}
	if s.c.hashColumn >= 0 {
		for i := from; i < to; i++ {
			h := value.HashNone
			switch {
			case s.hashValues == nil || s.hashValues[i].Len() == 0:
			case s.byColumns.Rewritten(i):
				h = value.HashOf(s.hashValues[i].Of(block.Data))
			default: // only that of the run passes by column
				h = s.c.hash
			}
			s.hashes = append(s.hashes, h)
		}
	}
	s.sideOfRecords(s.byColumns, from, to)
}

// renderRewritten appends the row of a record of which not all values stand in the input.
func (s *stage) renderRewritten(record int) {
	c := s.byColumns
	s.row = c.Row(s.row[:0], record, s.c.program.Fields())
	s.out = append(appendRow(s.out, c.Buf, s.row, s.dataEnd), '\n')
	s.ends = append(s.ends, uint32(len(s.out)))
}

// render appends the rows of records as planned.
func (s *stage) render(x *scan.Index, from, to int) {
	records := x.Records[from:to]
	size := 2*s.c.copies*int(records[len(records)-1].Next-records[0].Start) + len(records)*(s.c.targets+1) + scan.RowSlack // each byte may be a comma
	for p := range s.rows.Parts {
		if values := s.rows.Parts[p].Values; values != nil {
			for _, v := range values[from:to] {
				size += 2 * v.Len()
			}
		}
	}
	s.out, s.ends = s.rows.Append(slices.Grow(s.out, size), s.ends, from, to)
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
