package judge

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// column looks at the values of a column. room goes on behind the block's data.
func (s *Screening) column(place int, spans []scan.Span, room []byte) {
	c, bit := &s.screen.columns[place], s.screen.bit(place)
	doubts := s.doubts[:len(spans)]
	if c.required || c.empty {
		for i, v := range spans {
			s.doubtIf(i, (v.Start == v.End) == c.required)
		}
		if c.empty {
			return
		}
	}
	if c.minLength > 1 || c.maxLength < s.screen.maxLength {
		for i, v := range spans {
			n := v.Len()
			if n > c.maxLength || n > 0 && n < 4*c.minLength && utf8.RuneCount(v.Of(room)) < c.minLength {
				doubts[i] |= bit
			}
		}
	}
	switch c.kind {
	case schema.KindUsername:
		s.usernames(spans, room, bit)
	case schema.KindEmail:
		for i, m := range s.classify(spans, room) {
			if v := spans[i]; v.Len() > 0 && !value.SoundEmail(&m, v.Len(), room[v.End-1]) {
				doubts[i] |= bit
			}
		}
	case schema.KindPhone:
		for i, v := range spans {
			if v.Len() > 0 && !value.SoundPhone(value.Ahead(room, v), v.Len()) {
				doubts[i] |= bit
			}
		}
	case schema.KindBirthdate:
		for i, v := range spans {
			if v.Len() > 0 && !value.SoundBirthdate(value.Ahead(room, v), v.Len()) {
				doubts[i] |= bit
			}
		}
	case schema.KindUpdatedAt:
		for i, v := range spans {
			if v.Len() > 11 || !value.DigitsIn(value.Ahead(room, v), v.Len()) {
				doubts[i] |= bit
			}
		}
	case schema.KindBoolean:
		s.booleans(spans, room, true, true)
	case schema.KindMFA:
		s.booleans(spans, room, s.screen.v.mfaAllows(true), s.screen.v.mfaAllows(false))
	case schema.KindHash:
		for i, v := range spans {
			if v.Len() > 0 {
				_, _, ok := s.screen.v.HashFault(v.Of(room))
				s.doubtIf(i, !ok)
			}
		}
	case schema.KindNumber:
		for i, v := range spans {
			if v.Len() > 0 && !value.SoundNumber(v.Of(room), c.minNumber, c.maxNumber) {
				doubts[i] |= bit
			}
		}
	case schema.KindDateTime:
		for i, v := range spans {
			if v.Len() > 0 && !value.IsDateTime(v.Of(room)) {
				doubts[i] |= bit
			}
		}
	}
}

// classify compares the values with emailClasses.
func (s *Screening) classify(spans []scan.Span, room []byte) []scan.Classified {
	s.classified = resize(s.classified, len(spans))
	value.EmailClasses.Classify(s.classified, room, spans)
	return s.classified
}

// usernames leaves letters beyond ASCII to the Checker.
func (s *Screening) usernames(spans []scan.Span, room []byte, bit mask) {
	v, doubts := s.screen.v, s.doubts[:len(spans)]
	for i, name := range spans {
		if !value.SoundWord(room[name.Start:], name.Len()) {
			doubts[i] |= bit
		}
	}
	switch {
	case v.emailUsernames || v.phoneUsernames:
		for i, m := range s.classify(spans, room) {
			name, n := spans[i], spans[i].Len()
			if n > 0 && !(v.emailUsernames && value.SoundEmail(&m, n, room[name.End-1]) || v.phoneUsernames && value.SoundPhone(value.Ahead(room, name), n)) {
				doubts[i] |= bit
			}
		}
	case v.aliasEmail || v.aliasPhone:
		for i, name := range spans {
			if v.aliasEmail && bytes.IndexByte(name.Of(room), '@') >= 0 || v.aliasPhone && room[name.Start] == '+' {
				doubts[i] |= bit
			}
		}
	}
}

// booleans takes TRUE if yes, FALSE if no, and empty values. Where they are
// repaired, only capitals will do.
func (s *Screening) booleans(spans []scan.Span, room []byte, yes, no bool) {
	const (
		lower      = 0x20 * value.EveryByte
		trueWord   = 'T' | 'R'<<8 | 'U'<<16 | 'E'<<24
		falseWord  = 'F' | 'A'<<8 | 'L'<<16 | 'S'<<24 | 'E'<<32
		impossible = 1
	)
	words := [4]uint64{trueWord, trueWord | lower&(1<<32-1), falseWord, falseWord | lower&(1<<40-1)}
	if s.screen.v.silent {
		words[1], words[3] = impossible, impossible
	}
	if !yes {
		words[0], words[1] = impossible, impossible
	}
	if !no {
		words[2], words[3] = impossible, impossible
	}
	for i, v := range spans {
		w := value.Word(value.Ahead(room, v), 0) & value.LowBytes(min(8, v.Len()))
		if w != words[0] && w != words[1] && w != words[2] && w != words[3] && v.Len() > 0 {
			s.doubts[i] = wholeRow
		}
	}
}

// together looks at the values that depend on each other.
func (s *Screening) together(room []byte) {
	for k, place := range s.screen.truths {
		s.truths[k] = resize(s.truths[k], len(s.doubts))
		if place < 0 {
			clear(s.truths[k])
			continue
		}
		for i, v := range s.spans[place] {
			s.truths[k][i] = room[v.Start]|0x20 == 't' && v.Start < v.End
		}
	}
	s.needed(s.screen.email, s.truths[0])
	s.needed(s.screen.phone, s.truths[1])
	if len(s.screen.v.verifiers) == 0 {
		return
	}
	email, phone := slices.Contains(s.screen.v.verifiers, s.screen.v.emailVerified), slices.Contains(s.screen.v.verifiers, s.screen.v.phoneVerified)
	for i := range s.doubts {
		if !(email && s.truths[0][i] || phone && s.truths[1][i]) {
			s.doubts[i] = wholeRow
		}
	}
}

// needed doubts the rows in which verified is true of a value that is not there.
func (s *Screening) needed(place int, verified []bool) {
	for i, yes := range verified {
		if yes && (place < 0 || s.spans[place][i].Len() == 0) {
			s.doubts[i] = wholeRow
		}
	}
}
