package emulator

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// contentType is that of AWS JSON 1.1.
const contentType = "application/x-amz-json-1.1"

// epoch is a time as the user-pool API writes it: a JSON number of seconds
// since 1970 with milliseconds.
type epoch time.Time

// MarshalJSON writes the number.
func (e epoch) MarshalJSON() ([]byte, error) {
	ms := time.Time(e).UnixMilli()
	return strconv.AppendFloat(nil, float64(ms)/1000, 'f', 3, 64), nil
}

// epochOf returns nil, which is left out, for the zero time.
func epochOf(t time.Time) *epoch {
	if t.IsZero() {
		return nil
	}
	e := epoch(t)
	return &e
}

// apiError is an error that a client of the API gets.
type apiError struct {
	status  int
	kind    string // "__type"
	message string
}

func (e *apiError) Error() string { return e.kind + ": " + e.message }

func fault400(kind, format string, args ...any) error {
	return &apiError{http.StatusBadRequest, kind, fmt.Sprintf(format, args...)}
}

// The errors of more than one operation.
func invalid(format string, args ...any) error {
	return fault400("InvalidParameterException", format, args...)
}
func notFound(format string, args ...any) error {
	return fault400("ResourceNotFoundException", format, args...)
}
func precondition(format string, args ...any) error {
	return fault400("PreconditionNotMetException", format, args...)
}
func malformed(format string, args ...any) error {
	return fault400("SerializationException", format, args...)
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return uuid(b)
}

// uuid writes b as a UUID of version 4.
func uuid(b [16]byte) string {
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// answer writes the result of an operation, or its error.
func answer(w http.ResponseWriter, result any, err error) {
	status := http.StatusOK
	if err != nil {
		var e *apiError
		if !errors.As(err, &e) {
			e = &apiError{http.StatusInternalServerError, "InternalErrorException", "the emulator could not do its work: " + err.Error()}
		}
		status = e.status
		result = map[string]string{"__type": e.kind, "message": e.message}
		w.Header().Set("X-Amzn-Errortype", e.kind+":")
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
	h.Set("X-Amzn-Requestid", newID())
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the client is gone if this fails
}
