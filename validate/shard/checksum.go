package shard

import "hash/crc32"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum returns the CRC-32C of a text, by which it is known again.
func Checksum(text []byte) uint32 { return Checksums(0, text) }

// Checksums returns the checksum of a text of which before is that of the first part, and
// more the rest. That of nothing is 0.
func Checksums(before uint32, more []byte) uint32 { return crc32.Update(before, castagnoli, more) }

// Join returns the checksum of two texts one after the other, from theirs and the length of
// the second in bytes. (Join(a, b, n) ^ b depends on a and n alone, so Join also finds b.)
func Join(a, b uint32, n int64) uint32 { return shift(a, n) ^ b }

// shift returns what a checksum becomes with n zero bytes behind the text, as far as that is
// linear: a checksum is a polynomial over two elements, lowest power in the highest bit, and a
// byte multiplies it by x to the 8th, modulo that of the checksum.
func shift(crc uint32, n int64) uint32 {
	factor := uint32(1) << 23 // x^8
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			crc = times(crc, factor)
		}
		factor = times(factor, factor)
	}
	return crc
}

// times multiplies two polynomials.
func times(a, b uint32) (product uint32) {
	for bit := uint32(1) << 31; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		if b&1 != 0 {
			b = b>>1 ^ crc32.Castagnoli
		} else {
			b >>= 1
		}
	}
	return product
}
