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

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

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
	assert.Equal(t, cognito.Created, f.jobs[0].Status, "it is left to expire")
	assert.Contains(t, o.Observer.(*recorder).all(), "has expired; a new job takes its place")
}

// TestJobsThatExpireAtOnce: every one takes one of the 1,000 that a pool can have.
func TestJobsThatExpireAtOnce(t *testing.T) {
	d, f := smallRun(t)
	f.jobTTL = -1
	for commands := 1; commands < 3; commands++ {
		_, err := d.Import(t.Context(), f.options())
		require.ErrorContains(t, err, "has expired without having run, and 3 jobs before it could not be used either")
		assert.Len(t, f.jobs, commands*(maxRenewals+1))
	}
	f.jobTTL, f.urlTTL = time.Hour, -time.Second
	_, err := d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "is the clock of this machine right")
	assert.Len(t, f.jobs, 3*(maxRenewals+1))
	f.urlTTL = time.Minute
	f.clock.now = f.clock.now.Add(2 * time.Hour)
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
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
			return errors.Join(err, &cognito.UploadError{Status: 403, Code: "AccessDenied"})
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
				f.jobs[0].Status, f.jobs[0].Started = cognito.Created, time.Time{}
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
	require.ErrorContains(t, err, "the same command resumes")
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
	assert.Equal(t, cognito.Expired, f.jobs[0].Status)
}

func TestAnotherJobIsActive(t *testing.T) {
	d, f := smallRun(t)
	f.jobs = append(f.jobs, &fakeJob{Job: cognito.Job{ID: "import-other", Name: "theirs", Status: cognito.InProgress, Started: f.clock.now}})
	f.jobs[0].rows = make([]string, 1000)
	o := f.options()
	out, err := d.Import(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	noted := o.Observer.(*recorder).all()
	assert.Equal(t, 1, strings.Count(noted, "Waiting: job import-other (theirs) is InProgress"), noted)

	d, f = smallRun(t)
	f.busy = f.clock.now.Add(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	passed := f.clock.passed
	f.clock.passed = func() {
		passed()
		if f.calls["StartUserImportJob"] > 2 {
			cancel()
		}
	}
	out, err = d.Import(ctx, f.options())
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, out.Active, "a job that waits does not go on by itself")
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
	require.ErrorContains(t, err, "was changed since convert wrote it")
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
	assert.Equal(t, "BCRYPT", f.jobs[0].request.Algorithm)
	assert.Equal(t, "SCRYPT", f.jobs[1].request.Algorithm)
}
