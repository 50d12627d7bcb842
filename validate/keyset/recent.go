package keyset

import (
	"cmp"
	"iter"
	"runtime"
	"slices"
)

// recent holds keys in memory, in bags by their highest bits. A filter tells of
// nearly every new key that it is new, so a bag is seldom looked into, and
// adding a key writes to where the one before it was written: what must be in
// the caches is the filter and the ends of the bags, not the keys.
//
// A bag is a list of chunks, which lie in slabs and are used again.
type recent struct {
	bags   []bag // a power of two of them
	shift  uint  // a key's bag is Hi>>shift
	slabs  [][]Key
	before []uint32 // for each chunk the one before it in its bag
	free   uint32   // the first chunk of a list of those that are free
	used   int64
	filter filter
	// waiting are keys on their way to the bags, by their highest byte. Keys that
	// go to a bag one by one would each wait for memory that no cache holds.
	waiting [256][]Key
}

// bag is a list of chunks of keys. Numbers of chunks count from 1; 0 is none.
type bag struct {
	last uint32
	n    uint32 // keys in the last chunk; the others are full
}

const (
	chunkKeys  = 64
	slabChunks = 1024
	slabBytes  = slabChunks * (chunkKeys*keySize + 4)
	// Bags hold fullBag keys on average when there shall be moreBags times as
	// many of them: few enough to look through one, and many enough that the
	// free places in last chunks do not count.
	fullBag   = 1024
	moreBags  = 4
	firstBags = 256 // or more, so that keys which wait together go to few bags
	bagBytes  = 8
	// waitingKeys wait for one another.
	waitingKeys = 512
	waitingAll  = 256 * waitingKeys * keySize
)

func (t *recent) bytes() int64 {
	return int64(len(t.slabs))*slabBytes + int64(len(t.bags))*bagBytes + t.filter.bytes() + waitingAll
}

func (t *recent) has(k Key) bool {
	if t.used == 0 || !t.filter.mayHave(k) {
		return false
	}
	if contains(t.waiting[k.Hi>>56], k) {
		return true
	}
	b := t.bags[k.Hi>>t.shift]
	for c, n := b.last, b.n; c != 0; c, n = t.before[c-1], chunkKeys {
		if contains(t.chunk(c)[:n], k) {
			return true
		}
	}
	return false
}

func contains(keys []Key, k Key) bool {
	for i := range keys {
		if keys[i].Hi == k.Hi && keys[i].Lo == k.Lo {
			return true
		}
	}
	return false
}

// chunks yields the keys of a bag, the last chunk first.
func (t *recent) chunks(b bag) iter.Seq[[]Key] {
	return func(yield func([]Key) bool) {
		n := b.n
		for c := b.last; c != 0; c = t.before[c-1] {
			if !yield(t.chunk(c)[:n]) {
				return
			}
			n = chunkKeys
		}
	}
}

// chunk returns all places of a chunk.
func (t *recent) chunk(c uint32) []Key {
	at := (c - 1) % slabChunks * chunkKeys
	return t.slabs[(c-1)/slabChunks][at : at+chunkKeys]
}

// add adds a key, unless that would take more than limit bytes in all; then it
// reports false.
func (t *recent) add(k Key, limit int64) bool {
	if t.used >= t.filter.keys && !t.growFilter(limit) {
		return false
	}
	if t.used >= int64(len(t.bags))*fullBag && !t.growBags(limit) {
		return false
	}
	w := &t.waiting[k.Hi>>56]
	if len(*w) == waitingKeys && !t.deal(w, limit) {
		return false
	}
	*w = append(*w, k)
	t.filter.add(k)
	t.used++
	return true
}

// deal puts the keys that wait into their bags.
func (t *recent) deal(w *[]Key, limit int64) bool {
	for i, k := range *w {
		if !t.put(k, limit) {
			*w = append((*w)[:0], (*w)[i:]...)
			return false
		}
	}
	*w = (*w)[:0]
	return true
}

// put appends a key to its bag.
func (t *recent) put(k Key, limit int64) bool {
	b := &t.bags[k.Hi>>t.shift]
	if b.last == 0 || b.n == chunkKeys {
		c := t.newChunk(limit)
		if c == 0 {
			return false
		}
		t.before[c-1] = b.last
		*b = bag{last: c}
	}
	t.chunk(b.last)[b.n] = k
	b.n++
	return true
}

// newChunk returns a free chunk, or 0 if that would take more than limit bytes.
func (t *recent) newChunk(limit int64) uint32 {
	if t.free == 0 {
		if t.bytes()+slabBytes > limit && len(t.slabs) > 0 {
			return 0
		}
		t.slabs = append(t.slabs, make([]Key, slabChunks*chunkKeys))
		for range slabChunks {
			t.before = append(t.before, t.free)
			t.free = uint32(len(t.before))
		}
	}
	c := t.free
	t.free = t.before[c-1]
	return c
}

// expect makes room for n keys, as far as it takes no more than limit bytes.
func (t *recent) expect(n, limit int64) {
	n = min(n, limit/(keySize+4))
	if n <= t.filter.keys || t.used > 0 {
		return
	}
	t.filter = newFilter(n, limit)
	for int64(len(t.bags))*fullBag < n {
		t.growBags(limit)
	}
}

// growFilter makes room for twice as many keys in the filter.
func (t *recent) growFilter(limit int64) bool {
	bigger := newFilter(max(2*t.filter.keys, firstBags*fullBag), limit)
	if bigger.bytes() <= t.filter.bytes() || t.bytes()+bigger.bytes() > limit && t.used > 0 {
		return false
	}
	t.filter = bigger
	defer runtime.GC() // the filter that was replaced may be large, and the budget counts
	for _, keys := range t.waiting {
		for _, k := range keys {
			t.filter.add(k)
		}
	}
	for _, b := range t.bags {
		for keys := range t.chunks(b) {
			for _, k := range keys {
				t.filter.add(k)
			}
		}
	}
	return true
}

// growBags deals the keys to more bags.
func (t *recent) growBags(limit int64) bool {
	old := t.bags
	n := max(moreBags*len(old), firstBags)
	if t.bytes()+int64(n)*bagBytes > limit && t.used > 0 {
		return false
	}
	t.bags, t.shift = make([]bag, n), 64
	for ; n > 1; n /= 2 {
		t.shift--
	}
	for _, b := range old {
		n := b.n
		for c := b.last; c != 0; {
			for _, k := range t.chunk(c)[:n] {
				t.put(k, limit+slabBytes) // which has room, for the chunk that is freed next
			}
			previous := t.before[c-1]
			t.before[c-1], t.free = t.free, c
			c, n = previous, chunkKeys
		}
	}
	return true
}

// reset forgets all keys, and keeps the memory.
func (t *recent) reset() {
	clear(t.bags)
	clear(t.filter.blocks)
	for i := range t.waiting {
		t.waiting[i] = t.waiting[i][:0]
	}
	t.free, t.used = 0, 0
	for i := range t.before {
		t.before[i], t.free = t.free, uint32(i+1)
	}
}

func (t *recent) touch(k Key) uint64 { return t.filter.touch(k) }

// sorted yields all keys in order.
func (t *recent) sorted() iter.Seq[Key] {
	return func(yield func(Key) bool) {
		var together []Key
		for i, b := range t.bags {
			together = together[:0]
			for keys := range t.chunks(b) {
				together = append(together, keys...)
			}
			for _, k := range t.waiting[uint64(i)<<t.shift>>56] {
				if k.Hi>>t.shift == uint64(i) {
					together = append(together, k)
				}
			}
			slices.SortFunc(together, compare)
			for _, k := range together {
				if !yield(k) {
					return
				}
			}
		}
	}
}

func compare(a, b Key) int {
	if c := cmp.Compare(a.Hi, b.Hi); c != 0 {
		return c
	}
	return cmp.Compare(a.Lo, b.Lo)
}
