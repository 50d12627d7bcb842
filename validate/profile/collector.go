package profile

import (
	"bytes"
	"slices"
	"unicode/utf8"

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
	room     []byte  // that spans are in, and what is behind it
	taken    bool
	parts    tallies // of a part of the block
	shaper   shaper
	domain   []byte // scratch
	recent   recent
}

// collected is what is known of a column of a block.
type collected struct {
	counts
	tallies
	kind     schema.Kind
	spans    []scan.Span // values by record; nil: all are empty
	rejected []int32     // records whose value has an error finding, in order
	hashes   []uint64    // of values, until it is known that the block is taken

	distinct distinct // of all blocks that were taken
}

// tallies are the texts of a column.
type tallies struct{ sound, rejected, domains tally }

func (t *tallies) reset() {
	t.sound.reset()
	t.rejected.reset()
	t.domains.reset()
}

// NewCollector returns a Collector for the input at hand.
func (p *Profiler) NewCollector() *Collector {
	c := &Collector{columns: make([]collected, len(p.columns))}
	for i := range c.columns {
		c.columns[i].kind = p.columns[i].Kind
	}
	p.collectors = append(p.collectors, c)
	return c
}

// Begin forgets the block before, and takes the next one: so many records, of which those
// that are unjudged, in order, count for nothing. The values to come lie in the buffer room,
// as far as that is known. All of it must stay as it is until the block was taken.
func (c *Collector) Begin(records int, unjudged []int32, room []byte) {
	c.settle()
	c.records, c.unjudged, c.room = records, unjudged, room
	for i := range c.columns {
		c.columns[i].spans, c.columns[i].rejected = nil, c.columns[i].rejected[:0]
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
		b.counts, b.hashes = counts{}, b.hashes[:0]
		b.tallies.reset()
		if b.spans == nil {
			continue
		}
		c.recent.reset()
		c.eachRun(0, c.records, func(from, to int) { c.count(b, from, to) })
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
	if n := len(b.rejected); n > 0 && int(b.rejected[n-1]) == record || b.spans == nil {
		return
	}
	b.rejected = append(b.rejected, int32(record))
	c.reject(b, &b.tallies, record)
}

// reject makes of a value that was taken for sound a rejected one.
func (c *Collector) reject(b *collected, t *tallies, record int) {
	v := b.spans[record]
	if v.Len() == 0 || b.kind == schema.KindHash {
		return
	}
	_, ascii := hashOf(c.room, v)
	hash, shape := c.shaper.shape(c.room, v, ascii)
	t.sound.add(hash, shape, -1)
	t.rejected.add(hash, shape, 1)
	if b.kind != schema.KindEmail || value.IsEmail(v.Of(c.room)) {
		return
	}
	if hash, domain := c.domainOf(v); domain != nil {
		t.domains.add(hash, domain, -1)
	}
}

// tally returns the tallies of a part of the block, until the next call.
func (c *Collector) tally(place, from, to int) *tallies {
	b, t := &c.columns[place], &c.parts
	t.reset()
	if b.spans == nil {
		return t
	}
	c.eachRun(from, to, func(from, to int) {
		for _, v := range b.spans[from:to] {
			if v.Len() > 0 {
				_, ascii := hashOf(c.room, v)
				c.tallyValue(b, t, v, ascii)
			}
		}
	})
	first, _ := slices.BinarySearch(b.rejected, int32(from))
	for _, record := range b.rejected[first:] {
		if int(record) >= to {
			break
		}
		c.reject(b, t, int(record))
	}
	return t
}

// tallyValue counts the shape and domain of a value that has not been rejected, and returns
// the numbers of both; -1: there is none.
func (c *Collector) tallyValue(b *collected, t *tallies, v scan.Span, ascii bool) (shape, domain int32) {
	shape, domain = -1, -1
	if b.kind != schema.KindHash {
		hash, text := c.shaper.shape(c.room, v, ascii)
		shape = t.sound.find(hash, text)
		t.sound.entries[shape].count++
	}
	if b.kind == schema.KindEmail {
		if hash, text := c.domainOf(v); text != nil {
			domain = t.domains.find(hash, text)
			t.domains.entries[domain].count++
		}
	}
	return shape, domain
}

// domainOf returns the domain of an address in lower case, until the next call; nil: there is
// none.
func (c *Collector) domainOf(v scan.Span) (hash uint64, domain []byte) {
	text := v.Of(c.room)
	at := bytes.LastIndexByte(text, '@')
	if at < 0 || at+1 == len(text) {
		return 0, nil
	}
	if text = text[at+1:]; !value.IsASCII(text) {
		c.domain = append(c.domain[:0], bytes.ToLower(text)...)
	} else {
		c.domain = append(c.domain[:0], text...)
		for i, b := range c.domain {
			if b-'A' < 26 {
				c.domain[i] = b | 0x20
			}
		}
	}
	hash, _ = hashOf(c.domain, scan.Span{End: uint32(len(c.domain))})
	return hash, c.domain
}

// recent are values that were counted lately, by hash.
type recent [256]struct {
	value         scan.Span // empty: none
	hash          uint64
	shape, domain int32 // numbers in the tallies, -1: none
	length        int64
}

func (r *recent) reset() { *r = recent{} }

// count looks at the values of the records from one to another.
func (c *Collector) count(b *collected, from, to int) {
	for _, v := range b.spans[from:to] {
		n := v.Len()
		if n == 0 {
			continue
		}
		b.filled++
		hash, ascii := hashOf(c.room, v)
		slot := &c.recent[hash%uint64(len(c.recent))]
		if slot.hash == hash && bytes.Equal(slot.value.Of(c.room), v.Of(c.room)) {
			if slot.shape >= 0 {
				b.sound.entries[slot.shape].count++
			}
			if slot.domain >= 0 {
				b.domains.entries[slot.domain].count++
			}
		} else {
			b.hashes = append(b.hashes, hash)
			slot.value, slot.hash, slot.length = v, hash, int64(n)
			if !ascii {
				slot.length = int64(utf8.RuneCount(v.Of(c.room)))
			}
			if b.shortest == 0 || slot.length < b.shortest {
				b.shortest = slot.length
			}
			b.longest = max(b.longest, slot.length)
			slot.shape, slot.domain = c.tallyValue(b, &b.tallies, v, ascii)
			if dated(b.kind) {
				if t, ok := dateOf(b.kind, v.Of(c.room)); ok {
					b.dates.add(t, t)
				}
			}
		}
		if b.kind == schema.KindBoolean || b.kind == schema.KindMFA {
			switch yes, ok := value.ParseBoolean(v.Of(c.room)); {
			case ok && yes:
				b.yes++
			case ok:
				b.no++
			}
		}
	}
}
