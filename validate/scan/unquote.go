package scan

import (
	"bytes"
	"math/bits"
	"slices"
)

// Unquote appends the given records, which are next to each other, as an import
// file holds them: without quotes, and with a backslash before each comma that
// stood between quotes. Where each ends in dst is appended to ends.
//
// Only for a block with Content, whose fields are separated by commas and whose
// records end with LF, or the last one with nothing; no quote may be doubled.
func (b *Block) Unquote(dst []byte, ends []uint32, records []Record) ([]byte, []uint32) {
	first, last := &records[0], &records[len(records)-1]
	if last.Next == last.End {
		if len(records) > 1 {
			dst, ends = b.Unquote(dst, ends, records[:len(records)-1])
		}
		dst = append(appendUnquoted(dst, b.Data[last.Start:last.End], b.Quote()), '\n')
		return dst, append(ends, uint32(len(dst)))
	}
	if b.found.quoting&b.found.specials != 0 {
		return active.unquote(dst, ends, b, records)
	}
	base := uint32(len(dst)) - first.Start
	for i := range records {
		ends = append(ends, base+records[i].Next)
	}
	return append(dst, b.Data[first.Start:last.Next]...), ends
}

func (portable) unquote(dst []byte, ends []uint32, b *Block, records []Record) ([]byte, []uint32) {
	data := b.Data[:cap(b.Data)]
	done, last := records[0].Start, records[len(records)-1].Next // up to done everything is in dst
	quotes, commas := placesFrom(b.Quotes(), done), placesFrom(b.found.inQuotes, done)
	n, padded := len(dst), int(last-done)+len(commas)+shortSize
	to := slices.Grow(dst, padded)[:n+padded]
	for i := range records {
		next := records[i].Next
		for len(quotes) > 1 && quotes[0] < next {
			open, shut := quotes[0], quotes[1]
			n += copyShort(to[n:], data[done:], open-done)
			for done = open + 1; len(commas) > 0 && commas[0] < shut; commas = commas[1:] {
				n += copyShort(to[n:], data[done:], commas[0]-done)
				to[n] = '\\'
				n, done = n+1, commas[0]
			}
			n += copyShort(to[n:], data[done:], shut-done)
			done, quotes = shut+1, quotes[2:]
		}
		ends = append(ends, uint32(n)+next-done)
	}
	n += copyShort(to[n:], data[done:], last-done)
	return to[:n], ends
}

// placesFrom returns those of places, which are in order, that are not before first.
func placesFrom(places []uint32, first uint32) []uint32 {
	i, _ := slices.BinarySearch(places, first)
	return places[i:]
}

// shortSize is how much more than it should copyShort may read and write.
const shortSize = 16

// copyShort copies n bytes, which are few mostly, and returns n.
func copyShort(dst, src []byte, n uint32) int {
	if n > shortSize {
		return copy(dst, src[:n])
	}
	*(*[shortSize]byte)(dst) = *(*[shortSize]byte)(src)
	return int(n)
}

// appendUnquoted appends a record without quotes, see Unquote.
func appendUnquoted(dst, record []byte, quote byte) []byte {
	for quote != 0 {
		open := bytes.IndexByte(record, quote)
		if open < 0 {
			break
		}
		dst = append(dst, record[:open]...)
		shut := open + 1 + bytes.IndexByte(record[open+1:], quote)
		dst = appendEscaped(dst, record[open+1:shut])
		record = record[shut+1:]
	}
	return append(dst, record...)
}

// appendEscaped appends a value with a backslash before each comma.
func appendEscaped(dst, v []byte) []byte {
	for {
		i := bytes.IndexByte(v, ',')
		if i < 0 {
			return append(dst, v...)
		}
		dst = append(append(dst, v[:i]...), '\\', ',')
		v = v[i+1:]
	}
}

// AppendUndoubled appends the text from one offset of the block to another, both within the
// quotes around one field, with one quote for each doubled one. Only for a block whose quoting
// is proven. Behind dst scan.Padding bytes may be read afterwards.
func (b *Block) AppendUndoubled(dst []byte, from, to uint32) []byte {
	n := len(dst)
	if need := int(to-from) + 2*Padding; cap(dst)-n < need {
		dst = slices.Grow(dst, max(need, n/4))
	}
	padded := dst[:cap(dst)]
	return padded[:active.undouble(padded, n, b, from, to)]
}

func (portable) undouble(padded []byte, n int, b *Block, from, to uint32) int {
	data := b.Data[:cap(b.Data)]
	for i := from / pieceSize; i <= to/pieceSize && int(i) < len(b.found.doubles); i++ {
		for set := b.found.doubles[i]; set != 0; set &= set - 1 {
			at := i*pieceSize + uint32(bits.TrailingZeros64(set))
			if at >= to {
				break
			}
			if at >= from {
				n += copyShort(padded[n:], data[from:], at-from)
				from = at + 1
			}
		}
	}
	return n + copyShort(padded[n:], data[from:], to-from)
}
