package validate

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// traits says what a stretch of text may hold, so that most rows and values
// need not be looked at byte by byte. A trait that is not set is certain.
type traits uint8

const (
	invalidUTF8 traits = 1 << iota // not valid UTF-8
	nonASCII
	control   // control characters other than the line ends of records
	backslash // '\\'
	quotation // '"'
	allTraits = nonASCII | control | backslash | quotation
)

// traitsOf looks at text, in which lineEnds bytes belong to the ends of records.
func traitsOf(text []byte, lineEnds int) traits {
	var t traits
	controls, high := countControls(text)
	if controls != lineEnds {
		t |= control
	}
	if high {
		t |= nonASCII
		if !utf8.Valid(text) {
			t |= invalidUTF8
		}
		if hasC1(text) {
			t |= control
		}
	}
	if bytes.IndexByte(text, '\\') >= 0 {
		t |= backslash
	}
	if bytes.IndexByte(text, '"') >= 0 {
		t |= quotation
	}
	return t
}

// countControls counts the bytes below 0x20 and 0x7F, and tells whether there are bytes from 0x80.
func countControls(text []byte) (n int, high bool) {
	const low, top = 0x0101010101010101, 0x8080808080808080
	var acc, words, highs uint64 // acc: eight counters of a byte each
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		highs |= w
		w7 := w &^ top
		below := ^(w7 + (0x80-0x20)*low) // top bit: the low seven bits are below 0x20
		del := w7 + low                  // top bit: they are 0x7F
		acc += (below | del) &^ w & top >> 7
		if words++; words == 255 {
			n += sumBytes(acc)
			acc, words = 0, 0
		}
	}
	n += sumBytes(acc)
	for ; i < len(text); i++ {
		if c := text[i]; c < 0x20 || c == 0x7F {
			n++
		}
		highs |= uint64(text[i])
	}
	return n, highs&top != 0
}

// sumBytes adds up the eight bytes of w.
func sumBytes(w uint64) int {
	const even = 0x00FF00FF00FF00FF
	w = w&even + w>>8&even
	return int(w * 0x0001000100010001 >> 48)
}

// hasC1 reports whether text holds one of the control characters U+0080..U+009F.
func hasC1(text []byte) bool {
	for {
		i := bytes.IndexByte(text, 0xC2)
		if i < 0 || i+1 == len(text) {
			return false
		}
		if c := text[i+1]; c >= 0x80 && c < 0xA0 {
			return true
		}
		text = text[i+1:]
	}
}

// trimBlanks returns the part of text without the spaces and tabs around it, as offsets.
func trimBlanks(text []byte) (start, end int) {
	end = len(text)
	for start < end && (text[start] == ' ' || text[start] == '\t') {
		start++
	}
	for end > start && (text[end-1] == ' ' || text[end-1] == '\t') {
		end--
	}
	return start, end
}
