package scan

import "encoding/binary"

// Leads says where in a block a closer look is worth while: at characters beyond ASCII
// that begin with certain bytes, and at values that begin with certain two.
type Leads struct {
	before, first, second, high set    // of the last one, the rows are those from 0x80
	any                         uint64 // all ones: every byte may be the second, else zero
	table                       [256]uint8
	quote                       byte // 0: nothing is around values
	least, next                 byte // the two lowest of high; 0xFF: there is none
}

// What the table says of a byte.
const (
	leadFirst = 1 << iota
	leadSecond
	leadHigh
)

// NewLeads returns what finds the bytes of high, which are from 0x80, wherever they
// stand, and values that begin as one of the words does: with its first byte, or an
// opening quote and that. d is the dialect of the values.
func NewLeads(d Dialect, words []string, high []byte) *Leads {
	l := &Leads{}
	d, _ = d.Resolve() // which nothing could be read with where that fails
	for _, c := range []byte{d.Delimiter, '\n', '\r'} {
		l.before.add(c)
	}
	if !d.NoQuotes {
		l.quote = d.Quote
		l.before.add(d.Quote)
	}
	for _, w := range words {
		if w[0] >= 0x80 {
			l.addHigh(w[0])
			continue
		}
		l.first.add(w[0])
		l.table[w[0]] |= leadFirst
		if len(w) == 1 || w[1] >= 0x80 {
			l.any = ^uint64(0)
			continue
		}
		l.second.add(w[1])
		l.table[w[1]] |= leadSecond
	}
	if l.any != 0 {
		for c := range l.table {
			l.table[c] |= leadSecond
		}
	}
	for _, c := range high {
		l.addHigh(c)
	}
	l.least, l.next = 0xFF, 0xFF
	for c := 0xFF; c >= 0x80; c-- {
		if l.table[c]&leadHigh != 0 {
			l.least, l.next = byte(c), l.least
		}
	}
	return l
}

// add makes c, which is ASCII, a member.
func (s *set) add(c byte) { s[c&15] |= 1 << (c >> 4) }

func (l *Leads) addHigh(c byte) {
	l.high.add(c & 0x7F)
	l.table[c] |= leadHigh
}

// Find appends to dst a word for each 64 bytes of the block, with a bit for each byte,
// the lowest for the first one, where a closer look is worth while. There may be bits
// too many, but none too few. x is the index of the block, whose quoting is proven.
func (l *Leads) Find(dst []uint64, b *Block, x *Index) []uint64 {
	return active.leads(dst, b, x, l)
}

func (portable) leads(dst []uint64, b *Block, x *Index, l *Leads) []uint64 {
	from := len(dst)
	for range (len(b.Data) + pieceSize - 1) / pieceSize {
		dst = append(dst, 0)
	}
	words, padded := dst[from:], b.Data[:cap(b.Data)]
	if b.found.highs != 0 {
		l.findHigh(words, b.Data)
	}
	table := &l.table
	for i := range x.Records {
		r := &x.Records[i]
		at := r.Start
		for _, end := range x.Ends[r.First : r.First+r.N] {
			past := at + 1 // no branch: which values are quoted, nobody can foresee
			if padded[at] != l.quote {
				past = at
			}
			if table[padded[past]]&(table[padded[past+1]]>>1)&leadFirst != 0 && past < end {
				words[past/pieceSize] |= 1 << (past % pieceSize)
			}
			at = end + 1
		}
	}
	return dst
}

// findHigh finds the bytes of high, 32 at a time where there are none.
func (l *Leads) findHigh(words []uint64, data []byte) {
	least, next := uint64(l.least)*lowBits, uint64(0x100-int(l.next))*lowBits
	// maybe sets the highest bit of the bytes of w that are the least one of high, or not
	// below the next one.
	maybe := func(w uint64) uint64 {
		x := w ^ least
		return ((x-lowBits)&^x | (w&^highBits+next)&w) & highBits
	}
	at := 0
	for ; at+32 <= len(data); at += 32 {
		p := (*[32]byte)(data[at:])
		a, b := binary.LittleEndian.Uint64(p[0:]), binary.LittleEndian.Uint64(p[8:])
		c, d := binary.LittleEndian.Uint64(p[16:]), binary.LittleEndian.Uint64(p[24:])
		if (a|b|c|d)&highBits != 0 && maybe(a)|maybe(b)|maybe(c)|maybe(d) != 0 {
			l.findHighIn(words, data, at, at+32)
		}
	}
	l.findHighIn(words, data, at, len(data))
}

func (l *Leads) findHighIn(words []uint64, data []byte, from, to int) {
	for i, c := range data[from:to] {
		if l.table[c]&leadHigh != 0 {
			words[(from+i)/pieceSize] |= 1 << ((from + i) % pieceSize)
		}
	}
}
