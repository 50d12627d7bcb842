package scan

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// kernels returns the kernels of this build and processor by name.
func kernels() map[string]kernel {
	out := map[string]kernel{"portable": portable{}, "active": active}
	return out
}

// TestKernelsAgreeOnEveryByteAndPlace puts each byte value at each place of a
// piece, and compares with plain loops.
func TestKernelsAgreeOnEveryByteAndPlace(t *testing.T) {
	m := marks{',', '\n', '"'}
	for name, k := range kernels() {
		for place := range 64 {
			for value := range 256 {
				for _, fill := range []byte{'a', ',', '"', 0xFF, 0} {
					data := bytes.Repeat([]byte{fill}, 64)
					data[place] = byte(value)
					var found, special, wantFound, wantSpecial [1]uint64
					controls, high := 0, false
					for i, c := range data {
						if c == m.delimiter || c == m.end {
							wantFound[0] |= 1 << i
						}
						if c == m.special {
							wantSpecial[0] |= 1 << i
						}
						if c < 0x20 || c == 0x7F {
							controls++
						}
						high = high || c >= 0x80
					}
					k.masks(found[:], special[:], data, m)
					n, h := k.controls(data)
					if found != wantFound || special != wantSpecial || n != controls || h != high {
						t.Fatalf("%s: byte %#x at %d among %#x: %x %x %d %v, want %x %x %d %v", name, value, place, fill, found, special, n, h, wantFound, wantSpecial, controls, high)
					}
				}
			}
		}
	}
}

func TestKernelsAgreeOnEveryLength(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	d, err := Dialect{}.Resolve()
	require.NoError(t, err)
	escaping, err := Dialect{Kind: Cognito}.Resolve()
	require.NoError(t, err)
	for n := range 700 {
		data := make([]byte, n)
		for i := range data {
			data[i] = "aaaaaaa,,\"\"\\\n\r\x00\x7f\xc3"[r.IntN(17)]
		}
		for _, d := range []*Dialect{&d, &escaping} {
			want := make([]uint32, n+indexSlack)
			want = want[:structure(portable{}, want, data, d)]
			got := make([]uint32, n+indexSlack)
			got = got[:structure(active, got, data, d)]
			require.Equal(t, want, got, "length %d", n)
		}
		wantN, wantHigh := portable{}.controls(data)
		gotN, gotHigh := active.controls(data)
		require.Equal(t, wantN, gotN)
		require.Equal(t, wantHigh, gotHigh)
	}
}

func BenchmarkKernel(b *testing.B) {
	data := bytes.Repeat([]byte("Anna Berg,Anna,Berg,,,,,\"Main Street 5, Springfield\",anna@example.com,TRUE\n"), 2000)
	d, err := Dialect{}.Resolve()
	require.NoError(b, err)
	dst := make([]uint32, len(data)+indexSlack)
	for name, k := range kernels() {
		b.Run("structure/kernel="+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				structure(k, dst, data, &d)
			}
		})
		b.Run("controls/kernel="+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				k.controls(data)
			}
		})
	}
}
