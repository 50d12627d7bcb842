package validate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/rule"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// inFrames compresses a text in frames that end anywhere, or leaves it as it is.
func inFrames(r *rand.Rand, text string) string {
	var out bytes.Buffer
	kind, most := r.IntN(3), 1+r.IntN(400)
	if kind == 0 {
		return text
	}
	for rest, more := text, true; more; {
		piece := rest[:min(len(rest), r.IntN(most))]
		out.WriteString(frameOf(kind == 1, piece, gzip.BestSpeed))
		rest = rest[len(piece):]
		more = rest != ""
	}
	return out.String()
}

var frameEncoder, _ = zstd.NewWriter(nil, zstd.WithZeroFrames(true), zstd.WithEncoderConcurrency(1))

// frameOf makes a gzip member, or a zstd frame.
func frameOf(member bool, text string, level int) string {
	var b bytes.Buffer
	if !member {
		return string(frameEncoder.EncodeAll([]byte(text), nil))
	}
	z, _ := gzip.NewWriterLevel(&b, level)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

// manyUsers are the rows of an import file with its header, which hardly become smaller.
func manyUsers(rows int) string {
	r := rand.New(rand.NewPCG(5, 5))
	var text strings.Builder
	text.WriteString("cognito:username,email,email_verified\n")
	for range rows {
		fmt.Fprintf(&text, "u%x,u%x%x@example.com,TRUE\n", r.Uint64(), r.Uint64(), r.Uint64())
	}
	return text.String()
}

// expecting is a store that is told where reading ends.
type expecting struct {
	source.Ranged
	end int64
}

func (e *expecting) Expect(end int64) { e.end = end }

// TestPartReadsItsFrames counts what a part in the middle reads from the file.
func TestPartReadsItsFrames(t *testing.T) {
	text := manyUsers(100_000)
	for _, member := range []bool{true, false} {
		var file strings.Builder
		for rest := text; rest != ""; {
			piece := rest[:min(len(rest), 50_000)]
			file.WriteString(frameOf(member, piece, gzip.BestSpeed))
			rest = rest[len(piece):]
		}
		dir := t.TempDir()
		sources := filesOf(t, dir, file.String())
		moved(t, sources)
		var store *expecting
		open := func(path string) (source.Ranged, error) {
			r, err := sources[0].Open(path)
			store = &expecting{Ranged: r}
			return store, err
		}
		o := CheckOptions{}
		plan, err := PlanCheck(t.Context(), o, PlanOptions{Parts: 8}, sources...)
		require.NoError(t, err)
		assert.EqualValues(t, len(text), plan.Sources[0].Text)
		again, err := PlanCheck(t.Context(), CheckOptions{Workers: 3}, PlanOptions{Parts: 8}, sources...)
		require.NoError(t, err)
		assert.Equal(t, plan.Parts, again.Parts, "with more workers")
		for part := range 8 {
			r := plan.Parts[part].Ranges[0]
			assert.InDelta(t, len(text)/8, r.Length, 60_000, "the parts are about equal")
			assert.LessOrEqual(t, r.Offset-r.Frame.Text, int64(50_000))
			var in *Input
			o.Opened = func(opened *Input) func(*rule.Summary) { in = opened; return nil }
			_, err := CheckPart(t.Context(), o, PartOptions{Plan: plan, Part: part + 1, Dir: filepath.Join(dir, fmt.Sprint(part)), Open: open})
			require.NoError(t, err)
			if part < 7 {
				assert.Equal(t, plan.Parts[part+1].Ranges[0].Frame.Offset, store.end)
			}
			const ahead = 3 << 20 // text that is decompressed before and behind the range, and buffers
			assert.Less(t, in.Raw().RawRead(), int64(file.Len()/8+ahead), "part %d of %d bytes", part+1, file.Len())
		}
	}
}

// TestOneFrameIsOnePart divides nothing that has one frame.
func TestOneFrameIsOnePart(t *testing.T) {
	text := manyUsers(500)
	for name, file := range map[string]string{
		"gzip":                   frameOf(true, text, gzip.BestSpeed),
		"gzip, and an empty one": frameOf(true, text, gzip.BestSpeed) + frameOf(true, "", gzip.BestSpeed),
		"zstd":                   frameOf(false, text, 0),
		"zstd, and skippable":    "\x50\x2a\x4d\x18\x01\x00\x00\x00x" + frameOf(false, text, 0) + "\x5e\x2a\x4d\x18\x00\x00\x00\x00",
		"what looks like two":    frameOf(true, strings.Replace(text, "@", "\x1f\x8b\x08\x00", 1), gzip.NoCompression),
	} {
		plan, err := PlanCheck(t.Context(), CheckOptions{}, PlanOptions{Parts: 2}, filesOf(t, t.TempDir(), file)...)
		require.NoError(t, err, name)
		assert.Zero(t, plan.Sources[0].Text, name)
		var ranges []shard.Range
		for _, part := range plan.Parts {
			ranges = append(ranges, part.Ranges...)
		}
		assert.Equal(t, []shard.Range{{Length: int64(len(file)), Line: 1, Record: 1}}, ranges, name)
	}
}

// TestDamagedFrames are refused by the plan as by a check, and noticed by a part if the file
// was changed since.
func TestDamagedFrames(t *testing.T) {
	text := manyUsers(12_000)
	pieces := []string{text[:200_000], text[200_000:400_000], text[400_000:]}
	for _, member := range []bool{true, false} {
		var good strings.Builder
		var frames []string
		for _, piece := range pieces {
			frames = append(frames, frameOf(member, piece, gzip.NoCompression))
			good.WriteString(frames[len(frames)-1])
		}
		middle := len(frames[0]) + len(frames[1])/2
		for name, bad := range map[string]string{
			"damaged":         good.String()[:middle] + "~~~~" + good.String()[middle+4:],
			"cut off":         good.String()[:good.Len()-9],
			"garbage follows": good.String() + "garbage",
		} {
			sources := filesOf(t, t.TempDir(), bad)
			_, want := Check(t.Context(), CheckOptions{}, sources...)
			_, got := PlanCheck(t.Context(), CheckOptions{}, PlanOptions{Parts: 2}, sources...)
			var a, b *source.ReadError
			require.ErrorAs(t, want, &a, name)
			require.ErrorAs(t, got, &b, name)
			assert.Equal(t, a.Err, b.Err, name)
		}

		dir := t.TempDir()
		sources := filesOf(t, dir, good.String())
		plan, err := PlanCheck(t.Context(), CheckOptions{}, PlanOptions{Parts: 3}, sources...)
		require.NoError(t, err)
		part := func(k int) error {
			o := CheckOptions{Reading: Reading{BlockSize: 10_000}} // the header and little more is read of the first frame
			_, err := CheckPart(t.Context(), o, PartOptions{Plan: plan, Part: k, Dir: filepath.Join(dir, fmt.Sprint(k)), Force: true})
			return err
		}
		change := func(file string) {
			require.Equal(t, good.Len(), len(file))
			require.NoError(t, os.WriteFile(sources[0].Path, []byte(file), 0o600))
		}
		change(good.String()[:middle] + "~~~~" + good.String()[middle+4:])
		require.NoError(t, part(3), "it is in another part")
		require.Error(t, part(2))
		if member { // the same size, and well compressed
			var changed *shard.ChangedError
			change(frames[0] + frameOf(true, pieces[1][:100_000]+strings.Replace(pieces[1][100_000:], "TRUE", "FULL", 1), gzip.NoCompression) + frames[2])
			require.NoError(t, part(1))
			require.ErrorAs(t, part(2), &changed)
		}
	}
}
