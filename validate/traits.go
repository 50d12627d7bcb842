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
