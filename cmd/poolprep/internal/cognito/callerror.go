package cognito

import (
	"errors"
	"strings"
)

// Kind says what a failed call means for the one who made it.
type Kind uint8

// The kinds.
const (
	Unsure    Kind = iota // no answer, or one that says nothing: it may have been carried out
	Throttled             // not carried out, for now
	Refused               // not carried out, and repeating it does not help
)

// CallError is a call to a service that did not succeed.
type CallError struct {
	Operation string
	Code      string // the service's name for the error, "" if it did not answer
	Message   string
	Kind      Kind
}

// Error goes without the full stop of the service's sentence: what to do may follow.
func (e *CallError) Error() string {
	text := e.Operation + ": "
	if e.Code != "" {
		text += e.Code + ": "
	}
	return text + strings.TrimSuffix(e.Message, ".")
}

// Codes of errors that are acted upon.
const (
	CodePrecondition = "PreconditionNotMetException"
	CodeLimit        = "LimitExceededException"
	CodeNotFound     = "ResourceNotFoundException"
	CodeNoUser       = "UserNotFoundException"
)

// HasCode reports whether a service answered with the code.
func HasCode(err error, code string) bool {
	var e *CallError
	return errors.As(err, &e) && e.Code == code
}

// KindOf returns the kind of an error; one that is no CallError is not worth repeating.
func KindOf(err error) Kind {
	var e *CallError
	if errors.As(err, &e) {
		return e.Kind
	}
	return Refused
}

// accessDenied reports whether a service has refused a call for want of a permission.
func accessDenied(err error) bool {
	var e *CallError
	return errors.As(err, &e) && strings.HasPrefix(e.Code, "AccessDenied")
}
