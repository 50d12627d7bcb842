package profile

import (
	"slices"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// Collector collects what the values of a block are like. It is for one goroutine at a time.
// After Begin come Column for each column, and Collect; then the calls of who takes the block
// in order: Cut, Reject, and Profiler.Take.
type Collector struct {
	columns  []collected
	records  int
	unjudged []int32 // records whose values were not judged, in order
	padded   []byte  // that spans are in, and what is behind it
	taken    bool
	parts    tallies // of a part of the block
	shaper   shaper
	hashes   []uint64 // scratch
	rest     []int32  // scratch
	domain   []byte   // scratch
}

// tallies are the texts of a column.
type tallies struct{ sound, rejected, domains tally }

func (t *tallies) reset() {
	t.sound.reset()
	t.rejected.reset()
	t.domains.reset()
}

// adder is a tally or a book.
type adder interface {
	add(hash uint64, text []byte, n int64)
}

// NewCollector returns a Collector for the input at hand.
func (p *Profiler) NewCollector() *Collector {
	c := &Collector{columns: make([]collected, len(p.columns))}
	for i := range c.columns {
		c.columns[i].kind, c.columns[i].seen = p.columns[i].Kind, make([]seen, leastSeen)
	}
	p.collectors = append(p.collectors, c)
	return c
}

// Begin forgets the block before, and takes the next one: so many records, of which those
// that are unjudged, in order, count for nothing. The values to come lie in the buffer padded,
// as far as that is known. All of it must stay as it is until the block was taken.
func (c *Collector) Begin(records int, unjudged []int32, padded []byte) {
	c.settle()
	c.records, c.unjudged, c.padded = records, unjudged, padded
	for i := range c.columns {
		c.columns[i].spans, c.columns[i].rejects = nil, c.columns[i].rejects[:0]
	}
}

// settle adds the hashes of the block before, if it was taken.
func (c *Collector) settle() {
	for i := range c.columns {
		if c.taken {
			c.columns[i].distinct.add(c.columns[i].hashes)
		}
		c.columns[i].hashes = c.columns[i].hashes[:0]
	}
	c.taken = false
}

// Column says what the values of a column are, one a record; those of records that are not
// judged are not looked at. A column about which nothing is said is empty.
func (c *Collector) Column(place int, values []scan.Span) { c.columns[place].spans = values }

// Collect looks at the values.
func (c *Collector) Collect() {
	for place := range c.columns {
		b := &c.columns[place]
		b.begin()
		if b.spans != nil {
			c.eachRun(0, c.records, func(from, to int) { c.collect(b, from, to) })
			b.adapt()
		}
	}
}

// Cut says that only the first records, so many, count.
func (c *Collector) Cut(records int) {
	if records >= c.records {
		return
	}
	c.records = records
	n, _ := slices.BinarySearch(c.unjudged, int32(records))
	c.unjudged = c.unjudged[:n]
	for place := range c.columns {
		clear(c.columns[place].seen) // which may be values of records that do not count
	}
	c.Collect()
}

// judged returns how many records count.
func (c *Collector) judged() int { return c.records - len(c.unjudged) }

// eachRun visits the records from one to another that were judged, as runs of neighbours.
func (c *Collector) eachRun(from, to int, visit func(from, to int)) {
	i, _ := slices.BinarySearch(c.unjudged, int32(from))
	for ; i < len(c.unjudged) && int(c.unjudged[i]) < to; i++ {
		if at := int(c.unjudged[i]); at > from {
			visit(from, at)
		}
		from = int(c.unjudged[i]) + 1
	}
	if from < to {
		visit(from, to)
	}
}

// cuts returns behind which records of the block a number of judged records is reached: a
// first one, and then another one again and again.
func (c *Collector) cuts(first, every int64) (at []int) {
	if int64(c.judged()) < first {
		return nil
	}
	seen, next := int64(0), first
	c.eachRun(0, c.records, func(from, to int) {
		for seen+int64(to-from) >= next {
			at = append(at, from+int(next-seen))
			next += every
		}
		seen += int64(to - from)
	})
	return at
}

// Reject says that the value of a record has an error finding. Of each column records come
// in order, some of them several times.
func (c *Collector) Reject(place, record int) {
	b := &c.columns[place]
	if n := len(b.rejects); n > 0 && int(b.rejects[n-1]) == record || b.spans == nil {
		return
	}
	b.rejects = append(b.rejects, int32(record))
	c.reject(b.kind, b.spans[record], &b.sound, &b.rejected, &b.domains)
}

// reject makes of a value that was taken for sound a rejected one.
func (c *Collector) reject(kind schema.Kind, v scan.Span, sound, rejected, domains adder) {
	if v.Len() == 0 || kind == schema.KindHash {
		return
	}
	hash, shape := c.shaper.shape(c.padded, v, isASCII(c.padded, v))
	sound.add(hash, shape, -1)
	rejected.add(hash, shape, 1)
	if kind != schema.KindEmail || value.IsEmail(v.Of(c.padded)) {
		return
	}
	if at := domainIn(v.Of(c.padded)); at > 0 {
		hash, domain := c.domainOf(v, at)
		domains.add(hash, domain, -1)
	}
}

// tally returns the tallies of a part of the block, until the next call: what collect and
// Reject do, anew.
func (c *Collector) tally(place, from, to int) *tallies {
	b, t := &c.columns[place], &c.parts
	t.reset()
	if b.spans == nil || b.kind == schema.KindHash {
		return t
	}
	c.eachRun(from, to, func(from, to int) {
		for _, v := range b.spans[from:to] {
			if v.Len() == 0 {
				continue
			}
			hash, text := c.shaper.shape(c.padded, v, isASCII(c.padded, v))
			t.sound.add(hash, text, 1)
			if b.kind != schema.KindEmail {
				continue
			}
			if at := domainIn(v.Of(c.padded)); at > 0 {
				hash, domain := c.domainOf(v, at)
				t.domains.add(hash, domain, 1)
			}
		}
	})
	first, _ := slices.BinarySearch(b.rejects, int32(from))
	for _, record := range b.rejects[first:] {
		if int(record) >= to {
			break
		}
		c.reject(b.kind, b.spans[record], &t.sound, &t.rejected, &t.domains)
	}
	return t
}
