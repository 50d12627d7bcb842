package keyset

// filter tells of most keys that are not there that they are not. It is a Bloom
// filter in blocks of one cache line, so that a look costs one miss at most.
// The place of a key grows with the key, so keys in order are added in order.
type filter struct {
	blocks []block
	keys   int64 // how many it is made for
}

type block [8]uint64

const (
	// bitsPerKey of 12 lets one key in a hundred through that is not there.
	bitsPerKey = 12
	blockBits  = 512
)

// newFilter returns a filter for n keys that takes limit bytes at most.
func newFilter(n, limit int64) filter {
	blocks := min((n*bitsPerKey+blockBits-1)/blockBits, limit/(blockBits/8))
	blocks = max(blocks, 1)
	return filter{make([]block, blocks), blocks * blockBits / bitsPerKey}
}

func (f *filter) bytes() int64 { return int64(len(f.blocks)) * (blockBits / 8) }

func (f *filter) block(k Key) *block { return &f.blocks[scale(k.Hi, len(f.blocks))] }

// A key sets three bits in each of two words of its block.
func (f *filter) add(k Key) {
	b, h := f.block(k), k.Lo>>1
	b[h&7] |= threeBits(h >> 3)
	b[h>>21&7] |= threeBits(h >> 24)
}

func (f *filter) mayHave(k Key) bool {
	b, h := f.block(k), k.Lo>>1
	first, second := threeBits(h>>3), threeBits(h>>24)
	return first&^b[h&7]|second&^b[h>>21&7] == 0
}

// threeBits returns a word with the bits that the lowest 18 bits of h number.
func threeBits(h uint64) uint64 { return 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63) }

func (f *filter) touch(k Key) uint64 { return f.block(k)[0] }
