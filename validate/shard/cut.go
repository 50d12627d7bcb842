package shard

import "poolprep/validate/scan"

// Cutter chooses where the parts of a run begin: of the places where an input may be cut,
// those that make the parts about equal. An input that cannot be cut is in one part.
type Cutter struct {
	parts int
	sizes []int64
	total int64
	goals int // of the parts - 1 cuts that were chosen

	source int // at hand
	before int64
	record int64
	sum    uint32 // checksum of the rows so far, and their bytes
	rows   int64
	last   cut   // the last place
	whole  []cut // the ends of the inputs
	cuts   []cut
}

// cut is where a part begins.
type cut struct {
	at     int64 // bytes of all inputs before it
	source int
	place  scan.Place
	record int64  // see Range
	sum    uint32 // checksum of the rows of the input before it
	rows   int64  // bytes of these
}

// NewCutter returns a Cutter for inputs of the given sizes, in bytes. Each is to be ended
// by End, in order.
func NewCutter(parts int, sizes []int64) *Cutter {
	c := &Cutter{parts: max(parts, 1), sizes: sizes, record: 1}
	for _, n := range sizes {
		c.total += n
	}
	return c
}

// Aim returns how many bytes there should be at most between two places.
func (c *Cutter) Aim() int {
	const pieces, most = 256, 256 << 10
	return int(min(max(c.total/int64(c.parts)/pieces, 1), most))
}

// Rows says that a block of rows follows, with so many records and so many bytes of a
// checksum.
func (c *Cutter) Rows(records, bytes int64, sum uint32) {
	c.record += records
	c.rows += bytes
	c.sum = Join(c.sum, sum, bytes)
}

// Place says that the input at hand may be cut at a place, after the rows so far.
func (c *Cutter) Place(p scan.Place) {
	if p.Pos.Offset > 0 && p.Pos.Offset < c.sizes[c.source] {
		c.offer(cut{c.before + p.Pos.Offset, c.source, p, c.record, c.sum, c.rows})
	}
}

// End says that nothing more follows of the input at hand.
func (c *Cutter) End() {
	c.whole = append(c.whole, cut{sum: c.sum, rows: c.rows})
	c.before += c.sizes[c.source]
	c.source++
	c.record, c.sum, c.rows = 1, 0, 0
	c.offer(cut{at: c.before, source: c.source, record: 1})
}

// offer takes a place into account.
func (c *Cutter) offer(next cut) {
	for c.goals < c.parts-1 {
		goal := (int64(c.goals)+1)*(c.total/int64(c.parts)) + (int64(c.goals)+1)*(c.total%int64(c.parts))/int64(c.parts)
		if next.at < goal {
			break
		}
		best := next
		if goal-c.last.at < next.at-goal {
			best = c.last
		}
		c.cuts = append(c.cuts, best)
		c.goals++
	}
	c.last = next
}

// Parts returns the parts. Every input must have ended.
func (c *Cutter) Parts() []Part {
	end := cut{at: c.total, source: len(c.sizes)}
	for len(c.cuts) < c.parts-1 {
		c.cuts = append(c.cuts, end)
	}
	from := cut{record: 1}
	var parts []Part
	for _, to := range append(c.cuts, end) {
		parts = append(parts, Part{c.between(from, to)})
		from = to
	}
	return parts
}

// between returns the ranges from a cut to another one.
func (c *Cutter) between(from, to cut) []Range {
	ranges := []Range{}
	for s := from.source; s <= to.source && s < len(c.sizes); s++ {
		r := Range{Source: s, Line: 1, Record: 1}
		if s == from.source && from.place.Pos.Offset > 0 {
			p := from.place
			r.Offset, r.Line, r.Record, r.WithinRun = p.Pos.Offset, p.Pos.Line, from.record, p.WithinRun
			if r.Document = p.Document; r.Document != (scan.DocumentPlace{}) {
				r.Column = p.Pos.Column
			}
		}
		end, last := c.sizes[s], c.whole[s]
		if s == to.source {
			end, last = to.place.Pos.Offset, to
			if end == 0 {
				break
			}
		}
		if r.CRC32C = last.sum; r.Offset > 0 {
			r.CRC32C = Join(from.sum, last.sum, last.rows-from.rows)
		}
		if r.Length = end - r.Offset; r.Length > 0 || c.sizes[s] == 0 {
			ranges = append(ranges, r)
		}
	}
	return ranges
}
