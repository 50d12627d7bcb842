// Package suggest finds the word somebody probably meant.
package suggest

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Closest returns the candidate nearest to word in edit distance, letter case
// aside, or "" when none is near enough to be a plausible typing mistake.
// Of equally near candidates the first wins.
func Closest(word string, candidates []string) string {
	limit := 1 + len(word)/4
	best, bestDistance := "", limit+1
	for _, c := range candidates {
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
