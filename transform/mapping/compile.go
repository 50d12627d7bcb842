package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"poolprep/validate"
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

// resolver finds what the names of a mapping stand for, and compiles the values that
// are needed for it.
type resolver struct {
	m       *Mapping
	o       *Options
	p       *Program
	header  header
	errs    errorList
	any     bool           // the columns at hand need not be there
	raw     bool           // they are wanted as JSON
	fits    *bool          // one of the mapping's names is in the header; nil: not yet known
	named   map[string]int // values by name
	derived map[string]int // values that nobody named, by what they are
	joined  []int          // places of the columns of the second file; nil: not yet asked for
	joining bool           // the key of the second file is being compiled
}

func (r *resolver) fail(at position, err error) { r.errs.add(r.m.errorAt(at, err)) }

// absent is the place of a column that is not there. Its values are empty.
const absent = -1

// resolve returns the place of a source column or a value in a record, see record.at.
func (r *resolver) resolve(t text) int {
	if name, is := r.m.valueName(t.value); is {
		return r.namedValue(name)
	}
	if name, is := r.m.joinedName(t.value); is {
		return r.second(t, name)
	}
	i, err := r.column(t.value)
	switch {
	case err != nil:
		r.fail(t.at, err)
		return absent
	case i == absent && !r.any && !r.m.optional:
		r.fail(t.at, r.missing(t.value))
	}
	return i
}

// resolveRaw returns the place of what a source column holds as JSON: text that is none is
// what resolve gives.
func (r *resolver) resolveRaw(t text) int {
	_, isValue := r.m.valueName(t.value)
	_, isJoined := r.m.joinedName(t.value)
	if isValue || isJoined {
		return r.resolve(t)
	}
	r.raw = true
	defer func() { r.raw = false }()
	return r.resolve(t)
}

// column returns the place of a source column by one of its names.
func (r *resolver) column(name string) (int, error) {
	var found []int
	for _, name := range r.m.alternatives(name) {
		i, err := absent, error(nil)
		if r.raw && r.o.JSON {
			i, err = r.lookup(row.Raw(name))
		}
		if i == absent && err == nil { // a record has no JSON apart from its fields
			i, err = r.lookup(name)
		}
		if err != nil {
			return absent, err
		}
		if i != absent && !slices.Contains(found, i) {
			if found = append(found, i); !r.o.JSON {
				break
			}
		}
	}
	switch len(found) {
	case 0:
		return absent, nil
	case 1:
		return found[0], nil
	}
	// Each record of JSON may have another of the names.
	return r.derive("first of "+fmt.Sprint(found), target{mapped: true, kind: valueFirst, sources: found}), nil
}

// lookup returns the place of a source column that is called so, or of a path into one.
func (r *resolver) lookup(name string) (int, error) {
	i, err := r.header.find(name)
	if err != nil || i >= 0 {
		return r.use(i), err
	}
	if r.o.JSON {
		return absent, nil
	}
	if i := r.header.like(name); i >= 0 {
		return r.use(i), nil
	}
	path, err := row.ParsePath(name)
	if err != nil || path.Plain() {
		return absent, nil // a name with odd characters
	}
	if i, err = r.header.find(path.Head()); err != nil || i < 0 {
		return absent, err
	}
	r.use(i)
	return r.derive(fmt.Sprint("path ", i, name, r.raw), target{mapped: true, kind: valuePath, sources: []int{i}, path: path, name: name, raw: r.raw}), nil
}

// use notes that a field is used.
func (r *resolver) use(i int) int {
	if i < 0 {
		return absent
	}
	r.p.used[i] = true
	return i
}

// derive returns the place of a value that nobody named, made as t says.
func (r *resolver) derive(key string, t target) int {
	i, there := r.derived[key]
	if !there {
		i = r.append(t)
		r.derived[key] = i
	}
	return i
}

// append adds a value to the program, and returns its place.
func (r *resolver) append(t target) int {
	r.p.values = append(r.p.values, t)
	return len(r.p.source) + len(r.p.values) - 1
}

// strange reports whether not one name fits: the header may be none then, so nothing of it
// is printed.
func (r *resolver) strange() bool {
	if r.fits == nil {
		fits := slices.ContainsFunc(r.m.Sources(*r.o), func(name string) bool { i, err := r.header.find(name); return i >= 0 || err != nil })
		r.fits = &fits
	}
	return !*r.fits
}

// missing returns the error for a source column that is not there.
func (r *resolver) missing(name string) error {
	suggestions := r.header.names
	strange := r.strange()
	if r.errs.full() || strange {
		suggestions = nil // nobody will read it
	}
	err := fmt.Errorf("the source has no column %q%s", suggest.Short(name), didYouMeanColumn(name, suggestions))
	if validate.IsValueLike(name) { // it is not shown
		err = fmt.Errorf("the source has no column that is called so%s", didYouMeanColumn(name, suggestions))
	}
	if strange {
		err = fmt.Errorf("%w; none of its %d columns is called as the mapping says", err, len(r.header.names))
	}
	return err
}

// namedValue returns the place of a named value, which is compiled when it is first used.
func (r *resolver) namedValue(name string) int {
	if i, there := r.named[name]; there {
		return i
	}
	at := slices.IndexFunc(r.m.values, func(c columnSpec) bool { return c.target.value == name })
	if at < 0 { // Parse has said so
		return absent
	}
	any := r.any
	r.any = false
	t := r.value(&r.m.values[at])
	r.any = any
	place := absent
	switch {
	case t.direct:
		place = t.sources[0]
	case t.mapped:
		place = r.append(t)
	}
	r.named[name] = place
	return place
}

// errJoinKey says that nobody can look up what is needed to look it up.
var errJoinKey = errors.New("join: the key is made of columns of the second file, which are found by the key")

// second returns the place of a column of the second file.
func (r *resolver) second(t text, name string) int {
	switch {
	case r.joining:
		r.fail(t.at, errJoinKey)
		return absent
	case r.o.Join == nil:
		if !r.any && !r.m.optional {
			r.fail(t.at, &NoJoinError{Column: t.value})
		}
		return absent
	}
	j := r.m.Join(*r.o)
	if r.joined == nil {
		any := r.any
		r.joining, r.any = true, false
		key := r.resolve(r.m.join.key)
		r.joining, r.any = false, any
		r.p.joinKey, r.p.joinPrefix, r.p.joined = key, []byte(j.StripPrefix), len(j.Columns)
		r.joined = make([]int, len(j.Columns))
		for k := range j.Columns {
			r.joined[k] = r.append(target{mapped: true, kind: valueJoined, sources: []int{key}, column: k})
		}
	}
	return r.joined[slices.Index(j.Columns, name)]
}

// condition compiles a condition of a rule.
func (r *resolver) condition(c *conditionSpec) condition {
	return c.compile(func(t text) int {
		i := r.resolve(t)
		if i != absent {
			r.p.looked = append(r.p.looked, i)
		}
		return i
	})
}

// require checks that one of the names is there.
func (r *resolver) require(names []text) {
	for _, t := range names {
		i, err := r.column(t.value)
		if err != nil {
			r.fail(t.at, err)
			return
		}
		if i != absent && r.seen(t.value) {
			return
		}
	}
	switch {
	case len(names) > 1:
		var shown []string
		for _, t := range names {
			shown = append(shown, t.value)
		}
		r.fail(names[0].at, fmt.Errorf("the source has none of the columns %s, of which the mapping requires one", suggest.List(shown)))
	case r.o.JSON:
		r.fail(names[0].at, fmt.Errorf("none of the first records has the member %q, which the mapping requires", suggest.Short(names[0].value)))
	default:
		r.fail(names[0].at, r.missing(names[0].value))
	}
}

// seen reports whether a column that was found is there. JSON has no header: of a mapping
// of which all is optional, the first records must have a member that is required.
func (r *resolver) seen(name string) bool {
	if !r.o.JSON || !r.m.optional || r.o.Seen == nil {
		return true
	}
	return slices.ContainsFunc(r.m.alternatives(name), func(name string) bool {
		head, _ := splitPath(name)
		return r.o.Seen(name) || r.o.Seen(head)
	})
}

// hashSource returns the first field, from 0, of which a password hash would be made that
// is left out; -1: none.
func (r *resolver) hashSource(names []text) int {
	for _, t := range names {
		if name, is := r.m.valueName(t.value); is {
			at := slices.IndexFunc(r.m.values, func(c columnSpec) bool { return c.target.value == name })
			if i := r.hashSource(r.m.values[max(at, 0)].names()); at >= 0 && i >= 0 {
				return i
			}
			continue
		}
		for _, name := range r.m.alternatives(t.value) {
			head, _ := splitPath(name)
			for _, name := range []string{name, head} {
				if i, err := r.header.find(name); err == nil && i >= 0 {
					return r.use(i)
				}
			}
		}
	}
	return -1
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
	}
	if t.kind == valueUsername {
		t.kind, named = valueFirst, true
	}
	if named && len(t.sources) == 0 {
		if !slices.ContainsFunc(t.steps, func(s stepSpec) bool { return s.takesEmpty() }) {
			return target{}
		}
		t.kind, t.template, t.test = valueNone, nil, nil
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
