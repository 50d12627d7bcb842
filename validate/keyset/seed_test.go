package keyset

import (
	"bytes"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testSeed is the same in every run of the tests.
func testSeed(n uint64) (s Seed) {
	r := rand.New(rand.NewPCG(n, 77))
	for i := range s {
		s[i] = r.Uint64()
	}
	return s
}

// TestFingerprintsDiffer makes those of many values that differ little.
func TestFingerprintsDiffer(t *testing.T) {
	for seed := range uint64(3) {
		s := testSeed(seed)
		seen := make(map[Key]string)
		note := func(space uint8, v string) {
			k := s.Fingerprint(space, []byte(v))
			require.Zero(t, k.Place)
			require.NotZero(t, k.Lo&1, "no fingerprint is the zero Key")
			name := fmt.Sprintf("%d %q", space, v)
			other, there := seen[k]
			require.False(t, there, "%s and %s", other, name)
			seen[k] = name
		}
		for n := range 70 {
			zeros := bytes.Repeat([]byte{0}, n)
			note(1, string(zeros))
			for i := range zeros {
				for bit := range 8 {
					v := bytes.Clone(zeros)
					v[i] ^= 1 << bit
					note(1, string(v))
				}
			}
		}
		for i := range 20_000 {
			note(1, fmt.Sprint("user", i))
			note(2, fmt.Sprint("user", i))
			note(1, fmt.Sprintf("user%d@mail.example.com", i))
			note(2, fmt.Sprintf("user%d@mail.example.com", i))
		}
	}
}

// TestFingerprintsAreEven counts the bits of those of neighbours, and how many change
// with a bit of the value and with the space.
func TestFingerprintsAreEven(t *testing.T) {
	const n = 4000
	for _, form := range []string{"%04d", "u%06d", "user%010d", "user%07d@mail.example.com", "a long value %07d of more than two times sixteen bytes"} {
		s := testSeed(9)
		var ones [96]int
		changed, values := 0, 0
		for i := range n {
			v := fmt.Appendf(nil, form, i)
			k := s.Fingerprint(1, v)
			for bit := range 64 {
				ones[bit] += int(k.Hi >> bit & 1)
			}
			for bit := range 32 {
				ones[64+bit] += int(k.Lo >> bit & 1)
			}
			v[i%len(v)] ^= 1 << (i % 8)
			for _, other := range []Key{s.Fingerprint(1, v), s.Fingerprint(2, fmt.Appendf(nil, form, i))} {
				changed += bits.OnesCount64(k.Hi^other.Hi) + bits.OnesCount32(k.Lo^other.Lo)
				values++
			}
		}
		for bit, count := range ones {
			if bit == 64 {
				assert.Equal(t, n, count, "Lo is odd")
				continue
			}
			assert.InDelta(t, n/2, count, n/10, "%s: bit %d", form, bit)
		}
		assert.InDelta(t, 95.0/2, float64(changed)/float64(values), 1, form)
	}
}

// TestFingerprintsOfEveryMachine must never change: parts of a run are made on several.
func TestFingerprintsOfEveryMachine(t *testing.T) {
	var s Seed
	for i := range s {
		s[i] = 0x9E3779B97F4A7C15 * uint64(i+1)
	}
	for value, want := range map[string]string{
		"":                            "4522b105a5391032 cde7483d",
		"a":                           "9561f4c612d36d5a 29ab3bdf",
		"anna":                        "a0889531fce4a67b 7cca57ef",
		"anna1234":                    "87e3dd6424c05f91 a4767e93",
		"+12015550123":                "dd1525228e172c4e c8d02d4d",
		"anna@example.com":            "1d2e6f3c0488a778 ba8721ab",
		"anna.maria@mail.example.com": "a5dc60dc09dade3f 94449933",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx": "fe9c78ec042d00a0 4c5574ab",
	} {
		k := s.Fingerprint(1, []byte(value))
		assert.Equal(t, want, fmt.Sprintf("%016x %08x", k.Hi, k.Lo), value)
	}
	assert.NotEqual(t, NewSeed(), NewSeed())
	assert.NotEqual(t, Seed{}, NewSeed())
}
