package validate

import (
	"unicode/utf8"
)

// The functions of this file look at one value. They take a value that is
// trimmed, not empty and valid UTF-8.

// isPhone reports whether v is a plus and 2 to 15 digits, the first not 0.
func isPhone(v []byte) bool {
	return len(v) >= 3 && len(v) <= 16 && v[0] == '+' && v[1] != '0' && allDigits(v[1:])
}

func allDigits(v []byte) bool {
	for _, c := range v {
		if c-'0' > 9 {
			return false
		}
	}
	return len(v) > 0
}

// parseBoolean accepts exactly true, false, TRUE and FALSE.
func parseBoolean(v []byte) (value, ok bool) {
	switch string(v) {
	case "true", "TRUE":
		return true, true
	case "false", "FALSE":
		return false, true
	}
	return false, false
}

// checkBirthdate returns the code that is wrong with v, or numCodes.
func checkBirthdate(v []byte) Code {
	if len(v) != 10 || v[2] != '/' || v[5] != '/' || !allDigits(v[:2]) || !allDigits(v[3:5]) || !allDigits(v[6:]) {
		return BirthdateFormat
	}
	month, day := int(v[0]-'0')*10+int(v[1]-'0'), int(v[3]-'0')*10+int(v[4]-'0')
	year := 0
	for _, c := range v[6:] {
		year = year*10 + int(c-'0')
	}
	if year < 1 || !IsDay(year, month, day) {
		return BirthdateImpossible
	}
	return numCodes
}

// IsDay reports whether the calendar has the day; month and day count from 1.
func IsDay(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	length := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		length = 29
	}
	return day <= length
}

// isEpochSeconds reports whether v is a number of seconds since 1970 before the year 5138.
func isEpochSeconds(v []byte) bool { return len(v) <= 11 && allDigits(v) }

// isDateTime reports whether v is epoch seconds or an ISO 8601 date with or
// without a time: yyyy-mm-dd, yyyy-mm-ddThh:mm:ss with optional fraction and zone.
func isDateTime(v []byte) bool {
	if isEpochSeconds(v) {
		return true
	}
	_, ok := ParseISOTime(v)
	return ok
}

// parseWhole reads a whole number. tooBig says that it has the form of one but
// does not fit 64 bits.
func parseWhole(v []byte) (n int64, ok, tooBig bool) {
	digits := v
	if len(v) > 0 && v[0] == '-' {
		digits = v[1:]
	}
	if !allDigits(digits) {
		return 0, false, false
	}
	for _, c := range digits {
		d := int64(c - '0')
		if n > (1<<63-1-d)/10 {
			return 0, true, true
		}
		n = n*10 + d
	}
	if len(digits) < len(v) {
		n = -n
	}
	return n, true, false
}

func isASCII(v []byte) bool {
	for _, c := range v {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
