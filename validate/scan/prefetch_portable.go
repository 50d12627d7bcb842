//go:build (!amd64 && !arm64) || noasm

package scan

import "sync/atomic"

var wanted atomic.Uint64

// prefetchLines reads from the lines, so that the reads do not wait for each other.
func prefetchLines(lines []Line, at []uint32) {
	var sum uint64
	for _, i := range at {
		sum += lines[i][0]
	}
	wanted.Store(sum) // or the compiler would find out that nobody needs it
}
