package mapping

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"poolprep/validate/scan"
)

// Every text that isoTimes reads is read by its layouts, and means the same.
func TestIsoTimesAsTheLayouts(t *testing.T) {
	var layouts []*layout
	for _, text := range []string{"yyyy-MM-dd'T'HH:mm:ss.SSSX", "yyyy-MM-dd'T'HH:mm:ssX", "yyyy-MM-dd HH:mm:ss.SX", "yyyy-MM-dd HH:mm:ssX"} {
		l, err := parseLayout(text)
		require.NoError(t, err)
		layouts = append(layouts, l)
	}
	r := rand.New(rand.NewPCG(7, 8))
	read := 0
	compare := func(layouts []*layout, text string) {
		want, fits := int64(0), false
		for _, l := range layouts {
			if m, ok := l.parse([]byte(text)); ok && !fits {
				at, ok := m.time(nil)
				want, fits = at.Unix(), ok && at.Unix() >= 0
			}
		}
		padded := append([]byte("ab"+text), make([]byte, scan.Padding)...)
		got, ok := isoOf(layouts).read(padded, scan.Span{Start: 2, End: uint32(2 + len(text))})
		require.Equal(t, fits, ok, text)
		if ok {
			read++
			require.Equal(t, want, got, text)
		}
	}
	ends := []string{"Z", "z", "+00", "-0530", "+05:30", "+19", "", "+5", ".Z", ".1Z", ".123456789-08:00", ".1234567890Z", ".x", "Zx", "+00:6", "+00:60"}
	first := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
	for range 20_000 {
		at := time.Unix(first+r.Int64N(last-first), 0)
		if r.IntN(2) == 0 {
			at = time.Unix(r.Int64N(4e9), 0)
		}
		text := []byte(at.UTC().Format([]string{"2006-01-02T15:04:05", "2006-01-02 15:04:05"}[r.IntN(2)]) + ends[r.IntN(len(ends))])
		if r.IntN(3) == 0 {
			text[r.IntN(len(text))] = "0139:-T/.\xff"[r.IntN(10)]
		}
		n := 1 + r.IntN(len(layouts))
		compare(layouts[:n], string(text))
	}
	require.Greater(t, read, 1000)
	require.Nil(t, isoOf([]*layout{{}}))
}
