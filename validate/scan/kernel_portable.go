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
	delimiter, end := lowBits*uint64(d.Delimiter), lowBits*uint64(d.end())
	special, quoting, escaping := lowBits*uint64(d.Quote), !d.NoQuotes && bytes.IndexByte(data, d.Quote) >= 0, d.Kind == Cognito
	if escaping {
		special = lowBits * '\\'
	}
	look := quoting || escaping
	var inside, escaped uint64 // carried from the 64 bytes before: all ones or zero; 1 or 0
	var tail [64]byte
	n := 0
	for base := 0; base < len(data); base += 64 {
		chunk := data[base:]
		if len(chunk) < 64 {
			copy(tail[:], chunk)
			chunk = tail[:]
		}
		chunk = chunk[:64]
		var found, specials uint64
		for i := 0; i < 64; i += 8 {
			w := binary.LittleEndian.Uint64(chunk[i:])
			found = found>>8 | gather(^(unequal(w, delimiter)&unequal(w, end))&highBits)
			if look {
				specials = specials>>8 | gather(^unequal(w, special)&highBits)
			}
		}
		switch {
		case quoting:
			within := prefixXOR(specials) ^ inside
			inside = uint64(int64(within) >> 63)
			found &^= within
		case escaping && specials|escaped != 0:
			found &^= (specials<<1 | escaped) &^ equals(chunk, d.end())
			escaped = specials >> 63
		}
		if rest := len(data) - base; rest < 64 {
			found &= uint64(1)<<rest - 1
		}
		n += emit(dst[n:], uint32(base), found)
	}
	return n
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

// equals returns a bit for each of the 64 bytes of chunk that is b.
func equals(chunk []byte, b byte) (m uint64) {
	for i := 0; i < 64; i += 8 {
		m = m>>8 | gather(^unequal(binary.LittleEndian.Uint64(chunk[i:]), lowBits*uint64(b))&highBits)
	}
	return m
}
