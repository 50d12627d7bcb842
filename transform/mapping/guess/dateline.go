package guess

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"poolprep/validate/schema"
)

// dates reads dates and times. The order of day and month is what the sample proves, or
// it is left to a person.
func (p *Proposal) dates(l *Line, e expression, c *column) {
	time := p.pool.Kind(l.Target) == schema.KindUpdatedAt
	n := c.counts[isDate]
	switch {
	case c.filled == 0:
		l.because("empty in the sample, so nothing says how dates are written")
		l.decide(DecideLayout, p.dateStep(e, time, []string{"yyyy-MM-dd"}, false), "")
		return
	case time && c.most(c.counts[isMilliseconds]):
		e.steps = append(e.steps, "{epoch: {unit: ms}}")
		l.numbers(e, c, isMilliseconds)
		return
	case time && c.most(c.counts[isSeconds]):
		l.numbers(e, c, isSeconds)
		return
	case n == 0:
		l.because("none of them a date in a form that is known")
		l.decide(DecideLayout, p.dateStep(e, time, []string{"yyyy-MM-dd"}, false), "")
		return
	}
	l.because(share(n, c.filled, "dates"))
	if n < c.filled {
		l.because("the others are rejected; add their layouts")
		l.doubt()
	}
	p.layouts(l, e, c, time)
}

// numbers takes numbers of a unit.
func (l *Line) numbers(e expression, c *column, s shape) {
	l.take(e)
	l.because(share(c.counts[s], c.filled, plural[s]))
	if c.counts[s] < c.filled {
		l.because("the others are rejected")
		l.doubt()
	}
}

// dateLayouts are the layouts of a column, as far as the sample proves them.
type dateLayouts struct {
	dayFirst, monthFirst []string // the same but for forms that are not proved
	unproved             bool     // some are not
	mixed                bool     // both orders occur in one form
	short                bool     // years have two digits
	zoneless             bool     // some have no time zone
	utc                  bool     // some are marked as UTC
	left                 int      // values of rare forms that are not proved
	proofs               []string
}

// layoutsOf returns the layouts of a column, those that are frequent first.
func layoutsOf(c *column) (d dateLayouts) {
	forms := slices.SortedFunc(maps.Keys(c.dates), func(a, b dateForm) int {
		return cmp.Or(cmp.Compare(c.dates[b].count, c.dates[a].count), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	for _, f := range forms {
		o := c.dates[f]
		first, proved := o.proves(f)
		if o.count*10 < c.filled && (!proved || f.short) {
			d.left += o.count
			continue
		}
		if proved {
			d.dayFirst, d.monthFirst = append(d.dayFirst, f.layout(o, first)), append(d.monthFirst, f.layout(o, first))
			d.proofs = append(d.proofs, proof(f, o))
		} else {
			d.dayFirst, d.monthFirst = append(d.dayFirst, f.layout(o, true)), append(d.monthFirst, f.layout(o, false))
		}
		d.unproved = d.unproved || !proved
		d.mixed = d.mixed || o.dayFirst > 0 && o.monthFirst > 0
		d.short = d.short || f.short
		d.zoneless = d.zoneless || f.zone == ""
		d.utc = d.utc || f.zone == "UTC"
	}
	return d
}

// layouts gives a line the layouts of the dates that there are.
func (p *Proposal) layouts(l *Line, e expression, c *column, time bool) {
	d := layoutsOf(c)
	for _, text := range d.proofs {
		l.because(text)
	}
	if d.left > 0 {
		l.because(values(d.left) + " in rare forms that can be read in two ways, and are rejected")
		l.doubt()
	}
	if d.short {
		l.because("years have two digits, and nothing says which century is meant")
	}
	zone := d.utc || d.zoneless
	switch {
	case d.dayFirst == nil:
		l.because("too many forms to propose one")
		l.State, l.Decision = Open, DecideMixed
	case d.mixed:
		l.because("some have the day first and some the month, so the others may be either")
		l.State, l.Decision = Open, DecideMixed
	case d.unproved:
		l.because("no day is above 12, so nothing proves whether the day or the month is first")
		l.decide(DecideOrder, p.dateStep(e, time, d.dayFirst, zone), "the day is first")
		l.decide(DecideOrder, p.dateStep(e, time, d.monthFirst, zone), "the month is first")
	case d.short:
		l.decide(DecideCentury, p.dateStep(e, time, d.dayFirst, zone), "1930 to 2029")
	case time && d.zoneless:
		l.because("times without a zone")
		l.decide(DecideZone, p.dateStep(e, time, d.dayFirst, true), "they are in UTC")
	default:
		l.take(p.dateStep(e, time, d.dayFirst, d.utc))
	}
}

// proof says by what the order of a form is proved.
func proof(f dateForm, o *order) string {
	switch {
	case f.kind != numbersOnly:
		return ""
	case o.dayFirst > 0:
		return "the day is first: it is above 12 in " + values(o.dayFirst)
	}
	return "the month is first: the number behind it is above 12 in " + values(o.monthFirst)
}

// dateStep adds the step that reads the layouts.
func (p *Proposal) dateStep(e expression, time bool, layouts []string, utc bool) expression {
	var quoted, seen []string
	for _, text := range layouts {
		if !slices.Contains(seen, text) {
			seen = append(seen, text)
			quoted = append(quoted, layoutScalar(text))
		}
	}
	from := "from: [" + strings.Join(quoted, ", ") + "]"
	if slices.ContainsFunc(layouts, func(text string) bool { return !strings.Contains(text, "yyyy") }) {
		from += ", pivot: 1930"
	}
	step := "{date: {" + from + "}}"
	if time {
		if utc || !strings.Contains(layouts[0], "X") {
			from += ", zone: UTC"
		}
		step = "{epoch: {" + from + "}}"
	}
	e.steps = append(slices.Clip(e.steps), step)
	return e
}

// layoutScalar returns a layout as YAML.
func layoutScalar(text string) string {
	if plainScalar().MatchString(text) {
		return text
	}
	return `"` + text + `"` // a layout that is made here has no quotation marks and no backslashes
}
