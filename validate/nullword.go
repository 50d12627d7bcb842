package validate

import (
	"bytes"
	"encoding/binary"
	"errors"

	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// CheckNull reports whether the word can be one of Options.Nulls.
func CheckNull(word string) error {
	if word == "" {
		return errors.New("the word must not be empty: an empty value has no value anyway")
	}
	if start, end := value.Trim([]byte(word)); end-start < len(word) {
		return errors.New("the word must not have white space around it, for it is compared with values that are trimmed")
	}
	return nil
}

// IsNull reports whether the value that lies at s in buf, white space around it
// aside, is one of Options.Nulls, for a Stage.
func (c *Checker) IsNull(buf []byte, s scan.Span) bool {
	v := s.Of(buf)
	start, end := c.v.trimming()(v)
	return c.v.isNull(v[start:end])
}

// isNull reports whether v, which is trimmed, is one of Options.Nulls.
func (v *Validator) isNull(value []byte) bool {
	for _, w := range v.nulls {
		if bytes.Equal(value, w) {
			return true
		}
	}
	return false
}

// emptyNulls takes the values of the row at hand that stand for none as empty.
func (c *Checker) emptyNulls() {
	for i, s := range c.values {
		if s.Len() > 0 && c.v.columns[i].kind != kindIgnored && c.IsNull(c.buf, s) {
			c.values[i] = scan.Span{Start: s.Start, End: s.Start}
		}
	}
}

// wordScreen finds the rows in which a value may be a word that stands for none.
// It looks at the first two bytes of values: few begin as such a word does.
type wordScreen struct {
	v      *Validator
	fields []int // to be looked at, but for the first of the record
	first  bool  // that one, too
	// For each byte a bit for each word, modulo 8, that it is the first of, and the second.
	firsts, seconds [256]uint8
}

// newWordScreen returns nil if there is nothing to look for. fields says for each
// column the field that is its value, or -1.
func (v *Validator) newWordScreen(fields []int) *wordScreen {
	w := &wordScreen{v: v}
	for i, f := range fields {
		switch k := v.columns[i].kind; {
		case f < 0 || k == kindIgnored:
		case len(v.nulls) == 0 && (k != kindText && k != kindUsername): // there, such a word is unsound anyway
		case f == 0:
			w.first = true
		default:
			w.fields = append(w.fields, f)
		}
	}
	n := 0
	add := func(word string) {
		bit := uint8(1) << (n % 8)
		n++
		w.firsts[word[0]] |= bit
		if len(word) > 1 {
			w.seconds[word[1]] |= bit
			return
		}
		for c := range w.seconds {
			w.seconds[c] |= bit
		}
	}
	if v.severity[rule.ValueNullWord] != rule.Off {
		for _, word := range value.NullWords {
			add(word)
		}
	}
	for _, word := range v.nulls {
		add(string(word))
	}
	if n == 0 || !w.first && len(w.fields) == 0 {
		return nil
	}
	return w
}

// mayHold reports whether a value of the record begins as a word does. quote is
// what may be around values, 0: nothing. room goes on behind the block's data.
func (w *wordScreen) mayHold(room []byte, r *scan.Record, ends []uint32, quote byte) bool {
	hits := uint8(0)
	if w.first {
		hits = w.begins(room, r.Start, quote)
	}
	if quote == 0 {
		for _, f := range w.fields {
			two := binary.LittleEndian.Uint16(room[ends[f-1]+1:])
			hits |= w.firsts[uint8(two)] & w.seconds[two>>8]
		}
		return hits != 0
	}
	firsts, seconds := &w.firsts, &w.seconds
	for _, f := range w.fields {
		at := ends[f-1] + 1
		past := at + 1 // no branch: which values are quoted, nobody can foresee
		if room[at] != quote {
			past = at
		}
		hits |= firsts[room[past]] & seconds[room[past+1]]
	}
	return hits != 0
}

// begins returns the bits of the words as which the field at start begins.
func (w *wordScreen) begins(room []byte, start uint32, quote byte) uint8 {
	four := binary.LittleEndian.Uint32(room[start:])
	if uint8(four) == quote && quote != 0 {
		four >>= 8
	}
	return w.firsts[uint8(four)] & w.seconds[uint8(four>>8)]
}

// isWord reports whether a value is one of the words.
func (w *wordScreen) isWord(v []byte) bool { return value.NullWord(v) != "" || w.v.isNull(v) }

// nullWords doubts the rows in which a value is a word that stands for none.
func (s *screening) nullWords(b *scan.Block, x *scan.Index, quoted bool) {
	w := s.nulls
	if w == nil {
		return
	}
	quote := b.Quote()
	if !quoted {
		quote = 0
	}
	room := b.Data[:cap(b.Data)]
	for i := range x.Records {
		if s.doubts[i] != 0 {
			continue
		}
		r := &x.Records[i]
		ends := x.Ends[r.First:][:s.fields]
		if w.mayHold(room, r, ends, quote) && s.hasWord(room, r, x, quote) {
			s.doubts[i] = wholeRow
		}
	}
}

// hasWord is the slow twin of mayHold, and exact.
func (s *screening) hasWord(room []byte, r *scan.Record, x *scan.Index, quote byte) bool {
	w := s.nulls
	if w.first && w.isWord(unquoted(room, x.Field(r, 0), quote).Of(room)) {
		return true
	}
	for _, f := range w.fields {
		if w.isWord(unquoted(room, x.Field(r, f), quote).Of(room)) {
			return true
		}
	}
	return false
}

// unquoted returns a field without the quotes around it.
func unquoted(room []byte, v scan.Span, quote byte) scan.Span {
	if quote != 0 && v.Start < v.End && room[v.Start] == quote {
		v.Start++
		v.End--
	}
	return v
}
