package policy

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"poolprep/validate"
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

// Parse reads a policy: YAML, a rule and its limit a line. columns are those of the pool; nil: not known,
// and any is taken.
// Every error is an *Error, and about the first fault.
func Parse(file string, text []byte, columns []string) (*Rules, error) {
	var document yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&document); err != nil && err != io.EOF {
		return nil, notYAML(file, err)
	}
	var second yaml.Node
	if err := d.Decode(&second); err == nil {
		return nil, at(file, &second, "one YAML document is expected, and here another one begins")
	} else if err != io.EOF {
		return nil, notYAML(file, err)
	}
	p := &Rules{File: file}
	if document.Kind == 0 {
		return nil, &Error{File: file, What: "the policy is empty; a rule is expected, such as `rows: \">= 1000\"`"}
	}
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, at(file, top, "rules are expected, one a line, such as `rows: \">= 1000\"`")
	}
	seen := make(map[string]int)
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if line := seen[key.Value]; line > 0 {
			return nil, at(file, key, fmt.Sprintf("the rule is in line %d already", line))
		}
		seen[key.Value] = key.Line
		if err := p.add(key, value); err != nil {
			return nil, err
		}
		if key.Value == "max_rejects" {
			continue
		}
		r := Rule{Line: key.Line}
		if wrong := r.subject(key.Value, columns); wrong != "" {
			return nil, at(file, key, wrong)
		}
		if wrong := r.limitOf(value.Value); wrong != "" {
			return nil, at(file, value, wrong)
		}
		p.List = append(p.List, r)
	}
	return p, nil
}

// add checks the form of a rule, and takes max_rejects.
func (p *Rules) add(key, value *yaml.Node) error {
	switch {
	case key.Kind != yaml.ScalarNode:
		return at(p.File, key, "the name of a rule is expected")
	case value.Kind != yaml.ScalarNode:
		return at(p.File, value, expected)
	case key.Value != "max_rejects":
		return nil
	}
	if _, err := validate.ParseTolerance(value.Value); err != nil {
		return at(p.File, value, err.Error())
	}
	p.MaxRejects = value.Value
	return nil
}

func at(file string, n *yaml.Node, what string) error {
	return &Error{File: file, Line: n.Line, Column: n.Column, What: what}
}

// lineOfYAML finds the line in an error of the YAML parser.
var lineOfYAML = regexp.MustCompile(`^yaml: line ([0-9]+): (.*)`)

func notYAML(file string, err error) error {
	if m := lineOfYAML.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		return &Error{File: file, Line: line, What: "no YAML: " + m[2]}
	}
	return &Error{File: file, What: "no YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
}
