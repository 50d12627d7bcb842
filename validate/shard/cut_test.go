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

// TestPlacesAreForgotten has more places than are kept.
func TestPlacesAreForgotten(t *testing.T) {
	for _, sizes := range [][]int64{{300_000}, {100_000, 7, 200_000}} {
		steps := make([]int64, len(sizes))
		for i := range steps {
			steps[i] = 1
		}
		for i, part := range cutInto(4, sizes, steps) {
			size := int64(0)
			for _, r := range part.Ranges {
				size += r.Length
			}
			assert.InDelta(t, 75_000, size, 150, "part %d of %v", i+1, sizes)
		}
	}
	c := NewCutter(1, make([]Source, 1))
	for at := range int64(1_000_000) {
		c.Place(scan.Place{Pos: scan.Pos{Offset: at}}, source.Frame{})
		require.LessOrEqual(t, len(c.places), 512+4096)
	}
	assert.Greater(t, len(c.places), 2000)
}

// TestTextIsDivided cuts the text of compressed inputs, not what is in the files.
func TestTextIsDivided(t *testing.T) {
	p := &Plan{For: ForConvert, Sources: []Source{{Size: 100, Codec: "gzip"}, {Size: 90, Codec: "gzip"}, {Size: 10, Codec: "bzip2"}}}
	c := NewCutter(4, p.Sources)
	for at := int64(10); at <= 1000; at += 10 { // each frame is 10 bytes, of 1
		c.Rows(1, 10, 5)
		c.Place(scan.Place{Pos: scan.Pos{Offset: at + 3, Line: at}}, source.Frame{Offset: at / 10, Text: at})
	}
	p.Sources[0].Text = 1000
	c.End()
	c.Rows(3, 30, 5) // it turns out to be one frame
	c.End()
	c.End()
	p.Parts = c.Parts()
	require.NoError(t, p.Seal())
	require.NoError(t, p.check())
	var got [][]Range
	for _, part := range p.Parts {
		for i := range part.Ranges {
			part.Ranges[i].CRC32C = 0
		}
		got = append(got, part.Ranges)
	}
	assert.Equal(t, [][]Range{
		{{Length: 503, Line: 1, Record: 1}},
		{{Offset: 503, Length: 497, Line: 500, Record: 51, Frame: source.Frame{Offset: 50, Text: 500}}},
		{{Source: 1, Length: 90, Line: 1, Record: 1}},
		{{Source: 2, Length: 10, Line: 1, Record: 1}},
	}, got)
	assert.EqualValues(t, 503, p.End(got[0][0]))
	assert.EqualValues(t, 50, p.FileEnd(got[0][0]))
	assert.Zero(t, p.End(got[1][0]))
	assert.Zero(t, p.FileEnd(got[1][0]))
	for name, spoil := range map[string]func(){
		"a frame behind it": func() { got[1][0].Frame.Text = 504 },
		"no offset":         func() { got[1][0].Frame.Offset = -1 },
		"the size":          func() { p.Sources[0].Text = 0 },
	} {
		kept, text := got[1][0], p.Sources[0].Text
		spoil()
		p.Parts[1].Ranges[0] = got[1][0]
		assert.Error(t, p.check(), name)
		got[1][0], p.Sources[0].Text = kept, text
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
