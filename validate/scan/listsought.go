package scan

// This file looks for the list of records in the beginning of a document.

// member is the beginning of a member of a page.
type member struct {
	name  []byte // as it is written
	value int    // where the value begins, or with what: the place
	holds byte   // of a list: what it begins with
	more  bool   // more data is needed to tell
	what  string // is wrong
}

// isList reports whether the member is a list of records, if the name of that is not known.
func (m *member) isList(first bool) bool {
	return m.holds == '{' && first || m.holds != 0 && (m.holds == '{' || m.holds == ']') && IsRecordList(m.name)
}

// readMember reads the beginning of the member whose name is to begin at data[i].
func readMember(data []byte, i, limit int) (m member) {
	if data[i] != '"' {
		return member{value: i, what: "the name of a member is expected"}
	}
	b := brackets{inString: true}
	end := b.stringEnd(data, i+1, limit)
	if b.inString {
		if end == limit {
			return member{more: true}
		}
		return member{value: end, what: openString}
	}
	m.name = data[i+1 : end-1]
	at := pastSpace(data, end, limit)
	if at == limit {
		return member{more: true}
	}
	if data[at] != ':' {
		return member{value: at, what: "a colon is expected after the name of a member"}
	}
	if m.value = pastSpace(data, at+1, limit); m.value == limit {
		return member{more: true}
	}
	if data[m.value] == '[' {
		if at = pastSpace(data, m.value+1, limit); at == limit {
			return member{more: true}
		}
		m.holds = data[at]
	}
	return m
}

func pastSpace(data []byte, i, limit int) int {
	for i < limit && jsonBytes[data[i]] == jsonSpace {
		i++
	}
	return i
}

// lookOutcome is what is to be said of the first object of an input.
type lookOutcome uint8

const (
	lookMore    lookOutcome = iota // it goes on behind the data
	lookNothing                    // it has no list of records
	lookFound                      // it has one
	lookBroken                     // it is no JSON
)

// lookForList looks for a list of records in the object with which data begins.
func lookForList(data []byte) (outcome lookOutcome, name string) {
	var b brackets
	limit := len(data)
	for i, first := 1, true; ; first = false {
		if i = pastSpace(data, i, limit); i == limit {
			return lookMore, ""
		}
		if data[i] == '}' && first {
			return lookNothing, ""
		}
		m := readMember(data, i, limit)
		switch {
		case m.what != "":
			return lookBroken, ""
		case m.more:
			return lookMore, ""
		case m.isList(first):
			return lookFound, string(m.name)
		}
		next, done, what := b.value(data, m.value, limit, 0)
		if what != "" {
			return lookBroken, ""
		}
		if i = pastSpace(data, next, limit); !done || i == limit {
			return lookMore, ""
		}
		switch data[i] {
		case ',':
			i++
		case '}':
			return lookNothing, ""
		default:
			return lookBroken, ""
		}
	}
}

// RecordList returns the name of the list of records in the object with which a sample
// begins, as it is written, as far as the sample shows it.
func RecordList(sample []byte) (name string, found bool) {
	outcome, name := lookForList(sample)
	return name, outcome == lookFound
}
