package value

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOddIn tries every byte at every place.
func TestOddIn(t *testing.T) {
	for c := range uint64(256) {
		for place := 0; place < 64; place += 8 {
			w := 'a'*EveryByte&^(0xFF<<place) | c<<place
			want := c < 0x20 || c == 0x7F || c == '"' || c == '\\'
			require.Equal(t, want, OddIn(w) != 0, "%#x", c)
		}
	}
}
