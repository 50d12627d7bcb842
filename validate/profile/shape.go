package profile

import (
	"encoding/binary"
	"sync"
	"unicode"
	"unicode/utf8"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// maxShape is after how many code points a shape is cut.
const maxShape = 64

// appendShape appends the shape of a value: a for letters, but A for upper-case ones, 9 for
// digits, and the rest as it is.
func appendShape(dst, v []byte) []byte {
	known := looks()
	for n := 0; n < maxShape && len(v) > 0; n++ {
		r, size := rune(v[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(v)
		}
		v = v[size:]
		c := byte(0)
		if int(r) < len(known) {
			c = known[r]
		} else {
			c = look(r)
		}
		if c != 0 {
			dst = append(dst, c)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// look returns what a character is in a shape; 0: itself.
func look(r rune) byte {
	switch {
	case unicode.IsUpper(r):
		return 'A'
	case unicode.IsLetter(r):
		return 'a'
	case unicode.IsDigit(r):
		return '9'
	}
	return 0
}

// looks has look of the characters of the basic plane.
var looks = sync.OnceValue(func() *[1 << 16]byte {
	of := new([1 << 16]byte)
	for r := range rune(len(of)) {
		of[r] = look(r)
	}
	return of
})

// shapeOf returns the shape of eight bytes of ASCII.
func shapeOf(w uint64) uint64 {
	// The highest bit of a byte is set in a sum from the first character on, and from
	// behind the last one on.
	lower := (w + (0x80-'a')*value.EveryByte) &^ (w + (0x80-'z'-1)*value.EveryByte) & highBits >> 7
	upper := (w + (0x80-'A')*value.EveryByte) &^ (w + (0x80-'Z'-1)*value.EveryByte) & highBits >> 7
	digit := (w + (0x80-'0')*value.EveryByte) &^ (w + (0x80-'9'-1)*value.EveryByte) & highBits >> 7
	return w&^((lower|upper|digit)*0xFF) | lower*'a' | upper*'A' | digit*'9'
}

// shaper makes shapes, one at a time.
type shaper struct{ text []byte }

// shape returns the shape of a value with its hash, until the next call.
func (s *shaper) shape(padded []byte, v scan.Span, ascii bool) (hash uint64, shape []byte) {
	if !ascii {
		s.text = appendShape(s.text[:0], v.Of(padded))
		return hashText(s.text), s.text
	}
	if cap(s.text) < maxShape {
		s.text = make([]byte, 4*maxShape)
	}
	n := min(v.Len(), maxShape)
	text := s.text[:maxShape]
	if int(v.Start)+maxShape <= len(padded) {
		from := (*[maxShape]byte)(padded[v.Start:])
		i := 0
		for ; i+8 < n; i += 8 {
			w := shapeOf(binary.LittleEndian.Uint64(from[i&(maxShape-8):]))
			binary.LittleEndian.PutUint64(text[i:], w)
			hash += fold(w, keys[i/8&7])
		}
		w := shapeOf(binary.LittleEndian.Uint64(from[i&(maxShape-8):]) & value.LowBytes(n-i))
		binary.LittleEndian.PutUint64(text[i:], w)
		return finish(hash+fold(w, keys[i/8&7]), n), text[:n]
	}
	for at := 0; at < n; at += 8 {
		w := shapeOf(word(padded, v.Start+uint32(at), n-at))
		binary.LittleEndian.PutUint64(text[at:], w)
		hash += fold(w, keys[at/8&7])
	}
	return finish(hash, n), text[:n]
}
