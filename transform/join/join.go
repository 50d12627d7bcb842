// Package join reads a second file of an export, such as one with the password hashes, and
// finds its records by the id of the user. It is kept in memory: ids as 128-bit
// fingerprints, and of each record only the values that are wanted. It does not know what
// the values are, and no error of it holds one.
//
// The file is JSON (an object a line, objects one after the other, or an array of them) or
// delimited text with a header, compressed or not.
package join

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"
	"sync/atomic"

	"github.com/dustin/go-humanize"

	"poolprep/validate"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// DefaultMemory is the memory in bytes that a Table takes at most unless Options say
// otherwise: that of about eight million bcrypt hashes.
const DefaultMemory = 1 << 30

// Options say what is read of a file.
type Options struct {
	// With are the columns that may hold the id: the first of them that is not empty does.
	// Columns are those whose values are kept. Of JSON they are paths.
	With, Columns []string
	Reading       validate.Reading // how the file is written; what it leaves open is found out
	Memory        int64            // bytes; 0: DefaultMemory
}

// Stats say what a file holds, and what was found of it so far.
type Stats struct {
	Records   int64 // in the file
	WithoutID int64 // of them, without an id: they are left out
	Again     int64 // of them, with an id that an earlier one has: they are left out
	Unmatched int64 // ids that nobody has looked up
	Bytes     int64 // of memory
}

// Table is a file by id. It is safe for concurrent use.
type Table struct {
	columns int
	seeds   [2]maphash.Seed
	records map[[2]uint64]uint32 // indices of starts
	starts  []place
	pages   [][]byte
	seen    []uint32 // a bit for each record that was looked up
	stats   Stats
}

// place is where the values of a record lie.
type place struct{ page, offset uint32 }

// pageSize is how many bytes of values are kept together.
const pageSize = 1 << 20

// MemoryError says that the records of a file take more memory than they may.
type MemoryError struct {
	File  string
	Limit int64 // bytes
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("%s: its ids and values take more than %s of memory; split the export, or keep only the records that are needed", e.File, humanize.IBytes(uint64(e.Limit)))
}

// Read reads a file. What it waits for is left behind when ctx ends. A record that cannot
// be read is an error, since its user would go without the values.
func Read(ctx context.Context, s validate.Source, o Options) (*Table, error) {
	if len(o.With) == 0 {
		return nil, errors.New("join: Options.With must name a column that holds the id")
	}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	t := &Table{columns: len(o.Columns), seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, records: make(map[[2]uint64]uint32)}
	r := &reader{Options: o, table: t, fields: make([]scan.Span, len(o.With)+len(o.Columns))}
	if err := r.read(ctx, s); err != nil {
		return nil, err
	}
	t.seen = make([]uint32, (len(t.starts)+31)/32)
	return t, nil
}

// bytesPerRecord is about what a record takes beside its values.
const bytesPerRecord = 56

// Stats returns what the file holds, and what was found of it so far.
func (t *Table) Stats() Stats {
	s := t.stats
	s.Unmatched = int64(len(t.starts))
	for i := range t.seen {
		s.Unmatched -= int64(bits.OnesCount32(atomic.LoadUint32(&t.seen[i])))
	}
	return s
}

// Looked says which records of a file were looked up, to be put together with what others
// have looked up in the same file.
type Looked struct {
	Stats Stats    `json:"stats"`
	Seen  []uint32 `json:"seen"` // a bit for each record with an id of its own, in their order
}

// Looked returns what was looked up so far.
func (t *Table) Looked() *Looked {
	l := &Looked{Stats: t.Stats(), Seen: make([]uint32, len(t.seen))}
	for i := range t.seen {
		l.Seen[i] = atomic.LoadUint32(&t.seen[i])
	}
	return l
}

// Add adds what somebody else has looked up in the same file.
func (l *Looked) Add(o *Looked) error {
	if len(l.Seen) != len(o.Seen) {
		return errors.New("join: these records are of another file")
	}
	for i, word := range o.Seen {
		l.Stats.Unmatched -= int64(bits.OnesCount32(word &^ l.Seen[i]))
		l.Seen[i] |= word
	}
	return nil
}

// Fields appends to dst the values of Options.Columns in the record with the id, fills out,
// one for each of them, with their spans, and returns dst. It reports false if there is no
// such record.
func (t *Table) Fields(dst, id []byte, out []scan.Span) ([]byte, bool) {
	i, ok := t.records[t.fingerprint(id)]
	if !ok {
		return dst, false
	}
	if word, bit := &t.seen[i/32], uint32(1)<<(i%32); atomic.LoadUint32(word)&bit == 0 {
		atomic.OrUint32(word, bit)
	}
	at := t.starts[i]
	text := t.pages[at.page][at.offset:]
	for c := range t.columns {
		n, size := binary.Uvarint(text)
		start := uint32(len(dst))
		dst = append(dst, text[size:size+int(n)]...)
		out[c] = scan.Span{Start: start, End: uint32(len(dst))}
		text = text[size+int(n):]
	}
	return dst, true
}

func (t *Table) fingerprint(id []byte) [2]uint64 {
	return [2]uint64{maphash.Bytes(t.seeds[0], id), maphash.Bytes(t.seeds[1], id)}
}

// add keeps a record, of which the fields lie in buf: those of ids, and then the values.
func (t *Table) add(buf []byte, ids, values []scan.Span) {
	t.stats.Records++
	var id []byte
	for _, s := range ids {
		if id = trimmed(s.Of(buf)); len(id) > 0 {
			break
		}
	}
	if len(id) == 0 {
		t.stats.WithoutID++
		return
	}
	key := t.fingerprint(id)
	if _, there := t.records[key]; there {
		t.stats.Again++
		return
	}
	t.records[key] = uint32(len(t.starts))
	size := 0
	for _, s := range values {
		size += binary.MaxVarintLen32 + s.Len()
	}
	last := len(t.pages) - 1
	if last < 0 || cap(t.pages[last])-len(t.pages[last]) < size {
		t.pages = append(t.pages, make([]byte, 0, max(pageSize, size)))
		last++
		t.stats.Bytes += int64(cap(t.pages[last]))
	}
	page := t.pages[last]
	t.starts = append(t.starts, place{uint32(last), uint32(len(page))})
	for _, s := range values {
		v := trimmed(s.Of(buf))
		page = append(binary.AppendUvarint(page, uint64(len(v))), v...)
	}
	t.pages[last] = page
	t.stats.Bytes += bytesPerRecord
}

// trimmed returns a value without the white space around it.
func trimmed(v []byte) []byte {
	start, end := value.Trim(v)
	return v[start:end]
}
