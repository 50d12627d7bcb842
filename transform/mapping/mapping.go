// Package mapping says where the value of each column of an import file comes from.
//
// A Mapping is what a person wrote (Parse), with the position of everything in it, or what
// the names alone say (ByName). Compile makes it a Program for one header and one pool,
// which makes the values of rows from the fields of records: column by column (Columns) or
// row by row (State). It does not judge, repair or write them. Each mistake in a mapping is
// an Error with file, line and column, both from 1; a file that is not YAML is a
// source.SyntaxError.
//
// Mapping and Program are immutable and safe for concurrent use; a State is one
// goroutine's use of a Program. What a State appends to a buffer belongs to the caller.
package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"poolprep/validate/rule"
	"poolprep/validate/source"
	"poolprep/validate/suggest"
)

// Mapping is a mapping file as written. Parse and ByName make one.
type Mapping struct {
	Source SourceDialect

	file     string
	text     []byte
	loose    bool // names of source columns are compared by looseName
	optional bool // a column that is not there is no error
	aliases  []aliasSpec
	values   []columnSpec // by their names, the targets
	columns  []columnSpec
	skips    []ruleSpec
	rejects  []ruleSpec
	require  [][]text // of each list one is enough
	side     []sideSpec
	join     *joinSpec
}

// aliasSpec are other names of a source column.
type aliasSpec struct {
	name   text
	others []string
}

// text is a string with the place where it was written.
type text struct {
	value string
	at    position
}

// position is a place in a mapping file, from 1; columns count characters. The
// zero value is a mapping that nobody wrote.
type position struct{ line, column int }

// columnSpec says where the value of a target column, or a named value, comes from, and
// what steps it goes through then.
type columnSpec struct {
	target   text
	kind     valueKind
	sources  []text // valueFirst, valueJoin
	username username
	constant string
	with     string         // valueJoin
	template []templatePart // valueTemplate
	test     *conditionSpec // valueTest
	steps    []stepSpec
	soft     bool // a value that cannot be made is left out
	any      bool // its source columns need not be there
}

// username are the columns that a username is taken from, by what they hold.
type username struct{ login, email, phone []text }

type valueKind uint8

const (
	valueFirst    valueKind = iota // the first of the sources that is not empty
	valueConstant                  // the same in every row
	valueJoin                      // those of the sources that are not empty
	valueTemplate                  // a text with sources in it
	valueTest                      // TRUE or FALSE, by a condition
	valueUsername                  // valueFirst, in an order that the pool decides

	// Those that nobody writes.
	valueNone   // always empty
	valuePath   // what is at a path in a source that holds JSON
	valueJoined // a column of the second file
)

// String returns what a mapping calls a value of the kind.
func (k valueKind) String() string {
	return [...]string{"from", "constant", "join", "template", "test", "username", "", "path", "join"}[k]
}

// templatePart is literal text, or the value of a source column.
type templatePart struct {
	literal string
	source  text // if its value is not empty
}

// stepSpec is a named function, compiled as soon as it is read.
type stepSpec struct {
	name    string
	make    func() step                 // a step with buffers of its own, for one goroutine
	wide    func(exact step) columnStep // the same for a column; nil: there is only the step
	foreign bool                        // its argument holds foreign characters
	columns []text                      // other columns of the row that it looks at
	looks   func(stepOptions) step      // make of a step that needs to know more
	tried   string                      // what it tried when it fails, such as "none of dd.MM.yyyy, yyyy-MM-dd fits"

	// What a person is told when it fails, by why it does.
	failures [numStepResults]string
}

// ruleSpec leaves out or rejects the records for which when holds.
type ruleSpec struct {
	when   conditionSpec
	reason string
	code   rule.Code // of a reject
}

// maxMapping is how large a mapping file may be, in bytes.
const maxMapping = 1 << 20

// Parse reads a mapping file. The error lists everything that is wrong,
// each with its place: `map.yaml:7:5: unknown key "colums", did you mean "columns"?`.
func Parse(file string, data []byte) (*Mapping, error) {
	if len(data) > maxMapping {
		return nil, Error{File: file}.says("%d bytes are too much for a mapping, at most %d are read", len(data), maxMapping)
	}
	r := &reader{file: file}
	top, err := r.document(data)
	if err != nil {
		return nil, err
	}
	m := &Mapping{file: file, text: data}
	r.mapping(m, top)
	r.checkNames(m)
	return m, errors.Join(r.errs...)
}

// ReadsPhones reports whether the mapping has a step that goes by the number plans of
// PhoneMetadata.
func (m *Mapping) ReadsPhones() bool {
	for _, specs := range [][]columnSpec{m.values, m.columns} {
		for _, c := range specs {
			if slices.ContainsFunc(c.steps, func(s stepSpec) bool { return s.name == "phone" }) {
				return true
			}
		}
	}
	return false
}

// Fingerprint returns the SHA-256 of the file in hex, "" for a mapping that nobody wrote.
func (m *Mapping) Fingerprint() string {
	if m.text == nil {
		return ""
	}
	sum := sha256.Sum256(m.text)
	return hex.EncodeToString(sum[:])
}

// errorAt returns the error that is wrong with what stands at a position.
func (m *Mapping) errorAt(p position, err error) error {
	return &Error{File: m.file, Line: p.line, Column: p.column, Err: err}
}

// reader reads YAML nodes, and collects what is wrong.
type reader struct {
	file string
	errs []error
}

// at returns an error about a node, without its text.
func (r *reader) at(n *yaml.Node) Error { return Error{File: r.file, Line: n.Line, Column: n.Column} }

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.failAt(position{n.Line, n.Column}, format, args...)
}

func (r *reader) failAt(p position, format string, args ...any) {
	if len(r.errs) < maxErrors {
		r.errs = append(r.errs, Error{File: r.file, Line: p.line, Column: p.column}.says(format, args...))
	}
}

// document returns the top node of the only document.
func (r *reader) document(data []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(strings.NewReader(string(data)))
	var doc, more yaml.Node
	if err := d.Decode(&doc); err != nil {
		if len(strings.TrimSpace(string(data))) == 0 {
			return nil, Error{File: r.file}.says("the mapping is empty; expected are `columns:` and a line for each column")
		}
		return nil, source.YAMLError(r.file, err)
	}
	if err := d.Decode(&more); err == nil {
		return nil, r.at(&more).says("a second document; a mapping is one")
	}
	if len(doc.Content) == 0 {
		return nil, Error{File: r.file}.says("the mapping is empty; expected are `columns:` and a line for each column")
	}
	top := doc.Content[0]
	if err := r.refuseAliases(top); err != nil {
		return nil, err
	}
	return top, nil
}

// refuseAliases keeps aliases out: they make a small file endless, and a mapping needs none.
func (r *reader) refuseAliases(n *yaml.Node) error {
	if n.Kind == yaml.AliasNode {
		return r.at(n).says("aliases (*name) are not supported here; write the text out")
	}
	for _, c := range n.Content {
		if err := r.refuseAliases(c); err != nil {
			return err
		}
	}
	return nil
}

// entry is a key of a YAML mapping with its value.
type entry struct{ key, value *yaml.Node }

// entries returns the entries of a YAML mapping, without those that are unknown
// (if known is given) or there twice, which are errors.
func (r *reader) entries(n *yaml.Node, what string, known ...string) []entry {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s: keys and values are expected, not %s", what, kindOf(n))
		return nil
	}
	var out []entry
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Kind != yaml.ScalarNode:
			r.fail(k, "%s: a plain key is expected, not %s", what, kindOf(k))
		case seen[k.Value]:
			shown := ""
			if known == nil || slices.Contains(known, k.Value) {
				shown = suggest.Shown(k.Value)
			}
			r.fail(k, "the key%s is there twice", shown)
		case known != nil && !slices.Contains(known, k.Value):
			r.fail(k, "%s", suggest.Unknown("unknown key", k.Value, known))
		default:
			out = append(out, entry{k, v})
		}
		seen[k.Value] = true
	}
	return out
}

// didYouMean suggests a word, or lists those that are known.
func didYouMean(word string, known []string) string {
	if s := suggest.DidYouMean(word, known); s != "" {
		return s
	}
	if len(known) == 0 {
		return ""
	}
	return " (known: " + suggest.List(known) + ")"
}

// maxErrors is how many errors of a mapping are listed.
const maxErrors = 50

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	}
	if n.Tag == "!!null" {
		return "nothing"
	}
	return "a plain value"
}

// scalar reads a plain value as its literal text: yes, 007 and 2026-01-31 stay what they are.
func (r *reader) scalar(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" && n.Value == "" {
		r.fail(n, "%s: a plain value is expected, not %s", what, kindOf(n))
	}
	return n.Value
}

func (r *reader) text(n *yaml.Node, what string) text {
	return text{r.scalar(n, what), position{n.Line, n.Column}}
}

// list reads a list of plain values, or one of them.
func (r *reader) list(n *yaml.Node, what string) []text {
	if n.Kind == yaml.ScalarNode {
		return []text{r.text(n, what)}
	}
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "%s: a list is expected, not %s", what, kindOf(n))
		return nil
	}
	var out []text
	for _, item := range n.Content {
		out = append(out, r.text(item, what))
	}
	return out
}

func (r *reader) words(n *yaml.Node, what string) []string {
	var out []string
	for _, t := range r.list(n, what) {
		out = append(out, t.value)
	}
	return out
}

// boolean reads true or false.
func (r *reader) boolean(n *yaml.Node, what string) bool {
	switch r.scalar(n, what) {
	case "true":
		return true
	case "false":
		return false
	}
	r.fail(n, "%s: true or false is expected", what)
	return false
}
