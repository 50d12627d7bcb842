package scan

import "fmt"

// Record is one record of a block. Its offsets count from the start of the block.
type Record struct {
	Start uint32 // first byte
	End   uint32 // end of the content, before the line end
	Next  uint32 // after the line end: data[Start:Next] is the record byte for byte
	First uint32 // its first field in Index.Ends
	N     uint32 // number of fields; 0 for a malformed record and a skipped blank line
	At    uint32 // with a Fault: the place of it
	Fault Fault
	Blank bool // an empty line; it has a field only if the dialect keeps blank lines
}

// Describe says why the record could not be read as fields; maxRecord is the
// limit of the dialect. Columns count bytes from 1, on the record's first line.
func (r *Record) Describe(maxRecord int) string {
	column := int(r.At-r.Start) + 1
	switch r.Fault {
	case Sound:
		return ""
	case BareQuote:
		return fmt.Sprintf("quotation mark inside an unquoted field, at column %d", column)
	case TextAfterQuote:
		return fmt.Sprintf("text after a closing quotation mark, at column %d", column)
	case OpenQuote:
		return fmt.Sprintf("the quotation mark at column %d is never closed", column)
	case OpenQuoteLines:
		return fmt.Sprintf("the quotation mark at column %d is not closed as it should be, on this line or a later one", column)
	}
	return fmt.Sprintf("the line is longer than %d bytes", maxRecord)
}

// Index holds the records and fields of one block. It is filled anew by each
// Block.Index and is for one goroutine.
type Index struct {
	Records []Record
	Ends    []uint32 // the offset after the last byte of each field: where a delimiter or a line end stands
}

// Field returns the span of field i, from 0, of record r as written, quotes and escapes included.
func (x *Index) Field(r *Record, i int) Span {
	f := r.First + uint32(i)
	start := r.Start
	if i > 0 {
		start = x.Ends[f-1] + 1
	}
	return Span{start, x.Ends[f]}
}

// Index finds the records and fields of the block.
func (b *Block) Index(x *Index) {
	x.Records, x.Ends = x.Records[:0], x.Ends[:0]
	switch {
	case b.Continued:
		return
	case b.oversize:
		n := uint32(len(b.Data))
		x.Records = append(x.Records, Record{End: n, Next: n, Fault: TooLong})
	case b.proven:
		b.indexFast(x)
	default:
		b.indexReference(x)
	}
}

// indexReference is the plain twin of indexFast, for blocks whose quoting is not proven.
func (b *Block) indexReference(x *Index) {
	m := machine{b.dialect}
	for p := 0; p < len(b.Data); {
		first := len(x.Ends)
		var o outcome
		o, x.Ends = m.next(b.Data, p, true, x.Ends)
		x.add(b.dialect, Record{
			Start: uint32(p), End: uint32(o.end), Next: uint32(o.next),
			First: uint32(first), N: uint32(len(x.Ends) - first), At: uint32(o.at), Fault: o.fault,
		})
		p = o.next
	}
}

// indexFast needs a block that ends at the end of a record and in which every
// quote is known to open at the start of a field and to close at its end.
func (b *Block) indexFast(x *Index) {
	if need := len(b.Data) + indexSlack; cap(x.Ends) < need {
		x.Ends = make([]uint32, need)
	}
	ends := x.Ends[:cap(x.Ends)]
	n := structure(active, ends, b.Data, b.dialect)
	end, crlf := b.dialect.end(), b.dialect.crlf()
	if len(b.Data) > 0 && (n == 0 || int(ends[n-1]) != len(b.Data)-1 || b.Data[len(b.Data)-1] != end) {
		ends[n] = uint32(len(b.Data)) // the last record has no line end
		n++
	}
	start, first := uint32(0), 0
	for i, e := range ends[:n] {
		next := e
		if int(e) < len(b.Data) {
			if b.Data[e] != end {
				continue
			}
			next++
			if crlf && e > start && b.Data[e-1] == '\r' {
				e--
				ends[i] = e
			}
		}
		x.add(b.dialect, Record{Start: start, End: e, Next: next, First: uint32(first), N: uint32(i + 1 - first)})
		start, first = next, i+1
	}
	x.Ends = ends[:n]
}

// add appends a record, seeing to it that a skipped blank line has no field.
func (x *Index) add(d *Dialect, r Record) {
	if r.Start == r.End && r.Fault == Sound {
		r.Blank = true
		if !d.KeepBlank {
			r.N = 0
		}
	}
	x.Records = append(x.Records, r)
}
