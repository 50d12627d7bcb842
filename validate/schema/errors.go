package schema

import "fmt"

// Error says that a document describes no pool, or that the pool which documents describe
// contradicts itself.
type Error struct {
	File         string // the name of the document; of several, with commas; "": Text names them
	Line, Column int    // from 1, in bytes; 0: only Member says where, or all of it is meant
	Member       string // of JSON, such as UserPool.SchemaAttributes[3].Name; "": none
	Text         string // what is wrong, and what is expected
}

func (e *Error) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", place, e.Line, e.Column)
	}
	for _, part := range []string{e.Member, e.Text} {
		if part == "" {
			continue
		}
		if place != "" {
			place += ": "
		}
		place += part
	}
	return place
}

// says returns an error at the same place.
func (e Error) says(format string, args ...any) error {
	e.Text = fmt.Sprintf(format, args...)
	return &e
}

// OverrideError says that a pool cannot have a setting.
type OverrideError struct {
	Setting string // the field of Overrides
	Text    string // what is wrong, and what is expected
}

func (e *OverrideError) Error() string { return e.Setting + ": " + e.Text }
