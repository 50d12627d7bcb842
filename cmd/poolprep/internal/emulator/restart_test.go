package emulator

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/store"
)

// TestGoesOn closes the server after every number of transactions of a job and
// opens it again: each user is there once, and each row has one line.
func TestGoesOn(t *testing.T) {
	rows := strings.TrimSuffix(many(12), "\n") + "\n,,,,,,,,,u3@example.com,TRUE,,,,,,,,,,user000003\n,,,,,,,,,x,TRUE,,,,,,,,,,bad\n"
	for after := range 15 {
		dir := t.TempDir()
		now := newClock().Now // a clock that stands still makes the job wait after each transaction
		server, err := New(Options{DataDir: dir, UsersPerSecond: 20, Now: now})
		require.NoError(t, err)
		g := newGate()
		server.jobs.Pause = g.pause
		r := serve(t, server)
		j := r.ready("job", rows)
		if after > 0 {
			_, err = r.start(j)
			require.NoError(t, err)
			for range after - 1 {
				g.wait(t)
				g.open <- struct{}{}
			}
			g.wait(t)
		}
		r.close()

		r = start(t, Options{DataDir: dir, Now: now})
		if after == 0 {
			_, err = r.start(j)
			require.NoError(t, err)
		}
		j = r.wait(j)
		assert.EqualValues(t, "Succeeded", j.Status)
		assert.Equal(t, []int64{12, 1, 1}, []int64{j.ImportedUsers, j.SkippedUsers, j.FailedUsers}, "after %d", after)
		assert.Len(t, r.users(defaultID), 12)
		lines := r.lines(j)
		require.Len(t, lines, 16, "after %d", after)
		for i, line := range lines[2:] {
			assert.Contains(t, line, fmt.Sprintf("Line Number %d -", i+2))
		}
		require.NoError(t, r.server.store.View(func(tx *bbolt.Tx) error {
			assert.EqualValues(t, 12, store.UserCount(tx, defaultID))
			return nil
		}))
		r.close()
	}
}

// TestStopThenRestart stops a job and closes the server before it could end.
func TestStopThenRestart(t *testing.T) {
	dir := t.TempDir()
	server, err := New(Options{DataDir: dir, UsersPerSecond: 20, Now: newClock().Now})
	require.NoError(t, err)
	arrived, on := make(chan struct{}), make(chan struct{})
	server.jobs.Pause = func(context.Context, time.Duration) error { close(arrived); <-on; return context.Canceled }
	r := serve(t, server)
	j := r.ready("job", many(3))
	_, err = r.start(j)
	require.NoError(t, err)
	<-arrived
	stopping, err := r.stop(j)
	require.NoError(t, err)
	assert.EqualValues(t, "Stopping", stopping.Status)
	r.server.cancel()
	close(on)
	r.close()
	r = start(t, Options{DataDir: dir})
	j = r.wait(j)
	assert.EqualValues(t, "Stopped", j.Status)
	assert.EqualValues(t, 1, j.ImportedUsers)
}

// TestPoolGone restarts without the pool of the job that ran.
func TestPoolGone(t *testing.T) {
	dir := t.TempDir()
	two := pool(t, "local_two", `"AutoVerifiedAttributes":["email"]`)
	server, err := New(Options{DataDir: dir, UsersPerSecond: 20, Now: newClock().Now, Pools: []*Pool{DefaultPool(), two}})
	require.NoError(t, err)
	g := newGate()
	server.jobs.Pause = g.pause
	r := serve(t, server)
	j := r.ready("job", many(3), "local_two")
	_, err = r.start(j)
	require.NoError(t, err)
	g.wait(t)
	r.close()
	r = start(t, Options{DataDir: dir})
	assert.EqualValues(t, "Succeeded", r.run(many(1)).Status, "another pool is not held up")
	r.close()
	r = start(t, Options{DataDir: dir, Pools: []*Pool{two}})
	j = r.describe(j)
	assert.EqualValues(t, "Failed", j.Status)
	assert.Equal(t, "The user pool has been deleted.", *j.CompletionMessage)
}

// TestStateIsKept finds jobs, users, logs and URLs as they were.
func TestStateIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "dir")
	r := start(t, Options{DataDir: dir})
	j := r.run(many(5))
	lines := r.lines(j)
	users := r.users(defaultID)
	_, err := New(Options{DataDir: dir})
	assert.ErrorContains(t, err, "is in use by another emulator")
	r.close()
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	r = start(t, Options{DataDir: dir})
	again := r.describe(j)
	again.PreSignedUrl, j.PreSignedUrl = nil, nil // its port is another
	assert.Equal(t, j, again)
	assert.Equal(t, lines, r.lines(j))
	assert.Equal(t, users, r.users(defaultID))
	r.close()

	db, err := bbolt.Open(filepath.Join(dir, StateFile), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("version"), []byte("99")) }))
	require.NoError(t, db.Close())
	_, err = New(Options{DataDir: dir})
	assert.ErrorContains(t, err, "another version")
	require.NoError(t, os.WriteFile(filepath.Join(dir, StateFile), []byte(strings.Repeat("no database ", 1000)), 0o600))
	_, err = New(Options{DataDir: dir})
	assert.ErrorContains(t, err, StateFile)
}

// TestRate counts the waiting of a job on a clock that only waiting moves.
func TestRate(t *testing.T) {
	for rate, rows := range map[int]int{1: 5, 7: 30, 100: 50, 1000: 2000} {
		c := newClock()
		server, err := New(Options{Now: c.Now, UsersPerSecond: rate})
		require.NoError(t, err)
		server.jobs.Pause = func(_ context.Context, d time.Duration) error { c.add(d); return nil }
		r := serve(t, server)
		j := r.run(many(rows))
		assert.EqualValues(t, rows, j.ImportedUsers)
		took := j.CompletionDate.Sub(*j.StartDate)
		assert.InDelta(t, float64(rows)/float64(rate), took.Seconds(), 0.01, "%d rows at %d a second", rows, rate)
	}
}

// TestBadOptions are refused at once.
func TestBadOptions(t *testing.T) {
	two := 2.0
	for want, o := range map[string]Options{
		"lies between 0 and 1":  {FailThreshold: &two},
		"cannot be negative":    {UsersPerSecond: -1},
		"1 second to 7 days":    {URLTTL: 8 * 24 * time.Hour},
		"two pools have the Id": {Pools: []*Pool{DefaultPool(), DefaultPool()}},
		"unknown message code":  {Messages: map[string]string{"x": "y"}},
		"not a directory":       {DataDir: "restart_test.go"},
	} {
		_, err := New(o)
		assert.ErrorContains(t, err, want)
	}
}
