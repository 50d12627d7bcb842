package mapping

import (
	"fmt"
	"slices"

	"poolprep/validate/scan"
	"poolprep/validate/suggest"
	"poolprep/validate/value"
)

// Program is a mapping compiled for a header. It is immutable and safe for
// concurrent use; each goroutine has a State.
type Program struct {
	source     []string
	used       []bool // by source column
	targets    []target
	direct     []int // for each target the field that it is, -1: another value or none
	made       []int // targets with a value that is no field
	identity   bool  // a row is the record as it is, field for field
	skips      []skip
	skipFields []int // that the conditions of skips look at
	matches    []Match
}

// target is a column of the import file.
type target struct {
	mapped   bool
	direct   bool // one source field as it is
	kind     valueKind
	sources  []int
	constant []byte
	with     []byte
	template []compiledPart
	steps    []stepSpec
}

type compiledPart struct {
	literal []byte
	source  int // -1: literal
}

type skip struct {
	holds  condition
	reason string
}

// condition tests the fields of a record.
type condition func(buf []byte, fields []scan.Span) bool

// Match says for a person where a column of the import file comes from.
type Match struct {
	Target int // index of the column, from 0
	Source string
}

// Compile resolves the names of a mapping. The error lists every one that
// cannot be resolved, with its place in the file.
func (m *Mapping) Compile(source, columns []string) (*Program, error) {
	p := &Program{source: source, used: make([]bool, len(source)), targets: make([]target, len(columns))}
	var errs errorList
	fail := func(at position, err error) { errs.add(m.errorAt(at, err)) }
	byName := placesByName(source, asWritten)
	// Where not one name fits, the header may be none, so nothing of it is printed.
	strange := !slices.ContainsFunc(m.Sources(), func(name string) bool { _, fits := byName[name]; return fits })
	resolve := func(t text) int {
		suggestions := source
		if errs.full() || strange {
			suggestions = nil // nobody will read it
		}
		i, err := byName.only(t.value, suggestions)
		if err != nil {
			if strange {
				err = fmt.Errorf("%w; none of its %d columns is called as the mapping says", err, len(source))
			}
			fail(t.at, err)
			return 0
		}
		p.used[i] = true
		return i
	}
	for _, c := range m.columns {
		i := slices.Index(columns, c.target.value)
		if i < 0 {
			fail(c.target.at, noTarget(c.target.value, columns))
			continue
		}
		p.targets[i] = c.compile(resolve)
		p.matches = append(p.matches, Match{i, c.describe()})
	}
	for _, s := range m.skips {
		holds := s.when.compile(func(t text) int {
			i := resolve(t)
			p.skipFields = append(p.skipFields, i)
			return i
		})
		p.skips = append(p.skips, skip{holds, s.reason})
	}
	for _, t := range m.require {
		resolve(t)
	}
	for i := range p.targets {
		t := &p.targets[i]
		p.direct = append(p.direct, -1)
		switch {
		case t.direct:
			p.direct[i] = t.sources[0]
		case t.mapped:
			p.made = append(p.made, i)
		}
	}
	p.identity = len(p.direct) == len(source) && len(p.skips) == 0
	for i, f := range p.direct {
		p.identity = p.identity && f == i
	}
	slices.SortFunc(p.matches, func(a, b Match) int { return a.Target - b.Target })
	return p, errs.join()
}

// Sources returns the names of the source columns that the mapping uses, those that
// are numbers too.
func (m *Mapping) Sources() []string {
	var names []string
	note := func(t text) int {
		names = append(names, t.value)
		return 0
	}
	for _, c := range m.columns {
		c.compile(note)
	}
	for _, s := range m.skips {
		s.when.compile(note)
	}
	for _, t := range m.require {
		note(t)
	}
	return names
}

// HighestField returns the highest number, from 1, that the mapping names a source
// column by; 0 if it names none.
func (m *Mapping) HighestField() int {
	highest := 0
	for _, name := range m.Sources() {
		highest = max(highest, fieldNumber(name))
	}
	return highest
}

// CheckTargets reports the target columns that the pool does not have, where
// no source header is known yet.
func (m *Mapping) CheckTargets(columns []string) error {
	var errs errorList
	for _, c := range m.columns {
		if !slices.Contains(columns, c.target.value) {
			errs.add(m.errorAt(c.target.at, noTarget(c.target.value, columns)))
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

func (c *columnSpec) compile(resolve func(text) int) target {
	t := target{mapped: true, kind: c.kind, constant: []byte(c.constant), with: []byte(c.with), steps: c.steps}
	for _, s := range c.sources {
		t.sources = append(t.sources, resolve(s))
	}
	for _, part := range c.template {
		compiled := compiledPart{literal: []byte(part.literal), source: -1}
		if part.source.value != "" {
			compiled.source = resolve(part.source)
			t.sources = append(t.sources, compiled.source)
		}
		t.template = append(t.template, compiled)
	}
	t.direct = c.kind == valueFirst && len(t.sources) == 1 && len(c.steps) == 0
	return t
}

// describe says where the value comes from.
func (c *columnSpec) describe() string {
	var names, steps []string
	for _, s := range c.sources {
		names = append(names, s.value)
	}
	out := suggest.Joined(names, ", else ")
	switch c.kind {
	case valueConstant:
		out = fmt.Sprintf("constant %q", suggest.Short(c.constant))
	case valueJoin:
		out = suggest.Joined(names, " + ")
	case valueTemplate:
		out = "template"
	}
	for _, s := range c.steps {
		steps = append(steps, s.name)
	}
	if len(steps) > 0 {
		out += " | " + suggest.Joined(steps, " | ")
	}
	return out
}

// Columns returns how many target columns there are.
func (p *Program) Columns() int { return len(p.targets) }

// SourceColumns returns how many fields a record has.
func (p *Program) SourceColumns() int { return len(p.source) }

// Matches returns what is filled, in the order of the columns.
func (p *Program) Matches() []Match { return p.matches }

// Unused returns the source columns, from 0, that go nowhere.
func (p *Program) Unused() (out []int) {
	for i, used := range p.used {
		if !used {
			out = append(out, i)
		}
	}
	return out
}

// SourceColumn returns the one source column, from 0, from which the value of
// target column i comes, -1 if there are several or none.
func (p *Program) SourceColumn(i int) int {
	if t := &p.targets[i]; t.mapped && len(t.sources) == 1 {
		return t.sources[0]
	}
	return -1
}

// Direct reports whether target column i is a source field as it is.
func (p *Program) Direct(i int) bool { return p.targets[i].direct }

// SourceNames returns for a person which source columns fill target column i, "" if
// none does or the only one has the same name.
func (p *Program) SourceNames(i int, target string) string {
	var names []string
	for _, s := range p.targets[i].sources {
		names = append(names, p.source[s])
	}
	if len(names) == 1 && names[0] == target {
		return ""
	}
	return suggest.List(names)
}

// Filled reports whether the mapping says anything of target column i.
func (p *Program) Filled(i int) bool { return p.targets[i].mapped }

// Fields returns for each target column the field, from 0, that is its value as it
// stands; -1: another value or none. It is not to be changed.
func (p *Program) Fields() []int { return p.direct }

// Made returns the target columns, in order, whose values the program makes. It is not to
// be changed.
func (p *Program) Made() []int { return p.made }

// Identity reports whether a row is the record as it is, field for field.
func (p *Program) Identity() bool { return p.identity }

// FromFields reports whether the characters beyond ASCII, quotation marks, backslashes and
// control characters in all values are those of the fields they are made of, but for
// letter case.
func (p *Program) FromFields() bool {
	for _, t := range p.targets {
		if foreign(t.constant) || foreign(t.with) || slices.ContainsFunc(t.template, func(p compiledPart) bool { return foreign(p.literal) }) ||
			slices.ContainsFunc(t.steps, func(s stepSpec) bool { return s.foreign }) {
			return false
		}
	}
	return true
}

// Skips returns how many skip rules there are.
func (p *Program) Skips() int { return len(p.skips) }

// Sources returns the fields, from 0, that the value of target column i may come from. It
// is not to be changed.
func (p *Program) Sources(i int) []int { return p.targets[i].sources }

// Uses reports whether the mapping names field i, from 0.
func (p *Program) Uses(i int) bool { return p.used[i] }

// Constant returns the value of target column i if it is the same in every row.
func (p *Program) Constant(i int) (value string, ok bool) {
	t := &p.targets[i]
	return string(t.constant), t.mapped && t.kind == valueConstant && len(t.steps) == 0
}

// SkipReason returns the reason of skip rule i.
func (p *Program) SkipReason(i int) string { return p.skips[i].reason }

// FailureCode says why a value could not be made.
type FailureCode uint8

// The failures: a step cannot be applied to the value; it is not in a table.
const (
	Failed FailureCode = iota
	LookupMiss
)

// Failure is a target column for which a record gives no value. The value is
// empty then.
type Failure struct {
	Target int // index of the column, from 0
	Code   FailureCode
	Text   string // what failed and what was tried; no data
}

// State runs a program in one goroutine.
type State struct {
	p        *Program
	steps    [][]step // by target
	room     [2][]byte
	failures []Failure
}

// NewState returns a state with buffers of its own.
func (p *Program) NewState() *State {
	s := &State{p: p, steps: make([][]step, len(p.targets))}
	for i := range p.targets {
		for _, spec := range p.targets[i].steps {
			s.steps[i] = append(s.steps[i], spec.start(stepOptions{}))
		}
	}
	return s
}

// Row makes the values of a row from the fields of a record, which are decoded
// and lie in buf. It fills out, one span for each target column; values that
// are not fields are appended to buf, which is returned and may have moved.
// skip is -1, or the skip rule that holds, and then there are no values. The
// failures are valid until the next call.
func (s *State) Row(buf []byte, fields, out []scan.Span) (newBuf []byte, skip int, failures []Failure) {
	for i := range s.p.skips {
		if s.p.skips[i].holds(buf, fields) {
			return buf, i, nil
		}
	}
	s.failures = s.failures[:0]
	for i, f := range s.p.direct {
		if f >= 0 {
			out[i] = fields[f]
		} else {
			out[i] = scan.Span{}
		}
	}
	for _, i := range s.p.made {
		start := uint32(len(buf))
		buf = s.value(buf, fields, i, &s.p.targets[i])
		out[i] = scan.Span{Start: start, End: uint32(len(buf))}
	}
	return buf, -1, s.failures
}

// value appends the value of target column i to buf.
func (s *State) value(buf []byte, fields []scan.Span, i int, t *target) []byte {
	if len(t.steps) == 0 {
		out, fits := t.appendOrigin(buf, buf, fields)
		if !fits {
			s.failures = append(s.failures, Failure{i, Failed, tooLong(t.kind.String())})
			return out[:len(buf)]
		}
		return out
	}
	v, fits := t.appendOrigin(s.room[0][:0], buf, fields)
	s.room[0] = v
	if !fits {
		s.failures = append(s.failures, Failure{i, Failed, tooLong(t.kind.String())})
		return buf
	}
	for k, apply := range s.steps[i] {
		name := t.steps[k].name
		if len(v) == 0 && name != "default" && name != "lookup" {
			continue
		}
		next := (k + 1) % 2
		result, outcome := apply(s.room[next][:0], v)
		if outcome == stepDone && len(result) > longestOf(v) {
			outcome = stepTooLong
		}
		if outcome != stepDone {
			code := Failed
			if outcome == stepMissed {
				code = LookupMiss
			}
			s.failures = append(s.failures, Failure{i, code, t.steps[k].failures[outcome]})
			return buf
		}
		s.room[next], v = result, result
	}
	return append(buf, v...)
}

// appendOrigin appends to dst the value before the steps; the fields lie in buf. It
// reports false, and stops, where several parts are longer than maxMade together.
func (t *target) appendOrigin(dst, buf []byte, fields []scan.Span) ([]byte, bool) {
	switch t.kind {
	case valueConstant:
		return append(dst, t.constant...), true
	case valueJoin:
		return t.appendJoin(dst, buf, fields)
	case valueTemplate:
		return t.appendTemplate(dst, buf, fields)
	}
	for _, i := range t.sources {
		if v := trimmedField(buf, fields[i]); len(v) > 0 {
			return append(dst, v...), true
		}
	}
	return dst, true
}

func (t *target) appendJoin(dst, buf []byte, fields []scan.Span) ([]byte, bool) {
	start, first := len(dst), true
	for _, i := range t.sources {
		v := trimmedField(buf, fields[i])
		if len(v) == 0 {
			continue
		}
		if first {
			dst, first = append(dst, v...), false
			continue
		}
		if dst = append(append(dst, t.with...), v...); len(dst)-start > maxMade {
			return dst, false
		}
	}
	return dst, true
}

// appendTemplate appends nothing if every source of the template is empty.
func (t *target) appendTemplate(dst, buf []byte, fields []scan.Span) ([]byte, bool) {
	start, any := len(dst), len(t.sources) == 0
	for k, part := range t.template {
		v := part.literal
		if part.source >= 0 {
			v = trimmedField(buf, fields[part.source])
			any = any || len(v) > 0
		}
		if dst = append(dst, v...); k > 0 && len(dst)-start > maxMade {
			return dst, false
		}
	}
	if !any {
		return dst[:start], true
	}
	return dst, true
}

// trimmedField returns a field without the white space around it.
func trimmedField(buf []byte, s scan.Span) []byte {
	v := s.Of(buf)
	start, end := value.Trim(v)
	return v[start:end]
}
