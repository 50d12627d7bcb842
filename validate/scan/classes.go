package scan

import "math/bits"

// Classes are two sets of ASCII characters and two single ones, that values
// are compared with.
type Classes struct {
	sets  [2]set
	bytes [2]byte
}

// set says for each low half of a character in which rows of eight high halves
// it is a member.
type set [16]byte

// NewClasses returns classes of the characters of two strings and of two bytes.
// It panics if they are not all ASCII.
func NewClasses(first, second string, third, fourth byte) *Classes {
	c := &Classes{bytes: [2]byte{third, fourth}}
	for i, members := range []string{first, second} {
		for _, m := range []byte(members) {
			if m >= 0x80 {
				panic("scan: a class of characters that are not ASCII")
			}
			c.sets[i][m&15] |= 1 << (m >> 4)
		}
	}
	return c
}

// Classified says which characters of a value belong to a class, with a bit for
// each, the lowest for the first one.
type Classified struct{ First, Second, Third, Fourth uint64 }

// MaxClassified is how long a value may be that is classified, in bytes.
const MaxClassified = pieceSize

// Classify fills dst with what the values that lie in room belong to. Those
// that are longer than MaxClassified belong to nothing. room goes on for
// Overread bytes behind the last value.
func (c *Classes) Classify(dst []Classified, room []byte, spans []Span) {
	active.classify(dst[:len(spans)], room, spans, c)
}

func (portable) classify(dst []Classified, room []byte, spans []Span, c *Classes) {
	for i, s := range spans {
		dst[i] = Classified{}
		if s.Len() > MaxClassified {
			continue
		}
		d := &dst[i]
		for k, b := range s.Of(room) {
			row := byte(1) << (b >> 4) // 0 from 0x80
			d.First |= uint64(min(1, c.sets[0][b&15]&row)) << k
			d.Second |= uint64(min(1, c.sets[1][b&15]&row)) << k
			if b == c.bytes[0] {
				d.Third |= 1 << k
			}
			if b == c.bytes[1] {
				d.Fourth |= 1 << k
			}
		}
	}
}

func (portable) places(dst []uint32, data []byte, c byte) []uint32 {
	pattern := lowBits * uint64(c)
	for at := 0; at < len(data); at += 8 {
		set := equal(load(data[:len(data)+8], at), pattern)
		if left := len(data) - at; left < 8 {
			set &= 1<<(8*left) - 1
		}
		for ; set != 0; set &= set - 1 {
			dst = append(dst, uint32(at+bits.TrailingZeros64(set)/8))
		}
	}
	return dst
}
