package value

// ParseWhole reads a whole number. tooBig says that it has the form of one but
// does not fit 64 bits.
func ParseWhole(v []byte) (n int64, ok, tooBig bool) {
	digits := v
	if len(v) > 0 && v[0] == '-' {
		digits = v[1:]
	}
	if !AllDigits(digits) {
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

// SoundNumber takes a whole number within bounds; nil: there is none.
func SoundNumber(v []byte, least, most *int64) bool {
	n, ok, tooBig := ParseWhole(v)
	return ok && !tooBig && (least == nil || n >= *least) && (most == nil || n <= *most)
}
