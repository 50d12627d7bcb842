// Package emulator is the import service of user pools on one machine: an
// http.Handler that speaks the protocol of the service's own API, takes uploads
// by pre-signed URLs, runs import jobs and keeps their logs as CloudWatch Logs
// does. Real clients work against it unmodified.
//
// Rows are judged by packages validate and judge. Where the service's behaviour is known
// the emulator follows it; where it is not, the emulator makes a choice, and
// docs/emulator.md says so. It checks no credentials: it is for tests and
// rehearsals on the loopback interface.
//
// State is one bbolt database and one file for each upload. Everything that a
// batch of rows changes - users, log events, the job's progress - is one
// transaction, so that a kill at any moment neither doubles nor loses a user.
//
// A Server is safe for concurrent use: calls share the database, and one goroutine runs
// jobs, one after the other. Memory is bounded by a batch of rows (8 MB of records) and an
// answer (1 MB of log events). Without DataDir the state and each upload are unnamed files
// that end with the process. Options belong to the server from New on.
//
// Each subject has a package: wire is the protocol, store the state; pools, users (with
// groups), signin, jobs (with uploads and rows), logs and roles have a Service with the
// operations; hashes and outbox serve users and signin, and console is the page. None of them
// imports this package, and each gets what it needs of the others by its Options. Here are
// the requests, the table of operations, which says of each its name, who may call it and
// which method of a Service carries it out, and the faults.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/jobs"
	"poolprep/cmd/poolprep/internal/emulator/logs"
	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/roles"
	"poolprep/cmd/poolprep/internal/emulator/signin"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/users"
	"poolprep/validate/rule"
	"poolprep/validate/suggest"
)

// Defaults of Options.
const (
	DefaultURLTTL        = 899 * time.Second // the service's quarter of an hour
	DefaultJobTTL        = 24 * time.Hour    // the service says 24 to 48 hours
	DefaultFailThreshold = 0.5
)

// StateFile is the name of the database in the data directory, UploadDir that of the directory
// of the uploads.
const (
	StateFile = store.StateFile
	UploadDir = store.UploadDir
)

// HoldsState reports whether dir is the data directory of an emulator.
func HoldsState(dir string) bool { return store.HoldsState(dir) }

// Pool is a user pool to emulate. It is immutable.
type Pool = pools.Pool

// LoadPool reads a file that holds the answer of DescribeUserPool.
func LoadPool(path string) (*Pool, error) { return pools.Load(path) }

// ParsePool reads the answer of DescribeUserPool. name is that of the file, for errors, and for
// the Id of a pool that states none.
func ParsePool(name string, data []byte) (*Pool, error) { return pools.Parse(name, data) }

// DefaultPool returns the embedded pool, with the Id local_default.
func DefaultPool() *Pool { return pools.Default() }

// MessageCodes returns the codes of the texts that Options.Messages may change: those of the
// findings, and the emulator's own.
func MessageCodes() []string { return jobs.MessageCodes() }

// Options say what is emulated. The zero value is the embedded pool, state
// that ends with the server, and work as fast as the machine can.
type Options struct {
	Pools   []*Pool // nil: DefaultPool alone
	DataDir string  // holds the state, made if it is not there, and nothing else; "": nothing outlives the server

	UsersPerSecond int                         // rows that a job deals with in a second; 0: as many as it can
	FailThreshold  *float64                    // a job with a greater share of failed and skipped rows ends Failed; nil: DefaultFailThreshold
	URLTTL         time.Duration               // of pre-signed URLs, whole seconds; 0: DefaultURLTTL
	JobTTL         time.Duration               // after which a job that was not started expires; 0: DefaultJobTTL
	LogDelay       time.Duration               // after which a log event can be read
	Pending        time.Duration               // for which a job that was started is Pending
	Severity       map[rule.Code]rule.Severity // of findings about a file, other than the usual ones: what is no error does not fail a job or a row
	CheckRoles     bool                        // jobs look at their role even before a call of IAM was made in this state
	NoHashImport   bool                        // pools do not take password hashes: no column in the template, no job with an algorithm
	ForgetHashes   bool                        // imported password hashes are not kept, and those of earlier are removed: nobody can sign in with them

	Faults   []Fault
	Messages map[string]string // own texts by code, see MessageCodes, instead of the usual ones

	Pages   http.Handler     // serves GET and HEAD; nil: a line of text at /
	Log     io.Writer        // takes a line for each request: operation, status, duration; nil: none
	Trouble func(error)      // gets why a job could not do its work, from any goroutine; nil: nobody
	Now     func() time.Time // nil: time.Now
}

// Server emulates the service. It is an http.Handler and safe for concurrent use.
type Server struct {
	o         Options
	threshold float64
	faults    faults
	calls     sync.RWMutex       // held for reading by every call of the API, and for writing by those that change pools
	cancel    context.CancelFunc // ends the work of jobs
	logMu     sync.Mutex

	store  *store.Store
	pools  *pools.Service
	users  *users.Service
	logs   *logs.Service
	signin *signin.Service
	roles  *roles.Service
	jobs   *jobs.Service
}

// New starts a server. A job that ran when the server of the same DataDir
// ended goes on. The server is to be closed.
func New(o Options) (*Server, error) {
	s := &Server{o: o}
	if err := s.resolve(); err != nil {
		return nil, err
	}
	err := store.CheckDir(o.DataDir)
	if err != nil {
		return nil, err
	}
	if s.store, err = store.Open(o.DataDir, s.now()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	if err := s.open(ctx); err != nil {
		cancel()
		return nil, errors.Join(err, s.store.Close())
	}
	return s, nil
}

// resolve checks the options and fills in the defaults.
func (s *Server) resolve() error {
	o := &s.o
	if o.URLTTL == 0 {
		o.URLTTL = DefaultURLTTL
	}
	if o.JobTTL == 0 {
		o.JobTTL = DefaultJobTTL
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Pages == nil {
		o.Pages = http.HandlerFunc(plainPage)
	}
	s.threshold = DefaultFailThreshold
	if o.FailThreshold != nil {
		s.threshold = *o.FailThreshold
	}
	switch {
	case o.URLTTL < time.Second || o.URLTTL > 7*24*time.Hour:
		return fmt.Errorf("a pre-signed URL is good for 1 second to 7 days, not for %v", o.URLTTL)
	case o.JobTTL < 0 || o.LogDelay < 0 || o.Pending < 0 || o.UsersPerSecond < 0:
		return errors.New("a time to live, a delay or a rate cannot be negative")
	case !(s.threshold >= 0 && s.threshold <= 1):
		return fmt.Errorf("the share of rows above which a job fails lies between 0 and 1, not at %v", s.threshold)
	}
	for code := range o.Messages {
		if codes := MessageCodes(); !slices.Contains(codes, code) {
			return fmt.Errorf("unknown message code %q%s", code, suggest.DidYouMean(code, codes))
		}
	}
	s.faults.list = append(s.faults.list, o.Faults...)
	if len(o.Pools) == 0 {
		o.Pools = []*Pool{DefaultPool()}
	}
	ids := make(map[string]bool)
	for _, p := range o.Pools {
		if ids[p.Schema.ID] {
			return fmt.Errorf("two pools have the Id %s; the Id of a pool is unique", p.Schema.ID)
		}
		ids[p.Schema.ID] = true
	}
	return nil
}

// open makes the services. Jobs are the last: one that was left begins at once, and runs until
// ctx ends.
func (s *Server) open(ctx context.Context) error {
	var err error
	s.pools, err = pools.New(pools.Options{
		Store: s.store, Given: s.o.Pools, Now: s.now, NoHashImport: s.o.NoHashImport, Busy: jobs.ActiveIn, Erase: s.erasePool,
	})
	if err != nil {
		return err
	}
	s.users, err = users.New(users.Options{Store: s.store, Pools: s.pools, Now: s.now, ForgetHashes: s.o.ForgetHashes})
	if err != nil {
		return err
	}
	s.logs = logs.New(logs.Options{Store: s.store, Pools: s.pools, Now: s.now, Delay: s.o.LogDelay, Jobs: jobs.ForLogs})
	if err := s.openSignin(); err != nil {
		return err
	}
	if s.roles, err = roles.New(s.store.DB, pools.Account, s.now); err != nil {
		return err
	}
	s.jobs, err = jobs.New(jobs.Options{
		Store: s.store, Pools: s.pools, Roles: s.roles, DataDir: s.o.DataDir, Context: ctx, Now: s.o.Now,
		UsersPerSecond: s.o.UsersPerSecond, FailThreshold: s.threshold, URLTTL: s.o.URLTTL, JobTTL: s.o.JobTTL, Pending: s.o.Pending,
		Severity: s.o.Severity, CheckRoles: s.o.CheckRoles, NoHashImport: s.o.NoHashImport, ForgetHashes: s.o.ForgetHashes, Messages: s.o.Messages,
		FailRow: s.failRow, FailJob: s.failJob, Trouble: s.trouble,
	})
	return err
}

// Close ends the server's work. A job that runs is left where it is.
func (s *Server) Close() error {
	s.cancel()
	return errors.Join(s.jobs.Close(), s.store.Close())
}

// now returns the time in the precision of the API: milliseconds.
func (s *Server) now() time.Time { return s.o.Now().Truncate(time.Millisecond).UTC() }

// trouble reports an error that no client gets.
func (s *Server) trouble(err error) {
	if s.o.Trouble != nil {
		s.o.Trouble(err)
	}
}

// erasePool removes all that belongs to a pool.
func (s *Server) erasePool(tx *bbolt.Tx, id string) (done func(), err error) {
	done, err = s.jobs.Erase(tx, id)
	return done, errors.Join(err, users.Erase(tx, id), signin.ErasePool(tx, id))
}
