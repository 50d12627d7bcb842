package transform

import (
	"bytes"
	"strconv"

	"poolprep/validate/judge"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// Repair is a kind of change that convert makes to values, only where it is exact and safe.
type Repair uint8

// The repairs.
const (
	RepairTrim      Repair = iota // white space around a value
	RepairBoolean                 // yes/no, y/n, t/f, 1/0, true/false, blank *_verified, to TRUE and FALSE
	RepairDate                    // an ISO date in birthdate to mm/dd/yyyy
	RepairEpoch                   // an ISO time with a zone, or 13-digit milliseconds, in updated_at to seconds
	RepairBackslash               // an ambiguous backslash taken out or doubled, as Options.Backslash says
	RepairNull                    // a word that stands for no value, as Options.Nulls says, to an empty value; with NoRepair, too
	NumRepairs
)

var repairNames = [NumRepairs]string{"trim", "boolean", "date", "epoch", "backslash", "null"}

// String returns the name as in summaries and the manifest.
func (r Repair) String() string { return repairNames[r] }

// Backslash says what becomes of a backslash at the end of a value or just
// before a comma, where it would escape a comma of the import file.
type Backslash uint8

// The policies: a finding rejects the row; the backslash is taken out; it is doubled.
const (
	BackslashReject Backslash = iota
	BackslashStrip
	BackslashDouble
)

// made is one repair of a record of the block.
type made struct {
	record int32
	kind   Repair
}

// repair mends the values of a row in place, all but the white space around
// those that are nothing but text: judging them trims it, see Checker.Trimmed.
func (s *stage) repair(buf []byte, values []scan.Span) []byte {
	for _, c := range s.c.repairable {
		v := values[c.column]
		if v.Start == v.End {
			continue
		}
		if maybeBlank[buf[v.Start]] || maybeBlank[buf[v.End-1]] {
			v = s.trim(buf, v)
			values[c.column] = v
		}
		if v.Start < v.End {
			buf, values[c.column] = s.repairKind(c.kind, buf, v)
		}
	}
	for _, i := range s.c.verified {
		if values[i].Len() == 0 {
			buf, values[i] = s.replace(buf, RepairBoolean, falseWord)
		}
	}
	return buf
}

// emptyNulls takes fields that stand for no value as empty. Where values are made
// of fields, it counts the values.
func (s *stage) emptyNulls(ch *judge.Checker, buf []byte, fields []scan.Span) {
	p := s.c.program
	for i := range s.c.targets {
		for _, f := range p.Sources(i) {
			if ch.IsNull(buf, fields[f]) {
				s.note(RepairNull)
				break
			}
		}
	}
	for f := range fields {
		if (p.Uses(f) || f == s.c.hashSource) && ch.IsNull(buf, fields[f]) {
			fields[f].End = fields[f].Start
		}
	}
}

// emptyMadeNulls is emptyNulls for values that are no fields.
func (s *stage) emptyMadeNulls(ch *judge.Checker, buf []byte, values []scan.Span) {
	for _, i := range s.c.program.Made() {
		if ch.IsNull(buf, values[i]) {
			s.note(RepairNull)
			values[i].End = values[i].Start
		}
	}
}

// repairKind mends a value that is trimmed and not empty.
func (s *stage) repairKind(kind schema.Kind, buf []byte, v scan.Span) ([]byte, scan.Span) {
	switch kind {
	case schema.KindBirthdate:
		return s.repairDate(buf, v)
	case schema.KindUpdatedAt:
		return s.repairEpoch(buf, v)
	}
	return s.repairBoolean(buf, v)
}

// trim takes the white space off a value.
func (s *stage) trim(buf []byte, v scan.Span) scan.Span {
	start, end := value.Trim(v.Of(buf))
	if end-start < v.Len() {
		s.note(RepairTrim)
	}
	return scan.Span{Start: v.Start + uint32(start), End: v.Start + uint32(end)}
}

func (s *stage) note(kind Repair) { s.repairs = append(s.repairs, made{s.record(), kind}) }

// replace appends a new value to buf.
func (s *stage) replace(buf []byte, kind Repair, value []byte) ([]byte, scan.Span) {
	s.note(kind)
	start := uint32(len(buf))
	buf = append(buf, value...)
	return buf, scan.Span{Start: start, End: uint32(len(buf))}
}

var trueWord, falseWord = []byte("TRUE"), []byte("FALSE")

// repairBoolean knows true/false, yes/no, y/n, t/f and 1/0 in any letter case.
func (s *stage) repairBoolean(buf []byte, v scan.Span) ([]byte, scan.Span) {
	value := v.Of(buf)
	if len(value) > len("false") || string(value) == "TRUE" || string(value) == "FALSE" {
		return buf, v
	}
	var lower [5]byte
	for i, c := range value {
		if c-'A' <= 'Z'-'A' {
			c |= 0x20
		}
		lower[i] = c
	}
	switch string(lower[:len(value)]) {
	case "true", "yes", "y", "t", "1":
		return s.replace(buf, RepairBoolean, trueWord)
	case "false", "no", "n", "f", "0":
		return s.replace(buf, RepairBoolean, falseWord)
	}
	return buf, v
}

// repairDate turns yyyy-mm-dd into mm/dd/yyyy. A date with a time is left
// alone: which day is meant depends on a zone that nobody stated.
func (s *stage) repairDate(buf []byte, v scan.Span) ([]byte, scan.Span) {
	text := v.Of(buf)
	if len(text) != 10 || text[4] != '-' {
		return buf, v
	}
	if _, ok := value.ParseISOTime(text); !ok {
		return buf, v
	}
	d := [10]byte{text[5], text[6], '/', text[8], text[9], '/', text[0], text[1], text[2], text[3]}
	return s.replace(buf, RepairDate, d[:])
}

// repairEpoch turns milliseconds of 13 digits, and an ISO time with a zone, into seconds.
func (s *stage) repairEpoch(buf []byte, v scan.Span) ([]byte, scan.Span) {
	text := v.Of(buf)
	if len(text) <= 11 {
		return buf, v
	}
	if len(text) == 13 && value.AllDigits(text) {
		s.note(RepairEpoch)
		return buf, scan.Span{Start: v.Start, End: v.End - 3}
	}
	t, ok := value.ParseISOTime(text)
	if !ok || !t.Zoned || t.Unix() < 0 {
		return buf, v
	}
	s.scratch = strconv.AppendInt(s.scratch[:0], t.Unix(), 10)
	return s.replace(buf, RepairEpoch, s.scratch)
}

// repairBackslashes deals with the ambiguous backslashes of a value.
func (s *stage) repairBackslashes(buf []byte, v scan.Span) ([]byte, scan.Span) {
	value := v.Of(buf)
	if bytes.IndexByte(value, '\\') < 0 {
		return buf, v
	}
	out := s.scratch[:0]
	changed := false
	for i := 0; i < len(value); {
		run := i
		for run < len(value) && value[run] == '\\' {
			run++
		}
		if run == i {
			out = append(out, value[i])
			i++
			continue
		}
		ambiguous := run == len(value) || value[run] == ','
		if !ambiguous || s.c.backslash == BackslashDouble {
			out = append(out, value[i:run]...)
		}
		if ambiguous && s.c.backslash == BackslashDouble {
			out = append(out, '\\')
		}
		changed = changed || ambiguous
		i = run
	}
	s.scratch = out
	if !changed {
		return buf, v
	}
	return s.replace(buf, RepairBackslash, out)
}

// maybeBlank holds the bytes with which white space to trim begins or ends.
var maybeBlank = [256]bool{' ': true, '\t': true, 0xC2: true, 0xA0: true}
