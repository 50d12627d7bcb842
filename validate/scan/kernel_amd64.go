//go:build amd64 && !noasm

package scan

// avx2 is the kernel for processors with AVX2, 32 bytes to the register.
type avx2 struct{}

func init() {
	if hasAVX2() {
		active = avx2{}
	}
}

func (avx2) masks(found, special []uint64, data []byte, m marks) {
	if len(found) == 0 {
		return
	}
	_, _ = special[len(found)-1], data[64*len(found)-1]
	masksAVX2(&found[0], &special[0], &data[0], len(found), m.delimiter, m.end, m.special)
}

func (avx2) controls(data []byte) (n int, high bool) {
	whole := len(data) / 32
	if whole > 0 {
		var highs uint32
		n, highs = controlsAVX2(&data[0], whole)
		high = highs != 0
	}
	rest, restHigh := portable{}.controls(data[32*whole:])
	return n + rest, high || restHigh
}

// masksAVX2 looks at pieces times 64 bytes from data on.
//
//go:noescape
func masksAVX2(found, special *uint64, data *byte, pieces int, delimiter, end, other byte)

// controlsAVX2 looks at pieces times 32 bytes from data on. highs has bits set
// if there is a byte from 0x80.
//
//go:noescape
func controlsAVX2(data *byte, pieces int) (n int, highs uint32)

// hasAVX2 reports whether processor and system support AVX2 and POPCNT.
func hasAVX2() bool
