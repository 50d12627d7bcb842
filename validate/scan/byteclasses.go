package scan

// byteClasses says for every byte what it is, as a number of four bits. The bits stand
// in lanes of a word, 16 bits each, so that there is room for what 16 bytes are:
// the first of eight has the lowest bit of a lane, the second the next one.
type byteClasses struct {
	of                      [8][256]uint64
	delimiter, end, special byte // that it was made for

	// All ones if the delimiter or the special byte is something else as well, else zero.
	twofold               bool
	space, control, slash struct{ delimiter, special uint64 }
}

// The lanes.
const (
	laneA = 1 << (16 * iota)
	laneB
	laneC
	laneD
)

// What a byte is, by number.
const (
	isDelimiter = laneA
	isEnd       = laneB
	isSpecial   = laneC
	isSpace     = laneA | laneB
	isSlash     = laneD
	isControl   = laneA | laneC // and no end

	// Bytes from 0x80.
	isNext  = laneB | laneC         // not the first of a character
	isTwo   = laneA | laneB | laneC // the first of a character of two bytes
	isThree = isTwo | laneD         // the first of three, of which the second may be any
	isOdd   = isNext | laneD        // another
)

func newByteClasses(delimiter, end, special byte) *byteClasses {
	l := &byteClasses{delimiter: delimiter, end: end, special: special}
	var is [256]uint64
	for b := range is {
		is[b] = byItself(byte(b))
	}
	also := func(b byte) (space, control, slash uint64) {
		return allIf(is[b] == isSpace), allIf(is[b] == isControl), allIf(is[b] == isSlash)
	}
	l.space.delimiter, l.control.delimiter, l.slash.delimiter = also(delimiter)
	l.space.special, l.control.special, l.slash.special = also(special)
	l.twofold = is[delimiter]|is[special] != 0
	is[special], is[delimiter], is[end] = isSpecial, isDelimiter, isEnd
	for k := range l.of {
		for b := range is {
			l.of[k][b] = is[b] << k
		}
	}
	return l
}

// byItself says what b is where it is neither a delimiter nor an end nor special.
func byItself(b byte) uint64 {
	switch {
	case b == ' ':
		return isSpace
	case b == '\\':
		return isSlash
	case b < 0x20 || b == 0x7F:
		return isControl
	case b < 0x80:
		return 0
	case b < 0xC0:
		return isNext
	case b >= 0xC2 && b < 0xE0:
		return isTwo
	case b > 0xE0 && b < 0xF0 && b != 0xED:
		return isThree
	}
	return isOdd
}

// allIf returns all ones or zero.
func allIf(yes bool) uint64 {
	if yes {
		return ^uint64(0)
	}
	return 0
}

// are reports whether l was made for these bytes. l may be nil.
func (l *byteClasses) are(delimiter, end, special byte) bool {
	return l != nil && l.delimiter == delimiter && l.end == end && l.special == special
}

// look makes the masks of a piece, but for parity. To look up each byte takes
// fewer instructions than to compare words with every byte that is looked for,
// and lanes are turned into masks with fewer than bytes would be.
func look(m *masks, p *[pieceSize]byte, l *byteClasses) {
	const halves = 0x0000FFFF_0000FFFF // every other lane
	t := &l.of
	first := eight(t, (*[8]byte)(p[0:])) | eight(t, (*[8]byte)(p[8:]))<<8
	second := eight(t, (*[8]byte)(p[16:])) | eight(t, (*[8]byte)(p[24:]))<<8
	third := eight(t, (*[8]byte)(p[32:])) | eight(t, (*[8]byte)(p[40:]))<<8
	fourth := eight(t, (*[8]byte)(p[48:])) | eight(t, (*[8]byte)(p[56:]))<<8

	// From four lanes of each to four words.
	ac, bd := first&halves|second&halves<<16, first>>16&halves|second&^halves
	ac2, bd2 := third&halves|fourth&halves<<16, third>>16&halves|fourth&^halves
	a, c := ac&(1<<32-1)|ac2<<32, ac>>32|ac2>>32<<32
	b, d := bd&(1<<32-1)|bd2<<32, bd>>32|bd2>>32<<32

	m.delimiter, m.end, m.special, m.space = a&^(b|c), b&^(a|c), c&^(a|b), a&b&^c
	m.highs = b & c
	m.controls, m.slashes = a&c&^b, d&^m.highs
	m.next, m.two, m.three, m.odd = m.highs&^(a|d), m.highs&a&^d, m.highs&a&d, m.highs&d&^a
	if l.twofold {
		m.space |= m.delimiter&l.space.delimiter | m.special&l.space.special
		m.controls |= m.delimiter&l.control.delimiter | m.special&l.control.special
		m.slashes |= m.delimiter&l.slash.delimiter | m.special&l.slash.special
	}
}

// eight returns what eight bytes are.
func eight(of *[8][256]uint64, b *[8]byte) uint64 {
	return of[0][b[0]] | of[1][b[1]] | of[2][b[2]] | of[3][b[3]] | of[4][b[4]] | of[5][b[5]] | of[6][b[6]] | of[7][b[7]]
}
