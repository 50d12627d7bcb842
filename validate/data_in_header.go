package validate

import (
	"regexp"

	"poolprep/validate/schema"
)

// valueShapes are what values look like and names of columns do not. They are in
// words that hold nothing of the value.
var valueShapes = []struct {
	what  string
	shape *regexp.Regexp
}{
	{"an e-mail address", regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)},
	{"a password hash", regexp.MustCompile(`^(\$[A-Za-z0-9-]+\$.+|\{[A-Za-z0-9-]+\}.+|pbkdf2_[a-z0-9]+\$.+)$`)},
	{"an object or list", regexp.MustCompile(`^\s*["']?[{\[]|[}\]]["']?\s*$|"\s*:`)},
	{"an identifier", regexp.MustCompile(`(?i)^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$|^[0-9a-f]{24,}$`)},
	{"an address of a page", regexp.MustCompile(`(?i)^https?://`)},
	{"a number or date", regexp.MustCompile(`^[+(]?[0-9][0-9 ()./:+,TZ-]*$`)},
	{"a yes or no", regexp.MustCompile(`(?i)^(true|false)$`)},
	{"a text of more than 100 bytes", regexp.MustCompile(`(?s)^.{101,}$`)},
}

// DataInHeader tells whether the names of a header are the values of a row: none of
// them is known, by name or but for letter case, blanks, `_`, `-` and `:`, and one is
// what only values are. It returns the number of that field, from 1, and what it is;
// 0 for a header.
func DataInHeader(names, known []string) (field int, what string) {
	plain := make(map[string]bool, len(known))
	for _, k := range known {
		plain[schema.PlainName(k)] = true
	}
	for i, name := range names {
		if name == "" {
			continue
		}
		if plain[schema.PlainName(name)] {
			return 0, ""
		}
		for _, v := range valueShapes {
			if field == 0 && v.shape.MatchString(name) {
				field, what = i+1, v.what
			}
		}
	}
	return field, what
}
