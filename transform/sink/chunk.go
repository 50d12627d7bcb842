package sink

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
)

// chunk is an import file in the making, with its line map.
type chunk struct {
	number    int
	algorithm string // of its password hashes; "" as long as there is none
	extension string
	maxRows   int64
	rows      int64
	data      *file
	lines     *file
	last      Row
	entry     []byte
}

func (c *chunk) name() string    { return fmt.Sprintf("chunk-%05d.csv%s", c.number, c.extension) }
func (c *chunk) mapName() string { return fmt.Sprintf("lines-%05d.idx", c.number) }
func (c *chunk) describe(compression Compression) Chunk {
	if compression == Plain {
		compression = ""
	}
	return Chunk{
		File: c.name(), Compression: string(compression), Lines: c.mapName(), LinesSHA256: c.lines.sum,
		Rows: c.rows, Bytes: c.data.size, SHA256: c.data.sum, PasswordHashAlgorithm: c.algorithm,
	}
}

// lineMapHeader is the first line of a line map; docs/run-directory.md describes the rest.
const lineMapHeader = "poolprep lines 1\n"

// Rows appends whole rows: row i ends, newline included, at ends[i] in rows,
// and comes from from[i]. A chunk holds hashes of one algorithm (the service's
// name for it); rows without a hash ("") go where there is room.
func (r *Run) Rows(algorithm string, rows []byte, ends []uint32, from []Row) error {
	return r.do(func() error {
		if len(from) != len(ends) || !slices.IsSorted(ends) || len(ends) > 0 && int(ends[len(ends)-1]) > len(rows) {
			return fmt.Errorf("%s: %d rows with %d ends in %d bytes", r.o.Dir, len(from), len(ends), len(rows))
		}
		start := uint32(0)
		for len(ends) > 0 {
			c, err := r.chunkFor(algorithm)
			if err != nil {
				return err
			}
			n := c.fit(r.o.MaxBytes, ends, start)
			if n == 0 {
				if c.rows == 0 {
					return fmt.Errorf("a row of %d bytes does not fit into a chunk of %d", ends[0]-start, r.o.MaxBytes)
				}
				if err := r.finish(c); err != nil {
					return err
				}
				continue
			}
			if err := c.write(rows[start:ends[n-1]], from[:n]); err != nil {
				return err
			}
			start, ends, from = ends[n-1], ends[n:], from[n:]
			if c.rows == c.maxRows {
				if err := r.finish(c); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// fit returns how many of the rows with the given ends, the first of which
// begins at start, still go into the chunk.
func (c *chunk) fit(maxBytes int64, ends []uint32, start uint32) int {
	n := int(min(c.maxRows-c.rows, int64(len(ends))))
	room := maxBytes - c.data.size
	if int64(ends[n-1]-start) <= room {
		return n
	}
	return sort.Search(n, func(i int) bool { return int64(ends[i]-start) > room })
}

// chunkFor returns the open chunk for rows with hashes of the algorithm, or begins one.
func (r *Run) chunkFor(algorithm string) (*chunk, error) {
	for i := len(r.open) - 1; i >= 0; i-- {
		c := r.open[i]
		if algorithm == "" || c.algorithm == algorithm || c.algorithm == "" {
			if algorithm != "" {
				c.algorithm = algorithm
			}
			return c, nil
		}
	}
	c := &chunk{number: len(r.chunks) + 1, algorithm: algorithm, extension: r.o.Compression.extension(), maxRows: r.o.MaxRows}
	if c.number == 1 && r.o.FirstRows > 0 {
		c.maxRows = min(c.maxRows, r.o.FirstRows)
	}
	var err error
	if c.data, err = r.dir.create(c.name()); err != nil {
		return nil, err
	}
	if err = c.data.compress(r.o.Compression); err != nil {
		return nil, err
	}
	if err = c.data.write(r.o.Header); err != nil {
		return nil, err
	}
	if c.lines, err = r.dir.create(c.mapName()); err != nil {
		return nil, err
	}
	if err = c.lines.write([]byte(lineMapHeader)); err != nil {
		return nil, err
	}
	r.open, r.chunks = append(r.open, c), append(r.chunks, c)
	return c, nil
}

func (c *chunk) write(rows []byte, from []Row) error {
	if err := c.data.write(rows); err != nil {
		return err
	}
	c.entry = c.entry[:0]
	for _, row := range from {
		c.entry = appendEntry(c.entry, &c.last, row, c.rows == 0)
		c.rows++
	}
	return c.lines.write(c.entry)
}

// appendEntry appends a row of a line map and remembers it in last.
func appendEntry(dst []byte, last *Row, row Row, first bool) []byte {
	changed := uint64(0)
	if first || row.Source != last.Source {
		changed, *last = 1, Row{}
	}
	dst = binary.AppendUvarint(dst, uint64(row.Line-last.Line)<<1|changed)
	if changed == 1 {
		dst = binary.AppendUvarint(dst, uint64(row.Source))
	}
	dst = binary.AppendUvarint(dst, uint64(row.Offset-last.Offset))
	dst = binary.AppendUvarint(dst, uint64(row.Length))
	*last = row
	return dst
}

// commit gives the chunk its name, and before it its line map.
func (c *chunk) commit() error {
	if err := c.lines.commit(); err != nil {
		return err
	}
	return c.data.commit()
}

// finish gives a full chunk its name, in the background while the next one is
// written. It waits for the chunk before it: so a slow disk holds the rows up, a
// failing one is noticed soon, and the chunks get their names one after another.
func (r *Run) finish(c *chunk) error {
	for i := range r.open {
		if r.open[i] == c {
			r.open = append(r.open[:i], r.open[i+1:]...)
			break
		}
	}
	c.entry = nil
	if err := r.wait(); err != nil {
		return err
	}
	r.finishing.Go(func() {
		if err := c.commit(); err != nil {
			r.dir.fail(err)
		}
	})
	return nil
}

// wait returns when no chunk is being finished, and what has gone wrong in the run.
func (r *Run) wait() error {
	r.finishing.Wait()
	return r.dir.failed()
}
