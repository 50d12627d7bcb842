package value

import (
	"slices"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInvisible(t *testing.T) {
	tests := []struct {
		name, value string
		want        rune // 0: none
	}{
		{"nothing special", "Zoë Berg-O’Brien … – 日本語 한국어 ไทย हिन्दी العربية", 0},
		{"soft hyphen", "an\u00adna", 0xAD},
		{"zero-width space", "anna\u200b", 0x200B},
		{"zero-width joiner in a word", "क्\u200dष", 0x200D},
		{"zero-width non-joiner in a word", "می\u200cخواهم", 0x200C},
		{"right-to-left mark", "\u200fanna", 0x200F},
		{"Arabic letter mark", "\u061canna", 0x061C},
		{"override", "\u202ennea", 0x202E},
		{"isolate", "\u2066anna\u2069", 0x2066},
		{"word joiner", "an\u2060na", 0x2060},
		{"invisible times", "a\u2062b", 0x2062},
		{"line separator", "a\u2028b", 0x2028},
		{"byte order mark", "\ufeffanna", 0xFEFF},
		{"replacement character", "Ren\ufffd", 0xFFFD},
		{"object replacement character", "Ren\ufffc", 0xFFFC},
		{"annotation", "a\ufff9b", 0xFFF9},
		{"grapheme joiner", "a\u034fb", 0x034F},
		{"Hangul filler", "a\u3164b", 0x3164},
		{"halfwidth Hangul filler", "\uffa0", 0xFFA0},
		{"Hangul jamo fillers", "\u115f\u1160", 0x115F},
		{"Khmer vowel", "ក\u17b4", 0x17B4},
		{"Mongolian vowel separator", "a\u180eb", 0x180E},
		{"braille without dots", "a\u2800b", 0x2800},
		{"braille with dots", "a\u2801b", 0},
		{"shorthand", "a\U0001bca0b", 0x1BCA0},
		{"musical", "a\U0001d173b", 0x1D173},
		{"a red heart", "Anna ❤\ufe0f", 0},
		{"a keycap", "1\ufe0f\u20e3 #\ufe0f\u20e3", 0},
		{"a variant of an ideograph", "葛\U000e0100城", 0},
		{"a Mongolian variant", "\u1820\u180b", 0},
		{"a selector after a letter", "anna\ufe0f", 0xFE0F},
		{"a selector after an accent of its own", "e\u0301\ufe0f", 0xFE0F},
		{"a selector after a Cyrillic letter", "ж\ufe01", 0xFE01},
		{"a selector first", "\ufe0fanna", 0xFE0F},
		{"a selector after a blank", "a \ufe0f", 0xFE0F},
		{"two selectors", "❤\ufe0f\ufe0f", 0xFE0F},
		{"a Mongolian selector after a letter", "a\u180b", 0x180B},
		{"the flag of England", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 0},
		{"tags that hide text", "anna\U000e0061\U000e0062", 0xE0061},
		{"tags after the end of a flag", "\U0001f3f4\U000e0067\U000e007f\U000e0061", 0xE0061},
		{"language tag", "\U000e0001", 0xE0001},
		{"a family needs joiners", "👩\u200d👩", 0x200D},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := []byte(tt.value)
			var first rune
			gone := 0
			for at, r := range Invisibles(v) {
				if first == 0 {
					first = r
				}
				assert.Equal(t, r, []rune(tt.value[at:])[0])
				gone += utf8.RuneLen(r)
			}
			assert.Equal(t, tt.want, first, "U+%04X", first)
			assert.Len(t, WithoutInvisible(nil, v), len(v)-gone)
		})
	}
}

// TestBeginsInvisible asks about every character, and every beginning of one.
func TestBeginsInvisible(t *testing.T) {
	leads := InvisibleLeads()
	for r := range rune(unicode.MaxRune + 1) {
		if !utf8.ValidRune(r) {
			continue
		}
		text := []byte(string(r))
		want := unicode.In(r, Invisible, Modifying)
		if BeginsInvisible(text) != want || want && !slices.Contains(leads, text[0]) {
			require.Failf(t, "wrong", "U+%04X", r)
		}
	}
	for c := range 256 { // no text that is cut off does harm
		assert.False(t, BeginsInvisible([]byte{byte(c)}))
		BeginsInvisible([]byte{byte(c), 0x80})
	}
}
