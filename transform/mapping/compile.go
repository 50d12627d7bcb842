package mapping

import (
	"fmt"
	"slices"
	"strings"

	"poolprep/validate/judge"
	"poolprep/validate/row"
	"poolprep/validate/schema"
	"poolprep/validate/suggest"
	"poolprep/validate/value"
)

// Options say what a mapping is compiled for. The zero value is the embedded default pool,
// without password hashes.
type Options struct {
	Pool         *schema.Pool        // nil: the embedded default pool
	PasswordHash value.HashAlgorithm // of password_hash; HashNone: there is no such column
	Columns      []string            // of the import file; nil: judge.TargetColumns
	// DefaultRegion is the region (ISO 3166, two letters) of phone numbers that are written
	// without one, where neither the mapping nor the record says it; "": none.
	DefaultRegion string
	// AssumeVerified are the addresses, email and phone_number, that count as verified where
	// they are there and the source says nothing of it.
	AssumeVerified []string
	// JSON says that the records are JSON objects: their fields are what Sources asks for, and
	// a name is a path. A member that is not there is empty, and no error.
	JSON bool
	// Seen reports whether one of the first JSON records has the member; nil: it is not known.
	Seen func(member string) bool
	Join JoinTable // the second file; nil: there is none, so its columns are not there
}

func (o *Options) pool() *schema.Pool {
	if o.Pool == nil {
		return schema.Default()
	}
	return o.Pool
}

// columns returns the columns of the import file.
func (o *Options) columns() []string {
	if o.Columns == nil {
		return judge.TargetColumns(o.pool(), o.PasswordHash)
	}
	return o.Columns
}

// expand returns the columns, with an entry for each custom attribute in the place of the
// one that stands for all.
func (m *Mapping) expand(columns []string) (out []columnSpec) {
	for _, c := range m.columns {
		if c.target.value != anyCustom {
			out = append(out, c)
			continue
		}
		for _, name := range columns {
			attribute, custom := strings.CutPrefix(name, "custom:")
			if !custom || slices.ContainsFunc(m.columns, func(c columnSpec) bool { return c.target.value == name }) {
				continue
			}
			one := c.rename(func(name string) string { return withStar(name, attribute) })
			one.target.value = name
			out = append(out, one)
		}
	}
	return out
}

// noTargetError returns what is wrong with a target that the pool does not have; nil: it may
// be left out.
func (m *Mapping) noTargetError(name string, columns []string) error {
	known := strings.HasPrefix(name, "custom:") || name == schema.HashColumn || slices.Contains(schema.Default().Header, name)
	if m.optional && known {
		return nil
	}
	return noTarget(name, columns)
}

// CheckTargets reports the target columns that the pool does not have, where
// no source header is known yet.
func (m *Mapping) CheckTargets(columns []string) error {
	var errs errorList
	for _, c := range m.columns {
		if c.target.value == anyCustom || slices.Contains(columns, c.target.value) {
			continue
		}
		if err := m.noTargetError(c.target.value, columns); err != nil {
			errs.add(m.errorAt(c.target.at, err))
		}
	}
	return errs.join()
}

func noTarget(name string, columns []string) error {
	if shown := suggest.Shown(name); shown != "" {
		return fmt.Errorf("the pool has no column%s%s", shown, didYouMean(name, columns))
	}
	return fmt.Errorf("the pool has no column that is called so%s", didYouMean(name, columns))
}

// Sources returns the names of the source columns that the mapping uses: those that are
// numbers, paths and aliases, too; of JSON records the fields that they must have.
func (m *Mapping) Sources(o Options) (names []string) {
	seen := make(map[string]bool)
	add := func(used []text, spelling func(string) string) {
		for _, t := range used {
			_, isValue := m.valueName(t.value)
			_, isJoined := m.joinedName(t.value)
			if isValue || isJoined {
				continue
			}
			for _, name := range m.alternatives(t.value) {
				if name = spelling(name); !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
	}
	add(m.all(m.expand(o.columns())), asWritten)
	if o.JSON {
		add(m.raw(), row.Raw)
	} else {
		add(m.raw(), asWritten)
	}
	return names
}

// HighestField returns the highest number, from 1, that the mapping names a source
// column by; 0 if it names none.
func (m *Mapping) HighestField() int {
	highest := 0
	for _, name := range m.Sources(Options{}) {
		highest = max(highest, fieldNumber(name))
	}
	return highest
}

// Compile resolves the names of a mapping for records with the fields source. The error
// lists every one that cannot be resolved, with its place in the file.
func (m *Mapping) Compile(source []string, o Options) (*Program, error) {
	columns := o.columns()
	p := &Program{source: source, used: make([]bool, len(source)), targets: make([]target, len(columns)), hashSource: -1, join: o.Join, region: Region(o.DefaultRegion)}
	r := &resolver{
		m: m, o: &o, p: p, header: header{names: source, loose: m.loose, exact: placesByName(source, asWritten)},
		named: make(map[string]int), derived: make(map[string]int),
	}
	if o.DefaultRegion != "" && p.region == "" {
		r.errs.add(fmt.Errorf("no country that has phone numbers is called %q: expected is a code such as US or an English name", suggest.Short(o.DefaultRegion)))
	}
	for _, c := range m.expand(columns) {
		i := slices.Index(columns, c.target.value)
		if i < 0 {
			if err := m.noTargetError(c.target.value, columns); err != nil {
				r.fail(c.target.at, err)
			} else if c.target.value == schema.HashColumn {
				p.hashSource = r.hashSource(c.names())
			}
			continue
		}
		if p.targets[i] = r.value(&c); p.targets[i].mapped {
			p.matches = append(p.matches, Match{i, c.describe()})
		}
	}
	r.assume(columns)
	for i := range m.skips {
		p.skips = append(p.skips, skip{r.condition(&m.skips[i].when), m.skips[i].reason})
	}
	for i := range m.rejects {
		p.rejects = append(p.rejects, reject{r.condition(&m.rejects[i].when), m.rejects[i].code, m.rejects[i].reason})
	}
	for i := range m.side {
		p.sides = append(p.sides, r.side(&m.side[i]))
	}
	for _, names := range m.require {
		r.require(names)
	}
	if o.JSON {
		r.enter()
	}
	p.finish()
	return p, r.errs.join()
}

// enter notes the members that paths go into.
func (r *resolver) enter() {
	r.p.entered = make(map[int]bool)
	for _, name := range r.m.Sources(Options{Pool: r.o.Pool, PasswordHash: r.o.PasswordHash, Columns: r.o.Columns}) {
		if head, rest := splitPath(name); rest != "" {
			if at, there := r.header.exact[head]; there {
				r.p.entered[at.first] = true
			}
		}
	}
	for _, t := range r.m.raw() {
		if at, there := r.header.exact[t.value]; there {
			r.p.entered[at.first] = true
		}
	}
}

// value compiles what a column or a named value is made of.
func (r *resolver) value(c *columnSpec) target {
	t := target{mapped: true, kind: c.kind, constant: []byte(c.constant), with: []byte(c.with), steps: c.steps, soft: c.soft}
	before := r.any
	r.any = r.any || c.any
	defer func() { r.any = before }()
	named := false // it is made of columns
	note := func(name text) int {
		named = true
		i := r.resolve(name)
		if i != absent {
			t.sources = append(t.sources, i)
		}
		return i
	}
	for _, name := range r.sources(c) {
		note(name)
	}
	for _, s := range c.steps {
		var places []int
		for _, name := range s.columns {
			places = append(places, r.resolve(name))
		}
		t.looks = append(t.looks, places)
	}
	for _, part := range c.template {
		compiled := compiledPart{literal: []byte(part.literal), source: absent}
		if part.source.value != "" {
			if compiled.source = note(part.source); compiled.source == absent {
				continue
			}
		}
		t.template = append(t.template, compiled)
	}
	if c.test != nil {
		t.test = c.test.compile(note)
		if _, plain := c.test.plain(); len(t.sources) > 0 {
			t.plain = plain
		}
	}
	if t.kind == valueUsername {
		t.kind, named = valueFirst, true
	}
	if named && len(t.sources) == 0 {
		if !slices.ContainsFunc(t.steps, func(s stepSpec) bool { return s.takesEmpty() }) {
			return target{}
		}
		t.kind, t.template, t.test, t.plain = valueNone, nil, nil, nil
	}
	t.direct = t.kind == valueFirst && len(t.sources) == 1 && len(t.steps) == 0 && t.sources[0] < len(r.p.source)
	return t
}

// sources returns the columns of which the first that is not empty is the value, or all.
func (r *resolver) sources(c *columnSpec) []text {
	if c.kind != valueUsername {
		return c.sources
	}
	u := &c.username
	taken := r.o.pool().UsernameAttributes
	if len(taken) == 0 {
		return slices.Concat(u.login, u.email, u.phone)
	}
	var out []text
	if slices.Contains(taken, "email") {
		out = append(out, u.email...)
	}
	if slices.Contains(taken, "phone_number") {
		out = append(out, u.phone...)
	}
	return out
}

// assume takes addresses as verified of which the source does not say it.
func (r *resolver) assume(columns []string) {
	for _, name := range r.o.AssumeVerified {
		address, flag := slices.Index(columns, name), slices.Index(columns, name+"_verified")
		switch {
		case name != "email" && name != "phone_number":
			r.errs.add(fmt.Errorf("no address is called %q: email or phone_number is expected", suggest.Short(name)))
		case address >= 0 && flag >= 0 && r.p.targets[address].mapped:
			t := &r.p.targets[flag]
			if !t.mapped {
				*t = target{mapped: true, kind: valueNone}
				r.p.matches = append(r.p.matches, Match{flag, "TRUE where " + name + " is filled"})
			}
			t.direct = false
			r.p.assumed = append(r.p.assumed, assumed{address: address, flag: flag})
		}
	}
}
