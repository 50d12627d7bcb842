package keyset

import "poolprep/validate/scan"

// filter tells of most keys that are not there that they are not. It is a Bloom
// filter in blocks of one cache line, so that a look costs one miss at most.
// The place of a key grows with the key, so keys in order are added in order.
type filter struct {
	blocks []scan.Line
	keys   int64 // how many it is made for
}

const (
	// bitsPerKey of 16 lets one key in two thousand through that is not there.
	bitsPerKey = 16
	blockBits  = 512
)

// newFilter returns a filter for n keys that takes limit bytes at most.
func newFilter(n, limit int64) filter {
	blocks := min((n*bitsPerKey+blockBits-1)/blockBits, limit/(blockBits/8))
	blocks = max(blocks, 1)
	return filter{make([]scan.Line, blocks), blocks * blockBits / bitsPerKey}
}

func (f *filter) bytes() int64 { return int64(len(f.blocks)) * (blockBits / 8) }

func (f *filter) block(k Key) *scan.Line { return &f.blocks[scale(k.Hi, len(f.blocks))] }

// probe is what a key sets: four bits in each of two words of its block.
type probe struct {
	first, second     *uint64
	inFirst, inSecond uint64
}

func (f *filter) probe(k Key) probe {
	// The block goes by the highest bits of Hi; h has the lowest, and all of Lo that vary.
	b, h := f.block(k), uint64(k.Lo>>1)<<33|k.Hi&(1<<33-1)
	return probe{&b[h&7], &b[h>>27&7], fourBits(h >> 3), fourBits(h >> 30)}
}

// hit reports whether all bits are set.
func (p *probe) hit() bool { return p.inFirst&^*p.first|p.inSecond&^*p.second == 0 }

func (p *probe) set() {
	*p.first |= p.inFirst
	*p.second |= p.inSecond
}

func (f *filter) add(k Key) {
	p := f.probe(k)
	p.set()
}

func (f *filter) mayHave(k Key) bool {
	p := f.probe(k)
	return p.hit()
}

// fourBits returns a word with the bits that the lowest 24 bits of h number.
func fourBits(h uint64) uint64 { return 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63) | 1<<(h>>18&63) }

// prefetch begins to read the blocks of the keys.
func (f *filter) prefetch(keys []Key) {
	if len(f.blocks) == 0 {
		return
	}
	var at [64]uint32
	for len(keys) > 0 {
		n := min(len(keys), len(at))
		for i, k := range keys[:n] {
			at[i] = uint32(scale(k.Hi, len(f.blocks)))
		}
		scan.PrefetchLines(f.blocks, at[:n])
		keys = keys[n:]
	}
}
