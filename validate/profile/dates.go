package profile

import (
	"fmt"
	"time"

	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// span is a range of dates. The zero value has none.
type span struct {
	first, last time.Time
	some        bool
}

func (s *span) add(first, last time.Time) {
	if !s.some {
		*s = span{first, last, true}
		return
	}
	if first.Before(s.first) {
		s.first = first
	}
	if last.After(s.last) {
		s.last = last
	}
}

// dated reports whether values of the kind are dates.
func dated(k schema.Kind) bool {
	return k == schema.KindBirthdate || k == schema.KindUpdatedAt || k == schema.KindDateTime
}

// dateOf returns the date of a value of the kind, if it is one.
func dateOf(k schema.Kind, v []byte) (t time.Time, ok bool) {
	if k == schema.KindBirthdate {
		if value.CheckBirthdate(v) != value.NoFault {
			return t, false
		}
		return time.Date(number(v[6:10]), time.Month(number(v[:2])), number(v[3:5]), 0, 0, 0, 0, time.UTC), true
	}
	if value.IsEpochSeconds(v) {
		return time.Unix(int64(number(v)), 0).UTC(), true
	}
	if k != schema.KindDateTime {
		return t, false
	}
	iso, ok := value.ParseISOTime(v)
	return time.Unix(iso.Unix(), 0).UTC(), ok
}

// number returns that of some digits.
func number(digits []byte) (n int) {
	for _, c := range digits {
		n = 10*n + int(c-'0')
	}
	return n
}

// texts returns the first and the last date, as years or days; "" if there are none.
func (s *span) texts(days bool) (first, last string) {
	if !s.some {
		return "", ""
	}
	text := func(t time.Time) string {
		if days {
			return t.Format(time.DateOnly)
		}
		return fmt.Sprintf("%04d", t.Year())
	}
	return text(s.first), text(s.last)
}
