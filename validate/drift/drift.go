package drift

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/dustin/go-humanize"
)

// Fill returns a line for each column that was filled more or less often, from one
// percentage point on, in the order of the columns of the later run.
func Fill(before, after *Summary) []string {
	shares := make(map[string]float64)
	for _, c := range before.Profile.Columns {
		if share, ok := c.share(); ok {
			shares[c.Name] = share
		}
	}
	var lines []string
	for _, c := range after.Profile.Columns {
		old, known := shares[c.Name]
		now, ok := c.share()
		// a little less, since shares such as 41.2 % are not exact
		if known && ok && math.Abs(now-old) >= 1-1e-9 {
			lines = append(lines, fmt.Sprintf("%s filled %.1f %% -> %.1f %%", c.Name, old, now))
		}
	}
	return lines
}

// manyPoints is by how many percentage points the share of a shape changes that is named.
const manyPoints = 10

// Shapes returns a line for each shape of values that is much more or much less frequent than
// before, in the order of the columns of the later run.
func Shapes(before, after *Summary) []string {
	old := make(map[string]*Column)
	for i := range before.Profile.Columns {
		old[before.Profile.Columns[i].Name] = &before.Profile.Columns[i]
	}
	var lines []string
	for i := range after.Profile.Columns {
		now := &after.Profile.Columns[i]
		then := old[now.Name]
		if then == nil || then.Filled == 0 || now.Filled == 0 {
			continue
		}
		seen := make(map[string]bool)
		for _, shape := range append(slices.Clone(now.Shapes), then.Shapes...) {
			a, b := then.shapeShare(shape.Value), now.shapeShare(shape.Value)
			if !seen[shape.Value] && math.Abs(b-a) >= manyPoints-1e-9 {
				lines = append(lines, fmt.Sprintf("%s shaped %s %.1f %% -> %.1f %%", now.Name, shape.Value, a, b))
			}
			seen[shape.Value] = true
		}
	}
	return lines
}

// shapeShare returns how many percent of the values have a shape; 0 of one that is not among
// the most frequent ones.
func (c *Column) shapeShare(shape string) float64 {
	for _, s := range c.Shapes {
		if s.Value == shape {
			return 100 * float64(s.Count) / float64(c.Filled)
		}
	}
	return 0
}

// share returns how many percent of the values are there, and false if there are no rows.
func (c *Column) share() (percent float64, ok bool) {
	if c.Filled == 0 && c.Empty == 0 {
		return 0, false
	}
	filled, empty := float64(c.Filled), float64(c.Empty)
	return 100 * filled / (filled + empty), true
}

// Compare returns a line for everything that differs: numbers of rows, findings by code in
// the order of their names, and what Fill returns.
func Compare(before, after *Summary) []string {
	var lines []string
	add := func(what string, old, now int64) {
		if old != now {
			lines = append(lines, fmt.Sprintf("%s %s -> %s", what, humanize.Comma(old), humanize.Comma(now)))
		}
	}
	add("rows read", before.Read, after.Read)
	add("rows accepted", before.Accepted, after.Accepted)
	add("rows rejected", before.Rejected, after.Rejected)
	add("rows skipped", before.Skipped, after.Skipped)
	codes := slices.Collect(maps.Keys(before.Findings))
	codes = slices.AppendSeq(codes, maps.Keys(after.Findings))
	slices.Sort(codes)
	for _, code := range slices.Compact(codes) {
		add(code, before.Findings[code], after.Findings[code])
	}
	return slices.Concat(lines, Fill(before, after), Shapes(before, after))
}
