package mapping

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/suggest"
)

// mapping reads the whole file.
func (r *reader) mapping(m *Mapping, top *yaml.Node) {
	found := false
	for _, e := range r.entries(top, "mapping", "version", "names", "optional", "aliases", "source", "require", "join", "values", "columns", "skip", "reject", "side") {
		switch e.key.Value {
		case "version":
			if r.scalar(e.value, "version") != "1" {
				r.fail(e.value, "this version is not known; this poolprep reads version 1")
			}
		case "names":
			m.loose = r.word(e.value, "names", "exact", "loose") == "loose"
		case "optional":
			m.optional = r.boolean(e.value, "optional")
		case "aliases":
			r.aliases(m, e.value)
		case "source":
			r.source(&m.Source, e.value)
		case "require":
			r.require(m, e.value)
		case "join":
			r.join(m, e.value)
		case "values":
			r.values(m, e.value)
		case "columns":
			found = true
			for _, c := range r.entries(e.value, "columns") {
				m.columns = append(m.columns, r.column(c))
			}
		case "skip":
			m.skips = r.rules(e.value, "skip", "when", "reason")
		case "reject":
			m.rejects = r.rules(e.value, "reject", "when", "reason", "code")
		case "side":
			r.side(m, e.value)
		}
	}
	if !found && len(r.errs) == 0 {
		r.fail(top, "there is no `columns:`, which says where each column comes from")
	}
}

func (r *reader) source(s *SourceDialect, n *yaml.Node) {
	var names *yaml.Node
	for _, e := range r.entries(n, "source", "delimiter", "quote", "encoding", "lenient-quotes", "escape", "trim-fields", "comment", "skip-lines", "header", "names", "nulls", "repair") {
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
			names = e.value
		case "repair":
			s.Repair = r.word(e.value, "repair", Repairs...)
		case "nulls":
			for _, t := range r.list(e.value, "nulls") {
				if err := judge.CheckNull(t.value); err != nil {
					r.failAt(t.at, "nulls: %v", err)
				}
				s.Nulls = append(s.Nulls, t.value)
			}
		}
	}
	if names == nil {
		return
	}
	if names.Kind == yaml.MappingNode {
		r.namesByCount(s, names)
	} else {
		s.Names = r.words(names, "names")
	}
	if !s.NoHeader {
		r.fail(n, "names are for a source without header: add `header: false`")
	}
}

// namesByCount reads lists of names by the number of fields of a record.
func (r *reader) namesByCount(s *SourceDialect, n *yaml.Node) {
	s.NamesByCount = make(map[int][]string)
	for _, e := range r.entries(n, "names") {
		count, err := strconv.Atoi(e.key.Value)
		names := r.words(e.value, "names")
		switch {
		case err != nil || count < 1:
			r.fail(e.key, "names: the number of fields is expected before each list, such as `3: [id, email, name]`")
		case len(names) > count:
			r.fail(e.value, "names: %d names for records of %d fields", len(names), count)
		default:
			for len(names) < count { // the others are called by their numbers
				names = append(names, strconv.Itoa(len(names)+1))
			}
			s.NamesByCount[count] = names
		}
	}
	if len(n.Content) == 0 {
		r.fail(n, "names: a list is expected, or lists by number of fields")
	}
}

func (r *reader) aliases(m *Mapping, n *yaml.Node) {
	for _, e := range r.entries(n, "aliases") {
		m.aliases = append(m.aliases, aliasSpec{text{e.key.Value, position{e.key.Line, e.key.Column}}, r.words(e.value, "aliases")})
	}
}

// require reads a list of names, and of lists of names of which one is enough.
func (r *reader) require(m *Mapping, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		m.require = append(m.require, r.list(n, "require"))
		return
	}
	for _, item := range n.Content {
		if names := r.list(item, "require"); len(names) > 0 {
			m.require = append(m.require, names)
		} else {
			r.fail(item, "require: the name of a source column is expected, or a list of names of which one is enough")
		}
	}
}

// values reads named values.
func (r *reader) values(m *Mapping, n *yaml.Node) {
	for _, e := range r.entries(n, "values") {
		if e.key.Value == "" || strings.ContainsAny(e.key.Value, "${}") {
			r.fail(e.key, "values: a name without $ and braces is expected; it is used as $name")
		}
		m.values = append(m.values, r.column(e))
	}
}

// anyCustom is the target that stands for all custom attributes which no other entry names.
const anyCustom = "custom:*"

// column reads `target: source` or `target: {from: ..., steps: [...]}`.
func (r *reader) column(e entry) columnSpec {
	c := columnSpec{target: text{e.key.Value, position{e.key.Line, e.key.Column}}}
	what := "column" + suggest.Shown(c.target.value)
	if e.value.Kind == yaml.ScalarNode {
		c.sources = []text{r.text(e.value, what)}
	} else {
		r.value(&c, e.value, what)
	}
	if c.target.value == anyCustom {
		c.any = true
		if !slices.ContainsFunc(c.names(), func(t text) bool { return lastStar(t.value) >= 0 }) {
			r.fail(e.value, "%s: a source column with a * is expected, which stands for what comes after `custom:`, such as \"metadata.*\"", what)
		}
	}
	return c
}

// value reads what a column or a named value is made of.
func (r *reader) value(c *columnSpec, n *yaml.Node, what string) {
	origins := 0
	with := false
	for _, k := range r.entries(n, what, "from", "first", "constant", "template", "join", "username", "test", "with", "steps", "if-failed") {
		switch k.key.Value {
		case "with":
			with = true
			c.with = r.scalar(k.value, "with")
			continue
		case "steps":
			c.steps = r.steps(k.value)
			continue
		case "if-failed":
			c.soft = r.word(k.value, "if-failed", "reject", "empty") == "empty"
			continue
		case "from":
			c.sources = []text{r.text(k.value, "from")}
		case "first":
			c.sources = r.list(k.value, "first")
		case "join":
			c.kind, c.sources = valueJoin, r.list(k.value, "join")
		case "constant":
			c.kind, c.constant = valueConstant, r.scalar(k.value, "constant")
		case "template":
			c.kind, c.template = valueTemplate, r.template(k.value)
		case "username":
			c.kind, c.username = valueUsername, r.username(k.value)
		case "test":
			inner := r.condition(k.value)
			c.kind, c.test = valueTest, &inner
		}
		origins++
	}
	if origins != 1 {
		r.fail(n, "%s: exactly one of from, first, join, template, constant, username and test is expected, there are %d", what, origins)
	}
	if with && c.kind != valueJoin {
		r.fail(n, "%s: `with` goes with `join`", what)
	}
}

// username reads {login: [...], email: ..., phone: ...}.
func (r *reader) username(n *yaml.Node) (u username) {
	for _, e := range r.entries(n, "username", "login", "email", "phone") {
		names := r.list(e.value, e.key.Value)
		switch e.key.Value {
		case "login":
			u.login = names
		case "email":
			u.email = names
		case "phone":
			u.phone = names
		}
	}
	if len(u.login)+len(u.email)+len(u.phone) == 0 {
		r.fail(n, "username: the columns of login, email and phone are expected, one of them at least")
	}
	return u
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

// rules reads what leaves out or rejects records.
func (r *reader) rules(n *yaml.Node, what string, known ...string) (out []ruleSpec) {
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "%s: a list of `when` and `reason` is expected, not %s", what, kindOf(n))
		return nil
	}
	for _, item := range n.Content {
		s := ruleSpec{code: rule.SourceUnconfirmed}
		has := map[string]bool{}
		for _, e := range r.entries(item, what, known...) {
			has[e.key.Value] = true
			switch e.key.Value {
			case "when":
				s.when = r.condition(e.value)
			case "reason":
				s.reason = r.scalar(e.value, "reason")
			case "code":
				// Other codes say what a row is like, and only the rules know that.
				r.word(e.value, "code", rule.SourceUnconfirmed.String())
			}
		}
		if !has["when"] || s.reason == "" {
			r.fail(item, "%s: both `when` and `reason` are expected", what)
		}
		out = append(out, s)
	}
	return out
}

// word reads one of some words.
func (r *reader) word(n *yaml.Node, what string, known ...string) string {
	w := r.scalar(n, what)
	if !slices.Contains(known, w) {
		r.fail(n, "%s: %s is expected%s", what, strings.Join(known, " or "), suggest.DidYouMean(w, known))
	}
	return w
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
