package scan

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/bits"
	"sync/atomic"
)

// DefaultBlockSize is how many bytes a block holds unless a record is longer:
// small enough that a block and its index stay in a core's own cache.
const DefaultBlockSize = 256 << 10

// maxLines is how many records a block may have, as far as its quoting is
// proven; what becomes of a record may take a hundred times its own memory.
const maxLines = 8 << 10

// ctrlZ ended text files of CP/M and DOS. At the end of an input it is ignored.
const ctrlZ = "\x1a"

// Padding is how many bytes behind Block.Data may be read, whatever is there.
const Padding = 64

// Block is a run of whole records, in the buffer of the block's own. A physical
// line longer than the record limit is the exception: it comes as one block
// with a TooLong record followed by blocks marked Continued, so that a line
// without end costs no memory.
type Block struct {
	Data       []byte // the records; the capacity behind it is free for the block's user
	Pos        Pos    // of Data[0]
	Lines      int    // physical line ends in Data
	Continued  bool   // Data goes on with the overlong line of the block before and has no record
	unfinished bool   // see Unfinished
	oversize   bool   // Data is the first part of an overlong line
	proven     bool   // every quote opens at the start of a field and closes at the end of one: found says what is in Data
	late       bool   // found is yet to be filled
	runs       bool   // see CRLF
	withinRun  bool
	last       bool
	found      indexer
	records    []Span // of JSON documents
	after      Place  // of JSON documents, see After
	dialect    *Dialect
	quotes     places
	ends       places
}

// places are those of a byte in a block, looked for when they are asked for.
type places struct {
	known bool
	at    []uint32
}

func (p *places) of(data []byte, c byte) []uint32 {
	if !p.known {
		p.known, p.at = true, active.places(p.at[:0], data, c)
	}
	return p.at
}

// Dialect returns the dialect of the block's input, with everything resolved.
func (b *Block) Dialect() Dialect { return *b.dialect }

// Unfinished reports whether the overlong line that the block holds, or goes on with,
// is continued in the next block.
func (b *Block) Unfinished() bool { return b.unfinished }

// Quotes returns the offsets of all quotes, in order. If Content is known, they
// open and close quoted text in turn, and are one after the other where quotes
// are doubled. Valid as long as the block.
func (b *Block) Quotes() []uint32 {
	if b.dialect.NoQuotes {
		return nil
	}
	if b.proven && b.found.notes {
		noted := b.found.quotes[:b.found.q]
		for len(noted) > 0 && noted[len(noted)-1] >= uint32(len(b.Data)) { // what was looked at beyond the block
			noted = noted[:len(noted)-1]
		}
		return noted
	}
	return b.quotes.of(b.Data, b.dialect.Quote)
}

// NextDoubled returns the offset, not before from, of the next second quote of a doubled one
// within quotes, which the value of its field does not have. It is known for a block whose
// quoting is proven. ok is false if there is none.
func (b *Block) NextDoubled(from uint32) (at uint32, ok bool) {
	words := b.found.doubles[:(len(b.Data)+pieceSize-1)/pieceSize]
	i := from / pieceSize
	if i >= uint32(len(words)) {
		return 0, false
	}
	set := words[i] >> (from % pieceSize) << (from % pieceSize)
	for set == 0 {
		if i++; i == uint32(len(words)) {
			return 0, false
		}
		set = words[i]
	}
	at = i*pieceSize + uint32(bits.TrailingZeros64(set))
	return at, int(at) < len(b.Data)
}

// Places appends to dst the offsets of c in the block, in order.
func (b *Block) Places(dst []uint32, c byte) []uint32 { return active.places(dst, b.Data, c) }

// LineEnds returns the offsets of the bytes that end lines, in order: LF, or CR
// where that ends records. Valid as long as the block.
func (b *Block) LineEnds() []uint32 { return b.ends.of(b.Data, b.dialect.end()) }

// LineEnd returns the byte that ends the records of the block's input.
func (b *Block) LineEnd() byte { return b.dialect.end() }

// Quote returns the byte that encloses quoted fields, 0 if the dialect has none.
func (b *Block) Quote() byte {
	if b.dialect.NoQuotes {
		return 0
	}
	return b.dialect.Quote
}

// Comma reports whether fields are separated by commas and records end with LF.
func (b *Block) Comma() bool { return b.dialect.Delimiter == ',' && b.dialect.end() == '\n' }

// Splitter cuts a stream into blocks that end at the end of a record. The cuts
// depend on the block size and the reads, the records never do. It is for one
// goroutine at a time.
//
// Invariant: the bytes in carry start at the start of a record, or within an
// overlong line if skipping is set.
type Splitter struct {
	r         io.Reader
	dialect   Dialect
	blockSize int
	size      int          // of the next block: less than blockSize while lines are very short
	aim       atomic.Int64 // AimAt
	pos       Pos          // of the next byte to hand out
	carry     []byte       // read, but not yet handed out
	taken     int          // bytes of carry that are in the block at hand
	ended     bool         // r has no more
	fresh     bool         // the block at hand has bytes that are not in carry
	eof       bool         // neither r nor carry has more than the block at hand
	skipping  bool         // within an overlong line
	started   bool         // the kind of line end is known
	crlf      bool         // the first record ended with CR LF
	bare      bool         // StructureOnly
	keepRuns  bool         // KeepRuns
	withinRun bool         // what was handed out ended within a run
	recount   bool         // found does not say how many lines the block has
	inRead    atomic.Bool  // r is being read, which may take any time; for everybody to ask
	spans     []Span       // quoted fields of the block at hand, scratch
	ends      []uint32
	open      openStretch // in the block at hand
	document  *document   // of JSON; nil: it is not
	stop      int64       // StopAt; 0: the end of input
}

// Waiter is a reader that says whether reading may have to wait for somebody
// else, as that of a pipe does. Run then reads in a goroutine of its own.
type Waiter interface{ Waits() bool }

// NewSplitter returns a splitter for the input r, whose first byte stands at
// start; the zero Pos means the beginning. blockSize 0 means DefaultBlockSize.
// A dialect that contradicts itself is an error.
func NewSplitter(r io.Reader, start Pos, d Dialect, blockSize int) (*Splitter, error) {
	d, err := d.Resolve()
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errors.New("scan: there is no reader")
	}
	if blockSize <= 0 {
		blockSize = DefaultBlockSize
	}
	start.Line, start.Column = max(start.Line, 1), max(start.Column, 1)
	s := &Splitter{r: r, dialect: d, blockSize: blockSize, size: blockSize, pos: start, started: d.LineEnd != EndAuto}
	if d.Kind == JSON {
		s.document = &document{}
	}
	s.aim.Store(math.MaxInt32)
	return s, nil
}

// AimAt says how many bytes the next blocks should have at most, where whole records
// allow it: fewer while much is kept of each. It may be called from any goroutine.
func (s *Splitter) AimAt(size int) { s.aim.Store(int64(max(size, 1))) }

// Place is where a Splitter may go on reading an input: the end of a block that is not
// Unfinished.
type Place struct {
	Pos       Pos  // of the next byte; Column is 1, but in JSON documents
	WithinRun bool // see Block.WithinRun
	// Document is where in JSON documents it is; the zero value of other text.
	Document DocumentPlace
}

// After returns where the next block starts. Within an overlong line, and outside of the lists
// of JSON documents, ok is false: nobody can go on there.
func (b *Block) After() (p Place, ok bool) {
	if b.dialect.Kind == JSON {
		return b.after, b.after.Document != DocumentPlace{} && !b.unfinished
	}
	p.Pos = Pos{Offset: b.Pos.Offset + int64(len(b.Data)), Line: b.Pos.Line + int64(b.Lines), Column: 1}
	p.WithinRun = b.runs && !b.oversize && !b.Continued && !endsCRLF(b.Data)
	return p, !b.unfinished
}

// From returns a splitter that reads the input of s from a place on, which r begins with.
// It reads in the same way: s has read at least the first record, or its Dialect states the
// kind of line end.
func (s *Splitter) From(r io.Reader, at Place) (*Splitter, error) {
	if !s.started {
		return nil, errors.New("scan: the line ends of what is read from a place on are not known")
	}
	from, err := NewSplitter(r, at.Pos, s.dialect, s.blockSize)
	if err != nil {
		return nil, err
	}
	if s.document != nil {
		if from.document = at.Document.document(); from.document == nil {
			return nil, errors.New("scan: this is no place in JSON documents")
		}
		return from, nil
	}
	from.crlf, from.keepRuns, from.withinRun, from.bare = s.crlf, s.keepRuns, at.WithinRun, s.bare
	return from, nil
}

// StopAt ends the blocks at an offset that a Place has: what follows is looked at where a
// record before needs that, and is not handed out. To be called before the first Next.
func (s *Splitter) StopAt(offset int64) { s.stop = offset }

// Started reports whether the kind of line end is known, without which From cannot work.
func (s *Splitter) Started() bool { return s.started }

// stopBlock ends the block at StopAt, before which n bytes were to be handed out.
func (s *Splitter) stopBlock(b *Block, n int) int {
	most := s.stop - s.pos.Offset
	if s.stop == 0 || int64(n) <= most {
		return n
	}
	n = int(most)
	if d := s.document; d != nil {
		for len(d.records) > 0 && int(d.records[len(d.records)-1].End) > n {
			d.records = d.records[:len(d.records)-1]
		}
		return n
	}
	if f := &b.found; !b.late {
		for f.r > 0 && int(f.ends[f.records[f.r-1]]) >= n {
			f.r--
		}
		f.n = 0
		if f.r > 0 {
			f.n = uint64(f.records[f.r-1]) + 1
		}
	}
	s.recount = true
	return n
}

// Dialect returns the dialect with everything resolved; the kind of line end
// is known once the first block was read.
func (s *Splitter) Dialect() Dialect { return s.dialect }

// StructureOnly says that nobody will ask for the Content of blocks, which saves
// finding it. To be called before the first Next.
func (s *Splitter) StructureOnly() { s.bare = true }

// Next fills b with the next records, reusing its buffer. At the end it
// returns io.EOF; any other error comes from reading, and what was read but not
// handed out by then is lost with it.
func (s *Splitter) Next(b *Block) error {
	cut := s.cutRuns
	if s.document != nil {
		cut = s.cutDocument
	}
	return s.next(b, min(s.size, int(s.aim.Load())), cut)
}

// Header fills b with blank lines, or with the blank lines and the first record
// after them, which found tells. At the end of input it returns io.EOF. To be
// called until found, before the first Next.
func (s *Splitter) Header(b *Block) (found bool, err error) {
	err = s.next(b, s.blockSize, func(b *Block) (n int, proven, more bool) {
		n, found = s.cutFirst(b.Data)
		return n, false, false
	})
	if found && s.dialect.LineEnd == EndLF {
		s.crlf = endsCRLF(b.Data) // that of the header counts, not that of blank lines before it
	}
	return found || b.oversize, err
}

// next reads until cut finds where a block may end.
func (s *Splitter) next(b *Block, size int, cut func(*Block) (n int, proven, more bool)) error {
	b.Data, b.Pos, b.dialect = b.Data[:0], s.pos, &s.dialect
	b.Continued, b.oversize, b.proven, b.late = false, false, false, false
	b.withinRun = s.withinRun
	s.fresh = false
	b.quotes.known, b.ends.known = false, false
	b.records = b.records[:0]
	if s.stop > 0 && s.pos.Offset >= s.stop {
		return io.EOF
	}
	for {
		if s.document != nil && s.document.err != nil {
			return s.document.err
		}
		if err := s.fill(b, size); err != nil {
			return err
		}
		if len(b.Data) == 0 {
			return io.EOF
		}
		if !s.started && !s.detectLineEnd(b.Data) {
			size = 2 * max(size, len(b.Data))
			continue
		}
		if s.skipping {
			b.Continued = true
			rest := s.lineRest(b.Data)
			if rest == 0 { // more of it must be seen, or it is broken here
				size = 2 * max(size, len(b.Data))
				continue
			}
			s.handOut(b, rest)
			return nil
		}
		b.late = false
		n, proven, more := cut(b)
		if more {
			size = 2 * max(size, len(b.Data))
			continue
		}
		if n > 0 || s.document != nil && s.document.preface && s.document.atRecord {
			b.proven = proven
			s.handOut(b, s.stopBlock(b, n))
			return nil
		}
		if s.document == nil && len(b.Data) > s.dialect.MaxRecord || s.document != nil && s.document.tooLong {
			b.oversize, s.skipping = true, true
			s.handOut(b, s.lineRest(b.Data))
			return nil
		}
		size = min(2*max(size, len(b.Data)), s.dialect.MaxRecord+s.blockSize)
	}
}

// reserve makes room for n bytes of data. A quarter more is for values that are
// decoded behind the data.
func (b *Block) reserve(n int) {
	if need := n + n/4 + Padding; cap(b.Data) < need {
		b.Data = append(make([]byte, 0, need), b.Data...)
	}
}

// fill reads until b holds size bytes or the input ends.
func (s *Splitter) fill(b *Block, size int) error {
	b.reserve(size)
	if n := min(size-len(b.Data), len(s.carry)-s.taken); n > 0 {
		b.Data = append(b.Data, s.carry[s.taken:s.taken+n]...)
		s.taken += n
	}
	for empty := 0; len(b.Data) < size && !s.ended; {
		s.inRead.Store(true)
		n, err := s.r.Read(b.Data[len(b.Data):size])
		s.inRead.Store(false)
		b.Data = b.Data[:len(b.Data)+n]
		s.fresh = s.fresh || n > 0 || err == io.EOF
		switch {
		case err == io.EOF:
			s.ended = true
			b.Data = bytes.TrimRight(b.Data, ctrlZ)
		case err != nil:
			return err
		case n > 0:
			empty = 0
		case empty == 100:
			return io.ErrNoProgress
		default:
			empty++
		}
	}
	s.eof = s.ended && s.taken == len(s.carry)
	return nil
}

// handOut ends the block after n bytes and keeps the rest for the next one.
func (s *Splitter) handOut(b *Block, n int) {
	end := []byte{s.dialect.end()}
	b.runs = s.keepRuns && s.crlf
	rest := b.Data[n:]
	if !s.fresh {
		s.taken -= len(rest) // they are still there
	} else {
		s.carry, s.taken = append(s.carry[:0], rest...), 0
	}
	b.Data = b.Data[:n]
	b.last, b.unfinished = s.eof && len(rest) == 0, s.skipping
	s.withinRun = !b.oversize && !b.Continued && !endsCRLF(b.Data)
	if b.proven && !b.late && b.found.r < maxLines && !s.recount {
		unused := rest[:b.found.looked-n]
		b.Lines = int(b.found.r) + b.found.breaks - bytes.Count(unused, end)
	} else {
		b.Lines = bytes.Count(b.Data, end)
	}
	s.recount = false
	if d := s.document; d != nil {
		// The position is still that of the block.
		b.records = append(b.records, d.records...)
		d.records = d.records[:0]
		d.begun, d.begunAt = s.begun(b.Data), 0
		if last := bytes.LastIndexByte(b.Data, '\n'); last >= 0 {
			s.pos.Column = n - last
		} else {
			s.pos.Column += n
		}
	}
	s.open.from, s.open.to = s.open.from-n, s.open.to-n
	s.pos.Offset += int64(n)
	s.pos.Line += int64(b.Lines)
	if s.document != nil {
		b.after = Place{Pos: s.pos, Document: s.document.place()}
	}
	switch {
	case b.Lines >= maxLines:
		s.size = max(s.size/2, min(s.blockSize, 2*maxLines))
	case b.Lines < maxLines/2:
		s.size = min(2*s.size, s.blockSize)
	}
}

// lineRest returns how much of data belongs to the line, or record, that is being skipped.
func (s *Splitter) lineRest(data []byte) int {
	if s.document != nil {
		return s.recordRest(data)
	}
	if i := bytes.IndexByte(data, s.dialect.end()); i >= 0 {
		s.skipping = false
		return i + 1
	}
	return len(data)
}

// detectLineEnd settles whether LF or CR ends records, from the first line end
// outside quotes; where the quoting never closes, from the first line end of
// all. It returns false if it must see more. It never looks beyond the record
// limit, so that the block size makes no difference.
func (s *Splitter) detectLineEnd(data []byte) bool {
	const lookahead = 2 // the end byte, and the LF after a CR
	data = data[:min(len(data), s.dialect.MaxRecord+lookahead)]
	all := s.eof || len(data) == s.dialect.MaxRecord+lookahead
	i := s.walkFirst(data)
	if !all && (i < 0 || len(bytes.TrimLeft(data[i:], "\r")) == 0) {
		return false
	}
	if i < 0 {
		i = bytes.IndexAny(data, "\r\n")
	}
	s.started = true
	s.dialect.LineEnd = EndLF
	if i < 0 {
		return true
	}
	// CR LF, and CR CR LF, are LF with something before it.
	after := bytes.TrimLeft(data[i:], "\r")
	if data[i] == '\r' && (len(after) == 0 || after[0] != '\n') {
		s.dialect.LineEnd = EndCR
	}
	s.crlf = data[i] == '\r' && s.dialect.LineEnd == EndLF
	return true
}

// walkFirst returns the offset of the first CR or LF outside quotes, -1 if the data ends before.
func (s *Splitter) walkFirst(data []byte) int {
	inside, fieldStart := false, true
	for i, c := range data {
		switch {
		case !s.dialect.NoQuotes && c == s.dialect.Quote && (inside || fieldStart):
			// A doubled quote leaves and enters again.
			inside = !inside
			fieldStart = !inside
		case inside:
		case c == '\r' || c == '\n':
			return i
		default:
			fieldStart = c == s.dialect.Delimiter
		}
	}
	return -1
}
