package value

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// IsPlainWord reports whether v is made of visible ASCII characters only.
func IsPlainWord(v []byte) bool {
	odd := byte(0)
	for _, c := range v {
		odd |= (c - '!') & 0x80 // from 0xA1, and below '!'
		odd |= (c + 1) & 0x80   // from 0x7F
	}
	return odd == 0
}

// HasSpace reports whether v holds a tab or a space of any kind.
func HasSpace(v []byte) bool {
	for i := 0; i < len(v); {
		r, n := utf8.DecodeRune(v[i:])
		if IsSpace(r) {
			return true
		}
		i += n
	}
	return false
}

func IsSpace(r rune) bool {
	return r == ' ' || r == '\t' || r >= utf8.RuneSelf && unicode.Is(unicode.Z, r)
}

// FirstForeign returns the first character of v that usernames must not have,
// white space and line breaks aside, or -1. Other control characters count only
// if controls is true.
func FirstForeign(v []byte, controls bool) rune {
	for i := 0; i < len(v); {
		r, n := utf8.DecodeRune(v[i:])
		if IsForeign(r) && (controls || !unicode.IsControl(r)) {
			return r
		}
		i += n
	}
	return -1
}

// IsForeign reports whether r is no letter, mark, symbol, number or punctuation,
// and no white space or line break either (pattern of UsernameType in the API model).
func IsForeign(r rune) bool {
	return !IsSpace(r) && r != '\n' && r != '\r' && !unicode.In(r, unicode.L, unicode.M, unicode.S, unicode.N, unicode.P)
}

// SoundWord reports whether the value consists of visible ASCII characters.
func SoundWord(padded []byte, n int) bool {
	odd := uint64(0)
	for at := 0; at < n; at += 8 {
		// The difference has the high bit below '!', the sum from 0x7F. A borrow
		// or carry comes only out of a byte that is odd itself.
		w := binary.LittleEndian.Uint64(padded[at : at+8])
		odd |= (w | (w - '!'*EveryByte) | (w + EveryByte)) & highBits & LowBytes(min(8, n-at))
	}
	return odd == 0
}
