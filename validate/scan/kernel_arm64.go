//go:build arm64 && !noasm

package scan

func init() {
	active = neon{}
	kernels["neon"] = active
}

// neon is the kernel for arm64, 16 bytes to the register: the masks come from
// assembly, what follows from them is worked out in Go. Every processor has it.
type neon struct{ portable }

func (neon) takesLong() bool { return false }

func (neon) find(f *indexer, data []byte, base uint32) {
	const batch = 32 // pieces, so that their masks stay in the nearest cache
	var m [batch]masks
	for len(data) >= pieceSize {
		n := min(len(data)/pieceSize, batch)
		masksNEON(&m[0], &data[0], n, f.delimiter, f.end, f.special)
		for i := range n {
			m[i].parity = prefixXOR(m[i].special)
			f.piece(&m[i], (*[pieceSize]byte)(data[i*pieceSize:]), base, pieceSize)
			base += pieceSize
		}
		data = data[n*pieceSize:]
	}
}

// masksNEON looks at pieces of 64 bytes from data on. It leaves parity out.
//
//go:noescape
func masksNEON(m *masks, data *byte, pieces int, delimiter, end, special byte)
