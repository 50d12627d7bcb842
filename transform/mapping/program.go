package mapping

import (
	"fmt"
	"slices"

	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/suggest"
)

// Program is a mapping compiled for a header. It is immutable and safe for
// concurrent use; each goroutine has a State.
type Program struct {
	source     []string
	used       []bool // by source column
	entered    map[int]bool
	values     []target
	targets    []target
	direct     []int // for each target the field that it is, -1: another value or none
	made       []int // targets with a value that is no field
	assumed    []assumed
	identity   bool // a row is the record as it is, field for field
	skips      []skip
	rejects    []reject
	looked     []int // places that those conditions of skips and rejects look at that are more than a test of one value
	sides      []side
	matches    []Match
	cells      []cell
	hashSource int
	region     string // see Options.DefaultRegion

	join       JoinTable // nil: there is none
	joinKey    int       // the place of the key
	joinPrefix []byte
	joined     int // columns of the second file; 0: they are not used
}

// target is a column of the import file, or a value that others are made of. Places are
// those of record.at.
type target struct {
	mapped   bool
	direct   bool // one source field as it is
	kind     valueKind
	sources  []int // places that it is made of, for valueTest those that it looks at
	fields   []int // source fields that it is made of in the end
	constant []byte
	with     []byte
	template []compiledPart
	test     condition
	plain    func([]byte) bool // instead of test, where that asks of one value only, which is there
	path     *row.Path
	name     string // of path
	cell     int    // of path: the cell that it goes into with others, from 1; 0: none
	inCell   int    // which path of the cell it is, from 0
	raw      bool   // what is there is wanted as JSON
	column   int    // valueJoined
	steps    []stepSpec
	looks    [][]int // for each step the places of the columns that it looks at
	soft     bool    // a value that cannot be made is left out, with a warning
	blame    int     // of a value: the target that its failures are said of, -1: none
}

type compiledPart struct {
	literal []byte
	source  int // absent: literal
}

type skip struct {
	ruleCondition
	reason string
}

type reject struct {
	ruleCondition
	code   rule.Code
	reason string
}

// ruleCondition is the condition of a skip or reject rule.
type ruleCondition struct {
	holds condition
	test  func(value []byte) bool // of the value at place; nil: it is more than that
	place int
}

// assumed is a flag that is TRUE where it is empty and the address is not.
type assumed struct{ address, flag int }

// record is a record with the values that were made of it so far. It is for one goroutine.
type record struct {
	buf    []byte
	fields []scan.Span
	values []scan.Span // of the program's values, without white space around them
}

// at returns what is at a place, without the white space around it: a field of the record,
// from 0; behind them, a value; nothing where it is absent.
func (r *record) at(place int) []byte {
	switch {
	case place < 0:
		return nil
	case place < len(r.fields):
		return trimmedField(r.buf, r.fields[place])
	}
	return r.values[place-len(r.fields)].Of(r.buf)
}

// Match says for a person where a column of the import file comes from.
type Match struct {
	Target int // index of the column, from 0
	Source string
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

// Entered reports whether a path of the mapping goes into field i, from 0, of JSON records,
// which may go nowhere itself.
func (p *Program) Entered(i int) bool { return p.entered[i] }

// SourceColumn returns the one source column, from 0, from which the value of
// target column i comes, -1 if there are several or none.
func (p *Program) SourceColumn(i int) int {
	if t := &p.targets[i]; t.mapped && len(t.fields) == 1 {
		return t.fields[0]
	}
	return -1
}

// Direct reports whether target column i is a source field as it is.
func (p *Program) Direct(i int) bool { return p.targets[i].direct }

// SourceNames returns for a person which source columns fill target column i, "" if
// none does or the only one has the same name.
func (p *Program) SourceNames(i int, target string) string {
	var names []string
	for _, f := range p.targets[i].fields {
		if len(p.values) == 0 && p.targets[i].kind != valueTest || !slices.Contains(names, p.source[f]) {
			names = append(names, p.source[f])
		}
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
	for _, t := range slices.Concat(p.targets, p.values) {
		if foreign(t.constant) || foreign(t.with) || slices.ContainsFunc(t.template, func(p compiledPart) bool { return foreign(p.literal) }) ||
			slices.ContainsFunc(t.steps, func(s stepSpec) bool { return s.foreign }) || t.kind == valuePath || t.kind == valueJoined {
			return false
		}
	}
	return true
}

// Skips returns how many skip rules there are.
func (p *Program) Skips() int { return len(p.skips) }

// Runs reports whether there is something to do for a record: values to make, or rules to
// apply to it.
func (p *Program) Runs() bool {
	return len(p.made) > 0 || len(p.values) > 0 || len(p.skips) > 0 || len(p.rejects) > 0 || len(p.sides) > 0
}

// HashField returns the field, from 0, of a password hash that the mapping would take and
// the import file has no column for; -1: none.
func (p *Program) HashField() int { return p.hashSource }

// Soft reports whether a value of target column i that cannot be made, or is refused, is
// to be left out.
func (p *Program) Soft(i int) bool { return p.targets[i].soft }

// Sources returns the fields, from 0, that the value of target column i may come from. It
// is not to be changed.
func (p *Program) Sources(i int) []int { return p.targets[i].fields }

// Uses reports whether the mapping names field i, from 0.
func (p *Program) Uses(i int) bool { return p.used[i] }

// Constant returns the value of target column i if it is the same in every row.
func (p *Program) Constant(i int) (value string, ok bool) {
	t := &p.targets[i]
	return string(t.constant), t.mapped && t.kind == valueConstant && len(t.steps) == 0
}

// SkipReason returns the reason of skip rule i.
func (p *Program) SkipReason(i int) string { return p.skips[i].reason }

// finish settles what follows from the values and targets.
func (p *Program) finish() {
	p.findCells()
	for i := range p.values {
		p.values[i].fields = p.fieldsOf(&p.values[i])
		p.values[i].blame = -1
	}
	for i := range p.targets {
		t := &p.targets[i]
		t.fields = p.fieldsOf(t)
		p.direct = append(p.direct, -1)
		switch {
		case t.direct:
			p.direct[i] = t.sources[0]
		case t.mapped:
			p.made = append(p.made, i)
		}
	}
	p.blame()
	p.identity = len(p.direct) == len(p.source) && !p.Runs()
	for i, f := range p.direct {
		p.identity = p.identity && f == i
	}
	slices.SortFunc(p.matches, func(a, b Match) int { return a.Target - b.Target })
}

// fieldsOf returns the source fields that a value is made of in the end. Those of the
// values before it are known.
func (p *Program) fieldsOf(t *target) (fields []int) {
	for _, place := range t.sources {
		if v := place - len(p.source); v >= 0 {
			fields = append(fields, p.values[v].fields...)
		} else if place != absent {
			fields = append(fields, place)
		}
	}
	return fields
}

// blame settles of which target the failures of each value are said: of that which is the
// value, or else of the first that it is a part of.
func (p *Program) blame() {
	for v := len(p.values) - 1; v >= 0; v-- {
		place, t := len(p.source)+v, &p.values[v]
		uses := func(by *target) bool {
			return slices.Contains(by.sources, place) || slices.Contains(slices.Concat(by.looks...), place)
		}
		t.blame = slices.IndexFunc(p.targets, func(by target) bool { return uses(&by) && by.kind == valueFirst && len(by.sources) == 1 })
		if t.blame < 0 {
			t.blame = slices.IndexFunc(p.targets, func(by target) bool { return uses(&by) })
		}
		for w := v + 1; w < len(p.values) && t.blame < 0; w++ {
			if uses(&p.values[w]) {
				t.blame = p.values[w].blame
			}
		}
		t.soft = t.soft || t.blame >= 0 && p.targets[t.blame].soft
	}
}

// describe says for a person where the value comes from.
func (c *columnSpec) describe() string {
	var names, steps []string
	for _, s := range c.origins() {
		if !slices.Contains(names, s.value) || c.kind == valueJoin {
			names = append(names, s.value)
		}
	}
	out := suggest.Joined(names, ", else ")
	switch c.kind {
	case valueConstant:
		out = fmt.Sprintf("constant %q", suggest.Short(c.constant))
	case valueJoin:
		out = suggest.Joined(names, " + ")
	case valueTemplate:
		out = "template"
	case valueTest:
		out = "test of " + suggest.Joined(names, ", ")
	}
	for _, s := range c.steps {
		steps = append(steps, s.name)
	}
	if len(steps) > 0 {
		out += " | " + suggest.Joined(steps, " | ")
	}
	return out
}
