package validate

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
