package scan

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// RowPart is a part of a row that Rows copies for every record in the same way: values, or
// fields that are next to each other in the record and in the row, or columns that are
// empty.
type RowPart struct {
	Values []Span // one a record of the index; nil: fields, or nothing
	Field  int    // the first of the fields, from 0; -1: nothing
	N      int    // columns; 1 of values
	Plain  bool   // no value holds a comma
}

// Rows copies the rows of an import file out of a block: the fields of records without
// their quotes, and a backslash before each comma that is no delimiter. It is for one
// goroutine.
type Rows struct {
	Parts []RowPart // at least one; the caller fills them in

	block     *Block
	index     *Index
	padded    []byte
	quote     byte // 0: no quote is in the block
	asTheyAre bool // what is between fields in the record is between them in the row
	// Where commas are no delimiters, and it is worth while to know before:
	commas, ofRow []uint32 // offsets in the block, and those of the record at hand
}

// RowSlack is how many bytes Rows may write behind what it copies.
const RowSlack = 2 * pieceSize

// Begin makes Rows copy out of a block with Content. Values lie in the same buffer as the
// block's data, which may move until Append, and Padding bytes behind them can be read. No quote within a field that
// is copied is doubled.
func (r *Rows) Begin(b *Block, x *Index) {
	content, _ := b.Content(x)
	r.block, r.index, r.quote = b, x, 0
	if content&HasQuotes != 0 {
		r.quote = b.Quote()
	}
	r.asTheyAre = b.dialect.Delimiter == ','
	r.commas = r.commas[:0]
	if !r.asTheyAre && active.placesCommas() {
		r.commas = b.Places(r.commas, ',')
	}
}

// Append appends the rows of the records from index from up to index to, each with its
// newline. Where each ends in dst is appended to ends.
// dst must have room for them, and for RowSlack bytes more.
func (r *Rows) Append(dst []byte, ends []uint32, from, to int) ([]byte, []uint32) {
	n := len(dst)
	first := len(ends)
	r.padded = r.block.Data[:cap(r.block.Data)] // which moves as values are made
	ends = slices.Grow(ends, to-from)[:first+to-from]
	n = active.rows(r, dst[:cap(dst)], n, ends[first:], from, to)
	return dst[:n], ends
}

func (portable) placesCommas() bool { return true }

func (portable) rows(r *Rows, out []byte, n int, ends []uint32, from, to int) int {
	commas, _ := slices.BinarySearch(r.commas, r.index.Records[from].Start)
	for i := from; i < to; i++ {
		before := commas
		for commas < len(r.commas) && r.commas[commas] < r.index.Records[i].End {
			commas++
		}
		r.ofRow = r.commas[before:commas]
		for p := range r.Parts {
			n = r.part(out, n, &r.Parts[p], i, len(r.ofRow) > 0)
			out[n] = ',' // or what ends the row
			n++
		}
		out[n-1] = '\n'
		ends[i-from] = uint32(n)
	}
	return n
}

// part copies a part of the row of record i to offset n of out, and returns the offset
// behind it. commas tells whether a field of the record may hold a comma.
func (r *Rows) part(out []byte, n int, part *RowPart, i int, commas bool) int {
	switch {
	case part.Values != nil && part.Plain:
		return put(out, n, r.padded, part.Values[i])
	case part.Values != nil:
		return putEscaped(out, n, r.padded, part.Values[i])
	case part.Field < 0:
		return putCommas(out, n, part.N-1)
	}
	record := &r.index.Records[i]
	ends := r.index.Ends[record.First:][:record.N]
	v := Span{record.Start, ends[part.Field]}
	if part.Field > 0 {
		v.Start = ends[part.Field-1] + 1
	}
	switch {
	case part.N > 1:
		return r.fields(out, n, v.Start, ends[part.Field:][:part.N])
	case commas || r.quote != 0 && r.padded[v.Start] == r.quote:
		return r.field(out, n, v)
	}
	return put(out, n, r.padded, v)
}

// fields copies fields that are next to each other, the first of which begins at start.
func (r *Rows) fields(out []byte, n int, start uint32, ends []uint32) int {
	if r.asTheyAre {
		at, quotes := start, false
		for _, end := range ends { // quotes stand at the start of fields, and nowhere else before
			quotes = quotes || r.padded[at] == r.quote
			at = end + 1
		}
		if r.quote == 0 || !quotes {
			return put(out, n, r.padded, Span{start, ends[len(ends)-1]})
		}
	}
	for k, end := range ends {
		if k > 0 {
			out[n] = ','
			n++
		}
		n = r.field(out, n, Span{start, end})
		start = end + 1
	}
	return n
}

// field copies a field, without the quotes around it.
func (r *Rows) field(out []byte, n int, v Span) int {
	switch {
	case r.quote != 0 && v.Start < v.End && r.padded[v.Start] == r.quote:
		return putEscaped(out, n, r.padded, Span{v.Start + 1, v.End - 1})
	case !r.asTheyAre && r.holdsComma(v):
		return putEscaped(out, n, r.padded, v)
	}
	return put(out, n, r.padded, v)
}

// holdsComma reports whether a field of the record at hand may hold a comma.
func (r *Rows) holdsComma(v Span) bool {
	if len(r.ofRow) > 4 || !active.placesCommas() {
		return true
	}
	for _, at := range r.ofRow {
		if at-v.Start < v.End-v.Start {
			return true
		}
	}
	return false
}

// putCommas writes commas, 32 at a time, and returns the offset behind those that count.
func putCommas(out []byte, n, commas int) int {
	for at := 0; at < commas; at += len(someCommas) {
		*(*[len(someCommas)]byte)(out[n+at:]) = someCommas
	}
	return n + commas
}

var someCommas = [32]byte([]byte(",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"))

// put copies what lies at v in padded to offset n of out, and returns the offset behind it.
// It copies 32 bytes at a time: how long values are nobody can foresee, but few are longer.
func put(out []byte, n int, padded []byte, v Span) int {
	from, size := int(v.Start), v.Len()
	*(*[32]byte)(out[n:]) = *(*[32]byte)(padded[from:])
	for at := 32; at < size; at += 32 {
		*(*[32]byte)(out[n+at:]) = *(*[32]byte)(padded[from+at:])
	}
	return n + size
}

// putEscaped is put for a value that may hold commas, each of which gets a backslash.
func putEscaped(out []byte, n int, padded []byte, v Span) int {
	at, end := int(v.Start), int(v.End)
	if end-at <= 16 {
		from, to := (*[16]byte)(padded[at:]), (*[16]byte)(out[n:])
		*to = *from
		low, high := commasIn(binary.LittleEndian.Uint64(from[0:8])), commasIn(binary.LittleEndian.Uint64(from[8:16]))
		if low&lowBytes(min(8, end-at))|high&lowBytes(max(8, end-at)-8) == 0 {
			return n + end - at
		}
	}
	for at < end {
		w := binary.LittleEndian.Uint64(padded[at:])
		binary.LittleEndian.PutUint64(out[n:], w)
		size := min(8, end-at)
		if commas := commasIn(w) & lowBytes(size); commas != 0 {
			size = bits.TrailingZeros64(commas) / 8
			out[n+size], out[n+size+1] = '\\', ','
			n += 2
			at++
		}
		at, n = at+size, n+size
	}
	return n
}

// lowBytes returns a mask of the first n bytes of a word; n is 0 to 8.
func lowBytes(n int) uint64 { return 1<<(8*uint(n)) - 1 }

// commasIn sets the highest bit of each comma among the eight bytes of w. Behind a comma
// there may be bits too many.
func commasIn(w uint64) uint64 {
	w ^= ',' * lowBits
	return (w - lowBits) &^ w & (0x80 * lowBits)
}
