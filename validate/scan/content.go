package scan

import "bytes"

// Content says what a text may hold, so that most of it need not be looked at byte by
// byte. A flag that is not set is certain.
type Content uint16

// The flags. Quotes are those of the dialect; of values by themselves, quotation marks.
const (
	HasQuotes   Content = 1 << iota
	HasDoubled          // doubled quotes within quotes; of blocks only
	HasBreaks           // bytes that end records elsewhere, but do not end one here; of blocks only
	HasControls         // other control characters, but for the CR of line ends
	HasNonASCII         // bytes from 0x80
	HasInvalid          // what is not valid UTF-8
	HasBackslash
	HasEdgeSpaces // a space at the start or end of a value; of blocks only

	// HasAnything is what a value of valid UTF-8 may hold.
	HasAnything = HasQuotes | HasControls | HasNonASCII | HasBackslash
)

// ContentOf looks at text, in which lineEnds bytes belong to the ends of records. The
// control characters U+0080 to U+009F count, too.
func ContentOf(text []byte, lineEnds int) (c Content) {
	controls, high := CountControls(text)
	if controls != lineEnds {
		c |= HasControls
	}
	if high {
		c |= HasNonASCII
		if !ValidUTF8(text) {
			c |= HasInvalid
		}
		if hasC1(text) {
			c |= HasControls
		}
	}
	if bytes.IndexByte(text, '\\') >= 0 {
		c |= HasBackslash
	}
	if bytes.IndexByte(text, '"') >= 0 {
		c |= HasQuotes
	}
	return c
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
