package value

// ISOTime is a date with a time and, if Zoned, the offset of its zone.
type ISOTime struct {
	Year, Month, Day     int
	Hour, Minute, Second int
	HasTime              bool
	Zoned                bool
	Offset               int // seconds east of UTC
}

// ParseISOTime reads an ISO 8601 date (2026-01-31) or time (2026-01-31T12:00:00,
// a space instead of the T, any fraction of a second, Z or +hh:mm or +hhmm or +hh).
func ParseISOTime(v []byte) (t ISOTime, ok bool) {
	if len(v) < 10 || v[4] != '-' || v[7] != '-' {
		return t, false
	}
	year, ok1 := digits(v, 0, 4)
	month, ok2 := digits(v, 5, 2)
	day, ok3 := digits(v, 8, 2)
	if !ok1 || !ok2 || !ok3 || year < 1 || !IsDay(year, month, day) {
		return t, false
	}
	t.Year, t.Month, t.Day = year, month, day
	if len(v) == 10 {
		return t, true
	}
	t.HasTime = true
	if v[10] != 'T' && v[10] != 't' && v[10] != ' ' || len(v) < 19 || v[13] != ':' || v[16] != ':' {
		return t, false
	}
	t.Hour, ok1 = digits(v, 11, 2)
	t.Minute, ok2 = digits(v, 14, 2)
	t.Second, ok3 = digits(v, 17, 2)
	if !ok1 || !ok2 || !ok3 || t.Hour > 23 || t.Minute > 59 || t.Second > 59 {
		return t, false
	}
	rest := v[19:]
	if len(rest) > 0 && rest[0] == '.' {
		n := 1
		for n < len(rest) && rest[n]-'0' <= 9 {
			n++
		}
		if n == 1 {
			return t, false
		}
		rest = rest[n:]
	}
	return t.zone(rest)
}

// zone reads what follows the seconds.
func (t ISOTime) zone(v []byte) (ISOTime, bool) {
	if len(v) == 0 {
		return t, true
	}
	t.Zoned = true
	if len(v) == 1 {
		return t, v[0] == 'Z' || v[0] == 'z'
	}
	hours, ok := digits(v, 1, 2)
	minutes := 0
	switch len(v) {
	case 3:
	case 5:
		var ok2 bool
		minutes, ok2 = digits(v, 3, 2)
		ok = ok && ok2
	case 6:
		var ok2 bool
		minutes, ok2 = digits(v, 4, 2)
		ok = ok && ok2 && v[3] == ':'
	default:
		ok = false
	}
	if !ok || hours > 18 || minutes > 59 || v[0] != '+' && v[0] != '-' {
		return t, false
	}
	t.Offset = hours*3600 + minutes*60
	if v[0] == '-' {
		t.Offset = -t.Offset
	}
	return t, true
}

// Unix returns seconds since 1970, taking a time without zone as UTC.
func (t ISOTime) Unix() int64 {
	y, m := int64(t.Year), int64(t.Month)
	if m <= 2 {
		y--
		m += 12
	}
	// Days since 0000-03-01, in years that begin in March, so that the leap day comes last.
	days := 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + int64(t.Day) - 1
	const epoch = 719468 // 1970-01-01 on that count
	return (days-epoch)*86400 + int64(t.Hour*3600+t.Minute*60+t.Second-t.Offset)
}

// digits reads n digits at v[at:].
func digits(v []byte, at, n int) (value int, ok bool) {
	if at+n > len(v) {
		return 0, false
	}
	for _, c := range v[at : at+n] {
		if c-'0' > 9 {
			return 0, false
		}
		value = value*10 + int(c-'0')
	}
	return value, true
}

// IsEpochSeconds reports whether v is a number of seconds since 1970 before the year 5138.
func IsEpochSeconds(v []byte) bool { return len(v) <= 11 && AllDigits(v) }

// IsDateTime reports whether v is epoch seconds or an ISO 8601 date with or
// without a time: yyyy-mm-dd, yyyy-mm-ddThh:mm:ss with optional fraction and zone.
func IsDateTime(v []byte) bool {
	if IsEpochSeconds(v) {
		return true
	}
	_, ok := ParseISOTime(v)
	return ok
}
