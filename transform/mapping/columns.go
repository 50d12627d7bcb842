package mapping

import (
	"slices"

	"poolprep/validate/scan"
)

// This file runs a program over the columns of many records at once. What it makes is
// what State.Row makes, record by record; where it is not sure of a record, it says so
// and leaves it to Row.

// Columns makes the values of many records, a column at a time. It is for one
// goroutine.
type Columns struct {
	// Buf holds the fields. Behind it scan.Padding bytes may be read, whatever is there;
	// made values are appended to it, and it may move.
	Buf []byte
	// Left are the records, from 0, in no order and perhaps more than once, whose values
	// are not known: Row is to be asked. That holds for those that are to be skipped, too.
	Left []int32

	p      *Program
	start  int // of what is made in Buf
	full   bool
	source func(f int) []scan.Span // of the records at hand
	values [][]scan.Span           // by value of the program
	made   [][]scan.Span           // by target
	steps  [][]columnStep          // by target
	ofVals [][]columnStep          // by value
	rec    record                  // for conditions
	row    int                     // the record that a step looks at, from 0
	gather [][]scan.Span           // of the places that a condition looks at
	second second
	cells  []cellColumns
}

// mostMade is how many bytes the values of the records may have together. What makes more
// of them is left to Row, which keeps those of one record.
const mostMade = 4 << 20

// columnStep changes the values of a column in place. It leaves records that it is not
// sure of.
type columnStep func(c *Columns, values []scan.Span)

// NewColumns returns columns with buffers of their own.
func (p *Program) NewColumns() *Columns {
	c := &Columns{
		p: p, made: make([][]scan.Span, len(p.targets)), values: make([][]scan.Span, len(p.values)),
		rec:    record{fields: make([]scan.Span, len(p.source)), values: make([]scan.Span, len(p.values))},
		second: second{row: make([]scan.Span, p.joined), columns: make([][]scan.Span, p.joined)},
	}
	for i := range p.cells {
		c.cells = append(c.cells, p.cells[i].newColumns())
	}
	c.steps, c.ofVals = c.stepsOf(p.targets), c.stepsOf(p.values)
	return c
}

// stepsOf makes the steps of each target that is made.
func (c *Columns) stepsOf(targets []target) [][]columnStep {
	out := make([][]columnStep, len(targets))
	for i := range targets {
		t := &targets[i]
		for k := range t.steps {
			places := t.looks[k]
			look := func(column int) []byte {
				if places[column] == absent {
					return nil
				}
				return trimmedField(c.Buf, c.at(places[column])[c.row])
			}
			out[i] = append(out[i], t.steps[k].column(stepOptions{look: look, defaultRegion: c.p.region}))
		}
	}
	return out
}

// column returns the step for columns.
func (s *stepSpec) column(o stepOptions) columnStep {
	exact := s.start(o)
	if s.wide != nil {
		return s.wide(exact)
	}
	takesEmpty := s.takesEmpty()
	return func(c *Columns, values []scan.Span) {
		for i, v := range values {
			if takesEmpty || v.Start != v.End {
				c.one(exact, values, i)
			}
		}
	}
}

// takesEmpty reports whether the step does something with an empty value.
func (s *stepSpec) takesEmpty() bool { return s.name == "default" || s.name == "lookup" }

// one applies a step to one value.
func (c *Columns) one(exact step, values []scan.Span, i int) {
	v := values[i].Of(c.Buf)
	start := len(c.Buf)
	if !c.fits(0) {
		c.leave(i)
		return
	}
	c.row = i
	buf, outcome := exact(c.Buf, v)
	if outcome != stepDone || len(buf)-start > longestOf(v) {
		c.leave(i)
		return
	}
	c.Buf = buf
	c.reserve(0)
	values[i] = scan.Span{Start: uint32(start), End: uint32(len(buf))}
}

// leave says that record i is to be asked about.
func (c *Columns) leave(i int) { c.Left = append(c.Left, int32(i)) }

// reserve makes room for n bytes more, and those that may be read behind them.
func (c *Columns) reserve(n int) {
	if need := n + scan.Padding; cap(c.Buf)-len(c.Buf) < need {
		c.Buf = slices.Grow(c.Buf, max(need, len(c.Buf)/4))
	}
}

// fits reports whether n bytes more may be made. If not, all records are left.
func (c *Columns) fits(n int) bool {
	c.full = c.full || len(c.Buf)-c.start+n > mostMade
	return !c.full
}

// padded returns the buffer with room for n bytes more, all of it; nil: they are too many.
func (c *Columns) padded(n int) []byte {
	if !c.fits(n) {
		return nil
	}
	c.reserve(n)
	return c.Buf[:cap(c.Buf)]
}

// length returns how many bytes values have together.
func length(values []scan.Span) (n int) {
	for _, v := range values {
		n += int(v.End - v.Start)
	}
	return n
}

// Run makes the values of records that lie in Buf. field returns the values of a source
// column, one a record, without quotes around them and white space, not to be changed;
// those of records that do not count may be anything, such as empty. field is called until
// the next Run.
func (c *Columns) Run(records int, field func(f int) []scan.Span) {
	c.Left, c.start, c.full = c.Left[:0], len(c.Buf), false
	c.source, c.second.done = field, false
	c.reserve(0)
	for i := range c.cells {
		c.cells[i].done = false
	}
	for i := range c.p.values {
		c.values[i] = c.run(&c.p.values[i], c.values[i], records, c.ofVals[i])
		c.trim(c.values[i])
	}
	for _, i := range c.p.made {
		c.made[i] = c.run(&c.p.targets[i], c.made[i], records, c.steps[i])
	}
	c.assume()
	c.rules(records)
	if c.full {
		for i := range records {
			c.leave(i)
		}
	}
}

// run makes the values of a column in reused.
func (c *Columns) run(t *target, reused []scan.Span, records int, steps []columnStep) []scan.Span {
	values := slices.Grow(reused[:0], records)[:records]
	c.origin(t, values)
	for _, apply := range steps {
		if !c.full {
			apply(c, values)
		}
	}
	return values
}

// trim takes the white space off values that others are made of.
func (c *Columns) trim(values []scan.Span) {
	for i, v := range values {
		if v.Start != v.End && (mayTrim[c.Buf[v.Start]] || mayTrim[c.Buf[v.End-1]]) {
			values[i] = trimmedSpan(c.Buf, v)
		}
	}
}

// Made returns the values of a target that the program makes, one a record; nil for any
// other. They are valid until the next Run.
func (c *Columns) Made(target int) []scan.Span { return c.made[target] }

// at returns the values at a place of record.at that is there. They are not to be changed.
func (c *Columns) at(place int) []scan.Span {
	if place < len(c.p.source) {
		return c.source(place)
	}
	return c.values[place-len(c.p.source)]
}

// origin fills in the values before the steps.
func (c *Columns) origin(t *target, values []scan.Span) {
	switch t.kind {
	case valueConstant:
		constant := c.constant(t.constant)
		for i := range values {
			values[i] = constant
		}
	case valueJoin:
		c.join(t, values)
	case valueTemplate:
		c.template(t, values)
	case valueTest:
		c.test(t, values)
	case valuePath:
		if t.cell > 0 {
			c.inCell(t, values)
		} else {
			c.path(t, values)
		}
	case valueJoined:
		c.joined(t, values)
	case valueNone:
		clear(values)
	default:
		copy(values, c.at(t.sources[0]))
		for _, f := range t.sources[1:] {
			for i, v := range c.at(f) {
				if values[i].Start == values[i].End {
					values[i] = v
				}
			}
		}
	}
}

// constant appends a value that many records share.
func (c *Columns) constant(v []byte) scan.Span {
	start := len(c.Buf)
	c.Buf = append(c.Buf, v...)
	c.reserve(0)
	return scan.Span{Start: uint32(start), End: uint32(len(c.Buf))}
}

func (c *Columns) join(t *target, values []scan.Span) {
	columns, size := make([][]scan.Span, len(t.sources)), 0
	for k, f := range t.sources {
		columns[k] = c.at(f)
		size += length(columns[k]) + len(values)*len(t.with)
	}
	with := c.constant(t.with)
	padded := c.padded(size)
	if padded == nil {
		return
	}
	n := len(c.Buf)
	for i := range values {
		start := n
		var first scan.Span
		parts := 0
		for _, column := range columns {
			v := column[i]
			if v.Start == v.End {
				continue
			}
			switch parts++; parts {
			case 1:
				first = v
				continue
			case 2:
				n = put(padded, n, first)
			}
			n = put(padded, put(padded, n, with), v)
		}
		switch {
		case parts < 2:
			values[i] = first
		case n-start > maxMade:
			c.leave(i)
			n, values[i] = start, scan.Span{}
		default:
			values[i] = scan.Span{Start: uint32(start), End: uint32(n)}
		}
	}
	c.Buf = padded[:n]
}

func (c *Columns) template(t *target, values []scan.Span) {
	type part struct {
		literal scan.Span
		column  []scan.Span // nil: the literal
	}
	var parts []part
	size := 0
	for _, p := range t.template {
		if p.source < 0 {
			parts = append(parts, part{literal: c.constant(p.literal)})
			size += len(values) * len(p.literal)
			continue
		}
		column := c.at(p.source)
		parts = append(parts, part{column: column})
		size += length(column)
	}
	padded := c.padded(size)
	if padded == nil {
		return
	}
	n := len(c.Buf)
	for i := range values {
		start, filled := n, len(t.sources) == 0
		for k := range parts {
			v := parts[k].literal
			if parts[k].column != nil {
				v = parts[k].column[i]
				filled = filled || v.Start != v.End
			}
			n = put(padded, n, v)
		}
		switch {
		case len(parts) > 1 && n-start > maxMade:
			c.leave(i)
			n, values[i] = start, scan.Span{}
		case !filled:
			n, values[i] = start, scan.Span{}
		default:
			values[i] = scan.Span{Start: uint32(start), End: uint32(n)}
		}
	}
	c.Buf = padded[:n]
}

// put copies what lies at v in padded to its offset n, and returns the offset behind it.
// It copies 16 bytes at a time, whether there are so many or not.
func put(padded []byte, n int, v scan.Span) int {
	size := int(v.End - v.Start)
	for at := 0; at < size; at += 16 {
		*(*[16]byte)(padded[n+at:]) = *(*[16]byte)(padded[int(v.Start)+at:])
	}
	return n + size
}
