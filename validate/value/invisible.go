package value

import (
	"fmt"
	"iter"
	"unicode"
	"unicode/utf8"
)

// Characters that nobody sees, or that stand for one that was lost. They get
// into values by copying from web pages and messengers, and by reading text in
// the wrong character set. Two values that look the same are different then.

// Invisible has those that are invisible wherever they stand. The zero-width
// joiner and non-joiner are among them: some scripts need them inside of words,
// which is why value-invisible is a warning.
var Invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00AD, Hi: 0x00AD, Stride: 1}, // soft hyphen
		{Lo: 0x034F, Hi: 0x034F, Stride: 1}, // combining grapheme joiner
		{Lo: 0x061C, Hi: 0x061C, Stride: 1}, // Arabic letter mark: bidirectional
		{Lo: 0x115F, Hi: 0x1160, Stride: 1}, // Hangul fillers: letters without a shape
		{Lo: 0x17B4, Hi: 0x17B5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180E, Hi: 0x180E, Stride: 1}, // Mongolian vowel separator
		{Lo: 0x200B, Hi: 0x200F, Stride: 1}, // zero-width, left-to-right and right-to-left mark
		{Lo: 0x2028, Hi: 0x202E, Stride: 1}, // line and paragraph separator; bidirectional embedding and override
		{Lo: 0x2060, Hi: 0x206F, Stride: 1}, // word joiner, invisible operators, bidirectional isolates
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // braille without dots
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xFEFF, Hi: 0xFEFF, Stride: 1}, // byte order mark
		{Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1}, // halfwidth Hangul filler
		{Lo: 0xFFF0, Hi: 0xFFFD, Stride: 1}, // annotation marks; object and character that could not be shown
	},
	R32: []unicode.Range32{
		{Lo: 0x1BCA0, Hi: 0x1BCA3, Stride: 1}, // shorthand format controls
		{Lo: 0x1D173, Hi: 0x1D17A, Stride: 1}, // musical format controls
		{Lo: 0xE0000, Hi: 0xE001F, Stride: 1}, // tags, but for those of tagged
		{Lo: 0xE0080, Hi: 0xE00FF, Stride: 1},
		{Lo: 0xE01F0, Hi: 0xE0FFF, Stride: 1},
	},
	LatinOffset: 1,
}

// Modifying has characters that change how the one before them looks, and are
// invisible where there is none that they could change.
var Modifying = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x180B, Hi: 0x180D, Stride: 1}, // Mongolian variation selectors
		{Lo: 0x180F, Hi: 0x180F, Stride: 1},
		{Lo: 0xFE00, Hi: 0xFE0F, Stride: 1}, // variation selectors
	},
	R32: []unicode.Range32{
		{Lo: 0xE0020, Hi: 0xE007F, Stride: 1}, // tags, as in the flags of parts of countries
		{Lo: 0xE0100, Hi: 0xE01EF, Stride: 1}, // variation selectors
	},
}

// invisibleNames are the frequent ones, for messages.
var invisibleNames = map[rune]string{
	0x00AD: "soft hyphen", 0x200B: "zero-width space", 0x200C: "zero-width non-joiner", 0x200D: "zero-width joiner",
	0x200E: "left-to-right mark", 0x200F: "right-to-left mark", 0x2028: "line separator", 0x2029: "paragraph separator",
	0x202A: "left-to-right embedding", 0x202B: "right-to-left embedding", 0x202C: "end of embedding",
	0x202D: "left-to-right override", 0x202E: "right-to-left override", 0x2060: "word joiner",
	0x2066: "left-to-right isolate", 0x2067: "right-to-left isolate", 0x2068: "first strong isolate", 0x2069: "end of isolate",
	0x2800: "blank braille pattern", 0x3164: "Hangul filler", 0xFEFF: "byte order mark",
	0xFFFC: "object replacement character", 0xFFFD: "replacement character: text was read in the wrong character set",
}

// DescribeCharacter names a character by its code point, and invisible ones in words.
func DescribeCharacter(r rune) string {
	if name := invisibleNames[r]; name != "" {
		return fmt.Sprintf("U+%04X (%s)", r, name)
	}
	return fmt.Sprintf("U+%04X", r)
}

// Invisibles yields the characters of v that cannot be seen, and where they
// are. v is valid UTF-8.
func Invisibles(v []byte) iter.Seq2[int, rune] {
	return func(yield func(int, rune) bool) {
		before := rune(-1) // the character that may be modified, -1: none
		for at := 0; at < len(v); {
			r, n := utf8.DecodeRune(v[at:])
			modifier := r >= utf8.RuneSelf && unicode.Is(Modifying, r)
			if r >= utf8.RuneSelf && unicode.Is(Invisible, r) || modifier && !modifies(before, r) {
				if !yield(at, r) {
					return
				}
				before = -1
			} else if modifier && !isTag(r) {
				before = -1 // one selector after the other changes nothing
			} else {
				before = r
			}
			at += n
		}
	}
}

func isTag(r rune) bool { return r >= 0xE0020 && r <= 0xE007F }

// modifies reports whether r, one of modifying, can change how before looks.
// Letters of Latin, Greek and Cyrillic, and the marks on them, have no variants;
// digits, # and * have some as keycaps, all others may have.
func modifies(before, r rune) bool {
	switch {
	case isTag(r): // in a sequence after a black flag, which the last tag ends
		return before == 0x1F3F4 || isTag(before) && before != 0xE007F
	case before < utf8.RuneSelf:
		return before >= '0' && before <= '9' || before == '#' || before == '*'
	}
	return !unicode.In(before, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Inherited, unicode.Z, Invisible)
}

// MayHoldInvisible reports whether v may hold a character that is invisible or modifies
// another one; no is certain.
func MayHoldInvisible(v []byte) bool {
	for i, c := range v {
		if c >= utf8.RuneSelf && invisibleLeads[c] != 0 && BeginsInvisible(v[i:]) {
			return true
		}
	}
	return false
}

// WithoutInvisible appends to dst what can be seen of v.
func WithoutInvisible(dst, v []byte) []byte {
	from := 0
	for at, r := range Invisibles(v) {
		dst = append(dst, v[from:at]...)
		from = at + utf8.RuneLen(r)
	}
	return append(dst, v[from:]...)
}

// invisibleLeads has for each first byte of a character a bit for each second
// one, less 0x80, with which characters of Invisible and Modifying begin.
var invisibleLeads = func() (leads [256]uint64) {
	add := func(lo, hi uint32) {
		for r := lo; r <= hi; r++ {
			text := utf8.AppendRune(nil, rune(r))
			leads[text[0]] |= 1 << (text[1] & 63)
			if r >= 0x800 {
				r |= 63 // the second byte changes with the next one
			}
		}
	}
	for _, t := range []*unicode.RangeTable{Invisible, Modifying} {
		for _, x := range t.R16 {
			add(uint32(x.Lo), uint32(x.Hi))
		}
		for _, x := range t.R32 {
			add(x.Lo, x.Hi)
		}
	}
	return leads
}()

// InvisibleLeads returns the first bytes of the characters that are invisible or modify
// another one.
func InvisibleLeads() (first []byte) {
	for c, seconds := range invisibleLeads {
		if seconds != 0 {
			first = append(first, byte(c))
		}
	}
	return first
}

// BeginsInvisible reports whether text begins with a character that is invisible or
// modifies another one. Text that is not valid UTF-8 does no harm.
func BeginsInvisible(text []byte) bool {
	if len(text) < 2 || invisibleLeads[text[0]]>>(text[1]&63)&1 == 0 {
		return false
	}
	r, _ := utf8.DecodeRune(text)
	return unicode.In(r, Invisible, Modifying)
}
