package transform

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"poolprep/validate/judge"
)

// FieldCountError says that records without header are not those of the pool: none of the
// first ones has as many fields as the pool has columns.
type FieldCountError struct {
	File      string
	Want, Got int // fields; Got of the first record
}

func (e *FieldCountError) Error() string {
	return fmt.Sprintf("%s: without header or mapping a record must have the pool's %d columns, and none of the first ones has: they have %s",
		e.File, e.Want, humanize.Comma(int64(e.Got))+" "+english.PluralWord(e.Got, "field", ""))
}

// NamesCountError says that none of the first records without header has as many fields as
// the mapping has names for.
type NamesCountError struct {
	File string
	Want []int // fields, in order
	Got  int   // fields of the first record
}

func (e *NamesCountError) Error() string {
	want := make([]string, len(e.Want))
	for i, n := range e.Want {
		want[i] = humanize.Comma(int64(n))
	}
	return fmt.Sprintf("%s: the mapping has names for records of %s fields, and none of the first ones is such a record: they have %s",
		e.File, english.WordSeries(want, "or"), humanize.Comma(int64(e.Got))+" "+english.PluralWord(e.Got, "field", ""))
}

// NoJoinError says that there is a second file, and nothing that says how its records go
// with those of the first.
type NoJoinError struct{ File string }

func (e *NoJoinError) Error() string {
	return e.File + ": the mapping has no `join:`, which says by which column its records are looked up"
}

// NoSideError says that there is a file for what a mapping keeps beside the import file,
// and no mapping that says what that is.
type NoSideError struct{ Path string }

func (e *NoSideError) Error() string {
	return e.Path + ": the mapping has no `side:`, which says what goes into it"
}

// OtherHeaderError says that an input of a RejectOutput has another header than the first
// input, so their rejects have no place together.
type OtherHeaderError struct {
	File, First string
	Line        int64 // of the header in File, from 1
}

func (e *OtherHeaderError) Error() string {
	return fmt.Sprintf("%s:%d:1: the header is not that of %s", e.File, e.Line, e.First)
}

// OtherKindError says that of an input of a RejectOutput and the first input one is JSON
// lines and one is not.
type OtherKindError struct{ File, First string }

func (e *OtherKindError) Error() string {
	return fmt.Sprintf("%s: of this file and %s one is JSON lines and one is not", e.File, e.First)
}

// HeaderCauseError says that every row would be rejected, because of what the header lacks.
type HeaderCauseError struct {
	File   string
	Causes []judge.HeaderCause // one at least
}

func (e *HeaderCauseError) Error() string { return errors.Join(e.Unwrap()...).Error() }

// Unwrap returns an error for each cause: a line of the text.
func (e *HeaderCauseError) Unwrap() (lines []error) {
	for i := range e.Causes {
		c := &e.Causes[i]
		lines = append(lines, fmt.Errorf("%s: %s, so every row would be rejected as %s", e.File, c.What(strings.Join(c.Columns, " or ")), c.Rows[0].Code))
	}
	return lines
}

// MisfitError says that a mapping does not fit the columns of a file. It holds no value.
type MisfitError struct {
	File string
	Err  error // a mapping.Error, or several that are joined
}

func (e *MisfitError) Error() string {
	return fmt.Sprintf("the mapping does not fit %s:\n%v", e.File, e.Err)
}

// Unwrap returns what does not fit.
func (e *MisfitError) Unwrap() error { return e.Err }
