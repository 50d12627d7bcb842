package guess

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"poolprep/validate"
)

// maxDepth is how deep members within each other are looked at.
const maxDepth = 6

// plainMember is the name of a member that a path takes as it is.
var plainMember = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_-]*$`) })

// AddJSON takes note of a record that is a JSON object, and reports whether it is one.
func (s *Sample) AddJSON(p *fastjson.Parser, record []byte) bool {
	v, err := p.ParseBytes(record)
	if err != nil || v.Type() != fastjson.TypeObject {
		s.Faulty++
		return false
	}
	s.Records++
	s.members("", v, 0)
	return true
}

// cell takes note of what is in a cell that holds JSON.
func (s *Sample) cell(c *column, text []byte) {
	if !plainMember().MatchString(c.name) || validate.IsValueLike(c.name) {
		return
	}
	var p fastjson.Parser
	if v, err := p.ParseBytes(text); err == nil && v.Type() == fastjson.TypeObject {
		s.members(c.name, v, 1)
	}
}

// members takes note of the members of an object at a path.
func (s *Sample) members(path string, v *fastjson.Value, depth int) {
	v.GetObject().Visit(func(key []byte, member *fastjson.Value) {
		name := string(key)
		switch plain := plainMember().MatchString(name); {
		case !utf8.Valid(key) || name == "":
			return
		case path != "" && (!plain || validate.IsValueLike(name)):
			return // such names are rather data
		case path != "":
			name = path + "." + name
		}
		s.member(name, member, depth)
	})
}

// member takes note of a value at a path.
func (s *Sample) member(path string, v *fastjson.Value, depth int) {
	c := s.columnAt(path)
	if c == nil {
		return
	}
	switch v.Type() {
	case fastjson.TypeNull:
	case fastjson.TypeString:
		text, _ := v.StringBytes()
		s.value(c, text)
	case fastjson.TypeObject:
		c.nested()
		if depth < maxDepth && (depth > 0 || plainMember().MatchString(path)) {
			s.members(path, v, depth+1)
		}
	case fastjson.TypeArray:
		c.nested()
		if depth < maxDepth && (depth > 0 || plainMember().MatchString(path)) {
			s.element(path, v.GetArray(), depth)
		}
	default:
		s.value(c, v.MarshalTo(nil))
	}
}

// element takes note of one element of a list: the primary one, or the first.
func (s *Sample) element(path string, list []*fastjson.Value, depth int) {
	primary := slices.IndexFunc(list, func(v *fastjson.Value) bool { return v.GetBool("primary") })
	switch {
	case primary >= 0:
		s.members(path+"[primary=true]", list[primary], depth+1)
	case len(list) == 0:
	case list[0].Type() == fastjson.TypeObject:
		s.members(path+"[0]", list[0], depth+1)
	case list[0].Type() != fastjson.TypeArray:
		s.member(path+"[0]", list[0], depth+1)
	}
}

// nested takes note of a value that is an object or a list.
func (c *column) nested() {
	c.filled++
	c.counts[isNested]++
}

// columnAt returns the column for a path, which is new if it was not there; nil: there are
// too many.
func (s *Sample) columnAt(path string) *column {
	i, there := s.index[path]
	if !there {
		if len(s.columns) == validate.MaxColumns {
			return nil
		}
		if s.index == nil {
			s.index = make(map[string]int)
		}
		i = len(s.columns)
		s.index[path] = i
		c := newColumn(path)
		c.path = strings.ContainsAny(path, ".[") && plainMember().MatchString(head(path))
		if c.path {
			c.named = meaningOfPath(path)
		}
		s.columns = append(s.columns, c)
	}
	return s.columns[i]
}

// head returns the member or column that a path begins with.
func head(path string) string {
	if i := strings.IndexAny(path, ".["); i > 0 {
		return path[:i]
	}
	return path
}

// containers are members that only gather what belongs to the user.
var containers = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool)
	for name := range strings.SplitSeq(owners+", attributes, metadata, user metadata, app metadata, data, details, info, name, names, address, addresses, location, "+
		"contacts, traits, claims, custom attributes, properties, fields, personal data, raw user meta data, raw app meta data, meta", ",") {
		m[fold(name)] = true
	}
	return m
})

// indexes are what stands in brackets in a path.
var indexes = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[[^\]]*\]`) })

// meaningOfPath returns what a path says of its values: its last name does, where the
// others only gather what belongs to the user. What is called value is called as the list
// that it is in.
func meaningOfPath(path string) named {
	parts := strings.Split(indexes().ReplaceAllString(path, ""), ".")
	last := parts[len(parts)-1]
	if l := strings.ToLower(last); len(parts) > 1 && (l == "value" || l == "number" || l == "address") && !containers()[fold(parts[len(parts)-2])] {
		parts = parts[:len(parts)-1]
		last = parts[len(parts)-1]
	}
	n := meaningOf(last)
	if n.rank != exactName && strings.HasSuffix(last, "s") {
		n = meaningOf(strings.TrimSuffix(last, "s"))
	}
	for _, part := range parts[:len(parts)-1] {
		if !containers()[fold(part)] && n.rank == exactName {
			n.rank = partOfName
		}
	}
	if n.rank == partOfName && !n.meaning.proves() {
		return named{rank: noName}
	}
	return n
}
