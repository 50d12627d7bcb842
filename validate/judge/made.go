package judge

import (
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// madeSize returns how long a made value may be, in bytes, for its row to pass by column:
// so short that the row is not too long for the import, whatever it is made of.
func madeSize(columns, longestRecord int) int {
	return max(0, (MaxRowBytes-2*longestRecord-columns)/(2*columns))
}

// made marks for a recheck the rows in which a made value holds what no sound field holds: all that
// was found out about the text of the block does not count for it, unless it is made of
// nothing but sound fields.
func (s *FastBlock) made(c *fastColumn, spans []scan.Span, padded []byte) {
	text := c.kind == schema.KindText || c.kind == schema.KindUsername
	words := text || len(s.path.v.nulls) > 0
	for i, v := range spans {
		n := v.Len()
		if n == 0 {
			continue
		}
		first := padded[v.Start]
		odd := n > s.path.madeSize || edge[first]|edge[padded[v.End-1]] != 0 ||
			words && s.path.leads.firsts[first] && s.path.leads.word(v.Of(padded))
		if text && !odd && (s.path.decoded || int(v.End) > len(s.cols.Block.Data) && (!s.cols.FromFields || s.recheck[i]&rewritten != 0)) {
			odd = s.oddText(padded, v)
		}
		s.recheckIf(i, odd)
	}
}

// oddText reports whether a value holds a character that the Checker may have something
// to say about.
func (s *FastBlock) oddText(padded []byte, v scan.Span) bool {
	var odd, high uint64
	for at, n := int(v.Start), v.Len(); n > 0; at, n = at+8, n-8 {
		valid := value.LowBytes(min(8, n))
		w := value.Word(value.Ahead(padded, scan.Span{Start: uint32(at)}), 0)&valid | 'a'*value.EveryByte&^valid
		odd |= value.OddIn(w)
		high |= w
	}
	if odd != 0 || s.cols.FromFields && !s.path.decoded || high&(0x80*value.EveryByte) == 0 {
		return odd != 0
	}
	text := v.Of(padded)
	for i, c := range text {
		if c == firstOfLatin1 && i+1 < len(text) && isOdd(text[i+1]) {
			return true
		}
	}
	return value.MayHoldInvisible(text)
}
