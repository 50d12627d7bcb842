package judge

import (
	"maps"
	"slices"

	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/suggest"
)

// User judges one user, given as values by the names of columns, such as a migration
// Lambda has it. What compares users with each other, that is duplicates, is left out.
// Findings have no position. It is safe for concurrent use.
func (v *Validator) User(user map[string]string) []rule.Finding {
	var out []rule.Finding
	var buf []byte
	values := make([]scan.Span, len(v.columns))
	known := make(map[string]bool, len(v.columns))
	var names []string
	for i := range v.columns {
		name := v.columns[i].name
		known[name] = true
		names = append(names, name)
		start := uint32(len(buf))
		buf = append(buf, user[name]...)
		values[i] = scan.Span{Start: start, End: uint32(len(buf))}
	}
	for _, name := range slices.Sorted(maps.Keys(user)) {
		if s := v.severity[rule.HeaderUnknownColumn]; !known[name] && s != rule.Off {
			out = append(out, rule.Finding{Code: rule.HeaderUnknownColumn, Severity: s, Column: name, Text: suggest.DidYouMean(name, names)})
		}
	}
	buf = append(buf, make([]byte, scan.Overread)...)[:len(buf)]
	if scan.ContentOf(buf, 0)&scan.HasInvalid != 0 {
		s := v.severity[rule.RowEncoding]
		return append(out, rule.Finding{Code: rule.RowEncoding, Severity: s, Text: "a value is not valid UTF-8"})
	}
	c := v.NewChecker(false)
	c.Row(buf, values, scan.HasAnything)
	for i := range c.marks {
		out = append(out, rule.Finding{})
		v.Fill(&out[len(out)-1], &c.marks[i])
	}
	return out
}
