// Package cognito is the only client of AWS: it makes the calls that an import into a
// user pool needs, one at a time, at the pace that the service allows and with
// repetition where that is safe; it uploads the file of a job, makes the log role, and
// reads the logs of jobs, live ones and saved ones, by row.
//
// It decides nothing about an import: which job belongs to which chunk, what is recorded
// before a call, and what follows from an answer is decided by package importjob. A call
// with consequences (create, start) is made once; the caller checks its effect before
// another one.
//
// A Client and a Store are safe for concurrent use; a Caller and a RowLog are for one
// goroutine. What is returned belongs to the caller. Nothing that is kept or shown holds
// a pre-signed URL, a credential or user data, but for the messages of a log.
package cognito

import (
	"context"
	"time"
)

// Status is the state of an import job, in the words of the service.
type Status string

// The states. A job goes from Created over Pending and InProgress to Succeeded or
// Failed, or over Stopping to Stopped; one that is not started in time is Expired.
const (
	Created    Status = "Created"
	Pending    Status = "Pending"
	InProgress Status = "InProgress"
	Stopping   Status = "Stopping"
	Stopped    Status = "Stopped"
	Succeeded  Status = "Succeeded"
	Failed     Status = "Failed"
	Expired    Status = "Expired"
)

// String returns the status in the service's word, which may be any text.
func (s Status) String() string { return string(s) }

// Ended reports whether a job in this state stays as it is.
func (s Status) Ended() bool {
	return s == Stopped || s == Succeeded || s == Failed || s == Expired
}

// Active reports whether a job in this state keeps others from being started.
func (s Status) Active() bool { return s == Pending || s == InProgress || s == Stopping }

// Known reports whether this is one of the states above.
func (s Status) Known() bool { return s.Ended() || s.Active() || s == Created }

// Job is an import job as the service describes it.
type Job struct {
	ID, Name, Pool             string
	Status                     Status
	Message                    string // of a job that has ended
	URL                        string // pre-signed, a secret: it is never written anywhere
	Imported, Skipped, Failed  int64  // users so far
	Created, Started, Complete time.Time
}

// Seen returns how many rows the job has judged so far.
func (j *Job) Seen() int64 { return j.Imported + j.Skipped + j.Failed }

// MayHaveJudged reports whether a job can have judged rows.
func (j *Job) MayHaveJudged() bool { return j.Status != Created && j.Status != Expired }

// User is a user of a pool.
type User struct {
	Username          string
	Status            string
	Created, Modified time.Time
	Attributes        map[string]string // "sub" among them
}

// JobRequest is what a job is created with.
type JobRequest struct {
	Pool, Name, Role string
	Algorithm        string // PasswordHashingAlgorithm; "": none
}

// API is what is asked of the user-pool service. Each method makes one call and
// repeats nothing. Implementations are safe for concurrent use.
type API interface {
	CreateJob(ctx context.Context, in JobRequest) (Job, error)
	StartJob(ctx context.Context, pool, id string) (Job, error)
	StopJob(ctx context.Context, pool, id string) (Job, error)
	DescribeJob(ctx context.Context, pool, id string) (Job, error)
	// ListJobs returns a page of jobs, newest first, and the token of the next one, "" after the last.
	ListJobs(ctx context.Context, pool, token string) ([]Job, string, error)
	// Header returns the columns of the pool's template.
	Header(ctx context.Context, pool string) ([]string, error)
	// DescribePool returns the pool as JSON, in the form {"UserPool":{...}}.
	DescribePool(ctx context.Context, pool string) ([]byte, error)
	ResetPassword(ctx context.Context, pool, username string) error
	GetUser(ctx context.Context, pool, username string) (User, error)
	DeleteUser(ctx context.Context, pool, username string) error
	GetGroup(ctx context.Context, pool, group string) error
	CreateGroup(ctx context.Context, pool, group string) error
	AddToGroup(ctx context.Context, pool, username, group string) error
	// ListUsers returns a page of users, and the token of the next one, "" after the last.
	ListUsers(ctx context.Context, pool, token string) ([]User, string, error)
}

// Logs is what is asked of the log service.
type Logs interface {
	// Groups returns the names of log groups that begin with prefix, at most 50.
	Groups(ctx context.Context, prefix string) ([]string, error)
	// Events returns messages of a log stream, oldest first, from token on ("": from
	// the beginning), and the token to go on with. The same token again means that
	// there is nothing more for now.
	Events(ctx context.Context, group, stream, token string) (messages []string, next string, err error)
}
