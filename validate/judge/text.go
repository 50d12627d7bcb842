package judge

import (
	"bytes"
	"math/bits"
	"slices"
	"unicode/utf8"

	"poolprep/validate/scan"
)

// inspect finds the rows that hold what the block as a whole may hold.
func (s *FastBlock) inspect(b *scan.Block, x *scan.Index, c scan.Content) {
	t := &s.content
	*t = 0
	if c&scan.HasBreaks != 0 {
		*t |= scan.HasControls
		record := 0
		for _, at := range b.LineEnds() {
			for x.Records[record].Next <= at {
				record++
			}
			s.recheckIf(record, at+1 < x.Records[record].Next)
		}
	}
	if c&scan.HasControls != 0 {
		*t |= scan.HasControls
		for i := range x.Records {
			r := &x.Records[i]
			n, _ := scan.CountControls(b.Data[r.Start:r.End])
			s.recheckIf(i, n > 0)
		}
	}
	if c&scan.HasNonASCII != 0 {
		*t |= scan.HasNonASCII
		if c&scan.HasInvalid != 0 && !scan.ValidUTF8(b.Data) {
			*t |= scan.HasInvalid
			for i := range x.Records {
				r := &x.Records[i]
				s.recheckIf(i, !utf8.Valid(b.Data[r.Start:r.End]))
			}
		}
	}
	if c&scan.HasBackslash != 0 {
		s.containing(b, x, '\\', scan.HasBackslash)
	}
	if quote := b.Quote(); quote != '"' {
		s.containing(b, x, '"', scan.HasQuotes)
	} else if c&scan.HasQuotes != 0 {
		*t |= scan.HasQuotes
	}
	if c&scan.HasDoubled != 0 {
		s.doubled(b, x)
	}
	if c&scan.HasEdgeSpaces != 0 {
		s.edgeSpaces(b, x)
	}
	s.follow(b, x, c&scan.HasNonASCII != 0)
}

// containing marks for a recheck the rows that hold c, which stands for a flag.
func (s *FastBlock) containing(b *scan.Block, x *scan.Index, c byte, t scan.Content) {
	record := 0
	for at := 0; ; {
		i := bytes.IndexByte(b.Data[at:], c)
		if i < 0 {
			return
		}
		s.content |= t
		for at += i; int(x.Records[record].Next) <= at; {
			record++
		}
		s.recheck[record] = wholeRow
		at = int(x.Records[record].Next)
	}
}

// doubled decodes the values that hold a quote.
func (s *FastBlock) doubled(b *scan.Block, x *scan.Index) {
	d := b.Dialect()
	nullWord := slices.ContainsFunc(s.path.v.nulls, func(w []byte) bool { return bytes.IndexByte(w, b.Quote()) >= 0 })
	strict := d.AsWritten() && !d.LenientQuotes
	record := 0
	for at, ok := b.NextDoubled(0); ok; {
		for x.Records[record].Next <= at {
			record++
		}
		if nullWord { // the value may be that word
			s.recheck[record] = wholeRow
		}
		r := &x.Records[record]
		if s.recheck[record] >= wholeRow {
			at, ok = b.NextDoubled(r.Next)
			continue
		}
		field, _ := slices.BinarySearch(x.Ends[r.First:r.First+r.N], at+1)
		s.recheck[record] |= rewritten
		end := x.Ends[int(r.First)+field]
		if strict {
			s.cols.undouble(record, field)
		} else {
			s.cols.decode(record, field)
		}
		at, ok = b.NextDoubled(end)
	}
}

// edgeSpaces takes the spaces off values that begin or end with one, where that is a
// repair, and else marks their rows for a recheck.
func (s *FastBlock) edgeSpaces(b *scan.Block, x *scan.Index) {
	before := len(s.cols.decoded)
	edges := s.path.edges
	s.found = edges.Find(s.found[:0], b, x)
	record, done := 0, uint32(0)
	for i, w := range s.found {
		for ; w != 0; w &= w - 1 {
			at := uint32(i)*64 + uint32(bits.TrailingZeros64(w))
			if at < done {
				continue
			}
			for record < len(x.Records) && x.Records[record].Next <= at {
				record++
			}
			if record == len(x.Records) || s.recheck[record] >= wholeRow {
				continue
			}
			r := &x.Records[record]
			ends := x.Ends[r.First:][:r.N]
			field, _ := slices.BinarySearch(ends, at)
			if at < r.Start || field == len(ends) {
				continue
			}
			v := scan.Span{Start: r.Start, End: ends[field]}
			if field > 0 {
				v.Start = ends[field-1] + 1
			}
			done = v.End + 1
			if edges.At(b, v) {
				s.recheckIf(record, !s.cols.trim(record, field, before))
			}
		}
	}
	if before > 0 && len(s.cols.decoded) > before {
		slices.SortStableFunc(s.cols.decoded, func(a, b decodedField) int { return a.record - b.record })
		s.cols.at = 0
	}
}
