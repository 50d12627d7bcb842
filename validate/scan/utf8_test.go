package scan

import (
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// TestUTF8OfMixedText compares the kernels with the standard library.
func TestUTF8OfMixedText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	pieces := []string{"a", "plain text ", "\n", "\x1f", " ", "\x7f", "\x80", "é", "日", "\xff", "\x00", "~", "\xc2\x85", "\xe9"}
	for range 20_000 {
		var text []byte
		for range r.IntN(24) {
			if r.IntN(3) == 0 {
				text = append(text, pieces[r.IntN(len(pieces))]...)
			} else {
				text = append(text, pieces[r.IntN(2)]...)
			}
		}
		for name, k := range kernels {
			require.Equal(t, utf8.Valid(text), k.utf8(text), "%s, %q", name, text)
		}
	}
}
