package mapping

import (
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones by name on any machine

	"go.yaml.in/yaml/v3"
)

// This file reads times as numbers, and writes them as seconds since 1970.

// epochUnits are how many digits a unit has more than seconds.
var epochUnits = map[string]int{"s": 0, "ms": 3, "us": 6, "ns": 9, unitFiletime: 7}

// unitFiletime counts tenths of microseconds since 1601, as Windows does.
const unitFiletime = "filetime"

// from1601 is how many seconds 1970 is after 1601.
const from1601 = 11_644_473_600

// readEpoch reads {from: [layouts], zone: name, unit: ms}: a time becomes
// seconds since 1970, a number of the unit too, its fraction cut off.
func readEpoch(r *reader, arg *yaml.Node) stepSpec {
	var from []*layout
	var zone *time.Location
	digits, unit := -1, ""
	var pivot *yaml.Node
	for _, e := range r.entries(arg, "epoch", "from", "zone", "unit", "pivot") {
		switch e.key.Value {
		case "from":
			from = r.layouts(e.value, "from")
		case "zone":
			zone = r.zone(e.value)
		case "unit":
			var ok bool
			unit = r.scalar(e.value, "unit")
			if digits, ok = epochUnits[unit]; !ok {
				r.fail(e.value, "unit: s, ms, us, ns or filetime is expected")
			}
		case "pivot":
			pivot = e.value
		}
	}
	r.pivot(arg, pivot, from)
	if len(from) == 0 && digits < 0 {
		r.fail(arg, "epoch: expected are the layouts of the source (`from`), or the `unit` of its numbers")
	}
	for _, l := range from {
		if !l.hasZone && zone == nil {
			r.fail(arg, "epoch: a layout without X has no zone: say which one with `zone`")
			break
		}
	}
	spec := trying(epochTried(from, unit), func(dst, v []byte) ([]byte, stepResult) {
		if digits >= 0 {
			start := len(dst)
			out, ok := appendSeconds(dst, v, digits)
			if ok && unit == unitFiletime {
				var seconds int64
				for _, c := range out[start:] {
					seconds = seconds*10 + int64(c-'0')
				}
				out, ok = strconv.AppendInt(dst, seconds-from1601, 10), seconds >= from1601 && seconds < neverFiletime
			}
			if ok {
				return out, stepDone
			}
		}
		for _, l := range from {
			if m, ok := l.parse(v); ok {
				t, ok := m.time(zone)
				if !ok || t.Unix() < 0 {
					return dst, stepFailed
				}
				return strconv.AppendInt(dst, t.Unix(), 10), stepDone
			}
		}
		return dst, stepFailed
	})
	if digits >= 0 && unit != unitFiletime {
		return spec.by(wideUnit(digits))
	}
	if digits < 0 {
		return spec.by(wideEpoch(from))
	}
	return spec
}

// neverFiletime is the second in which Windows' largest time lies, which stands for never.
const neverFiletime = 922_337_203_685

// appendSeconds appends the whole seconds of a number of a unit that has so many digits
// more. A fraction is cut off. An exponent is taken if it does not stand for digits that
// are lost: spreadsheets write 1.54E+12 and lose some, programs write 1.54E12 for a number
// that ends in noughts. ok is false for anything else.
func appendSeconds(dst, v []byte, digits int) (out []byte, ok bool) {
	var scratch [64]byte
	number, point := scratch[:0], -1
	i := 0
	for ; i < len(v) && i < len(scratch); i++ {
		switch c := v[i]; {
		case c-'0' <= 9:
			number = append(number, c)
			continue
		case c == '.' && point < 0 && i > 0 && i+1 < len(v) && v[i+1]-'0' <= 9:
			point = len(number)
			continue
		}
		break
	}
	if point < 0 {
		point = len(number)
	}
	if i < len(v) {
		if v[i]|0x20 != 'e' {
			return dst, false
		}
		exponent, err := strconv.Atoi(strings.TrimPrefix(string(v[i+1:]), "+"))
		if err != nil || exponent < 0 || exponent > 20 || len(v[i+1:]) == 0 || point+exponent > len(number) && v[i+1] == '+' {
			return dst, false
		}
		for point += exponent; point > len(number); {
			number = append(number, '0')
		}
	}
	if point == 0 || point > 20 {
		return dst, false
	}
	if point <= digits {
		return append(dst, '0'), true
	}
	return append(dst, number[:point-digits]...), true
}

// epochTried says what epoch tried.
func epochTried(from []*layout, unit string) string {
	switch {
	case len(from) == 0:
		return "not a whole number of " + unit
	case unit == "":
		return noneFits(from) + " (or the time is before 1970, or was skipped by the zone's clocks)"
	}
	return "not a whole number of " + unit + ", and " + noneFits(from)
}
