package mapping

import (
	"errors"
	"fmt"
	"slices"

	"poolprep/validate"
	"poolprep/validate/row"
	"poolprep/validate/suggest"
)

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
		switch {
		case err != nil && len(found) == 0:
			return absent, err
		case err != nil: // several members fit an alias, and one has the name itself
			continue
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
func (r *resolver) condition(c *conditionSpec) ruleCondition {
	var places []int
	out := ruleCondition{holds: c.compile(func(t text) int {
		i := r.resolve(t)
		places = append(places, i)
		return i
	})}
	if _, out.test = c.plain(); out.test != nil {
		out.place = places[0]
		return out
	}
	r.p.looked = append(r.p.looked, slices.DeleteFunc(places, func(i int) bool { return i == absent })...)
	return out
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
			if at < 0 { // Parse has said so
				continue
			}
			if i := r.hashSource(r.m.values[at].names()); i >= 0 {
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
