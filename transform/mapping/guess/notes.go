package guess

import (
	"fmt"
	"maps"
	"slices"

	"poolprep/validate"
)

// records says how many records of the sample there are.
func records(n int) string {
	if n == 1 {
		return "1 of the first records"
	}
	return comma(n) + " of the first records"
}

// source proposes how the source is written, where that is not found out by itself.
func (p *Proposal) source() {
	if p.sample.NoHeader {
		p.Source = append(p.Source, "header: false")
	}
	if len(p.sample.Nulls) > 0 {
		p.Source = append(p.Source, "nulls: "+list(slices.Sorted(maps.Keys(p.sample.Nulls))))
	}
}

// maxRequired is how many columns a mapping names so that the header is known for one.
const maxRequired = 8

// require names columns of a header that might be taken for data: a mapping that names few
// others would be refused.
func (p *Proposal) require() {
	s := p.sample
	if s.JSON || s.NoHeader {
		return
	}
	var names []string
	for _, c := range s.columns[:s.fields] {
		names = append(names, c.name)
	}
	if _, what := validate.DataInHeader(names, p.pool.Header); what == "" {
		return
	}
	for i, c := range s.columns[:s.fields] {
		if ref := p.ref(i); c.rank == exactName && c.meaning.isHeading() && ref == c.name && len(p.Require) < maxRequired {
			p.Require = append(p.Require, ref)
		}
	}
}

// notes says what concerns the export as a whole.
func (p *Proposal) notes() {
	s := p.sample
	add := func(d Decision, format string, args ...any) {
		p.Notes = append(p.Notes, Note{fmt.Sprintf(format, args...), d})
	}
	switch {
	case s.Records == 0:
		add(NoDecision, "The export has no record that could be looked at: nothing but names speaks for the lines below.")
	case s.DataSeen != "":
		add(NoDecision, "The first record holds %s, so it was taken for data: columns go by their numbers.", s.DataSeen)
	case s.NoHeader:
		add(NoDecision, "The export has no header: columns go by their numbers.")
	case p.strange() && len(s.columns) > 0 && s.JSON:
		add(NoDecision, "Hardly any member has a name that is known, so the names may be data, and are not shown.")
	case p.strange() && len(s.columns) > 0:
		add(NoDecision, "Hardly any name of the header is known, so it may be data: columns go by their numbers.")
	}
	if s.Faulty > 0 {
		add(NoDecision, "%s cannot be read; `convert` says which, and why.", records(s.Faulty))
	}
	if s.Ragged > 0 {
		add(NoDecision, "Too few or too many fields: %s.", records(s.Ragged))
	}
	if s.Foreign > 0 {
		likely := ""
		if s.Charset != "" {
			likely = ", likely " + s.Charset
		}
		add(DecideCharset, "Not UTF-8%s: %s.", likely, records(s.Foreign))
	}
	if len(s.Nulls) > 0 {
		add(NoDecision, "Some values are words that stand for no value; `nulls` has them taken as empty. If one of them is a value, take it out there.")
	}
}
