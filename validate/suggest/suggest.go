// Package suggest finds the known word that a misspelt one probably stands for. It keeps
// nothing, and is safe for concurrent use.
package suggest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
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
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the edit distance, where two neighbours that changed places count as one edit.
func distance(a, b string) int {
	if swapped(a, b) {
		return 1
	}
	return levenshtein.ComputeDistance(a, b)
}

// swapped reports whether two neighbouring letters of a changed places in b, and nothing else.
func swapped(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) != len(y) {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && slices.Equal(x[i+2:], y[i+2:])
}

// DidYouMean returns `, did you mean "X"?` for the closest candidate, or "".
func DidYouMean(word string, candidates []string) string {
	if c := Closest(word, candidates); c != "" {
		return fmt.Sprintf(", did you mean %q?", c)
	}
	return ""
}

// Unknown says of a word that stands where only some are known: what it is not, and which
// was probably meant, or which there are. The word itself is part of it only if it is
// nearly one of those and Shown shows it: of a file that was taken for another by mistake
// it may be anything.
func Unknown(what, word string, known []string) string {
	if c := Closest(word, known); c != "" {
		return fmt.Sprintf("%s%s, did you mean %q?", what, Shown(word), c)
	}
	if len(known) == 0 {
		return what
	}
	return what + " (known: " + List(known) + ")"
}

// Shown returns a word in quotation marks, with a blank before it, if it is written as
// names are: at most 40 letters, digits, _, -, : and ., and at least one letter. What
// may be an address, a number or a hash is not shown: Shown returns "".
func Shown(word string) string {
	const longest, mostDigits = 40, 8
	letters, digits := 0, 0
	for _, r := range word {
		switch {
		case unicode.IsLetter(r):
			letters++
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("_-:.", r):
			return ""
		}
	}
	if len(word) > longest || letters == 0 || digits > mostDigits {
		return ""
	}
	return fmt.Sprintf(" %q", word)
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
