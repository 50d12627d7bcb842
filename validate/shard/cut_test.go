package shard

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/scan"
	"poolprep/validate/source"
)

// cutInto divides inputs that may be cut every step bytes; step 0: not at all.
func cutInto(parts int, sizes []int64, steps []int64) []Part {
	var sources []Source
	for _, size := range sizes {
		sources = append(sources, Source{Size: size})
	}
	c := NewCutter(parts, sources)
	for i, size := range sizes {
		for at := steps[i]; at > 0 && at <= size; at += steps[i] {
			c.Rows(1, steps[i], 0)
			c.Place(scan.Place{Pos: scan.Pos{Offset: at, Line: at + 1}}, source.Frame{})
		}
		c.End()
	}
	return c.Parts()
}

func TestPartsAreAboutEqual(t *testing.T) {
	whole := func(source int, length int64) Range { return Range{Source: source, Length: length, Line: 1, Record: 1} }
	for name, test := range map[string]struct {
		parts        int
		sizes, steps []int64
		want         [][]Range
	}{
		"one file, whole":      {1, []int64{10}, []int64{1}, [][]Range{{whole(0, 10)}}},
		"in the middle":        {2, []int64{10}, []int64{1}, [][]Range{{whole(0, 5)}, {{Offset: 5, Length: 5, Line: 6, Record: 6}}}},
		"where it is possible": {2, []int64{10}, []int64{4}, [][]Range{{whole(0, 4)}, {{Offset: 4, Length: 6, Line: 5, Record: 2}}}},
		"two of three":         {2, []int64{4, 4, 4}, []int64{1, 1, 1}, [][]Range{{whole(0, 4), whole(1, 2)}, {{Source: 1, Offset: 2, Length: 2, Line: 3, Record: 3}, whole(2, 4)}}},
		"one each":             {3, []int64{10, 100, 10}, []int64{0, 0, 0}, [][]Range{{whole(0, 10)}, {whole(1, 100)}, {whole(2, 10)}}},
		"more than there are":  {4, []int64{3}, []int64{0}, [][]Range{{}, {}, {whole(0, 3)}, {}}},
		"an empty one":         {2, []int64{4, 0, 4}, []int64{1, 1, 1}, [][]Range{{whole(0, 4)}, {whole(1, 0), whole(2, 4)}}},
		"nothing":              {2, []int64{0, 0}, []int64{1, 1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got [][]Range
			ranges := 0
			for _, p := range cutInto(test.parts, test.sizes, test.steps) {
				got = append(got, p.Ranges)
				ranges += len(p.Ranges)
			}
			if test.want == nil {
				assert.Equal(t, len(test.sizes), ranges, "each is in one part")
				return
			}
			switch name {
			case "more than there are": // whichever has it
				assert.Equal(t, 1, ranges)
				assert.Len(t, got, test.parts)
			default:
				assert.Equal(t, test.want, got)
			}
		})
	}
}

// TestRangesTouch cuts inputs of any size, and wants a plan that ReadPlan would take.
func TestRangesTouch(t *testing.T) {
	for round := range uint64(3000) {
		r := rand.New(rand.NewPCG(round, 8))
		p := &Plan{For: ForConvert}
		var sizes, steps []int64
		largest := int64(1)
		for range 1 + r.IntN(5) {
			size, step := int64(r.IntN(4)*r.IntN(300)), int64(r.IntN(20))
			sizes, steps = append(sizes, size), append(steps, step)
			p.Sources = append(p.Sources, Source{Size: size})
			if step == 0 {
				step = size
			}
			largest = max(largest, step)
		}
		parts := 1 + r.IntN(12)
		p.Parts = cutInto(parts, sizes, steps)
		require.Len(t, p.Parts, parts)
		require.NoError(t, p.Seal())
		require.NoError(t, p.check(), "%+v", p.Parts)
		total, seen := int64(0), make(map[int]bool)
		for _, size := range sizes {
			total += size
		}
		for _, part := range p.Parts {
			size := int64(0)
			for _, r := range part.Ranges {
				size += r.Length
				seen[r.Source] = true
			}
			require.LessOrEqual(t, size, total/int64(parts)+largest+1, "%v %v %+v", sizes, steps, p.Parts)
		}
		require.Len(t, seen, len(sizes), "every input is in a part")
	}
}

// FuzzParse reads plans and marks that nobody made.
func FuzzParse(f *testing.F) {
	p := &Plan{For: ForConvert, Tool: "x", Sources: []Source{{Path: "a", Size: 9}}, Parts: []Part{{Ranges: []Range{{Length: 9, Line: 1, Record: 1}}}}}
	require.NoError(f, p.Seal())
	f.Add(p.AppendJSON(nil))
	m := &Mark{Version: 1, Plan: p.ID, Part: 1, Inputs: []Input{{NoRow: "x"}}}
	text, err := m.seal()
	require.NoError(f, err)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := parsePlan("x", text); err == nil {
			require.NoError(t, p.check())
			again, err := parsePlan("x", p.AppendJSON(nil))
			require.NoError(t, err)
			require.Equal(t, p, again)
		}
		if m, err := parseMark("x", text); err == nil {
			require.NotEmpty(t, m.Plan)
		}
	})
}

func TestChecksumsAreJoined(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	text := make([]byte, 3000)
	for i := range text {
		text[i] = byte(r.Uint32())
	}
	for range 500 {
		a, b := text[:r.IntN(1000)], text[1000:1000+r.IntN(2000)]
		all := append(append([]byte{}, a...), b...)
		require.Equal(t, Checksum(all), Join(Checksum(a), Checksum(b), int64(len(b))))
		require.Equal(t, Checksum(b), Join(Checksum(a), Checksum(all), int64(len(b))))
		require.Equal(t, Checksum(all), Checksums(Checksum(a), b))
	}
}
