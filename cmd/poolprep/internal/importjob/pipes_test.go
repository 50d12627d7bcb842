//go:build unix

package importjob

import (
	"context"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
)

// TestPipesAreNotWaitedFor: a log may come from a pipe, until ctx ends; what an import
// keeps may not.
func TestPipesAreNotWaitedFor(t *testing.T) {
	d, f := smallRun(t)
	pipe := d.file("pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := d.Reconcile(ctx, ReconcileOptions{Logs: []SavedLog{{1, pipe}}, Clock: f.clock, Observer: &recorder{}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	for _, name := range []string{sink.JournalName, ResultsName, sink.ManifestName, "chunk-00001.csv", "lines-00001.idx"} {
		d, f := smallRun(t)
		require.NoError(t, os.RemoveAll(d.file(name)))
		require.NoError(t, syscall.Mkfifo(d.file(name), 0o600))
		again, err := OpenRun(d.Path)
		if err == nil {
			_, err = again.Import(t.Context(), f.options())
		}
		require.ErrorContains(t, err, name+": this is no regular file")
		assert.Empty(t, f.jobs)
	}
	_, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
	require.NoError(t, syscall.Mkfifo(d.file(PasswordsName), 0o600))
	_, err = f.reset(d, t.Context())
	require.ErrorContains(t, err, PasswordsName+": this is no regular file")
}

// TestLinksAreRefused: whatever the links of what an import keeps lead to, it says what
// to do, makes no job and leaves them alone.
func TestLinksAreRefused(t *testing.T) {
	for _, name := range []string{sink.JournalName, lockName, ResultsName, PasswordsName} {
		for _, target := range []string{"nowhere", "../nowhere", "/nowhere/at/all", "../real", "inside", name} {
			d, f := smallRun(t)
			if name == PasswordsName {
				_, err := d.Import(t.Context(), f.options())
				require.NoError(t, err)
			}
			for _, file := range []string{"../real", "inside"} {
				require.NoError(t, os.WriteFile(d.file(file), nil, 0o600))
			}
			require.NoError(t, os.Symlink(target, d.file(name)))
			_, err := d.Import(t.Context(), f.options())
			if name == PasswordsName {
				_, err = f.reset(d, t.Context())
			} else {
				assert.Empty(t, f.jobs)
			}
			require.ErrorContains(t, err, d.file(name)+": this is a symbolic link", target)
			got, err := os.Readlink(d.file(name))
			require.NoError(t, err)
			assert.Equal(t, target, got)
		}
	}
}
