package emulator

import (
	"fmt"

	"go.etcd.io/bbolt"
)

// poolOf returns the pool with a valid ID.
func (s *Server) poolOf(id *string) (*Pool, error) {
	if p := s.pools[*id]; p != nil {
		return p, nil
	}
	return nil, notFound("User pool %s does not exist.", *id)
}

type createInput struct {
	JobName, UserPoolID, CloudWatchLogsRoleArn, PasswordHashingAlgorithm *string
}

// oneJob is the answer of every operation about a single job.
type oneJob struct{ UserImportJob importJob }

func (s *Server) createUserImportJob(c *call, in *createInput) (any, error) {
	var check constraints
	check.check("jobName", in.JobName, text{required: true, min: 1, max: maxJobName, form: jobNameForm})
	check.pool(in.UserPoolID)
	check.check("cloudWatchLogsRoleArn", in.CloudWatchLogsRoleArn, text{required: true, min: 20, max: 2048, form: roleForm})
	check.check("passwordHashingAlgorithm", in.PasswordHashingAlgorithm, text{max: 32, form: algorithms})
	if err := check.err(); err != nil {
		return nil, err
	}
	pool, err := s.poolOf(in.UserPoolID)
	if err != nil {
		return nil, err
	}
	j := &job{Pool: pool.Schema.ID, Name: *in.JobName, Role: *in.CloudWatchLogsRoleArn, Status: statusCreated, Created: s.now()}
	if in.PasswordHashingAlgorithm != nil {
		j.Algorithm = *in.PasswordHashingAlgorithm
	}
	if err := s.state.db.Update(func(tx *bbolt.Tx) error { return addJob(tx, j) }); err != nil {
		return nil, err
	}
	s.willExpire(j)
	return oneJob{s.describe(j, c.host)}, nil
}

type jobInput struct{ UserPoolID, JobID *string }

func (s *Server) checkJob(in *jobInput) (*Pool, error) {
	var check constraints
	check.pool(in.UserPoolID)
	check.check("jobId", in.JobID, text{required: true, min: 1, max: maxJobID, form: jobIDForm})
	if err := check.err(); err != nil {
		return nil, err
	}
	return s.poolOf(in.UserPoolID)
}

func (s *Server) describeUserImportJob(c *call, in *jobInput) (any, error) {
	if _, err := s.checkJob(in); err != nil {
		return nil, err
	}
	var j *job
	err := s.state.db.View(func(tx *bbolt.Tx) (err error) {
		j, err = jobIn(tx, *in.UserPoolID, *in.JobID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return oneJob{s.describe(j, c.host)}, nil
}

func (s *Server) startUserImportJob(c *call, in *jobInput) (any, error) {
	pool, err := s.checkJob(in)
	if err != nil {
		return nil, err
	}
	var j *job
	err = s.state.db.Update(func(tx *bbolt.Tx) (err error) {
		if j, err = jobIn(tx, *in.UserPoolID, *in.JobID); err != nil {
			return err
		}
		meta := tx.Bucket(metaBucket)
		switch active := meta.Get(activeKey); {
		case j.Status != statusCreated:
			return precondition("The import job %s has the status %s, and only one that was never started can be started.", j.ID, j.Status)
		case j.Upload == "":
			return precondition("No csv file was uploaded for %s", j.ID)
		case len(pool.Schema.AutoVerified) == 0:
			return precondition("The user pool has no auto-verified attribute, so no user can be imported.")
		case active != nil:
			return precondition("The import job %s is active, and only one can be at a time.", active)
		}
		j.Status, j.Started = statusPending, s.now()
		if err := meta.Put(activeKey, []byte(j.ID)); err != nil {
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
	return oneJob{s.describe(j, c.host)}, nil
}

func (s *Server) stopUserImportJob(c *call, in *jobInput) (any, error) {
	if _, err := s.checkJob(in); err != nil {
		return nil, err
	}
	var j *job
	err := s.state.db.Update(func(tx *bbolt.Tx) (err error) {
		if j, err = jobIn(tx, *in.UserPoolID, *in.JobID); err != nil {
			return err
		}
		if !j.active() {
			return precondition("The import job %s has the status %s, and only one that is active can be stopped.", j.ID, j.Status)
		}
		j.Status = statusStopping
		return putJob(tx, j)
	})
	if err != nil {
		return nil, err
	}
	s.stopRunning(j.ID)
	return oneJob{s.describe(j, c.host)}, nil
}

type listJobsInput struct {
	UserPoolID      *string
	MaxResults      *int64
	PaginationToken *string
}

type listJobsOutput struct {
	UserImportJobs  []importJob
	PaginationToken string `json:",omitempty"`
}

func (s *Server) listUserImportJobs(c *call, in *listJobsInput) (any, error) {
	var check constraints
	check.pool(in.UserPoolID)
	check.number("maxResults", in.MaxResults, true, 1, 60)
	check.check("paginationToken", in.PaginationToken, text{min: 1, max: maxToken, form: noSpaceForm})
	if err := check.err(); err != nil {
		return nil, err
	}
	pool, err := s.poolOf(in.UserPoolID)
	if err != nil {
		return nil, err
	}
	scope := "jobs/" + pool.Schema.ID
	from := uint64(1<<64 - 1) // the page begins below it
	if in.PaginationToken != nil {
		position, ok := s.position(scope, *in.PaginationToken)
		if !ok {
			return nil, invalid("The pagination token is not one of this list.")
		}
		from = numberOf(position)
	}
	out := listJobsOutput{UserImportJobs: []importJob{}}
	err = s.state.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket(jobsBucket).Bucket([]byte(pool.Schema.ID))
		if b == nil {
			return nil
		}
		cursor := b.Cursor()
		key, text := before(cursor, number(from))
		for ; key != nil; key, text = cursor.Prev() {
			if int64(len(out.UserImportJobs)) == *in.MaxResults {
				out.PaginationToken = s.token(scope, number(numberOf(key)+1))
				return nil
			}
			j, err := parseJob(key, text)
			if err != nil {
				return err
			}
			out.UserImportJobs = append(out.UserImportJobs, s.describe(j, c.host))
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

type poolInput struct{ UserPoolID *string }

func (s *Server) checkPool(in *poolInput) (*Pool, error) {
	var check constraints
	check.pool(in.UserPoolID)
	if err := check.err(); err != nil {
		return nil, err
	}
	return s.poolOf(in.UserPoolID)
}

type csvHeader struct {
	UserPoolID string `json:"UserPoolId"`
	CSVHeader  []string
}

func (s *Server) getCSVHeader(_ *call, in *poolInput) (any, error) {
	pool, err := s.checkPool(in)
	if err != nil {
		return nil, err
	}
	return csvHeader{pool.Schema.ID, pool.Schema.Header}, nil
}

func (s *Server) describeUserPool(_ *call, in *poolInput) (any, error) {
	pool, err := s.checkPool(in)
	if err != nil {
		return nil, err
	}
	var users int64
	err = s.state.db.View(func(tx *bbolt.Tx) error {
		users = userCount(tx, pool.Schema.ID)
		return nil
	})
	return map[string]any{"UserPool": pool.describe(s.state.created, users)}, err
}

type listPoolsInput struct {
	MaxResults *int64
	NextToken  *string
}

type poolDescription struct {
	ID               string `json:"Id"`
	Name             string
	Status           string
	CreationDate     any
	LastModifiedDate any
}

type listPoolsOutput struct {
	UserPools []poolDescription
	NextToken string `json:",omitempty"`
}

func (s *Server) listUserPools(_ *call, in *listPoolsInput) (any, error) {
	var check constraints
	check.number("maxResults", in.MaxResults, true, 1, 60)
	check.check("nextToken", in.NextToken, text{min: 1, max: maxToken, form: noSpaceForm})
	if err := check.err(); err != nil {
		return nil, err
	}
	first := 0
	if in.NextToken != nil {
		position, ok := s.position("pools", *in.NextToken)
		if !ok {
			return nil, invalid("The pagination token is not one of this list.")
		}
		first = int(numberOf(position))
	}
	out := listPoolsOutput{UserPools: []poolDescription{}}
	for i := first; i < len(s.poolIDs); i++ {
		if int64(len(out.UserPools)) == *in.MaxResults {
			out.NextToken = s.token("pools", number(uint64(i)))
			break
		}
		d := s.pools[s.poolIDs[i]].describe(s.state.created, 0)
		out.UserPools = append(out.UserPools, poolDescription{
			ID: fmt.Sprint(d["Id"]), Name: fmt.Sprint(d["Name"]), Status: fmt.Sprint(d["Status"]),
			CreationDate: d["CreationDate"], LastModifiedDate: d["LastModifiedDate"],
		})
	}
	return out, nil
}
