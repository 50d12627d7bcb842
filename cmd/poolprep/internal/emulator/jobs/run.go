package jobs

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/logs"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/validate"
	"poolprep/validate/rule"
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
func (s *Service) work() {
	defer close(s.done)
	tick := time.NewTicker(min(max(s.o.JobTTL, time.Second), time.Minute))
	defer tick.Stop()
	for {
		err := s.runActive()
		if s.o.Context.Err() != nil {
			return
		}
		if err != nil {
			s.o.Trouble(err)
		}
		select {
		case <-s.wake:
		case <-tick.C:
			if err := s.Expire(); err != nil {
				s.o.Trouble(err)
			}
		case <-s.o.Context.Done():
			return
		}
	}
}

// runActive runs the job that was started, if there is one, to its end.
func (s *Service) runActive() error {
	var j *job
	err := s.o.Store.View(func(tx *bbolt.Tx) (err error) {
		if id := store.ActiveJob(tx); id != "" {
			j, err = getJob(tx, id)
		}
		return err
	})
	if err != nil || j == nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(s.o.Context)
	defer cancel(nil)
	s.setRunning(j.ID, cancel)
	defer s.setRunning("", nil)
	return s.finish(j, s.runFile(ctx, j))
}

// setRunning notes how to interrupt the job that runs.
func (s *Service) setRunning(id string, interrupt context.CancelCauseFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.interrupt = id, interrupt
}

// stopRunning interrupts the job, if it is the one that runs. If it does not
// run yet, it finds its status when it begins.
func (s *Service) stopRunning(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == id {
		s.interrupt(errStopped)
	}
}

// finish ends a job whose run came to err, nil if all rows were dealt with.
// After errClosed the job is left to the next server of the data directory.
func (s *Service) finish(j *job, err error) error {
	if s.o.Context.Err() != nil {
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
		s.o.Trouble(err)
		status, message = statusFailed, s.texts.own("internal-error")
	}
	upload := ""
	err = s.o.Store.Update(func(tx *bbolt.Tx) error {
		kept, err := getJob(tx, j.ID)
		if err != nil {
			return err
		}
		if status == statusSucceeded {
			switch bad := kept.Failed + kept.Skipped; {
			case kept.Status == statusStopping: // after the last row
				status, message = statusStopped, messageStopped
			case float64(bad) > s.o.FailThreshold*float64(bad+kept.Imported):
				status, message = statusFailed, messageTooMany
			}
		}
		upload = kept.Upload
		kept.Status, kept.Message, kept.Completed, kept.Upload = status, message, s.now(), ""
		if err := store.SetActiveJob(tx, ""); err != nil {
			return err
		}
		return putJob(tx, kept)
	})
	if err == nil && upload != "" {
		s.uploads.remove(upload)
	}
	return err
}

// runFile imports the file of the job from where it was left.
func (s *Service) runFile(ctx context.Context, j *job) error {
	pool := s.o.Pools.Get(j.Pool)
	if pool == nil {
		return &failure{s.texts.own("pool-deleted")}
	}
	if j.Status == statusPending {
		if s.o.Pending > 0 {
			if err := s.Pause(ctx, s.o.Pending); err != nil {
				return stopCause(ctx, err)
			}
		}
		if code := s.o.FailJob(); code != "" {
			return &failure{s.texts.own(code)}
		}
		text, err := s.roleFailure(pool, j)
		if err != nil {
			return err
		}
		if text != "" {
			return &failure{text}
		}
	}
	if err := s.begin(j); err != nil {
		return err
	}
	if err := s.checkFile(ctx, pool, j); err != nil {
		return stopCause(ctx, err)
	}
	f, err := s.openFile(pool, j)
	if err != nil {
		return err
	}
	defer f.Close()
	x := s.newImporter(ctx, pool, j, newLayout(pool.Schema, pool.Attrs, f.names))
	var sum rule.Summary
	run := f.runOptions()
	run.Commit = x.take
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
func (s *Service) begin(j *job) error {
	return s.o.Store.Update(func(tx *bbolt.Tx) error {
		kept, err := getJob(tx, j.ID)
		if err != nil {
			return err
		}
		switch kept.Status {
		case statusStopping:
			return errStopped
		case statusPending:
			kept.Status, kept.Started = statusInProgress, s.now()
			log, err := logs.Open(tx, kept.ID)
			if err != nil {
				return err
			}
			now := s.now().UnixMilli()
			for range 2 {
				if err := kept.Add(log, now, testLogLine); err != nil {
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
