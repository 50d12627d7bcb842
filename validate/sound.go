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

// plainWord reports whether the value consists of visible ASCII characters.
func plainWord(room []byte, n int) bool {
	odd := uint64(0)
	for at := 0; at < n; at += 8 {
		// The difference has the high bit below '!', the sum from 0x7F. A borrow
		// or carry comes only out of a byte that is odd itself.
		w := binary.LittleEndian.Uint64(room[at : at+8])
		odd |= (w | (w - '!'*everyByte) | (w + everyByte)) & highBits & lowBytes(min(8, n-at))
	}
	return odd == 0
}

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

// soundPhone takes a plus and 2 to 15 digits, the first not 0.
func soundPhone(room *[16]byte, n int) bool {
	if n < 3 || n > 16 || room[0] != '+' || room[1] == '0' {
		return false
	}
	digits := *room
	digits[0] = '0'
	return digitsIn(&digits, n)
}

// soundBirthdate takes mm/dd/yyyy.
func soundBirthdate(room *[16]byte, n int) bool {
	const slashes, places = uint64('/')<<16 | uint64('/')<<40, uint64(0xFF0000FF0000)
	w := word(room, 0)
	odd := notDigit(w&^places|'0'*everyByte&places) | notDigit(word(room, 8))&lowBytes(2) | (w&places ^ slashes)
	if n != 10 || odd != 0 {
		return false
	}
	month := (room[0]-'0')*10 + room[1] - '0'
	day := (room[3]-'0')*10 + room[4] - '0'
	if month-1 < 12 && day-1 < 28 && room[6] > '0' {
		return true
	}
	return checkBirthdate(room[:10]) == numCodes
}

// soundNumber takes a whole number within the bounds of the column.
func soundNumber(v []byte, c *column) bool {
	n, ok, tooBig := parseWhole(v)
	return ok && !tooBig && (c.minNumber == nil || n >= *c.minNumber) && (c.maxNumber == nil || n <= *c.maxNumber)
}
