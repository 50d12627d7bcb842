package validate

import (
	"regexp"
	"sync"

	"poolprep/validate/schema"
)

// valueShapes are what values look like and names of columns do not. They are in
// words that hold nothing of the value. No column is ever called like those that are
// sure; one of the others may be.
var valueShapes = sync.OnceValue(func() []valueShape {
	return []valueShape{
		{"an e-mail address", true, regexp.MustCompile(`[^\s@]@[^\s@]`)},
		{"a password hash", true, regexp.MustCompile(`^\$[A-Za-z0-9-]+\$.+|^\{[A-Za-z0-9-]+\}.{8}|^[^$]*\$[^$]+\$[^$]+|:[0-9a-fA-F]{32,}$`)},
		{"an object or list", true, regexp.MustCompile(`^\s*[{\[].*"|"\s*:`)},
		{"an object or list", false, regexp.MustCompile(`^\s*["']?[{\[]|[}\]]["']?\s*$`)},
		{"an identifier", true, regexp.MustCompile(`(?i)^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$|^[0-9a-f]{24,}$`)},
		{"an identifier", false, regexp.MustCompile(`^[A-Za-z0-9+/_-]*[a-z][A-Z0-9+/_-][A-Za-z0-9+/_-]*[0-9][A-Za-z0-9+/_=-]*$`)},
		{"a phone number", true, regexp.MustCompile(`^\+?[0-9(][0-9 ()./-]{6,}( ?(ext|x)\.? ?[0-9]+)?$`)},
		{"a number or date", false, regexp.MustCompile(`^[+(-]?[0-9][0-9 ()./:+,TZ-]*$|^[0-9]{1,4}[ ./-][A-Za-z]{3,9}[ ./-][0-9]{1,4}$`)},
		{"a yes or no", false, regexp.MustCompile(`(?i)^(true|false)$`)},
		{"a text of more than 100 bytes", true, regexp.MustCompile(`(?s)^.{101,}$`)},
	}
})

type valueShape struct {
	what  string
	sure  bool
	shape *regexp.Regexp
}

// DataInHeader tells whether the names of a header are the values of a row: none of
// them is known, by name or but for letter case, blanks, `_`, `-` and `:`, and one is
// what only values are. One known name may be a value, too, so it does not count where
// a field is surely none. It returns the number of that field, from 1, and what it is;
// 0 for a header.
func DataInHeader(names, known []string) (field int, what string) {
	found := KnownNames(names, known)
	if found > 1 {
		return 0, ""
	}
	for i, name := range names {
		if name == "" {
			continue
		}
		for _, v := range valueShapes() {
			if field == 0 && (v.sure || found == 0) && v.shape.MatchString(name) {
				field, what = i+1, v.what
			}
		}
	}
	return field, what
}

// IsValueLike reports whether a name is what only values are. It is not printed.
func IsValueLike(name string) bool {
	for _, v := range valueShapes() {
		if v.sure && v.shape.MatchString(name) {
			return true
		}
	}
	return false
}

// KnownNames returns how many of the names are known, or nearly so.
func KnownNames(names, known []string) (n int) {
	plain := make(map[string]bool, len(known))
	for _, k := range known {
		plain[schema.PlainName(k)] = true
	}
	for _, name := range names {
		if plain[schema.PlainName(name)] {
			n++
		}
	}
	return n
}
