package mapping

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"poolprep/validate/scan"
)

// Join says how records go with those of a second file. It is not to be changed.
type Join struct {
	Key         string   // a column of the source, or a $value
	With        []string // columns of the second file: the first that is not empty is its key
	StripPrefix string   // taken off the value of Key
	Columns     []string // of the second file, that the mapping uses: column and path names
}

// JoinTable is a second file, by key. It is safe for concurrent use.
type JoinTable interface {
	// Fields appends to dst the values of Join.Columns in the record with the key, fills out
	// with their spans, and returns dst. It reports false if there is no such record.
	Fields(dst, key []byte, out []scan.Span) ([]byte, bool)
}

// joinSpec is a Join as written.
type joinSpec struct {
	key   text
	with  []text
	strip string
}

func (r *reader) join(m *Mapping, n *yaml.Node) {
	j := &joinSpec{}
	for _, e := range r.entries(n, "join", "key", "with", "strip-prefix") {
		switch e.key.Value {
		case "key":
			j.key = r.text(e.value, "key")
		case "with":
			j.with = r.list(e.value, "with")
		case "strip-prefix":
			j.strip = r.scalar(e.value, "strip-prefix")
		}
	}
	if j.key.value == "" || len(j.with) == 0 {
		r.fail(n, "join: `key` (a column of the source) and `with` (a column of the second file) are expected")
		return
	}
	m.join = j
}

// Join returns how records go with those of a second file; nil: there is none.
func (m *Mapping) Join(o Options) *Join {
	if m.join == nil {
		return nil
	}
	j := &Join{Key: m.join.key.value, StripPrefix: m.join.strip}
	for _, t := range m.join.with {
		j.With = append(j.With, t.value)
	}
	for _, t := range slices.Concat(m.all(m.expand(o.columns())), m.raw()) {
		if name, is := m.joinedName(t.value); is && !slices.Contains(j.Columns, name) {
			j.Columns = append(j.Columns, name)
		}
	}
	return j
}
