package validate

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"

	"poolprep/validate/scan"
	"poolprep/validate/source"
)

// Input is delimited text from which rows are read. It is for one goroutine,
// and for one Run.
type Input struct {
	Name string
	// Charset is what the text is likely written in where it is not UTF-8, said of
	// every such record; "": guessed from the record. Decoded says that the text was in
	// another character set and is UTF-8 now, so nothing is said.
	Charset string
	Decoded bool

	splitter *scan.Splitter
	blanks   []scan.Pos // the first blank lines before the header
	blank    int64      // how many there are
	consumed int64      // bytes before the first row

	// Of an input that Open opened.
	path     string
	source   *source.Input
	dialect  scan.Dialect
	start    scan.Pos        // of the first byte after sepLine
	json     bool            // it is JSON lines or documents
	seen     map[string]bool // names of members of the first of these
	sepLine  []byte          // a first line such as sep=; with its line end
	detected string          // how the delimiter was found; "" if it was stated
	first    []byte          // the beginning of the text, as a sample
}

// MaxColumns is how many columns a header may have. What costs memory for each
// column is bounded by it.
const MaxColumns = 16384

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
	s.KeepRuns()
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
	if i >= len(h.Columns) { // somebody made the header
		return p
	}
	p.Column = h.Columns[i]
	p.Offset += int64(p.Column - h.Pos.Column)
	return p
}

// HeaderError says that the header of an input cannot be read. It holds no value.
type HeaderError struct {
	File     string
	Line     int64  // from 1
	What     string // is wrong with it
	Encoding bool   // it is not UTF-8
}

func (e *HeaderError) Error() string {
	return fmt.Sprintf("%s:%d:1: the header cannot be read: %s", e.File, e.Line, e.What)
}

// ReadHeader reads the first record as the header. It returns io.EOF if there
// is none, and a HeaderError if it cannot be read.
func (in *Input) ReadHeader() (*Header, error) {
	for row, err := range scan.NewHeaderReader(in.splitter).All() {
		if err != nil {
			return nil, err
		}
		in.consumed += int64(len(row.Raw))
		if row.Fault != scan.Sound || !isBlankRow(row) {
			return in.header(row)
		}
		if in.blank++; in.blank <= maxBlanks {
			in.blanks = append(in.blanks, row.Pos)
		}
	}
	return nil, io.EOF
}

func (in *Input) header(row *scan.Row) (*Header, error) {
	d := in.splitter.Dialect()
	bad := &HeaderError{File: in.Name, Line: row.Pos.Line}
	switch n := len(row.Fields); {
	case row.Fault != scan.Sound:
		bad.What = row.Reason
		return nil, bad
	case !utf8.Valid(row.Text):
		bad.What, bad.Encoding = in.encodingText(row.Text), true
		return nil, bad
	case n > MaxColumns:
		bad.What = fmt.Sprintf("it has %d columns, and at most %d are read: is the delimiter right?", n, MaxColumns)
		return nil, bad
	case d.Kind == scan.CSV && embeds(row.Text, &d, n):
		bad.What = "it holds other records between its quotation marks: one of these is missing or too much"
		return nil, bad
	}
	h := &Header{Raw: bytes.Clone(row.Raw), Pos: row.Pos}
	for i, name := range row.Fields {
		h.Names = append(h.Names, string(trimAll(name)))
		h.Columns = append(h.Columns, row.Column(i))
	}
	return h, nil
}

// encodingText names the first byte of raw that is not UTF-8, and what the text is
// likely written in.
func (in *Input) encodingText(raw []byte) string {
	text, charset := invalidByte(raw), in.Charset
	switch {
	case in.Decoded:
		return text
	case charset == "":
		charset = source.GuessCharset(raw)
	}
	if charset == "" {
		return text
	}
	return text + ", likely " + charset
}

// invalidByte names the first byte of raw that is not UTF-8.
func invalidByte(raw []byte) string {
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n == 1 {
			return fmt.Sprintf("byte 0x%02X at column %d is not valid UTF-8", raw[i], i+1)
		}
		i += n
	}
	return "not valid UTF-8"
}

// Rows returns the records that were not read yet, for a look at the first of them: what was
// read is gone for Run. Of JSON each record is one field. A record is valid until the next
// one; an error is the last of it.
func (in *Input) Rows() iter.Seq2[*scan.Row, error] {
	return func(yield func(*scan.Row, error) bool) {
		for row, err := range scan.NewRowReader(in.splitter).All() {
			if !yield(row, in.broken(err)) {
				return
			}
		}
	}
}

// AwaitHeader is ReadHeader, but what it waits for is left behind when ctx ends.
func (in *Input) AwaitHeader(ctx context.Context) (*Header, error) {
	return source.Await(ctx, in.ReadHeader)
}

// IsImportFile reports whether the input is written as the import service reads it.
func (in *Input) IsImportFile() bool { return in.dialect.Kind == scan.Cognito }
