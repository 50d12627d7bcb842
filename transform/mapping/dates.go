package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones by name on any machine

	"go.yaml.in/yaml/v3"

	"poolprep/validate/suggest"
	"poolprep/validate/value"
)

// moment is a date, perhaps with a time and an offset from UTC, as it was written.
type moment struct {
	year, month, day     int
	hour, minute, second int
	afternoon            int // 0: not stated, 1: am, 2: pm
	offset               int // seconds east of UTC
	zoned                bool
}

// layoutPart is a field of a layout, or literal text.
type layoutPart struct {
	field   byte // the letter; 0: literal
	width   int  // how often it stands there
	literal string
}

// layout is a date layout in the letters y M d H h m s S a X.
type layout struct {
	text    string // as it was written
	parts   []layoutPart
	hasTime bool
	hasZone bool
	short   bool // the year has two digits
	pivot   int  // then the first year that they mean
}

// widths are how often a letter may stand in a layout.
var widths = map[byte][]int{
	'y': {2, 4}, 'M': {1, 2, 3}, 'd': {1, 2}, 'H': {1, 2}, 'h': {1, 2}, 'm': {1, 2}, 's': {1, 2},
	'S': {1, 2, 3, 4, 5, 6, 7, 8, 9}, 'a': {1}, 'X': {1, 3},
}

// parseLayout reads a layout. Other letters than those of widths stand in apostrophes.
func parseLayout(s string) (*layout, error) {
	l := &layout{text: s}
	seen := make(map[byte]bool)
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\'':
			text, _, ok := strings.Cut(s[i+1:], "'")
			if !ok {
				return nil, fmt.Errorf("layout %q: the apostrophe at character %d is not closed", s, i+1)
			}
			l.parts = append(l.parts, layoutPart{literal: text})
			i += len(text) + 2
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			n := 1
			for i+n < len(s) && s[i+n] == c {
				n++
			}
			if err := checkField(s, c, n, seen[c]); err != nil {
				return nil, err
			}
			seen[c] = true
			l.short = l.short || c == 'y' && n == 2
			l.parts = append(l.parts, layoutPart{field: c, width: n})
			i += n
		default:
			l.parts = append(l.parts, layoutPart{literal: s[i : i+1]})
			i++
		}
	}
	l.hasTime, l.hasZone = seen['H'] || seen['h'], seen['X']
	switch {
	case !seen['y'] || !seen['M'] || !seen['d']:
		return nil, fmt.Errorf("layout %q: a date has yyyy, MM and dd", s)
	case seen['h'] != seen['a'] || seen['h'] && seen['H']:
		return nil, fmt.Errorf("layout %q: the hour is HH, or hh with a for AM or PM", s)
	}
	return l, nil
}

func checkField(layout string, c byte, n int, seen bool) error {
	switch allowed := widths[c]; {
	case allowed == nil:
		return fmt.Errorf("layout %q: the letter %c means nothing; known are yyyy MM dd HH hh mm ss SSS a X, other text stands in apostrophes", layout, c)
	case seen:
		return fmt.Errorf("layout %q: %c is there twice", layout, c)
	default:
		for _, w := range allowed {
			if w == n {
				return nil
			}
		}
		return fmt.Errorf("layout %q: %s is not known", layout, strings.Repeat(string(c), n))
	}
}

// parse reads v, all of it, as the layout says.
func (l *layout) parse(v []byte) (m moment, ok bool) {
	for _, p := range l.parts {
		n := -1
		switch p.field {
		case 0:
			if len(v) >= len(p.literal) && string(v[:len(p.literal)]) == p.literal {
				n = len(p.literal)
			}
		case 'y':
			if m.year, n = number(v, p.width, p.width); l.short {
				m.year = l.pivot + (m.year+100-l.pivot%100)%100
			}
		case 'M':
			if p.width == 3 {
				m.month, n = monthName(v)
			} else {
				m.month, n = number(v, p.width, 2)
			}
		case 'd':
			m.day, n = number(v, p.width, 2)
		case 'H', 'h':
			m.hour, n = number(v, p.width, 2)
			if p.field == 'h' && (m.hour < 1 || m.hour > 12) {
				n = -1
			}
		case 'm':
			m.minute, n = number(v, p.width, 2)
		case 's':
			m.second, n = number(v, p.width, 2)
		case 'S':
			_, n = number(v, 1, 9)
		case 'a':
			m.afternoon, n = amOrPM(v)
		case 'X':
			m.zoned = true
			m.offset, n = zoneOffset(v)
		}
		if n < 0 {
			return m, false
		}
		v = v[n:]
	}
	switch m.afternoon {
	case 1:
		m.hour %= 12
	case 2:
		m.hour = m.hour%12 + 12
	}
	return m, len(v) == 0 && m.year > 0 && value.IsDay(m.year, m.month, m.day) && m.hour < 24 && m.minute < 60 && m.second < 60
}

// number reads least to most digits, and returns how many there were, -1 for too few.
func number(v []byte, least, most int) (value, n int) {
	for n < len(v) && n < most && v[n]-'0' <= 9 {
		value = value*10 + int(v[n]-'0')
		n++
	}
	if n < least {
		return 0, -1
	}
	return value, n
}

const monthNames = "janfebmaraprmayjunjulaugsepoctnovdec"

func monthName(v []byte) (month, n int) {
	if len(v) < 3 {
		return 0, -1
	}
	name := [3]byte{v[0] | 0x20, v[1] | 0x20, v[2] | 0x20}
	for m := 0; m < 12; m++ {
		if monthNames[3*m:3*m+3] == string(name[:]) {
			return m + 1, 3
		}
	}
	return 0, -1
}

func amOrPM(v []byte) (half, n int) {
	if len(v) < 2 || v[1]|0x20 != 'm' {
		return 0, -1
	}
	switch v[0] | 0x20 {
	case 'a':
		return 1, 2
	case 'p':
		return 2, 2
	}
	return 0, -1
}

// zoneOffset reads Z, +hh, +hhmm or +hh:mm.
func zoneOffset(v []byte) (seconds, n int) {
	if len(v) > 0 && v[0]|0x20 == 'z' {
		return 0, 1
	}
	if len(v) < 3 || v[0] != '+' && v[0] != '-' {
		return 0, -1
	}
	hours, n := number(v[1:], 2, 2)
	if n < 0 || hours > 18 {
		return 0, -1
	}
	n = 3
	rest := v[3:]
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
	}
	minutes, digits := number(rest, 2, 2)
	if digits == 2 && minutes < 60 {
		n = len(v) - len(rest) + 2
	} else {
		minutes = 0
	}
	seconds = hours*3600 + minutes*60
	if v[0] == '-' {
		seconds = -seconds
	}
	return seconds, n
}

// time returns the moment in a zone; ok is false for a time that the zone's
// clocks skipped.
func (m *moment) time(zone *time.Location) (t time.Time, ok bool) {
	if m.zoned {
		t = time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second, 0, time.UTC)
		return t.Add(-time.Duration(m.offset) * time.Second), true
	}
	t = time.Date(m.year, time.Month(m.month), m.day, m.hour, m.minute, m.second, 0, zone)
	return t, t.Hour() == m.hour && t.Minute() == m.minute
}

// appendTo appends the moment as the layout says. A layout to write with has
// numbers and literals only, see readDate.
func (l *layout) appendTo(dst []byte, m *moment) []byte {
	for _, p := range l.parts {
		value := 0
		switch p.field {
		case 0:
			dst = append(dst, p.literal...)
			continue
		case 'y':
			value = m.year
		case 'M':
			value = m.month
		case 'd':
			value = m.day
		case 'H':
			value = m.hour
		case 'm':
			value = m.minute
		case 's':
			value = m.second
		}
		for limit, w := 10, 1; w < p.width; w++ {
			if value < limit {
				dst = append(dst, '0')
			}
			limit *= 10
		}
		dst = strconv.AppendInt(dst, int64(value), 10)
	}
	return dst
}

// layouts reads a list of layouts.
func (r *reader) layouts(n *yaml.Node, what string) []*layout {
	var out []*layout
	for _, t := range r.list(n, what) {
		l, err := parseLayout(t.value)
		if err != nil {
			r.fail(n, "%s: %v", what, err)
			continue
		}
		out = append(out, l)
	}
	return out
}

// pivot reads the first year that two digits mean, and sets it for the layouts that have
// such a year.
func (r *reader) pivot(n *yaml.Node, pivot *yaml.Node, layouts []*layout) {
	first, short := 0, false
	if pivot != nil {
		if first = r.number(pivot, "pivot", 1); first > 9900 {
			r.fail(pivot, "pivot: a year up to 9900 is expected")
		}
	}
	for _, l := range layouts {
		if short = short || l.short; l.short {
			l.pivot = first
		}
	}
	switch {
	case short && pivot == nil:
		r.fail(n, "a year of two digits (yy) needs a `pivot`, for the century would be a guess: with `pivot: 1930` they mean 1930 to 2029")
	case !short && pivot != nil:
		r.fail(pivot, "pivot: no layout has a year of two digits (yy)")
	}
}

func (r *reader) zone(n *yaml.Node) *time.Location {
	zone, err := time.LoadLocation(r.scalar(n, "zone"))
	if err != nil {
		r.fail(n, "zone: unknown zone%s; expected is a name such as Europe/Zurich or UTC", suggest.Shown(n.Value))
		return time.UTC
	}
	return zone
}

// readDate reads {from: [layouts], to: layout, zone: name}. A date is written
// as it stands, but a time with an offset is first brought into the zone, if one is stated.
func readDate(r *reader, arg *yaml.Node) stepSpec {
	var from []*layout
	to, _ := parseLayout("MM/dd/yyyy")
	var zone *time.Location
	var pivot *yaml.Node
	for _, e := range r.entries(arg, "date", "from", "to", "zone", "pivot") {
		switch e.key.Value {
		case "from":
			from = r.layouts(e.value, "from")
		case "to":
			if l := r.layouts(e.value, "to"); len(l) == 1 {
				to = l[0]
			}
			for _, p := range to.parts {
				if strings.IndexByte("hSaX", p.field) >= 0 && p.field != 0 || p.field == 'M' && p.width == 3 || p.field == 'y' && p.width == 2 {
					r.fail(e.value, "to: only yyyy, MM, dd, HH, mm and ss can be written")
				}
			}
		case "zone":
			zone = r.zone(e.value)
		case "pivot":
			pivot = e.value
		}
	}
	r.pivot(arg, pivot, from)
	if len(from) == 0 {
		r.fail(arg, "date: the layouts of the source are expected, such as `from: [dd.MM.yyyy]`; they are never guessed")
	}
	return trying(noneFits(from), func(dst, v []byte) ([]byte, stepResult) {
		for _, l := range from {
			m, ok := l.parse(v)
			if !ok {
				continue
			}
			if zone != nil && m.zoned && l.hasTime {
				t, _ := m.time(zone)
				t = t.In(zone)
				year, month, day := t.Date()
				m = moment{year: year, month: int(month), day: day, hour: t.Hour(), minute: t.Minute(), second: t.Second()}
			}
			return to.appendTo(dst, &m), stepDone
		}
		return dst, stepFailed
	}).by(wideDate(from, to))
}

// noneFits says which layouts were tried.
func noneFits(from []*layout) string {
	if len(from) == 1 {
		return from[0].text + " does not fit"
	}
	var names []string
	for _, l := range from {
		names = append(names, l.text)
	}
	return "none of " + suggest.List(names) + " fits"
}
