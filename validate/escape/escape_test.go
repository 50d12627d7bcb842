package escape

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestString(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		`plain "text" C:\Temp`: `plain "text" C:\Temp`,
		"Zoë 日本 👩\u200d👧":      "Zoë 日本 👩\u200d👧",
		"a\x1b[31mb":           `a\x1b[31mb`,
		"a\nb\rc\td\x00":       `a\nb\rc\td\x00`,
		"\x7f\u0080\u009b":     `\x7f\u0080\u009b`,
		"\x9b31m":              `\x9b31m`,
		"caf\xe9":              `caf\xe9`,
		"\u202eevil\u2066":     `\u202eevil\u2066`,
		"\u200e\u200f\u061c":   `\u200e\u200f\u061c`,
		"\u2028\u2029":         `\u2028\u2029`,
		"\ufeffx\u00ad\u200b":  `\ufeffx\u00ad\u200b`,
		"\U000e0041":           `\U000e0041`,
		"\ufffd":               "\ufffd",
		"\u00a0":               "\u00a0",
	} {
		assert.Equal(t, want, String(in), "%q", in)
		assert.Equal(t, "x"+want, string(Append([]byte("x"), []byte(in))), "%q", in)
	}
}

// TestEveryCharacter compares with what Go's own quoting says of each character.
func TestEveryCharacter(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		require.Equal(t, r != 0x200C && r != 0x200D && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp), Unsafe(r), "%U", r)
		got := String(string(r))
		if got == string(r) {
			assert.False(t, Unsafe(r))
			continue
		}
		back, err := strconv.Unquote(`"` + got + `"`)
		require.NoError(t, err)
		require.Equal(t, string(r), back)
		require.False(t, strconv.IsPrint(r), "%U", r)
	}
}

func TestJSONMeansTheSame(t *testing.T) {
	in := map[string]string{"a\u009b\x7f": "\u2028\u202e\U000e0041 Zoë\x1b\n"}
	text, err := json.MarshalIndent(in, "", "  ")
	require.NoError(t, err)
	out := JSON(text)
	for _, r := range string(out) {
		require.False(t, r != '\n' && Unsafe(r), "%q", r)
	}
	var back map[string]string
	require.NoError(t, json.Unmarshal(out, &back))
	assert.Equal(t, in, back)
	assert.Equal(t, 1, strings.Count(string(out), "Zoë"))
	assert.Equal(t, `"\ud800\udc00"`, string(append(AppendJSONRune([]byte(`"`), 0x10000), '"')))
}
