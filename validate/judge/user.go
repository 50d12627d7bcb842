package judge

import (
	"errors"
	"maps"
	"slices"
	"unicode/utf8"

	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/suggest"
)

// UnknownColumnError says that a user has a value for a column which the rules do not have.
type UnknownColumnError struct {
	Column string
	Known  []string // the columns that there are
}

func (e *UnknownColumnError) Error() string {
	return "judge: " + suggest.Unknown("unknown column", e.Column, e.Known)
}

// User judges one user, given as values by the names of columns, such as a migration
// Lambda has it; a column that is not given is empty. It finds what is wrong with the values
// of a row, and has no position. What compares users with each other, that is duplicates,
// and what is about the line in a file, such as its length, is left out. A name that is no
// column is an UnknownColumnError. User is safe for concurrent use.
func (v *Validator) User(user map[string]string) ([]rule.Finding, error) {
	if len(v.columns) == 0 {
		return nil, errors.New("judge: a user needs a Validator with columns")
	}
	var names []string
	for i := range v.columns {
		if name := v.columns[i].name; name != "" {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(user)) {
		if !slices.Contains(names, name) {
			return nil, &UnknownColumnError{name, names}
		}
	}
	var buf []byte
	values := make([]scan.Span, len(v.columns))
	for i := range v.columns {
		value := user[v.columns[i].name]
		if !utf8.ValidString(value) {
			return []rule.Finding{{
				Code: rule.RowEncoding, Severity: v.severity[rule.RowEncoding], Column: v.columns[i].name, Text: "the value is not valid UTF-8",
			}}, nil
		}
		start := uint32(len(buf))
		buf = append(buf, value...)
		values[i] = scan.Span{Start: start, End: uint32(len(buf))}
	}
	buf = append(buf, make([]byte, scan.Padding)...)[:len(buf)]
	c := v.NewChecker(false)
	c.Row(buf, values, scan.HasAnything)
	var out []rule.Finding
	for i := range c.marks {
		out = append(out, rule.Finding{})
		v.Fill(&out[len(out)-1], &c.marks[i])
	}
	return out, nil
}
