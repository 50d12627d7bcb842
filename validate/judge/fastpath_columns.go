package judge

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// column looks at the values of a column. padded goes on behind the block's data.
func (s *FastBlock) column(place int, spans []scan.Span, padded []byte) {
	c, bit := &s.path.columns[place], s.path.bit(place)
	recheck := s.recheck[:len(spans)]
	if c.required || c.empty {
		for i, v := range spans {
			s.recheckIf(i, (v.Start == v.End) == c.required)
		}
		if c.empty {
			return
		}
	}
	if c.minLength > 1 || c.maxLength < s.path.maxLength {
		for i, v := range spans {
			n := v.Len()
			if n > c.maxLength || n > 0 && n < 4*c.minLength && utf8.RuneCount(v.Of(padded)) < c.minLength {
				recheck[i] |= bit
			}
		}
	}
	switch c.kind {
	case schema.KindUsername:
		s.usernames(spans, padded, bit)
	case schema.KindEmail:
		for i, m := range s.classify(spans, padded) {
			if v := spans[i]; v.Len() > 0 && !value.SoundEmail(&m, v.Len(), padded[v.End-1]) {
				recheck[i] |= bit
			}
		}
	case schema.KindPhone:
		for i, v := range spans {
			if v.Len() > 0 && !value.SoundPhone(value.Ahead(padded, v), v.Len()) {
				recheck[i] |= bit
			}
		}
	case schema.KindBirthdate:
		for i, v := range spans {
			if v.Len() > 0 && !value.SoundBirthdate(value.Ahead(padded, v), v.Len()) {
				recheck[i] |= bit
			}
		}
	case schema.KindUpdatedAt:
		for i, v := range spans {
			if v.Len() > 11 || !value.DigitsIn(value.Ahead(padded, v), v.Len()) {
				recheck[i] |= bit
			}
		}
	case schema.KindBoolean:
		s.booleans(spans, padded, true, true)
	case schema.KindMFA:
		s.booleans(spans, padded, s.path.v.mfaAllows(true), s.path.v.mfaAllows(false))
	case schema.KindHash:
		for i, v := range spans {
			if v.Len() > 0 {
				_, _, ok := s.path.v.HashFault(v.Of(padded))
				s.recheckIf(i, !ok)
			}
		}
	case schema.KindNumber:
		for i, v := range spans {
			if v.Len() > 0 && !value.SoundNumber(v.Of(padded), c.minNumber, c.maxNumber) {
				recheck[i] |= bit
			}
		}
	case schema.KindDateTime:
		for i, v := range spans {
			if v.Len() > 0 && !value.IsDateTime(v.Of(padded)) {
				recheck[i] |= bit
			}
		}
	}
}

// classify compares the values with emailClasses.
func (s *FastBlock) classify(spans []scan.Span, padded []byte) []scan.Classified {
	s.classified = resize(s.classified, len(spans))
	value.EmailClasses.Classify(s.classified, padded, spans)
	return s.classified
}

// usernames leaves letters beyond ASCII to the Checker.
func (s *FastBlock) usernames(spans []scan.Span, padded []byte, bit mask) {
	v, recheck := s.path.v, s.recheck[:len(spans)]
	for i, name := range spans {
		if !value.SoundWord(padded[name.Start:], name.Len()) {
			recheck[i] |= bit
		}
	}
	switch {
	case v.emailUsernames || v.phoneUsernames:
		for i, m := range s.classify(spans, padded) {
			name, n := spans[i], spans[i].Len()
			if n > 0 && !(v.emailUsernames && value.SoundEmail(&m, n, padded[name.End-1]) || v.phoneUsernames && value.SoundPhone(value.Ahead(padded, name), n)) {
				recheck[i] |= bit
			}
		}
	case v.aliasEmail || v.aliasPhone:
		for i, name := range spans {
			if v.aliasEmail && bytes.IndexByte(name.Of(padded), '@') >= 0 || v.aliasPhone && padded[name.Start] == '+' {
				recheck[i] |= bit
			}
		}
	}
}

// booleans takes TRUE if yes, FALSE if no, and empty values. Where they are
// repaired, only capitals will do.
func (s *FastBlock) booleans(spans []scan.Span, padded []byte, yes, no bool) {
	const (
		lower      = 0x20 * value.EveryByte
		trueWord   = 'T' | 'R'<<8 | 'U'<<16 | 'E'<<24
		falseWord  = 'F' | 'A'<<8 | 'L'<<16 | 'S'<<24 | 'E'<<32
		impossible = 1
	)
	words := [4]uint64{trueWord, trueWord | lower&(1<<32-1), falseWord, falseWord | lower&(1<<40-1)}
	if s.path.v.silent {
		words[1], words[3] = impossible, impossible
	}
	if !yes {
		words[0], words[1] = impossible, impossible
	}
	if !no {
		words[2], words[3] = impossible, impossible
	}
	for i, v := range spans {
		w := value.Word(value.Ahead(padded, v), 0) & value.LowBytes(min(8, v.Len()))
		if w != words[0] && w != words[1] && w != words[2] && w != words[3] && v.Len() > 0 {
			s.recheck[i] = wholeRow
		}
	}
}

// together looks at the values that depend on each other.
func (s *FastBlock) together(padded []byte) {
	for k, place := range s.path.truths {
		s.truths[k] = resize(s.truths[k], len(s.recheck))
		if place < 0 {
			clear(s.truths[k])
			continue
		}
		for i, v := range s.spans[place] {
			s.truths[k][i] = padded[v.Start]|0x20 == 't' && v.Start < v.End
		}
	}
	s.needed(s.path.email, s.truths[0])
	s.needed(s.path.phone, s.truths[1])
	if len(s.path.v.verifiers) == 0 {
		return
	}
	email, phone := slices.Contains(s.path.v.verifiers, s.path.v.emailVerified), slices.Contains(s.path.v.verifiers, s.path.v.phoneVerified)
	for i := range s.recheck {
		if !(email && s.truths[0][i] || phone && s.truths[1][i]) {
			s.recheck[i] = wholeRow
		}
	}
}

// needed marks for a recheck the rows in which verified is true of a value that is not there.
func (s *FastBlock) needed(place int, verified []bool) {
	for i, yes := range verified {
		if yes && (place < 0 || s.spans[place][i].Len() == 0) {
			s.recheck[i] = wholeRow
		}
	}
}
