package profile

import (
	"bytes"
	"encoding/binary"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// form is a shape of ASCII with which values of its length are compared, eight bytes at a
// time. The highest bit of a byte in a sum of a value and from is set from the first
// character on that fits there, and in a sum with behind from the one behind the last.
type form struct {
	from, behind [maxShape / 8]uint64
	shape        int32 // number of its text
	length       int32
	domain       int32 // where the domain of an address with this shape begins; 0: nowhere
}

func newForm(shape []byte, number int32) (f form) {
	f.shape, f.length = number, int32(len(shape))
	f.domain = int32(bytes.LastIndexByte(shape, '@') + 1)
	if int(f.domain) == len(shape) {
		f.domain = 0
	}
	var from, behind [maxShape]byte
	for i := range from {
		first, last := byte(0), byte(0) // behind the shape
		if i < len(shape) {
			first, last = shape[i], shape[i]
			switch first {
			case 'a':
				last = 'z'
			case 'A':
				last = 'Z'
			case '9':
				first = '0'
			}
		}
		from[i], behind[i] = 0x80-first, 0x7F-last
	}
	for i := range f.from {
		f.from[i], f.behind[i] = binary.LittleEndian.Uint64(from[8*i:]), binary.LittleEndian.Uint64(behind[8*i:])
	}
	return f
}

// fits reports whether a value of ASCII, of the length of the shape, has the shape.
func (f *form) fits(padded []byte, v scan.Span) bool {
	if int(v.End)+8 > len(padded) {
		return f.fitsAtEnd(padded, v)
	}
	n, text, odd, i := v.Len(), padded[v.Start:], uint64(0), 0
	for ; n > 8; n -= 8 {
		w := binary.LittleEndian.Uint64(text)
		odd |= f.odd(i, w)
		text, i = text[8:], i+1
	}
	w := binary.LittleEndian.Uint64(text) & value.LowBytes(n)
	return (odd|f.odd(i, w))&highBits == 0
}

// odd returns a word of which the highest bit of a byte is set if a character of word i of
// ASCII does not fit.
func (f *form) odd(i int, w uint64) uint64 { return ^((w + f.from[i&7]) &^ (w + f.behind[i&7])) }

// fitsAtEnd is fits where less than eight bytes follow the value.
func (f *form) fitsAtEnd(padded []byte, v scan.Span) bool {
	n, at, odd := v.Len(), v.Start, uint64(0)
	for i := 0; n > 0; i++ {
		w := word(padded, at, n)
		odd |= f.odd(i, w)
		at, n = at+8, n-8
	}
	return odd&highBits == 0
}

// forms are the shapes that were seen last of each length, two of each. The zero value has
// none.
type forms struct {
	list     []form
	byLength [maxShape + 1][2]int32 // in list, from 1; 0: none
	known    []int32                // by number of the shape: in list, from 1; 0: none; -1: it was seen once
}

// of returns the form of a shape, by its number; nil: there is none.
func (f *forms) of(number int32) *form {
	if number < 0 || int(number) >= len(f.known) || f.known[number] <= 0 {
		return nil
	}
	return &f.list[f.known[number]-1]
}

// maxForms is how many forms there are.
const maxForms = 256

func (f *forms) reset() {
	f.list, f.known, f.byLength = f.list[:0], f.known[:0], [maxShape + 1][2]int32{}
}

// find returns the form of a value of ASCII; nil: it has none of those.
func (f *forms) find(padded []byte, v scan.Span) *form {
	if v.Len() > maxShape {
		return nil
	}
	for _, i := range f.byLength[v.Len()] {
		if i > 0 && f.list[i-1].fits(padded, v) {
			return &f.list[i-1]
		}
	}
	return nil
}

// saw says that a value of ASCII had a shape, by its number, and no form was found.
func (f *forms) saw(shape []byte, number int32, length int) {
	if length > maxShape {
		return
	}
	for int(number) >= len(f.known) {
		f.known = append(f.known, 0)
	}
	switch at := &f.known[number]; {
	case *at == 0:
		*at = -1
		return
	case *at < 0 && len(f.list) == maxForms:
		return
	case *at < 0:
		f.list = append(f.list, newForm(shape, number))
		*at = int32(len(f.list))
	}
	f.byLength[length] = [2]int32{f.known[number], f.byLength[length][0]}
}

// highBits are the highest ones of eight bytes.
const highBits = 0x80 * value.EveryByte
