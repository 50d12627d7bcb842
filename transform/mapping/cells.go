package mapping

import (
	"bytes"

	"poolprep/validate/row"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// This file follows paths into columns with JSON. All paths into one cell are followed in
// one go.

// cell is a source column with JSON into which several paths lead. It is immutable.
type cell struct {
	place int // of the column
	paths *row.Paths
	all   []*target
}

// findCells puts the paths of the program that go into the same column together.
func (p *Program) findCells() {
	byPlace := make(map[int][]*target)
	for i := range p.values {
		if t := &p.values[i]; t.kind == valuePath {
			byPlace[t.sources[0]] = append(byPlace[t.sources[0]], t)
		}
	}
	for place := range p.source {
		all := byPlace[place]
		if len(all) < 2 {
			continue
		}
		var paths []*row.Path
		var raw []bool
		for k, t := range all {
			paths, raw = append(paths, t.path), append(raw, t.raw)
			t.cell, t.inCell = len(p.cells)+1, k
		}
		p.cells = append(p.cells, cell{place, row.NewPaths(paths, raw), all})
	}
}

// cellColumns are the values at the paths into a cell, of the records at hand.
type cellColumns struct {
	*cell
	done    bool
	decoder row.PathsDecoder
	row     []scan.Span
	columns [][]scan.Span
	lately  [latelyRead]int32 // by slotOf the text: the record that had it, from 1; 0: none
}

// latelyRead is how many texts a cell remembers: many users have the same metadata.
const latelyRead = 32

func (x *cell) newColumns() cellColumns {
	return cellColumns{cell: x, decoder: x.paths.NewDecoder(), row: make([]scan.Span, len(x.all)), columns: make([][]scan.Span, len(x.all))}
}

// slotOf returns the place of a text in what a cell remembers.
func slotOf(text []byte) uint64 {
	n := len(text)
	return (value.Short(text[n/2:]) ^ value.Short(text[max(0, n-8):]) ^ uint64(n)) * 0x9E3779B97F4A7C15 >> 32 % latelyRead
}

// inCell fills in what is at one of the paths into a cell.
func (c *Columns) inCell(t *target, values []scan.Span) {
	x := &c.cells[t.cell-1]
	if !x.done {
		c.follow(x, len(values))
	}
	copy(values, x.columns[t.inCell])
}

// follow follows all paths into a cell.
func (c *Columns) follow(x *cellColumns, records int) {
	x.done = true
	clear(x.lately[:])
	for k := range x.columns {
		x.columns[k] = append(x.columns[k][:0], make([]scan.Span, records)...)
	}
	texts := c.at(x.place)
	for i, text := range texts {
		if text.Start == text.End {
			continue
		}
		slot := &x.lately[slotOf(text.Of(c.Buf))]
		if before := *slot - 1; before >= 0 && bytes.Equal(texts[before].Of(c.Buf), text.Of(c.Buf)) {
			for k := range x.columns {
				x.columns[k][i] = x.columns[k][before]
			}
			continue
		}
		if !c.fits(0) {
			return
		}
		buf, ok := x.decoder.Follow(c.Buf, text, x.row)
		if !ok {
			for k, t := range x.all {
				x.columns[k][i] = c.pathIn(t, i, text)
			}
			continue
		}
		c.Buf = buf
		c.reserve(0)
		for k, v := range x.row {
			x.columns[k][i] = v
		}
		*slot = int32(i + 1)
	}
}

// path fills in what is at a path into a column that no other path goes into.
func (c *Columns) path(t *target, values []scan.Span) {
	for i, text := range c.at(t.sources[0]) {
		if values[i] = (scan.Span{}); text.Start != text.End {
			values[i] = c.pathIn(t, i, text)
		}
	}
}

// pathIn returns what is at the path in the text of record i, from 0.
func (c *Columns) pathIn(t *target, i int, text scan.Span) scan.Span {
	start := len(c.Buf)
	if !c.fits(0) {
		return scan.Span{}
	}
	buf, wrong := t.appendPath(c.Buf, text.Of(c.Buf))
	if wrong != "" {
		c.leave(i)
		return scan.Span{}
	}
	c.Buf = buf
	c.reserve(0)
	return scan.Span{Start: uint32(start), End: uint32(len(buf))}
}
