package importjob

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

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
		if len(f.jobs) == 2 && f.jobs[1].Status == cognito.InProgress {
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
		assert.Equal(t, cognito.Stopped, job.Status)
		out, err := d.Import(t.Context(), f.options())
		require.NoError(t, err, "a job that was stopped before is not reported as trouble again")
		assert.Equal(t, Counts{Imported: 7}, out.Total())
		assert.Len(t, f.jobs, 2)
	}
}

// TestStopOfAnImportThatWaits: "none is running" would be true, and then one runs.
func TestStopOfAnImportThatWaits(t *testing.T) {
	d, f := smallRun(t)
	f.busy = f.clock.now.Add(time.Minute)
	passed := f.clock.passed
	asked := 0
	f.clock.passed = func() {
		passed()
		if f.calls["StartUserImportJob"] == 0 || !f.clock.now.Before(f.busy) || asked > 0 {
			return
		}
		asked++
		job, err := d.Stop(t.Context(), f, time.Second, f.clock, &recorder{})
		require.ErrorContains(t, err, "no job is running, but an import is at work there")
		require.Nil(t, job)
	}
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	assert.Equal(t, 1, asked)
	job, err := d.Stop(t.Context(), f, time.Second, f.clock, &recorder{})
	require.NoError(t, err, "it has ended")
	assert.Nil(t, job)
}

func TestList(t *testing.T) {
	f := newFake(newFakeClock())
	for range 5 {
		_, err := f.CreateJob(t.Context(), cognito.JobRequest{Pool: fakePool, Name: "n"})
		require.NoError(t, err)
	}
	var ids []string
	require.NoError(t, cognito.List(t.Context(), f, fakePool, &recorder{}, func(j cognito.Job) { ids = append(ids, j.ID) }))
	assert.Equal(t, []string{"import-0000000005", "import-0000000004", "import-0000000003", "import-0000000002", "import-0000000001"}, ids)
	f.chaos = failing("ListUserImportJobs", 1, false, refusal("ListUserImportJobs", cognito.CodeNotFound, "no pool"))
	assert.True(t, cognito.HasCode(cognito.List(t.Context(), f, fakePool, &recorder{}, func(cognito.Job) {}), cognito.CodeNotFound))
}

func TestTwoJobsOfOneName(t *testing.T) {
	d, f := smallRun(t)
	o := f.options()
	require.NoError(t, o.complete())
	r := newDriver(d, o, time.Time{})
	r.call = o.caller()
	for _, status := range []cognito.Status{cognito.Created, cognito.Pending, cognito.Created} {
		f.jobs = append(f.jobs, &fakeJob{Job: cognito.Job{ID: "import-" + string(status), Name: "n", Status: status, Created: f.clock.now}})
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
	var call *cognito.CallError
	assert.False(t, errors.As(err, &call))
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
		assert.Contains(t, []string{"GetCSVHeader", "DescribeUserPool", "DescribeLogGroups", "GetLogEvents", "ListUserImportJobs"}, operation)
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

func TestStoppedJob(t *testing.T) {
	d, f := smallRun(t)
	f.rate = 1
	passed := f.clock.passed
	f.clock.passed = func() {
		passed()
		if len(f.jobs) == 1 && f.jobs[0].Imported >= 3 && f.jobs[0].Status == cognito.InProgress {
			job, err := d.Stop(t.Context(), f, time.Second, f.clock, &recorder{})
			require.NoError(t, err)
			assert.Equal(t, cognito.Stopped, job.Status)
		}
	}
	out, err := d.Import(t.Context(), f.options())
	require.ErrorIs(t, err, errStopped)
	assert.Equal(t, "Stopped", out.Chunks[0].Status)
	assert.GreaterOrEqual(t, out.Total().Imported, int64(3))
	imported := out.Total().Imported
	require.ErrorContains(t, err, "users whom this one imported stay, and count as imported")

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

// TestStopWhileNothingRuns: an import that waits would start its job after all, so
// that it is not stopped is reported as trouble.
func TestStopWhileNothingRuns(t *testing.T) {
	d, f := smallRun(t)
	f.jobs = append(f.jobs, &fakeJob{Job: cognito.Job{ID: "import-other", Name: "theirs", Status: cognito.InProgress, Started: f.clock.now}})
	f.jobs[0].rows = make([]string, 100)
	passed, looked := f.clock.passed, map[string]bool{}
	f.clock.passed = func() {
		passed()
		want := ""
		switch job := f.jobs[len(f.jobs)-1]; {
		case len(f.jobs) == 2 && job.Status == cognito.Created && f.calls["StartUserImportJob"] > 0:
			want = "Job " + job.ID + " waits for another one to end."
		case len(f.jobs) == 2 && job.Status == cognito.Succeeded:
			want = "no job is running, but an import is at work there"
		default:
			return
		}
		looked[want] = true
		_, err := d.Stop(t.Context(), f, time.Second, f.clock, &recorder{})
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "End that import first, with Ctrl-C")
	}
	f.lag = 5 * time.Second // of the log, too
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	assert.Len(t, looked, 2)
	job, err := d.Stop(t.Context(), f, time.Second, f.clock, &recorder{})
	require.NoError(t, err)
	assert.Nil(t, job, "nobody is at work any more")
}
