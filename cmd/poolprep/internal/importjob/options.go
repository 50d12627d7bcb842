package importjob

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"sync"
	"time"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/validate"
)

// DefaultPrefix begins the names of jobs unless another is stated.
const DefaultPrefix = "poolprep"

// Options say how a run directory is imported.
type Options struct {
	Pool       string             // ID of the user pool; "": that of the journal
	Role       string             // ARN of the role that writes the job's log; "": that of the journal
	Prefix     string             // of job names; "": DefaultPrefix
	Poll       time.Duration      // between two looks at a job; 0: 2 s
	LineOffset cognito.Offset     // "": OffsetAuto
	Chunks     []int              // by number from 1; nil: all
	MaxFailed  validate.Tolerance // of the rows of the chunks that were begun; zero: DefaultMaxFailed
	Sources    []string           // where to look for the sources before where the manifest says
	API        cognito.API
	Logs       cognito.Logs
	Store      cognito.Store
	Clock      cognito.Clock // nil: SystemClock
	Observer   Observer
	Rand       *rand.Rand // nil: seeded by the system
}

// jobWords is what the service takes for the name of a job. The name goes on with
// the run, the chunk and the attempt.
var jobWords = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_ +=,.@-]{1,100}$`) })

// roleARN is what the service takes for the ARN of a role, in its own words.
var roleARN = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?$`)
})

// Lengths of such an ARN, in bytes.
const minRoleARN, maxRoleARN = 20, 2048

// complete fills in what is not stated, and reports what cannot be.
func (o *Options) complete() error {
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	o.completeBrakes()
	if o.Poll <= 0 {
		o.Poll = 2 * time.Second
	}
	if o.LineOffset == "" {
		o.LineOffset = cognito.OffsetAuto
	}
	if o.Clock == nil {
		o.Clock = cognito.SystemClock{}
	}
	switch {
	case o.Pool == "":
		return errors.New("--user-pool-id is missing: which pool shall the users go into?")
	case !jobWords().MatchString(o.Prefix):
		return fmt.Errorf("--job-prefix %q: at most 100 letters, digits, spaces and the characters _+=,.@- are expected", o.Prefix)
	case o.Role == "":
		return errors.New("--role-arn is missing: the role that lets the service write the job's log; `poolprep import role` shows how to make one")
	case len(o.Role) < minRoleARN || len(o.Role) > maxRoleARN || !roleARN().MatchString(o.Role):
		return fmt.Errorf("--role-arn %q is no ARN of a role; expected is one such as arn:aws:iam::111111111111:role/poolprep-import-logs, of at most 2,048 characters", o.Role[:min(len(o.Role), 100)])
	}
	return nil
}

// caller returns who makes the calls of an import.
func (o *Options) caller() *cognito.Caller {
	return cognito.NewCaller(cognito.CallerOptions{API: o.API, Logs: o.Logs, Notes: o.Observer, Clock: o.Clock, Rand: o.Rand, Gap: o.Poll})
}

// Complete fills in what is not stated, from the journal if an import has begun
// there, and reports what cannot be. It makes no call; Import and Plan begin with it.
func (d *RunDir) Complete(o *Options) error {
	s, err := d.readState()
	if err != nil {
		return err
	}
	if s.run != nil {
		o.Pool, o.Role = cmp.Or(o.Pool, s.run.Pool), cmp.Or(o.Role, s.run.Role)
	}
	return o.complete()
}
