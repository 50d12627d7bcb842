package mapping

import (
	"bytes"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// What Columns makes of conditions, of the second file and of JSON in a column.

// each calls f for every record, with its values at some places in rec.
func (c *Columns) each(records int, places []int, f func(i int)) {
	columns := c.gather[:0]
	for _, place := range places {
		columns = append(columns, c.at(place))
	}
	c.gather, c.rec.buf = columns, c.Buf
	for i := range records {
		for k, place := range places {
			if v := place - len(c.p.source); v >= 0 {
				c.rec.values[v] = columns[k][i]
			} else {
				c.rec.fields[place] = columns[k][i]
			}
		}
		f(i)
	}
}

// test fills in TRUE or FALSE.
func (c *Columns) test(t *target, values []scan.Span) {
	yes, no := c.constant([]byte(truth(true))), c.constant([]byte(truth(false)))
	if t.plain != nil {
		for i := range values {
			values[i] = no
		}
		c.passing(t.plain, t.sources[0], len(values), func(i int) { values[i] = yes })
		return
	}
	c.each(len(values), t.sources, func(i int) {
		values[i] = no
		if t.test(&c.rec) {
			values[i] = yes
		}
	})
}

// rules leaves the records for which a skip or reject rule holds.
func (c *Columns) rules(records int) {
	p := c.p
	var rest []condition
	add := func(r *ruleCondition) {
		if r.test != nil {
			c.passing(r.test, r.place, records, c.leave)
		} else {
			rest = append(rest, r.holds)
		}
	}
	for k := range p.skips {
		add(&p.skips[k].ruleCondition)
	}
	for k := range p.rejects {
		add(&p.rejects[k].ruleCondition)
	}
	if len(rest) == 0 {
		return
	}
	c.each(records, p.looked, func(i int) {
		for _, holds := range rest {
			if holds(&c.rec) {
				c.leave(i)
				return
			}
		}
	})
}

// passing calls f for the records whose value at a place passes a test. A short value that is
// the same as the one before is not tested again.
func (c *Columns) passing(test func([]byte) bool, place, records int, f func(i int)) {
	if place == absent {
		if test(nil) {
			for i := range records {
				f(i)
			}
		}
		return
	}
	padded := c.Buf[:cap(c.Buf)]
	last, lastSize, passes := uint64(0), 0, test(nil)
	for i, v := range c.at(place) {
		size := v.Len()
		if size > 8 {
			if test(trimmedField(c.Buf, v)) {
				f(i)
			}
			continue
		}
		if w := eight(padded, int(v.Start)) & value.LowBytes(size); w != last || size != lastSize {
			last, lastSize, passes = w, size, test(trimmedField(c.Buf, v))
		}
		if passes {
			f(i)
		}
	}
}

// assume fills in TRUE where a flag is empty and its address is not.
func (c *Columns) assume() {
	for _, a := range c.p.assumed {
		var yes scan.Span
		flags, addresses := c.made[a.flag], c.made[a.address]
		if f := c.p.direct[a.address]; f >= 0 {
			addresses = c.source(f)
		}
		for i, v := range flags {
			if !isBlank(v.Of(c.Buf)) || isBlank(addresses[i].Of(c.Buf)) {
				continue
			}
			if yes.End == 0 {
				yes = c.constant([]byte(truth(true)))
			}
			flags[i] = yes
		}
	}
}

// second are the columns of the second file, for the records at hand.
type second struct {
	done    bool
	row     []scan.Span
	columns [][]scan.Span
}

// joined fills in a column of the second file. All of its columns are looked up together.
func (c *Columns) joined(t *target, values []scan.Span) {
	if !c.second.done {
		c.lookUp(len(values))
	}
	copy(values, c.second.columns[t.column])
}

func (c *Columns) lookUp(records int) {
	s := &c.second
	s.done = true
	for k := range s.columns {
		s.columns[k] = append(s.columns[k][:0], make([]scan.Span, records)...)
	}
	if c.p.joinKey == absent {
		return
	}
	for i, v := range c.at(c.p.joinKey) {
		key := bytes.TrimPrefix(v.Of(c.Buf), c.p.joinPrefix)
		if len(key) == 0 {
			continue
		}
		if !c.fits(0) {
			return
		}
		clear(s.row)
		buf, found := c.p.join.Fields(c.Buf, key, s.row)
		if !found {
			continue
		}
		c.Buf = buf
		c.reserve(0)
		for k := range s.columns {
			s.columns[k][i] = s.row[k]
		}
	}
}
