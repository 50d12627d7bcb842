package mapping

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/valyala/fastjson"
	"go.yaml.in/yaml/v3"

	"poolprep/validate/report"
	"poolprep/validate/suggest"
)

// sideSpec is a member of what is kept of an accepted user beside the import file.
type sideSpec struct {
	name      text
	kind      sideKind
	source    text
	separator string        // sideList
	test      conditionSpec // sideTest
}

type sideKind uint8

const (
	sideText sideKind = iota // a string
	sideList                 // an array of strings
	sideTest                 // true or false
	sideJSON                 // as it is in the source
)

// sideTaken are the members that each line has besides those of the mapping.
var sideTaken = []string{"v", "username"}

// names returns the names in the place of source columns.
func (s *sideSpec) names() []text {
	if s.kind == sideTest {
		return s.test.names()
	}
	return []text{s.source}
}

// raw reports whether the source column is wanted as JSON.
func (s *sideSpec) raw() bool { return s.kind == sideList || s.kind == sideJSON }

// side reads `name: column` and `name: {list: column, separator: "|"}`, {test: condition}
// and {json: column}.
func (r *reader) side(m *Mapping, n *yaml.Node) {
	for _, e := range r.entries(n, "side") {
		s := sideSpec{name: text{e.key.Value, position{e.key.Line, e.key.Column}}, separator: "|"}
		what := "side" + suggest.Shown(e.key.Value)
		if slices.Contains(sideTaken, e.key.Value) {
			r.fail(e.key, "%s: each line has this member anyway; choose another name", what)
		}
		if e.value.Kind == yaml.ScalarNode {
			s.source = r.text(e.value, what)
			m.side = append(m.side, s)
			continue
		}
		kinds, separator := 0, false
		for _, k := range r.entries(e.value, what, "list", "separator", "test", "json") {
			switch k.key.Value {
			case "list":
				kinds++
				s.kind, s.source = sideList, r.text(k.value, "list")
			case "json":
				kinds++
				s.kind, s.source = sideJSON, r.text(k.value, "json")
			case "test":
				kinds++
				s.kind, s.test = sideTest, r.condition(k.value)
			case "separator":
				separator, s.separator = true, r.separator(k.value)
			}
		}
		if kinds != 1 {
			r.fail(e.value, "%s: a column is expected, or one of list, test and json, there are %d", what, kinds)
		}
		if separator && s.kind != sideList {
			r.fail(e.value, "%s: `separator` goes with `list`", what)
		}
		m.side = append(m.side, s)
	}
}

// separator reads what separates the elements of a list.
func (r *reader) separator(n *yaml.Node) string {
	s := r.scalar(n, "separator")
	if s == "" {
		r.fail(n, "separator: the text between the elements is expected")
		return "|"
	}
	return s
}

// side is a sideSpec compiled.
type side struct {
	name      []byte // as a JSON string, with a colon
	kind      sideKind
	place     int
	places    []int // that it looks at
	separator []byte
	test      condition
}

// side compiles a member.
func (r *resolver) side(s *sideSpec) side {
	out := side{name: append(report.AppendString(nil, s.name.value), ':'), kind: s.kind, place: absent, separator: []byte(s.separator)}
	note := func(i int) int {
		if i != absent {
			out.places = append(out.places, i)
		}
		return i
	}
	switch s.kind {
	case sideTest:
		out.test = s.test.compile(func(t text) int { return note(r.resolve(t)) })
	case sideList, sideJSON:
		out.place = note(r.resolveRaw(s.source))
	default:
		out.place = note(r.resolve(s.source))
	}
	return out
}

// Side reports whether the mapping keeps anything of accepted users beside the import file.
func (p *Program) Side() bool { return len(p.sides) > 0 }

// AppendSide appends what the mapping keeps of the record of the last call of Row, as a JSON
// object. Members that are empty are left out. The record must still be where it was.
func (s *State) AppendSide(dst []byte) []byte { return s.p.appendSide(dst, &s.rec) }

// AppendSide appends what the mapping keeps of a record, from 0, as a JSON object, as
// State.AppendSide does. Only between Run and the next one; not of a record that is left.
func (c *Columns) AppendSide(dst []byte, i int) []byte {
	c.rec.buf = c.Buf
	for k := range c.p.sides {
		for _, place := range c.p.sides[k].places {
			if v := place - len(c.p.source); v >= 0 {
				c.rec.values[v] = c.values[v][i]
			} else {
				c.rec.fields[place] = c.source(place)[i]
			}
		}
	}
	return c.p.appendSide(dst, &c.rec)
}

func (p *Program) appendSide(dst []byte, r *record) []byte {
	dst = append(dst, '{')
	start := len(dst)
	for i := range p.sides {
		s := &p.sides[i]
		before := len(dst)
		if before > start {
			dst = append(dst, ',')
		}
		if out, filled := s.append(append(dst, s.name...), r); filled {
			dst = out
		} else {
			dst = dst[:before]
		}
	}
	return append(dst, '}')
}

// append appends the value. It reports false if there is none.
func (s *side) append(dst []byte, r *record) ([]byte, bool) {
	v := r.at(s.place)
	switch s.kind {
	case sideTest:
		return strconv.AppendBool(dst, s.test(r)), true
	case sideList:
		dst = append(dst, '[')
		start := len(dst)
		eachElement(unquotedJSON(v), s.separator, func(element []byte) bool {
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst = report.AppendString(dst, element)
			return true
		})
		return append(dst, ']'), len(dst) > start
	case sideJSON:
		if len(v) > 0 && isJSON(v) {
			return appendOneLine(dst, v), !bytes.Equal(v, []byte("null"))
		}
	}
	return report.AppendString(dst, v), len(v) > 0
}

// unquotedJSON returns the text of a JSON string; what is none as it is.
func unquotedJSON(v []byte) []byte {
	if len(v) < 2 || v[0] != '"' {
		return v
	}
	text, err := fastjson.ParseBytes(v)
	if err != nil || text.Type() != fastjson.TypeString {
		return v
	}
	return text.GetStringBytes()
}

// isJSON reports whether a text is a JSON value.
func isJSON(v []byte) bool { return fastjson.ValidateBytes(v) == nil }

// appendOneLine appends JSON without its line ends, which are white space there.
func appendOneLine(dst, v []byte) []byte {
	for _, b := range v {
		if b != '\n' && b != '\r' {
			dst = append(dst, b)
		}
	}
	return dst
}
