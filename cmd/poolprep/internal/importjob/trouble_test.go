package importjob

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
	"poolprep/validate/schema"
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
				err = &cognito.UploadError{Cause: errLost}
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
		require.ErrorContains(t, err, "the same command resumes", operation)
		assert.LessOrEqual(t, f.calls[operation], cognito.MaxTries)
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
			assert.GreaterOrEqual(t, f.clock.now.Sub(last), cognito.MinGap)
			last = f.clock.now
		}
		return failing("CreateUserImportJob", 1, false, errLost)(operation)
	}
	for range 9 { // many pages
		_, err := f.CreateJob(t.Context(), cognito.JobRequest{Pool: fakePool, Name: "other"})
		require.Error(t, err)
		f.jobs = append(f.jobs, &fakeJob{Job: cognito.Job{ID: "import-other", Name: "other", Status: cognito.Stopped}})
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
		"is --user-pool-id right":                 {"GetCSVHeader", refusal("GetCSVHeader", cognito.CodeNotFound, "no pool")},
		"1,000 import jobs":                       {"CreateUserImportJob", refusal("CreateUserImportJob", cognito.CodeLimit, "Exceeded number of jobs")},
		"cannot be started: Start: NotAuthorized": {"StartUserImportJob", refusal("Start", "NotAuthorizedException", "no")},
		"does not know job import-":               {"DescribeUserImportJob", refusal("DescribeUserImportJob", cognito.CodeNotFound, "no job")},
		"let this identity read it":               {"GetLogEvents", refusal("GetLogEvents", "AccessDeniedException", "no")},
		"a proxy, change requests":                {"upload", &cognito.UploadError{Status: 403, Code: "SignatureDoesNotMatch"}},
		"is the clock of this machine right":      {"upload", &cognito.UploadError{Status: 403, Code: "AccessDenied"}},
		"upload: HTTP 411, MissingContentLength":  {"upload", &cognito.UploadError{Status: 411, Code: "MissingContentLength"}},
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

// TestErrorsGoOn: the service's words end in a full stop or not, and ours follow.
func TestErrorsGoOn(t *testing.T) {
	for _, message := range []string{"Not now", "Not now."} {
		e := &cognito.CallError{Operation: "Op", Code: "CodeException", Message: message}
		assert.EqualError(t, e, "Op: CodeException: Not now")
		e.Code = ""
		assert.EqualError(t, e, "Op: Not now")
		assert.Equal(t, message, e.Message, "the words themselves stay")
	}
}

func TestWhatIsAskedForCannotBe(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"--user-pool-id is missing":                           func(o *Options) { o.Pool = "" },
		"--role-arn is missing":                               func(o *Options) { o.Role = "" },
		"--job-prefix \"a/b\"":                                func(o *Options) { o.Prefix = "a/b" },
		"--role-arn \"nonsense\" is no ARN":                   func(o *Options) { o.Role = "nonsense" },
		"--role-arn \"arn:aws:iam::1:role/  \" is no ARN":     func(o *Options) { o.Role = "arn:aws:iam::1:role/  " },
		"of at most 2,048 characters":                         func(o *Options) { o.Role += strings.Repeat("x", maxRoleARN) },
		"--role-arn \"arn:aws:iam:::role/logs\" is no ARN of": func(o *Options) { o.Role = "arn:aws:iam:::role/logs" },
	} {
		d, f := smallRun(t)
		o := f.options()
		change(&o)
		_, err := d.Import(t.Context(), o)
		require.ErrorContains(t, err, want)
		_, err = d.Plan(t.Context(), o)
		require.ErrorContains(t, err, want)
		assert.Empty(t, f.calls)
		assert.NoFileExists(t, d.file(sink.JournalName))
	}
}

// TestGoesOnWithThePoolOfTheJournal: what a run began with need not be said again.
func TestGoesOnWithThePoolOfTheJournal(t *testing.T) {
	d, f := smallRun(t)
	f.chaos = failing("StartUserImportJob", 1, false, refusal("StartUserImportJob", "NotAuthorizedException", "no"))
	_, err := d.Import(t.Context(), f.options())
	require.Error(t, err)
	o := f.options()
	o.Pool, o.Role = "", ""
	steps, err := d.Plan(t.Context(), o)
	require.NoError(t, err)
	assert.Len(t, steps, 1)
	out, err := d.Import(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	assert.Len(t, f.jobs, 1)
	require.NoError(t, d.Complete(&o))
	assert.Equal(t, f.options().Pool, o.Pool)
	assert.Equal(t, f.options().Role, o.Role)
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
	older := olderManifest(t, d)
	require.NoError(t, os.WriteFile(d.file(sink.ManifestName), []byte(d.read(t, sink.ManifestName)+" "), 0o600))
	_, err = OpenRun(d.Path)
	require.ErrorContains(t, err, "manifest.json was changed since convert wrote it")
	require.NoError(t, os.WriteFile(d.file(sink.ManifestName), []byte(older), 0o600)) // which cannot be found out by itself
	d, err = OpenRun(d.Path)
	require.NoError(t, err)
	_, err = d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "the journal belongs to another manifest.json")
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "log", []byte(logText(2, "iiiiiif"))))
	require.ErrorContains(t, err, "the journal belongs to another manifest.json")
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
	assert.Equal(t, o.Role, f.jobs[1].request.Role)
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
	f.clock.passed, f.failAll = passed, "Too many users have failed or been skipped during the import."
	_, err = d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "counts everybody who was imported as skipped")
	f.failAll = ""
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
		assert.GreaterOrEqual(t, f.clock.now.Sub(begun), cognito.LogWait)
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

func TestNothingToImport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	run, err := sink.Create(sink.Options{Dir: dir, Header: []byte(testHeader + "\n")})
	require.NoError(t, err)
	require.NoError(t, run.Commit(sink.Manifest{Rejects: &sink.Part{File: "rejects.csv", Records: 3}, Skipped: &sink.Part{File: "skipped.jsonl", Records: 1}}))
	d, err := OpenRun(dir)
	require.NoError(t, err)
	want := "there is nothing to import: no row was accepted when it was converted. rejects.jsonl says why 3 records were rejected; fix rejects.csv, and convert it into a new directory. skipped.jsonl says why 1 record was left out."
	f := newFake(newFakeClock())
	for name, command := range map[string]func(Options) error{
		"plan":   func(o Options) error { _, err := d.Plan(t.Context(), o); return err },
		"status": func(o Options) error { _, err := d.Status(t.Context(), f, o.Observer); return err },
		"run":    func(o Options) error { _, err := d.Import(t.Context(), o); return err },
		"again":  func(o Options) error { _, err := d.Import(t.Context(), o); return err },
	} {
		o := f.options()
		require.NoError(t, command(o), name)
		assert.Contains(t, o.Observer.(*recorder).all(), want, name)
	}
	_, err = d.ParseSavedLog("log", 0)
	require.ErrorContains(t, err, want)
	p, err := d.CountPasswords(t.Context())
	require.NoError(t, err)
	assert.Equal(t, &Passwords{}, p)
	assert.Empty(t, f.calls)
	assert.FileExists(t, d.file(ResultsName))
}

// TestSameSchema compares a pool with those that rows may have been judged by.
func TestSameSchema(t *testing.T) {
	judged, err := schema.Load(nil)
	require.NoError(t, err)
	pool := *judged
	pool.ID, pool.Name = "local_default", "default"
	assert.True(t, sameSchema(&pool, judged.Fingerprint()), "ID and name do not count")
	pool.Header = append(slices.Clone(judged.Header), schema.HashColumn)
	assert.True(t, sameSchema(&pool, judged.Fingerprint()), "nor does the column of hashes")
	assert.True(t, sameSchema(&pool, pool.Fingerprint()))
	pool.Header = append(slices.Clone(judged.Header), "custom:tier")
	assert.False(t, sameSchema(&pool, judged.Fingerprint()))
}
