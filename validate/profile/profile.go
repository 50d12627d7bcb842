// Package profile finds out what the columns of the pool hold: how many values, how many
// different ones, how long they are, and their forms.
//
// A Profiler is that of a run. Each worker has a Collector, which takes the values of a block
// at a time, column by column; the Profiler takes the Collectors in input order, after the
// ledger has said which records count and what is wrong with them. What comes out is the same
// for every number of workers and size of blocks. The memory is bounded: of each column a few
// thousand shapes and domains are kept, see Limits, and an estimate of different values.
//
// The package judges nothing. Values belong to the caller; only their shapes, the domains of
// addresses and hashes are kept.
package profile

import (
	"slices"

	"poolprep/validate/rule"
	"poolprep/validate/schema"
)

const (
	topShapes  = 10
	topDomains = 10
	// fewRows is below how many rows a domain is not listed by name: it may be a person's own.
	fewRows = 10
)

// Limits bound the memory for shapes and domains. The zero value is right.
//
// After every so many Records, wherever the blocks of a run end, the rarest texts of a column
// are forgotten, so that Texts are left. What was in most of the run never rare is counted
// exactly: at the default limits a text is forgotten only while it makes less than 0.025 % of
// the records so far.
type Limits struct {
	Records int64 // 0: 16,384
	Texts   int   // 0: 4,096
}

// Column is a column of the pool.
type Column struct {
	Name string
	Kind schema.Kind
}

// Columns returns the columns of a pool with these names.
func Columns(pool *schema.Pool, names []string) []Column {
	var columns []Column
	for _, name := range names {
		columns = append(columns, Column{name, pool.Kind(name)})
	}
	return columns
}

// Profiler makes the profile of a run, which may have several inputs. It is for one
// goroutine at a time.
type Profiler struct {
	columns    []Column
	places     map[string]int
	totals     []totals
	records    int64 // whose values were judged
	limits     Limits
	collectors []*Collector // of the input at hand
}

// totals are what is known of a column.
type totals struct {
	counts
	distinct distinct
	sound    tally // shapes
	rejected tally
	domains  tally
}

// counts are numbers that add up.
type counts struct {
	filled, yes, no   int64
	shortest, longest int64 // of values, in code points; 0: there is none
	dates             span
}

func (c *counts) add(o *counts) {
	c.filled += o.filled
	c.yes += o.yes
	c.no += o.no
	if o.shortest > 0 && (c.shortest == 0 || o.shortest < c.shortest) {
		c.shortest = o.shortest
	}
	c.longest = max(c.longest, o.longest)
	if o.dates.some {
		c.dates.add(o.dates.first, o.dates.last)
	}
}

// New returns a Profiler for columns of different names.
func New(columns []Column, limits Limits) *Profiler {
	if limits.Records <= 0 {
		limits.Records = 1 << 14
	}
	if limits.Texts <= 0 {
		limits.Texts = 1 << 12
	}
	p := &Profiler{
		columns: slices.Clone(columns), places: make(map[string]int, len(columns)), totals: make([]totals, len(columns)), limits: limits,
	}
	for i, c := range columns {
		p.places[c.Name] = i
	}
	return p
}

// Place returns the place of a column, from 0; -1: it is not profiled.
func (p *Profiler) Place(name string) int {
	if place, ok := p.places[name]; ok {
		return place
	}
	return -1
}

// Take adds the block of a Collector. Blocks come in input order.
func (p *Profiler) Take(c *Collector) {
	c.taken = true
	for place := range p.totals {
		p.totals[place].counts.add(&c.columns[place].counts)
	}
	cuts := c.cuts(p.limits.Records-p.records%p.limits.Records, p.limits.Records)
	for place := range p.totals {
		t, b := &p.totals[place], &c.columns[place]
		keep := p.limits.Texts
		if len(cuts) == 0 || t.fit(b, keep) { // to forget would change nothing
			b.sound.mergeInto(&t.sound)
			b.rejected.mergeInto(&t.rejected)
			b.domains.mergeInto(&t.domains)
			continue
		}
		from := 0
		for _, to := range cuts {
			t.merge(c.tally(place, from, to))
			t.forget(keep)
			from = to
		}
		t.merge(c.tally(place, from, c.records))
	}
	p.records += int64(c.judged())
}

// fit reports whether with a block none of the tallies would have more than keep texts.
func (t *totals) fit(b *collected, keep int) bool {
	return len(t.sound.entries)+len(b.sound.touched) <= keep && len(t.rejected.entries)+len(b.rejected.touched) <= keep &&
		len(t.domains.entries)+len(b.domains.touched) <= keep
}

func (t *totals) merge(o *tallies) {
	t.sound.merge(&o.sound)
	t.rejected.merge(&o.rejected)
	t.domains.merge(&o.domains)
}

func (t *totals) forget(keep int) {
	t.sound.forget(keep)
	t.rejected.forget(keep)
	t.domains.forget(keep)
}

// EndInput says that all blocks of an input were taken, and that its Collectors are used no
// more.
func (p *Profiler) EndInput() {
	for _, c := range p.collectors {
		c.settle()
		for place := range p.totals {
			p.totals[place].distinct.merge(&c.columns[place].distinct)
		}
	}
	p.collectors = nil
}

// Result returns the profile of what was taken. days says that dates are named by day, else
// by year.
func (p *Profiler) Result(days bool) *rule.Profile {
	out := &rule.Profile{Columns: make([]rule.Column, len(p.columns))}
	for i := range p.columns {
		out.Columns[i] = p.result(i, days)
	}
	return out
}

func (p *Profiler) result(place int, days bool) rule.Column {
	t := &p.totals[place]
	c := rule.Column{
		Name: p.columns[place].Name, Filled: t.filled, Empty: p.records - t.filled, Shortest: t.shortest, Longest: t.longest,
		True: t.yes, False: t.no,
	}
	c.Distinct, c.DistinctError = t.distinct.count()
	c.Distinct = min(c.Distinct, c.Filled)
	var exact [3]bool
	c.Shapes, exact[0] = t.sound.top(topShapes, 0)
	c.RejectedShapes, exact[1] = t.rejected.top(topShapes, 0)
	c.Domains, exact[2] = t.domains.top(topDomains, fewRows)
	c.ShapesExact = exact[0] && exact[1] && exact[2]
	if rest := t.domains.rest(fewRows); rest > 0 {
		c.Domains = append(c.Domains, rule.Count{Value: "other", Count: rest})
	}
	c.First, c.Last = t.dates.texts(days)
	return c
}
