package value

import (
	"encoding/binary"

	"poolprep/validate/scan"
)

// What the fast path asks of values, many bytes at a time. Where these functions say
// that a value is sound, the Checker has nothing to say about it; where they are
// not sure they say no. Those with a parameter n look at the first n bytes of padded.

// Ahead returns the start of a value, and what is behind it.
func Ahead(padded []byte, v scan.Span) *[16]byte { return (*[16]byte)(padded[v.Start:]) }

// Word returns eight bytes of padded.
func Word(padded *[16]byte, at int) uint64 { return binary.LittleEndian.Uint64(padded[at : at+8]) }

// LowBytes returns a mask of the first n bytes of a word; n is 0 to 8.
func LowBytes(n int) uint64 { return 1<<(8*uint(n)) - 1 }

// Short returns the first eight bytes of v, the first one lowest, and zeros for those that
// are not there.
func Short(v []byte) (w uint64) {
	n := len(v)
	switch {
	case n >= 8:
		return binary.LittleEndian.Uint64(v)
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(v)) | uint64(binary.LittleEndian.Uint32(v[n-4:]))<<(8*(n-4))
	}
	for i, c := range v {
		w |= uint64(c) << (8 * i)
	}
	return w
}

const (
	EveryByte = 0x0101010101010101
	highBits  = 0x80 * EveryByte
)

// OddIn returns a word that is not 0 if there is a control character, a quotation mark or
// a backslash among the eight bytes of w.
func OddIn(w uint64) uint64 {
	low := w &^ highBits
	control := ^(low + (0x80-0x20)*EveryByte) | (low + EveryByte) // below 0x20, or 0x7F
	quote := ^((low ^ '"'*EveryByte) + 0x7F*EveryByte)
	backslash := ^((low ^ '\\'*EveryByte) + 0x7F*EveryByte)
	return (control | quote | backslash) &^ w & highBits
}

// DigitsIn reports whether all are digits; n is 16 at most.
func DigitsIn(padded *[16]byte, n int) bool {
	odd := NotDigit(Word(padded, 0)) & LowBytes(min(8, n))
	return (odd | NotDigit(Word(padded, 8))&LowBytes(max(8, n)-8)) == 0
}

// NotDigit returns a word that is not 0 in the bytes in which w has no digit.
// With the high half of a digit taken away, what is left is 0 to 9, and six
// more do not reach the high half.
func NotDigit(w uint64) uint64 {
	rest := w ^ '0'*EveryByte
	return (rest | (rest&(0x7F*EveryByte) + 6*EveryByte)) & (0xF0 * EveryByte)
}
