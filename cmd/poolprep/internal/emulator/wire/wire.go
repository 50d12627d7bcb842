// Package wire is the protocol of the API, AWS JSON 1.1: bodies, answers, errors, the
// constraints of members, tokens of lists, and how a request is authorised. It knows no
// pool, user or job, and keeps no state. All of it is safe for concurrent use but
// Constraints, which belongs to one call.
package wire

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Call is one call of the API.
type Call struct {
	Context context.Context
	Scheme  string // http or https
	Host    string // as the client reached us
	Region  string // for which it signed the call
}

// contentType is that of AWS JSON 1.1.
const contentType = "application/x-amz-json-1.1"

// Epoch is a time as the user-pool API writes it: a JSON number of seconds
// since 1970 with milliseconds.
type Epoch time.Time

// MarshalJSON writes the number.
func (e Epoch) MarshalJSON() ([]byte, error) {
	ms := time.Time(e).UnixMilli()
	return strconv.AppendFloat(nil, float64(ms)/1000, 'f', 3, 64), nil
}

// EpochOf returns nil, which is left out, for the zero time.
func EpochOf(t time.Time) *Epoch {
	if t.IsZero() {
		return nil
	}
	e := Epoch(t)
	return &e
}

// Error is an error that a client of the API gets.
type Error struct {
	Status  int    // of HTTP
	Kind    string // "__type"
	Message string
}

func (e *Error) Error() string { return e.Kind + ": " + e.Message }

// Fault makes an error with HTTP status 400.
func Fault(kind, format string, args ...any) error {
	return &Error{http.StatusBadRequest, kind, fmt.Sprintf(format, args...)}
}

// Invalid makes an InvalidParameterException.
func Invalid(format string, args ...any) error {
	return Fault("InvalidParameterException", format, args...)
}

// NotFound makes a ResourceNotFoundException.
func NotFound(format string, args ...any) error {
	return Fault("ResourceNotFoundException", format, args...)
}

// Precondition makes a PreconditionNotMetException.
func Precondition(format string, args ...any) error {
	return Fault("PreconditionNotMetException", format, args...)
}

// Malformed makes a SerializationException.
func Malformed(format string, args ...any) error {
	return Fault("SerializationException", format, args...)
}

// NewID returns a random UUID.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return UUID(b)
}

// UUID writes b as a UUID of version 4.
func UUID(b [16]byte) string {
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Answer writes the result of an operation, or its error.
func Answer(w http.ResponseWriter, result any, err error) {
	status := http.StatusOK
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			e = &Error{http.StatusInternalServerError, "InternalErrorException", "the emulator could not do its work: " + err.Error()}
		}
		status = e.Status
		result = map[string]string{"__type": e.Kind, "message": e.Message}
		w.Header().Set("X-Amzn-Errortype", e.Kind+":")
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false) // a pre-signed URL is easier to read and to copy with its ampersands
	if e.Encode(result) != nil {
		status = http.StatusInternalServerError
		body.Reset()
		body.WriteString(`{"__type":"InternalErrorException","message":"the answer could not be written"}`)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Amzn-Requestid", NewID())
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client is gone if this fails
}

// StatusOf returns the HTTP status that Answer gives an error.
func StatusOf(err error) int {
	var e *Error
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &e):
		return e.Status
	}
	return http.StatusInternalServerError
}
