package keyset

import (
	"cmp"
	"iter"
	"math"
	"runtime"
	"slices"
)

// memtable holds keys in memory, in buckets by their highest bits. A filter tells of
// nearly every new key that it is new, so a bucket is seldom looked into, and
// adding a key writes to where others of its bucket were written: what must be in
// the caches is the filter and the ends of the buckets, not the keys.
//
// A bucket is a list of chunks, which lie in slabs and are used again.
type memtable struct {
	buckets []bucket // a power of two of them
	shift   uint     // a key's bucket is Hi>>shift
	slabs   [][]Key
	before  []uint32 // for each chunk the one before it in its bucket
	free    uint32   // the first chunk of a list of those that are free
	unused  int      // chunks in that list
	used    int64
	looked  int64 // keys looked at since there were more buckets
	filter  filter
}

// bucket is a list of chunks of keys. Numbers of chunks count from 1; 0 is none.
type bucket struct {
	last uint32
	n    uint32 // keys in the last chunk; the others are full
}

type chunk [chunkKeys]Key

const (
	chunkKeys  = 16
	slabChunks = 4096
	slabBytes  = slabChunks * (chunkKeys*keySize + 4)
	// Buckets hold fullBucket keys on average when there shall be moreBuckets times as
	// many of them: few buckets, so that their ends stay in the caches. When there
	// is much to look through, wornBucket keys are enough; with fewer, the free places
	// in last chunks would count.
	fullBucket   = 2048
	wornBucket   = 192
	moreBuckets  = 4
	firstBuckets = 256
	bucketBytes  = 8
	// rehashing is what moving a key to another bucket costs, in keys looked at.
	rehashing = 16
)

func (t *memtable) bytes() int64 {
	return int64(len(t.slabs))*slabBytes + int64(len(t.buckets))*bucketBytes + t.filter.bytes()
}

// find returns the place of k, and whether it is there. It may rehash the keys into
// more buckets, if that does not take more than limit bytes.
func (t *memtable) find(k Key, limit int64) (place uint32, found bool) {
	if t.used == 0 || !t.filter.mayHave(k) {
		return 0, false
	}
	if t.looked > t.used*rehashing {
		t.looked = 0
		if t.used > int64(len(t.buckets))*wornBucket {
			t.rehash(limit)
		}
	}
	for keys := range t.chunks(t.buckets[k.Hi>>t.shift]) {
		t.looked += int64(len(keys))
		for i := range keys {
			if keys[i].same(k) {
				return keys[i].Place, true
			}
		}
	}
	return 0, false
}

// chunks yields the keys of a bucket, the last chunk first.
func (t *memtable) chunks(b bucket) iter.Seq[[]Key] {
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

// chunk returns the places of a chunk.
func (t *memtable) chunk(c uint32) *chunk {
	return (*chunk)(t.slabs[(c-1)/slabChunks][(c-1)%slabChunks*chunkKeys:])
}

// add adds a key, unless that would take more than limit bytes in all; then it
// reports false.
func (t *memtable) add(k Key, limit int64) bool {
	if t.used >= t.filter.keys && !t.growFilter(limit) {
		return false
	}
	if t.used >= int64(len(t.buckets))*fullBucket && !t.rehash(limit) {
		return false
	}
	if !t.put(k, limit) {
		return false
	}
	t.filter.add(k)
	t.used++
	return true
}

// addNew adds keys until one may be there already, or there is no room: rows of
// them, of some keys each, a row as a whole. It returns how many keys it added,
// counting zero Keys, which it passes over.
func (t *memtable) addNew(keys []Key, row int, limit int64) (n int) {
	var probes [maxRow]probe
	room := min(t.filter.keys, int64(len(t.buckets))*fullBucket) - int64(row)
	for ; n+row <= len(keys) && t.used <= room; n += row {
		if t.unused < row && !t.moreChunks(limit) {
			break
		}
		for i, k := range keys[n : n+row] {
			p := &probes[i%maxRow]
			*p = t.filter.probe(k)
			if p.hit() && k.Lo != 0 {
				return n
			}
		}
		for i, k := range keys[n : n+row] {
			if k.Lo == 0 {
				continue
			}
			probes[i%maxRow].set()
			t.put(k, limit) // for which there is a chunk
			t.used++
		}
	}
	return n
}

// put appends a key to its bucket.
func (t *memtable) put(k Key, limit int64) bool {
	b := &t.buckets[k.Hi>>t.shift]
	if (b.last == 0 || b.n == chunkKeys) && !t.open(b, limit) {
		return false
	}
	t.chunk(b.last)[b.n%chunkKeys] = k
	b.n++
	return true
}

// open gives a bucket another chunk, unless that would take more than limit bytes.
func (t *memtable) open(b *bucket, limit int64) bool {
	c := t.newChunk(limit)
	if c == 0 {
		return false
	}
	t.before[c-1] = b.last
	*b = bucket{last: c}
	return true
}

// newChunk returns a free chunk, or 0 if that would take more than limit bytes.
func (t *memtable) newChunk(limit int64) uint32 {
	if t.free == 0 && !t.moreChunks(limit) {
		return 0
	}
	c := t.free
	t.free = t.before[c-1]
	t.unused--
	return c
}

// moreChunks makes a slab of free ones, unless that would take more than limit bytes.
func (t *memtable) moreChunks(limit int64) bool {
	if t.bytes()+slabBytes > limit && len(t.slabs) > 0 {
		return false
	}
	t.slabs = append(t.slabs, make([]Key, slabChunks*chunkKeys))
	for range slabChunks {
		t.before = append(t.before, t.free)
		t.free = uint32(len(t.before))
	}
	t.unused += slabChunks
	return true
}

// expect makes room for n keys, as far as it takes no more than limit bytes.
func (t *memtable) expect(n, limit int64) {
	n = min(n, limit/(keySize+4))
	if n <= t.filter.keys || t.used > 0 {
		return
	}
	t.filter = newFilter(n, limit)
	for int64(len(t.buckets))*fullBucket < n {
		t.rehash(limit)
	}
}

// growFilter makes room for twice as many keys in the filter.
func (t *memtable) growFilter(limit int64) bool {
	bigger := newFilter(max(2*t.filter.keys, firstBuckets*fullBucket), limit)
	if bigger.bytes() <= t.filter.bytes() || t.bytes()+bigger.bytes() > limit && t.used > 0 {
		return false
	}
	t.filter = bigger
	defer runtime.GC() // the filter that was replaced may be large, and the budget counts
	for _, b := range t.buckets {
		for keys := range t.chunks(b) {
			for _, k := range keys {
				t.filter.add(k)
			}
		}
	}
	return true
}

// rehash rehashes the keys into more buckets, unless that might take more than limit
// bytes: each bucket, new or old, may have a last chunk that is not full.
func (t *memtable) rehash(limit int64) bool {
	old := t.buckets
	n := max(moreBuckets*len(old), firstBuckets)
	need := t.used/chunkKeys + int64(n+len(old)) + 1
	slabs := max((need+slabChunks-1)/slabChunks, int64(len(t.slabs)))
	if t.used > 0 && slabs*slabBytes+int64(n)*bucketBytes+t.filter.bytes() > limit {
		return false
	}
	t.buckets, t.shift = make([]bucket, n), 64
	for ; n > 1; n /= 2 {
		t.shift--
	}
	for _, b := range old {
		n := b.n
		for c := b.last; c != 0; {
			for _, k := range t.chunk(c)[:n] {
				t.put(k, math.MaxInt64) // a key is never lost, whatever it takes
			}
			previous := t.before[c-1]
			t.before[c-1], t.free = t.free, c
			t.unused++
			c, n = previous, chunkKeys
		}
	}
	return true
}

// reset forgets all keys, and keeps the memory.
func (t *memtable) reset() {
	clear(t.buckets)
	clear(t.filter.blocks)
	t.free, t.unused, t.used, t.looked = 0, len(t.before), 0, 0
	for i := range t.before {
		t.before[i], t.free = t.free, uint32(i+1)
	}
}

// sorted yields all keys in order.
func (t *memtable) sorted() iter.Seq[Key] {
	return func(yield func(Key) bool) {
		var together []Key
		for _, b := range t.buckets {
			together = together[:0]
			for keys := range t.chunks(b) {
				together = append(together, keys...)
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
