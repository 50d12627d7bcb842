package scan

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain runs all tests with buffers that are overwritten when they are given back.
func TestMain(m *testing.M) {
	PoisonBlocks()
	os.Exit(m.Run())
}

// TestWhatIsLentIsOverwritten keeps what it must not, and finds something else there.
func TestWhatIsLentIsOverwritten(t *testing.T) {
	text := strings.Repeat("anna,\"b\"\"c\"\n", 50)
	var kept [][]byte
	overwritten := func() {
		require.NotEmpty(t, kept)
		for _, b := range kept {
			assert.Equal(t, bytes.Repeat([]byte{poison}, len(b)), b)
		}
		kept = nil
	}
	s, err := NewSplitter(strings.NewReader(text), Pos{}, Dialect{}, 100)
	require.NoError(t, err)
	lend := func(b *Block, _ int) error { kept = append(kept, b.Data, b.Data[len(b.Data):cap(b.Data)]); return nil }
	require.NoError(t, Run(t.Context(), s, 2, func() int { return 0 }, func(*Block, int) {}, lend))
	overwritten()

	r, err := NewReader(strings.NewReader(text), Pos{}, Dialect{})
	require.NoError(t, err)
	for row, err := range r.All() {
		require.NoError(t, err)
		kept = append(kept, row.Raw)
		kept = append(kept, row.Fields...)
	}
	overwritten()
}
