package jobs

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

type createInput struct {
	UserPoolID                                               *string `json:"UserPoolId"`
	JobName, CloudWatchLogsRoleArn, PasswordHashingAlgorithm *string
}

// oneJob is the answer of every operation about a single job.
type oneJob struct{ UserImportJob importJob }

// CreateUserImportJob creates an import job, with a URL for its file.
func (s *Service) CreateUserImportJob(c *wire.Call, in *createInput) (any, error) {
	var check wire.Constraints
	check.Text("jobName", in.JobName, wire.Text{Required: true, Min: 1, Max: wire.MaxJobName, Form: wire.JobNameForm})
	check.Pool(in.UserPoolID)
	check.Text("cloudWatchLogsRoleArn", in.CloudWatchLogsRoleArn, wire.Text{Required: true, Min: 20, Max: 2048, Form: wire.RoleForm})
	check.Text("passwordHashingAlgorithm", in.PasswordHashingAlgorithm, wire.Text{Max: 32, Form: wire.Algorithms})
	pool, err := s.o.Pools.Of(&check, in.UserPoolID)
	if err != nil {
		return nil, err
	}
	if in.PasswordHashingAlgorithm != nil && s.o.NoHashImport {
		return nil, wire.Fault("OperationNotEnabledException", "The import of password hashes is not enabled for the user pool %s.", pool.Schema.ID)
	}
	j := &job{Pool: pool.Schema.ID, Name: *in.JobName, Role: *in.CloudWatchLogsRoleArn, Status: statusCreated, Created: s.now()}
	if in.PasswordHashingAlgorithm != nil {
		j.Algorithm = *in.PasswordHashingAlgorithm
	}
	if err := s.o.Store.Update(func(tx *bbolt.Tx) error { return addJob(tx, j) }); err != nil {
		return nil, err
	}
	s.willExpire(j)
	return oneJob{s.describe(j, c.Host)}, nil
}

type jobInput struct {
	UserPoolID *string `json:"UserPoolId"`
	JobID      *string `json:"JobId"`
}

func (s *Service) checkJob(in *jobInput) (*pools.Pool, error) {
	var check wire.Constraints
	check.Pool(in.UserPoolID)
	check.Text("jobId", in.JobID, wire.Text{Required: true, Min: 1, Max: wire.MaxJobID, Form: wire.JobIDForm})
	return s.o.Pools.Of(&check, in.UserPoolID)
}

// DescribeUserImportJob returns an import job.
func (s *Service) DescribeUserImportJob(c *wire.Call, in *jobInput) (any, error) {
	if _, err := s.checkJob(in); err != nil {
		return nil, err
	}
	var j *job
	err := s.o.Store.View(func(tx *bbolt.Tx) (err error) {
		j, err = jobIn(tx, *in.UserPoolID, *in.JobID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return oneJob{s.describe(j, c.Host)}, nil
}

// StartUserImportJob starts a job that has a file, if none is active.
func (s *Service) StartUserImportJob(c *wire.Call, in *jobInput) (any, error) {
	pool, err := s.checkJob(in)
	if err != nil {
		return nil, err
	}
	var j *job
	err = s.o.Store.Update(func(tx *bbolt.Tx) (err error) {
		if j, err = jobIn(tx, *in.UserPoolID, *in.JobID); err != nil {
			return err
		}
		switch active := store.ActiveJob(tx); {
		case j.Status != statusCreated:
			return wire.Precondition("The import job %s has the status %s, and only one that was never started can be started.", j.ID, j.Status)
		case j.Upload == "":
			return wire.Precondition("No csv file was uploaded for %s", j.ID)
		case len(pool.Schema.AutoVerified) == 0:
			return wire.Precondition("The user pool has no auto-verified attribute, so no user can be imported.")
		case active != "":
			return wire.Precondition("The import job %s is active, and only one can be at a time.", active)
		}
		j.Status, j.Started = statusPending, s.now()
		if err := store.SetActiveJob(tx, j.ID); err != nil {
			return err
		}
		return putJob(tx, j)
	})
	if err != nil {
		return nil, err
	}
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
	return oneJob{s.describe(j, c.Host)}, nil
}

// StopUserImportJob stops a job that is active, and waits a moment for its end.
func (s *Service) StopUserImportJob(c *wire.Call, in *jobInput) (any, error) {
	if _, err := s.checkJob(in); err != nil {
		return nil, err
	}
	var j *job
	err := s.o.Store.Update(func(tx *bbolt.Tx) (err error) {
		if j, err = jobIn(tx, *in.UserPoolID, *in.JobID); err != nil {
			return err
		}
		if !j.active() {
			return wire.Precondition("The import job %s has the status %s, and only one that is active can be stopped.", j.ID, j.Status)
		}
		j.Status = statusStopping
		return putJob(tx, j)
	})
	if err != nil {
		return nil, err
	}
	s.stopRunning(j.ID)
	if j, err = s.awaitEnd(c.Context, j); err != nil {
		return nil, err
	}
	return oneJob{s.describe(j, c.Host)}, nil
}

// How long a call waits for a job to end that it stops: one that deals with rows as fast as it
// can may take long over a transaction.
const stopWait, slowStopWait = 300 * time.Millisecond, 5 * time.Second

// awaitEnd waits a moment for a job to end, and returns it as it is then.
func (s *Service) awaitEnd(ctx context.Context, j *job) (*job, error) {
	patience := stopWait
	if s.o.UsersPerSecond > 0 || s.o.Pending > 0 {
		patience = slowStopWait
	}
	// The time of the machine, not that of Options.Now, which may stand still.
	for deadline := time.Now().Add(patience); ; {
		var now *job
		err := s.o.Store.View(func(tx *bbolt.Tx) (err error) {
			now, err = jobIn(tx, j.Pool, j.ID)
			return err
		})
		if err != nil || !now.active() || time.Now().After(deadline) {
			return now, err
		}
		if pause(ctx, 2*time.Millisecond) != nil || s.o.Context.Err() != nil {
			return now, nil
		}
	}
}

type listJobsInput struct {
	UserPoolID      *string `json:"UserPoolId"`
	MaxResults      *int64
	PaginationToken *string
}

type listJobsOutput struct {
	UserImportJobs  []importJob
	PaginationToken string `json:",omitempty"`
}

// ListUserImportJobs lists the jobs of a pool, the newest first.
func (s *Service) ListUserImportJobs(c *wire.Call, in *listJobsInput) (any, error) {
	var check wire.Constraints
	check.Pool(in.UserPoolID)
	check.Number("maxResults", in.MaxResults, true, 1, 60)
	check.Text("paginationToken", in.PaginationToken, wire.Text{Min: 1, Max: wire.MaxToken, Form: wire.NoSpaceForm})
	pool, err := s.o.Pools.Of(&check, in.UserPoolID)
	if err != nil {
		return nil, err
	}
	scope := "jobs/" + pool.Schema.ID
	from := uint64(1<<64 - 1) // the page begins below it
	if in.PaginationToken != nil {
		position, ok := s.o.Store.Tokens().Position(scope, *in.PaginationToken)
		if !ok {
			return nil, wire.Invalid("The pagination token is not one of this list.")
		}
		from = store.NumberOf(position)
	}
	out := listJobsOutput{UserImportJobs: []importJob{}}
	err = s.o.Store.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(store.Jobs).Bucket([]byte(pool.Schema.ID))
		if b == nil {
			return nil
		}
		cursor := b.Cursor()
		key, text := before(cursor, store.Number(from))
		for ; key != nil; key, text = cursor.Prev() {
			if int64(len(out.UserImportJobs)) == *in.MaxResults {
				out.PaginationToken = s.o.Store.Tokens().Token(scope, store.Number(store.NumberOf(key)+1))
				return nil
			}
			j, err := parseJob(key, text)
			if err != nil {
				return err
			}
			out.UserImportJobs = append(out.UserImportJobs, s.describe(j, c.Host))
		}
		return nil
	})
	return out, err
}

// before moves the cursor to the last key below the given one.
func before(c *bbolt.Cursor, key []byte) (k, v []byte) {
	if k, _ = c.Seek(key); k == nil {
		return c.Last()
	}
	return c.Prev()
}
