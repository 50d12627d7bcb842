package source

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inFrames compresses pieces, each as a frame of its own, and returns where they begin.
func inFrames(t testing.TB, codec string, pieces ...string) (data []byte, offsets []int64) {
	for _, piece := range pieces {
		offsets = append(offsets, int64(len(data)))
		if codec == "gzip" {
			data = append(data, gzipped(t, piece)...)
		} else {
			data = append(data, zstded(t, piece)...)
		}
	}
	return data, offsets
}

// skippable is a zstd frame without text.
const skippable = "\x53\x2a\x4d\x18\x05\x00\x00\x00hello"

// stored is a file in memory that can be read from anywhere.
func stored(t testing.TB, data []byte, o Options) *Input {
	in, err := FromReader("users", &object{Reader: strings.NewReader(string(data))}, o)
	require.NoError(t, err)
	t.Cleanup(func() { in.Close() })
	return in
}

// TestFramesAreFound compares the frames with those that were made, and reads on from each.
func TestFramesAreFound(t *testing.T) {
	for round := range uint64(30) {
		r := rand.New(rand.NewPCG(round, 3))
		var pieces []string
		for range 1 + r.IntN(12) {
			pieces = append(pieces, strings.Repeat(people, r.IntN(3)*r.IntN(200))+people[:r.IntN(2)*r.IntN(len(people))])
		}
		text := strings.Join(pieces, "")
		for _, codec := range []string{"gzip", "zstd"} {
			data, offsets := inFrames(t, codec, pieces...)
			var want []Frame
			begun := int64(0)
			for i, piece := range pieces {
				if piece != "" {
					want = append(want, Frame{offsets[i], begun})
				}
				begun += int64(len(piece))
			}
			in := stored(t, data, Options{Frames: true})
			require.True(t, in.Framed())
			got, err := io.ReadAll(in)
			require.NoError(t, err)
			require.Equal(t, text, string(got))
			frames, size := in.Frames()
			require.EqualValues(t, len(text), size)
			require.Equal(t, len(want), frames)
			several, err := SeveralFrames(bytes.NewReader(data), codec)
			require.NoError(t, err)
			require.True(t, several || frames < 2, "%s of %d", codec, frames)
			for i, frame := range want {
				end := int64(len(text))
				if i+1 < len(want) {
					end = want[i+1].Text
				}
				for _, offset := range []int64{frame.Text, frame.Text + r.Int64N(end-frame.Text), end - 1} {
					require.Equal(t, frame, in.FrameAt(offset))
					from := stored(t, data, Options{})
					require.NoError(t, from.GoToFrame(frame, offset))
					rest, err := io.ReadAll(from)
					require.NoError(t, err)
					require.Equal(t, text[offset:], string(rest))
				}
			}
		}
	}
}

// TestSeveralFrames is told without decoding.
func TestSeveralFrames(t *testing.T) {
	long := strings.Repeat(people, 30000)
	noise := make([]byte, 900_000)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	two := func(codec, a, b string) []byte { data, _ := inFrames(t, codec, a, b); return data }
	for name, test := range map[string]struct {
		codec string
		data  []byte
		want  bool
	}{
		"one member":          {"gzip", gzipped(t, long), false},
		"one member of noise": {"gzip", gzipped(t, string(noise)), false},
		"two members":         {"gzip", two("gzip", long, people), true},
		"two, of noise":       {"gzip", two("gzip", string(noise), "x"), true},
		"nothing of gzip":     {"gzip", nil, false},
		"cut in the header":   {"gzip", gzipped(t, people)[:3], false},
		"one frame":           {"zstd", zstded(t, long), false},
		"one frame of noise":  {"zstd", zstded(t, string(noise)), false},
		"two frames":          {"zstd", two("zstd", long, people), true},
		"two, of much noise":  {"zstd", two("zstd", string(noise), "x"), true},
		"one and skippable":   {"zstd", append([]byte(skippable), append(zstded(t, long), skippable...)...), false},
		"two and skippable":   {"zstd", append(two("zstd", "a", "b"), skippable...), true},
		"garbage follows":     {"zstd", append(zstded(t, long), "garbage"...), true},
		"cut off":             {"zstd", zstded(t, string(noise))[:800_000], true},
		"nothing of zstd":     {"zstd", nil, false},
	} {
		for _, r := range []io.Reader{bytes.NewReader(test.data), iotest.HalfReader(bytes.NewReader(test.data)), iotest.OneByteReader(bytes.NewReader(test.data))} {
			got, err := SeveralFrames(r, test.codec)
			require.NoError(t, err, name)
			assert.Equal(t, test.want, got, name)
		}
	}
	// A header may be anywhere in the buffers.
	for gap := rawBuffer - 40; gap < rawBuffer+8; gap++ {
		got, err := SeveralFrames(bytes.NewReader(append(make([]byte, gap), gzipped(t, "x")...)), "gzip")
		require.NoError(t, err)
		require.True(t, got, gap)
		got, err = SeveralFrames(bytes.NewReader(append(make([]byte, gap), "\x1f\x8b\x08\xff\x1f\x8b"...)), "gzip")
		require.NoError(t, err)
		require.False(t, got, gap)
	}
}

// TestFrameByFrame decodes what is damaged, or is more than frames, as who does not ask for
// frames.
func TestFrameByFrame(t *testing.T) {
	long := strings.Repeat(people, 9000)
	texts := func(codec string) map[string][]byte {
		data, offsets := inFrames(t, codec, long, people, long)
		out := map[string][]byte{"whole": data, "garbage": append(bytes.Clone(data), "garbage"...), "empty": {}}
		r := rand.New(rand.NewPCG(4, 4))
		for i := range 30 {
			bad := bytes.Clone(data)
			at := int(offsets[1]) + r.IntN(len(data)-int(offsets[1]))
			bad[at] ^= byte(1 + r.IntN(255))
			out[fmt.Sprint("damaged ", i)] = bad
			out[fmt.Sprint("cut ", i)] = data[:at]
		}
		return out
	}
	for _, codec := range []string{"gzip", "zstd"} {
		for name, data := range texts(codec) {
			want, wantText, wantErr := readAll(bytes.NewReader(data), Options{})
			got, gotText, gotErr := readAll(bytes.NewReader(data), Options{Frames: true})
			if wantErr == nil {
				require.NoError(t, gotErr, "%s, %s", codec, name)
				require.Equal(t, wantText, gotText)
				require.Equal(t, want.Codec(), got.Codec())
				continue
			}
			require.IsType(t, wantErr, gotErr, "%s, %s: %v", codec, name, wantErr)
		}
	}
	mixed := skippable + string(zstded(t, "a\n")) + skippable + skippable + string(zstded(t, "")) + string(zstded(t, "b\n")) + skippable
	in := stored(t, []byte(mixed), Options{Frames: true})
	text, err := io.ReadAll(in)
	require.NoError(t, err)
	assert.Equal(t, "a\nb\n", string(text))
	frames, _ := in.Frames()
	assert.Equal(t, 2, frames)
	assert.Equal(t, int64(2), in.FrameAt(3).Text)
}

func TestGoToFrameOfOtherThings(t *testing.T) {
	plain := stored(t, []byte(people), Options{})
	assert.False(t, plain.Framed())
	assert.Error(t, plain.GoToFrame(Frame{}, 0))
	pipe, err := FromReader("users", bytes.NewReader(gzipped(t, people)), Options{})
	require.NoError(t, err)
	assert.False(t, pipe.Framed())
	in := stored(t, gzipped(t, people), Options{})
	assert.Error(t, in.GoToFrame(Frame{}, -1))
	assert.Error(t, in.GoToFrame(Frame{Offset: -1}, 0))
	assert.Error(t, in.GoToFrame(Frame{Text: 9}, 3))
	assert.Zero(t, in.FrameAt(3))
	assert.Equal(t, io.ErrUnexpectedEOF, in.GoToFrame(Frame{}, int64(len(people)+1)))
	var reading *ReadError
	require.ErrorAs(t, in.GoToFrame(Frame{Offset: 4}, 0), &reading, "there is no member")
	assert.Equal(t, "gzip", reading.Codec)
	require.NoError(t, in.GoToFrame(Frame{}, 1))
	text, err := io.ReadAll(in)
	require.NoError(t, err)
	assert.Equal(t, people[1:], string(text))
}

// TestGoToFrameReadsNoMore counts what is read from the file.
func TestGoToFrameReadsNoMore(t *testing.T) {
	noise := make([]byte, 12<<20)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range noise {
		noise[i] = "abcdefghijklmnopqrstuvwxyz,\n"[r.IntN(28)]
	}
	for _, codec := range []string{"gzip", "zstd"} {
		var pieces []string
		const piece = 256 << 10
		for text := string(noise); text != ""; text = text[piece:] {
			pieces = append(pieces, text[:piece])
		}
		data, offsets := inFrames(t, codec, pieces...)
		in := stored(t, data, Options{})
		middle := len(pieces) / 2
		offset := int64(middle*piece) + 7
		require.NoError(t, in.GoToFrame(Frame{offsets[middle], offset - 7}, offset))
		got := make([]byte, 100)
		_, err := io.ReadFull(in, got)
		require.NoError(t, err)
		require.Equal(t, noise[offset:offset+100], got)
		assert.Less(t, in.RawRead(), int64(len(data)/2), codec)
	}
}

// FuzzFrames decodes anything frame by frame, and as who does not ask for frames.
func FuzzFrames(f *testing.F) {
	for _, codec := range []string{"gzip", "zstd"} {
		data, offsets := inFrames(f, codec, people, "", people, "x")
		f.Add(data)
		f.Add(data[:len(data)-1])
		f.Add(data[:offsets[2]])
		f.Add(append([]byte(skippable), data...))
	}
	f.Add([]byte(skippable + skippable))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		o := Options{MaxExpanded: 1 << 20}
		_, want, wantErr := readAll(bytes.NewReader(data), o)
		o.Frames = true
		in, got, gotErr := readAll(bytes.NewReader(data), o)
		require.Equal(t, wantErr == nil, gotErr == nil, "%v, %v", wantErr, gotErr)
		require.IsType(t, wantErr, gotErr)
		if wantErr != nil || in.Codec() != "gzip" && in.Codec() != "zstd" {
			return
		}
		require.Equal(t, want, got)
		several, err := SeveralFrames(bytes.NewReader(data), in.Codec())
		require.NoError(t, err)
		if frames, _ := in.Frames(); frames > 1 {
			require.True(t, several, "%d frames", frames)
		}
	})
}
