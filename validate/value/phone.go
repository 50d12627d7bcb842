package value

// IsPhone reports whether v is a plus and 2 to 15 digits, the first not 0.
func IsPhone(v []byte) bool {
	return len(v) >= 3 && len(v) <= 16 && v[0] == '+' && v[1] != '0' && AllDigits(v[1:])
}

// SoundPhone takes a plus and 2 to 15 digits, the first not 0.
func SoundPhone(padded *[16]byte, n int) bool {
	if n < 3 || n > 16 || padded[0] != '+' || padded[1] == '0' {
		return false
	}
	digits := *padded
	digits[0] = '0'
	return DigitsIn(&digits, n)
}
