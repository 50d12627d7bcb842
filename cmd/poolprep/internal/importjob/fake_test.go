package importjob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/validate"
)

// fakeClock is time that passes only when somebody waits for it.
type fakeClock struct {
	now    time.Time
	sleeps int
	passed func() // called whenever time has passed
}

func newFakeClock() *fakeClock {
	return &fakeClock{now: time.Date(2026, 7, 4, 22, 0, 0, 0, time.UTC), passed: func() {}}
}

func (c *fakeClock) Now() time.Time { return c.now }
func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	if c.sleeps++; c.sleeps > 1_000_000 {
		panic("the driver waits for ever")
	}
	c.now = c.now.Add(d)
	c.passed()
	return ctx.Err()
}

// fakeJob is a job of the fake service.
type fakeJob struct {
	cognito.Job
	request  cognito.JobRequest
	content  []byte // nil: nothing was uploaded
	rows     []string
	next     int // row that is judged next
	log      []string
	listedAt time.Time
	seenAt   time.Time // until then it is described as Created
	loggedAt time.Time // until then the log is empty
}

// ran reports whether the job has judged a row, or could have.
func (j *fakeJob) ran() bool { return !j.Started.IsZero() }

// fake is an import service in memory. It is for one goroutine.
type fake struct {
	clock           *fakeClock
	rand            *rand.Rand
	header          []string
	verified        string // AutoVerifiedAttributes, as JSON
	jobs            []*fakeJob
	users           map[string]int // how often each was created
	people          map[string]*cognito.User
	deleted         map[string]int // how often each was deleted
	groups          map[string]map[string]bool
	rate            int // rows a second
	urlTTL          time.Duration
	jobTTL          time.Duration
	lag             time.Duration // at most, of everything that is seen late
	busy            time.Time     // until then a job of another pool is active
	first           int           // number of the first user in the log
	failAll         string        // message with which every job fails as a whole
	chaos           func(operation string) (before, after func() error)
	calls           map[string]int
	resets          []string
	noLog           func(line string) bool // lines that get lost
	poolName, group string                 // the latter ends the name of the log group
}

const fakePool = "us-east-1_fake"

func newFake(clock *fakeClock) *fake {
	f := &fake{
		clock: clock, rand: rand.New(rand.NewPCG(1, 1)), header: []string{"email", "email_verified", "cognito:username"}, verified: `["email"]`,
		users: make(map[string]int), people: make(map[string]*cognito.User), deleted: make(map[string]int), groups: make(map[string]map[string]bool), rate: 3, urlTTL: 15 * time.Minute, jobTTL: 24 * time.Hour, first: 2, poolName: "people", group: "people", calls: make(map[string]int),
		chaos: func(string) (before, after func() error) { return nil, nil }, noLog: func(string) bool { return false },
	}
	clock.passed = f.advance
	return f
}

// options are those of an import into the fake.
func (f *fake) options() Options {
	return Options{
		Pool: fakePool, Role: "arn:aws:iam::111111111111:role/logs", API: f, Logs: f, Store: f, Clock: f.clock,
		Observer: &recorder{}, Rand: f.rand, MaxFailed: atMost("100%"),
	}
}

// atMost returns a limit.
func atMost(text string) validate.Tolerance {
	t, err := validate.ParseTolerance(text)
	if err != nil {
		panic(err)
	}
	return t
}

// recorder keeps what an observer receives.
type recorder struct{ notes, details []string }

func (r *recorder) Note(text string)   { r.notes = append(r.notes, text) }
func (r *recorder) Detail(text string) { r.details = append(r.details, text) }
func (r *recorder) Progress(Progress)  {}
func (r *recorder) all() string        { return strings.Join(append(r.notes, r.details...), "\n") }

// do carries out an operation with what chaos makes of it.
func (f *fake) do(operation string, what func() error) error {
	f.calls[operation]++
	before, after := f.chaos(operation)
	if before != nil {
		if err := before(); err != nil {
			return err
		}
	}
	f.advance()
	if err := what(); err != nil {
		return err
	}
	if after != nil {
		return after()
	}
	return nil
}

func refusal(operation, code, message string) error {
	return &cognito.CallError{Operation: operation, Code: code, Message: message, Kind: cognito.Refused}
}

// late returns a moment from now to the greatest lag.
func (f *fake) late() time.Time {
	if f.lag == 0 {
		return f.clock.now
	}
	return f.clock.now.Add(time.Duration(f.rand.Int64N(int64(f.lag))))
}

// find returns a job as it is described.
func (f *fake) find(operation, id string) (*fakeJob, error) {
	for _, j := range f.jobs {
		if j.ID == id {
			return j, nil
		}
	}
	return nil, refusal(operation, cognito.CodeNotFound, "no such job")
}

func (f *fake) describe(j *fakeJob) cognito.Job {
	out := j.Job
	if f.clock.now.Before(j.seenAt) {
		out.Status = cognito.Created
	}
	return out
}

func (f *fake) CreateJob(_ context.Context, in cognito.JobRequest) (out cognito.Job, err error) {
	err = f.do("CreateUserImportJob", func() error {
		id := fmt.Sprintf("import-%010d", len(f.jobs)+1)
		j := &fakeJob{request: in, listedAt: f.late(), Job: cognito.Job{
			ID: id, Name: in.Name, Pool: in.Pool, Status: cognito.Created, Created: f.clock.now,
			URL: fmt.Sprintf("https://store.example/%s?X-Amz-Signature=%s&expires=%d", id, fakeSignature, f.clock.now.Add(f.urlTTL).Unix()),
		}}
		f.jobs = append(f.jobs, j)
		out = j.Job
		return nil
	})
	return out, err
}

const fakeSignature = "signature7391"

func (f *fake) StartJob(_ context.Context, _, id string) (out cognito.Job, err error) {
	const operation = "StartUserImportJob"
	err = f.do(operation, func() error {
		j, err := f.find(operation, id)
		switch {
		case err != nil:
			return err
		case j.Status != cognito.Created:
			return refusal(operation, cognito.CodePrecondition, "the job was started before")
		case j.content == nil:
			return refusal(operation, cognito.CodePrecondition, "No csv file was uploaded for "+id)
		case f.active() != nil || f.clock.now.Before(f.busy):
			return refusal(operation, cognito.CodePrecondition, "another job is active")
		}
		j.Status, j.Started, j.seenAt = cognito.Pending, f.clock.now, f.late()
		j.loggedAt = f.late()
		j.rows = strings.Split(strings.TrimSuffix(string(j.content), "\n"), "\n")[1:]
		out = j.Job
		return nil
	})
	return out, err
}

func (f *fake) StopJob(_ context.Context, _, id string) (out cognito.Job, err error) {
	const operation = "StopUserImportJob"
	err = f.do(operation, func() error {
		j, err := f.find(operation, id)
		if err != nil {
			return err
		}
		if !j.Status.Active() {
			return refusal(operation, cognito.CodePrecondition, "the job is not active")
		}
		j.Status = cognito.Stopping
		out = j.Job
		return nil
	})
	return out, err
}

func (f *fake) DescribeJob(_ context.Context, _, id string) (out cognito.Job, err error) {
	const operation = "DescribeUserImportJob"
	err = f.do(operation, func() error {
		j, err := f.find(operation, id)
		if err != nil {
			return err
		}
		out = f.describe(j)
		return nil
	})
	return out, err
}

// ListJobs has small pages, so that there are many.
func (f *fake) ListJobs(_ context.Context, _, token string) (page []cognito.Job, next string, err error) {
	err = f.do("ListUserImportJobs", func() error {
		at, _ := strconv.Atoi(token)
		for i := at; i < len(f.jobs) && len(page) < 2; i++ {
			if j := f.jobs[len(f.jobs)-1-i]; !f.clock.now.Before(j.listedAt) {
				page = append(page, f.describe(j))
			}
			at = i + 1
		}
		if at < len(f.jobs) {
			next = strconv.Itoa(at)
		}
		return nil
	})
	return page, next, err
}

// add makes a user, as an import does.
func (f *fake) add(name string) {
	f.people[name] = &cognito.User{
		Username: name, Status: "RESET_REQUIRED", Created: f.clock.now, Modified: f.clock.now,
		Attributes: map[string]string{"sub": fmt.Sprint(name, "-", f.clock.now.UnixNano()), "email": name + "@example.com", "email_verified": "true"},
	}
}

func (f *fake) GetUser(_ context.Context, _, username string) (out cognito.User, err error) {
	const operation = "AdminGetUser"
	err = f.do(operation, func() error {
		if f.people[username] == nil {
			return refusal(operation, cognito.CodeNoUser, "User does not exist.")
		}
		out = *f.people[username]
		return nil
	})
	return out, err
}

func (f *fake) ListUsers(_ context.Context, _, token string) (page []cognito.User, next string, err error) {
	err = f.do("ListUsers", func() error {
		names := slices.Sorted(maps.Keys(f.people))
		i, _ := slices.BinarySearch(names, token)
		for _, name := range names[i:] {
			if len(page) == 2 {
				next = name
				break
			}
			page = append(page, *f.people[name])
		}
		return nil
	})
	return page, next, err
}

func (f *fake) GetGroup(_ context.Context, _, group string) error {
	return f.do("GetGroup", func() error {
		if f.groups[group] == nil {
			return refusal("GetGroup", cognito.CodeNotFound, "Group not found.")
		}
		return nil
	})
}

func (f *fake) CreateGroup(_ context.Context, _, group string) error {
	return f.do("CreateGroup", func() error {
		if strings.Contains(group, " ") {
			return refusal("CreateGroup", "InvalidParameterException", "1 validation error detected")
		}
		if f.groups[group] != nil {
			return refusal("CreateGroup", "GroupExistsException", "A group with the name already exists.")
		}
		f.groups[group] = make(map[string]bool)
		return nil
	})
}

func (f *fake) AddToGroup(_ context.Context, _, username, group string) error {
	const operation = "AdminAddUserToGroup"
	return f.do(operation, func() error {
		switch {
		case f.people[username] == nil:
			return refusal(operation, cognito.CodeNoUser, "User does not exist.")
		case f.groups[group] == nil:
			return refusal(operation, cognito.CodeNotFound, "Group not found.")
		}
		f.groups[group][username] = true
		return nil
	})
}

func (f *fake) DeleteUser(_ context.Context, _, username string) error {
	const operation = "AdminDeleteUser"
	return f.do(operation, func() error {
		if f.people[username] == nil {
			return refusal(operation, cognito.CodeNoUser, "User does not exist.")
		}
		delete(f.people, username)
		f.deleted[username]++
		return nil
	})
}

func (f *fake) Header(context.Context, string) (out []string, err error) {
	err = f.do("GetCSVHeader", func() error { out = f.header; return nil })
	return out, err
}

func (f *fake) DescribePool(_ context.Context, pool string) (out []byte, err error) {
	err = f.do("DescribeUserPool", func() error {
		out = fmt.Appendf(nil, `{"UserPool":{"Id":%q,"Name":%q,"AutoVerifiedAttributes":%s}}`, pool, f.poolName, f.verified)
		return nil
	})
	return out, err
}

func (f *fake) ResetPassword(_ context.Context, _, username string) error {
	const operation = "AdminResetUserPassword"
	return f.do(operation, func() error {
		if f.users[username] == 0 {
			return refusal(operation, "UserNotFoundException", "User does not exist.")
		}
		f.resets = append(f.resets, username)
		return nil
	})
}

func (f *fake) Put(_ context.Context, url string, size int64, open func() (io.ReadCloser, error)) error {
	return f.do("upload", func() error {
		id, rest, _ := strings.Cut(strings.TrimPrefix(url, "https://store.example/"), "?")
		_, expires, _ := strings.Cut(rest, "expires=")
		if at, _ := strconv.ParseInt(expires, 10, 64); f.clock.now.Unix() > at {
			return &cognito.UploadError{Status: 403, Code: "AccessDenied"}
		}
		r, err := open()
		if err != nil {
			return err
		}
		defer r.Close()
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if int64(len(content)) != size {
			return &cognito.UploadError{Status: 400, Code: "IncompleteBody"}
		}
		j, err := f.find("upload", id)
		if err == nil && j.Status == cognito.Created {
			j.content = content
		}
		return err
	})
}

// groupMayNotHold is what the name of a log group cannot hold.
var groupMayNotHold = regexp.MustCompile(`[^A-Za-z0-9_./#-]`)

// Events has small pages too, and an empty one now and then.
func (f *fake) Events(_ context.Context, group, stream, token string) (lines []string, next string, err error) {
	const operation = "GetLogEvents"
	err = f.do(operation, func() error {
		if groupMayNotHold.MatchString(group) {
			return refusal(operation, "InvalidParameterException", "1 validation error detected: Value at 'logGroupName' failed to satisfy constraint")
		}
		if group != "/aws/cognito/userpools/"+fakePool+"/"+f.group {
			return refusal(operation, cognito.CodeNotFound, "The specified log group does not exist.")
		}
		for _, j := range f.jobs {
			if stream != j.ID+"/"+j.Name || !j.ran() || f.clock.now.Before(j.loggedAt) {
				continue
			}
			at, _ := strconv.Atoi(token)
			end := min(at+4, len(j.log))
			lines, next = j.log[at:end], strconv.Itoa(end)
			return nil
		}
		return refusal(operation, cognito.CodeNotFound, "The specified log stream does not exist.")
	})
	return slices.Clone(lines), next, err
}

// active returns the job that runs.
func (f *fake) active() *fakeJob {
	for _, j := range f.jobs {
		if j.Status.Active() {
			return j
		}
	}
	return nil
}

// advance lets happen what happens by itself.
func (f *fake) advance() {
	for _, j := range f.jobs {
		if j.Status == cognito.Created && f.clock.now.Sub(j.Created) > f.jobTTL {
			j.Status, j.Message, j.URL, j.content = cognito.Expired, "The user import job has expired.", "", nil
		}
	}
	j := f.active()
	if j == nil {
		return
	}
	if j.next == 0 {
		j.log = []string{"Cognito User Pools Import - Test Log", "Cognito User Pools Import - Test Log"}
	}
	due := int(f.clock.now.Sub(j.Started).Seconds() * float64(f.rate))
	if j.Status == cognito.Stopping {
		j.Status, j.Message = cognito.Stopped, "The Import Job was stopped by the developer."
		return
	}
	if f.failAll != "" {
		j.Status, j.Message = cognito.Failed, f.failAll
		return
	}
	if due > 0 {
		j.Status = cognito.InProgress
	}
	for ; j.next < min(due, len(j.rows)); j.next++ {
		f.judge(j, j.rows[j.next], j.next+f.first)
	}
	if j.next == len(j.rows) {
		j.Status, j.Message, j.Complete = cognito.Succeeded, "Import Job Completed Successfully.", f.clock.now
		if 2*(j.Failed+j.Skipped) > int64(len(j.rows)) {
			j.Status, j.Message = cognito.Failed, "Too many users have failed or been skipped during the import."
		}
	}
}

const failedMessage = "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."

// judge imports a row.
func (f *fake) judge(j *fakeJob, row string, number int) {
	name := row[strings.LastIndex(row, ",")+1:]
	line := ""
	switch {
	case f.users[name] > 0:
		j.Skipped++
		line = fmt.Sprintf("[SKIPPED] Line Number %d - The user already exists.", number)
	case strings.HasPrefix(name, "bad"):
		j.Failed++
		line = fmt.Sprintf("[FAILED] Line Number %d - %s", number, failedMessage)
	default:
		j.Imported++
		f.users[name]++
		f.add(name)
		line = fmt.Sprintf("[SUCCEEDED] Line Number %d - The import succeeded.", number)
	}
	if !f.noLog(line) {
		j.log = append(j.log, line)
	}
}

// jobsOf returns how many jobs have run with the content of a chunk.
func (f *fake) jobsOf(content []byte) (n int) {
	for _, j := range f.jobs {
		if j.ran() && bytes.Equal(j.content, content) {
			n++
		}
	}
	return n
}

var errLost = &cognito.CallError{Operation: "any", Message: "connection reset by peer", Kind: cognito.Unsure}
var errThrottled = &cognito.CallError{Operation: "any", Code: "TooManyRequestsException", Message: "Rate exceeded", Kind: cognito.Throttled}
var errInternal = &cognito.CallError{Operation: "any", Code: "InternalErrorException", Message: "internal error", Kind: cognito.Unsure}

// crash is what a test panics with where the process dies.
var errCrash = errors.New("crash")
