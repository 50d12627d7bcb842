package guess

import (
	"strings"

	"poolprep/validate/value"
)

// dateForm is how a date is written, but for the order of day and month where numbers
// alone do not tell it.
type dateForm struct {
	kind      dateKind
	separator string // between the parts of the date
	short     bool   // the year has two digits
	between   string // date and time; "": there is no time
	clock     uint8  // 1: hours and minutes, 2: and seconds, 3: and a fraction
	half      string // what stands before AM or PM, "-" for nothing; "": there is none
	zone      string // what stands before an offset, "-" for nothing; "": there is none; "UTC": the word
}

type dateKind uint8

const (
	yearFirst   dateKind = iota // 2026-01-31
	numbersOnly                 // 31.01.2026 or 01/31/2026
	monthInside                 // 31-Jan-2026
	monthAhead                  // Jan 31, 2026
	noSeparator                 // 20260131
)

// order is what the dates of one form prove.
type order struct {
	count      int
	dayFirst   int  // of those, how many have a day above 12 first
	monthFirst int  // and how many have it second
	oneDigit   bool // a day or month below 10 is written with one digit
	oneHour    bool // so is an hour
}

// proves returns whether the sample proves an order, and which.
func (o *order) proves(f dateForm) (dayFirst, proved bool) {
	if f.kind != numbersOnly {
		return false, true
	}
	return o.dayFirst > 0, (o.dayFirst > 0) != (o.monthFirst > 0)
}

// layout returns the form in the letters of a mapping.
func (f dateForm) layout(o *order, dayFirst bool) string {
	year, month, day, hour := "yyyy", "MM", "dd", "HH"
	if f.short {
		year = "yy"
	}
	if o.oneDigit {
		month, day = "M", "d"
	}
	switch f.half {
	case "":
	default:
		hour = "hh"
	}
	if o.oneHour {
		hour = hour[:1]
	}
	var text string
	switch f.kind {
	case yearFirst:
		text = year + literal(f.separator) + month + literal(f.separator) + day
	case monthInside:
		text = day + literal(f.separator) + "MMM" + literal(f.separator) + year
	case monthAhead:
		text = "MMM " + day + literal(f.separator) + year
	case noSeparator:
		text = "yyyyMMdd"
	default:
		if !dayFirst {
			day, month = month, day
		}
		text = day + literal(f.separator) + month + literal(f.separator) + year
	}
	if f.between == "" {
		return text
	}
	text += literal(f.between) + hour + ":mm"
	if f.clock > 1 {
		text += ":ss"
	}
	if f.clock > 2 {
		text += ".SSS"
	}
	if f.half != "" {
		text += strings.TrimPrefix(f.half, "-") + "a"
	}
	switch f.zone {
	case "":
	case "UTC":
		text += " 'UTC'"
	default:
		text += strings.TrimPrefix(f.zone, "-") + "X"
	}
	return text
}

// literal returns text as a layout has it: letters in apostrophes.
func literal(text string) string {
	if strings.Trim(text, "T") == text {
		return text
	}
	return strings.ReplaceAll(text, "T", "'T'")
}

// dateText reads a date from its beginning.
type dateText struct {
	rest  string
	count int // digits of the number before
}

// number reads at most most digits.
func (d *dateText) number(most int) (n int, ok bool) {
	d.count = 0
	for d.count < len(d.rest) && d.count < most && d.rest[d.count]-'0' <= 9 {
		n = n*10 + int(d.rest[d.count]-'0')
		d.count++
	}
	d.rest = d.rest[d.count:]
	return n, d.count > 0
}

// text reads a text.
func (d *dateText) text(t string) bool {
	rest, ok := strings.CutPrefix(d.rest, t)
	d.rest = rest
	return ok && t != ""
}

// oneOf reads one of several texts, and returns which.
func (d *dateText) oneOf(texts ...string) string {
	for _, t := range texts {
		if d.text(t) {
			return t
		}
	}
	return ""
}

// month reads the first three letters of the English name of a month.
func (d *dateText) month() (m int, ok bool) {
	if len(d.rest) < 3 {
		return 0, false
	}
	at := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(d.rest[:3]))
	if at < 0 || at%3 != 0 {
		return 0, false
	}
	d.rest = d.rest[3:]
	return at/3 + 1, true
}

// maxDate is how long a date with a time may be, in bytes.
const maxDate = 48

// readDate reads a date, perhaps with a time. what says what is to be added to the order
// of its form.
func readDate(v string) (form dateForm, what order, ok bool) {
	if len(v) < 6 || len(v) > maxDate {
		return form, what, false
	}
	d := &dateText{rest: v}
	if !d.date(&form, &what) {
		return form, what, false
	}
	if d.rest != "" && !d.time(&form, &what) {
		return form, what, false
	}
	what.count = 1
	return form, what, d.rest == ""
}

// date reads the part of the day.
func (d *dateText) date(form *dateForm, what *order) bool {
	if m, ok := d.month(); ok {
		return d.text(" ") && d.monthAhead(form, what, m)
	}
	first, ok := d.number(8)
	if !ok {
		return false
	}
	switch d.count {
	case 8:
		form.kind = noSeparator
		return value.IsDay(first/10000, first/100%100, first%100) && first > 18000000 && first < 22000000
	case 4:
		form.kind = yearFirst
		return d.yearFirst(form, what, first)
	case 1, 2:
		what.oneDigit = d.count == 1
		return d.dayOrMonth(form, what, first)
	}
	return false
}

func (d *dateText) monthAhead(form *dateForm, what *order, month int) bool {
	form.kind = monthAhead
	day, ok := d.number(2)
	what.oneDigit = d.count == 1
	if form.separator = d.oneOf(", ", " "); !ok || form.separator == "" {
		return false
	}
	year, ok := d.number(4)
	return ok && d.count == 4 && value.IsDay(year, month, day)
}

func (d *dateText) yearFirst(form *dateForm, what *order, year int) bool {
	form.separator = d.oneOf("-", "/", ".")
	month, ok := d.number(2)
	what.oneDigit = d.count == 1
	if form.separator == "" || !ok || !d.text(form.separator) {
		return false
	}
	day, ok := d.number(2)
	what.oneDigit = what.oneDigit || d.count == 1
	return ok && value.IsDay(year, month, day)
}

func (d *dateText) dayOrMonth(form *dateForm, what *order, first int) bool {
	if form.separator = d.oneOf(". ", ".", "/", "-", " "); form.separator == "" {
		return false
	}
	if m, ok := d.month(); ok {
		form.kind = monthInside
		if !d.text(form.separator) {
			return false
		}
		year, ok := d.number(4)
		return ok && d.count == 4 && value.IsDay(year, m, first)
	}
	form.kind = numbersOnly
	second, ok := d.number(2)
	what.oneDigit = what.oneDigit || d.count == 1
	if !ok || !d.text(form.separator) {
		return false
	}
	year, ok := d.number(4)
	if form.short = d.count == 2; form.short {
		year += 2000 // a leap year of either century
	}
	if !ok || d.count != 2 && d.count != 4 {
		return false
	}
	dayFirst, monthFirst := value.IsDay(year, second, first), value.IsDay(year, first, second)
	switch {
	case dayFirst && !monthFirst:
		what.dayFirst = 1
	case monthFirst && !dayFirst:
		what.monthFirst = 1
	}
	return dayFirst || monthFirst
}

// time reads what follows the day.
func (d *dateText) time(form *dateForm, what *order) bool {
	form.between = d.oneOf("T", ", ", " ")
	hour, ok := d.number(2)
	what.oneHour = d.count == 1
	if form.between == "" || !ok || hour > 23 || !d.text(":") {
		return false
	}
	minute, ok := d.number(2)
	if !ok || d.count != 2 || minute > 59 {
		return false
	}
	form.clock = 1
	if d.text(":") {
		second, ok := d.number(2)
		if !ok || d.count != 2 || second > 59 {
			return false
		}
		form.clock = 2
		if d.text(".") {
			if _, ok := d.number(9); !ok {
				return false
			}
			form.clock = 3
		}
	}
	return d.half(form) && d.zone(form)
}

// half reads AM or PM.
func (d *dateText) half(form *dateForm) bool {
	space := d.rest != "" && d.rest[0] == ' '
	rest := strings.TrimPrefix(d.rest, " ")
	if len(rest) < 2 || rest[1]|0x20 != 'm' || rest[0]|0x20 != 'a' && rest[0]|0x20 != 'p' {
		return true
	}
	d.rest = rest[2:]
	if form.half = "-"; space {
		form.half = " "
	}
	return true
}

// zone reads the offset from UTC.
func (d *dateText) zone(form *dateForm) bool {
	if d.rest == "" {
		return true
	}
	space := d.text(" ")
	if space && d.text("UTC") {
		form.zone = "UTC"
		return true
	}
	if form.zone = "-"; space {
		form.zone = " "
	}
	if d.oneOf("Z", "z") != "" {
		return true
	}
	if d.oneOf("+", "-") == "" {
		return false
	}
	if _, ok := d.number(2); !ok || d.count != 2 {
		return false
	}
	if d.rest == "" {
		return true
	}
	d.text(":")
	minutes, ok := d.number(2)
	return ok && d.count == 2 && minutes < 60
}
