package scan

// Line is a cache line of most processors: 64 bytes.
type Line [8]uint64

// PrefetchLines says that the lines with the given numbers, each less than
// len(lines), will be read or written soon. It waits for none of them. It has
// nothing to do with records: it is here because it is assembly.
func PrefetchLines(lines []Line, at []uint32) {
	if len(at) > 0 {
		prefetchLines(lines, at)
	}
}
