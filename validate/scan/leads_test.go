package scan

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLeadsKernelsAgree compares what each kernel finds with what is to be found, byte
// for byte, in texts of all lengths around those that are looked at together.
func TestLeadsKernelsAgree(t *testing.T) {
	dialects := []Dialect{{}, {Kind: Cognito}, {Delimiter: ';', Quote: '\''}, {NoQuotes: true}, {Delimiter: 'N'}, {Delimiter: '\t', Quote: 'n'}}
	words := [][]string{nil, {"NULL", "null", "#N/A", `\N`}, {"-", "ab"}, {"日本", "n\u00e9"}}
	high := []byte{0xC2, 0xE2, 0xF3}
	parts := []string{"NULL", "null", "N", "n", "nu", "Nina", "#N/A", "-", "a", "ab", "x", "日本", "é", "né", "\u00a0", "“", "", "", "\\N"}
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range Kernels() {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(UseKernel(name))
			for _, d := range dialects {
				for _, w := range words {
					for size := 0; size < 200; size += 3 {
						text := leadText(r, d, parts, size)
						requireLeads(t, NewLeads(d, w, high), d, w, high, text)
					}
				}
			}
		})
	}
}

// leadText makes records of the parts, some quoted, and cuts them off.
func leadText(r *rand.Rand, d Dialect, parts []string, size int) string {
	d, _ = d.Resolve()
	var b strings.Builder
	for b.Len() < size {
		for f := range 3 {
			if f > 0 {
				b.WriteByte(d.Delimiter)
			}
			part := strings.Repeat(parts[r.IntN(len(parts))], 1+r.IntN(2))
			if d.Kind == CSV && !d.NoQuotes && (r.IntN(3) == 0 || strings.ContainsAny(part, string([]byte{d.Delimiter, d.Quote}))) {
				quote := string([]byte{d.Quote})
				part = quote + strings.ReplaceAll(part, quote, quote+quote) + quote
			}
			b.WriteString(strings.ReplaceAll(part, ",,", ","))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// requireLeads asserts that every lead is found, and nothing that is far from being one.
func requireLeads(t *testing.T, l *Leads, d Dialect, words []string, high []byte, text string) {
	t.Helper()
	s, err := NewSplitter(strings.NewReader(text), Pos{}, d, len(text)+1)
	require.NoError(t, err)
	var b Block
	var x Index
	if len(text) == 0 || s.Next(&b) != nil {
		return
	}
	b.Index(&x)
	if _, proven := b.Content(&x); !proven {
		return
	}
	got := l.Find([]uint64{7}, &b, &x)
	require.Equal(t, uint64(7), got[0])
	require.Len(t, got[1:], (len(b.Data)+pieceSize-1)/pieceSize)
	is := func(at int) bool { return got[1+at/pieceSize]>>(at%pieceSize)&1 != 0 }
	about := func(at int) string { return fmt.Sprintf("%q, %q, at %d", text, words, at) }
	for at, c := range b.Data {
		if strings.IndexByte(string(high), c) >= 0 {
			require.True(t, is(at), about(at))
		}
		known := strings.IndexByte(string(high), c) >= 0
		for _, w := range words {
			known = known || w[0] == c
		}
		require.True(t, known || !is(at), about(at))
	}
	for i := range x.Records {
		for f := range int(x.Records[i].N) {
			v := x.Field(&x.Records[i], f)
			if v.Len() > 1 && b.Quote() != 0 && b.Data[v.Start] == b.Quote() {
				v = Span{v.Start + 1, v.End - 1}
			}
			for _, w := range words {
				if strings.HasPrefix(string(v.Of(b.Data)), w) {
					require.True(t, is(int(v.Start)), about(int(v.Start)))
				}
			}
		}
	}
}
