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

// made doubts the rows in which a made value holds what no sound field holds: all that
// was found out about the text of the block does not count for it, unless it is made of
// nothing but sound fields.
func (s *Screening) made(c *screened, spans []scan.Span, room []byte) {
	text := c.kind == schema.KindText || c.kind == schema.KindUsername
	words := text || len(s.screen.v.nulls) > 0
	for i, v := range spans {
		n := v.Len()
		if n == 0 {
			continue
		}
		first := room[v.Start]
		doubtful := n > s.screen.madeSize || edge[first]|edge[room[v.End-1]] != 0 ||
			words && s.screen.leads.firsts[first] && s.screen.leads.word(v.Of(room))
		if text && !doubtful && (s.screen.decoded || int(v.End) > len(s.cols.Block.Data) && (!s.cols.FromFields || s.doubts[i]&rewritten != 0)) {
			doubtful = s.oddText(room, v)
		}
		s.doubtIf(i, doubtful)
	}
}

// oddText reports whether a value holds a character that the Checker may have something
// to say about.
func (s *Screening) oddText(room []byte, v scan.Span) bool {
	var odd, high uint64
	for at, n := int(v.Start), v.Len(); n > 0; at, n = at+8, n-8 {
		valid := value.LowBytes(min(8, n))
		w := value.Word(value.Ahead(room, scan.Span{Start: uint32(at)}), 0)&valid | 'a'*value.EveryByte&^valid
		odd |= value.OddIn(w)
		high |= w
	}
	if odd != 0 || s.cols.FromFields && !s.screen.decoded || high&(0x80*value.EveryByte) == 0 {
		return odd != 0
	}
	text := v.Of(room)
	for i, c := range text {
		if c == firstOfLatin1 && i+1 < len(text) && isOdd(text[i+1]) {
			return true
		}
	}
	return value.MayHoldInvisible(text)
}
