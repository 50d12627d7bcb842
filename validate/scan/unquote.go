package scan

import (
	"bytes"
	"encoding/binary"
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
	quotes := b.Quotes()
	first, _ := slices.BinarySearch(quotes, done)
	quotes = quotes[first:]
	room := int(last-done) + bytes.Count(data[done:last], []byte{','}) + wordSize
	w := wordCopier{slices.Grow(dst, room)[:len(dst)+room], len(dst)}
	for i := range records {
		next := records[i].Next
		for len(quotes) > 1 && quotes[0] < next {
			open, shut := quotes[0], quotes[1]
			w.copy(data, done, open)
			w.escape(data, open+1, shut)
			done, quotes = shut+1, quotes[2:]
		}
		ends = append(ends, uint32(w.n)+next-done)
	}
	w.copy(data, done, last)
	return w.to[:w.n], ends
}

const wordSize = 8

// wordCopier copies text a word of eight bytes at a time, of which less may count.
// There is room for a word more than is written, and a word more to read.
type wordCopier struct {
	to []byte
	n  int
}

// copy copies data[from:to].
func (w *wordCopier) copy(data []byte, from, to uint32) {
	if to-from <= wordSize {
		copy(w.to[w.n:w.n+wordSize], data[from:from+wordSize])
		w.n += int(to - from)
		return
	}
	w.n += copy(w.to[w.n:], data[from:to])
}

// escape copies data[from:to] with a backslash before each comma.
func (w *wordCopier) escape(data []byte, from, to uint32) {
	for from < to {
		word := binary.LittleEndian.Uint64(data[from : from+wordSize])
		binary.LittleEndian.PutUint64(w.to[w.n:w.n+wordSize], word)
		n := min(to-from, wordSize)
		x := word ^ ','*lowBits
		commas := (x - lowBits) &^ x & highBits // the lowest bit is right, others may not be
		if commas<<(64-8*n) == 0 {
			w.n += int(n)
			from += n
			continue
		}
		before := uint32(bits.TrailingZeros64(commas)) / 8
		w.n += int(before)
		w.to[w.n], w.to[w.n+1] = '\\', ','
		w.n += 2
		from += before + 1
	}
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
