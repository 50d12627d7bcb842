package validate

import (
	"encoding/binary"

	"poolprep/validate/scan"
)

// What the screen asks of values, many bytes at a time. Where these functions say
// that a value is sound, the Checker has nothing to say about it; where they are
// not sure they say no. Those with a parameter n look at the first n bytes of room.

// ahead returns the start of a value, and what is behind it.
func ahead(room []byte, v scan.Span) *[16]byte { return (*[16]byte)(room[v.Start:]) }

// word returns eight bytes of room.
func word(room *[16]byte, at int) uint64 { return binary.LittleEndian.Uint64(room[at : at+8]) }

// lowBytes returns a mask of the first n bytes of a word; n is 0 to 8.
func lowBytes(n int) uint64 { return 1<<(8*uint(n)) - 1 }

const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// digitsIn reports whether all are digits; n is 16 at most.
func digitsIn(room *[16]byte, n int) bool {
	odd := notDigit(word(room, 0)) & lowBytes(min(8, n))
	return (odd | notDigit(word(room, 8))&lowBytes(max(8, n)-8)) == 0
}

// notDigit returns a word that is not 0 in the bytes in which w has no digit.
// With the high half of a digit taken away, what is left is 0 to 9, and six
// more do not reach the high half.
func notDigit(w uint64) uint64 {
	rest := w ^ '0'*everyByte
	return (rest | (rest&(0x7F*everyByte) + 6*everyByte)) & (0xF0 * everyByte)
}
