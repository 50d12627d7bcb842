package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"poolprep/cmd/poolprep/internal/emulator/wire"
	"poolprep/validate/suggest"
)

// FaultKind is what goes wrong.
type FaultKind string

// The kinds of faults.
const (
	DropReply FaultKind = "drop-reply" // carried out, but the connection closes without an answer
	Throttle  FaultKind = "throttle"   // not carried out: too many requests
	Status500 FaultKind = "500"        // not carried out: internal error
	Cut       FaultKind = "cut"        // an upload whose connection closes in the middle of the body

	NotAuthorized  FaultKind = "notauthorized" // not carried out: whoever calls may not
	RowInternal    FaultKind = "internal"      // a row that fails by an error of the service; the job goes on
	JobRole        FaultKind = "role"          // a job that fails for its role
	JobPoolDeleted FaultKind = "pool-deleted"  // a job that fails since its pool is gone
)

// What else goes wrong but calls.
const (
	rowTarget = "row"
	jobTarget = "job"
)

// uploadOperation is what the upload is called in faults and in the request log.
const uploadOperation = "upload"

// Fault makes the first calls of an operation go wrong.
type Fault struct {
	Operation string
	Kind      FaultKind
	Calls     int // how many
}

// FaultTargets returns what can go wrong: the operations of the API, the upload, rows and jobs.
func FaultTargets() []string { return append(Operations(), uploadOperation, rowTarget, jobTarget) }

// FaultKinds returns how calls of an operation can go wrong.
func FaultKinds(operation string) []string {
	switch operation {
	case uploadOperation:
		return []string{string(DropReply), string(Cut), string(Status500)}
	case rowTarget:
		return []string{string(RowInternal)}
	case jobTarget:
		return []string{string(JobRole), string(JobPoolDeleted)}
	}
	return []string{string(DropReply), string(Throttle), string(Status500), string(NotAuthorized)}
}

// ParseFault reads OPERATION:KIND:N, such as StartUserImportJob:drop-reply:1 or
// upload:cut:2.
func ParseFault(text string) (Fault, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return Fault{}, fmt.Errorf("%q is no fault: expected is OPERATION:KIND:N, such as StartUserImportJob:drop-reply:1 or upload:cut:2", text)
	}
	f := Fault{Operation: parts[0], Kind: FaultKind(parts[1])}
	names := FaultTargets()
	if !slices.Contains(names, f.Operation) {
		return f, fmt.Errorf("fault %q: unknown operation %q%s (one of the API's, upload, row or job)", text, f.Operation, suggest.DidYouMean(f.Operation, names))
	}
	kinds := FaultKinds(f.Operation)
	if !slices.Contains(kinds, parts[1]) {
		return f, fmt.Errorf("fault %q: unknown kind %q%s (%s)", text, parts[1], suggest.DidYouMean(parts[1], kinds), strings.Join(kinds, ", "))
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil || n < 1 {
		return f, fmt.Errorf("fault %q: how many calls go wrong is a number from 1", text)
	}
	f.Calls = n
	return f, nil
}

// faults are those still to come. It is safe for concurrent use.
type faults struct {
	mu   sync.Mutex
	list []Fault
}

// take returns the fault of this call of the operation, "" for none.
func (f *faults) take(operation string) FaultKind {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		if x := &f.list[i]; x.Operation == operation && x.Calls > 0 {
			x.Calls--
			return x.Kind
		}
	}
	return ""
}

// failRow reports whether the next row fails.
func (s *Server) failRow() bool { return s.faults.take(rowTarget) == RowInternal }

// failJob returns the code of the message why the next job fails, "" if it does not.
func (s *Server) failJob() string {
	switch s.faults.take(jobTarget) {
	case JobRole:
		return "role-unknown"
	case JobPoolDeleted:
		return "pool-deleted"
	}
	return ""
}

// faultError is what the client of the API gets instead of an answer.
func faultError(kind FaultKind, logs bool) error {
	switch {
	case kind == NotAuthorized && logs:
		return wire.Fault("AccessDeniedException", "You are not authorized to perform this action.")
	case kind == NotAuthorized:
		return wire.Fault("NotAuthorizedException", "You are not authorized to perform this action.")
	case kind == Throttle && logs:
		return wire.Fault("ThrottlingException", "Rate exceeded")
	case kind == Throttle:
		return wire.Fault("TooManyRequestsException", "Too many requests")
	case logs:
		return &wire.Error{Status: http.StatusInternalServerError, Kind: "ServiceUnavailableException", Message: "The service cannot complete the request."}
	}
	return &wire.Error{Status: http.StatusInternalServerError, Kind: "InternalErrorException", Message: "Something went wrong"}
}
