package jobs

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/logs"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// The status values of a job.
const (
	statusCreated    = "Created"
	statusPending    = "Pending"
	statusInProgress = "InProgress"
	statusStopping   = "Stopping"
	statusStopped    = "Stopped"
	statusSucceeded  = "Succeeded"
	statusFailed     = "Failed"
	statusExpired    = "Expired"
)

// maxJobs is how many jobs a pool has at most. None is ever deleted.
const maxJobs = 1000

// job is an import job as the state keeps it.
type job struct {
	Pool      string
	ID        string
	Name      string
	Role      string
	Algorithm string `json:",omitempty"` // PasswordHashingAlgorithm
	Status    string
	Created   time.Time
	Started   time.Time `json:",omitzero"`
	Completed time.Time `json:",omitzero"`
	Message   string    `json:",omitempty"`
	Imported  int64
	Skipped   int64
	Failed    int64

	Upload string `json:",omitempty"` // name of the uploaded file
	Done   int64  // rows dealt with
	logs.Progress

	number uint64 // in the order of creation, within the pool
}

// active reports whether the job was started and has not ended.
func (j *job) active() bool {
	return j.Status == statusPending || j.Status == statusInProgress || j.Status == statusStopping
}

// importJob is UserImportJob of the API.
type importJob struct {
	JobName                  string
	JobID                    string `json:"JobId"`
	UserPoolID               string `json:"UserPoolId"`
	PreSignedURL             string `json:"PreSignedUrl"`
	CreationDate             wire.Epoch
	StartDate                *wire.Epoch `json:",omitempty"`
	CompletionDate           *wire.Epoch `json:",omitempty"`
	Status                   string
	CloudWatchLogsRoleArn    string
	ImportedUsers            int64
	SkippedUsers             int64
	FailedUsers              int64
	CompletionMessage        string `json:",omitempty"`
	PasswordHashingAlgorithm string `json:",omitempty"`
}

// describe returns the job as the API shows it to a client that reached us as host.
func (s *Service) describe(j *job, host string) importJob {
	return importJob{
		JobName: j.Name, JobID: j.ID, UserPoolID: j.Pool, PreSignedURL: s.UploadURL(host, j.Pool, j.ID, j.Created),
		CreationDate: wire.Epoch(j.Created), StartDate: wire.EpochOf(j.Started), CompletionDate: wire.EpochOf(j.Completed),
		Status: j.Status, CloudWatchLogsRoleArn: j.Role,
		ImportedUsers: j.Imported, SkippedUsers: j.Skipped, FailedUsers: j.Failed,
		CompletionMessage: j.Message, PasswordHashingAlgorithm: j.Algorithm,
	}
}

// newJobID returns one in the form of those seen: import- and ten letters or digits.
func newJobID() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	id := []byte("import-")
	var b [1]byte
	for len(id) < len("import-")+10 {
		_, _ = rand.Read(b[:]) // it never fails
		if i := int(b[0] & 63); i < len(alphabet) {
			id = append(id, alphabet[i])
		}
	}
	return string(id)
}

// putJob writes a job.
func putJob(tx *bbolt.Tx, j *job) error {
	b, err := store.In(tx, store.Jobs, j.Pool)
	if err != nil {
		return err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return b.Put(store.Number(j.number), text)
}

// addJob gives a new job its number and ID, and writes it.
func addJob(tx *bbolt.Tx, j *job) error {
	b, err := store.In(tx, store.Jobs, j.Pool)
	if err != nil {
		return err
	}
	if b.Sequence() >= maxJobs {
		return wire.Fault("LimitExceededException", "The pool has %d import jobs, and no more are possible.", maxJobs)
	}
	if j.number, err = b.NextSequence(); err != nil {
		return err
	}
	ids := tx.Bucket(store.JobIDs)
	for j.ID == "" || ids.Get([]byte(j.ID)) != nil {
		j.ID = newJobID()
	}
	if err := ids.Put([]byte(j.ID), append(store.Number(j.number), j.Pool...)); err != nil {
		return err
	}
	return putJob(tx, j)
}

// parseJob reads a job with the given key.
func parseJob(key, text []byte) (*job, error) {
	j := &job{number: store.NumberOf(key)}
	if err := json.Unmarshal(text, j); err != nil {
		return nil, fmt.Errorf("the state is damaged: job %d: %w", j.number, err)
	}
	return j, nil
}

// getJob returns the job with the ID, nil if the state has none.
func getJob(tx *bbolt.Tx, id string) (*job, error) {
	key := tx.Bucket(store.JobIDs).Get([]byte(id))
	if key == nil {
		return nil, nil
	}
	b := tx.Bucket(store.Jobs).Bucket(key[8:])
	return parseJob(key[:8], b.Get(key[:8]))
}

// jobIn returns the job of a pool, or a ResourceNotFoundException.
func jobIn(tx *bbolt.Tx, pool, id string) (*job, error) {
	j, err := getJob(tx, id)
	if err == nil && (j == nil || j.Pool != pool) {
		return nil, wire.NotFound("Import job %s does not exist.", id)
	}
	return j, err
}

// eachJob calls f with every job of a pool, oldest first.
func eachJob(tx *bbolt.Tx, pool string, f func(*job) error) error {
	b := tx.Bucket(store.Jobs).Bucket([]byte(pool))
	if b == nil {
		return nil
	}
	return b.ForEach(func(key, text []byte) error {
		j, err := parseJob(key, text)
		if err != nil {
			return err
		}
		return f(j)
	})
}

// ForLogs returns what the logs know of the jobs of a pool.
func ForLogs(tx *bbolt.Tx, pool string) (jobs []*logs.Job, err error) {
	err = eachJob(tx, pool, func(j *job) error {
		jobs = append(jobs, &logs.Job{ID: j.ID, Name: j.Name, Number: j.number, Started: j.Started, Events: j.Events})
		return nil
	})
	return jobs, err
}

// ActiveIn returns an error for the client if a job is active in a pool.
func ActiveIn(tx *bbolt.Tx, pool string) error {
	active := store.ActiveJob(tx)
	if active == "" {
		return nil
	}
	j, err := getJob(tx, active)
	if err == nil && j != nil && j.Pool == pool {
		return wire.Fault("UserImportInProgressException", "The import job %s is active in the user pool.", j.ID)
	}
	return err
}

// Erase removes the jobs of a pool, with their logs. done removes their uploads; it is to be
// called when the transaction is committed.
func (s *Service) Erase(tx *bbolt.Tx, pool string) (done func(), err error) {
	var uploads []string
	err = eachJob(tx, pool, func(j *job) error {
		if j.Upload != "" {
			uploads = append(uploads, j.Upload)
		}
		return errors.Join(tx.Bucket(store.JobIDs).Delete([]byte(j.ID)), logs.Erase(tx, j.ID))
	})
	if err != nil {
		return nil, err
	}
	done = func() {
		for _, name := range uploads {
			s.uploads.remove(name)
		}
	}
	return done, store.Drop(tx.Bucket(store.Jobs), pool)
}

// expires returns when a job expires, the zero time if it does not.
func (s *Service) expires(j *job) time.Time {
	if j.Status != statusCreated {
		return time.Time{}
	}
	return j.Created.Add(s.o.JobTTL)
}

// survey returns the names of the uploads that jobs still need, those of pools that are
// not served now included, and when the next job expires.
func (s *Service) survey(tx *bbolt.Tx) (used map[string]bool, next time.Time, err error) {
	used = make(map[string]bool)
	err = tx.Bucket(store.Jobs).ForEachBucket(func(pool []byte) error {
		return eachJob(tx, string(pool), func(j *job) error {
			if j.Upload != "" {
				used[j.Upload] = true
			}
			if t := s.expires(j); s.o.Pools.Get(j.Pool) != nil && !t.IsZero() && (next.IsZero() || t.Before(next)) {
				next = t
			}
			return nil
		})
	})
	return used, next, err
}

// hasJob reports whether the state has a job of that ID.
func (s *Service) hasJob(id string) (ok bool) {
	_ = s.o.Store.View(func(tx *bbolt.Tx) error { // which returns no error
		ok = id != "" && tx.Bucket(store.JobIDs).Get([]byte(id)) != nil
		return nil
	})
	return ok
}

// Expire ends the jobs whose time is over and deletes their data. It costs
// nothing while none is.
func (s *Service) Expire() error {
	now := s.now()
	s.mu.Lock()
	due := !s.nextExpiry.IsZero() && !now.Before(s.nextExpiry)
	s.mu.Unlock()
	if !due {
		return nil
	}
	var uploads []string
	var next time.Time
	err := s.o.Store.Update(func(tx *bbolt.Tx) error {
		var over []*job
		for _, p := range s.o.Pools.List() {
			err := eachJob(tx, p.Schema.ID, func(j *job) error {
				if t := s.expires(j); !t.IsZero() && !now.Before(t) {
					over = append(over, j)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		for _, j := range over {
			if j.Upload != "" {
				uploads = append(uploads, j.Upload)
			}
			j.Status, j.Message, j.Completed, j.Upload = statusExpired, messageExpired, now, ""
			if err := putJob(tx, j); err != nil {
				return err
			}
		}
		var err error
		_, next, err = s.survey(tx)
		if err == nil {
			s.mu.Lock()
			s.nextExpiry = next
			s.mu.Unlock()
		}
		return err
	})
	for _, name := range uploads {
		s.uploads.remove(name)
	}
	return err
}

// willExpire notes when a new job expires.
func (s *Service) willExpire(j *job) {
	t := s.expires(j)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nextExpiry.IsZero() || t.Before(s.nextExpiry) {
		s.nextExpiry = t
	}
}
