package mapping

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// The steps as loops over a column, many bytes at a time. Each stands for an exact step
// and does as that does; a value that it does not know it hands to it. A value that does
// not change stays where it is.

const highBits = 0x80 * value.EveryByte

// eight returns eight bytes of padded from at on, as a word.
func eight(padded []byte, at int) uint64 { return binary.LittleEndian.Uint64(padded[at:]) }

// lettersIn sets the highest bit of each byte of w that is from first to last. All are ASCII.
func lettersIn(w uint64, first, last byte) uint64 {
	return (w + uint64(0x80-first)*value.EveryByte) &^ (w + uint64(0x7F-last)*value.EveryByte) & highBits
}

// wideCase changes the case of the letters from first to last.
func wideCase(first, last byte) func(step) columnStep {
	return func(exact step) columnStep {
		return func(c *Columns, values []scan.Span) {
			left := length(values)
			padded := c.padded(left)
			if padded == nil {
				return
			}
			n := len(c.Buf)
			for i, v := range values {
				at, size := int(v.Start), v.Len()
				var changed, high uint64
				for k := 0; k < size; k += 8 {
					w := eight(padded, at+k) & value.LowBytes(min(8, size-k))
					letters := lettersIn(w, first, last)
					high |= w
					changed |= letters
					binary.LittleEndian.PutUint64(padded[n+k:], w^letters>>2)
				}
				left -= size
				switch {
				case high&highBits != 0:
					c.Buf = padded[:n]
					c.one(exact, values, i)
					if n, padded = len(c.Buf), c.padded(left); padded == nil {
						return
					}
				case changed != 0:
					values[i] = scan.Span{Start: uint32(n), End: uint32(n + size)}
					n += size
				}
			}
			c.Buf = padded[:n]
		}
	}
}

// wideTrim takes nothing but spaces and tabs for white space where no no-break space can be.
func wideTrim(step) columnStep {
	return func(c *Columns, values []scan.Span) {
		for i, v := range values {
			if v.Start != v.End && (mayTrim[c.Buf[v.Start]] || mayTrim[c.Buf[v.End-1]]) {
				start, end := value.Trim(v.Of(c.Buf))
				values[i] = scan.Span{Start: v.Start + uint32(start), End: v.Start + uint32(end)}
			}
		}
	}
}

// mayTrim holds the bytes with which white space to trim begins or ends.
var mayTrim = [256]bool{' ': true, '\t': true, 0xC2: true, 0xA0: true}

// wideSpaces knows no other white space than spaces.
func wideSpaces(exact step) columnStep {
	return func(c *Columns, values []scan.Span) {
		left := length(values)
		padded := c.padded(left)
		if padded == nil {
			return
		}
		n := len(c.Buf)
		for i, v := range values {
			odd, more := spacesIn(padded, v)
			left -= v.Len()
			switch {
			case odd:
				c.Buf = padded[:n]
				c.one(exact, values, i)
				if n, padded = len(c.Buf), c.padded(left); padded == nil {
					return
				}
			case more:
				end := n
				before := 0 // 0: a space stands before, or nothing
				for _, b := range padded[v.Start:v.End] {
					padded[end] = b
					text := 1
					if b == ' ' {
						text = 0
					}
					end += before | text
					before = text
				}
				if end > n && before == 0 {
					end--
				}
				values[i] = scan.Span{Start: uint32(n), End: uint32(end)}
				n = end
			}
		}
		c.Buf = padded[:n]
	}
}

// spacesIn reports whether there is other white space in a value, and whether there are
// more spaces than single ones between other characters.
func spacesIn(padded []byte, v scan.Span) (odd, more bool) {
	at, size := int(v.Start), v.Len()
	before := uint64(0x80) // a space at the start is one too many
	var others, doubled uint64
	for k := 0; k < size; k += 8 {
		n := min(8, size-k)
		w := eight(padded, at+k)&value.LowBytes(n) | 'a'*value.EveryByte&^value.LowBytes(n)
		others |= oddWhite(w)
		spaces := ^((w&^highBits ^ ' '*value.EveryByte) + 0x7F*value.EveryByte) &^ w & highBits
		doubled |= spaces & (spaces<<8 | before)
		before = spaces >> (8 * (n - 1))
	}
	return others != 0, size > 0 && doubled|before != 0
}

// oddWhite returns a word that is not 0 if there is white space in w other than a
// space, or what begins a character that may be.
func oddWhite(w uint64) uint64 {
	below := ^(w&^highBits + (0x80-' ')*value.EveryByte) &^ w & highBits
	if w&highBits == 0 {
		return below
	}
	odd := below
	for k := 0; k < 64; k += 8 {
		switch byte(w >> k) {
		case 0xC2, 0xE1, 0xE2, 0xE3: // U+0085, U+00A0, U+1680, U+2000 and others, U+3000
			odd |= 0x80 << k
		}
	}
	return odd
}

// wideStrip takes out the characters of set, if all are ASCII.
func wideStrip(set []byte) func(step) columnStep {
	if !value.IsASCII(set) {
		return nil
	}
	var keep [256]uint8
	for i := range keep {
		keep[i] = 1
	}
	for _, s := range set {
		keep[s] = 0
	}
	return func(step) columnStep {
		return func(c *Columns, values []scan.Span) {
			padded := c.padded(length(values))
			if padded == nil {
				return
			}
			n := len(c.Buf)
			for i, v := range values {
				end := n
				for _, b := range padded[v.Start:v.End] {
					padded[end] = b
					end += int(keep[b])
				}
				if end-n < v.Len() {
					values[i] = scan.Span{Start: uint32(n), End: uint32(end)}
					n = end
				}
			}
			c.Buf = padded[:n]
		}
	}
}

// widePrefix puts prefix before values that do not begin with it.
func widePrefix(prefix []byte) func(step) columnStep {
	return func(step) columnStep {
		return func(c *Columns, values []scan.Span) {
			before := c.constant(prefix)
			padded := c.padded(length(values) + len(values)*len(prefix))
			if padded == nil {
				return
			}
			n := len(c.Buf)
			for i, v := range values {
				if v.Start == v.End || bytes.HasPrefix(padded[v.Start:v.End], prefix) {
					continue
				}
				end := put(padded, put(padded, n, before), v)
				if end-n > max(maxMade, v.Len()) {
					c.leave(i)
					continue
				}
				values[i] = scan.Span{Start: uint32(n), End: uint32(end)}
				n = end
			}
			c.Buf = padded[:n]
		}
	}
}

// wideDefault gives empty values another one.
func wideDefault(otherwise []byte) func(step) columnStep {
	return func(step) columnStep {
		return func(c *Columns, values []scan.Span) {
			instead := c.constant(otherwise)
			for i, v := range values {
				if v.Start == v.End {
					values[i] = instead
				}
			}
		}
	}
}

// wideTruncate keeps most characters.
func wideTruncate(most int) func(step) columnStep {
	return func(step) columnStep {
		return func(c *Columns, values []scan.Span) {
			for i, v := range values {
				if v.Len() <= most {
					continue
				}
				text, end := v.Of(c.Buf), 0
				for n := 0; n < most && end < len(text); n++ {
					_, size := utf8.DecodeRune(text[end:])
					end += size
				}
				values[i].End = v.Start + uint32(end)
			}
		}
	}
}

// wideWords turns words into others, by the set of the words; whatever is none is
// handed to the exact step. Empty values too if takesEmpty is set.
func wideWords(set *wordSet, results [][]byte, takesEmpty bool) func(step) columnStep {
	table := newWordTable(set)
	return func(exact step) columnStep {
		at := make([]scan.Span, len(results)) // of this block; empty: not yet there
		return func(c *Columns, values []scan.Span) {
			clear(at)
			padded := c.Buf[:cap(c.Buf)]
			empty := -1 // the first record without a value
			for i, v := range values {
				if v.Start == v.End {
					switch {
					case empty >= 0:
						values[i] = values[empty]
					case takesEmpty:
						c.one(exact, values, i) // which takes every empty value
						empty, padded = i, c.Buf[:cap(c.Buf)]
					}
					continue
				}
				word, ok := table.find(padded, v)
				if !ok {
					c.one(exact, values, i)
					padded = c.Buf[:cap(c.Buf)]
					continue
				}
				if at[word].End == 0 {
					at[word] = c.constant(results[word])
					padded = c.Buf[:cap(c.Buf)]
				}
				values[i] = at[word]
			}
		}
	}
}

// wordTable finds the words of a set of up to eight bytes, all ASCII, without a look at
// them byte by byte.
type wordTable struct {
	slots  []wordSlot // a power of two of them, at least twice as many as words
	shift  int
	folded bool
}

type wordSlot struct {
	word uint64
	size uint8 // 0: free
	at   int32 // in the set
}

func newWordTable(set *wordSet) *wordTable {
	t := &wordTable{folded: set.ignoreCase, shift: 64 - 1 - max(2, bits.Len(uint(len(set.words))))}
	t.slots = make([]wordSlot, 1<<(64-t.shift))
	for word, at := range set.words {
		if len(word) == 0 || len(word) > 8 || !value.IsASCII([]byte(word)) {
			continue
		}
		var text [8]byte
		copy(text[:], word)
		w := eight(text[:], 0)
		slot := t.slot(w)
		for t.slots[slot].size != 0 {
			slot = (slot + 1) % len(t.slots)
		}
		t.slots[slot] = wordSlot{w, uint8(len(word)), int32(at)}
	}
	return t
}

func (t *wordTable) slot(w uint64) int { return int(w * 0x9E3779B97F4A7C15 >> t.shift) }

// find returns the index of the word that lies at v in padded. It knows short ones only.
func (t *wordTable) find(padded []byte, v scan.Span) (at int32, ok bool) {
	size := v.Len()
	if size == 0 || size > 8 {
		return 0, false
	}
	return t.findWord(eight(padded, int(v.Start))&value.LowBytes(size), size)
}

// findWord is find for a word of so many bytes, the first one in the lowest eight bits of w,
// and zeros behind them. What it does not find may be in the set all the same.
func (t *wordTable) findWord(w uint64, size int) (at int32, ok bool) {
	if t.folded {
		if w&highBits != 0 {
			return 0, false
		}
		w |= lettersIn(w, 'A', 'Z') >> 2
	}
	for slot := t.slot(w); ; slot = (slot + 1) % len(t.slots) {
		s := &t.slots[slot]
		if s.size == 0 {
			return 0, false
		}
		if s.word == w && int(s.size) == size {
			return s.at, true
		}
	}
}

// wideUnit cuts digits off whole numbers.
func wideUnit(digits int) func(step) columnStep {
	return func(exact step) columnStep {
		return func(c *Columns, values []scan.Span) {
			zero := c.constant([]byte{'0'})
			padded := c.Buf[:cap(c.Buf)]
			for i, v := range values {
				size := v.Len()
				switch {
				case size == 0:
				case size > 16 || !value.DigitsIn(value.Ahead(padded, v), size):
					c.one(exact, values, i)
					padded = c.Buf[:cap(c.Buf)]
				case size <= digits:
					values[i] = zero
				default:
					values[i].End = v.End - uint32(digits)
				}
			}
		}
	}
}
