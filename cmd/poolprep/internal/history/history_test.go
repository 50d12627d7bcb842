package history

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/drift"
)

func summary(n int) []byte {
	return fmt.Appendf(nil, `{"v":1,"type":"summary","started":"2026-01-01T00:00:00Z","rows_read":%d}`+"\n", n)
}

// TestRunsAtOnce appends from many runs at the same time: none is lost.
func TestRunsAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			assert.NoError(t, Append(t.Context(), dir, summary(i), 100))
		}()
	}
	wg.Wait()
	runs, err := Read(dir)
	require.NoError(t, err)
	seen := make(map[int64]bool)
	for _, s := range runs.List {
		seen[s.Read] = true
	}
	assert.Len(t, seen, 40)
	for _, name := range []string{Name, lockName} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.EqualValues(t, 0o600, info.Mode().Perm())
	}
}

func TestKeepsTheLast(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		require.NoError(t, Append(t.Context(), dir, summary(i), 3))
	}
	runs, err := Read(dir)
	require.NoError(t, err)
	require.Len(t, runs.List, 3)
	assert.EqualValues(t, 7, runs.List[0].Read)
}

// TestDamage reads histories of which anything was cut off or overwritten: whole entries are
// there, and the next run mends the file.
func TestDamage(t *testing.T) {
	whole := string(summary(1)) + string(summary(2)) + string(summary(3))
	for cut := range len(whole) + 1 {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(Path(dir), []byte(whole[:cut]), 0o600))
		runs, err := Read(dir)
		require.NoError(t, err)
		complete := strings.Count(whole[:cut], "\n")
		if strings.HasSuffix(whole[:min(len(whole), cut+1)], "\n") && !strings.HasSuffix(whole[:cut], "\n") {
			complete++ // but for the newline
		}
		assert.Len(t, runs.List, complete, "cut at %d", cut)
		require.NoError(t, Append(context.Background(), dir, summary(4), 10))
		runs, err = Read(dir)
		require.NoError(t, err)
		assert.Zero(t, runs.Damaged)
		assert.Len(t, runs.List, complete+1)
	}
}

// TestOtherVersions keeps what another version has written, which is not compared.
func TestOtherVersions(t *testing.T) {
	dir := t.TempDir()
	later := `{"v":2,"type":"summary","started":"2031-01-01T00:00:00Z","rows_read":[7]}`
	require.NoError(t, os.WriteFile(Path(dir), []byte(string(summary(1))+later+"\nnonsense\n"), 0o600))
	runs, err := Read(dir)
	require.NoError(t, err)
	require.Len(t, runs.List, 1)
	require.Equal(t, Path(dir)+": 1 entry is damaged, and left out; 1 entry is of another version of poolprep, and not compared", runs.Note(dir))
	require.NoError(t, Append(t.Context(), dir, summary(2), 10))
	text, err := os.ReadFile(Path(dir))
	require.NoError(t, err)
	require.Equal(t, string(summary(1))+later+"\n"+string(summary(2)), string(text))
}

// TestWaitingEnds ends a run that waits for the lock.
func TestWaitingEnds(t *testing.T) {
	dir := t.TempDir()
	release, err := take(t.Context(), filepath.Join(dir, lockName))
	require.NoError(t, err)
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, Append(ctx, dir, summary(1), 1), context.Canceled)
}

// TestLast finds the run to compare with.
func TestLast(t *testing.T) {
	run := func(read int64, pool, verdict string, stopped int64) *drift.Summary {
		return &drift.Summary{Read: read, Pool: pool, Verdict: verdict, Stopped: stopped}
	}
	runs := Runs{List: []*drift.Summary{
		run(1, "a", "failed", 0), run(2, "a", "passed", 0), run(3, "b", "passed", 0), run(4, "a", "failed", 0), run(5, "a", "passed", 9), run(6, "c", "failed", 0),
	}}
	for pool, want := range map[string]int64{"a": 2, "b": 3, "c": 6} {
		last, _ := runs.Last(pool)
		require.NotNil(t, last)
		assert.Equal(t, want, last.Read, pool)
	}
	last, others := runs.Last("d")
	assert.Nil(t, last)
	assert.Equal(t, 5, others)
}

// TestNotAFile has something else in the file's place.
func TestNotAFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(Path(dir), 0o700))
	_, err := Read(dir)
	require.ErrorContains(t, err, "this is no regular file; move it away")
}
