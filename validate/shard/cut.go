package shard

import (
	"poolprep/validate/scan"
	"poolprep/validate/source"
)

// Cutter chooses where the parts of a run begin: of the places where an input may be cut,
// those that make the parts about equal. An input that cannot be cut is in one part.
type Cutter struct {
	parts   int
	sources []Source
	total   int64 // bytes of all inputs, as they lie in the files

	source int // at hand
	record int64
	sum    uint32 // checksum of the rows so far, and their bytes
	rows   int64
	whole  []cut // the ends of the inputs
	places []cut // where they may be cut, in order
	gap    int64 // bytes that are between two of these at least
	most   int   // of them are kept
}

// cut is where a part begins.
type cut struct {
	source int
	place  scan.Place
	frame  source.Frame
	record int64  // see Range
	sum    uint32 // checksum of the rows of the input before it
	rows   int64  // bytes of these
}

// NewCutter returns a Cutter for inputs, of which the sizes are known. Each is to be ended by
// End, in order, and its Text and Codec to be set until then.
func NewCutter(parts int, sources []Source) *Cutter {
	const each, some, most = 512, 4096, 1 << 20
	c := &Cutter{parts: max(parts, 1), sources: sources, record: 1}
	for i := range sources {
		c.total += sources[i].Size
	}
	c.most = min(c.parts*each, most) + some
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

// Place says that the input at hand may be cut at a place, after the rows so far, and
// decompressed for that from f on.
func (c *Cutter) Place(p scan.Place, f source.Frame) {
	next := cut{c.source, p, f, c.record, c.sum, c.rows}
	if p.Pos.Offset <= 0 || len(c.places) > 0 && !c.apart(c.places[len(c.places)-1], next) {
		return
	}
	if c.places = append(c.places, next); len(c.places) > c.most {
		c.thin()
	}
}

// apart reports whether two places are so far from each other that both are of use.
func (c *Cutter) apart(a, b cut) bool {
	return a.source != b.source || b.place.Pos.Offset-a.place.Pos.Offset >= c.gap
}

// thin forgets places that are near others.
func (c *Cutter) thin() {
	const most = 1 << 50
	for c.gap = max(c.gap, 1); len(c.places) > c.most/2 && c.gap < most; {
		c.gap *= 2
		kept := c.places[:1]
		for _, p := range c.places[1:] {
			if c.apart(kept[len(kept)-1], p) {
				kept = append(kept, p)
			}
		}
		c.places = kept
	}
}

// End says that nothing more follows of the input at hand.
func (c *Cutter) End() {
	whole := cut{sum: c.sum, rows: c.rows}
	if s := &c.sources[c.source]; s.Text == 0 && s.compressed() { // it had but one frame
		whole = cut{}
	}
	c.whole = append(c.whole, whole)
	c.source++
	c.record, c.sum, c.rows = 1, 0, 0
}

// Parts returns the parts. Every input must have ended.
func (c *Cutter) Parts() []Part {
	end := cut{source: len(c.sources)}
	cuts := c.choose()
	for len(cuts) < c.parts-1 {
		cuts = append(cuts, end)
	}
	from := cut{record: 1}
	var parts []Part
	for _, to := range append(cuts, end) {
		parts = append(parts, Part{c.between(from, to)})
		from = to
	}
	return parts
}

// choose returns where the parts but the first one begin, as far as there is anything left
// for them: at the places that are nearest to equal parts.
func (c *Cutter) choose() (cuts []cut) {
	weights := c.weights()
	total := int64(0)
	for _, w := range weights {
		total += w
	}
	goals := int64(c.parts)
	var last cut
	lastAt := int64(0)
	offer := func(next cut, at int64) {
		for n := int64(len(cuts)) + 1; n < goals; n++ {
			goal := n*(total/goals) + n*(total%goals)/goals
			if at < goal {
				break
			}
			best := next
			if goal-lastAt < at-goal {
				best = last
			}
			cuts = append(cuts, best)
		}
		last, lastAt = next, at
	}
	before, places := int64(0), c.places
	for i, weight := range weights {
		for len(places) > 0 && places[0].source == i {
			if at := places[0].place.Pos.Offset; at < weight {
				offer(places[0], before+at)
			}
			places = places[1:]
		}
		before += weight
		offer(cut{source: i + 1, record: 1}, before)
	}
	return cuts
}

// weights returns how much of the work each input is: the bytes of its text. Of a compressed one
// that cannot be cut they are not known, and it counts like the others of its size.
func (c *Cutter) weights() (weights []int64) {
	size, text := int64(0), int64(0) // of compressed inputs that may be cut
	for i := range c.sources {
		if s := &c.sources[i]; s.Text > 0 {
			size, text = size+s.Size, text+s.Text
		}
	}
	for i := range c.sources {
		s := &c.sources[i]
		w := s.Length()
		if s.Text == 0 && size > 0 && s.compressed() {
			w = int64(float64(s.Size) * float64(text) / float64(size))
		}
		weights = append(weights, w)
	}
	return weights
}

// between returns the ranges from a cut to another one.
func (c *Cutter) between(from, to cut) []Range {
	ranges := []Range{}
	for s := from.source; s <= to.source && s < len(c.sources); s++ {
		r := Range{Source: s, Line: 1, Record: 1}
		if s == from.source && from.place.Pos.Offset > 0 {
			p := from.place
			r.Offset, r.Line, r.Record, r.Frame, r.WithinRun = p.Pos.Offset, p.Pos.Line, from.record, from.frame, p.WithinRun
			if r.Document = p.Document; r.Document != (scan.DocumentPlace{}) {
				r.Column = p.Pos.Column
			}
		}
		end, last := c.sources[s].Length(), c.whole[s]
		if s == to.source {
			end, last = to.place.Pos.Offset, to
			if end == 0 {
				break
			}
		}
		if r.CRC32C = last.sum; r.Offset > 0 {
			r.CRC32C = Join(from.sum, last.sum, last.rows-from.rows)
		}
		if r.Length = end - r.Offset; r.Length > 0 || c.sources[s].Size == 0 {
			ranges = append(ranges, r)
		}
	}
	return ranges
}
