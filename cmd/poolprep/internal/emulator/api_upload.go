package emulator

import (
	"errors"
	"net/http"
	"time"

	"poolprep/cmd/poolprep/internal/emulator/jobs"
)

// uploadFaults are the faults of an upload that is not taken.
var uploadFaults = map[FaultKind]jobs.UploadFault{Status500: jobs.FailUpload, Cut: jobs.CutUpload}

// serveUpload takes the file of a job.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	kind := s.faults.take(uploadOperation)
	err := s.jobs.Expire()
	if err == nil {
		err = s.jobs.Upload(r, uploadFaults[kind])
	}
	if kind == DropReply && err == nil || errors.Is(err, jobs.ErrCut) {
		s.logRequest(uploadOperation, 0, begin)
		abort(w)
		return
	}
	s.logRequest(uploadOperation, jobs.AnswerUpload(w, r, err), begin)
}
