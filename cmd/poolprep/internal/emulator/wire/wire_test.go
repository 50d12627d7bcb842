package wire

import (
	"encoding/binary"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTokens authenticate a position in one list, and are no flags.
func TestTokens(t *testing.T) {
	tokens := Tokens("a secret key of thirty-two bytes")
	number := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	seen := make(map[string]bool)
	for i := range uint64(500) {
		token := tokens.Token("list", number(i))
		assert.NotContains(t, token, "-")
		assert.False(t, seen[token])
		seen[token] = true
		assert.Equal(t, token, tokens.Token("list", number(i)), "equal places have equal tokens")
		position, ok := tokens.Position("list", token)
		assert.True(t, ok)
		assert.Equal(t, i, binary.BigEndian.Uint64(position))
		_, ok = tokens.Position("other list", token)
		assert.False(t, ok)
	}
	token := tokens.Token("list", number(7))
	for i := range token {
		changed := []byte(token)
		changed[i] ^= 1
		_, ok := tokens.Position("list", string(changed))
		assert.False(t, ok, "%d", i)
	}
	for _, bad := range []string{"", "=", "AAAA", token + "A", token[1:]} {
		_, ok := tokens.Position("list", bad)
		assert.False(t, ok, bad)
	}
}

func TestEpoch(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)
	text, err := json.Marshal(map[string]any{"d": Epoch(now), "e": EpochOf(now.Add(-89e6))})
	require.NoError(t, err)
	assert.JSONEq(t, `{"d":1772600767.089,"e":1772600767.000}`, string(text))
	assert.Nil(t, EpochOf(time.Time{}))
}
