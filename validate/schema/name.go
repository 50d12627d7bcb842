package schema

import "strings"

// PlainName is the spelling in which names of columns are compared: without letter
// case, blanks, `_`, `-` and `:`.
func PlainName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t_-:\u00a0", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}
