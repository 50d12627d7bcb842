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

func (portable) find(f *indexer, data []byte, base uint32) {
	f.followed = true
	var m masks
	for len(data) >= pieceSize {
		p := (*[pieceSize]byte)(data)
		look(&m, p, f.classes)
		if m.highs|f.expected != 0 {
			f.follow(&m)
		}
		if f.isPlain(&m) {
			f.plainPiece(&m, base)
		} else {
			m.parity = prefixXOR(m.special)
			f.piece(&m, p, base, pieceSize)
		}
		data = data[pieceSize:]
		base += pieceSize
	}
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
