package scan

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVeryShortLines has more lines in a block than a block may have records.
func TestVeryShortLines(t *testing.T) {
	for name, text := range map[string]string{
		"blank":         strings.Repeat("\n", 3*maxLines),
		"one byte":      strings.Repeat("a\n", 2*maxLines) + "b",
		"quoted breaks": strings.Repeat("\"\n\"\n", 2*maxLines),
		"then longer":   strings.Repeat("\n", 2*maxLines) + strings.Repeat("some,fields\n", 50_000),
		"malformed":     strings.Repeat("\"a\"b\n", 2*maxLines),
	} {
		t.Run(name, func(t *testing.T) {
			want := readReference(t, []byte(text), Dialect{})
			for _, workers := range []int{1, 2} {
				got := readBlocks(t, bytes.NewReader([]byte(text)), Dialect{}, 0, workers)
				require.True(t, reflect.DeepEqual(want, got))
			}
		})
	}
}
