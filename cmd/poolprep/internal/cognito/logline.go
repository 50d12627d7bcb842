package cognito

import (
	"bytes"
	"strconv"
)

// RowStatus is what became of a row.
type RowStatus uint8

// The statuses, those that win over others last: whatever a log says beside it, a
// row that failed once is a row to look after.
const (
	RowUnknown RowStatus = iota
	RowSkipped
	RowImported
	RowFailed
)

var rowStatusNames = [...]string{"unknown", "skipped", "imported", "failed"}

// String returns the status as in results.jsonl.
func (s RowStatus) String() string { return rowStatusNames[s] }

// LogLine is a line of an import job's log that is about a row.
type LogLine struct {
	Status  RowStatus
	Number  int64  // as it stands there; -1: too large for any file
	Message []byte // part of the line that was parsed
}

var logWords = []struct {
	word   []byte
	status RowStatus
}{
	{[]byte("[SUCCEEDED]"), RowImported},
	{[]byte("[SKIPPED]"), RowSkipped},
	{[]byte("[FAILED]"), RowFailed},
}

var lineNumber = []byte("Line Number ")

// ParseLogLine reads a line such as
//
//	[FAILED] Line Number 5956 - The User Record does not set any of ...
//
// with anything before it, as tools put times and stream names there. The message
// ends at a tab (`aws logs --output text` puts a time or the next message there), at a
// line end, and where the next such line begins: rest is what follows. ok is false
// if there is none, and then nothing is left to look at.
func ParseLogLine(line []byte) (l LogLine, rest []byte, ok bool) {
	at, status := findStatus(line)
	if at < 0 {
		return l, nil, false
	}
	l.Status = status
	line = line[at+bytes.Index(line[at:], lineNumber)+len(lineNumber):]
	digits := countDigits(line)
	var err error
	if l.Number, err = strconv.ParseInt(string(line[:digits]), 10, 64); err != nil {
		l.Number = -1
	}
	message := line[digits:]
	if next, _ := findStatus(message); next >= 0 {
		message = message[:next]
	}
	if end := bytes.IndexAny(message, "\t\r\n"); end >= 0 {
		message = message[:end]
	}
	rest = line[digits+len(message):]
	message = bytes.TrimSpace(message)
	l.Message = bytes.TrimSpace(bytes.TrimPrefix(message, []byte("-")))
	return l, rest, true
}

// findStatus returns where the first line about a row begins in text, -1 if
// nowhere, and its status.
func findStatus(text []byte) (at int, status RowStatus) {
	for from := 0; ; {
		bracket := bytes.IndexByte(text[from:], '[')
		if bracket < 0 {
			return -1, RowUnknown
		}
		at = from + bracket
		for _, w := range logWords {
			rest, ok := bytes.CutPrefix(text[at:], w.word)
			if !ok {
				continue
			}
			if rest, ok = bytes.CutPrefix(bytes.TrimLeft(rest, " "), lineNumber); ok && countDigits(rest) > 0 {
				return at, w.status
			}
		}
		from = at + 1
	}
}

// countDigits returns how many digits text begins with.
func countDigits(text []byte) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}
