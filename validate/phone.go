package validate

// isPhone reports whether v is a plus and 2 to 15 digits, the first not 0.
func isPhone(v []byte) bool {
	return len(v) >= 3 && len(v) <= 16 && v[0] == '+' && v[1] != '0' && allDigits(v[1:])
}

// soundPhone takes a plus and 2 to 15 digits, the first not 0.
func soundPhone(room *[16]byte, n int) bool {
	if n < 3 || n > 16 || room[0] != '+' || room[1] == '0' {
		return false
	}
	digits := *room
	digits[0] = '0'
	return digitsIn(&digits, n)
}
