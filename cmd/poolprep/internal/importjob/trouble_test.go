package importjob

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
)

// failing lets calls of an operation fail with err so many times, carried out or not.
func failing(operation string, times int, carriedOut bool, err error) func(string) (before, after func() error) {
	return func(called string) (before, after func() error) {
		if called != operation || times == 0 {
			return nil, nil
		}
		times--
		fail := func() error { return err }
		if carriedOut {
			return nil, fail
		}
		return fail, nil
	}
}

// smallRun is a run directory with one chunk, and a service for it.
func smallRun(t *testing.T) (*RunDir, *fake) {
	t.Helper()
	return makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows), newFake(newFakeClock())
}

func TestLostAnswers(t *testing.T) {
	for _, operation := range []string{"CreateUserImportJob", "StartUserImportJob", "DescribeUserImportJob", "GetLogEvents", "GetCSVHeader", "upload"} {
		for _, carriedOut := range []bool{false, true} {
			d, f := smallRun(t)
			err := error(errLost)
			if operation == "upload" {
				err = &UploadError{Cause: errLost}
			}
			f.chaos = failing(operation, 2, carriedOut, err)
			out, err := d.Import(t.Context(), f.options())
			require.NoError(t, err, operation)
			assert.Equal(t, Counts{Imported: 7}, out.Total())
			assert.Len(t, f.jobs, 1, "%s, carried out: %v", operation, carriedOut)
		}
	}
}

func TestGivesUp(t *testing.T) {
	for _, operation := range []string{"CreateUserImportJob", "StartUserImportJob", "DescribeUserImportJob", "GetCSVHeader", "ListUserImportJobs"} {
		d, f := smallRun(t)
		f.chaos = failing(operation, -1, false, errThrottled)
		if operation == "ListUserImportJobs" { // after a lost answer it is needed
			throttled := f.chaos
			lost := failing("CreateUserImportJob", 1, true, errLost)
			f.chaos = func(called string) (before, after func() error) {
				if called == "CreateUserImportJob" {
					return lost(called)
				}
				return throttled(called)
			}
		}
		_, err := d.Import(t.Context(), f.options())
		require.ErrorContains(t, err, "the same command goes on", operation)
		assert.LessOrEqual(t, f.calls[operation], maxTries)
		f.chaos = newFake(newFakeClock()).chaos
		out, err := d.Import(t.Context(), f.options())
		require.NoError(t, err)
		assert.Equal(t, Counts{Imported: 7}, out.Total())
		assert.Len(t, f.jobs, 1, operation)
	}
}

func TestCallsAreNoFasterThanTheServiceLikes(t *testing.T) {
	d, f := smallRun(t)
	var last time.Time
	f.chaos = func(operation string) (before, after func() error) {
		if operation == "ListUserImportJobs" {
			assert.GreaterOrEqual(t, f.clock.now.Sub(last), minGap)
			last = f.clock.now
		}
		return failing("CreateUserImportJob", 1, false, errLost)(operation)
	}
	for range 9 { // many pages
		_, err := f.CreateJob(t.Context(), JobInput{Pool: fakePool, Name: "other"})
		require.Error(t, err)
		f.jobs = append(f.jobs, &fakeJob{Job: Job{ID: "import-other", Name: "other", Status: Stopped}})
	}
	o := f.options()
	o.Poll = time.Second
	_, err := d.Import(t.Context(), o)
	require.Error(t, err)
	assert.Greater(t, f.calls["ListUserImportJobs"], 5)
}

func TestRefusals(t *testing.T) {
	for want, tt := range map[string]struct {
		operation string
		err       error
	}{
		"is --role-arn the ARN of a role":         {"CreateUserImportJob", refusal("CreateUserImportJob", "InvalidParameterException", "bad role")},
		"is --user-pool-id right":                 {"GetCSVHeader", refusal("GetCSVHeader", codeNotFound, "no pool")},
		"1,000 import jobs":                       {"CreateUserImportJob", refusal("CreateUserImportJob", codeLimit, "Exceeded number of jobs")},
		"cannot be started: Start: NotAuthorized": {"StartUserImportJob", refusal("Start", "NotAuthorizedException", "no")},
		"does not know job import-":               {"DescribeUserImportJob", refusal("DescribeUserImportJob", codeNotFound, "no job")},
		"let this identity read it":               {"GetLogEvents", refusal("GetLogEvents", "AccessDeniedException", "no")},
		"a proxy, change requests":                {"upload", &UploadError{Status: 403, Code: "SignatureDoesNotMatch"}},
		"is the clock of this machine right":      {"upload", &UploadError{Status: 403, Code: "AccessDenied"}},
		"upload: HTTP 411, MissingContentLength":  {"upload", &UploadError{Status: 411, Code: "MissingContentLength"}},
	} {
		d, f := smallRun(t)
		f.chaos = failing(tt.operation, -1, false, tt.err)
		_, err := d.Import(t.Context(), f.options())
		require.ErrorContains(t, err, want)
		f.chaos = newFake(newFakeClock()).chaos
		out, err := d.Import(t.Context(), f.options())
		require.NoError(t, err)
		assert.Equal(t, Counts{Imported: 7}, out.Total())
		text, err := os.ReadFile(d.file(d.Manifest.Chunks[0].File))
		require.NoError(t, err)
		assert.Equal(t, 1, f.jobsOf(text), want)
	}
}

func TestWhatIsAskedForCannotBe(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"--user-pool-id is missing": func(o *Options) { o.Pool = "" },
		"--role-arn is missing":     func(o *Options) { o.Role = "" },
		"--job-prefix \"a/b\"":      func(o *Options) { o.Prefix = "a/b" },
	} {
		d, f := smallRun(t)
		o := f.options()
		change(&o)
		_, err := d.Import(t.Context(), o)
		require.ErrorContains(t, err, want)
		assert.Empty(t, f.calls)
		assert.NoFileExists(t, d.file(sink.JournalName))
	}
}

func TestPoolThatDoesNotFit(t *testing.T) {
	for want, change := range map[string]func(*fake){
		"it lacks custom:tier":               func(f *fake) { f.header = append(f.header, "custom:tier") },
		"the pool has no email_verified":     func(f *fake) { f.header = []string{"email", "cognito:username"} },
		"verifies neither e-mail nor phone ": func(f *fake) { f.verified = "[]" },
	} {
		d, f := smallRun(t)
		change(f)
		_, err := d.Import(t.Context(), f.options())
		require.ErrorContains(t, err, want)
		assert.Empty(t, f.jobs)
		assert.NoFileExists(t, d.file(sink.JournalName), "the right pool may be named next")
	}
	d, f := smallRun(t)
	f.header = []string{"cognito:username", "email_verified", "email", "password_hash"}
	o := f.options()
	_, err := d.Import(t.Context(), o)
	require.NoError(t, err, "the order is free, and a column of hashes is only for jobs that name an algorithm")
	assert.Contains(t, o.Observer.(*recorder).all(), "is not the one that the rows were judged by")
}

func TestOtherPoolOrManifest(t *testing.T) {
	d, f := smallRun(t)
	_, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	o := f.options()
	o.Pool = "us-east-1_other"
	_, err = d.Import(t.Context(), o)
	require.ErrorContains(t, err, "is being imported into us-east-1_fake, not into us-east-1_other")
	require.NoError(t, os.WriteFile(d.file(sink.ManifestName), []byte(d.read(t, sink.ManifestName)+" "), 0o600))
	d, err = OpenRun(d.Path)
	require.NoError(t, err)
	_, err = d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "the journal belongs to another manifest.json")
	_, _, err = reconcileAll(t, d, 0, OffsetAuto, save(t, d, "log", []byte(logText(2, "iiiiiif"))))
	require.ErrorContains(t, err, "the journal belongs to another manifest.json")
}

func TestStoppedJob(t *testing.T) {
	d, f := smallRun(t)
	f.rate = 1
	passed := f.clock.passed
	f.clock.passed = func() {
		passed()
		if len(f.jobs) == 1 && f.jobs[0].Imported >= 3 && f.jobs[0].Status == InProgress {
			job, err := d.Stop(t.Context(), f, time.Second, f.clock, &recorder{})
			require.NoError(t, err)
			assert.Equal(t, Stopped, job.Status)
		}
	}
	out, err := d.Import(t.Context(), f.options())
	require.ErrorIs(t, err, errStopped)
	assert.Equal(t, "Stopped", out.Chunks[0].Status)
	assert.GreaterOrEqual(t, out.Total().Imported, int64(3))
	imported := out.Total().Imported

	job, err := d.Stop(t.Context(), f, time.Second, f.clock, &recorder{})
	require.NoError(t, err)
	assert.Nil(t, job, "none is running")

	out, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total(), "who was imported by the first job is not called skipped")
	require.Len(t, f.jobs, 2)
	assert.Equal(t, imported, f.jobs[1].Skipped)
	assert.Equal(t, f.jobs[0].Name+"-2", f.jobs[1].Name)
	assert.Empty(t, d.read(t, ResultsName))
}

func TestJobThatFailsAsAWhole(t *testing.T) {
	d, f := smallRun(t)
	f.failAll = "The role cannot be assumed."
	_, err := d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "The role cannot be assumed.")
	require.ErrorContains(t, err, "import role")
	assert.NoFileExists(t, d.file(ResultsName))
	f.failAll = ""
	o := f.options()
	o.Role = "arn:aws:iam::111111111111:role/mended"
	out, err := d.Import(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	assert.Equal(t, o.Role, f.jobs[1].input.Role)
}

func TestJobThatFailsInTheMiddle(t *testing.T) {
	d, f := smallRun(t)
	f.rate = 1
	passed := f.clock.passed
	f.clock.passed = func() {
		passed()
		if j := f.jobs; len(j) == 1 && j[0].Imported >= 3 {
			f.failAll = "The user pool has been deleted."
		}
	}
	_, err := d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "rows: The user pool has been deleted.")
	assert.Contains(t, d.read(t, ResultsName), `"unknown"`, "what is known is written")
	f.failAll = "Too many users have failed or been skipped during the import."
	_, err = d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "counts everybody who was imported as skipped")
	f.clock.passed, f.failAll = passed, ""
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
}

func TestTooManyFailedIsAResult(t *testing.T) {
	d := makeRun(t, t.TempDir(), 2, sink.Plain, testSource{name: "export.csv", text: export("\n", "bad1", "bad2", "c")})
	f := newFake(newFakeClock())
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 1, Failed: 2}, out.Total(), "the next chunk runs")
	assert.Equal(t, "Failed", out.Chunks[0].Status)
}

func TestLogs(t *testing.T) {
	t.Run("late", func(t *testing.T) {
		d, f := smallRun(t)
		f.lag = 40 * time.Second
		out, err := d.Import(t.Context(), f.options())
		require.NoError(t, err)
		assert.Equal(t, Counts{Imported: 7}, out.Total())
	})
	t.Run("too late", func(t *testing.T) {
		d, f := smallRun(t)
		f.noLog = func(line string) bool { return strings.Contains(line, " 3 ") || strings.Contains(line, " 8 ") }
		o := f.options()
		begun := f.clock.now
		out, err := d.Import(t.Context(), o)
		require.NoError(t, err)
		assert.Equal(t, Counts{Imported: 5, Unknown: 2}, out.Total())
		assert.GreaterOrEqual(t, f.clock.now.Sub(begun), logWait)
		assert.Contains(t, o.Observer.(*recorder).all(), "no line for 2 of 7 rows")
		assert.Equal(t, 2, strings.Count(d.read(t, ResultsName), `"unknown"`))
		f.jobs[0].log = append(f.jobs[0].log, "[SUCCEEDED] Line Number 3 - x", "[FAILED] Line Number 8 - y")
		out, err = d.Import(t.Context(), f.options())
		require.NoError(t, err)
		assert.Equal(t, Counts{Imported: 6, Failed: 1}, out.Total(), "the same command looks again")
		assert.Len(t, f.jobs, 1)
	})
	t.Run("in which the first user is line 1", func(t *testing.T) {
		d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
		f := newFake(newFakeClock())
		f.users["old"], f.first = 1, 1
		_, err := d.Import(t.Context(), f.options())
		require.NoError(t, err)
		assert.Equal(t, threeChunksResults, d.read(t, ResultsName))
	})
	t.Run("that do not fit the chunk", func(t *testing.T) {
		d, f := smallRun(t)
		f.first = 5
		_, err := d.Import(t.Context(), f.options())
		require.ErrorContains(t, err, "log stream import-0000000001/poolprep-")
		require.ErrorContains(t, err, "line 7: line number 9 lies outside")
		assert.NoFileExists(t, d.file(ResultsName))
	})
}

func TestURLThatExpired(t *testing.T) {
	d, f := smallRun(t)
	f.urlTTL = -time.Second
	renewals := 0
	f.chaos = func(operation string) (before, after func() error) {
		if operation == "CreateUserImportJob" {
			if renewals++; renewals > 2 {
				f.urlTTL = time.Minute
			}
		}
		return nil, nil
	}
	o := f.options()
	out, err := d.Import(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	require.Len(t, f.jobs, 3)
	assert.Equal(t, Created, f.jobs[0].Status, "it is left to expire")
	assert.Contains(t, o.Observer.(*recorder).all(), "has expired; a new job takes its place")
}

// TestJobThatSomeoneElseStarts: in the console, say, while the upload fails.
func TestJobThatSomeoneElseStarts(t *testing.T) {
	d, f := smallRun(t)
	text, err := os.ReadFile(d.file(d.Manifest.Chunks[0].File))
	require.NoError(t, err)
	f.chaos = func(operation string) (before, after func() error) {
		if operation != "upload" {
			return nil, nil
		}
		return func() error {
			j := f.jobs[0]
			j.content = text
			_, err := f.StartJob(t.Context(), fakePool, j.ID)
			return errors.Join(err, &UploadError{Status: 403, Code: "AccessDenied"})
		}, nil
	}
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	assert.Len(t, f.jobs, 1)
}

// TestStartThatCameToNothing: the service says yes, and the job stays Created.
func TestStartThatCameToNothing(t *testing.T) {
	d, f := smallRun(t)
	f.chaos = func(operation string) (before, after func() error) {
		return nil, func() error {
			if operation == "StartUserImportJob" && f.calls[operation] == 1 {
				f.jobs[0].Status, f.jobs[0].Started = Created, time.Time{}
			}
			return nil
		}
	}
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	assert.Len(t, f.jobs, 1)
	assert.Equal(t, 2, f.calls["StartUserImportJob"])
}

// TestNoOtherJobBesideOneThatMayRun: a job that may have been started is never given
// up for its URL, until the service says that it is over.
func TestNoOtherJobBesideOneThatMayRun(t *testing.T) {
	d, f := smallRun(t)
	f.chaos = failing("StartUserImportJob", -1, false, errLost)
	_, err := d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "the same command goes on")
	f.chaos = newFake(newFakeClock()).chaos
	f.jobs[0].content = nil // the service has lost the file
	f.clock.now = f.clock.now.Add(time.Hour)
	_, err = d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "it may have been started")
	assert.Len(t, f.jobs, 1)
	f.clock.now = f.clock.now.Add(48 * time.Hour)
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	assert.Equal(t, Expired, f.jobs[0].Status)
}

func TestAnotherJobIsActive(t *testing.T) {
	d, f := smallRun(t)
	f.jobs = append(f.jobs, &fakeJob{Job: Job{ID: "import-other", Name: "theirs", Status: InProgress, Started: f.clock.now}})
	f.jobs[0].rows = make([]string, 1000)
	o := f.options()
	out, err := d.Import(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	told := o.Observer.(*recorder).all()
	assert.Equal(t, 1, strings.Count(told, "Waiting: job import-other (theirs) is InProgress"), told)
}

// TestCancelled breaks the import off at every wait there is.
func TestCancelled(t *testing.T) {
	for at := 1; ; at++ {
		d, f := smallRun(t)
		f.lag = 3 * time.Second
		ctx, cancel := context.WithCancel(t.Context())
		passed := f.clock.passed
		f.clock.passed = func() {
			passed()
			if f.clock.sleeps == at {
				cancel()
			}
		}
		_, err := d.Import(ctx, f.options())
		cancel()
		if err == nil {
			assert.Greater(t, at, 3)
			return
		}
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, at, f.clock.sleeps, "it does not wait again")
		out, err := d.Import(t.Context(), f.options())
		require.NoError(t, err)
		assert.Equal(t, Counts{Imported: 7}, out.Total())
		assert.Len(t, f.jobs, 1)
	}
}

func TestChunkThatWasChanged(t *testing.T) {
	d, f := smallRun(t)
	path := d.file(d.Manifest.Chunks[0].File)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	changed := []byte(strings.Replace(string(text), "TRUE,c", "TRUE,x", 1))
	require.NoError(t, os.WriteFile(path, changed, 0o600))
	_, err = d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "is not what the run wrote")
	assert.Empty(t, f.jobs)

	require.NoError(t, os.WriteFile(path, text, 0o600))
	f.chaos = func(operation string) (before, after func() error) {
		if operation == "CreateUserImportJob" {
			return func() error { return os.WriteFile(path, changed, 0o600) }, nil
		}
		return nil, nil
	}
	_, err = d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "was changed while it was uploaded")
	assert.False(t, f.jobs[0].ran())
}

func TestHashAlgorithmOfAChunk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	run, err := sink.Create(sink.Options{Dir: dir, Header: []byte(testHeader + ",password_hash\n")})
	require.NoError(t, err)
	for _, algorithm := range []string{"BCRYPT", "SCRYPT"} {
		row := "a@example.com,TRUE," + strings.ToLower(algorithm) + ",x\n"
		require.NoError(t, run.Rows(algorithm, []byte(row), []uint32{uint32(len(row))}, []sink.Row{{Line: 2, Length: 9}}))
	}
	require.NoError(t, run.Commit(sink.Manifest{Sources: []sink.Source{{Path: "stdin"}}}))
	d, err := OpenRun(dir)
	require.NoError(t, err)
	f := newFake(newFakeClock())
	_, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, "BCRYPT", f.jobs[0].input.Algorithm)
	assert.Equal(t, "SCRYPT", f.jobs[1].input.Algorithm)
}

func TestNothingToImport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	run, err := sink.Create(sink.Options{Dir: dir, Header: []byte(testHeader + "\n")})
	require.NoError(t, err)
	require.NoError(t, run.Commit(sink.Manifest{}))
	d, err := OpenRun(dir)
	require.NoError(t, err)
	f := newFake(newFakeClock())
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Zero(t, out.Total())
	assert.FileExists(t, d.file(ResultsName))
}

func TestPlanChangesNothing(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	before, err := os.ReadDir(d.Path)
	require.NoError(t, err)
	steps, err := d.Plan(t.Context(), f.options())
	require.NoError(t, err)
	require.Len(t, steps, 3)
	assert.Equal(t, Step{Number: 3, File: "chunk-00003.csv", Rows: 3, Bytes: d.Manifest.Chunks[2].Bytes, Would: "create a job, upload, start"}, steps[2])
	after, err := os.ReadDir(d.Path)
	require.NoError(t, err)
	assert.Equal(t, len(before), len(after))
	for operation := range f.calls {
		assert.Contains(t, []string{"GetCSVHeader", "DescribeUserPool", "GetLogEvents"}, operation)
	}
	f.chaos = failing("StartUserImportJob", -1, false, errThrottled)
	_, err = d.Import(t.Context(), f.options())
	require.Error(t, err)
	steps, err = d.Plan(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, "go on with job import-0000000001", steps[0].Would)
	f.chaos = newFake(newFakeClock()).chaos
	_, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
	steps, err = d.Plan(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, "nothing: it is imported", steps[2].Would)
	f.header = append(f.header, "custom:new")
	require.NoError(t, os.Remove(d.file(ResultsName)))
	_, err = d.Plan(t.Context(), f.options())
	require.NoError(t, err, "what is imported already is not compared any more")
}

func TestStatus(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	out, err := d.Status(t.Context(), f, &recorder{})
	require.NoError(t, err)
	assert.Equal(t, "not begun", out.Chunks[0].Status)
	pool, err := d.Pool()
	require.NoError(t, err)
	assert.Empty(t, pool)

	ctx, cancel := context.WithCancel(t.Context())
	f.rate = 1
	passed := f.clock.passed
	f.clock.passed = func() {
		passed()
		if len(f.jobs) == 2 && f.jobs[1].Status == InProgress {
			cancel()
		}
	}
	out, err = d.Import(ctx, f.options())
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, f.jobs[1].ID, out.Active)
	o := &recorder{}
	out, err = d.Status(t.Context(), f, o)
	require.NoError(t, err)
	assert.Equal(t, []string{"Succeeded", "InProgress", "not begun"}, []string{out.Chunks[0].Status, out.Chunks[1].Status, out.Chunks[2].Status})
	assert.Equal(t, f.jobs[1].Imported, out.Chunks[1].Counts.Imported)
	f.chaos = failing("DescribeUserImportJob", -1, false, errLost)
	out, err = d.Status(t.Context(), f, o)
	require.NoError(t, err)
	assert.Equal(t, "started", out.Chunks[1].Status)
	assert.Contains(t, o.all(), "this is what the journal says")
	pool, err = d.Pool()
	require.NoError(t, err)
	assert.Equal(t, fakePool, pool)
}

func TestStopOutlastsLostAnswers(t *testing.T) {
	for _, carriedOut := range []bool{false, true} {
		d, f := smallRun(t)
		f.rate = 1
		ctx, cancel := context.WithCancel(t.Context())
		passed := f.clock.passed
		f.clock.passed = func() {
			passed()
			if f.active() != nil && f.active().Imported > 0 {
				cancel()
			}
		}
		_, err := d.Import(ctx, f.options())
		require.ErrorIs(t, err, context.Canceled)
		f.chaos = failing("StopUserImportJob", 2, carriedOut, errLost)
		job, err := d.Stop(t.Context(), f, time.Second, f.clock, &recorder{})
		require.NoError(t, err)
		assert.Equal(t, Stopped, job.Status)
		out, err := d.Import(t.Context(), f.options())
		require.NoError(t, err, "a job that was stopped before is not told as trouble again")
		assert.Equal(t, Counts{Imported: 7}, out.Total())
		assert.Len(t, f.jobs, 2)
	}
}

func TestList(t *testing.T) {
	f := newFake(newFakeClock())
	for range 5 {
		_, err := f.CreateJob(t.Context(), JobInput{Pool: fakePool, Name: "n"})
		require.NoError(t, err)
	}
	var ids []string
	require.NoError(t, List(t.Context(), f, fakePool, &recorder{}, func(j Job) { ids = append(ids, j.ID) }))
	assert.Equal(t, []string{"import-0000000005", "import-0000000004", "import-0000000003", "import-0000000002", "import-0000000001"}, ids)
	f.chaos = failing("ListUserImportJobs", 1, false, refusal("ListUserImportJobs", codeNotFound, "no pool"))
	assert.True(t, hasCode(List(t.Context(), f, fakePool, &recorder{}, func(Job) {}), codeNotFound))
}

func TestTwoJobsOfOneName(t *testing.T) {
	d, f := smallRun(t)
	o := f.options()
	require.NoError(t, o.complete())
	r := newDriver(d, o)
	r.call = newCaller(o.Clock, o.Rand, o.Observer, o.Poll)
	for _, status := range []Status{Created, Pending, Created} {
		f.jobs = append(f.jobs, &fakeJob{Job: Job{ID: "import-" + string(status), Name: "n", Status: status, Created: f.clock.now}})
	}
	f.jobs[1].rows = []string{"x,y,z"}
	job, found, err := r.lookFor(t.Context(), "n")
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, "import-Pending", job.ID, "one that was started is taken")
	_, found, err = r.lookFor(t.Context(), "m")
	require.NoError(t, err)
	assert.False(t, found)
}

func TestOpenRun(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenRun(filepath.Join(dir, "none"))
	require.ErrorContains(t, err, "there is no such directory")
	_, err = OpenRun(dir)
	require.ErrorContains(t, err, "no complete run")
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = OpenRun(file)
	require.ErrorContains(t, err, "is no directory")
	var call *CallError
	assert.False(t, errors.As(err, &call))
}
