package profile

import (
	"encoding/binary"
	"math/bits"
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
	for n := 0; n < maxShape && len(v) > 0; n++ {
		r, size := utf8.DecodeRune(v)
		v = v[size:]
		c := byte(0)
		if known := looks(); int(r) < len(known) {
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

// Hashes are the same in every run, so that the estimate of distinct values is, too.
const (
	hashStart = 0x9E3779B97F4A7C15
	hashWord  = 0xD6E8FEB86659FD93
)

// mix adds eight bytes to a hash.
func mix(h, w uint64) uint64 {
	hi, lo := bits.Mul64(h^w^hashStart, hashWord)
	return hi ^ lo ^ w
}

// finish ends a hash of n bytes, which is never 0.
func finish(h uint64, n int) uint64 {
	h ^= uint64(n) * hashStart
	h = (h ^ h>>32) * hashWord
	h = (h ^ h>>29) * hashStart
	return max(1, h^h>>32)
}

// word returns the next eight of n bytes of room, and zeros for those that are not there.
func word(room []byte, at uint32, n int) uint64 {
	if int(at)+8 > len(room) {
		return value.Short(room[at:min(int(at)+n, len(room))])
	}
	w := binary.LittleEndian.Uint64(room[at:])
	if n < 8 {
		w &= value.LowBytes(n)
	}
	return w
}

// hashOf returns the hash of a text, and whether it is ASCII.
func hashOf(room []byte, v scan.Span) (h uint64, ascii bool) {
	if int(v.End)+8 > len(room) {
		return hashAtEnd(room, v)
	}
	high, n, at := uint64(0), v.Len(), room[v.Start:]
	for ; n > 8; n -= 8 {
		w := binary.LittleEndian.Uint64(at)
		high |= w
		h, at = mix(h, w), at[8:]
	}
	w := binary.LittleEndian.Uint64(at) & value.LowBytes(n)
	return finish(mix(h, w), v.Len()), (high|w)&highBits == 0
}

// hashAtEnd is hashOf where less than eight bytes follow the text.
func hashAtEnd(room []byte, v scan.Span) (h uint64, ascii bool) {
	high, n := uint64(0), v.Len()
	for at := 0; at < n || at == 0; at += 8 {
		w := word(room, v.Start+uint32(at), n-at)
		high |= w
		h = mix(h, w)
	}
	return finish(h, n), high&highBits == 0
}

// shaper makes shapes, one at a time.
type shaper struct{ text []byte }

// shape returns the shape of a value with its hash, until the next call.
func (s *shaper) shape(room []byte, v scan.Span, ascii bool) (hash uint64, shape []byte) {
	if !ascii {
		s.text = appendShape(s.text[:0], v.Of(room))
		hash, _ = hashOf(s.text, scan.Span{End: uint32(len(s.text))})
		return hash, s.text
	}
	if cap(s.text) < maxShape {
		s.text = make([]byte, 4*maxShape)
	}
	n := min(v.Len(), maxShape)
	text := s.text[:maxShape]
	for at := 0; at < n; at += 8 {
		w := shapeOf(word(room, v.Start+uint32(at), n-at))
		binary.LittleEndian.PutUint64(text[at:], w)
		hash = mix(hash, w)
	}
	return finish(hash, n), text[:n]
}
