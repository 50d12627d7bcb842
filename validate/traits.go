package validate

import (
	"bytes"

	"poolprep/validate/scan"
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
	controls, high := scan.CountControls(text)
	if controls != lineEnds {
		t |= control
	}
	if high {
		t |= nonASCII
		if !scan.ValidUTF8(text) {
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

// Trim returns the part of v without the spaces, tabs and no-break spaces
// around it, as offsets. The service itself trims no no-break space.
func Trim(v []byte) (start, end int) {
	end = len(v)
	for start < end {
		switch {
		case v[start] == ' ' || v[start] == '\t':
			start++
			continue
		case start+1 < end && v[start] == 0xC2 && v[start+1] == 0xA0:
			start += 2
			continue
		}
		break
	}
	for end > start {
		switch {
		case v[end-1] == ' ' || v[end-1] == '\t':
			end--
			continue
		case end-2 >= start && v[end-2] == 0xC2 && v[end-1] == 0xA0:
			end -= 2
			continue
		}
		break
	}
	return start, end
}
