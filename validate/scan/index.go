package scan

import (
	"fmt"
	"slices"
)

// Record is one record of a block. Its offsets count from the start of the block.
type Record struct {
	Start uint32 // first byte
	End   uint32 // end of the content, before the line end
	Next  uint32 // after the line end: data[Start:Next] is the record byte for byte
	First uint32 // its first field in Index.Ends
	N     uint32 // number of fields; 0 for a malformed record and a skipped blank line
	At    uint32 // with a Fault: the place of it
	Fault Fault
	Blank bool // an empty line, which has a field only if the dialect keeps blank lines, or a comment
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
	if r.Fault == CutValue {
		return fmt.Sprintf("a line feed without carriage return, at column %d, cuts the record in two", column)
	}
	return fmt.Sprintf("the line is longer than %d bytes", maxRecord)
}

// Index holds the records and fields of one block. It is filled anew by each
// Block.Index, belongs to that block, and is for one goroutine.
type Index struct {
	Records []Record
	Ends    []uint32 // the offset after the last byte of each field: where a delimiter or a line end stands
	CRLFs   int      // records that end with CR LF
	crs     int      // how many CR stand at their ends; only from indexFast
	spaces  bool     // one of these has a space before its line end
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

// Fields returns the ends of the fields of a text that is one record as a whole,
// without a line end; ok is false if it is malformed, or more than one record.
func (d Dialect) Fields(text []byte) (ends []uint32, ok bool) {
	d.MaxRecord = max(d.MaxRecord, len(text))
	if d.LineEnd == EndAuto {
		d.LineEnd = EndLF
	}
	o, ends := machine{d: &d}.next(text, 0, true, nil)
	return ends, o.fault == Sound && o.next == len(text)
}

// Index finds the records and fields of the block. It may be called again, and
// finds the same.
func (b *Block) Index(x *Index) {
	x.Records, x.Ends, x.CRLFs, x.crs, x.spaces = x.Records[:0], nil, 0, 0, false
	b.look()
	switch {
	case b.Continued:
		return
	case b.oversize:
		n := uint32(len(b.Data))
		x.Records = append(x.Records, Record{End: n, Next: n, Fault: TooLong})
	case b.dialect.Kind == JSON:
		b.indexDocument(x)
	case b.proven:
		b.indexFast(x)
	default:
		b.indexReference(x)
	}
}

// indexReference is the plain twin of indexFast, for blocks whose quoting is not proven.
func (b *Block) indexReference(x *Index) {
	m := machine{b.dialect, new(openStretch)}
	x.Ends = b.found.ends[:0]
	for p := 0; p < len(b.Data); {
		first := len(x.Ends)
		var o outcome
		o, x.Ends = m.next(b.Data, p, true, x.Ends)
		x.add(b.dialect, Record{
			Start: uint32(p), End: uint32(o.end), Next: uint32(o.next),
			First: uint32(first), N: uint32(len(x.Ends) - first), At: uint32(o.at), Fault: o.fault, Blank: o.comment,
		})
		p = o.next
	}
	b.found.ends = x.Ends[:cap(x.Ends)] // to be used again
}

// indexFast is for a block whose quoting is proven.
func (b *Block) indexFast(x *Index) {
	f := &b.found
	crlf := b.dialect.crlf() && f.controls != 0
	x.Ends = f.ends[:f.n]
	x.Records = slices.Grow(x.Records, int(f.r)+1)[:f.r]
	start, first := uint32(0), uint32(0)
	for i, last := range f.records[:f.r] {
		end := x.Ends[last]
		next := end + 1
		if crlf {
			for b.Data[next-1] == '\r' { // where this was done before, end is before the CR
				next++
			}
			for end > start && b.Data[end-1] == '\r' {
				end--
			}
			if end < next-1 {
				x.Ends[last] = end
				x.CRLFs++
				x.crs += int(next - 1 - end)
				x.spaces = x.spaces || end > start && b.Data[end-1] == ' '
			}
		}
		x.Records[i] = Record{Start: start, End: end, Next: next, First: first, N: last + 1 - first}
		if start == end {
			x.Records[i].blank(b.dialect)
		}
		start, first = next, last+1
	}
	if n := uint32(len(b.Data)); start < n { // the last record has no line end
		f.ends[f.n] = n
		x.Ends = f.ends[:f.n+1]
		x.Records = append(x.Records, Record{Start: start, End: n, Next: n, First: first, N: uint32(f.n) + 1 - first})
	}
}

// add appends a record, seeing to it that a skipped blank line has no field.
func (x *Index) add(d *Dialect, r Record) {
	if r.Start == r.End && r.Fault == Sound {
		r.blank(d)
	}
	if r.Next-r.End > 1 {
		x.CRLFs++
	}
	x.Records = append(x.Records, r)
}

// blank makes a blank line of an empty record.
func (r *Record) blank(d *Dialect) {
	r.Blank = true
	if !d.KeepBlank {
		r.N = 0
	}
}

// Content says what the block may hold, if every quote in it is where it should
// be; ok is false if that is not known. Only after Index.
func (b *Block) Content(x *Index) (c Content, ok bool) {
	f := &b.found
	if !b.proven || f.structureOnly != 0 {
		return 0, false
	}
	controls := f.controls != 0
	if x.CRLFs > 0 {
		n, _ := CountControls(b.Data)
		controls = n != b.Lines+x.crs
	}
	for _, flag := range [...]struct {
		is   bool
		flag Content
	}{
		{f.quoting&f.specials != 0, HasQuotes}, {f.doubled != 0, HasDoubled}, {f.inner != 0, HasBreaks}, {controls, HasControls}, {f.highs != 0, HasNonASCII},
		{!f.followed || f.misled|f.expected != 0, HasInvalid}, {f.slashes != 0, HasBackslash}, {f.spaces != 0 || x.spaces || b.endsWithSpace(), HasEdgeSpaces},
	} {
		if flag.is {
			c |= flag.flag
		}
	}
	return c, true
}

// endsWithSpace reports whether a space stands at the end of a last value that
// no line end follows.
func (b *Block) endsWithSpace() bool {
	data := b.Data
	if n := len(data); n > 1 && data[n-1] == b.Quote() {
		data = data[:n-1]
	}
	return len(data) > 0 && data[len(data)-1] == ' '
}

// Count returns how many records there are, blank lines that are skipped not
// counted, and how many fields they have. ok is false if that is not known
// without Index.
func (b *Block) Count() (records, fields int, ok bool) {
	b.look()
	if !b.proven {
		return 0, 0, false
	}
	f := &b.found
	crlf := b.dialect.crlf() && f.controls != 0
	records, fields = int(f.r), int(f.n)
	first, start := uint32(0), uint32(0)
	ends := f.ends[:f.n]
	for _, last := range f.records[:f.r] {
		if last == first && !b.dialect.KeepBlank {
			if first > 0 {
				start = ends[first-1] + 1
			}
			end := ends[last]
			for crlf && end > start && b.Data[end-1] == '\r' {
				end--
			}
			if end == start {
				records--
				fields--
			}
		}
		first = last + 1
	}
	if first < uint32(f.n) || len(b.Data) > 0 && b.Data[len(b.Data)-1] != b.dialect.end() {
		records++ // the last record has no line end
		fields++
	}
	return records, fields, true
}
