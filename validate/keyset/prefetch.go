//go:build (!amd64 && !arm64) || noasm

package keyset

import "sync/atomic"

var wanted atomic.Uint64

// prefetch reads from the block of each key, so that the reads do not wait for
// each other. There is at least one block and one key.
func prefetch(blocks []block, keys []Key) {
	var sum uint64
	for i := range keys {
		sum += blocks[scale(keys[i].Hi, len(blocks))][0]
	}
	wanted.Store(sum) // or the compiler would find out that nobody needs it
}
