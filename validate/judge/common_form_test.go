package judge

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// TestCommonForm compares with the library for every character, alone and before an accent.
func TestCommonForm(t *testing.T) {
	var f commonForm
	for r := rune(0); r <= 0x10FFFF; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		v := string(r) + "\u0301"
		if want, got := norm.NFC.String(width.Fold.String(v)), f.of([]byte(v)); want != string(got) {
			require.Equal(t, want, string(got), "U+%04X", r)
		}
		again := bytes.Clone(f.of([]byte(v)))
		if !bytes.Equal(again, f.of(again)) {
			require.Failf(t, "not the same again", "U+%04X", r)
		}
	}
	for _, name := range []string{"日本語", "żółw", "ａｎｎａ", "e\u0301a", "ｶﾞ"} {
		v := []byte(name)
		f.of(v)
		assert.Zero(t, testing.AllocsPerRun(10, func() { f.of(v) }), name)
	}
}
