package transform

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/shard"
)

// framed compresses a text whose frames end at the given offsets.
func framed(codec, text string, ends []int) string {
	var out strings.Builder
	begin := 0
	for _, end := range append(ends, len(text)) {
		out.WriteString(frameOf(codec, text[begin:end]))
		begin = end
	}
	return out.String()
}

var frameEncoder, _ = zstd.NewWriter(nil, zstd.WithZeroFrames(true))

func frameOf(codec, text string) string {
	if codec == "zstd" {
		return string(frameEncoder.EncodeAll([]byte(text), nil))
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	z.Extra = []byte("BC\x02\x00\x00\x00") // as that of bgzip
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

// endsWithin are where the frames of a text may end.
var endsWithin = map[string]func(r *rand.Rand, text string) []int{
	"a record": func(r *rand.Rand, text string) (ends []int) {
		for i := r.IntN(90); i < len(text); i += 1 + r.IntN(200) {
			ends = append(ends, i)
		}
		return ends
	},
	"records": func(_ *rand.Rand, text string) (ends []int) { return after(text, "\n", 1) },
	"quotes":  func(_ *rand.Rand, text string) (ends []int) { return after(text, "\"two", 4) },
	"CR LF":   func(_ *rand.Rand, text string) (ends []int) { return after(text, "\r\n", 1) },
	"empty frames": func(r *rand.Rand, text string) []int {
		ends := []int{0, 0}
		for i := 1 + r.IntN(90); i < len(text); i += 1 + r.IntN(200) {
			for range 1 + r.IntN(3) {
				ends = append(ends, i)
			}
		}
		return append(ends, len(text), len(text))
	},
	"one byte": func(_ *rand.Rand, text string) (ends []int) {
		for i := range len(text) {
			ends = append(ends, i)
		}
		return ends
	},
}

// after returns the offsets n bytes into each occurrence of what.
func after(text, what string, n int) (ends []int) {
	for at := 0; ; {
		i := strings.Index(text[at:], what)
		if i < 0 {
			return ends
		}
		at += i + n
		ends = append(ends, at)
	}
}

// TestPartsOfFrames divides exports that are compressed in many frames, which end anywhere.
func TestPartsOfFrames(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	noHash := strings.Replace(partsMapping, "  password_hash: {from: hash, if-failed: empty}\n", "", 1)
	noName := strings.Replace(noHash, "  name: name\n", "", 1)
	var table string
	for seed := uint64(0); !strings.Contains(table, "\r\n") || !strings.HasPrefix(table, "\ufeff"); seed++ {
		table = uglyExport(rand.New(rand.NewPCG(seed, 6)), 90, 70)
	}
	for form, test := range map[string]struct{ mapping, text string }{
		"table": {noHash, table}, "JSON lines": {noName, uglyObjects(r, 40, false)}, "JSON documents": {noName, uglyObjects(r, 40, true)},
	} {
		for name, ends := range endsWithin {
			if name == "quotes" && form != "table" {
				continue
			}
			for _, codec := range []string{"gzip", "zstd"} {
				t.Run(strings.Join([]string{form, name, codec}, "/"), func(t *testing.T) {
					w := &wholeAndParts{dir: t.TempDir(), sink: sink.Options{MaxRows: 13, Force: true}}
					at := ends(r, test.text)
					files := []string{framed(codec, test.text, at)}
					if name == "empty frames" && codec == "zstd" {
						files[0] = strings.ReplaceAll(files[0], frameOf(codec, ""), "\x5a\x2a\x4d\x18\x03\x00\x00\x00abc") // which is skipped
					}
					if name == "records" { // one that is not divided before, and one that is no more compressed
						files = append([]string{frameOf(codec, test.text)}, append(files, test.text)...)
					}
					w.write(t, files...)
					w.options = ConvertOptions{Mapping: readTestMapping(t, test.mapping), Reading: validate.Reading{Detect: true}, KeepGoing: true, Workers: 2}
					whole := w.run(t)
					for _, parts := range []int{1, 2, 3, 4, 5, 6, 7} {
						if parts != 2 && parts != 5 && (testing.Short() || form != "table") {
							continue
						}
						w.options.Reading.BlockSize = 30 * parts * parts
						got, plan := w.merged(t, parts, func(k int, o *ConvertOptions) {
							o.Workers, o.Reading.BlockSize = 1+(k+parts)%3, 10+r.IntN(3000)
						})
						require.Equal(t, whole.text.String(), got.text.String())
						require.Equal(t, whole.result, got.result)
						sameFiles(t, filepath.Join(w.dir, "whole"), filepath.Join(w.dir, "merged"))
						if len(files) > 1 {
							assert.Zero(t, plan.Sources[0].Text, "it is one frame")
							continue
						}
						require.EqualValues(t, len(test.text), plan.Sources[0].Text)
						if parts > 1 && len(at) > 25 {
							aboutEqual(t, plan)
						}
					}
					w.dry(t, whole, 3)
				})
			}
		}
	}
}

// aboutEqual wants each part to have a range, which is decompressed from a frame near it on.
func aboutEqual(t *testing.T, plan *shard.Plan) {
	text := plan.Sources[0].Text
	for i, part := range plan.Parts {
		require.Len(t, part.Ranges, 1)
		r := part.Ranges[0]
		assert.InDelta(t, text/int64(len(plan.Parts)), r.Length, float64(text)/4)
		if i == 0 {
			assert.Zero(t, r.Frame)
			continue
		}
		assert.Positive(t, r.Frame.Offset)
		assert.LessOrEqual(t, r.Offset-r.Frame.Text, int64(1000))
	}
}

// dry makes a check of the same, in parts.
func (w *wholeAndParts) dry(t *testing.T, whole *reported, parts int) {
	o := w.options
	o.DryRun = true
	plan, err := PlanConvert(t.Context(), o, validate.PlanOptions{Parts: parts, Tool: "test"}, w.sources...)
	require.NoError(t, err)
	var dirs []string
	for k := range plan.Parts {
		dirs = append(dirs, filepath.Join(w.dir, fmt.Sprint("dry-", k)))
		_, err := ConvertPart(t.Context(), o, validate.PartOptions{Plan: plan, Part: k + 1, Dir: dirs[k]})
		require.NoError(t, err)
	}
	set, err := shard.OpenSet(plan, dirs)
	require.NoError(t, err)
	got := newReported(t)
	got.result, err = Merge(t.Context(), MergeOptions{MergeOptions: validate.MergeOptions{Parts: set, Report: got.report.Finding}})
	require.NoError(t, err)
	require.NoError(t, got.report.Flush())
	require.Equal(t, whole.text.String(), got.text.String())
	require.Equal(t, whole.result.Summary, got.result.Summary)
}
