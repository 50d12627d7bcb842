package profile

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"poolprep/validate/rule"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// plainColumn is the definition of what a profile says of a column, value by value.
type plainColumn struct {
	Column
	limits                    Limits
	records                   int64
	out                       rule.Column
	values                    map[string]bool
	sound, rejected, domains  plainTally
	firstDate, lastDate, date string
}

// plainTally counts texts.
type plainTally struct {
	counts, missing map[string]int64
	floor, dropped  int64
}

func (t *plainTally) add(text string) {
	if t.counts == nil {
		t.counts, t.missing = map[string]int64{}, map[string]int64{}
	}
	if t.counts[text] == 0 {
		t.missing[text] = t.floor
	}
	t.counts[text]++
}

func (t *plainTally) forget(keep int) {
	if len(t.counts) <= keep {
		return
	}
	var all []int64
	for text, n := range t.counts {
		all = append(all, n+t.missing[text])
	}
	slices.Sort(all)
	least, floor := all[len(all)-1-keep], t.floor
	for text, n := range t.counts {
		if most := n + t.missing[text]; most <= least {
			floor = max(floor, most)
			t.dropped += n
			delete(t.counts, text)
		}
	}
	t.floor = floor
}

func (t *plainTally) top(k int, least int64) (out []rule.Count, exact bool) {
	out, exact = []rule.Count{}, true
	for text, n := range t.counts {
		if n >= least {
			out = append(out, rule.Count{Value: text, Count: n})
		}
	}
	slices.SortFunc(out, func(a, b rule.Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	out = out[:min(k, len(out))]
	for _, c := range out {
		exact = exact && t.missing[c.Value] == 0
	}
	return out, exact
}

// record takes the value of a record that was judged.
func (p *plainColumn) record(v string, rejected bool) {
	p.records++
	defer func() {
		if p.records%p.limits.Records == 0 {
			for _, t := range []*plainTally{&p.sound, &p.rejected, &p.domains} {
				t.forget(p.limits.Texts)
			}
		}
	}()
	if v == "" {
		p.out.Empty++
		return
	}
	if p.values == nil {
		p.values = map[string]bool{}
	}
	p.values[v] = true
	p.out.Filled++
	n := int64(utf8.RuneCountInString(v))
	if p.out.Shortest == 0 || n < p.out.Shortest {
		p.out.Shortest = n
	}
	p.out.Longest = max(p.out.Longest, n)
	if p.Kind != schema.KindHash {
		shape := string(appendShape(nil, []byte(v)))
		if rejected {
			p.rejected.add(shape)
		} else {
			p.sound.add(shape)
		}
	}
	if at := strings.LastIndex(v, "@"); p.Kind == schema.KindEmail && at >= 0 && at+1 < len(v) && (!rejected || value.IsEmail([]byte(v))) {
		p.domains.add(strings.ToLower(v[at+1:]))
	}
	if p.Kind == schema.KindBoolean || p.Kind == schema.KindMFA {
		switch v {
		case "true", "TRUE":
			p.out.True++
		case "false", "FALSE":
			p.out.False++
		}
	}
	if !dated(p.Kind) {
		return
	}
	if date, ok := dateOf(p.Kind, []byte(v)); ok {
		p.date = date.Format("2006-01-02")
		if p.firstDate == "" || p.date < p.firstDate {
			p.firstDate = p.date
		}
		p.lastDate = max(p.lastDate, p.date)
	}
}

func (p *plainColumn) result() rule.Column {
	c := p.out
	c.Name, c.Distinct, c.First, c.Last = p.Name, int64(len(p.values)), p.firstDate, p.lastDate
	var exact [3]bool
	c.Shapes, exact[0] = p.sound.top(10, 1)
	c.RejectedShapes, exact[1] = p.rejected.top(10, 1)
	c.Domains, exact[2] = p.domains.top(10, 10)
	c.ShapesExact = exact[0] && exact[1] && exact[2]
	rest := p.domains.dropped
	for _, n := range p.domains.counts {
		if n < 10 {
			rest += n
		}
	}
	if rest > 0 {
		c.Domains = append(c.Domains, rule.Count{Value: "other", Count: rest})
	}
	return c
}
