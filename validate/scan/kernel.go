package scan

import (
	"maps"
	"slices"
)

// kernel is the one seam between the portable code and routines for particular
// processors. What it returns is a matter of fact, so all kernels agree.
type kernel interface {
	// find looks at as many whole pieces of 64 bytes as data has, no more than
	// indexStep, the first of which stands at offset base, see indexer.
	find(f *indexer, data []byte, base uint32)
	// notesQuotes reports whether find notes the places of quotes, because that
	// costs less than to look for them when they are needed.
	notesQuotes() bool
	// takesLong reports whether find takes so long that it is worth while to find
	// the end of a block in another way, and let its worker do the rest.
	takesLong() bool
	// utf8 reports whether data is valid UTF-8.
	utf8(data []byte) bool
	// controls counts the bytes of data below 0x20 and 0x7F, and tells whether
	// there are bytes from 0x80.
	controls(data []byte) (n int, high bool)
	// places appends to dst the offsets of c in data, reading Padding bytes more.
	places(dst []uint32, data []byte, c byte) []uint32
	// unquote is Block.Unquote for records each of which ends with LF. It reads
	// Padding bytes more.
	unquote(dst []byte, ends []uint32, b *Block, records []Record) ([]byte, []uint32)
	// undouble is Block.AppendUndoubled to padded from n on, and returns where it came to. It
	// reads and writes Padding bytes more.
	undouble(padded []byte, n int, b *Block, from, to uint32) int
	// classify fills dst, see Classes.
	classify(dst []Classified, padded []byte, spans []Span, c *Classes)
	// rows is Rows.Append for out from n on, and returns where it came to. It reads
	// Padding bytes more, and writes RowSlack bytes more.
	rows(r *Rows, out []byte, n int, ends []uint32, from, to int) int
	// placesCommas reports whether rows is faster if Rows knows where commas are.
	placesCommas() bool
	// leads is Leads.Find.
	leads(dst []uint64, b *Block, x *Index, l *Leads) []uint64
	// edges is Edges.Find.
	edges(dst []uint64, b *Block, x *Index, e *Edges) []uint64
}

// active is the kernel in use: the best one of this processor.
var active kernel = portable{}

// kernels are those that this build and processor can use, by name.
var kernels = map[string]kernel{"portable": portable{}}

// Kernels returns the names of the kernels that this build and processor can
// use, in alphabetical order. "portable" is always one of them.
func Kernels() []string { return slices.Sorted(maps.Keys(kernels)) }

// UseKernel makes the named one of Kernels the kernel in use, and returns what
// undoes that. It is for tests and measurements, while nothing is read: what is
// read is the same with every kernel. It panics if there is no such kernel.
func UseKernel(name string) (undo func()) {
	k, there := kernels[name]
	if !there {
		panic("scan: no kernel " + name)
	}
	before := active
	active = k
	return func() { active = before }
}

// ValidUTF8 reports whether text is valid UTF-8.
func ValidUTF8(text []byte) bool { return active.utf8(text) }

// CountControls counts the bytes of data below 0x20 and 0x7F, and tells
// whether there are bytes from 0x80.
func CountControls(data []byte) (n int, high bool) { return active.controls(data) }
