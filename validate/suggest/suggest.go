// Package suggest finds the word somebody probably meant.
package suggest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Closest returns the candidate nearest to word in edit distance, letter case
// aside, or "" when none is near enough to be a plausible typing mistake.
// Of equally near candidates the first wins.
//
// A word of many bytes, or a candidate of a length too different, is no typing
// mistake; of very many candidates the first are compared.
func Closest(word string, candidates []string) string {
	const longest, most = 200, 2000
	if len(word) > longest {
		return ""
	}
	limit := 1 + len(word)/4
	best, bestDistance := "", limit+1
	for _, c := range candidates[:min(len(candidates), most)] {
		if len(c) > len(word)*utf8.UTFMax+limit || len(word) > len(c)*utf8.UTFMax+limit {
			continue
		}
		if d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// DidYouMean returns `, did you mean "X"?` for the closest candidate, or "".
func DidYouMean(word string, candidates []string) string {
	if c := Closest(word, candidates); c != "" {
		return fmt.Sprintf(", did you mean %q?", c)
	}
	return ""
}

// List returns names in a list for a person: the first ten, and how many more there
// are. A long name is cut.
func List(names []string) string {
	return Joined(names, ", ")
}

// Joined is List with another text between the names.
func Joined(names []string, between string) string {
	const most = 10
	var out []string
	for _, name := range names[:min(len(names), most)] {
		out = append(out, Short(name))
	}
	text := strings.Join(out, between)
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Short returns a name as it is, or the first 100 bytes of a long one.
func Short(name string) string {
	const longest = 100
	if len(name) <= longest {
		return name
	}
	return strings.ToValidUTF8(name[:longest], "") + "..."
}
