package mapping

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"poolprep/validate"
	"poolprep/validate/suggest"
)

// mapping reads the whole file.
func (r *reader) mapping(m *Mapping, top *yaml.Node) {
	found := false
	for _, e := range r.entries(top, "mapping", "version", "source", "columns", "skip", "require") {
		switch e.key.Value {
		case "version":
			if r.scalar(e.value, "version") != "1" {
				r.fail(e.value, "this version is not known; this poolprep reads version 1")
			}
		case "source":
			r.source(&m.Source, e.value)
		case "columns":
			found = true
			for _, c := range r.entries(e.value, "columns") {
				m.columns = append(m.columns, r.column(c))
			}
		case "skip":
			r.skips(m, e.value)
		case "require":
			m.require = r.list(e.value, "require")
		}
	}
	if !found && len(r.errs) == 0 {
		r.fail(top, "there is no `columns:`, which says where each column comes from")
	}
}

func (r *reader) source(s *SourceDialect, n *yaml.Node) {
	for _, e := range r.entries(n, "source", "delimiter", "quote", "encoding", "lenient-quotes", "escape", "trim-fields", "comment", "skip-lines", "header", "names") {
		switch e.key.Value {
		case "delimiter":
			s.Delimiter = r.scalar(e.value, "delimiter")
			if _, err := validate.ParseDelimiter(s.Delimiter); err != nil {
				r.fail(e.value, "delimiter: one byte is expected, or comma, semicolon, tab, pipe, auto")
			}
		case "quote":
			if s.Quote = r.scalar(e.value, "quote"); s.Quote != "none" && len(s.Quote) > 1 {
				r.fail(e.value, "quote: one byte is expected, or none")
			}
		case "encoding":
			s.Encoding = r.scalar(e.value, "encoding")
		case "lenient-quotes":
			s.LenientQuotes = r.boolean(e.value, "lenient-quotes")
		case "escape":
			if s.Escape = r.scalar(e.value, "escape"); len(s.Escape) > 1 {
				r.fail(e.value, "escape: one byte is expected")
			}
		case "trim-fields":
			s.TrimFields = r.boolean(e.value, "trim-fields")
		case "comment":
			s.Comment = r.scalar(e.value, "comment")
		case "skip-lines":
			s.SkipLines = r.number(e.value, "skip-lines", 0)
		case "header":
			s.NoHeader = !r.boolean(e.value, "header")
		case "names":
			s.Names = r.words(e.value, "names")
		}
	}
	if s.Names != nil && !s.NoHeader {
		r.fail(n, "names are for a source without header: add `header: false`")
	}
}

// column reads `target: source` or `target: {from: ..., steps: [...]}`.
func (r *reader) column(e entry) columnSpec {
	c := columnSpec{target: text{e.key.Value, position{e.key.Line, e.key.Column}}}
	what := "column" + suggest.Shown(c.target.value)
	if e.value.Kind == yaml.ScalarNode {
		c.sources = []text{r.text(e.value, what)}
		return c
	}
	origins := 0
	with := false
	for _, k := range r.entries(e.value, what, "from", "first", "constant", "template", "join", "with", "steps") {
		switch k.key.Value {
		case "from":
			origins++
			c.sources = []text{r.text(k.value, "from")}
		case "first":
			origins++
			c.sources = r.list(k.value, "first")
		case "join":
			origins++
			c.kind, c.sources = valueJoin, r.list(k.value, "join")
		case "constant":
			origins++
			c.kind, c.constant = valueConstant, r.scalar(k.value, "constant")
		case "template":
			origins++
			c.kind, c.template = valueTemplate, r.template(k.value)
		case "with":
			with = true
			c.with = r.scalar(k.value, "with")
		case "steps":
			c.steps = r.steps(k.value)
		}
	}
	if origins != 1 {
		r.fail(e.value, "%s: exactly one of from, first, join, template and constant is expected, there are %d", what, origins)
	}
	if with && c.kind != valueJoin {
		r.fail(e.value, "%s: `with` goes with `join`", what)
	}
	return c
}

// template reads "{First name} {Last name}"; {{ and }} are braces.
func (r *reader) template(n *yaml.Node) []templatePart {
	var parts []templatePart
	literal := ""
	s := r.scalar(n, "template")
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "{{"), strings.HasPrefix(s[i:], "}}"):
			literal += s[i : i+1]
			i++
		case s[i] == '{':
			name, _, ok := strings.Cut(s[i+1:], "}")
			if !ok {
				r.fail(n, "template: the brace at character %d is not closed; a brace itself is written {{", i+1)
				return parts
			}
			if literal != "" {
				parts = append(parts, templatePart{literal: literal})
				literal = ""
			}
			parts = append(parts, templatePart{source: text{name, position{n.Line, n.Column}}})
			i += len(name) + 1
		case s[i] == '}':
			r.fail(n, "template: a brace closes at character %d that was not opened; a brace itself is written }}", i+1)
			return parts
		default:
			literal += s[i : i+1]
		}
	}
	if literal != "" {
		parts = append(parts, templatePart{literal: literal})
	}
	return parts
}

func (r *reader) skips(m *Mapping, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "skip: a list of `when` and `reason` is expected, not %s", kindOf(n))
		return
	}
	for _, item := range n.Content {
		var s skipSpec
		has := map[string]bool{}
		for _, e := range r.entries(item, "skip", "when", "reason") {
			has[e.key.Value] = true
			if e.key.Value == "when" {
				s.when = r.condition(e.value)
			} else {
				s.reason = r.scalar(e.value, "reason")
			}
		}
		if !has["when"] || s.reason == "" {
			r.fail(item, "skip: both `when` and `reason` are expected")
		}
		m.skips = append(m.skips, s)
	}
}

// number reads a whole number from least on.
func (r *reader) number(n *yaml.Node, what string, least int) int {
	v, err := strconv.Atoi(r.scalar(n, what))
	if err != nil || v < least {
		r.fail(n, "%s: a whole number from %d on is expected", what, least)
		return least
	}
	return v
}
