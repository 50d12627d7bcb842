package keyset

// filter tells of most keys that are not there that they are not. It is a Bloom
// filter in blocks of one cache line, so that a look costs one miss at most.
// The place of a key grows with the key, so keys in order are added in order.
type filter struct {
	blocks []block
}

type block [8]uint64

const (
	// bitsPerKey of 12 lets one key in a hundred through that is not there.
	bitsPerKey  = 12
	bitsPerMark = 6 // bits that a key sets
	blockBits   = 512
)

// newFilter returns a filter for n keys that takes limit bytes at most.
func newFilter(n, limit int64) filter {
	blocks := min((n*bitsPerKey+blockBits-1)/blockBits, limit/(blockBits/8))
	return filter{make([]block, max(blocks, 1))}
}

func (f *filter) bytes() int64 { return int64(len(f.blocks)) * (blockBits / 8) }

// keys returns how many keys the filter is made for.
func (f *filter) keys() int64 { return int64(len(f.blocks)) * blockBits / bitsPerKey }

func (f *filter) block(k Key) *block { return &f.blocks[scale(k.Hi, len(f.blocks))] }

func (f *filter) add(k Key) {
	b, h := f.block(k), k.Lo>>1
	for range bitsPerMark {
		b[h>>6&7] |= 1 << (h & 63)
		h >>= 9
	}
}

func (f *filter) mayHave(k Key) bool {
	b, h := f.block(k), k.Lo>>1
	for range bitsPerMark {
		if b[h>>6&7]>>(h&63)&1 == 0 {
			return false
		}
		h >>= 9
	}
	return true
}

func (f *filter) touch(k Key) uint64 { return f.block(k)[0] }
