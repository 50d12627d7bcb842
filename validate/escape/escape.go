// Package escape makes text of unknown origin safe to show to a person: a header,
// a file name, a mapping, a value or the answer of a server must not move the
// cursor, colour the terminal, begin a line of its own or turn the reading
// direction. What is escaped can still be read back by eye.
//
// All functions are safe for concurrent use and keep nothing they are given.
package escape

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// String returns s with every unsafe character in the form that Go source has
// for it: \n, \x1b, \u009b. A byte that is not UTF-8 becomes \xNN. A backslash
// stays as it is, since paths and values have them.
//
// Unsafe are C0, DEL, C1, line and paragraph separators, and the format
// characters of Unicode, which nobody sees and some of which turn the reading
// direction. Zero width joiner and non-joiner are not: scripts need them.
func String(s string) string {
	if safe(s) {
		return s
	}
	return string(Append(nil, s))
}

// Append appends s, escaped as by String, to dst.
func Append[T string | []byte](dst []byte, s T) []byte {
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < 0x7F {
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		switch {
		case r == utf8.RuneError && n == 1:
			dst = appendHex(append(dst, `\x`...), rune(s[i]), 2)
		case !Unsafe(r):
			dst = append(dst, s[i:i+n]...)
		default:
			dst = appendRune(dst, r)
		}
		i += n
	}
	return dst
}

// Unsafe reports whether a character is escaped.
func Unsafe(r rune) bool {
	const nonJoiner, joiner = 0x200C, 0x200D
	switch {
	case r < ' ' || r >= 0x7F && r < 0xA0:
		return true
	case r < 0xA0 || r > 0xAD && r < 0x600 || r == nonJoiner || r == joiner || r > 0x206F && r < 0xFEFF:
		return false // or, in ranges without any, known without a search
	}
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// JSON returns a JSON text with the unsafe characters of its strings as \uNNNN,
// so that it means the same; line feeds between its tokens stay. It may return
// text itself.
func JSON(text []byte) []byte {
	if safe(text) {
		return text
	}
	out := make([]byte, 0, len(text)+64)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r != '\n' && r != '\t' && !(r == utf8.RuneError && n == 1) && Unsafe(r) {
			out = AppendJSONRune(out, r)
		} else {
			out = append(out, text[i:i+n]...)
		}
		i += n
	}
	return out
}

// AppendJSONRune appends a character in the form \uNNNN, as a pair of surrogates
// where it takes two.
func AppendJSONRune(dst []byte, r rune) []byte {
	if r >= 0x10000 {
		r -= 0x10000
		dst = appendHex(append(dst, `\u`...), 0xD800+r>>10, 4)
		r = 0xDC00 + r&0x3FF
	}
	return appendHex(append(dst, `\u`...), r, 4)
}

func safe[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7F {
			return safeFrom(string(s[i:]))
		}
	}
	return true
}

func safeFrom(s string) bool {
	for i, r := range s {
		if Unsafe(r) || r == utf8.RuneError && !isReplacement(s[i:]) {
			return false
		}
	}
	return true
}

// isReplacement reports whether s begins with U+FFFD itself, not with a byte that is not UTF-8.
func isReplacement(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return n > 1
}

// appendRune appends an unsafe character as Go source has it.
func appendRune(dst []byte, r rune) []byte {
	switch {
	case r < utf8.RuneSelf:
		quoted := strconv.AppendQuoteRune(nil, r)
		return append(dst, quoted[1:len(quoted)-1]...)
	case r < 0x10000:
		return appendHex(append(dst, `\u`...), r, 4)
	}
	return appendHex(append(dst, `\U`...), r, 8)
}

// appendHex appends n as so many hexadecimal digits.
func appendHex(dst []byte, n rune, digits int) []byte {
	const hex = "0123456789abcdef"
	for digits--; digits >= 0; digits-- {
		dst = append(dst, hex[n>>(4*digits)&15])
	}
	return dst
}

// Lines returns an error whose text is that of the program itself and has several
// lines. Its line feeds are layout, which the others of an error are not.
func Lines(text string) error {
	var lines []error
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, errors.New(line))
	}
	return errors.Join(lines...)
}
