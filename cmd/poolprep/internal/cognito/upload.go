package cognito

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Store takes the file of a job.
type Store interface {
	// Put sends size bytes to a pre-signed URL, as a whole. open begins the content,
	// perhaps more than once. An answer other than success is an UploadError.
	Put(ctx context.Context, url string, size int64, open func() (io.ReadCloser, error)) error
}

// UploadError is an upload that did not succeed. It holds nothing of the URL.
type UploadError struct {
	Status int    // of HTTP; 0: no answer
	Code   string // the store's name for the error, "" if it gave none
	Cause  error  // if there was no answer
}

func (e *UploadError) Error() string {
	switch {
	case e.Cause != nil:
		return "upload: " + e.Cause.Error()
	case e.Code != "":
		return fmt.Sprintf("upload: HTTP %d, %s", e.Status, e.Code)
	}
	return fmt.Sprintf("upload: HTTP %d", e.Status)
}

func (e *UploadError) Unwrap() error { return e.Cause }

// Expired reports whether the store may have refused the URL for its age.
func (e *UploadError) Expired() bool {
	return e.Status == http.StatusForbidden && e.Code != "SignatureDoesNotMatch"
}

// Temporary reports whether the same upload may succeed later.
func (e *UploadError) Temporary() bool {
	switch e.Status {
	case 0, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return e.Status >= 500 || e.Code == "RequestTimeout"
}

// Bounds of an upload.
const (
	continueWait = 5 * time.Second  // for the store's word that it wants the content
	answerWait   = 2 * time.Minute  // for the answer when everything is sent
	stallWait    = 2 * time.Minute  // without a byte going out
	maxAnswer    = 64 << 10         // bytes of an error's text that are read
	dialWait     = 30 * time.Second // for the connection
)

// httpStore uploads over HTTP.
type httpStore struct{ client *http.Client }

// NewStore returns the store that pre-signed URLs lead to.
func NewStore() Store {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ExpectContinueTimeout = continueWait
	t.ResponseHeaderTimeout = answerWait
	t.TLSHandshakeTimeout = dialWait
	return httpStore{&http.Client{Transport: t, CheckRedirect: checkRedirect}}
}

// checkRedirect follows the store to where a bucket lies, but never from https to http.
func checkRedirect(to *http.Request, via []*http.Request) error {
	if len(via) > 3 || via[0].URL.Scheme != to.URL.Scheme {
		return errors.New("the store sends the upload elsewhere")
	}
	return nil
}

func (s httpStore) Put(ctx context.Context, address string, size int64, open func() (io.ReadCloser, error)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(stallWait, func() { cancel(errors.New("the connection stands still")) })
	defer watch.Stop()
	body := func() (io.ReadCloser, error) {
		content, err := open()
		if err != nil {
			return nil, err
		}
		return &watched{content, watch}, nil
	}
	content, err := body()
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, address, content)
	if err != nil {
		content.Close()
		return errors.New("upload: the service gave a URL that is none")
	}
	request.GetBody, request.ContentLength = body, size
	request.Header.Set("x-amz-server-side-encryption", "aws:kms")
	request.Header.Set("Expect", "100-continue")
	answer, err := s.client.Do(request)
	if err != nil {
		return uploadFailed(ctx, err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // what is missing is not needed
	if answer.StatusCode/100 == 2 {
		return nil
	}
	return &UploadError{Status: answer.StatusCode, Code: storeCode(text)}
}

// uploadFailed leaves the URL out of an error of net/http.
func uploadFailed(ctx context.Context, err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	} else if ctx.Err() != nil {
		return ctx.Err()
	}
	return &UploadError{Cause: err}
}

// storeCode returns the code of an error in the store's XML, which also holds
// things that are nobody's business.
func storeCode(text []byte) string {
	var e struct {
		Code string `xml:"Code"`
	}
	if xml.Unmarshal(text, &e) != nil || len(e.Code) > 100 || strings.ContainsFunc(e.Code, func(r rune) bool { return r < 'A' || r > 'z' }) {
		return ""
	}
	return e.Code
}

// watched resets a watch whenever something is read.
type watched struct {
	io.ReadCloser
	watch *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	w.watch.Reset(stallWait)
	return w.ReadCloser.Read(p)
}
