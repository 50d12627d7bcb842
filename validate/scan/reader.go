package scan

import (
	"bytes"
	"errors"
	"io"
	"iter"
)

// Reader reads records one by one, as values: the comfortable rung of the ladder, for
// everything that is not read by the million. It is for one goroutine.
type Reader struct {
	next   func(*Block) error
	blanks bool // blank lines and comments are rows without fields
	block  Block
	index  Index
	fields [][]byte
	starts []uint32
}

// NewReader returns a reader of r, whose first byte stands at start; the zero Pos means
// the beginning.
func NewReader(r io.Reader, start Pos, d Dialect) (*Reader, error) {
	s, err := NewSplitter(r, start, d, 0)
	if err != nil {
		return nil, err
	}
	return &Reader{next: s.Next}, nil
}

// NewRowReader returns a reader of what s has not delivered yet.
func NewRowReader(s *Splitter) *Reader {
	if s == nil {
		return new(Reader)
	}
	return &Reader{next: s.Next}
}

// NewHeaderReader returns a reader of what stands before the rows of s: blank lines and
// comments, as rows without fields, and the first other record. Nothing behind the row at
// hand is taken, but for blank lines. To be left before the first call of Next.
func NewHeaderReader(s *Splitter) *Reader {
	next := func(b *Block) error {
		_, err := s.Header(b)
		return err
	}
	return &Reader{next: next, blanks: true}
}

// Row is a record with its values. It is valid until the next one is read.
type Row struct {
	Fields [][]byte // decoded; none where the record is malformed
	Raw    []byte   // byte for byte, with the line end; of an overlong line only the first part
	Text   []byte   // the same without the line end
	Pos    Pos      // of the first byte
	Fault  Fault    // Sound, or why the record is malformed
	Reason string   // the same in words

	starts []uint32
}

// Column returns where field i, from 0, starts: in bytes from 1, the first of the record.
func (r *Row) Column(i int) int { return int(r.starts[i]) + 1 }

// Strings returns copies of the fields.
func (r *Row) Strings() []string {
	out := make([]string, len(r.Fields))
	for i, f := range r.Fields {
		out[i] = string(f)
	}
	return out
}

// All yields the records in order, blank lines and comments left out. It ends at the
// end of input, or with an error of reading.
func (r *Reader) All() iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		if r.next == nil {
			yield(nil, errors.New("scan: a Reader is made by NewReader"))
			return
		}
		for {
			err := r.next(&r.block)
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !r.rows(yield) {
				return
			}
			r.block.release()
		}
	}
}

// rows yields the records of the block at hand, and reports whether more are wanted.
func (r *Reader) rows(yield func(*Row, error) bool) bool {
	b := &r.block
	b.Index(&r.index)
	line, counted, size := b.Pos.Line, 0, len(b.Data)
	var row Row
	for i := range r.index.Records {
		rec := &r.index.Records[i]
		line += int64(bytes.Count(b.Data[counted:rec.Start], []byte{b.LineEnd()}))
		counted = int(rec.Start)
		if rec.N == 0 && rec.Fault == Sound && !r.blanks {
			continue
		}
		row = Row{
			Raw: b.Data[rec.Start:rec.Next:rec.Next], Text: b.Data[rec.Start:rec.End:rec.End], Fault: rec.Fault, Reason: rec.Describe(b.dialect.MaxRecord),
			Pos: Pos{Offset: b.Pos.Offset + int64(rec.Start), Line: line, Column: 1},
		}
		r.fields, r.starts = r.fields[:0], r.starts[:0]
		for f := range int(rec.N) {
			raw := r.index.Field(rec, f)
			buf, v := b.dialect.Decode(b.Data, raw)
			b.Data = buf
			r.fields, r.starts = append(r.fields, v.Of(buf)), append(r.starts, raw.Start-rec.Start)
		}
		b.Data = b.Data[:size]
		row.Fields, row.starts = r.fields, r.starts
		if !yield(&row, nil) {
			return false
		}
	}
	return true
}

// Whole reports whether the row is complete: one at the end of a sample may be cut off.
func (r *Reader) Whole(row *Row) bool {
	return len(row.Raw) > 0 && row.Raw[len(row.Raw)-1] == r.block.LineEnd()
}
