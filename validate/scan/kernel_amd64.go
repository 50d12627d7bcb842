//go:build amd64 && !noasm

package scan

import (
	"math"
	"slices"
	"unsafe"
)

func init() {
	level := processor()
	if level >= levelAVX2 {
		active = avx2{}
		kernels["avx2"] = active
	}
	if level >= levelAVX512 {
		active = avx512{}
		kernels["avx512"] = active
	}
}

// What the processor and the system support.
const (
	levelAVX2   = 1 // AVX2, POPCNT, PCLMULQDQ
	levelAVX512 = 2 // and AVX-512 F, DQ, BW, VL, VBMI2, VPCLMULQDQ, and BMI1, BMI2
)

// processor returns the highest level that there is, or 0.
func processor() int

// avx2 is the kernel for processors with AVX2, 32 bytes to the register: the
// masks come from assembly, what follows from them is worked out in Go.
type avx2 struct{}

func (avx2) find(f *indexer, data []byte, base uint32) {
	const batch = 32 // pieces, so that their masks stay in the nearest cache
	var m [batch]masks
	for len(data) >= pieceSize {
		n := min(len(data)/pieceSize, batch)
		masksAVX2(&m[0], &data[0], n, f.delimiter, f.end, f.special)
		for i := range n {
			f.piece(&m[i], (*[pieceSize]byte)(data[i*pieceSize:]), base, pieceSize)
			base += pieceSize
		}
		data = data[n*pieceSize:]
	}
}

func (avx2) controls(data []byte) (n int, high bool) {
	const width = 32
	whole := len(data) / width
	if whole > 0 {
		var highs uint32
		n, highs = controlsAVX2(&data[0], whole)
		high = highs != 0
	}
	rest, restHigh := portable{}.controls(data[width*whole:])
	return n + rest, high || restHigh
}

func (avx2) utf8(data []byte) bool { return validUTF8(data, false) }

func (avx2) notesQuotes() bool { return true }
func (avx2) takesLong() bool   { return false }

// avx512 is the kernel for processors with AVX-512, a piece to the register.
type avx512 struct{ avx2 }

func (avx512) find(f *indexer, data []byte, base uint32) {
	if pieces := len(data) / pieceSize; pieces > 0 {
		var w words
		indexAVX512(f, &data[0], pieces, base, &w)
	}
}

// words are the masks of the pieces that are looked at together, and what follows
// from them. Each step goes through all of them before the next: the path from a
// byte to an offset is long, and the processor looks only so far ahead.
type words struct {
	//lint:ignore U1000 they are for the assembly
	delimiters, ends, specials, spaces, within, structure, records [indexStep]uint64
}

func (avx512) notesQuotes() bool { return false }

func (avx512) utf8(data []byte) bool { return validUTF8(data, true) }

func (avx512) places(dst []uint32, data []byte, c byte) []uint32 {
	const step = 128 * pieceSize // little, so that the room to spare is
	for at := 0; at < len(data); at += step {
		part := data[at:min(at+step, len(data))]
		dst = slices.Grow(dst, len(part)+indexSlack)
		n := placesAVX512(&dst[len(dst):cap(dst)][0], &part[0], len(part), uint32(at), c)
		dst = dst[:len(dst)+n]
	}
	return dst
}

func (avx512) classify(dst []Classified, padded []byte, spans []Span, c *Classes) {
	if len(spans) > 0 {
		classifyAVX512(&dst[0], &padded[0], &spans[0], len(spans), c)
	}
}

func (avx512) unquote(dst []byte, ends []uint32, b *Block, records []Record) ([]byte, []uint32) {
	data := b.Data[records[0].Start:records[len(records)-1].Next]
	// Each byte may be a comma, and what is written last is written in whole pieces.
	dst = slices.Grow(dst, 2*len(data)+2*pieceSize)
	ends = slices.Grow(ends, len(records)+1)
	n, r := unquoteAVX512(&dst[:cap(dst)][0], len(dst), &data[0], len(data), &ends[len(ends):cap(ends)][0], b.dialect.Quote)
	return dst[:n], ends[:len(ends)+r]
}

func (avx512) undouble(padded []byte, n int, b *Block, from, to uint32) int {
	if from == to {
		return n
	}
	first, last := from/pieceSize, (to-1)/pieceSize
	return n + undoubleAVX512(&padded[n], &b.Data[first*pieceSize], &b.found.doubles[first], int(last-first)+1,
		^uint64(0)<<(from%pieceSize), ^uint64(0)>>(pieceSize-1-(to-1)%pieceSize))
}

func (avx2) undouble(padded []byte, n int, b *Block, from, to uint32) int {
	return portable{}.undouble(padded, n, b, from, to)
}

func (avx512) leads(dst []uint64, b *Block, _ *Index, l *Leads) []uint64 {
	from, pieces := len(dst), len(b.Data)/pieceSize
	dst = slices.Grow(dst, pieces+1)
	carry := uint64(1) // a value begins at the first byte
	if pieces > 0 {
		dst = dst[:from+pieces]
		carry = leadsAVX512(&dst[from], &b.Data[0], pieces, l, carry)
	}
	if rest := b.Data[pieces*pieceSize:]; len(rest) > 0 {
		var tail [pieceSize]byte
		copy(tail[:], rest)
		dst = dst[:from+pieces+1]
		leadsAVX512(&dst[from+pieces], &tail[0], 1, l, carry)
		dst[from+pieces] &= 1<<len(rest) - 1
	}
	return dst
}

// rowCopy is what rowsAVX512 takes, and how far it came.
type rowCopy struct {
	base    *byte // the output
	n       uint64
	padded  *byte
	parts   *RowPart
	size    uint64  // of all parts, in bytes
	records *Record // of the index
	ends    *uint32 // of the index
	rowEnds *uint32
	record  uint64 // the one at hand
	from    uint64
	to      uint64
	part    uint64 // the one at hand, in bytes from parts
	commas  uint64 // a mask: all, if a comma in a field without quotes is no delimiter
	quotes  uint64 // a mask: all, if there are quotes
	quote   uint64 // more than a byte if there are none
	between byte   // the delimiter
}

func (avx512) rows(r *Rows, out []byte, n int, ends []uint32, from, to int) int {
	const partSize = uint64(unsafe.Sizeof(RowPart{}))
	c := rowCopy{
		base: &out[0], n: uint64(n), padded: &r.padded[0], parts: &r.Parts[0], size: uint64(len(r.Parts)) * partSize,
		records: &r.index.Records[0], ends: &r.index.Ends[0], rowEnds: &ends[0],
		record: uint64(from), from: uint64(from), to: uint64(to), quotes: math.MaxUint64, quote: uint64(r.quote), between: r.block.dialect.Delimiter,
	}
	if r.quote == 0 {
		c.quote, c.quotes = 1<<8, 0
	}
	if !r.asTheyAre {
		c.commas = math.MaxUint64
	}
	for {
		rowsAVX512(&c)
		if c.record == c.to {
			return int(c.n)
		}
		// A part with a long value.
		end := r.part(out, int(c.n), &r.Parts[c.part/partSize], int(c.record), true)
		out[end] = ','
		c.n = uint64(end + 1)
		if c.part += partSize; c.part == c.size {
			out[end] = '\n'
			ends[c.record-c.from] = uint32(c.n)
			if c.record, c.part = c.record+1, 0; c.record == c.to {
				return int(c.n)
			}
		}
	}
}

func (avx512) placesCommas() bool { return false }

func (avx2) rows(r *Rows, out []byte, n int, ends []uint32, from, to int) int {
	return portable{}.rows(r, out, n, ends, from, to)
}

func (avx2) placesCommas() bool { return portable{}.placesCommas() }

func (k avx512) edges(dst []uint64, b *Block, x *Index, e *Edges) []uint64 {
	from := len(dst)
	dst = k.leads(dst, b, x, &e.begins)
	pieces := len(dst) - from
	dst = k.leads(dst, b, x, &e.ends)
	words, ends := dst[from:][:pieces], dst[from+pieces:]
	for i, w := range ends { // the space is one byte before
		words[i] |= w >> 1
		if i > 0 {
			words[i-1] |= w << 63
		}
	}
	if last := len(b.Data) - 1; last >= 0 && b.Data[last] == ' ' { // nothing stands behind
		words[last/pieceSize] |= 1 << (last % pieceSize)
	}
	return dst[:from+pieces]
}

func (avx2) edges(dst []uint64, b *Block, x *Index, e *Edges) []uint64 {
	return portable{}.edges(dst, b, x, e)
}

func (avx2) leads(dst []uint64, b *Block, x *Index, l *Leads) []uint64 {
	return portable{}.leads(dst, b, x, l)
}

func (avx2) unquote(dst []byte, ends []uint32, b *Block, records []Record) ([]byte, []uint32) {
	return portable{}.unquote(dst, ends, b, records)
}

func (avx2) places(dst []uint32, data []byte, c byte) []uint32 {
	return portable{}.places(dst, data, c)
}

func (avx2) classify(dst []Classified, padded []byte, spans []Span, c *Classes) {
	portable{}.classify(dst, padded, spans, c)
}

// validUTF8 checks whole pieces with a routine for them. It also reads the
// three bytes before the first one, so the ends of the data, where these are
// not part of it, or no piece is left, are copied elsewhere.
func validUTF8(data []byte, wide bool) bool {
	check := func(data *byte, pieces int) uint64 {
		if wide {
			return utf8AVX512(data, pieces)
		}
		return utf8AVX2(data, pieces)
	}
	var padded [3 * pieceSize]byte
	if len(data) < pieceSize {
		copy(padded[pieceSize:], data)
		return check(&padded[pieceSize], 2) == 0
	}
	copy(padded[pieceSize:], data[:pieceSize])
	broken := check(&padded[pieceSize], 1)
	whole := len(data) / pieceSize * pieceSize
	if whole > pieceSize {
		broken |= check(&data[pieceSize], whole/pieceSize-1)
	}
	// A sequence that is cut off shows when something follows it: zeros.
	padded = [3 * pieceSize]byte{}
	copy(padded[pieceSize-3:], data[whole-3:])
	return broken|check(&padded[pieceSize], 1) == 0
}

// masksAVX2 looks at pieces of 64 bytes from data on.
//
//go:noescape
func masksAVX2(m *masks, data *byte, pieces int, delimiter, end, special byte)

// indexAVX512 is indexer.piece for pieces from data on, all of them whole, and at
// most indexStep. It writes to w, and up to 64 offsets more than there are.
//
//go:noescape
func indexAVX512(f *indexer, data *byte, pieces int, base uint32, w *words)

// placesAVX512 writes the offsets of c in n bytes of data, plus base, to dst,
// and returns how many there are. It reads up to 63 bytes more, and writes up to
// 64 offsets more.
//
//go:noescape
func placesAVX512(dst *uint32, data *byte, n int, base uint32, c byte) int

// classifyAVX512 is Classes.Classify for n spans of padded.
//
//go:noescape
func classifyAVX512(dst *Classified, padded *byte, spans *Span, n int, c *Classes)

// leadsAVX512 writes a word to dst for each of the pieces from data on: a bit for each
// byte that is one of high, and for one of first that stands before one of second, or
// at the end of the piece, and behind one of before. carry is 1 if one of before stands
// before the first piece; it returns whether one is the last byte.
//
//go:noescape
func leadsAVX512(dst *uint64, data *byte, pieces int, l *Leads, carry uint64) (last uint64)

// rowsAVX512 copies parts of rows until all are done, or one has a value of more than 64
// bytes, or that many empty columns. It writes up to 128 bytes behind what it copies.
//
//go:noescape
func rowsAVX512(c *rowCopy)

// unquoteAVX512 is Block.Unquote for size bytes of data, from 1 on, written to
// dst from n on. It returns where it came to in dst, and the number of ends.
//
//go:noescape
func unquoteAVX512(dst *byte, n int, data *byte, size int, ends *uint32, quote byte) (newN, records int)

// undoubleAVX512 copies pieces of data to dst: of the first and the last one the bytes that
// have a bit in first and last, and none that has one in doubles. It returns how many bytes it
// wrote, and writes up to 64 more.
//
//go:noescape
func undoubleAVX512(dst *byte, data *byte, doubles *uint64, pieces int, first, last uint64) (n int)

// controlsAVX2 looks at pieces of 32 bytes from data on. highs is not 0 if
// there is a byte from 0x80.
//
//go:noescape
func controlsAVX2(data *byte, pieces int) (n int, highs uint32)

// utf8AVX2 and utf8AVX512 look at pieces of 64 bytes from data on, and at the
// three bytes before. broken is not 0 if a sequence that ends there is wrong,
// or one is cut off by something else there.
//
//go:noescape
func utf8AVX2(data *byte, pieces int) (broken uint64)

//go:noescape
func utf8AVX512(data *byte, pieces int) (broken uint64)
