package profile

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// The hash of a text is the sum of its words of eight bytes, each folded with a key of its
// place, and finished with its length. Words that are not there are zeros, which add nothing:
// so texts of different lengths may be hashed alike. It is the same in every run, and so is
// the estimate of distinct values.
var keys = [8]uint64{
	0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB,
	0x8EBC6AF09C88C6E3, 0x589965CC75374CC3, 0x1D8E4E27C47D124F, 0xEB44ACCAB455D165,
}

// fold multiplies a word with a key.
func fold(w, key uint64) uint64 {
	hi, lo := bits.Mul64(w, key)
	return hi ^ lo
}

// keyOf returns the key of a word by its place.
func keyOf(i int) uint64 { return keys[i&7] ^ uint64(i>>3)*keys[0]<<1 }

// finish ends a hash of n bytes, which is never 0.
func finish(h uint64, n int) uint64 {
	h ^= uint64(n) * keys[0]
	h = (h ^ h>>32) * keys[1]
	return max(1, h^h>>32)
}

// word returns the next eight of n bytes of padded, and zeros for those that are not there.
func word(padded []byte, at uint32, n int) uint64 {
	if int(at)+8 > len(padded) {
		return value.Short(padded[at:min(int(at)+n, len(padded))])
	}
	w := binary.LittleEndian.Uint64(padded[at:])
	if n < 8 {
		w &= value.LowBytes(n)
	}
	return w
}

// hashOf returns the hash of a text, and a word of which a byte is at least 0x80 if one of the
// text is.
func hashOf(padded []byte, v scan.Span) (h, high uint64) {
	n, i := v.Len(), 0
	if int(v.End)+8 <= len(padded) && n <= maxShape {
		text := padded[v.Start:]
		for ; 8*i+8 < n; i++ {
			w := binary.LittleEndian.Uint64(text[8*i:])
			h, high = h+fold(w, keys[i&7]), high|w
		}
		w := binary.LittleEndian.Uint64(text[8*i:]) & value.LowBytes(n-8*i)
		return finish(h+fold(w, keys[i&7]), n), high | w
	}
	for ; 8*i < n; i++ {
		w := word(padded, v.Start+uint32(8*i), n-8*i)
		h, high = h+fold(w, keyOf(i)), high|w
	}
	return finish(h, n), high
}

// hashText is hashOf for a text by itself.
func hashText(text []byte) uint64 {
	h, _ := hashOf(text, scan.Span{End: uint32(len(text))})
	return h
}

// isASCII reports whether a text is.
func isASCII(padded []byte, v scan.Span) bool {
	text, high := v.Of(padded), uint64(0)
	for ; len(text) >= 8; text = text[8:] {
		high |= binary.LittleEndian.Uint64(text)
	}
	return (high|value.Short(text))&highBits == 0
}

// upTo are masks of the first bytes of four words, by their number.
var upTo = func() (masks [33][4]uint64) {
	for n := range masks {
		for i := range masks[n] {
			masks[n][i] = value.LowBytes(min(8, max(0, n-8*i)))
		}
	}
	return masks
}()

// hashAll returns the hashes of values, 0 of those that are empty, using dst again, and
// whether all are ASCII. The longest has so many bytes. Where none is long, it takes as many
// words of each, so that no branch depends on a value.
func hashAll(dst []uint64, padded []byte, values []scan.Span, longest int) (hashes []uint64, ascii bool) {
	dst = slices.Grow(dst[:0], len(values))[:len(values)]
	high := uint64(0)
	for i, v := range values {
		n := v.Len()
		if n > 32 || longest > 32 || int(v.Start)+32 > len(padded) {
			h, odd := uint64(0), uint64(0)
			if n > 0 {
				h, odd = hashOf(padded, v)
			}
			dst[i], high = h, high|odd
			continue
		}
		text, mask := (*[32]byte)(padded[v.Start:]), &upTo[n]
		w := binary.LittleEndian.Uint64(text[:]) & mask[0]
		h, odd := fold(w, keys[0]), w
		if longest > 8 {
			w = binary.LittleEndian.Uint64(text[8:]) & mask[1]
			h, odd = h+fold(w, keys[1]), odd|w
		}
		if longest > 16 {
			w0, w1 := binary.LittleEndian.Uint64(text[16:])&mask[2], binary.LittleEndian.Uint64(text[24:])&mask[3]
			h, odd = h+fold(w0, keys[2])+fold(w1, keys[3]), odd|w0|w1
		}
		high |= odd
		if h = finish(h, n); n == 0 {
			h = 0
		}
		dst[i] = h
	}
	return dst, high&highBits == 0
}

// hashAlike is hashAll for values of 32 bytes at most, of which most have the shape of a form
// of ASCII. It returns how many have it, and which others there are, using rest again.
func hashAlike(dst []uint64, padded []byte, values []scan.Span, longest int, f *form, rest []int32) (hashes []uint64, fit int, others []int32) {
	dst, rest = slices.Grow(dst[:0], len(values))[:len(values)], rest[:0]
	for i, v := range values {
		n := v.Len()
		if n == 0 {
			dst[i] = 0
			continue
		}
		if int(v.Start)+32 > len(padded) {
			dst[i], _ = hashOf(padded, v)
			rest = append(rest, int32(i))
			continue
		}
		text, mask := (*[32]byte)(padded[v.Start:]), &upTo[n]
		w := binary.LittleEndian.Uint64(text[:]) & mask[0]
		h, high, odd := fold(w, keys[0]), w, f.odd(0, w)
		if longest > 8 {
			w = binary.LittleEndian.Uint64(text[8:]) & mask[1]
			h, high, odd = h+fold(w, keys[1]), high|w, odd|f.odd(1, w)
		}
		if longest > 16 {
			w0, w1 := binary.LittleEndian.Uint64(text[16:])&mask[2], binary.LittleEndian.Uint64(text[24:])&mask[3]
			h, high, odd = h+fold(w0, keys[2])+fold(w1, keys[3]), high|w0|w1, odd|f.odd(2, w0)|f.odd(3, w1)
		}
		dst[i] = finish(h, n)
		if n != int(f.length) || (high|odd)&highBits != 0 {
			rest = append(rest, int32(i))
			continue
		}
		fit++
	}
	return dst, fit, rest
}
