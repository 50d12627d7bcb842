//go:build (amd64 || arm64) && !noasm

package scan

// prefetchLines is PrefetchLines for one line at least.
//
//go:noescape
func prefetchLines(lines []Line, at []uint32)
