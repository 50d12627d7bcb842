package transform

import (
	"fmt"
	"slices"
	"strconv"

	"poolprep/validate/schema"
)

// MatchByName makes the mapping that goes without a file: each target column
// takes the source column of the same name, or failing that the one whose name
// is the same but for letter case, blanks, `_`, `-` and `:`. Two that fit
// equally well are an error.
func MatchByName(source, target []string) (*Mapping, error) {
	m := &Mapping{}
	for _, name := range target {
		fits := matching(source, func(s string) bool { return s == name })
		if len(fits) == 0 {
			fits = matching(source, func(s string) bool { return schema.PlainName(s) == schema.PlainName(name) })
		}
		switch len(fits) {
		case 0:
		case 1:
			m.columns = append(m.columns, columnSpec{target: text{value: name}, sources: []text{{value: source[fits[0]]}}})
		default:
			return nil, fmt.Errorf("two source columns fit %s: %q (field %d) and %q (field %d); say which one in a mapping, by its number",
				name, source[fits[0]], fits[0]+1, source[fits[1]], fits[1]+1)
		}
	}
	return m, nil
}

func matching(names []string, fits func(string) bool) (out []int) {
	for i, name := range names {
		if fits(name) {
			out = append(out, i)
		}
	}
	return out
}

// indexOf returns the only source column with the name.
func indexOf(source []string, name string) (i int, err error) {
	i = slices.Index(source, name)
	switch field := fieldNumber(name); {
	case i < 0 && field > 0 && field <= len(source):
		return field - 1, nil
	case i < 0:
		return -1, fmt.Errorf("the source has no column %q%s", name, didYouMean(name, source))
	case slices.Contains(source[i+1:], name):
		second := i + 2 + slices.Index(source[i+1:], name)
		return -1, fmt.Errorf("the source has two columns %q: say which one by its number, %d or %d", name, i+1, second)
	}
	return i, nil
}

// fieldNumber returns the number, from 1, of the field that a name stands for if no
// column is called so, 0 if it stands for none.
func fieldNumber(name string) int {
	n, err := strconv.Atoi(name)
	if err != nil || n < 1 || strconv.Itoa(n) != name {
		return 0
	}
	return n
}
