// Package scan reads delimited text: it cuts a stream into blocks of whole
// records and finds the fields of every record, with exact positions. Of other
// text it can cut lines into records (a Dialect without quotes); package row
// finds the fields of those.
//
// A Reader returns records one by one, as values. Where speed matters, NewSplitter cuts
// the input, Run hands the blocks to several goroutines and back in order, and Block.Index
// finds the fields.
//
// It does not interpret values, convert character sets or decompress; those
// are the jobs of packages judge and source. It imports only the standard
// library and is the only package of the module that may use assembly, unsafe
// or code for single processors.
//
// Positions: offsets are bytes from 0, lines and columns count from 1, columns
// in bytes. Memory: a Block and everything that points into it belongs to the
// runner and may be used only until the commit function for that block returns.
package scan

// Span is a half-open range [Start, End) of byte offsets into a block buffer.
type Span struct{ Start, End uint32 }

// Len returns the length of the span in bytes.
func (s Span) Len() int { return int(s.End - s.Start) }

// Of returns the bytes of buf that the span covers. The result aliases buf.
func (s Span) Of(buf []byte) []byte { return buf[s.Start:s.End:s.End] }

// Pos is a place in an input, after decompression and conversion to UTF-8.
type Pos struct {
	Offset int64 // bytes from the start of the input, from 0
	Line   int64 // physical line, from 1
	Column int   // bytes from the start of the line, from 1
}
