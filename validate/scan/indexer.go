package scan

import (
	"bytes"
	"math/bits"
)

// pieceSize is how many bytes are looked at together: as many as a word has bits.
const pieceSize = 64

// indexStep is how many pieces are looked at between two looks at the room for
// offsets: few, so that little must be spare, and a multiple of 8.
const indexStep = 128

// indexSlack is how many offsets may be written beyond the last one.
const indexSlack = pieceSize

// doublesSlack is how many words of doubles may be written beyond the last one:
// that of a tail, and what makes a multiple of 8 of the others.
const doublesSlack = 8

// indexer finds every delimiter and record end that stands outside quotes and is
// not escaped, and what else is to be known of a text. Everything it says is
// right only as long as broken is 0: until then every quote has opened at the
// start of a field and closed at the end of one.
type indexer struct {
	delimiter, end, special byte   // special: the quote, or the escape
	quoting                 uint64 // all ones if special is a quote, else zero
	escaping                uint64 // all ones if special is an escape, else zero
	structureOnly           uint64 // not 0: spaces and doubled quotes need not be found
	classes                 *byteClasses
	notes                   bool // quotes are noted

	// Carried from one piece to the next.
	inside   uint64 // all ones within quotes, else zero
	mayOpen  uint64 // 1 if a quote may open at the first byte: a field starts there, or a quote closed before it
	closed   uint64 // 1 if a quote closed just before the first byte
	closedCR uint64 // 1 if a CR stands before the first byte, and a closing quote before that
	escaped  uint64 // 1 if an escape stands before the first byte
	edge     uint64 // 1 if a value starts at the first byte
	expected uint64 // bits for the first bytes that must belong to a character that began before
	space    uint64 // bit 1 if a space stands before the first byte, bit 0 if one stands before that

	// Found.
	broken   uint64 // not 0: the quoting is not proven
	inner    uint64 // not 0: there are end bytes that end no record
	breaks   int    // how many of these there are
	looked   int    // bytes that were looked at
	spaces   uint64 // not 0: a value begins or ends with a space
	specials uint64 // not 0: there is a quote or an escape
	controls uint64 // not 0: there are control characters, below 0x20 and 0x7F, beside end bytes
	highs    uint64 // not 0: there are bytes from 0x80
	slashes  uint64 // not 0: there are backslashes
	followed bool   // misled says something
	misled   uint64 // not 0: the text may not be UTF-8

	n        uint64   // of ends
	r        uint64   // of records
	q        uint64   // of quotes
	ends     []uint32 // offsets of the delimiters and record ends
	records  []uint32 // indices into ends of those that end records
	quotes   []uint32 // offsets of the quotes, if they are noted
	inQuotes []uint32 // offsets of the delimiters within quotes, if quotes are noted
	doubled  uint64   // not 0: there is a doubled quote within quotes
	doubles  []uint64 // for each piece, the second quotes of these
}

// begin forgets what was found.
func (f *indexer) begin(d *Dialect) {
	*f = indexer{
		delimiter: d.Delimiter, end: d.end(), special: d.Quote, structureOnly: f.structureOnly, classes: f.classes,
		mayOpen: 1, edge: 1, ends: f.ends, records: f.records, quotes: f.quotes, inQuotes: f.inQuotes[:0], doubles: f.doubles,
	}
	switch {
	case d.Kind == Cognito:
		f.special, f.escaping = '\\', ^uint64(0)
	case d.NoQuotes:
		f.special = 0
	default:
		f.quoting = ^uint64(0)
	}
	if !f.classes.are(f.delimiter, f.end, f.special) {
		f.classes = newByteClasses(f.delimiter, f.end, f.special)
	}
}

// reserve makes room for what may be found in size bytes more.
func (f *indexer) reserve(size int) {
	f.ends = grow(f.ends, int(f.n)+size+indexSlack)
	f.records = grow(f.records, int(f.r)+size+indexSlack)
	if f.notes {
		f.quotes = grow(f.quotes, int(f.q)+size+indexSlack)
	}
}

// grow returns s with a length of need at least.
func grow[T uint32 | uint64](s []T, need int) []T {
	if len(s) >= need {
		return s
	}
	bigger := make([]T, need+need/4)
	copy(bigger, s)
	return bigger
}

// run finds everything in data.
func (f *indexer) run(k kernel, data []byte) {
	const step = indexStep * pieceSize
	whole := len(data) / pieceSize * pieceSize
	f.looked = len(data)
	if len(f.ends) == 0 { // what there is in most files, at once
		f.ends, f.records = grow(f.ends, whole/8), grow(f.records, whole/32)
	}
	if f.structureOnly == 0 {
		f.doubles = grow(f.doubles, whole/pieceSize+doublesSlack)
	}
	f.notes = f.structureOnly == 0 && k.notesQuotes()
	for at := 0; at < whole; at += step {
		part := data[at:min(at+step, whole)]
		f.reserve(len(part))
		innerBefore, recordsBefore := f.inner, f.r
		f.inner = 0
		k.find(f, part, uint32(at))
		if f.inner != 0 {
			f.breaks += bytes.Count(part, []byte{f.end}) - int(f.r-recordsBefore)
		}
		f.inner |= innerBefore
	}
	if rest := len(data) - whole; rest > 0 {
		f.reserve(rest)
		var tail [pieceSize]byte
		for i := copy(tail[:], data[whole:]); i < pieceSize; i++ {
			tail[i] = 'a' // neither a control character, nor a backslash, nor beyond ASCII
		}
		var m masks
		look(&m, &tail, f.classes)
		m.parity = prefixXOR(m.special)
		f.follow(&m)
		recordsBefore := f.r
		f.piece(&m, &tail, uint32(whole), rest)
		f.breaks += bytes.Count(data[whole:], []byte{f.end}) - int(f.r-recordsBefore)
	}
}

// masks says what the bytes of a piece are. A word has a bit for each byte, the
// lowest for the first one.
type masks struct {
	delimiter, end, special, space uint64
	parity                         uint64 // bit i is the exclusive or of bits 0..i of special
	controls                       uint64 // not 0: there are bytes below 0x20, or 0x7F, beside end bytes
	highs                          uint64 // not 0: there are bytes from 0x80
	slashes                        uint64 // not 0: there are backslashes

	// Only from look: of the bytes from 0x80 those that begin two or three, those
	// that begin nothing, and all others.
	two, three, next, odd uint64
}

// piece adds what the first n bytes of a piece say. It is the twin of the
// routines that do the same for many pieces.
func (f *indexer) piece(m *masks, data *[pieceSize]byte, base uint32, n int) {
	valid := ^uint64(0) >> (pieceSize - n)
	end, quotes := m.end&valid, m.special&f.quoting&valid
	within := m.parity&f.quoting ^ f.inside
	f.inside = uint64(int64(within<<(pieceSize-n)) >> 63)
	outside := (m.delimiter&valid | end) &^ within
	if f.escaping != 0 {
		// A line end after an escape ends the record all the same.
		outside &^= (m.special<<1 | f.escaped) & m.delimiter
		f.escaped = m.special >> 63
	}

	// An opening quote has the start of a field, or a closing quote, before it.
	// A closing quote has a delimiter, a record end, or another quote, which
	// makes the two a doubled one, after it; or else CR LF.
	opening, closing := quotes&within, quotes&^within
	f.broken |= opening &^ ((outside|closing)<<1 | f.mayOpen)
	after := (closing<<1 | f.closed) & valid
	f.noteDoubles(after&quotes, base)
	if f.notes {
		f.noteQuotes(quotes, m.delimiter&within&valid, base)
	}
	f.mayOpen, f.closed = (outside|closing)>>63, closing>>63
	if rest := after &^ (outside | quotes); rest|f.closedCR != 0 {
		f.afterQuote(rest, end, valid, data, n)
	}

	starts := outside | opening&^after
	f.spaces |= m.space&valid&(starts<<1|f.edge) | outside&(m.space<<1|f.space>>1) | after&^quotes&(m.space<<2|f.space)
	f.edge, f.space = starts>>63, m.space>>62
	f.inner |= end &^ outside
	f.specials |= m.special & valid
	f.controls |= m.controls
	f.highs |= m.highs
	f.slashes |= m.slashes

	f.emit(outside, end&outside, base)
}

// plainPiece is piece for whole pieces without quotes or escapes, of which there
// is none before that would matter.
func (f *indexer) plainPiece(m *masks, base uint32) {
	outside := m.delimiter | m.end
	f.spaces |= m.space&(outside<<1|f.edge) | outside&(m.space<<1|f.space>>1)
	f.edge, f.space, f.mayOpen = outside>>63, m.space>>62, outside>>63
	f.controls |= m.controls
	f.highs |= m.highs
	f.slashes |= m.slashes
	f.noteDoubles(0, base)
	f.emit(outside, m.end, base)
}

// noteDoubles notes the second quotes of the doubled ones of a piece.
func (f *indexer) noteDoubles(doubles uint64, base uint32) {
	if f.structureOnly == 0 {
		f.doubled |= doubles
		f.doubles[base/pieceSize] = doubles
	}
}

// follow sees to it that characters have as many bytes as they should. Those
// of four bytes, and some others, are left to others.
func (f *indexer) follow(m *masks) {
	expected := m.two<<1 | m.three<<1 | m.three<<2 | f.expected
	f.misled |= m.odd | (m.next ^ expected)
	f.expected = (m.two|m.three)>>63 | m.three>>62
}

// isUTF8 reports whether it is known that the text is UTF-8.
func (f *indexer) isUTF8() bool { return f.followed && f.misled|f.expected == 0 }

// noteQuotes notes the quotes of a piece, and the delimiters within quotes.
func (f *indexer) noteQuotes(quotes, delimiters uint64, base uint32) {
	if quotes != 0 {
		f.q += uint64(emit(f.quotes[f.q:], base, quotes))
	}
	for ; delimiters != 0; delimiters &= delimiters - 1 {
		f.inQuotes = append(f.inQuotes, base+uint32(bits.TrailingZeros64(delimiters)))
	}
}

// isPlain reports whether plainPiece will do.
func (f *indexer) isPlain(m *masks) bool {
	return m.special|f.inside|f.closed|f.closedCR|f.escaped == 0
}

// emit notes the structure, and which of it ends records.
func (f *indexer) emit(structure, ends uint64, base uint32) {
	for set := ends; set != 0; set &= set - 1 {
		before := structure & (set&-set - 1)
		f.records[f.r] = uint32(f.n) + uint32(bits.OnesCount64(before))
		f.r++
	}
	f.n += uint64(emit(f.ends[f.n:], base, structure))
}

// afterQuote sees to the bytes after a closing quote, those of rest, that are
// right only as the CR of a CR LF.
func (f *indexer) afterQuote(rest, end, valid uint64, data *[pieceSize]byte, n int) {
	var cr uint64
	if f.end == '\n' {
		for set := rest; set != 0; set &= set - 1 {
			if data[bits.TrailingZeros64(set)] == '\r' {
				cr |= set & -set
			}
		}
	}
	f.broken |= rest&^cr | (cr<<1|f.closedCR)&valid&^end
	f.closedCR = cr >> (n - 1)
}

// prefixXOR returns in bit i the exclusive or of bits 0..i of m: between an
// opening and a closing quote the result is 1.
func prefixXOR(m uint64) uint64 {
	m ^= m << 1
	m ^= m << 2
	m ^= m << 4
	m ^= m << 8
	m ^= m << 16
	m ^= m << 32
	return m
}

// emit writes base plus the number of each bit that is set, and returns how
// many there are. It writes eight at a time, whether there are so many or not,
// because a loop that ends after a number of turns nobody can foresee costs
// more; so dst has room for 64.
func emit(dst []uint32, base uint32, set uint64) int {
	n := bits.OnesCount64(set)
	for i := 0; i < n; i += 8 {
		d := (*[8]uint32)(dst[i : i+8])
		for k := range d {
			d[k] = base + uint32(bits.TrailingZeros64(set))
			set &= set - 1
		}
	}
	return n
}
