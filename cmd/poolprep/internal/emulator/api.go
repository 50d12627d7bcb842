package emulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"poolprep/cmd/poolprep/internal/emulator/jobs"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// maxBody is how long the body of an API call may be, in bytes.
const maxBody = 1 << 20

// ServeHTTP serves the API, uploads and pages.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !knownHost(r.Host) {
		// A page of another site whose name was made to point here must not get through.
		http.Error(w, "the Host of the request is neither an IP address nor localhost", http.StatusForbidden)
		return
	}
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/":
		s.serveAPI(w, r)
	case strings.HasPrefix(r.URL.Path, jobs.UploadPath):
		s.serveUpload(w, r)
	case (r.Method == http.MethodGet || r.Method == http.MethodHead) && s.signin.ServeDocument(w, r, schemeOf(r)+"://"+r.Host):
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		s.o.Pages.ServeHTTP(w, r)
	default:
		http.Error(w, "expected is POST / for the API, PUT for an upload, GET for a page", http.StatusMethodNotAllowed)
	}
}

// schemeOf returns the scheme by which the client has reached us.
func schemeOf(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// plainPage is all there is to see where no pages are given.
func plainPage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "poolprep emulate\n") // the client is gone if this fails
}

// knownHost reports whether host, with or without a port, is an IP address or localhost.
func knownHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// find returns the operation that X-Amz-Target names.
func find(target string) (name string, op operation, ok bool) {
	service, name, _ := strings.Cut(target, ".")
	op, ok = operations[name]
	return name, op, ok && service == op.target
}

// serveAPI answers a call of the API.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	name, op, ok := find(r.Header.Get("X-Amz-Target"))
	if !ok {
		if isQuery(r) {
			s.serveQuery(w, r)
			return
		}
		wire.Answer(w, nil, wire.Fault("UnknownOperationException", "the emulator has no such operation"))
		s.logRequest("unknown operation", http.StatusBadRequest, begin)
		return
	}
	if op.caller == bySigner && !wire.Signed(r) && !wire.OfPage(r) {
		wire.Answer(w, nil, wire.Unsigned())
		s.logRequest(name, http.StatusBadRequest, begin)
		return
	}
	kind := s.faults.take(name)
	var result any
	var err error
	if kind == Throttle || kind == Status500 || kind == NotAuthorized {
		err = faultError(kind, op.target == logsTarget)
	} else {
		result, err = s.carryOut(w, r, op)
	}
	if kind == DropReply {
		s.logRequest(name, 0, begin)
		abort(w)
		return
	}
	wire.Answer(w, result, err)
	s.logRequest(name, wire.StatusOf(err), begin)
}

// abort closes the connection without an answer, and without waiting for what
// the client has still to send.
func abort(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the server closes it
	}
	_ = conn.Close() // nothing was to be sent
}

func (s *Server) carryOut(w http.ResponseWriter, r *http.Request, op operation) (any, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, &wire.Error{Status: http.StatusRequestEntityTooLarge, Kind: "RequestEntityTooLargeException", Message: fmt.Sprintf("the body is longer than %d bytes", maxBody)}
	case err != nil:
		return nil, wire.Malformed("the body ends too early")
	}
	if err := s.jobs.Expire(); err != nil {
		return nil, err
	}
	return op.handle(s, &wire.Call{Context: r.Context(), Scheme: schemeOf(r), Host: r.Host, Region: wire.Region(r)}, body)
}

// logRequest logs a request: what, how it ended (0: without an answer), and
// how long it took. There is no data in it, and no query string.
func (s *Server) logRequest(what string, status int, begin time.Time) {
	if s.o.Log == nil {
		return
	}
	end := fmt.Sprint(status)
	if status == 0 {
		end = "no answer"
	}
	s.logMu.Lock()
	defer s.logMu.Unlock()
	fmt.Fprintf(s.o.Log, "%s %s %s\n", what, end, time.Since(begin).Round(time.Microsecond))
}
