package scan

// Edges finds values that begin or end with a space. It is immutable and safe for
// concurrent use.
type Edges struct {
	begins Leads // spaces behind what stands before a value
	ends   Leads // what stands behind a value, behind a space
}

// NewEdges returns what finds the spaces at the edges of values of the dialect.
func NewEdges(d Dialect) *Edges {
	e := &Edges{begins: Leads{any: ^uint64(0)}, ends: Leads{any: ^uint64(0)}}
	d, _ = d.Resolve() // which nothing could be read with where that fails
	around := []byte{d.Delimiter, '\n', '\r'}
	if !d.NoQuotes {
		around = append(around, d.Quote)
	}
	for _, c := range around {
		e.begins.before.add(c)
		e.ends.first.add(c)
	}
	e.begins.first.add(' ')
	e.ends.before.add(' ')
	return e
}

// Find appends to dst a word for each 64 bytes of the block, with a bit for each byte, the
// lowest for the first one, that is a space at the edge of a value, within the quotes
// around it or without. There may be bits too many, but none too few. x is the index of
// the block, whose quoting is proven.
func (e *Edges) Find(dst []uint64, b *Block, x *Index) []uint64 {
	return active.edges(dst, b, x, e)
}

// At reports whether the value of a field of a block begins or ends with a space.
func (e *Edges) At(b *Block, field Span) bool {
	if field.Start >= field.End {
		return false
	}
	first, last := b.Data[field.Start], b.Data[field.End-1]
	if quote := b.Quote(); first == quote && quote != 0 && field.Len() > 2 {
		first, last = b.Data[field.Start+1], b.Data[field.End-2]
	}
	return first == ' ' || last == ' '
}

func (portable) edges(dst []uint64, b *Block, x *Index, e *Edges) []uint64 {
	from := len(dst)
	for range (len(b.Data) + pieceSize - 1) / pieceSize {
		dst = append(dst, 0)
	}
	words := dst[from:]
	for i := range x.Records {
		r := &x.Records[i]
		start := r.Start
		for _, end := range x.Ends[r.First : r.First+r.N] {
			if e.At(b, Span{start, end}) {
				words[start/pieceSize] |= 1 << (start % pieceSize)
			}
			start = end + 1
		}
	}
	return dst
}
