package scan

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPanicOfAWorker becomes the error of the run.
func TestPanicOfAWorker(t *testing.T) {
	for _, workers := range []int{1, 2, 8} {
		s, err := NewSplitter(strings.NewReader(strings.Repeat("a,b\n", 1000)), Pos{}, Dialect{}, 10)
		require.NoError(t, err)
		err = Run(t.Context(), s, workers, func() int { return 0 },
			func(b *Block, _ int) {
				if b.Pos.Line > 100 {
					panic("secret")
				}
			},
			func(*Block, int) error { return nil })
		var p *PanicError
		require.True(t, errors.As(err, &p))
		assert.NotEmpty(t, p.Stack)
	}
}
