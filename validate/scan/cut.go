package scan

import "bytes"

// cutFirst returns the end of the first record that is not a blank line, or of
// the blank lines there are.
func (s *Splitter) cutFirst(data []byte) (n int, found bool) {
	for m := s.machine(); n < len(data); {
		var o outcome
		o, s.ends = m.next(data, n, s.eof, s.ends[:0])
		if o.more || o.fault == TooLong {
			break
		}
		if o.comment {
			n = o.next
			continue
		}
		blank := o.fault == Sound && o.end == n
		n = o.next
		if !blank || s.dialect.KeepBlank {
			return n, true
		}
	}
	return n, false
}

// machine returns the reference machine for the data of the block at hand.
func (s *Splitter) machine() machine { return machine{&s.dialect, &s.open} }

// cut returns the end of the last whole record in the block's data, or of record
// maxLines, and whether the quoting up to there is proven.
func (s *Splitter) cut(b *Block) (n int, proven bool) {
	data, f := b.Data, &b.found
	if s.bare {
		f.structureOnly = 1
	}
	if s.dialect.freeForm() {
		n, _ = s.cutReference(data)
		return n, false
	}
	if len(data) > s.dialect.MaxRecord {
		n, proven = s.cutReference(data) // some record might be over the limit
		if proven && n > 0 {
			f.begin(&s.dialect)
			f.run(active, data[:n])
		}
		return n, proven
	}
	if s.dialect.LenientQuotes && bytes.IndexByte(data, s.dialect.Quote) >= 0 {
		return s.cutUnproven(data), false
	}
	if active.takesLong() {
		if n, b.late = s.cutLate(data); b.late {
			return n, true
		}
	}
	f.begin(&s.dialect)
	f.run(active, data)
	if f.broken != 0 || s.eof && f.inside|f.closedCR != 0 {
		return s.cutUnproven(data), false
	}
	if s.eof && f.r <= maxLines {
		return len(data), true
	}
	if f.r == 0 {
		return 0, true
	}
	f.r = min(f.r, maxLines)
	last := f.records[f.r-1]
	f.n = uint64(last) + 1 // what follows goes to the next block
	return int(f.ends[last]) + 1, true
}

// fewQuotes is how many bytes there are at least for each quote where hopping
// from quote to quote takes less time than to look at every byte.
const fewQuotes = 256

// cutLate returns the end of the last whole record, if that and the proof of the
// quoting up to there are quickly had without finding what is in the block. Its
// worker shall find that, while another one reads on.
func (s *Splitter) cutLate(data []byte) (n int, ok bool) {
	d, sound := &s.dialect, true
	switch {
	case d.NoQuotes && s.eof:
		n = len(data)
	case d.NoQuotes:
		n = bytes.LastIndexByte(data, d.end()) + 1
	case bytes.Count(data, []byte{d.Quote}) > len(data)/fewQuotes:
		return 0, false
	default:
		n, sound = s.cutQuoted(data)
	}
	return n, sound && n > 0 && bytes.Count(data[:n], []byte{d.end()}) < maxLines
}

// look finds what is in a block that was cut without.
func (b *Block) look() {
	if !b.late {
		return
	}
	b.late = false
	b.found.begin(b.dialect)
	b.found.run(active, b.Data)
	b.proven = b.found.broken == 0
}

// cutUnproven returns the end of the last whole record, or of record maxLines, of
// data in which some quote is not where it should be.
func (s *Splitter) cutUnproven(data []byte) int {
	n, _ := s.cutQuoted(data)
	if bytes.Count(data[:n], []byte{s.dialect.end()}) > maxLines {
		n, _ = s.cutReference(data)
	}
	return n
}

// cutReference lets the machine find the cut.
func (s *Splitter) cutReference(data []byte) (n int, proven bool) {
	m := s.machine()
	proven = true
	for records := 0; n < len(data) && records < maxLines; records++ {
		var o outcome
		o, s.ends = m.next(data, n, s.eof, s.ends[:0])
		if o.more || o.fault == TooLong {
			break
		}
		proven = proven && o.fault == Sound && !s.dialect.LenientQuotes
		n = o.next
	}
	return n, proven
}

// cutQuoted returns the end of the last whole record, hopping from quote to
// quote, and whether every quote up to there is where it should be. One that does
// not open at the start of a field, or does not close at the end of one, is left
// to the machine, which reads that record, and the hopping goes on after it.
func (s *Splitter) cutQuoted(data []byte) (n int, sound bool) {
	s.spans = s.spans[:0]
	m := s.machine()
	floor := 0 // a known start of a record, before all of spans
	sound = true
	for i := 0; ; {
		open := bytes.IndexByte(data[i:], s.dialect.Quote)
		if open < 0 {
			if s.eof {
				return len(data), sound
			}
			return s.lastEnd(data, floor, len(data)), sound
		}
		open += i
		next, fits := -1, s.opensField(data, open)
		if fits {
			next, fits = s.closeQuote(data, open)
		}
		if fits && next < 0 {
			return s.lastEnd(data, floor, open), sound
		}
		if fits {
			s.spans = append(s.spans, Span{uint32(open), uint32(next)})
			i = next
			continue
		}
		sound = false
		start := s.lastEnd(data, floor, open)
		var o outcome
		o, s.ends = m.next(data, start, s.eof, s.ends[:0])
		if o.more {
			return start, false
		}
		floor, i, s.spans = o.next, o.next, s.spans[:0]
	}
}

// opensField reports whether the quote data[i] is at the start of a field.
func (s *Splitter) opensField(data []byte, i int) bool {
	return i == 0 || data[i-1] == s.dialect.Delimiter || data[i-1] == s.dialect.end()
}

// closeQuote returns the offset after the quote that closes the one at open.
// next is -1 if the data ends before that can be told; sound is false if the
// closing quote is not at the end of a field or there is none.
func (s *Splitter) closeQuote(data []byte, open int) (next int, sound bool) {
	quote := s.dialect.Quote
	i := open + 1
	for {
		q := bytes.IndexByte(data[i:], quote)
		if q < 0 {
			return -1, !s.eof
		}
		i += q + 1
		if i < len(data) && data[i] == quote {
			i++
			continue
		}
		ok, more := machine{d: &s.dialect}.fieldEnd(data, i, s.eof)
		if more {
			return -1, true
		}
		return i, ok
	}
}

// lastEnd returns the offset after the last record end in data[floor:limit]
// that stands outside of the spans, or floor if there is none.
func (s *Splitter) lastEnd(data []byte, floor, limit int) int {
	end := s.dialect.end()
	for i := len(s.spans) - 1; i >= 0; i-- {
		after := int(s.spans[i].End)
		if e := bytes.LastIndexByte(data[after:limit], end); e >= 0 {
			return after + e + 1
		}
		limit = int(s.spans[i].Start)
	}
	return floor + bytes.LastIndexByte(data[floor:limit], end) + 1
}
