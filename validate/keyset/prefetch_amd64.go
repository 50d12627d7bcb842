//go:build amd64 && !noasm

package keyset

// prefetch tells the processor that the block of each key will be needed. Unlike
// with a read, nothing waits for it. There is at least one block and one key.
//
//go:noescape
func prefetch(blocks []block, keys []Key)
