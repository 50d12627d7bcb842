package emulator

import (
	"mime"
	"net/http"
	"strconv"
	"time"

	"poolprep/cmd/poolprep/internal/emulator/roles"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// isQuery reports whether a call is in the AWS query protocol, that of IAM and STS.
func isQuery(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/x-www-form-urlencoded" && r.Header.Get("X-Amz-Target") == ""
}

// serveQuery answers a call of IAM or STS.
func (s *Server) serveQuery(w http.ResponseWriter, r *http.Request) {
	begin, id := time.Now(), wire.NewID()
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.ParseForm() != nil {
		r.PostForm = nil // which names no action
	}
	var status int
	var body []byte
	var err error
	switch {
	case wire.Signed(r):
		status, body, err = s.roles.Answer(r.PostForm, id)
	case wire.OfPage(r):
		status, body, err = s.roles.AnswerPage(r.PostForm, id)
	default:
		status, body, err = roles.Unsigned(id)
	}
	if err != nil {
		s.trouble(err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/xml")
	h.Set("X-Amzn-Requestid", id)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone if this fails
	s.logRequest("IAM or STS", status, begin)
}
