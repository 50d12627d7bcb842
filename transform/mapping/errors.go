package mapping

import (
	"fmt"

	"poolprep/validate/suggest"
)

// Error is one thing that is wrong with a mapping. Parse, Compile and CheckTargets join
// those that they find.
type Error struct {
	File         string // as it was named; "": the mapping is one of names alone
	Line, Column int    // from 1; 0: it is about all of the file
	Err          error  // what is wrong, and what is expected
}

func (e *Error) Error() string {
	switch {
	case e.Line > 0:
		return fmt.Sprintf("%s:%d:%d: %v", e.File, e.Line, e.Column, e.Err)
	case e.File != "":
		return e.File + ": " + e.Err.Error()
	}
	return e.Err.Error()
}

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// says returns an error at the same place.
func (e Error) says(format string, args ...any) error {
	e.Err = fmt.Errorf(format, args...)
	return &e
}

// NoJoinError says that a mapping takes a column from a second file, and none is given.
type NoJoinError struct{ Column string }

func (e *NoJoinError) Error() string {
	return fmt.Sprintf("%q is a column of a second file, and none is given", suggest.Short(e.Column))
}
