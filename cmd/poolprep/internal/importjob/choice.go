package importjob

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"
)

// ParseChunks reads which chunks of the run, from 1, are meant by numbers and ranges such as
// `1,3-5`, in any order; nil means all, for the empty text.
func (d *RunDir) ParseChunks(text string) ([]int, error) {
	if text == "" {
		return nil, nil
	}
	var chosen []int
	have := len(d.Manifest.Chunks)
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, errFrom := strconv.Atoi(strings.TrimSpace(first))
		to, errTo := strconv.Atoi(strings.TrimSpace(last))
		switch {
		case errFrom != nil || errTo != nil || from < 1 || to < from:
			return nil, fmt.Errorf("%q: numbers of chunks are expected, and ranges, such as 1 or 1,3-5", text)
		case to > have:
			return nil, fmt.Errorf("chunk %d: %s has %s", max(from, have+1), d.Path, english.Plural(have, "chunk", ""))
		}
		for n := from; n <= to; n++ {
			chosen = append(chosen, n)
		}
	}
	slices.Sort(chosen)
	return slices.Compact(chosen), nil
}

// chosen reports whether a chunk, from 1, is to be imported.
func (o *Options) chosen(number int) bool {
	return o.Chunks == nil || slices.Contains(o.Chunks, number)
}
