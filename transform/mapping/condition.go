package mapping

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"

	"github.com/valyala/fastjson"
	"go.yaml.in/yaml/v3"

	"poolprep/validate/value"
)

// conditionSpec is a condition on a record: a test of one column, or several
// conditions together.
type conditionSpec struct {
	column text
	test   func(value []byte) bool // of the column, white space around it trimmed
	has    *hasSpec                // instead of test
	all    []conditionSpec
	any    []conditionSpec
	not    *conditionSpec
}

// hasSpec tests whether the list in one column has the value of another.
type hasSpec struct {
	element    text
	separator  []byte
	ignoreCase bool
}

// condition tests a record.
type condition func(*record) bool

// condition reads {column: X, in: [...]}, {all: [...]}, {any: [...]} or {not: ...}.
func (r *reader) condition(n *yaml.Node) conditionSpec {
	var c conditionSpec
	ignoreCase, separator, tests, groups := false, "", 0, 0
	var words []string
	for _, e := range r.entries(n, "condition", "column", "equals", "in", "matches", "empty", "boolean", "time", "has", "separator", "ignore-case", "all", "any", "not") {
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
		case "boolean":
			tests++
			c.test = isBoolean(r.word(e.value, "boolean", "true", "false", "neither"))
		case "time":
			tests++
			want := r.boolean(e.value, "time")
			c.test = func(v []byte) bool { return isTime(v) == want }
		case "has":
			tests++
			c.has = &hasSpec{element: r.text(e.value, "has")}
		case "separator":
			separator = r.separator(e.value)
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
		r.fail(n, "condition: expected is a `column` with one of equals, in, matches, empty, boolean, time and has, or one of all, any and not")
	}
	switch {
	case c.has != nil:
		c.has.separator, c.has.ignoreCase = []byte(cmp.Or(separator, "|")), ignoreCase
	case separator != "":
		r.fail(n, "condition: `separator` goes with `has`")
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

// booleans are the words for true, and after them those for false.
var booleans = newWordSet(slices.Concat(trueWords, falseWords), true)

// isBoolean returns the test whether a value is a word for true or false, or neither of
// them and not empty. An apostrophe of a spreadsheet may stand before it.
func isBoolean(want string) func(value []byte) bool {
	return func(v []byte) bool {
		if len(v) == 0 {
			return false
		}
		i, known := booleans.find(bytes.TrimPrefix(v, []byte{'\''}))
		switch {
		case !known:
			return want == "neither"
		case i < len(trueWords):
			return want == "true"
		}
		return want == "false"
	}
}

// isTime reports whether a value can be a time, which is not the date of no day that some
// databases write (0000-00-00, 0001-01-01): it has a number of four digits or more that
// does not begin with 0, a year or a time in seconds, or is a date with a year in two
// digits, such as 1/15/24.
func isTime(v []byte) bool {
	short, start := 0, -1
	for i := 0; i <= len(v); i++ {
		if i < len(v) && v[i]-'0' <= 9 {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			switch n := i - start; {
			case n >= 4 && v[start] != '0':
				return true
			case n > 2 || len(bytes.Trim(v[start:i], "0")) == 0:
				return false
			}
			if short++; short == 3 {
				return true
			}
			start = -1
		}
		if i < len(v) && v[i] != '.' && v[i] != '/' && v[i] != '-' {
			short = 0
		}
	}
	return false
}

// names returns the names in the place of source columns that the condition looks at.
func (c *conditionSpec) names() (names []text) {
	if c.column.value != "" {
		names = append(names, c.column)
	}
	if c.has != nil {
		names = append(names, c.has.element)
	}
	for i := range c.all {
		names = append(names, c.all[i].names()...)
	}
	for i := range c.any {
		names = append(names, c.any[i].names()...)
	}
	if c.not != nil {
		names = append(names, c.not.names()...)
	}
	return names
}

// rename returns the condition on columns of other names.
func (c conditionSpec) rename(to func(string) string) conditionSpec {
	renamed := func(in []conditionSpec) (out []conditionSpec) {
		for _, c := range in {
			out = append(out, c.rename(to))
		}
		return out
	}
	c.column.value = to(c.column.value)
	if c.has != nil {
		has := *c.has
		has.element.value = to(has.element.value)
		c.has = &has
	}
	c.all, c.any = renamed(c.all), renamed(c.any)
	if c.not != nil {
		inner := c.not.rename(to)
		c.not = &inner
	}
	return c
}

// plain returns the only column that the condition looks at, and what it asks of its value;
// nil: it is more than that.
func (c *conditionSpec) plain() (column text, test func(value []byte) bool) {
	switch {
	case c.all != nil, c.any != nil, c.has != nil:
		return text{}, nil
	case c.not != nil:
		column, inner := c.not.plain()
		if inner == nil {
			return text{}, nil
		}
		return column, func(v []byte) bool { return !inner(v) }
	}
	return c.column, c.test
}

// compile resolves the names: to a place that record.at takes, absent too.
func (c *conditionSpec) compile(resolve func(text) int) condition {
	switch {
	case c.all != nil:
		inner := compileAll(c.all, resolve)
		return func(r *record) bool {
			for _, holds := range inner {
				if !holds(r) {
					return false
				}
			}
			return true
		}
	case c.any != nil:
		inner := compileAll(c.any, resolve)
		return func(r *record) bool {
			for _, holds := range inner {
				if holds(r) {
					return true
				}
			}
			return false
		}
	case c.not != nil:
		inner := c.not.compile(resolve)
		return func(r *record) bool { return !inner(r) }
	case c.has != nil:
		return c.has.compile(resolve(c.column), resolve(c.has.element))
	}
	i, test := resolve(c.column), c.test
	return func(r *record) bool { return test(r.at(i)) }
}

func (h *hasSpec) compile(list, element int) condition {
	same := bytes.Equal
	if h.ignoreCase {
		same = equalIgnoringCase
	}
	return func(r *record) bool {
		want, found := r.at(element), false
		if len(want) == 0 {
			return false
		}
		eachElement(r.at(list), h.separator, func(v []byte) bool {
			found = same(v, want)
			return !found
		})
		return found
	}
}

// equalIgnoringCase compares as wordSet does.
func equalIgnoringCase(a, b []byte) bool {
	var roomA, roomB [64]byte
	return bytes.Equal(appendLower(roomA[:0], a), appendLower(roomB[:0], b))
}

// eachElement calls f for the elements of a list: of a JSON array the strings, numbers and
// booleans in it, of any other text its parts between separators, without the white space
// around them and those that are empty. It stops when f returns false. An element is valid
// during the call.
func eachElement(list, separator []byte, f func([]byte) bool) {
	if len(list) > 1 && list[0] == '[' && list[len(list)-1] == ']' && eachOfArray(list, f) {
		return
	}
	for len(list) > 0 {
		part, rest, _ := bytes.Cut(list, separator)
		start, end := value.Trim(part)
		if start < end && !f(part[start:end]) {
			return
		}
		list = rest
	}
}

// eachOfArray is eachElement for a JSON array. It reports false if the text is none.
func eachOfArray(list []byte, f func([]byte) bool) bool {
	array, err := fastjson.ParseBytes(list)
	if err != nil {
		return false
	}
	for _, v := range array.GetArray() {
		var text []byte
		switch v.Type() {
		case fastjson.TypeNull:
			continue
		case fastjson.TypeString:
			text = v.GetStringBytes()
		default:
			text = v.MarshalTo(nil)
		}
		if start, end := value.Trim(text); start < end && !f(text[start:end]) {
			break
		}
	}
	return true
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
	short      *wordTable
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
	s.short = newWordTable(s)
	return s
}

// find returns the index of the word. It is safe for concurrent use.
func (s *wordSet) find(v []byte) (int, bool) {
	if len(v) <= 8 {
		if at, ok := s.short.findWord(value.Short(v), len(v)); ok {
			return int(at), true
		}
	}
	if s.ignoreCase {
		var scratch [64]byte
		v = appendLower(scratch[:0], v)
	}
	i, ok := s.words[string(v)]
	return i, ok
}

func (s *wordSet) has(v []byte) bool {
	_, ok := s.find(v)
	return ok
}
