package jobs

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/wire"
	"poolprep/validate/judge"
)

// UploadFault is what goes wrong with an upload, if the rest of it is right.
type UploadFault uint8

const (
	noFault    UploadFault = iota
	FailUpload             // it is refused with an internal error
	CutUpload              // its connection is to be closed in the middle of the body
)

// ErrCut ends an upload whose connection is to be closed.
var ErrCut = errors.New("the connection is cut")

// Upload takes the file of a job. It checks the request before it reads the body, so that a
// client that waits for 100 Continue sends nothing in vain. The error is for answerUpload, or it
// is errCut.
func (s *Service) Upload(r *http.Request, fault UploadFault) error {
	if r.Method != http.MethodPut {
		return &refusal{http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource."}
	}
	pool, id, err := s.checkURL(r)
	switch {
	case err != nil:
		return err
	case hasUnsignedHeader(r):
		return &refusal{http.StatusForbidden, "AccessDenied", "There were headers present in the request which were not signed"}
	case len(r.TransferEncoding) > 0:
		return &refusal{http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented"}
	case r.ContentLength < 0, r.ContentLength == 0 && r.Header.Get("Content-Length") == "":
		return &refusal{http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header."}
	case r.ContentLength > judge.MaxFileBytes:
		return &refusal{http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"}
	case fault == FailUpload:
		return &refusal{http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again."}
	}
	err = s.o.Store.View(func(tx *bbolt.Tx) error {
		_, err := uploadable(tx, pool, id)
		return err
	})
	if err != nil {
		return err
	}
	if fault == CutUpload {
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2) // it is thrown away
		return ErrCut
	}
	name, err := s.uploads.store(id, r.Body, r.ContentLength)
	if err != nil {
		return err
	}
	return s.attach(pool, id, name)
}

// hasUnsignedHeader reports whether there is a header of the store's that the URL does not sign:
// it signs one.
func hasUnsignedHeader(r *http.Request) bool {
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !strings.EqualFold(name, encryptionHeader) {
			return true
		}
	}
	return false
}

// uploadable returns the job, which must still take a file.
func uploadable(tx *bbolt.Tx, pool, id string) (*job, error) {
	j, err := jobIn(tx, pool, id)
	if err != nil {
		return nil, unsigned
	}
	if j.Status != statusCreated {
		return nil, &refusal{http.StatusForbidden, "AccessDenied", "The import job takes no file any more: its status is " + j.Status}
	}
	return j, nil
}

// attach makes a stored file that of the job, and removes the one before.
func (s *Service) attach(pool, id, name string) error {
	before := ""
	err := s.o.Store.Update(func(tx *bbolt.Tx) error {
		j, err := uploadable(tx, pool, id)
		if err != nil {
			return err
		}
		before, j.Upload = j.Upload, name
		return putJob(tx, j)
	})
	if err != nil {
		before = name
	}
	if before != "" {
		s.uploads.remove(before)
	}
	return err
}

// refusalXML is the body of a refusal.
type refusalXML struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
	HostID    string `xml:"HostId"`
}

// AnswerUpload answers an upload that came to err, nil if it was taken, and returns the status.
func AnswerUpload(w http.ResponseWriter, r *http.Request, err error) (status int) {
	if err != nil {
		return refuse(w, r, err)
	}
	h := w.Header()
	h.Set("Etag", `"`+wire.NewID()+`"`)
	h.Set(encryptionHeader, encryption)
	h.Set("X-Amz-Request-Id", wire.NewID())
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return http.StatusOK
}

// refuse answers an upload that is not taken, and returns the status.
func refuse(w http.ResponseWriter, r *http.Request, err error) int {
	var e *refusal
	if !errors.As(err, &e) {
		e = &refusal{http.StatusInternalServerError, "InternalError", "the emulator could not store the file: " + err.Error()}
	}
	body := refusalXML{Code: e.code, Message: e.message, RequestID: wire.NewID(), HostID: wire.NewID()}
	var text bytes.Buffer
	text.WriteString(xml.Header)
	if err := xml.NewEncoder(&text).Encode(body); err != nil {
		text.WriteString(fmt.Sprintf("<Error><Code>%s</Code></Error>", e.code))
	}
	if r.Header.Get("Expect") == "" && r.ContentLength > 0 {
		// Whoever sends without waiting reads the answer only when it has sent all.
		_, _ = io.CopyN(io.Discard, r.Body, min(r.ContentLength, 2*judge.MaxFileBytes))
	}
	h := w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("X-Amz-Request-Id", body.RequestID)
	h.Set("Content-Length", strconv.Itoa(text.Len()))
	w.WriteHeader(e.status)
	_, _ = w.Write(text.Bytes()) // the client is gone if this fails
	return e.status
}
