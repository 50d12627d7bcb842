package judge

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// leads says what in the text of a block needs a look, wherever it stands: characters
// that may be invisible, and values that may be a word that stands for none.
type leads struct {
	v         *Validator
	scan      *scan.Leads
	words     []leadWord
	firsts    [256]bool // first bytes of the words
	fields    []bool    // by field: a word means something there
	invisible bool      // characters need a look
}

// leadWord is the first eight bytes of a word.
type leadWord struct{ bytes, mask uint64 }

// firstOfLatin1 is the first byte of the characters from U+0080 to U+00BF: control
// characters, the no-break space and the soft hyphen are among them.
const firstOfLatin1 = 0xC2

// newLeads returns what needs a look in a dialect, in which records have so many fields.
func (v *Validator) newLeads(d scan.Dialect, fields int) *leads {
	l := &leads{v: v, fields: make([]bool, fields)}
	var words []string
	wanted := false
	for i, o := range v.origins {
		kind := v.columns[i].kind
		switch {
		case kind == schema.KindNone:
			continue
		case o.Made && len(v.nulls) > 0: // of which fields it is made is not known here
			for f := range l.fields {
				l.fields[f] = true
			}
		case o.Made:
		case o.Field < 0 || len(v.nulls) == 0 && kind != schema.KindText && kind != schema.KindUsername: // there, such a word is unsound anyway
			continue
		default:
			l.fields[o.Field] = true
		}
		wanted = true
	}
	if wanted {
		if v.severity[rule.ValueNullWord] != rule.Off {
			words = slices.Clone(value.NullWords)
		}
		for _, word := range v.nulls {
			words = append(words, string(word))
		}
	}
	for _, word := range words {
		var eight [8]byte
		n := copy(eight[:], word)
		l.firsts[word[0]] = true
		l.words = append(l.words, leadWord{binary.LittleEndian.Uint64(eight[:]), value.LowBytes(n)})
	}
	high := []byte{firstOfLatin1}
	if v.severity[rule.ValueInvisible] != rule.Off || v.contact != rule.Off {
		l.invisible = true
		high = append(high, value.InvisibleLeads()...)
	}
	l.scan = scan.NewLeads(d, words, high)
	return l
}

// follow marks for a recheck the rows in which the block's leads are followed by more.
func (s *FastBlock) follow(b *scan.Block, x *scan.Index, nonASCII bool) {
	l := s.path.leads
	if len(l.words) == 0 && !nonASCII {
		return
	}
	s.found = l.scan.Find(s.found[:0], b, x)
	record, padded := 0, b.Data[:cap(b.Data)]
	for piece, word := range s.found {
		for ; word != 0; word &= word - 1 {
			at := 64*piece + bits.TrailingZeros64(word)
			for int(x.Records[record].Next) <= at {
				record++
			}
			switch {
			case padded[at] == firstOfLatin1 && isOdd(padded[at+1]):
				s.content |= scan.HasControls // of rows that are rechecked already, too
				s.recheck[record] = wholeRow
			case s.recheck[record] >= wholeRow:
			case padded[at] >= firstOfLatin1 && l.invisible && value.BeginsInvisible(b.Data[at:]), l.isWord(padded, at, &x.Records[record], x, b.Quote()):
				s.recheck[record] = wholeRow
			}
		}
	}
}

// isOdd reports whether a character of two bytes, of which second is the second one and
// firstOfLatin1 the first, is a control character, a no-break space or a soft hyphen.
func isOdd(second byte) bool { return second <= 0xA0 || second == 0xAD }

// isWord reports whether the field of the record that begins at the offset, a quote
// aside, is a word that stands for no value.
func (l *leads) isWord(padded []byte, at int, r *scan.Record, x *scan.Index, quote byte) bool {
	eight := binary.LittleEndian.Uint64(padded[at:])
	if !slices.ContainsFunc(l.words, func(w leadWord) bool { return eight&w.mask == w.bytes }) {
		return false
	}
	field, _ := slices.BinarySearch(x.Ends[r.First:r.First+r.N], uint32(at+1))
	if field >= len(l.fields) || !l.fields[field] {
		return false
	}
	return l.word(unquoted(padded, x.Field(r, field), quote).Of(padded))
}

// word reports whether a value is a word that stands for none.
func (l *leads) word(v []byte) bool { return value.NullWord(v) != "" || l.v.isNull(v) }

// unquoted returns a field without the quotes around it.
func unquoted(padded []byte, v scan.Span, quote byte) scan.Span {
	if quote != 0 && v.Start < v.End && padded[v.Start] == quote {
		v.Start++
		v.End--
	}
	return v
}
