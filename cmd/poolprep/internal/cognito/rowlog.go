package cognito

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize/english"

	"poolprep/validate/suggest"
)

// Offset says which number the first user of a file has in a log. The service was
// Seen to count the header as line 1; sample code of AWS counts the first user as 1.
type Offset string

// The offsets.
const (
	OffsetAuto      Offset = "auto"
	OffsetHeader    Offset = "header"     // the first user is line 2
	OffsetFirstUser Offset = "first-user" // the first user is line 1
)

// ParseOffset reads the value of --line-offset.
func ParseOffset(text string) (Offset, error) {
	all := []string{string(OffsetAuto), string(OffsetHeader), string(OffsetFirstUser)}
	for _, o := range all {
		if o == text {
			return Offset(o), nil
		}
	}
	return "", fmt.Errorf("unknown line offset %q%s (%s)", text, suggest.DidYouMean(text, all), strings.Join(all, ", "))
}

// Bounds of what is kept of messages: a log of a full chunk has half a million.
const (
	maxMessage  = 1000     // bytes of one
	maxMessages = 16 << 20 // bytes of all different ones
)

const messageLeftOut = "(the log has too many different messages to keep this one)"

// RowLog gathers what logs say about the rows of a chunk: a few bytes a row, each
// message once. A row may be logged any number of times, in any order.
type RowLog struct {
	rows     int64
	status   []RowStatus // by the number in the log, 0 to rows+1
	message  []uint32    // by the same, an index into messages
	messages []string
	index    map[string]uint32
	kept     int
	lines    int64 // about rows
	distinct int64 // rows with a line
	others   int64
	where    [2]string // where numbers 1 and rows+1 stood first, "" if nowhere
}

func NewRowLog(rows int64) *RowLog {
	return &RowLog{
		rows: rows, status: make([]RowStatus, rows+2), message: make([]uint32, rows+2),
		messages: []string{""}, index: map[string]uint32{"": 0},
	}
}

// Add takes a line into account, or all that stand in one. location names it in errors.
func (r *RowLog) Add(text []byte, location func() string) error {
	before := r.lines
	for {
		l, rest, ok := ParseLogLine(text)
		if !ok {
			break
		}
		if err := r.addLine(l, location); err != nil {
			return err
		}
		text = rest
	}
	if r.lines == before {
		r.others++
	}
	return nil
}

func (r *RowLog) addLine(l LogLine, location func() string) error {
	if l.Number < 1 || l.Number > r.rows+1 {
		return r.outside(location(), l.Number)
	}
	r.lines++
	if l.Number == 1 && r.where[0] == "" {
		r.where[0] = location()
	}
	if l.Number == r.rows+1 && r.where[1] == "" {
		r.where[1] = location()
	}
	if r.status[l.Number] == RowUnknown {
		r.distinct++
	}
	if l.Status > r.status[l.Number] {
		r.status[l.Number] = l.Status
		r.message[l.Number] = r.intern(l.Message)
	}
	return nil
}

func (r *RowLog) outside(location string, number int64) error {
	text := fmt.Sprintf("line number %d", number)
	if number < 0 {
		text = "a line number of more than 18 digits"
	}
	return fmt.Errorf("%s: %s lies outside of the chunk, which has %s: is this the log of another chunk, or does --line-offset count otherwise?", location, text, english.Plural(int(r.rows), "row", ""))
}

// intern returns the index of a message.
func (r *RowLog) intern(m []byte) uint32 {
	cut := len(m) > maxMessage
	m = m[:min(len(m), maxMessage)]
	if cut || !utf8.Valid(m) {
		m = bytes.ToValidUTF8(m, []byte("?"))
	}
	if cut {
		m = append(bytes.Clone(m), " ..."...)
	}
	if i, ok := r.index[string(m)]; ok {
		return i
	}
	if r.kept += len(m); r.kept > maxMessages {
		m = []byte(messageLeftOut)
		if i, ok := r.index[messageLeftOut]; ok {
			return i
		}
	}
	i := uint32(len(r.messages))
	r.messages = append(r.messages, string(m))
	r.index[string(m)] = i
	return i
}

// Lines returns how many lines were about rows, and Others how many were not.
func (r *RowLog) Lines() int64  { return r.lines }
func (r *RowLog) Others() int64 { return r.others }

// Seen returns how many rows have a line.
func (r *RowLog) Seen() int64 { return r.distinct }

// Resolve decides how the log counts. guessed is true if the log fits both ways.
func (r *RowLog) Resolve(o Offset) (offset Offset, guessed bool, err error) {
	first, last := r.where[0], r.where[1]
	switch {
	case o != OffsetFirstUser && first == "" && (o == OffsetHeader || last != ""):
		return OffsetHeader, false, nil
	case o != OffsetHeader && last == "" && (o == OffsetFirstUser || first != ""):
		return OffsetFirstUser, false, nil
	case o == OffsetHeader:
		return "", false, r.outside(first, 1)
	case o == OffsetFirstUser:
		return "", false, r.outside(last, r.rows+1)
	case first != "" && last != "":
		return "", false, fmt.Errorf("%s says line number 1 and %s line number %d: a chunk of %s has one of them, so these are logs of different chunks", first, last, r.rows+1, english.Plural(int(r.rows), "row", ""))
	}
	return OffsetHeader, r.lines > 0, nil
}

// Outcome is what became of a row, and the log's words for it.
type Outcome struct {
	Status  RowStatus
	Message string
}

// At returns what became of row i, from 0.
func (r *RowLog) At(i int64, o Offset) Outcome {
	n := i + 1
	if o == OffsetHeader {
		n++
	}
	return Outcome{r.status[n], r.messages[r.message[n]]}
}
