package value

// ParseBoolean accepts exactly true, false, TRUE and FALSE.
func ParseBoolean(v []byte) (value, ok bool) {
	switch string(v) {
	case "true", "TRUE":
		return true, true
	case "false", "FALSE":
		return false, true
	}
	return false, false
}
