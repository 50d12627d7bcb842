package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// failing lets attempts fail when they are about to be done: so often for each directory, each
// part's keys and each group of keys.
func failing(t *testing.T, times int) {
	var mu sync.Mutex
	failed := make(map[string]int)
	failHere = func(at string) error {
		mu.Lock()
		defer mu.Unlock()
		if failed[at]++; failed[at] > times {
			return nil
		}
		return errors.New("the worker fails")
	}
	t.Cleanup(func() { failHere = func(string) error { return nil } })
}

// smallGroups lets there be several groups of keys.
func smallGroups(t *testing.T) {
	textOfGroup = 200 << 10
	t.Cleanup(func() { textOfGroup = 16 << 20 })
}

// TestGroupedKeys merges with all keys, and with the contested ones alone.
func TestGroupedKeys(t *testing.T) {
	dir := t.TempDir()
	entire(t, dir, "3", nil, export(t, dir, "export"))
	t.Chdir(dir)
	smallGroups(t)
	for _, grouped := range []bool{true, false} {
		j := jobIn(dir)
		j.MaxRows, j.Reasons, j.GroupKeys = 1000, true, grouped
		j.OutDir = filepath.Join(dir, fmt.Sprint("run-", grouped))
		_, text, err := start(t, j)
		require.NoError(t, err)
		same(t, filepath.Join(dir, "whole"), j.OutDir)
		assert.Equal(t, grouped, j.GroupKeys)
		compared, contested := counted(text, "keys_compared"), counted(text, "keys_contested")
		if !grouped {
			assert.Equal(t, [2]int{}, [2]int{compared, contested})
			continue
		}
		assert.Greater(t, compared, 8000, "each row has a username")
		assert.Greater(t, contested, 2500, "those of the first file come again in the third")
		assert.Less(t, contested, 3500)
	}
}

func TestWhenKeysAreGrouped(t *testing.T) {
	for _, test := range []struct {
		runner string
		args   []string
		want   bool
	}{
		{"prism", nil, false}, {"prism", []string{"--group-keys"}, true}, {"universal", nil, true}, {"universal", []string{"--group-keys=false"}, false},
	} {
		j := inputJob(t, "", test.args...)
		j.group(test.runner)
		assert.Equal(t, test.want, j.GroupKeys, test)
	}
}

// counted returns what a counter says, 0 if it says nothing.
func counted(text, counter string) (n int) {
	for line := range strings.Lines(text) {
		_, _ = fmt.Sscanf(line, counter+": %d", &n)
	}
	return n
}

func TestFailedJobGoesOn(t *testing.T) {
	dir := t.TempDir()
	entire(t, dir, "3", nil, export(t, dir, "export"))
	t.Chdir(dir)
	failing(t, 1)
	j := jobIn(dir)
	j.MaxRows, j.Reasons = 1000, true
	failures, all := 0, ""
	smallGroups(t)
	for {
		code, text, err := start(t, j)
		if all += text; err == nil {
			assert.Equal(t, exitRejected, code)
			break
		}
		assert.Equal(t, exitFailed, code)
		assert.ErrorContains(t, err, "the worker fails")
		assert.NoDirExists(t, j.OutDir, "nothing is there until it is complete")
		failures++
		require.Less(t, failures, 20)
	}
	assert.GreaterOrEqual(t, failures, 4, "a part fails, then its keys, a group of keys, and the merge")
	assert.Contains(t, all, "rows_read: 9000\n")
	same(t, filepath.Join(dir, "whole"), j.OutDir)
	left, err := attempts(j.PartsDir, attemptPrefix)
	require.NoError(t, err)
	assert.Empty(t, left)
	before, err := os.Stat(filepath.Join(j.OutDir, "manifest.json"))
	require.NoError(t, err)
	_, text, err := start(t, j)
	require.NoError(t, err)
	assert.Contains(t, text, "parts_found: 3\n")
	assert.Contains(t, text, "rows_read: 9000\n")
	after, err := os.Stat(filepath.Join(j.OutDir, "manifest.json"))
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after), "it is not made again")
}

// TestKilledJobGoesOn kills the program, workers and runner, in each of its steps.
func TestKilledJobGoesOn(t *testing.T) {
	dir := t.TempDir()
	entire(t, dir, "3", nil, export(t, dir, "export"))
	program, err := os.Executable()
	require.NoError(t, err)
	for _, at := range []string{"/plan", "/part-2", "keys of part 3", "group 0", "/run", ""} {
		require.NoDirExists(t, filepath.Join(dir, "run"))
		cmd := exec.Command(program, "--input=*.txt", "--parts=3", "--parts-dir=parts", "--out-dir=run", "--max-rows=1000", "--reasons", "--group-keys")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), killEnv+"="+at)
		text, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, "%s: %s", at, text)
		if at == "" {
			require.Equal(t, exitRejected, exit.ExitCode(), "%s", text)
		} else {
			require.Equal(t, -1, exit.ExitCode(), "%s: it is not killed: %s", at, text)
		}
	}
	same(t, filepath.Join(dir, "whole"), filepath.Join(dir, "run"))
	for _, in := range []string{"", "parts"} {
		left, err := attempts(filepath.Join(dir, in), ".")
		require.NoError(t, err)
		assert.Empty(t, left)
	}
}

// elements returns what a runner hands a list of elements out by.
func elements[T any](list []T) func(*T) bool {
	i := 0
	return func(element *T) bool {
		if i == len(list) {
			return false
		}
		*element = list[i]
		i++
		return true
	}
}

// TestBundlesDoneTwice calls the DoFns as a runner does that takes a worker for dead which
// is not, or loses what it was told.
func TestBundlesDoneTwice(t *testing.T) {
	dir := t.TempDir()
	entire(t, dir, "3", nil, export(t, dir, "export"))
	t.Chdir(dir)
	j := jobIn(dir)
	j.MaxRows, j.Reasons = 1000, true
	_, err := j.check(nil)
	require.NoError(t, err)
	twice := func(f func() error) {
		var group sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			group.Go(func() { errs[i] = f() })
		}
		group.Wait()
		require.NoError(t, errors.Join(errs...))
		require.NoError(t, f(), "and once more")
	}
	var parts []made
	for part := range 3 {
		twice(func() error {
			return (&makeFn{Job: *j}).ProcessElement(context.Background(), unit{part + 1, j.Plan}, func(_ int, m made) {
				assert.Equal(t, made{part + 1, j.Plan, j.partDir(part + 1)}, m)
			})
		})
		parts = append(parts, made{part + 1, j.Plan, j.partDir(part + 1)})
	}
	parts = append(parts, parts[1])
	smallGroups(t)
	// The keys of a part come twice, and so do the contested ones of each group.
	groups := make(map[int][][]byte)
	for _, part := range parts {
		require.NoError(t, (&keysFn{Job: *j}).ProcessElement(context.Background(), 0, part, func(group int, keys []byte) { groups[group] = append(groups[group], keys) }))
	}
	require.Greater(t, len(groups), 2)
	var contested [][]byte
	for group, keys := range groups {
		for range 2 {
			require.NoError(t, (&groupFn{Job: *j}).ProcessElement(context.Background(), group, elements(keys), func(_ int, keys []byte) { contested = append(contested, keys) }))
		}
	}
	twice(func() error {
		return (&mergeFn{Job: *j}).ProcessElement(context.Background(), 0, elements(parts), elements(contested))
	})
	same(t, filepath.Join(dir, "whole"), j.OutDir)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		assert.False(t, strings.HasPrefix(e.Name(), "."), "%s is left", e.Name())
	}
}

func TestAttemptsThatWereKilled(t *testing.T) {
	dir := t.TempDir()
	entire(t, dir, "3", nil, export(t, dir, "export"))
	t.Chdir(dir)
	for _, name := range []string{"parts/.part-2.1", "parts/.part-2.2", "parts/.part-20.1"} {
		require.NoError(t, os.MkdirAll(name, 0o700))
		require.NoError(t, os.WriteFile(name+"/facts", []byte("half"), 0o600))
	}
	j := jobIn(dir)
	j.OutDir = ""
	_, text, err := start(t, j)
	require.NoError(t, err)
	assert.Contains(t, text, "parts_retried: 1\n")
	left, err := attempts(j.PartsDir, attemptPrefix)
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.Join(j.PartsDir, ".part-20.1")}, left, "it is of no part that was made")
}
