package scan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// portable is the kernel for every processor: 64 bytes at a time become three
// 64-bit masks, one bit for each byte, eight bytes to the machine word.
type portable struct{}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

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

// prefixXOR returns in bit i the exclusive or of bits 0..i of m: between an
// opening and a closing quote the result is 1.
func prefixXOR(m uint64) uint64 {
	m ^= m << 1
	m ^= m << 2
	m ^= m << 4
	m ^= m << 8
	m ^= m << 16
	m ^= m << 32
	return m
}

func (portable) index(dst []uint32, data []byte, d *Dialect) int {
	k := words{delimiter: lowBits * uint64(d.Delimiter), end: lowBits * uint64(d.end())}
	quoting := !d.NoQuotes && bytes.IndexByte(data, d.Quote) >= 0
	escaping := d.Kind == Cognito && bytes.IndexByte(data, '\\') >= 0
	k.special = lowBits * uint64(d.Quote)
	if escaping {
		k.special = lowBits * '\\'
	}
	var inside, escaped uint64 // carried from the 64 bytes before: all ones or zero; 1 or 0
	var tail [64]byte
	n := 0
	for base := 0; base < len(data); base += 64 {
		chunk := &tail
		if rest := data[base:]; len(rest) >= 64 {
			chunk = (*[64]byte)(rest)
		} else {
			copy(tail[:], rest)
		}
		found := k.found(chunk)
		switch {
		case quoting:
			within := prefixXOR(k.specials(chunk)) ^ inside
			inside = uint64(int64(within) >> 63)
			found &^= within
		case escaping:
			specials := k.specials(chunk)
			// A line end after a backslash ends the record all the same.
			found &^= (specials<<1 | escaped) &^ equal(chunk, k.end)
			escaped = specials >> 63
		}
		if rest := len(data) - base; rest < 64 {
			found &= uint64(1)<<rest - 1
		}
		n += emit(dst[n:], uint32(base), found)
	}
	return n
}

// words are the bytes that are looked for, each repeated over a machine word.
type words struct{ delimiter, end, special uint64 }

// found returns a bit for each byte of chunk that is the delimiter or the end
// byte. It is written out eight times, since a loop over so little costs half
// as much again.
func (k *words) found(chunk *[64]byte) uint64 {
	a, b := k.delimiter, k.end
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(chunk[i:]) }
	m := gather(^(unequal(at(0), a)&unequal(at(0), b))&highBits) >> 56
	m |= gather(^(unequal(at(8), a)&unequal(at(8), b))&highBits) >> 48
	m |= gather(^(unequal(at(16), a)&unequal(at(16), b))&highBits) >> 40
	m |= gather(^(unequal(at(24), a)&unequal(at(24), b))&highBits) >> 32
	m |= gather(^(unequal(at(32), a)&unequal(at(32), b))&highBits) >> 24
	m |= gather(^(unequal(at(40), a)&unequal(at(40), b))&highBits) >> 16
	m |= gather(^(unequal(at(48), a)&unequal(at(48), b))&highBits) >> 8
	return m | gather(^(unequal(at(56), a)&unequal(at(56), b))&highBits)
}

// specials returns a bit for each byte of chunk that is the quote or the backslash.
func (k *words) specials(chunk *[64]byte) uint64 { return equal(chunk, k.special) }

// equal returns a bit for each byte of chunk that is the byte repeated in pattern.
func equal(chunk *[64]byte, pattern uint64) uint64 {
	at := func(i int) uint64 { return binary.LittleEndian.Uint64(chunk[i:]) }
	m := gather(^unequal(at(0), pattern)&highBits) >> 56
	m |= gather(^unequal(at(8), pattern)&highBits) >> 48
	m |= gather(^unequal(at(16), pattern)&highBits) >> 40
	m |= gather(^unequal(at(24), pattern)&highBits) >> 32
	m |= gather(^unequal(at(32), pattern)&highBits) >> 24
	m |= gather(^unequal(at(40), pattern)&highBits) >> 16
	m |= gather(^unequal(at(48), pattern)&highBits) >> 8
	return m | gather(^unequal(at(56), pattern)&highBits)
}

// emit writes base plus the number of each bit that is set, and returns how
// many there are. It writes eight at a time, whether there are so many or not,
// because a loop that ends after a number of turns nobody can foresee costs
// more; so dst has room for 64.
func emit(dst []uint32, base uint32, set uint64) int {
	n := bits.OnesCount64(set)
	for i := 0; i < n; i += 8 {
		d := (*[8]uint32)(dst[i : i+8])
		for k := range d {
			d[k] = base + uint32(bits.TrailingZeros64(set))
			set &= set - 1
		}
	}
	return n
}
