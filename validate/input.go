package validate

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"

	"poolprep/validate/scan"
)

// Input is delimited text from which rows are read. It is for one goroutine,
// and for one Run.
type Input struct {
	Name     string
	splitter *scan.Splitter
	blanks   []scan.Pos // the first blank lines before the header
	blank    int64      // how many there are
	consumed int64      // bytes before the first row
}

// maxBlanks is how many blank lines before the header are told one by one; the
// others are counted.
const maxBlanks = 1000

// BlankLines returns how many blank lines stand before the header.
func (in *Input) BlankLines() int64 { return in.blank }

// HeaderBytes returns how many bytes of text stand before the first row.
func (in *Input) HeaderBytes() int64 { return in.consumed }

// NewInput returns an input for text in UTF-8 without a byte order mark, whose
// first byte stands at start. blockSize 0 means the usual one.
func NewInput(name string, r io.Reader, start scan.Pos, d scan.Dialect, blockSize int) (*Input, error) {
	s, err := scan.NewSplitter(r, start, d, blockSize)
	if err != nil {
		return nil, err
	}
	return &Input{Name: name, splitter: s}, nil
}

// Header is the first record of an input.
type Header struct {
	Names   []string // without the white space around them
	Columns []int    // the column, in bytes from 1, where each name starts on its line
	Raw     []byte   // byte for byte, with the line end
	Pos     scan.Pos
}

// Position returns where the name of field i, from 0, stands.
func (h *Header) Position(i int) scan.Pos {
	p := h.Pos
	p.Column = h.Columns[i]
	p.Offset += int64(p.Column - h.Pos.Column)
	return p
}

// ReadHeader reads the first record as the header. It returns io.EOF if there
// is none, and another error if it cannot be read.
func (in *Input) ReadHeader() (*Header, error) {
	var b scan.Block
	var x scan.Index
	for {
		found, err := in.splitter.Header(&b)
		if err != nil {
			return nil, err
		}
		b.Index(&x)
		in.consumed += int64(len(b.Data))
		for i := range x.Records {
			rec := &x.Records[i]
			pos := b.Pos
			pos.Offset += int64(rec.Start)
			pos.Line += int64(i) // before the first record there are blank lines only
			if rec.N == 0 && rec.Fault == scan.Sound {
				if in.blank++; in.blank <= maxBlanks {
					in.blanks = append(in.blanks, pos)
				}
				continue
			}
			return in.header(&b, &x, rec, pos)
		}
		if found {
			return nil, io.EOF
		}
	}
}

func (in *Input) header(b *scan.Block, x *scan.Index, rec *scan.Record, pos scan.Pos) (*Header, error) {
	d := in.splitter.Dialect()
	place := fmt.Sprintf("%s:%d:1: the header cannot be read: ", in.Name, pos.Line)
	if rec.Fault != scan.Sound {
		return nil, fmt.Errorf("%s%s", place, rec.Describe(d.MaxRecord))
	}
	if raw := b.Data[rec.Start:rec.End]; !utf8.Valid(raw) {
		return nil, fmt.Errorf("%s%s; say what the file is written in with --encoding", place, encodingText(raw))
	}
	h := &Header{Raw: bytes.Clone(b.Data[rec.Start:rec.Next]), Pos: pos}
	buf := b.Data
	for i := range int(rec.N) {
		raw := x.Field(rec, i)
		var value scan.Span
		buf, value = d.Decode(buf, raw)
		h.Names = append(h.Names, string(bytes.TrimSpace(value.Of(buf))))
		h.Columns = append(h.Columns, int(raw.Start-rec.Start)+1)
	}
	return h, nil
}

// encodingText names the first byte of raw that is not UTF-8.
func encodingText(raw []byte) string {
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n == 1 {
			return fmt.Sprintf("byte 0x%02X at column %d is not valid UTF-8", raw[i], i+1)
		}
		i += n
	}
	return "not valid UTF-8"
}
