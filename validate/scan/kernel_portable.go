package scan

import (
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

// equalMask returns a word with the high bit set in each byte of w that equals
// the byte repeated in pattern. Exact for every byte, unlike the shorter
// formula that carries into the neighbour of a match.
func equalMask(w, pattern uint64) uint64 {
	x := w ^ pattern
	return ^((x&^highBits + ^uint64(highBits)) | x) & highBits
}

// gather packs the high bits of the eight bytes of m into the low eight bits.
func gather(m uint64) uint64 { return (m >> 7) * 0x0102040810204080 >> 56 }

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
	special, quoting, escaping := lowBits*uint64(d.Quote), !d.NoQuotes, d.Kind == Cognito
	if escaping {
		special = lowBits * '\\'
	}
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
		var fields, ends, specials uint64
		for i := 0; i < 64; i += 8 {
			w := binary.LittleEndian.Uint64(chunk[i:])
			fields |= gather(equalMask(w, delimiter)) << i
			ends |= gather(equalMask(w, end)) << i
			if quoting || escaping {
				specials |= gather(equalMask(w, special)) << i
			}
		}
		switch {
		case quoting:
			within := prefixXOR(specials) ^ inside
			inside = uint64(int64(within) >> 63)
			fields, ends = fields&^within, ends&^within
		case escaping:
			fields &^= specials<<1 | escaped
			escaped = specials >> 63
		}
		if rest := len(data) - base; rest < 64 {
			keep := uint64(1)<<rest - 1
			fields, ends = fields&keep, ends&keep
		}
		for m := fields | ends; m != 0; m &= m - 1 {
			dst[n] = uint32(base + bits.TrailingZeros64(m))
			n++
		}
	}
	return n
}
