package importjob

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
// with anything before it, as tools put times and stream names there. What
// follows a tab is left out: `aws logs --output text` puts a time there. ok is
// false for any other line.
func ParseLogLine(line []byte) (l LogLine, ok bool) {
	for _, w := range logWords {
		at := bytes.Index(line, w.word)
		if at < 0 {
			continue
		}
		rest, found := bytes.CutPrefix(bytes.TrimLeft(line[at+len(w.word):], " "), lineNumber)
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		if !found || digits == 0 {
			continue
		}
		l.Status = w.status
		var err error
		if l.Number, err = strconv.ParseInt(string(rest[:digits]), 10, 64); err != nil {
			l.Number = -1
		}
		message, _, _ := bytes.Cut(rest[digits:], []byte("\t"))
		message = bytes.TrimSpace(message)
		l.Message = bytes.TrimSpace(bytes.TrimPrefix(message, []byte("-")))
		return l, true
	}
	return l, false
}
