package scan

import "bytes"

// Classes are two sets of ASCII characters and two single ones, that values
// are compared with.
type Classes struct {
	sets  [2]set
	bytes [2]byte
	table [256]uint32 // for each byte a bit 0, 8, 16 and 24 for each class that it is in
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
			c.table[m] |= 1 << (8 * i)
		}
	}
	c.table[third] |= 1 << 16
	c.table[fourth] |= 1 << 24
	return c
}

// Classified says which characters of a value belong to a class, with a bit for
// each, the lowest for the first one.
type Classified struct{ First, Second, Third, Fourth uint64 }

// MaxClassified is how long a value may be that is classified, in bytes.
const MaxClassified = pieceSize

// Classify fills dst with what the values that lie in padded belong to. Those
// that are longer than MaxClassified belong to nothing. padded goes on for
// Padding bytes behind the last value.
func (c *Classes) Classify(dst []Classified, padded []byte, spans []Span) {
	active.classify(dst[:len(spans)], padded, spans, c)
}

func (portable) classify(dst []Classified, padded []byte, spans []Span, c *Classes) {
	table := &c.table
	for i, s := range spans {
		d := Classified{}
		if n := s.Len(); n <= MaxClassified {
			for at := 0; at < n; at += 8 {
				v := (*[8]byte)(padded[int(s.Start)+at:])
				eight := table[v[0]] | table[v[1]]<<1 | table[v[2]]<<2 | table[v[3]]<<3 | // a byte of each class
					table[v[4]]<<4 | table[v[5]]<<5 | table[v[6]]<<6 | table[v[7]]<<7
				d.First |= uint64(eight&0xFF) << (at & 63)
				d.Second |= uint64(eight>>8&0xFF) << (at & 63)
				d.Third |= uint64(eight>>16&0xFF) << (at & 63)
				d.Fourth |= uint64(eight>>24) << (at & 63)
			}
			valid := uint64(1)<<n - 1
			d.First, d.Second, d.Third, d.Fourth = d.First&valid, d.Second&valid, d.Third&valid, d.Fourth&valid
		}
		dst[i] = d
	}
}

func (portable) places(dst []uint32, data []byte, c byte) []uint32 {
	for at := 0; ; at++ {
		i := bytes.IndexByte(data[at:], c)
		if i < 0 {
			return dst
		}
		at += i
		dst = append(dst, uint32(at))
	}
}
