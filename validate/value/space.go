package value

// TrimBlanks returns the part of text without the spaces and tabs around it, as offsets.
func TrimBlanks(text []byte) (start, end int) {
	end = len(text)
	for start < end && (text[start] == ' ' || text[start] == '\t') {
		start++
	}
	for end > start && (text[end-1] == ' ' || text[end-1] == '\t') {
		end--
	}
	return start, end
}

// Trim returns the part of v without the spaces, tabs and no-break spaces
// around it, as offsets. The service itself trims no no-break space.
func Trim(v []byte) (start, end int) {
	end = len(v)
	for start < end {
		switch {
		case v[start] == ' ' || v[start] == '\t':
			start++
			continue
		case start+1 < end && v[start] == 0xC2 && v[start+1] == 0xA0:
			start += 2
			continue
		}
		break
	}
	for end > start {
		switch {
		case v[end-1] == ' ' || v[end-1] == '\t':
			end--
			continue
		case end-2 >= start && v[end-2] == 0xC2 && v[end-1] == 0xA0:
			end -= 2
			continue
		}
		break
	}
	return start, end
}
