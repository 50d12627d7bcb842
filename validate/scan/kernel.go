package scan

import (
	"bytes"
	"math/bits"
)

// kernel is the one seam between the portable code and routines for particular
// processors. What it returns is a matter of fact, so all kernels agree.
type kernel interface {
	// masks looks at data in pieces of 64 bytes, as many as found has words, and
	// sets a bit of found for each byte that is the delimiter or the end byte, and
	// of special for each that is the special byte. The lowest bit is the first byte.
	masks(found, special []uint64, data []byte, m marks)
	// controls counts the bytes of data below 0x20 and 0x7F, and tells whether
	// there are bytes from 0x80.
	controls(data []byte) (n int, high bool)
}

// marks are the bytes that a kernel looks for.
type marks struct{ delimiter, end, special byte }

// active is the kernel in use: the best one of this processor.
var active kernel = portable{}

// CountControls counts the bytes of data below 0x20 and 0x7F, and tells
// whether there are bytes from 0x80.
func CountControls(data []byte) (n int, high bool) { return active.controls(data) }

// indexSlack is how many offsets may be written beyond the last one, and leaves
// room for the end of a last record without line end.
const indexSlack = 64

// structure writes to dst the offsets, in order, of every delimiter and record
// end that stands outside quotes and is not escaped, and returns how many. data
// ends at the end of a record and its quoting is proven. dst has room for
// len(data)+indexSlack offsets; what lies after the last is undefined.
func structure(k kernel, dst []uint32, data []byte, d *Dialect) int {
	const words = 64
	var found, special [words]uint64
	s := structurer{
		quoting:  !d.NoQuotes && bytes.IndexByte(data, d.Quote) >= 0,
		escaping: d.Kind == Cognito && bytes.IndexByte(data, '\\') >= 0,
		end:      d.end(),
	}
	m := marks{d.Delimiter, d.end(), d.Quote}
	if s.escaping {
		m.special = '\\'
	}
	n, base := 0, 0
	for len(data)-base >= 64 {
		pieces := min((len(data)-base)/64, words)
		k.masks(found[:pieces], special[:pieces], data[base:], m)
		for i := range pieces {
			n += emit(dst[n:], uint32(base), s.outside(found[i], special[i], data[base:]))
			base += 64
		}
	}
	if rest := len(data) - base; rest > 0 {
		var tail [64]byte
		copy(tail[:], data[base:])
		k.masks(found[:1], special[:1], tail[:], m)
		n += emit(dst[n:], uint32(base), s.outside(found[0], special[0], tail[:])&(1<<rest-1))
	}
	return n
}

// structurer carries what one piece of 64 bytes says of the next one.
type structurer struct {
	quoting, escaping bool
	end               byte
	inside            uint64 // all ones within quotes, else zero
	escaped           uint64 // 1 after a backslash, else zero
}

// outside returns the bits of found that stand outside quotes and are not escaped.
func (s *structurer) outside(found, special uint64, piece []byte) uint64 {
	switch {
	case s.quoting:
		within := prefixXOR(special) ^ s.inside
		s.inside = uint64(int64(within) >> 63)
		found &^= within
	case s.escaping && special|s.escaped != 0:
		behind := found & (special<<1 | s.escaped)
		s.escaped = special >> 63
		for m := behind; m != 0; m &= m - 1 {
			// A line end after a backslash ends the record all the same.
			if i := bits.TrailingZeros64(m); piece[i] != s.end {
				found &^= 1 << i
			}
		}
	}
	return found
}

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
