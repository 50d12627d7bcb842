package scan

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// seen is one record as a reader reports it, with absolute positions.
type seen struct {
	Offset, Line int64
	Raw          string
	Fields       []string
	Fault        Fault
	At           int64 // absolute place of the fault
	Blank        bool
}

// readReference reads all of input with the reference machine alone, in one piece.
func readReference(t testing.TB, input []byte, d Dialect) []seen {
	t.Helper()
	s, err := NewSplitter(strings.NewReader(""), Pos{}, d, 0)
	require.NoError(t, err)
	s.eof = true
	if !s.started {
		s.detectLineEnd(input)
	}
	d = s.dialect
	var out []seen
	line := int64(1)
	for p := 0; p < len(input); {
		o, ends := machine{d: &d}.next(input, p, true, nil)
		if o.fault == TooLong {
			if e := bytes.IndexByte(input[p:], d.end()); e >= 0 {
				o.next = p + e + 1
			} else {
				o.next = len(input)
			}
		}
		r := seen{Offset: int64(p), Line: line, Raw: string(input[p:o.next]), Fault: o.fault, Blank: o.comment || o.fault == Sound && o.end == p}
		if o.fault != Sound {
			r.At = int64(o.at)
		}
		if !r.Blank || d.KeepBlank {
			start := p
			for _, e := range ends {
				buf, v := d.Decode(input[:len(input):len(input)], Span{uint32(start), e})
				r.Fields = append(r.Fields, string(v.Of(buf)))
				start = int(e) + 1
			}
		}
		line += int64(bytes.Count(input[p:o.next], []byte{d.end()}))
		out = append(out, r)
		p = o.next
	}
	return out
}

// readBlocks reads input through splitter, index and runner.
func readBlocks(t testing.TB, r io.Reader, d Dialect, blockSize, workers int) []seen {
	t.Helper()
	s, err := NewSplitter(r, Pos{}, d, blockSize)
	require.NoError(t, err)
	if workers != 1 {
		s.KeepRuns()
	}
	var out []seen
	err = Run(context.Background(), s, workers, func() *Index { return new(Index) },
		func(b *Block, x *Index) {
			records, fields, ok := b.Count()
			b.Index(x)
			b.Index(x) // finds the same again
			if wantRecords, wantFields := count(x); ok && (records != wantRecords || fields != wantFields) {
				t.Errorf("Count says %d records, %d fields; Index %d, %d", records, fields, wantRecords, wantFields)
			}
		},
		func(b *Block, x *Index) error {
			if b.Continued {
				out[len(out)-1].Raw += string(b.Data)
				return nil
			}
			out = append(out, blockRecords(b, x)...)
			return nil
		})
	require.NoError(t, err)
	return out
}

// count counts records that have fields, and these.
func count(x *Index) (records, fields int) {
	for i := range x.Records {
		if x.Records[i].N > 0 {
			records++
		}
		fields += int(x.Records[i].N)
	}
	return records, fields
}

func blockRecords(b *Block, x *Index) []seen {
	var out []seen
	line, at := b.Pos.Line, 0
	data := b.Data
	for i := range x.Records {
		rec := &x.Records[i]
		line += int64(bytes.Count(data[at:rec.Start], []byte{b.LineEnd()}))
		at = int(rec.Start)
		r := seen{Offset: b.Pos.Offset + int64(rec.Start), Line: line, Raw: string(data[rec.Start:rec.Next]), Fault: rec.Fault, Blank: rec.Blank}
		if rec.Fault != Sound {
			r.At = b.Pos.Offset + int64(rec.At)
		}
		for f := range int(rec.N) {
			var v Span
			var buf []byte
			buf, v = b.dialect.Decode(b.Data, x.Field(rec, f))
			r.Fields = append(r.Fields, string(v.Of(buf)))
		}
		out = append(out, r)
	}
	return out
}

// oneByte delivers a byte at a time, with an empty read now and then.
type oneByte struct {
	data []byte
	n    int
}

func (r *oneByte) Read(p []byte) (int, error) {
	r.n++
	if r.n%3 == 0 && len(p) > 0 {
		return 0, nil
	}
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	p[0] = r.data[0]
	r.data = r.data[1:]
	return 1, nil
}
