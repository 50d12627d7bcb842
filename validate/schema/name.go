package schema

import "strings"

// NameBlanks are the characters of ASCII that make no difference in names of columns.
const NameBlanks = " \t_-:"

// PlainName is the spelling in which names of columns are compared: without letter
// case, NameBlanks and no-break spaces.
func PlainName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(NameBlanks+"\u00a0", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}
