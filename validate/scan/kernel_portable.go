package scan

import (
	"encoding/binary"
	"math/bits"
)

// portable is the kernel for every processor, eight bytes to the machine word.
// It is the twin that the others are compared with.
type portable struct{}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

func (portable) masks(found, special []uint64, data []byte, m marks) {
	delimiter, end, other := lowBits*uint64(m.delimiter), lowBits*uint64(m.end), lowBits*uint64(m.special)
	for i := range found {
		piece := (*[64]byte)(data[64*i:])
		var f, s uint64
		for k := 0; k < 64; k += 8 {
			w := binary.LittleEndian.Uint64(piece[k : k+8])
			f = f>>8 | gather(^(unequal(w, delimiter)&unequal(w, end))&highBits)
			s = s>>8 | gather(^unequal(w, other)&highBits)
		}
		found[i], special[i] = f, s
	}
}

// unequal returns a word whose bytes have the high bit clear where w has the
// byte repeated in pattern, and set elsewhere. It is exact for every byte,
// unlike the shorter formula that carries into the neighbour of a match.
func unequal(w, pattern uint64) uint64 {
	x := w ^ pattern
	return x&^highBits + ^uint64(highBits) | x
}

// gather packs the high bits of the eight bytes of m, the other bits of which
// are clear, into the highest eight bits of the result.
func gather(m uint64) uint64 { return (m >> 7) * 0x0102040810204080 & (0xFF << 56) }

func (portable) controls(data []byte) (n int, high bool) {
	var highs uint64
	for len(data) >= 32 {
		p := (*[32]byte)(data)
		a, b := binary.LittleEndian.Uint64(p[0:]), binary.LittleEndian.Uint64(p[8:])
		c, d := binary.LittleEndian.Uint64(p[16:]), binary.LittleEndian.Uint64(p[24:])
		highs |= a | b | c | d
		// The subtraction borrows from a byte's high bit if it is below 0x20, the
		// addition carries into it if it is 0x7F. A borrow may make a neighbour
		// suspect, so what is found here is looked at again.
		below := (a-0x20*lowBits)&^a | (b-0x20*lowBits)&^b | (c-0x20*lowBits)&^c | (d-0x20*lowBits)&^d
		del := (a&^highBits + lowBits) | (b&^highBits + lowBits) | (c&^highBits + lowBits) | (d&^highBits + lowBits)
		if (below|del)&highBits != 0 {
			n += countWord(a) + countWord(b) + countWord(c) + countWord(d)
		}
		data = data[32:]
	}
	for _, c := range data {
		highs |= uint64(c)
		if c < 0x20 || c == 0x7F {
			n++
		}
	}
	return n, highs&highBits != 0
}

// countWord counts the control characters among the eight bytes of w exactly.
func countWord(w uint64) int {
	w7 := w &^ highBits
	below := ^(w7 + (0x80-0x20)*lowBits)
	del := w7 + lowBits
	return bits.OnesCount64((below | del) &^ w & highBits)
}
