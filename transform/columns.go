package transform

import (
	"encoding/binary"
	"slices"

	"poolprep/validate/judge"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// This file does by column what Values does row by row: values are made and repaired for
// all records of a block at once. Values stays the specification; what is not sure here
// is left to it.

func (s *stage) Columns(c *judge.Columns) {
	records, p := len(c.Index.Records), s.c.program
	clear(s.own)
	s.byRow = slices.Grow(s.byRow[:0], records)[:records]
	clear(s.byRow)
	if p.Runs() {
		s.columns.Buf = c.Buf
		s.columns.Run(records, c.Field)
		c.Buf = s.columns.Buf
		for _, i := range s.columns.Left {
			c.Recheck(int(i))
		}
		for _, target := range p.Made() {
			c.Values[target], s.own[target] = s.columns.Made(target), true
		}
	}
	if s.c.hashSource >= 0 {
		s.hashesLeft(c)
	}
	for _, t := range c.Trimmed() {
		s.columnRepairs = append(s.columnRepairs, made{int32(t.Record), RepairTrim})
	}
	if !s.c.noRepair {
		for _, r := range s.c.repairable {
			s.repairColumn(c, r)
		}
		for _, target := range s.c.verified {
			s.fillColumn(c, target)
		}
	}
	s.planCopies(c)
}

// hashesLeft notes the records with a password hash that is left out.
func (s *stage) hashesLeft(c *judge.Columns) {
	for i, v := range c.Field(s.c.hashSource) {
		if v.Start != v.End && !c.IsNull(v) {
			s.columnLeft = append(s.columnLeft, int32(i))
		}
	}
}

// current returns the values of a target as they are so far; nil: there are none.
func (s *stage) current(c *judge.Columns, target int) []scan.Span {
	if v := c.Values[target]; v != nil {
		return v
	}
	if f := s.c.program.Fields()[target]; f >= 0 {
		return c.Field(f)
	}
	return nil
}

// change returns the values of a target, to be changed.
func (s *stage) change(c *judge.Columns, target int) []scan.Span {
	if !s.own[target] {
		s.mended[target] = append(s.mended[target][:0], s.current(c, target)...)
		c.Values[target], s.own[target] = s.mended[target], true
	}
	return c.Values[target]
}

// repairColumn repairs the values of a column that are more than text.
func (s *stage) repairColumn(c *judge.Columns, r repairable) {
	values := s.current(c, r.column)
	for i := unsound(r.kind, c.Buf, values, 0); i < len(values); i = unsound(r.kind, c.Buf, values, i+1) {
		if c.Rechecked(i) {
			continue
		}
		before := len(s.repairs)
		s.byColumn = int32(i)
		buf, mended := s.repairKind(r.kind, c.Buf, values[i])
		s.byColumn = -1
		if len(s.repairs) == before {
			continue
		}
		s.columnRepairs = append(s.columnRepairs, s.repairs[before:]...)
		s.repairs = s.repairs[:before]
		c.Buf = withPadding(buf)
		values = s.change(c, r.column)
		values[i] = mended
	}
}

// unsound returns the first of the values, from at on, that a repair may change.
func unsound(kind schema.Kind, buf []byte, values []scan.Span, at int) int {
	const (
		yes = 'T' | 'R'<<8 | 'U'<<16 | 'E'<<24
		no  = 'F' | 'A'<<8 | 'L'<<16 | 'S'<<24 | 'E'<<32
	)
	padded := buf[:cap(buf)]
	switch kind {
	case schema.KindBoolean, schema.KindMFA:
		for ; at < len(values); at++ {
			v := values[at]
			w := binary.LittleEndian.Uint64(padded[v.Start:]) & value.LowBytes(min(8, v.Len()))
			if w != yes && w != no && w != 0 {
				break
			}
		}
	case schema.KindBirthdate:
		for ; at < len(values); at++ {
			if v := values[at]; padded[v.Start+2] != '/' && v.Start != v.End {
				break
			}
		}
	case schema.KindUpdatedAt:
		for at < len(values) && values[at].Len() <= 11 {
			at++
		}
	}
	return at
}

// fillColumn makes false of the blank values of a column.
func (s *stage) fillColumn(c *judge.Columns, target int) {
	values := s.current(c, target)
	var no scan.Span
	for i := 0; i < len(values); i++ {
		if values[i].Start != values[i].End || c.Rechecked(i) {
			continue
		}
		if no.End == 0 {
			start := len(c.Buf)
			c.Buf = withPadding(append(c.Buf, falseWord...))
			no = scan.Span{Start: uint32(start), End: uint32(len(c.Buf))}
			values = s.change(c, target)
		}
		values[i] = no
		s.columnRepairs = append(s.columnRepairs, made{int32(i), RepairBoolean})
	}
}

// withPadding returns buf with room behind it.
func withPadding(buf []byte) []byte {
	if cap(buf)-len(buf) < scan.Padding {
		buf = slices.Grow(buf, max(scan.Padding, len(buf)/4))
	}
	return buf
}
