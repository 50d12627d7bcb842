package emulator

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPending meets a job that waits before it runs, and one that is stopped then.
func TestPending(t *testing.T) {
	c := newClock()
	server, err := New(Options{Now: c.Now, Pending: time.Hour})
	require.NoError(t, err)
	g := newGate()
	server.pause = g.pause
	r := serve(t, server)
	j := r.ready("job", many(3))
	begun, err := r.start(j)
	require.NoError(t, err)
	assert.EqualValues(t, "Pending", begun.Status)
	g.wait(t)
	assert.EqualValues(t, "Pending", r.describe(j).Status)
	stopped, err := r.stop(j)
	require.NoError(t, err)
	assert.EqualValues(t, "Stopped", stopped.Status)
	assert.Equal(t, messageStopped, *stopped.CompletionMessage)
	assert.NotNil(t, stopped.CompletionDate)
	assert.Empty(t, r.users(defaultID))
}

// TestStartDateIsThatOfTheBeginning starts a job that is Pending for a while.
func TestStartDateIsThatOfTheBeginning(t *testing.T) {
	r := start(t, Options{Pending: 50 * time.Millisecond})
	j := r.ready("job", many(3))
	begun, err := r.start(j)
	require.NoError(t, err)
	j = r.wait(j)
	assert.EqualValues(t, "Succeeded", j.Status)
	assert.True(t, j.StartDate.After(*begun.StartDate))
}

// TestFaultsOfRowsAndJobs lets rows and jobs fail that are sound.
func TestFaultsOfRowsAndJobs(t *testing.T) {
	var faults []Fault
	for _, text := range []string{"row:internal:2", "job:role:1", "job:pool-deleted:1", "ListUsers:notauthorized:1"} {
		f, err := ParseFault(text)
		require.NoError(t, err)
		faults = append(faults, f)
	}
	r := start(t, Options{Faults: faults})
	for _, want := range []string{"role-unknown", "pool-deleted"} {
		j := r.ready("job", many(5))
		_, err := r.start(j)
		require.NoError(t, err)
		j = r.wait(j)
		assert.EqualValues(t, "Failed", j.Status)
		assert.Equal(t, ownTexts[want], *j.CompletionMessage)
		assert.Zero(t, j.ImportedUsers)
	}
	j := r.ready("job", many(5))
	_, err := r.start(j)
	require.NoError(t, err)
	j = r.wait(j)
	assert.EqualValues(t, 3, j.ImportedUsers, "the job goes on")
	assert.EqualValues(t, 2, j.FailedUsers)
	for _, text := range []string{"row:500:1", "job:internal:1", "upload:notauthorized:1", "row:internal:0", "rows:internal:1"} {
		_, err := ParseFault(text)
		assert.Error(t, err, text)
	}
}

// TestOtherMethodsOnAnUpload uses a pre-signed URL in another way than by PUT.
func TestOtherMethodsOnAnUpload(t *testing.T) {
	r := start(t, Options{})
	j := r.create("job")
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		request, err := http.NewRequest(method, *j.PreSignedUrl, nil)
		require.NoError(t, err)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		assert.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode, method)
		assert.Equal(t, "MethodNotAllowed", code(t, string(body)), method)
	}
}
