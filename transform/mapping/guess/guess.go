package guess

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// picked is what the source columns mean.
type picked struct {
	byMeaning [numMeanings][]int // columns by meaning, those that fit best first
	byName    map[string]placed
	strange   bool
}

// placed are the columns where a name stands first and second; -1: nowhere.
type placed struct{ first, second int }

// Guess proposes a mapping for the export that a sample is of.
func Guess(ctx context.Context, s *Sample, o Options) (*Proposal, error) {
	if s == nil {
		return nil, fmt.Errorf("guess: a sample is expected, as Look returns it")
	}
	p := &Proposal{sample: s, o: o, pool: cmp.Or(o.Pool, schema.Default()), used: make([]bool, len(s.columns))}
	p.pick()
	p.source()
	p.require()
	for _, target := range p.order() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p.target(target)
	}
	p.skips()
	p.notes()
	return p, nil
}

// pick finds out what the columns mean.
func (p *Proposal) pick() {
	k := &p.picked
	k.byName = make(map[string]placed, len(p.sample.columns))
	for i, c := range p.sample.columns {
		if at, there := k.byName[c.name]; !there {
			k.byName[c.name] = placed{i, -1}
		} else if at.second < 0 {
			k.byName[c.name] = placed{at.first, i}
		}
	}
	k.strange = !p.isHeader()
	for i, c := range p.sample.columns {
		if p.ref(i) == "" {
			continue
		}
		if c.rank < noName && (c.rank == exactName || p.holds(c.meaning, c)) {
			k.byMeaning[c.meaning] = append(k.byMeaning[c.meaning], i)
		}
	}
	p.pickByValues()
	p.pickBareName()
	for _, list := range k.byMeaning {
		slices.SortStableFunc(list, func(a, b int) int {
			depth := func(i int) int { return strings.Count(p.sample.columns[i].name, ".") }
			return cmp.Or(cmp.Compare(p.sample.columns[a].rank, p.sample.columns[b].rank), cmp.Compare(depth(a), depth(b)), cmp.Compare(p.sample.columns[b].filled, p.sample.columns[a].filled))
		})
	}
}

// isHeader reports whether the names are surely a header: two are known, or one is and the
// values below it are what it says. A single word may be a value.
func (p *Proposal) isHeader() bool {
	known := headings(p.sample.columns, p.pool.Header)
	if len(known) > 1 {
		return true
	}
	return len(known) == 1 && (len(p.sample.columns) == 1 || p.holds(known[0].meaning, known[0]))
}

// headings returns the columns whose names are known and hardly ever values: of the pool,
// or of the vocabulary. Of two columns with one name it returns the first.
func headings(columns []*column, pool []string) (known []*column) {
	plain := make(map[string]bool, len(pool))
	for _, name := range pool {
		plain[schema.PlainName(name)] = true
	}
	seen := make(map[string]bool)
	for _, c := range columns {
		if !seen[c.name] && (plain[schema.PlainName(c.name)] || c.rank == exactName && c.meaning.isHeading()) {
			seen[c.name] = true
			known = append(known, c)
		}
	}
	return known
}

// holds reports whether most values of a column are what a meaning says.
func (p *Proposal) holds(m meaning, c *column) bool {
	switch m {
	case email:
		return c.most(c.counts[isEmail])
	case mobile, phone:
		return c.most(c.phones())
	case emailVerified, phoneVerified:
		return c.most(c.counts[isBoolean])
	case picture:
		return c.most(c.counts[isURL])
	case passwordHash:
		return c.most(c.counts[isHash] + c.counts[isOtherHash])
	case birthdate, updatedAt:
		return c.most(c.counts[isDate])
	}
	return false
}

// pickByValues gives columns with a name that says nothing the meaning of their values,
// where nothing has that by its name.
func (p *Proposal) pickByValues() {
	k := &p.picked
	for _, m := range []meaning{email, phone, passwordHash, identifier} {
		if k.byMeaning[m] != nil || m == phone && k.byMeaning[mobile] != nil {
			continue
		}
		for i, c := range p.sample.columns {
			if c.meaning != unknown || p.ref(i) == "" {
				continue
			}
			fits := c.most(c.counts[isEmail])
			switch m {
			case phone:
				fits = c.most(c.counts[isE164] + c.counts[isInternational])
			case passwordHash:
				fits = c.most(c.counts[isHash] + c.counts[isOtherHash])
			case identifier:
				fits = c.most(c.counts[isUUID])
			}
			if fits {
				k.byMeaning[m] = []int{i}
				break
			}
		}
	}
}

// pickBareName says of a column that is called "Name" which name it is: the part that no
// other column has, or the full one.
func (p *Proposal) pickBareName() {
	k := &p.picked
	for _, i := range k.byMeaning[bareName] {
		c := p.sample.columns[i]
		m := fullName
		switch given, family := k.byMeaning[givenName] != nil, k.byMeaning[familyName] != nil; {
		case c.counts[isSpaced]*2 > c.filled:
		case given && !family:
			m = familyName
		case family && !given:
			m = givenName
		}
		k.byMeaning[m] = append(k.byMeaning[m], i)
	}
}

// order returns the columns of the pool, those first by which users are found.
func (p *Proposal) order() []string {
	first := []string{schema.UsernameColumn, "email", "email_verified", "phone_number", "phone_number_verified"}
	var out []string
	columns := p.columnsOfPool()
	for _, name := range append(first, columns...) {
		if slices.Contains(columns, name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if !slices.Contains(out, schema.HashColumn) {
		out = append(out, schema.HashColumn)
	}
	return out
}

// target proposes a line for a column of the pool.
func (p *Proposal) target(name string) {
	var l *Line
	switch name {
	case schema.UsernameColumn:
		l = p.username()
	case "email_verified":
		l = p.verified(name, "email", emailVerified, emailConfirmedAt)
	case "phone_number_verified":
		l = p.verified(name, "phone_number", phoneVerified, phoneConfirmedAt)
	case "name":
		l = p.name()
	case "address":
		l = p.address()
	case schema.HashColumn:
		l = p.hash()
	default:
		l = p.byName(name)
	}
	if l == nil {
		if name != schema.HashColumn || p.o.PasswordHash != value.HashNone {
			p.Missing = append(p.Missing, Missing{Target: name, Why: p.whyMissing(name)})
		}
		return
	}
	p.Lines = append(p.Lines, l)
}

func (p *Proposal) whyMissing(name string) string {
	switch name {
	case schema.MFAColumn:
		return "second factors cannot be imported; blank is right for most pools"
	case "name", "address":
		return ""
	}
	if a, ok := p.pool.Attribute(name); ok && a.Required {
		return "the pool requires it"
	}
	return ""
}

// fieldsFor returns the source columns that fill a column of the pool: those with its
// name, else those with its meaning.
func (p *Proposal) fieldsFor(target string) (fields []int) {
	for i, c := range p.sample.columns {
		if schema.PlainName(c.name) == schema.PlainName(target) && p.ref(i) != "" {
			return []int{i}
		}
	}
	if custom, ok := strings.CutPrefix(target, "custom:"); ok {
		return p.customFields(custom)
	}
	for m := range numMeanings {
		if targets[m] == target {
			fields = append(fields, p.picked.byMeaning[m]...)
		}
	}
	return fields
}

// customFields are the source columns for a custom attribute: one that is called like
// it, else the identifier of the source for an attribute for that.
func (p *Proposal) customFields(name string) []int {
	folded := fold(name)
	for i, c := range p.sample.columns {
		if folded != "" && fold(c.name) == folded && p.ref(i) != "" {
			return []int{i}
		}
	}
	if n := meaningOf(name); n.meaning == identifier && n.rank == exactName {
		return p.picked.byMeaning[identifier]
	}
	return nil
}

// byName is a line for a column that is taken as it is, or whose steps follow from what
// its values look like.
func (p *Proposal) byName(target string) *Line {
	fields := p.fieldsFor(target)
	switch {
	case len(fields) == 0:
		return nil
	case target == "phone_number": // mobile before others
		fields = fields[:min(len(fields), 3)]
	default:
		fields = fields[:1]
	}
	return p.propose(target, fields)
}

func comma(n int) string { return humanize.Comma(int64(n)) }
