package mapping

import (
	"regexp"

	"go.yaml.in/yaml/v3"

	"poolprep/validate/scan"
)

// conditionSpec is a condition on a record: a test of one column, or several
// conditions together.
type conditionSpec struct {
	column text
	test   func(value []byte) bool // of the column, white space around it trimmed
	all    []conditionSpec
	any    []conditionSpec
	not    *conditionSpec
}

// condition reads {column: X, in: [...]}, {all: [...]}, {any: [...]} or {not: ...}.
func (r *reader) condition(n *yaml.Node) conditionSpec {
	var c conditionSpec
	ignoreCase, tests, groups := false, 0, 0
	var words []string
	for _, e := range r.entries(n, "condition", "column", "equals", "in", "matches", "empty", "ignore-case", "all", "any", "not") {
		switch e.key.Value {
		case "column":
			c.column = r.text(e.value, "column")
		case "equals":
			tests++
			words = []string{r.scalar(e.value, "equals")}
		case "in":
			tests++
			words = r.words(e.value, "in")
		case "matches":
			tests++
			c.test = r.pattern(e.value, "matches").Match
		case "empty":
			tests++
			want := r.boolean(e.value, "empty")
			c.test = func(v []byte) bool { return (len(v) == 0) == want }
		case "ignore-case":
			ignoreCase = r.boolean(e.value, "ignore-case")
		case "all":
			groups++
			c.all = r.conditions(e.value)
		case "any":
			groups++
			c.any = r.conditions(e.value)
		case "not":
			groups++
			inner := r.condition(e.value)
			c.not = &inner
		}
	}
	if words != nil {
		c.test = newWordSet(words, ignoreCase).has
	}
	switch {
	case groups == 1 && tests == 0 && c.column.value == "":
	case groups == 0 && tests == 1 && c.column.value != "":
	default:
		r.fail(n, "condition: expected is a `column` with one of equals, in, matches and empty, or one of all, any and not")
	}
	return c
}

func (r *reader) conditions(n *yaml.Node) []conditionSpec {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.fail(n, "condition: a list of conditions is expected")
		return nil
	}
	var out []conditionSpec
	for _, item := range n.Content {
		out = append(out, r.condition(item))
	}
	return out
}

func (c *conditionSpec) compile(resolve func(text) int) condition {
	switch {
	case c.all != nil:
		inner := compileAll(c.all, resolve)
		return func(buf []byte, fields []scan.Span) bool {
			for _, holds := range inner {
				if !holds(buf, fields) {
					return false
				}
			}
			return true
		}
	case c.any != nil:
		inner := compileAll(c.any, resolve)
		return func(buf []byte, fields []scan.Span) bool {
			for _, holds := range inner {
				if holds(buf, fields) {
					return true
				}
			}
			return false
		}
	case c.not != nil:
		inner := c.not.compile(resolve)
		return func(buf []byte, fields []scan.Span) bool { return !inner(buf, fields) }
	}
	i, test := resolve(c.column), c.test
	return func(buf []byte, fields []scan.Span) bool { return test(trimmedField(buf, fields[i])) }
}

func compileAll(specs []conditionSpec, resolve func(text) int) []condition {
	var out []condition
	for i := range specs {
		out = append(out, specs[i].compile(resolve))
	}
	return out
}

// pattern reads a regular expression.
func (r *reader) pattern(n *yaml.Node, what string) *regexp.Regexp {
	re, err := regexp.Compile(r.scalar(n, what))
	if err != nil {
		r.fail(n, "%s: not a regular expression: %v", what, err)
		return regexp.MustCompile("")
	}
	return re
}

// wordSet finds a word among some without making a string of it.
type wordSet struct {
	words      map[string]int // to its index
	ignoreCase bool
}

func newWordSet(words []string, ignoreCase bool) *wordSet {
	s := &wordSet{words: make(map[string]int, len(words)), ignoreCase: ignoreCase}
	for i, w := range words {
		if ignoreCase {
			w = string(appendLower(nil, []byte(w)))
		}
		if _, there := s.words[w]; !there {
			s.words[w] = i
		}
	}
	return s
}

// find returns the index of the word. It is safe for concurrent use.
func (s *wordSet) find(v []byte) (int, bool) {
	if s.ignoreCase {
		var room [64]byte
		v = appendLower(room[:0], v)
	}
	i, ok := s.words[string(v)]
	return i, ok
}

func (s *wordSet) has(v []byte) bool {
	_, ok := s.find(v)
	return ok
}
