package row

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// This file knows the tokens of JSON (RFC 8259), strictly. It finds where they end, and
// does not ask whether text is UTF-8.

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

func skipSpace(t []byte, i int) int {
	for i < len(t) && t[i] <= ' ' && (t[i] == ' ' || t[i] == '\t' || t[i] == '\r' || t[i] == '\n') {
		i++
	}
	return i
}

// stringEnd returns the offset after the string that begins at t[i], and whether it has
// escapes. Where it is no string, end is negative: ^end is the offset of what is wrong.
func stringEnd(t []byte, i int) (end int, escaped bool) {
	for i++; ; {
		for ; i+8 <= len(t); i += 8 {
			w := binary.LittleEndian.Uint64(t[i:])
			quote, backslash := w^('"'*lowBits), w^('\\'*lowBits)
			// The lowest bit that is set is exact: nothing is borrowed from below it.
			if special := ((quote-lowBits)&^quote | (backslash-lowBits)&^backslash | (w-' '*lowBits)&^w) & highBits; special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
		}
		for i < len(t) && t[i] != '"' && t[i] != '\\' && t[i] >= ' ' {
			i++
		}
		if i == len(t) || t[i] < ' ' {
			return ^i, escaped
		}
		if t[i] == '"' {
			return i + 1, escaped
		}
		escaped = true
		n := escapeLen(t[i:])
		if n == 0 {
			return ^i, true
		}
		i += n
	}
}

// escapeLen returns the length of the escape with which t begins, 0 if it is none.
func escapeLen(t []byte) int {
	if len(t) < 2 {
		return 0
	}
	switch t[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(t) < 6 {
			return 0
		}
		for _, c := range t[2:6] {
			if !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
				return 0
			}
		}
		return 6
	}
	return 0
}

// plainEnd returns the offset after the number, true, false or null that begins at t[i]; as
// stringEnd, it is negative where it is none of these.
func plainEnd(t []byte, i int) int {
	for _, word := range [...]string{"true", "false", "null"} {
		if t[i] == word[0] {
			if bytes.HasPrefix(t[i:], []byte(word)) {
				return i + len(word)
			}
			return ^i
		}
	}
	digits := func(i int) int {
		for i < len(t) && t[i] >= '0' && t[i] <= '9' {
			i++
		}
		return i
	}
	start := i
	if t[i] == '-' {
		i++
	}
	switch {
	case i < len(t) && t[i] == '0':
		i++
	case digits(i) > i:
		i = digits(i)
	default:
		return ^start
	}
	if i < len(t) && t[i] == '.' {
		end := digits(i + 1)
		if end == i+1 {
			return ^end
		}
		i = end
	}
	if i < len(t) && t[i]|0x20 == 'e' {
		if i++; i < len(t) && (t[i] == '+' || t[i] == '-') {
			i++
		}
		end := digits(i)
		if end == i {
			return ^end
		}
		i = end
	}
	return i
}

// tooDeep is what valueEnd returns of a value that nests too deep, beside where.
const tooDeep = "too deep"

// valueEnd returns the offset after the value that begins at t[i], of which no more than
// depth may be within each other, at most MaxDepth. Where it is none, end is negative: ^end
// is the offset of what is wrong, and what is tooDeep or "".
func valueEnd(t []byte, i, depth int) (end int, what string) {
	var lists [MaxDepth/64 + 1]uint64 // a bit for each level, set for a list
	level := 0
	for {
		if i >= len(t) {
			return ^len(t), ""
		}
		open := false
		switch c := t[i]; c {
		case '"':
			i, _ = stringEnd(t, i)
		case '{', '[':
			if level == depth {
				return ^i, tooDeep
			}
			level++
			bit := uint64(1) << (level % 64)
			if lists[level/64] &^= bit; c == '[' {
				lists[level/64] |= bit
			}
			i = skipSpace(t, i+1)
			open = true
		default:
			i = plainEnd(t, i)
		}
		if i < 0 {
			return i, ""
		}
		// Behind a value, or where one may be: as many ends as there are.
		list := false
		for level > 0 {
			list = lists[level/64]>>(level%64)&1 != 0
			if !open {
				i = skipSpace(t, i)
			}
			if i >= len(t) {
				return ^len(t), ""
			}
			if c := t[i]; !(c == ']' && list || c == '}' && !list) {
				if !open && c != ',' {
					return ^i, ""
				}
				break
			}
			i++
			level--
			open = false
		}
		if level == 0 {
			return i, ""
		}
		if !open {
			i = skipSpace(t, i+1) // past the comma
		}
		if !list {
			if i, _, _ = nameEnd(t, i); i < 0 {
				return i, ""
			}
		}
	}
}

// nameEnd returns where the value of the member begins whose name begins at t[i], and
// where the name ends, and whether it has escapes; as stringEnd, value is negative where
// there is none.
func nameEnd(t []byte, i int) (value, end int, escaped bool) {
	if i >= len(t) || t[i] != '"' {
		return ^min(i, len(t)), 0, false
	}
	if end, escaped = stringEnd(t, i); end < 0 {
		return end, 0, false
	}
	i = skipSpace(t, end)
	if i >= len(t) || t[i] != ':' {
		return ^i, 0, false
	}
	return skipSpace(t, i+1), end, escaped
}

// appendUnescaped appends the text of a valid JSON string. bad is the offset of a
// surrogate that is not half of a pair, -1 if there is none.
func appendUnescaped(dst, s []byte) (out []byte, bad int) {
	for i := 0; i < len(s); i++ {
		plain := bytes.IndexByte(s[i:], '\\')
		if plain < 0 {
			return append(dst, s[i:]...), -1
		}
		dst = append(dst, s[i:i+plain]...)
		i += plain + 1
		switch c := s[i]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			const high, low, end = 0xD800, 0xDC00, 0xE000
			r := hex4(s[i+1:])
			at := i - 1
			i += 4
			if r >= high && r < end {
				if r >= low || i+6 >= len(s) || s[i+1] != '\\' || s[i+2] != 'u' {
					return dst, at
				}
				second := hex4(s[i+3:])
				if second < low || second >= end {
					return dst, at
				}
				r = 0x10000 + (r-high)<<10 + (second - low)
				i += 6
			}
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
	}
	return dst, -1
}

// hex4 returns the value of four hexadecimal digits.
func hex4(s []byte) (r rune) {
	for _, c := range s[:4] {
		switch {
		case c <= '9':
			r = r<<4 | rune(c-'0')
		default:
			r = r<<4 | rune(c|0x20-'a'+10)
		}
	}
	return r
}
