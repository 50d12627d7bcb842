// Package jobs has the import jobs of the pools: the operations on them, the upload of their
// files by pre-signed URLs, and their run, which judges the rows of a file by package validate
// and makes users of them. It knows no faults; Options say when a row or a job fails that
// could have succeeded.
//
// Everything that a batch of rows changes - users, log events, the job's progress - is one
// transaction. A Service is safe for concurrent use; one goroutine runs jobs, one after the
// other.
package jobs

import (
	"context"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/roles"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/validate/rule"
)

// Options are what a Service needs. The first six but DataDir are required, and the functions.
type Options struct {
	Store   *store.Store
	Pools   *pools.Service
	Roles   *roles.Service
	DataDir string           // holds the uploads; "": they end with the process
	Context context.Context  // when it ends, the job that runs is left where it is, and none runs any more
	Now     func() time.Time // in any precision

	UsersPerSecond int                         // rows that a job deals with in a second; 0: as many as it can
	FailThreshold  float64                     // a job with a greater share of failed and skipped rows ends Failed
	URLTTL         time.Duration               // of pre-signed URLs, whole seconds
	JobTTL         time.Duration               // after which a job that was not started expires
	Pending        time.Duration               // for which a job that was started is Pending
	Severity       map[rule.Code]rule.Severity // of findings about a file, other than the usual ones; nil: none
	CheckRoles     bool                        // jobs look at their role even before a call of IAM was made in this state
	NoHashImport   bool                        // no job has an algorithm
	ForgetHashes   bool                        // imported password hashes are not kept
	Messages       map[string]string           // own texts by code, instead of the usual ones; nil: none

	FailRow func() bool   // whether the next sound row fails by an internal error
	FailJob func() string // why the next job fails, a code of MessageCodes; "" if it does not
	Trouble func(error)   // gets why a job could not do its work
}

// Service has the import jobs of all pools and their uploads, and the operations: a method with
// the name of one carries it out.
type Service struct {
	// Pause waits, unless the context ends first. It may be replaced before a job is started.
	Pause func(context.Context, time.Duration) error

	o       Options
	texts   texts
	uploads *uploads
	done    chan struct{} // closed when no job runs any more
	wake    chan struct{} // a job was started

	mu         sync.Mutex // guards what follows
	running    string     // ID of the job that runs, "": none
	interrupt  context.CancelCauseFunc
	nextExpiry time.Time // of the first job that will expire; zero: none
}

// New returns a Service, which is to be closed after the Context ended. A job that ran when the
// last one of the same state ended goes on. Uploads that no job needs are removed.
func New(o Options) (*Service, error) {
	s := &Service{Pause: pause, o: o, texts: o.Messages, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	var used map[string]bool
	err := o.Store.View(func(tx *bbolt.Tx) (err error) {
		used, s.nextExpiry, err = s.survey(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.uploads, err = openUploads(o.DataDir, used, s.hasJob); err != nil {
		return nil, err
	}
	go s.work()
	return s, nil
}

// Close waits until no job runs, and ends the use of the uploads.
func (s *Service) Close() error {
	<-s.done
	return s.uploads.close()
}

// now returns the time in the precision of the API: milliseconds.
func (s *Service) now() time.Time { return s.o.Now().Truncate(time.Millisecond).UTC() }

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
