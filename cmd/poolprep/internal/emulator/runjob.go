package emulator

import (
	"context"
	"errors"
	"io"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/validate"
	"poolprep/validate/scan"
)

var (
	errStopped = errors.New("the job was stopped")
	errClosed  = errors.New("the server was closed")
)

// failure is why a job fails as a whole.
type failure struct{ message string }

func (e *failure) Error() string { return e.message }

// work runs one job after the other until the server is closed, and now and
// then ends jobs that were never started.
func (s *Server) work() {
	defer close(s.done)
	tick := time.NewTicker(min(max(s.o.JobTTL, time.Second), time.Minute))
	defer tick.Stop()
	for {
		err := s.runActive()
		if s.ctx.Err() != nil {
			return
		}
		if err != nil {
			s.trouble(err)
		}
		select {
		case <-s.wake:
		case <-tick.C:
			if err := s.expire(); err != nil {
				s.trouble(err)
			}
		case <-s.ctx.Done():
			return
		}
	}
}

// trouble tells of an error that no client gets.
func (s *Server) trouble(err error) {
	if s.o.Trouble != nil {
		s.o.Trouble(err)
	}
}

// runActive runs the job that was started, if there is one, to its end.
func (s *Server) runActive() error {
	var j *job
	err := s.state.db.View(func(tx *bbolt.Tx) (err error) {
		if id := tx.Bucket(metaBucket).Get(activeKey); id != nil {
			j, err = getJob(tx, string(id))
		}
		return err
	})
	if err != nil || j == nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	s.setRunning(j.ID, cancel)
	defer s.setRunning("", nil)
	return s.finish(j, s.run(ctx, j))
}

// setRunning notes how to interrupt the job that runs.
func (s *Server) setRunning(id string, interrupt context.CancelCauseFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.interrupt = id, interrupt
}

// stopRunning interrupts the job, if it is the one that runs. If it does not
// run yet, it finds its status when it begins.
func (s *Server) stopRunning(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == id {
		s.interrupt(errStopped)
	}
}

// finish ends a job whose run came to err, nil if all rows were dealt with.
// After errClosed the job is left to the next server of the data directory.
func (s *Server) finish(j *job, err error) error {
	if s.ctx.Err() != nil {
		return errClosed
	}
	status, message := statusSucceeded, messageSucceeded
	var whole *failure
	switch {
	case errors.Is(err, errStopped):
		status, message = statusStopped, messageStopped
	case errors.As(err, &whole):
		status, message = statusFailed, whole.message
	case err != nil:
		s.trouble(err)
		status, message = statusFailed, s.texts.own("internal-error")
	}
	upload := ""
	err = s.state.db.Update(func(tx *bbolt.Tx) error {
		kept, err := getJob(tx, j.ID)
		if err != nil {
			return err
		}
		if status == statusSucceeded {
			switch bad := kept.Failed + kept.Skipped; {
			case kept.Status == statusStopping: // after the last row
				status, message = statusStopped, messageStopped
			case float64(bad) > s.threshold*float64(bad+kept.Imported):
				status, message = statusFailed, messageTooMany
			}
		}
		upload = kept.Upload
		kept.Status, kept.Message, kept.Completed, kept.Upload = status, message, s.now(), ""
		if err := tx.Bucket(metaBucket).Delete(activeKey); err != nil {
			return err
		}
		return putJob(tx, kept)
	})
	if err == nil && upload != "" {
		s.uploads.remove(upload)
	}
	return err
}

// run imports the file of the job from where it was left.
func (s *Server) run(ctx context.Context, j *job) error {
	pool := s.pools[j.Pool]
	if pool == nil {
		return &failure{s.texts.own("pool-deleted")}
	}
	if err := s.begin(j); err != nil {
		return err
	}
	if err := s.checkFile(ctx, pool, j); err != nil {
		return stopCause(ctx, err)
	}
	in, rules, names, closer, err := s.openRows(pool, j)
	if err != nil {
		return err
	}
	defer closer.Close()
	rules.Columns = names
	v, err := validate.New(rules)
	if err != nil {
		return err
	}
	x := s.newImporter(ctx, pool, j, newLayout(pool.Schema, s.attrs[j.Pool], names))
	var sum validate.Summary
	run := validate.RunOptions{Input: in, Validator: v, Fields: len(names), Workers: workers, Commit: x.take}
	if err := validate.Run(ctx, run, &sum); err != nil {
		return stopCause(ctx, err)
	}
	return stopCause(ctx, x.flush())
}

// workers judge the rows of a job.
const workers = 2

// stopCause returns why ctx ended, if it did, instead of what came of that.
func stopCause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// begin changes a job that is Pending to InProgress and begins its log.
func (s *Server) begin(j *job) error {
	return s.state.db.Update(func(tx *bbolt.Tx) error {
		kept, err := getJob(tx, j.ID)
		if err != nil {
			return err
		}
		switch kept.Status {
		case statusStopping:
			return errStopped
		case statusPending:
			kept.Status = statusInProgress
			log, err := logOf(tx, kept)
			if err != nil {
				return err
			}
			now := s.now().UnixMilli()
			for range 2 {
				if err := appendEvent(log, kept, now, testLogLine); err != nil {
					return err
				}
			}
			if err := putJob(tx, kept); err != nil {
				return err
			}
		}
		*j = *kept
		return nil
	})
}

// openRows opens the file of a job and reads its header, which must be one that
// the pool accepts.
func (s *Server) openRows(pool *Pool, j *job) (in *validate.Input, rules validate.Options, names []string, closer io.Closer, err error) {
	rules = importRules(pool.Schema, j.Algorithm)
	f, err := s.uploads.open(j.Upload)
	if err != nil {
		return nil, rules, nil, nil, err
	}
	in, err = validate.NewInput("the csv file", f, scan.Pos{Line: 1}, scan.Dialect{Kind: scan.Cognito}, 0)
	if err == nil {
		names, err = s.readHeader(in, rules)
	}
	if err != nil {
		f.Close()
	}
	return in, rules, names, f, err
}

// readHeader reads the header and returns its names.
func (s *Server) readHeader(in *validate.Input, rules validate.Options) ([]string, error) {
	h, err := in.ReadHeader()
	switch {
	case err == io.EOF:
		return nil, s.fileFailure(rules, validate.FileEmpty, "the file is empty")
	case err != nil:
		// The error may hold a byte of the file, which is nobody's business.
		return nil, &failure{s.texts.own("file-unreadable")}
	}
	findings := validate.CheckHeader(rules, in.Name, h)
	if len(h.Names) > 0 && len(h.Raw) >= 3 && string(h.Raw[:3]) == "\xef\xbb\xbf" {
		return nil, s.fileFailure(rules, validate.FileBOM, "")
	}
	for i := range findings {
		if findings[i].Severity == validate.Error {
			return nil, &failure{s.texts.file(&findings[i])}
		}
	}
	return h.Names, nil
}

// fileFailure fails a job because of its file.
func (s *Server) fileFailure(rules validate.Options, code validate.Code, detail string) error {
	f, _ := validate.FileFinding(rules, code, "", detail, 0, validate.MaxFileRows)
	return &failure{s.texts.file(&f)}
}

// checkFile looks for what fails the job as a whole, before any user is made.
func (s *Server) checkFile(ctx context.Context, pool *Pool, j *job) error {
	if j.Done > 0 {
		return nil // it was done when the job began
	}
	in, rules, names, closer, err := s.openRows(pool, j)
	if err != nil {
		return err
	}
	defer closer.Close()
	rules.Columns = names
	v, err := validate.New(rules)
	if err != nil {
		return err
	}
	var sum validate.Summary
	run := validate.RunOptions{Input: in, Validator: v, Fields: len(names), Workers: workers, Limit: validate.MaxFileRows + 1}
	if err := validate.Run(ctx, run, &sum); err != nil {
		return err
	}
	switch {
	case sum.RowsRead > validate.MaxFileRows:
		return s.fileFailure(rules, validate.FileTooManyRows, "")
	case sum.RowsRead == 0:
		return s.fileFailure(rules, validate.FileEmpty, "the file has a header and no row")
	}
	return nil
}
