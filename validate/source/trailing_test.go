package source

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWhatFollowsCompressedData tries bytes after the end, few and many, and the
// same data cut off: each is called what it is.
func TestWhatFollowsCompressedData(t *testing.T) {
	long := strings.Repeat(people, 20000) // several blocks
	for codec, data := range map[string][]byte{
		"gzip": gzipped(t, people), "gzip, long": gzipped(t, long), "gzip, two members": append(gzipped(t, people), gzipped(t, people)...),
		"zstd": zstded(t, people), "zstd, long": zstded(t, long), "zstd, two frames": append(zstded(t, people), zstded(t, people)...),
		"bzip2": []byte(bzipped), "bzip2, two": []byte(bzipped + bzipped),
	} {
		for _, more := range []string{"\n", "\x00", "x", "\r\n", "\x00\x00\x00", "abcd", "email,name\n", strings.Repeat("\x00", 512), strings.Repeat("y", 70000)} {
			in, _, err := readAll(bytes.NewReader(append(bytes.Clone(data), more...)), Options{})
			require.Error(t, err, "%s and %q", codec, more)
			assert.ErrorContains(t, err, "follows the compressed data", "%s and %q", codec, more)
			_ = in
		}
		for _, less := range []int{1, 2, 5, len(data) / 2} {
			_, _, err := readAll(bytes.NewReader(data[:len(data)-less]), Options{})
			if strings.Contains(codec, "two") && less == len(data)/2 {
				require.NoError(t, err, codec) // just the second one is missing
				continue
			}
			require.Error(t, err, "%s less %d", codec, less)
			assert.ErrorContains(t, err, "cut off", "%s less %d", codec, less)
		}
	}
}
