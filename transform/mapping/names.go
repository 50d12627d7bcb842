package mapping

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"poolprep/validate/schema"
	"poolprep/validate/suggest"
)

// This file knows how the names of source columns are written in a mapping: $name is a
// named value, join.NAME a column of the second file, anything else a column of the source,
// or a path into one.

// names returns the names in the place of source columns that a column is made of, and that
// its steps look at.
func (c *columnSpec) names() []text {
	names := c.origins()
	for _, s := range c.steps {
		names = append(names, s.columns...)
	}
	return names
}

// origins returns the names in the place of source columns that a column is made of.
func (c *columnSpec) origins() []text {
	names := slices.Concat(c.sources, c.username.login, c.username.email, c.username.phone)
	for _, part := range c.template {
		if part.source.value != "" {
			names = append(names, part.source)
		}
	}
	if c.test != nil {
		names = append(names, c.test.names()...)
	}
	return names
}

// rename puts other names in the place of those of source columns.
func (c columnSpec) rename(to func(string) string) columnSpec {
	renamed := func(names []text) (out []text) {
		for _, t := range names {
			out = append(out, text{to(t.value), t.at})
		}
		return out
	}
	c.sources = renamed(c.sources)
	c.username = username{renamed(c.username.login), renamed(c.username.email), renamed(c.username.phone)}
	c.template = slices.Clone(c.template)
	for i := range c.template {
		if name := &c.template[i].source; name.value != "" {
			name.value = to(name.value)
		}
	}
	if c.test != nil {
		test := c.test.rename(to)
		c.test = &test
	}
	c.steps = slices.Clone(c.steps)
	for i := range c.steps {
		c.steps[i].columns = renamed(c.steps[i].columns)
	}
	return c
}

// raw returns the names in the place of source columns of which the JSON is wanted.
func (m *Mapping) raw() (names []text) {
	for i := range m.side {
		if m.side[i].raw() {
			names = append(names, m.side[i].source)
		}
	}
	return names
}

// all returns every other name in the place of a source column; columns are those of the
// mapping.
func (m *Mapping) all(columns []columnSpec) (names []text) {
	for i := range m.values {
		names = append(names, m.values[i].names()...)
	}
	for i := range columns {
		names = append(names, columns[i].names()...)
	}
	for _, rules := range [][]ruleSpec{m.skips, m.rejects} {
		for i := range rules {
			names = append(names, rules[i].when.names()...)
		}
	}
	for i := range m.side {
		if !m.side[i].raw() {
			names = append(names, m.side[i].names()...)
		}
	}
	if m.join != nil {
		names = append(names, m.join.key)
	}
	return append(names, slices.Concat(m.require...)...)
}

// valueName returns the name of the value that a name in the place of a source column
// stands for: $name, if there are values or a column that is not there is no error, for
// then nothing else would find a name that is written wrong.
func (m *Mapping) valueName(name string) (string, bool) {
	if len(m.values) == 0 && !m.optional || len(name) < 2 || name[0] != '$' {
		return "", false
	}
	return name[1:], true
}

// joinedName returns the name of the column of the second file that a name stands for.
func (m *Mapping) joinedName(name string) (string, bool) {
	if m.join == nil {
		return "", false
	}
	return strings.CutPrefix(name, "join.")
}

// checkNames checks what can be said of names before there is a header.
func (r *reader) checkNames(m *Mapping) {
	var known []string
	check := func(names []text) {
		for _, t := range names {
			if name, is := m.valueName(t.value); is && !slices.Contains(known, name) {
				r.failAt(t.at, "%s", noValue(name, known))
			}
		}
	}
	for i := range m.values {
		check(m.values[i].names())
		known = append(known, m.values[i].target.value)
	}
	rest := *m
	rest.values = nil
	rest.optional = m.optional || len(m.values) > 0 // see valueName
	check(rest.all(m.columns))
	check(m.raw())
	for _, c := range m.columns {
		if strings.Contains(c.target.value, "*") && c.target.value != anyCustom {
			r.failAt(c.target.at, "only %q may stand for several columns", anyCustom)
		}
	}
	m.checkAliases(r)
}

func noValue(name string, known []string) string {
	if len(known) == 0 {
		return fmt.Sprintf("there is no value%s: define it in `values:`", suggest.Shown(name))
	}
	return fmt.Sprintf("no value%s is defined above%s", suggest.Shown(name), didYouMean(name, known))
}

// checkAliases reports aliases of what the mapping does not use.
func (m *Mapping) checkAliases(r *reader) {
	if len(m.aliases) == 0 {
		return
	}
	var used []string
	for _, t := range slices.Concat(m.all(m.columns), m.raw()) {
		head, _ := splitPath(t.value)
		used = append(used, t.value, head)
	}
	for _, a := range m.aliases {
		if !slices.Contains(used, a.name.value) {
			r.failAt(a.name.at, "aliases: the mapping uses no source column%s%s", suggest.Shown(a.name.value), suggest.DidYouMean(a.name.value, used))
		}
	}
}

// alternatives returns the names that a source column may have, in their order: its own,
// and its aliases. The first member of a path may have aliases, too.
func (m *Mapping) alternatives(name string) []string {
	out := []string{name}
	head, rest := splitPath(name)
	for _, a := range m.aliases {
		switch {
		case a.name.value == name:
			out = append(out, a.others...)
		case a.name.value == head && rest != "":
			for _, other := range a.others {
				out = append(out, other+rest)
			}
		}
	}
	return out
}

// splitPath splits a name into the column or member that a path begins with, and the rest
// of the path; the rest is "" where the name is no path.
func splitPath(name string) (head, rest string) {
	if strings.HasPrefix(name, `["`) {
		if end := strings.Index(name, `"]`); end > 0 {
			return name[2:end], name[end+2:]
		}
		return name, ""
	}
	i := strings.IndexAny(name, ".[")
	if i <= 0 || i+1 == len(name) || name[i-1] == ' ' || name[i+1] == ' ' {
		return name, ""
	}
	return name[:i], name[i:]
}

// lastStar returns the offset of the last * of a name that stands for a part of it, not for
// all elements of a list; -1: there is none.
func lastStar(name string) int {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '*' && !(i > 0 && name[i-1] == '[' && i+1 < len(name) && name[i+1] == ']') {
			return i
		}
	}
	return -1
}

// withStar returns a name with another in the place of its last *. Where that is all of a
// part of a path, a name that would be a path by itself is written as one part.
func withStar(name, by string) string {
	i := lastStar(name)
	if i < 0 || strings.HasPrefix(name, "$") {
		return name
	}
	if i > 0 && name[i-1] == '.' && strings.ContainsAny(by, `.[]"*=`) {
		return name[:i-1] + `["` + by + `"]` + name[i+1:]
	}
	return name[:i] + by + name[i+1:]
}

// looseName is the spelling in which loose names are compared: letters and digits without
// case, and without what is in brackets at the end. Of a path its punctuation counts.
func looseName(name string, path bool) string {
	if !path {
		for {
			trimmed := strings.TrimRight(name, " \t\u00a0*:")
			open := strings.LastIndexByte(trimmed, '[')
			if open <= 0 || !strings.HasSuffix(trimmed, "]") {
				break
			}
			name = trimmed[:open]
		}
	}
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r), path && strings.ContainsRune(`.[]"*=`, r):
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	if plain == "" { // nothing but punctuation
		return schema.PlainName(name)
	}
	return plain
}

// header finds source columns by name.
type header struct {
	names []string
	loose bool
	exact columnPlaces
	alike [2]columnPlaces // by looseName, not of a path and of a path; nil: not yet asked for
}

// find returns the field, from 0, with a name; -1: there is none. Two that fit equally
// well are an error.
func (h *header) find(name string) (int, error) {
	if at, there := h.exact[name]; there {
		return h.one(at, name)
	}
	if n := fieldNumber(name); n > 0 && n <= len(h.names) {
		return n - 1, nil
	}
	if !h.loose {
		return -1, nil
	}
	_, rest := splitPath(name)
	kind := 0
	if rest != "" {
		kind = 1
	}
	if h.alike[kind] == nil {
		h.alike[kind] = placesByName(h.names, func(name string) string { return looseName(name, kind == 1) })
	}
	at, there := h.alike[kind][looseName(name, kind == 1)]
	if !there {
		return -1, nil
	}
	return h.one(at, name)
}

// one returns the only one of the places of a name.
func (h *header) one(at places, name string) (int, error) {
	if at.second < 0 {
		return at.first, nil
	}
	first, second := h.names[at.first], h.names[at.second]
	if first == second {
		return -1, fmt.Errorf("the source has two columns %q: say which one by its number, %d or %d", suggest.Short(first), at.first+1, at.second+1)
	}
	return -1, fmt.Errorf("two source columns fit %q: %q (field %d) and %q (field %d); say which one by its number", suggest.Short(name),
		suggest.Short(first), at.first+1, suggest.Short(second), at.second+1)
}

// like returns the first field whose name begins and ends as name does before and after
// its only *; -1: there is none.
func (h *header) like(name string) int {
	before, after, found := strings.Cut(name, "*")
	if !found || before == "" && after == "" || strings.Contains(after, "*") {
		return -1
	}
	return slices.IndexFunc(h.names, func(n string) bool {
		if len(n) <= len(before)+len(after) {
			return false
		}
		start, end := n[:len(before)], n[len(n)-len(after):]
		return start == before && end == after || h.loose && strings.EqualFold(start, before) && strings.EqualFold(end, after)
	})
}
