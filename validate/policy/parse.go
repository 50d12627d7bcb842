package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"poolprep/validate"
	"poolprep/validate/source"
)

// Error says where a policy is wrong, and how.
type Error struct {
	File         string
	Line, Column int // from 1; 0: unknown
	What         string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.What
	}
	if e.Column == 0 {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.What)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.What)
}

// Errors are the faults of a policy, in the order of the file.
type Errors []*Error

func (e Errors) Error() string {
	var lines []string
	for _, fault := range e {
		lines = append(lines, fault.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the faults.
func (e Errors) Unwrap() (faults []error) {
	for _, fault := range e {
		faults = append(faults, fault)
	}
	return faults
}

// mostFaults is how many faults of a policy are named: a file with more is no policy.
const mostFaults = 20

// Parse reads a policy: YAML, a rule and its limit a line. columns are those of the pool; nil: not known,
// and any is taken.
// Every error is Errors: all faults of the rules, as far as they are not very many.
func Parse(file string, text []byte, columns []string) (*Rules, error) {
	top, fault := parseTop(file, text)
	if fault != nil {
		return nil, Errors{fault}
	}
	p := &Rules{File: file}
	var faults Errors
	seen := make(map[string]int)
	for i := 0; i+1 < len(top.Content) && len(faults) < mostFaults; i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if line := seen[key.Value]; line > 0 {
			faults = append(faults, at(file, key, fmt.Sprintf("the rule is in line %d already", line)))
			continue
		}
		seen[key.Value] = key.Line
		if fault := p.add(key, value, columns); fault != nil {
			faults = append(faults, fault)
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return p, nil
}

// parseTop returns the mapping of rules to limits.
func parseTop(file string, text []byte) (*yaml.Node, *Error) {
	var document, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&document); err != nil && err != io.EOF {
		return nil, notYAML(file, err)
	}
	if err := d.Decode(&second); err == nil {
		return nil, at(file, &second, "one YAML document is expected, and here another one begins")
	} else if err != io.EOF {
		return nil, notYAML(file, err)
	}
	if document.Kind == 0 {
		return nil, &Error{File: file, What: "the policy is empty; a rule is expected, such as `rows: \">= 1000\"`"}
	}
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, at(file, top, "rules are expected, one a line, such as `rows: \">= 1000\"`")
	}
	return top, nil
}

// add takes a rule, or returns what is wrong with it.
func (p *Rules) add(key, value *yaml.Node, columns []string) *Error {
	switch {
	case key.Kind != yaml.ScalarNode:
		return at(p.File, key, "the name of a rule is expected")
	case value.Kind != yaml.ScalarNode:
		return at(p.File, value, expected)
	case key.Value == "max_rejects":
		if _, err := validate.ParseTolerance(value.Value); err != nil {
			return at(p.File, value, err.Error())
		}
		p.MaxRejects = value.Value
		return nil
	}
	r := Rule{Line: key.Line}
	if wrong := r.subject(key.Value, columns); wrong != "" {
		return at(p.File, key, wrong)
	}
	if wrong := r.limitOf(value.Value); wrong != "" {
		return at(p.File, value, wrong)
	}
	p.List = append(p.List, r)
	return nil
}

func at(file string, n *yaml.Node, what string) *Error {
	return &Error{File: file, Line: n.Line, Column: n.Column, What: what}
}

// notYAML says what is no YAML, and holds nothing of the text.
func notYAML(file string, err error) *Error {
	fault := &Error{File: file, What: err.Error()}
	var wrong *source.SyntaxError
	if errors.As(source.YAMLError(file, err), &wrong) {
		fault.Line, fault.What = wrong.Line, "no YAML: "+wrong.Text
	}
	return fault
}
