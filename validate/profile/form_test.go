package profile

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/validate/scan"
)

// TestForms looks for the forms of values of few characters, those at the ends of ranges
// among them, and wants what the definition says.
func TestForms(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	const characters = "aazzAZ0999@@-/:[`{\x00\x7f"
	var shapes tally
	var f forms
	found := 0
	for range 200_000 {
		n := 1 + r.IntN(9)
		if r.IntN(4) == 0 {
			n = 1 + r.IntN(70)
		}
		v := make([]byte, n)
		fill := characters[r.IntN(len(characters))]
		for i := range v {
			v[i] = fill
			if r.IntN(8) == 0 {
				v[i] = characters[r.IntN(len(characters))]
			}
		}
		padded := append(append([]byte("x"), v...), "behind it"[:r.IntN(10)]...)
		span := scan.Span{Start: 1, End: uint32(1 + n)}
		want := string(appendShape(nil, v))
		if form := f.find(padded, span); form != nil {
			found++
			require.Equal(t, want, string(shapes.text(&shapes.entries[form.shape])))
			require.Equal(t, domainIn([]byte(want)), int(form.domain))
			continue
		}
		f.saw([]byte(want), shapes.find(hashText([]byte(want)), []byte(want)), n)
		if len(shapes.entries) > 5000 {
			shapes.reset()
			f.reset()
		}
	}
	require.Greater(t, found, 20_000)
}

func TestDomainIn(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		for at := range n + 1 {
			for _, other := range []byte{'a', 'A', 0, 0x80, 0xC0, 0xFF, '?', '@' + 1} {
				address := bytes.Repeat([]byte{other}, n)
				want := 0
				if at < n {
					address[at] = '@'
					address[at/2] = '@'
					want = at + 1
				}
				if want == n {
					want = 0
				}
				require.Equal(t, want, domainIn(address), "%q", address)
			}
		}
	}
}
