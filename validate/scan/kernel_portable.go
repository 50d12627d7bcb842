package scan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// portable is the kernel for every processor, eight bytes to the machine word.
// It is the twin that the others are compared with.
type portable struct{}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

func (portable) find(f *finder, data []byte, base uint32) {
	var m masks
	for len(data) >= pieceSize {
		p := (*[pieceSize]byte)(data)
		look(&m, p, f.looks)
		if f.isPlain(&m) {
			f.plainPiece(&m, base)
		} else {
			f.piece(&m, p, base, pieceSize)
		}
		data = data[pieceSize:]
		base += pieceSize
	}
}

// looks says for every byte, with a bit in each byte of a word, what it is: for
// the first one of eight the lowest bit, for the second one the next.
type looks struct {
	of                      [8][256]uint64
	delimiter, end, special byte // that it was made for
}

// What a byte may be, by its bit in looks.
const (
	isDelimiter = 1 << (8 * iota)
	isEnd
	isSpecial
	isSpace
	isControl // and no end
	isHigh
	isSlash
)

func newLooks(delimiter, end, special byte) *looks {
	l := &looks{delimiter: delimiter, end: end, special: special}
	first := &l.of[0]
	for c := range first {
		switch {
		case c >= 0x80:
			first[c] = isHigh
		case c < 0x20 || c == 0x7F:
			first[c] = isControl
		}
	}
	first[delimiter] |= isDelimiter
	first[end] = first[end]&^isControl | isEnd
	first[special] |= isSpecial
	first[' '] |= isSpace
	first['\\'] |= isSlash
	for k := 1; k < len(l.of); k++ {
		for c, is := range first {
			l.of[k][c] = is << k
		}
	}
	return l
}

// are reports whether l was made for these bytes. l may be nil.
func (l *looks) are(delimiter, end, special byte) bool {
	return l != nil && l.delimiter == delimiter && l.end == end && l.special == special
}

// look makes the masks of a piece. To look up each byte takes fewer
// instructions than to compare words with every byte that is looked for.
func look(m *masks, data *[pieceSize]byte, l *looks) {
	var delimiters, ends, specials, spaces [pieceSize / 8]byte
	var all uint64
	of, rest := &l.of, data[:]
	for k := range delimiters {
		b := (*[8]byte)(rest)
		rest = rest[8:]
		eight := of[0][b[0]] | of[1][b[1]] | of[2][b[2]] | of[3][b[3]] | of[4][b[4]] | of[5][b[5]] | of[6][b[6]] | of[7][b[7]]
		delimiters[k], ends[k], specials[k], spaces[k] = byte(eight), byte(eight>>8), byte(eight>>16), byte(eight>>24)
		all |= eight
	}
	m.delimiter, m.end = binary.LittleEndian.Uint64(delimiters[:]), binary.LittleEndian.Uint64(ends[:])
	m.special, m.space = binary.LittleEndian.Uint64(specials[:]), binary.LittleEndian.Uint64(spaces[:])
	m.parity = prefixXOR(m.special)
	m.controls, m.highs, m.slashes = all&(0xFF*isControl), all&(0xFF*isHigh), all&(0xFF*isSlash)
}

func (portable) controls(data []byte) (n int, high bool) {
	var highs uint64
	for len(data) >= 8 {
		w := binary.LittleEndian.Uint64(data)
		highs |= w
		n += countControls(w)
		data = data[8:]
	}
	for _, c := range data {
		highs |= uint64(c)
		if c < 0x20 || c == 0x7F {
			n++
		}
	}
	return n, highs&highBits != 0
}

// countControls counts the control characters among the eight bytes of w exactly.
func countControls(w uint64) int {
	w7 := w &^ highBits
	below := ^(w7 + (0x80-0x20)*lowBits)
	del := w7 + lowBits
	return bits.OnesCount64((below | del) &^ w & highBits)
}

// utf8 is utf8.Valid for text that is mostly ASCII throughout: it skips eight
// bytes at a time not only up to the first other character.
func (portable) utf8(text []byte) bool {
	for len(text) >= 16 {
		p := (*[16]byte)(text)
		a, b := binary.LittleEndian.Uint64(p[0:])&highBits, binary.LittleEndian.Uint64(p[8:])&highBits
		if a|b == 0 {
			text = text[16:]
			continue
		}
		at := bits.TrailingZeros64(a) / 8
		if a == 0 {
			at = 8 + bits.TrailingZeros64(b)/8
		}
		text = text[at:]
		if len(text) > 1 && text[0]-0xC2 < 0xE0-0xC2 && text[1]&0xC0 == 0x80 {
			text = text[2:] // as most characters of Latin, Greek and Cyrillic script
			continue
		}
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			return false
		}
		text = text[n:]
	}
	return utf8.Valid(text)
}

func (portable) notesQuotes() bool { return true }
func (portable) takesLong() bool   { return true }
