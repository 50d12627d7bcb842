package scan

import (
	"encoding/binary"
	"math/bits"
)

// This file passes over JSON values byte by byte, so that it can stop anywhere in one.

// brackets are those that are open, and where in a value the machine is.
type brackets struct {
	lists    []uint64 // a bit for each level, set for a list
	level    int
	inString bool
	escaped  bool // the byte before was a backslash
	inPlain  bool // within a number, true, false or null
}

func (b *brackets) push(list bool) {
	if b.level/64 == len(b.lists) {
		b.lists = append(b.lists, 0)
	}
	bit := uint64(1) << (b.level % 64)
	if b.lists[b.level/64] &^= bit; list {
		b.lists[b.level/64] |= bit
	}
	b.level++
}

// pop closes a bracket, and reports whether it is of the kind that is open.
func (b *brackets) pop(list bool) bool {
	b.level--
	return b.lists[b.level/64]>>(b.level%64)&1 != 0 == list
}

// What a byte is outside of strings.
const (
	jsonPlain = iota // part of a number, true, false or null
	jsonSpace
	jsonBetween // a comma or a colon
	jsonQuote
	jsonOpen
	jsonClose
	jsonBad
)

// jsonBytes says what each byte is.
var jsonBytes = func() (t [256]uint8) {
	for i := range t {
		t[i] = jsonBad
	}
	for class, of := range map[uint8]string{
		jsonPlain: "0123456789+-.eEtrufalsn", jsonSpace: " \t\r\n", jsonBetween: ",:", jsonQuote: `"`, jsonOpen: "{[", jsonClose: "}]",
	} {
		for _, c := range []byte(of) {
			t[c] = class
		}
	}
	return t
}()

// The things that may be wrong, beside what is not expected.
const (
	notOutside  = "what is here can only be within a string"
	openString  = "a string that is not closed before its line ends"
	otherClose  = "a bracket that closes what is not open"
	endsWithin  = "the input ends within what begins here: the file is not complete"
	noRecords   = "an object without a list of records: such a list is called users, Resources, results, items, value, data or records, or it is the first member"
	secondList  = "a second list of records in an object"
	otherShape  = "not what the input began with: lists, objects with a list of records, and objects that are records are read one by one"
	longName    = "the name of a member is longer than the limit of a record"
	valueWanted = "a value is expected"
)

// value goes on in data[i:limit] with a value that has floor open brackets around it, and
// returns the offset after it; done is false if it goes on behind limit, where next is.
// Where it cannot go on, what says why, and next is the place.
func (b *brackets) value(data []byte, i, limit, floor int) (next int, done bool, what string) {
	for i < limit {
		if b.inString {
			if i = b.stringEnd(data, i, limit); i == limit && b.inString {
				return limit, false, ""
			}
			if b.inString {
				return i, false, openString
			}
			if b.level == floor {
				return i, true, ""
			}
			continue
		}
		c := data[i]
		class := jsonBytes[c]
		if b.level == floor && b.inPlain && class != jsonPlain {
			b.inPlain = false
			return i, true, ""
		}
		switch class {
		case jsonPlain:
			b.inPlain = b.level == floor
		case jsonQuote:
			b.inString = true
		case jsonOpen:
			b.push(c == '[')
		case jsonClose, jsonBetween:
			if b.level == floor {
				return i, false, valueWanted
			}
			if class == jsonClose {
				if !b.pop(c == ']') {
					return i, false, otherClose
				}
				if b.level == floor {
					return i + 1, true, ""
				}
			}
		case jsonBad:
			return i, false, notOutside
		}
		i++
	}
	return limit, false, ""
}

// stringEnd goes on within a string, and returns the offset after it. If the string is not
// over then, that is the limit, or the place of a line break.
func (b *brackets) stringEnd(data []byte, i, limit int) int {
	const lowBits, highBits = 0x0101010101010101, 0x8080808080808080
	if b.escaped {
		i, b.escaped = i+1, false
	}
	for i < limit {
		for ; i+8 <= limit; i += 8 {
			w := binary.LittleEndian.Uint64(data[i:])
			quote, backslash := w^('"'*lowBits), w^('\\'*lowBits)
			if special := ((quote-lowBits)&^quote | (backslash-lowBits)&^backslash | (w-' '*lowBits)&^w) & highBits; special != 0 {
				i += bits.TrailingZeros64(special) / 8
				break
			}
		}
		if i >= limit {
			break
		}
		switch data[i] {
		case '"':
			b.inString = false
			return i + 1
		case '\\':
			if i++; i == limit {
				b.escaped = true
				return limit
			}
			if data[i] == '\n' {
				return i
			}
		case '\n':
			return i
		}
		i++
	}
	return limit
}
