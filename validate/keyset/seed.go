package keyset

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
)

// Seed is the secret from which the fingerprints of a run are made, so that nobody can
// prepare values with the same one. With the same Seed they are the same on every
// machine, so parts of a run that were made apart can be put together. The zero Seed is
// none. Who has it can find out by trying whether a value is behind a fingerprint.
type Seed [8]uint64

// NewSeed returns a random one.
func NewSeed() (s Seed) {
	var b [len(s) * 8]byte
	_, _ = rand.Read(b[:]) // it never fails
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return s
}

// Fingerprint returns the Key of a value, without a Place: 95 of 128 bits. Equal values
// in different spaces have different ones.
//
// Two halves read the value with secrets of their own, 16 bytes at a time, the last 16
// overlapping with those before. A step multiplies two words, each mixed with a secret
// or with what came before, to 128 bits, and folds these, as wyhash does. The length and
// the space come in at the end.
func (s *Seed) Fingerprint(space uint8, v []byte) Key {
	x, y := s[0], s[1]
	length := uint64(len(v)) | uint64(space)<<56
	var a, b uint64
	switch n := len(v); {
	case n > 16:
		rest := v
		for ; len(rest) > 16; rest = rest[16:] {
			a, b = binary.LittleEndian.Uint64(rest), binary.LittleEndian.Uint64(rest[8:])
			x, y = fold(a^s[2], b^x), fold(a^s[3], b^y)
		}
		a, b = binary.LittleEndian.Uint64(v[n-16:]), binary.LittleEndian.Uint64(v[n-8:])
	case n >= 8:
		a, b = binary.LittleEndian.Uint64(v), binary.LittleEndian.Uint64(v[n-8:])
	case n >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(v)), uint64(binary.LittleEndian.Uint32(v[n-4:]))
	case n > 0:
		a = uint64(v[0])<<16 | uint64(v[n/2])<<8 | uint64(v[n-1])
	}
	xHi, xLo := bits.Mul64(a^s[2], b^x)
	yHi, yLo := bits.Mul64(a^s[3], b^y)
	return Key{
		Hi: fold(xHi^s[4], xLo^s[5]^length),
		Lo: uint32(fold(yHi^s[6], yLo^s[7]^length)>>32) | 1,
	}
}

// fold multiplies, and adds the halves of the product without carry.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
