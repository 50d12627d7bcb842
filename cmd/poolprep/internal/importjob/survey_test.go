package importjob

import (
	"context"
	"fmt"
	"math/rand/v2"
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

func TestJobNames(t *testing.T) {
	run := runName(noManifest)
	assert.Len(t, run, 10)
	assert.Equal(t, run, runName(noManifest))
	assert.NotEqual(t, run, runName(strings.Repeat("0", 64)))
	for _, prefix := range []string{"poolprep", "a-b", "x-" + run, "0"} {
		for _, number := range []int{1, 2, 11} {
			for _, chunk := range []int{1, 99999, 123456} {
				c, n, ok := parseJobName(run, jobName(prefix, run, chunk, number))
				assert.True(t, ok)
				assert.Equal(t, []int{chunk, number}, []int{c, n})
			}
		}
	}
	for _, name := range []string{"", run, "p-" + run, "p-" + run + "-", "p-" + run + "-1", "p-" + run + "-00001-1", "p-" + run + "-00001-x", "p-" + run + "-00001-2-3", "p-other-00001", "p-" + run + "-+0001"} {
		_, _, ok := parseJobName(run, name)
		assert.False(t, ok, name)
	}
}

// damage is what happens to the journal of a run directory: it is removed, emptied, or
// cut at a line end.
func damage(t *testing.T, d *RunDir, r *rand.Rand) {
	t.Helper()
	path := d.file(sink.JournalName)
	lines := strings.SplitAfter(d.read(t, sink.JournalName), "\n")
	switch r.IntN(4) {
	case 0:
		require.NoError(t, os.RemoveAll(path))
	case 1:
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	default:
		cut := strings.Join(lines[:r.IntN(len(lines))], "")
		require.NoError(t, os.WriteFile(path, []byte(cut), 0o600))
	}
}

// atOnce lets an import run until its journal has so many lines, or to its end.
func atOnce(t *testing.T, d *RunDir, f *fake, lines int) (ended bool) {
	t.Helper()
	return runUntilCrash(t, d, f, func(h *hooks) { h.journal = func(j journalFile) journalFile { return &countedFile{j, lines} } })
}

// runUntilCrash imports as a process of its own that set lets die, or to the end.
func runUntilCrash(t *testing.T, d *RunDir, f *fake, set func(h *hooks)) (ended bool) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			require.Equal(t, errCrash, r)
		}
	}()
	o := f.options()
	require.NoError(t, o.complete())
	last := lastActivity(d.Path)
	release, err := lock(d.Path)
	require.NoError(t, err)
	defer release()
	r := newDriver(d, o, last)
	set(&r.hooks)
	_, err = r.importAll(context.Background())
	require.NoError(t, err)
	return true
}

// countedFile is a journal after whose n-th line the process dies.
type countedFile struct {
	journalFile
	left int
}

func (f *countedFile) Write(p []byte) (int, error) {
	n, err := f.journalFile.Write(p)
	if f.left--; f.left == 0 {
		panic(errCrash)
	}
	return n, err
}

// goOn imports to the end after the journal was damaged, as its error says.
func goOn(t *testing.T, d *RunDir, f *fake, where string) {
	t.Helper()
	_, err := d.Import(t.Context(), f.options())
	if err != nil && strings.Contains(err.Error(), errOtherResults.Error()) {
		require.NoError(t, os.Remove(d.file(ResultsName)), where)
		_, err = d.Import(t.Context(), f.options())
	}
	require.NoError(t, err, where)
	checkImported(t, d, f, 0)
	if t.Failed() {
		t.Fatal(where)
	}
}

// TestJournalCutAtEachLine: at every point of a run, and for every line that is left.
func TestJournalCutAtEachLine(t *testing.T) {
	dir := memoryDir(t)
	made := makeRun(t, dir, 4, sink.Plain, threeChunks)
	step := 1
	if testing.Short() {
		step = 5
	}
	for lag := range 2 {
		for died := 1 + lag*(step/3); ; died += 1 + step/3 {
			ended := false
			for left := -1; left <= died; left++ { // -1: the file is removed
				if left > 0 && (left+died)%step != 0 {
					continue
				}
				where := fmt.Sprintf("died after line %d, of which %d are left, lag %d", died, left, lag)
				path := filepath.Join(dir, "copy")
				require.NoError(t, os.CopyFS(path, os.DirFS(made.Path)))
				d, err := OpenRun(path)
				require.NoError(t, err)
				f := newFake(newFakeClock())
				f.users["old"], f.lag = 1, time.Duration(lag)*9*time.Second
				ended = atOnce(t, d, f, died)
				lines := strings.SplitAfter(d.read(t, sink.JournalName), "\n")
				if left < 0 {
					require.NoError(t, os.Remove(d.file(sink.JournalName)))
				} else {
					require.NoError(t, os.WriteFile(d.file(sink.JournalName), []byte(strings.Join(lines[:min(left, len(lines))], "")), 0o600))
				}
				goOn(t, d, f, where)
				require.NoError(t, os.RemoveAll(path))
				if ended && left >= len(lines)-1 {
					break
				}
			}
			if ended {
				assert.Greater(t, died, 15)
				break
			}
		}
	}
}

// TestSeededDamage goes on with TestSeededSchedules: the journal is cut, emptied or
// removed between the commands, too.
func TestSeededDamage(t *testing.T) {
	seeds := 1000
	if testing.Short() {
		seeds = 100
	}
	dir := memoryDir(t)
	made := makeRun(t, dir, 4, sink.Plain, threeChunks)
	for seed := range seeds {
		path := filepath.Join(dir, fmt.Sprint("seed-", seed))
		require.NoError(t, os.CopyFS(path, os.DirFS(made.Path)))
		d, err := OpenRun(path)
		require.NoError(t, err)
		r := rand.New(rand.NewPCG(uint64(seed), 29))
		schedule(t, d, uint64(seed), func() {

			if r.IntN(2) == 0 {
				damage(t, d, r)
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		require.NoError(t, os.RemoveAll(path))
	}
}

// TestResultsWithoutAJournal: results of saved logs that no job explains stop the
// import; what other jobs bring does not lose them.
func TestResultsWithoutAJournal(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, sevenRows)
	first, second := "1="+save(t, d, "first", []byte(logText(2, "isfi"))), "2="+save(t, d, "second", []byte(logText(2, "iif")))
	_, _, err := reconcileAll(t, d, 0, cognito.OffsetAuto, first, second)
	require.NoError(t, err)
	results := d.read(t, ResultsName)
	for _, journal := range []string{"", "removed"} {
		require.NoError(t, os.WriteFile(d.file(sink.JournalName), nil, 0o600))
		if journal == "removed" {
			require.NoError(t, os.Remove(d.file(sink.JournalName)))
		}
		f := newFake(newFakeClock())
		const want = "has results of 2 rows of chunk 1, of which "
		_, err = d.Import(t.Context(), f.options())
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "has no job that can have brought them")
		_, err = d.Plan(t.Context(), f.options())
		require.ErrorContains(t, err, want)
		_, err = d.Status(t.Context(), f, &recorder{})
		require.ErrorContains(t, err, want)
		_, err = d.Stop(t.Context(), f, time.Second, f.clock, &recorder{})
		require.ErrorContains(t, err, want)
		_, err = f.reset(d, t.Context())
		require.ErrorContains(t, err, want)
		assert.Empty(t, f.jobs)
		assert.Equal(t, results, d.read(t, ResultsName))
	}
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, second)
	require.NoError(t, err)
	assert.Equal(t, results, d.read(t, ResultsName), "the other chunk's stay")
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, first)
	require.NoError(t, err)
	requireKnown(t, d, Counts{Imported: 4, Skipped: 1, Failed: 2})
}

// TestLostJobThatKnewMore: a row of which results.jsonl says something keeps it, where
// the job's log has no line.
func TestLostJobThatKnewMore(t *testing.T) {
	d, f := quiet(t, 10)
	_, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "log", []byte(logText(2, "ifsiiif"))))
	require.NoError(t, err)
	require.NoError(t, os.Remove(d.file(sink.JournalName)))
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Skipped: 1, Failed: 2, Unknown: 4}, out.Total())
	assert.Len(t, f.jobs, 1)
}

// TestJobsThatCannotBeTakenOver: where it is not clear what happened, no job is started.
func TestJobsThatCannotBeTakenOver(t *testing.T) {
	for want, change := range map[string]func(d *RunDir, f *fake){
		"another file was uploaded to it": func(d *RunDir, f *fake) {
			require.NoError(t, os.Remove(d.file(sink.JournalName)))
			f.jobs[0].Imported--
		},
		"It has judged 8 rows and the chunk has 7": func(d *RunDir, f *fake) {
			require.NoError(t, os.Remove(d.file(sink.JournalName)))
			f.jobs[0].Imported++
		},
		"which came later": func(d *RunDir, f *fake) {
			name := f.jobs[0].Name
			lines := strings.SplitAfter(d.read(t, sink.JournalName), "\n")
			text := strings.ReplaceAll(strings.Join(lines[:3], ""), name, name+"-2")
			require.NoError(t, os.WriteFile(d.file(sink.JournalName), []byte(strings.ReplaceAll(text, f.jobs[0].ID, "import-later")), 0o600))
			f.jobs = append(f.jobs, &fakeJob{Job: cognito.Job{ID: "import-later", Name: name + "-2", Status: cognito.Created, Created: f.clock.now}})
		},
		"Wait until both have ended": func(d *RunDir, f *fake) {
			lines := strings.SplitAfter(d.read(t, sink.JournalName), "\n")
			require.NoError(t, os.WriteFile(d.file(sink.JournalName), []byte(strings.Join(lines[:7], "")), 0o600))
			f.jobs = append(f.jobs, &fakeJob{Job: cognito.Job{ID: "import-later", Name: f.jobs[0].Name + "-2", Status: cognito.Succeeded, Imported: 7, Created: f.clock.now}})
			f.jobs[0].Status, f.jobs[0].next = cognito.InProgress, -1000
			f.jobs[0].Started = f.clock.now.Add(time.Hour)
		},
	} {
		d, f := smallRun(t)
		_, err := d.Import(t.Context(), f.options())
		require.NoError(t, err)
		require.NoError(t, os.Remove(d.file(ResultsName)))
		change(d, f)
		starts, creates := f.calls["StartUserImportJob"], f.calls["CreateUserImportJob"]
		_, err = d.Import(t.Context(), f.options())
		require.ErrorContains(t, err, want)
		assert.Equal(t, starts, f.calls["StartUserImportJob"], want)
		assert.Equal(t, creates, f.calls["CreateUserImportJob"], want)
	}
}

// TestStopAndStatusFindALostJob: the one that runs, of which the journal knows nothing.
func TestStopAndStatusFindALostJob(t *testing.T) {
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
	lines := strings.SplitAfter(d.read(t, sink.JournalName), "\n")
	require.NoError(t, os.WriteFile(d.file(sink.JournalName), []byte(lines[0]), 0o600))
	o := &recorder{}
	_, err = d.Status(t.Context(), f, o)
	require.NoError(t, err)
	assert.Contains(t, o.all(), "import.jsonl does not know job import-0000000001")
	job, err := d.Stop(t.Context(), f, time.Second, f.clock, o)
	require.NoError(t, err)
	require.NotNil(t, job)
	assert.Equal(t, cognito.Stopped, job.Status)
	require.NoError(t, os.Remove(d.file(sink.JournalName)))
	_, err = d.Status(t.Context(), f, o)
	require.NoError(t, err)
	assert.Contains(t, o.all(), "There is no ")
}
