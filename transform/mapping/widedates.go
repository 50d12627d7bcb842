package mapping

import (
	"slices"
	"strconv"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// This file reads dates and times a column at a time: those whose fields have their places.

// wideDate reads dates of the first layouts that are fixed, and writes them as to says,
// if that is fixed too; nil if there are none.
func wideDate(from []*layout, to *layout) func(step) columnStep {
	in, out := fixedLayouts(from), to.fixed()
	if len(in) == 0 || out == nil || out.hasTime || len(out.text) > 16 {
		return nil
	}
	return func(exact step) columnStep {
		return func(c *Columns, values []scan.Span) {
			left := length(values) + len(values)*len(out.text)
			padded := c.padded(left)
			if padded == nil {
				return
			}
			n := len(c.Buf)
			for i, v := range values {
				if v.Start == v.End {
					continue
				}
				left -= v.Len() + len(out.text)
				text := padded[v.Start:]
				f := slices.IndexFunc(in, func(f *fixedLayout) bool { return f.fits(text, v.Len()) })
				if f < 0 {
					c.Buf = padded[:n]
					c.one(exact, values, i)
					if n, padded = len(c.Buf), c.padded(left); padded == nil {
						return
					}
					continue
				}
				out.write(padded[n:], in[f], text)
				values[i] = scan.Span{Start: uint32(n), End: uint32(n + len(out.text))}
				n += len(out.text)
			}
			c.Buf = padded[:n]
		}
	}
}

// fixedLayout is a layout in which every field has its place, and nothing but digits.
type fixedLayout struct {
	text                                   []byte // with zeros for digits
	digits                                 [3]uint64
	literals                               [3]uint64
	year, month, day, hour, minute, second int // offsets, -1: not there
	hasTime                                bool
}

// fixedLayouts returns the layouts up to the first one that is not fixed.
func fixedLayouts(from []*layout) (out []*fixedLayout) {
	for _, l := range from {
		f := l.fixed()
		if f == nil {
			break
		}
		out = append(out, f)
	}
	return out
}

// fixed returns nil if the layout is not fixed, or longer than 24 bytes.
func (l *layout) fixed() *fixedLayout {
	f := &fixedLayout{year: -1, month: -1, day: -1, hour: -1, minute: -1, second: -1, hasTime: l.hasTime}
	places := map[byte]*int{'y': &f.year, 'M': &f.month, 'd': &f.day, 'H': &f.hour, 'm': &f.minute, 's': &f.second}
	for _, p := range l.parts {
		if p.field == 0 {
			f.text = append(f.text, p.literal...)
			continue
		}
		place := places[p.field]
		width := 2
		if p.field == 'y' {
			width = 4 // years of two digits need the pivot
		}
		if place == nil || p.width != width {
			return nil
		}
		*place = len(f.text)
		f.text = append(f.text, "0000"[:p.width]...)
	}
	if len(f.text) > 24 {
		return nil
	}
	for at, c := range f.text {
		f.literals[at/8] |= uint64(c) << (at % 8 * 8)
	}
	mark := func(at, n int) {
		for ; at >= 0 && n > 0; at, n = at+1, n-1 {
			f.digits[at/8] |= 0xFF << (at % 8 * 8)
			f.literals[at/8] &^= 0xFF << (at % 8 * 8)
		}
	}
	mark(f.year, 4)
	for _, at := range []int{f.month, f.day, f.hour, f.minute, f.second} {
		mark(at, 2)
	}
	return f
}

// fits reports whether a value of size bytes is a date of the layout. text goes on behind it.
func (f *fixedLayout) fits(text []byte, size int) bool {
	if size != len(f.text) {
		return false
	}
	var odd uint64
	for k := range f.digits {
		w := eight(text, 8*k)
		odd |= value.NotDigit(w) & f.digits[k]
		odd |= (w&^f.digits[k] ^ f.literals[k]) & value.LowBytes(min(8, max(0, size-8*k)))
	}
	if odd != 0 {
		return false
	}
	year := 100*two(text, f.year) + two(text, f.year+2)
	return year > 0 && value.IsDay(year, two(text, f.month), two(text, f.day)) &&
		(f.hour < 0 || two(text, f.hour) < 24) && (f.minute < 0 || two(text, f.minute) < 60) && (f.second < 0 || two(text, f.second) < 60)
}

// two returns the number of two digits.
func two(text []byte, at int) int { return 10*int(text[at]-'0') + int(text[at+1]-'0') }

// write writes a date that fits the layout from as f says. It writes 16 bytes.
func (f *fixedLayout) write(dst []byte, from *fixedLayout, text []byte) {
	var out [16]byte
	copy(out[:], f.text)
	copy(out[f.year:f.year+4], text[from.year:from.year+4])
	copy(out[f.month:f.month+2], text[from.month:from.month+2])
	copy(out[f.day:f.day+2], text[from.day:from.day+2])
	*(*[16]byte)(dst) = out
}

// isoTimes says which times in ISO 8601 are read: by what is between the date and the time,
// 'T' or ' ', and whether there is a fraction. Behind it is an offset from UTC.
type isoTimes struct{ taken [2][2]bool }

// isoOf returns the times that the first layouts read; nil: they read others.
func isoOf(from []*layout) *isoTimes {
	forms := make(map[string][2]int)
	for sep, between := range []string{"T", " "} {
		forms["y4-M2-d2"+between+"H2:m2:s2X"] = [2]int{sep, 0}
		forms["y4-M2-d2"+between+"H2:m2:s2.SX"] = [2]int{sep, 1}
	}
	var out *isoTimes
	for _, l := range from {
		form, known := forms[l.shape()]
		if !known {
			break
		}
		if out == nil {
			out = new(isoTimes)
		}
		out.taken[form[0]][form[1]] = true
	}
	return out
}

// shape returns the fields of a layout with how many digits each has, where that counts.
func (l *layout) shape() string {
	var b []byte
	for _, p := range l.parts {
		switch p.field {
		case 0:
			b = append(b, p.literal...)
		case 'S', 'X':
			b = append(b, p.field)
		default:
			b = strconv.AppendInt(append(b, p.field), int64(p.width), 10)
		}
	}
	return string(b)
}

// wideEpoch reads the times that isoOf names, and writes the seconds since 1970; nil if the
// layouts are others.
func wideEpoch(from []*layout) func(step) columnStep {
	iso := isoOf(from)
	if iso == nil {
		return nil
	}
	return func(exact step) columnStep {
		return func(c *Columns, values []scan.Span) {
			const longest = 12 // digits of the last second of the year 9999
			padded := c.padded((len(values) + 1) * longest)
			if padded == nil {
				return
			}
			n := len(c.Buf)
			for i, v := range values {
				if v.Start == v.End {
					continue
				}
				seconds, ok := iso.read(padded, v)
				if !ok {
					c.Buf = padded[:n]
					c.one(exact, values, i)
					if n, padded = len(c.Buf), c.padded((len(values)+1-i)*longest); padded == nil {
						return
					}
					continue
				}
				end := len(strconv.AppendInt(padded[:n], seconds, 10))
				values[i] = scan.Span{Start: uint32(n), End: uint32(end)}
				n = end
			}
			c.Buf = padded[:n]
		}
	}
}

// read reads a time that lies at v in padded. What it does not read may be a time all the same.
func (t *isoTimes) read(padded []byte, v scan.Span) (seconds int64, ok bool) {
	const least = len("2006-01-02T15:04:05Z")
	if v.Len() < least {
		return 0, false
	}
	// The text without what it has to be: each digit is its value, all else is zero.
	date := eight(padded, int(v.Start)) ^ 0x2D_3030_2D_30303030    // "0000-00-"
	time := eight(padded, int(v.Start)+8) ^ 0x3030_3A_3030_00_3030 // "00?00:00"
	rest := padded[v.Start+16 : v.End]
	between := byte(time >> 16)
	time &^= 0xFF0000
	sep := 0
	if between == ' ' {
		sep = 1
	} else if between != 'T' {
		return 0, false
	}
	const digits = 0x06 * value.EveryByte
	if (date|(date+digits)|time|(time+digits))&(0xF0*value.EveryByte) != 0 || date&0xFF0000FF00000000 != 0 || time&0x0000FF0000000000 != 0 {
		return 0, false
	}
	tenS, oneS := rest[1]-'0', rest[2]-'0'
	if rest[0] != ':' || tenS > 5 || oneS > 9 {
		return 0, false
	}
	at := func(w uint64, i int) int { return int(w >> (8 * i) & 0xF) }
	year := at(date, 0)*1000 + at(date, 1)*100 + at(date, 2)*10 + at(date, 3)
	month, day := at(date, 5)*10+at(date, 6), at(time, 0)*10+at(time, 1)
	hour, minute := at(time, 3)*10+at(time, 4), at(time, 6)*10+at(time, 7)
	if year == 0 || !value.IsDay(year, month, day) || hour > 23 || minute > 59 {
		return 0, false
	}
	rest, fraction := rest[3:], 0
	if rest[0] == '.' {
		fraction = 1
		_, n := number(rest[1:], 1, 9)
		if n < 0 {
			return 0, false
		}
		rest = rest[1+n:]
	}
	offset, n := zoneOffset(rest)
	if n != len(rest) || !t.taken[sep][fraction] {
		return 0, false
	}
	seconds = int64(daysSince1970(year, month, day))*86400 + int64(hour*3600+minute*60+int(tenS)*10+int(oneS)-offset)
	return seconds, seconds >= 0
}

// daysSince1970 counts the days from 1970-01-01 to a day in the Gregorian calendar, of a
// year from 1 on. Years are counted from March, so that a leap day is the last one.
func daysSince1970(year, month, day int) int {
	if month < 3 {
		year--
		month += 12
	}
	const marchOfYear0 = 719468 // days before 1970
	return year*365 + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - marchOfYear0
}
