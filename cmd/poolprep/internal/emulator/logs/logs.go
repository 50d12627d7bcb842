// Package logs has the logs of import jobs as CloudWatch Logs shows them: a group for each pool,
// a stream for each job, filter patterns, and queries of Logs Insights. The job that runs adds
// to its log within the transaction of what it logs, by Open and Progress. The package knows no
// more of a job than Job.
//
// A Service is safe for concurrent use; a Progress belongs to its job.
package logs

import (
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
)

// Options are what a Service needs. All members but Delay are required.
type Options struct {
	Store *store.Store
	Pools *pools.Service
	Now   func() time.Time // to the millisecond
	Delay time.Duration    // after which an event can be read

	// Jobs returns the jobs of a pool in the order of their numbers. They belong to the caller.
	Jobs func(tx *bbolt.Tx, pool string) ([]*Job, error)
}

// Service has the logs of all jobs, and the operations: a method with the name of one carries it out.
type Service struct {
	o       Options
	queries queries
}

// New returns a Service.
func New(o Options) *Service { return &Service{o: o} }
