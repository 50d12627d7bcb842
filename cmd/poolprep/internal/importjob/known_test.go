package importjob

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// requireKnown requires that everything that says what is known of the rows says
// the same: status, passwords, results.jsonl and retry.csv.
func requireKnown(t *testing.T, d *RunDir, want Counts) {
	t.Helper()
	out, err := d.Status(t.Context(), nil, &recorder{})
	require.NoError(t, err)
	require.Equal(t, want, out.Total(), "status")
	p, err := d.CountPasswords(t.Context())
	require.NoError(t, err)
	require.Equal(t, want.Imported, p.WithHash+p.WithoutHash, "passwords")
	require.Equal(t, want.Unknown, p.Unknown, "passwords")
	var written Counts
	require.NoError(t, d.each(func(r *Result) error { written.add(r.status()); return nil }))
	written.Imported = d.rows() - written.Rows()
	require.Equal(t, want, written, ResultsName)
	require.Equal(t, int(want.Failed), max(0, strings.Count(d.read(t, RetryName), "\n")-1), RetryName)
}

// quiet is an import whose logs stay empty for ever.
func quiet(t *testing.T, maxRows int64) (*RunDir, *fake) {
	t.Helper()
	d := makeRun(t, t.TempDir(), maxRows, sink.Plain, sevenRows)
	f := newFake(newFakeClock())
	f.noLog = func(string) bool { return true }
	return d, f
}

// TestSavedLogCompletesARun: what the log of the service lacks, a saved one has.
func TestSavedLogCompletesARun(t *testing.T) {
	d, f := quiet(t, 10)
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Unknown: 7}, out.Total())
	requireKnown(t, d, Counts{Unknown: 7})

	want := Counts{Imported: 4, Skipped: 1, Failed: 2}
	out, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "log", []byte(logText(2, "ifsiiif"))))
	require.NoError(t, err)
	assert.Equal(t, want, out.Total())
	requireKnown(t, d, want)

	for range 2 {
		calls := len(f.calls)
		out, err = d.Import(t.Context(), f.options())
		require.NoError(t, err)
		assert.Equal(t, want, out.Total())
		assert.Len(t, f.calls, calls, "nothing is asked of the service")
		assert.Equal(t, sevenRowsResults, d.read(t, ResultsName))
		requireKnown(t, d, want)
	}
	assert.Len(t, f.jobs, 1)
}

// TestSavedLogOfAPartOfARun: rows that it does not mention stay what they were.
func TestSavedLogOfAPartOfARun(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	f.users["old"] = 1
	_, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	want := Counts{Imported: 7, Skipped: 1, Failed: 3}
	requireKnown(t, d, want)
	for chunk, log := range []string{"?i??", "?i?i", "???"} {
		if strings.Trim(log, "?") == "" {
			log = "i??"
		}
		out, _, err := reconcileAll(t, d, chunk+1, cognito.OffsetHeader, save(t, d, "part", []byte(logText(2, log))))
		require.NoError(t, err)
		assert.Zero(t, out.Total().Unknown)
		requireKnown(t, d, want)
	}
	assert.Equal(t, threeChunksResults, d.read(t, ResultsName))
	assert.Equal(t, threeChunksRetry, d.read(t, RetryName))
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, want, out.Total())
	assert.Len(t, f.jobs, 3)
}

// TestWhatALaterLogChanges: a new word counts, unless it only says that the user
// whom an earlier job imported is there.
func TestWhatALaterLogChanges(t *testing.T) {
	d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
	for _, step := range []struct {
		log  string
		want Counts
	}{
		{"is??f??", Counts{Imported: 1, Skipped: 1, Failed: 1, Unknown: 4}},
		{"s?fi???", Counts{Imported: 2, Skipped: 1, Failed: 2, Unknown: 2}},
		{"??i?i??", Counts{Imported: 4, Skipped: 1, Unknown: 2}},
		{"?????if", Counts{Imported: 5, Skipped: 1, Failed: 1}},
		{"sssssss", Counts{Imported: 5, Skipped: 2}},
	} {
		_, _, err := reconcileAll(t, d, 0, cognito.OffsetHeader, save(t, d, "log", []byte(logText(2, step.log))))
		require.NoError(t, err)
		requireKnown(t, d, step.want)
	}
	log := []SavedLog{{1, save(t, d, "log", []byte(logText(2, "s??????")))}}
	_, err := d.Reconcile(t.Context(), ReconcileOptions{Logs: log, LineOffset: cognito.OffsetHeader, Replace: true, Observer: &recorder{}})
	require.NoError(t, err)
	requireKnown(t, d, Counts{Skipped: 1, Unknown: 6})
}

// TestSavedLogsLetTheRunGoOn: a chunk that someone else imported needs no job, the
// next one gets its own; a row of which nothing is known needs one.
func TestSavedLogsLetTheRunGoOn(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, sevenRows)
	_, _, err := reconcileAll(t, d, 1, cognito.OffsetAuto, save(t, d, "log", []byte(logText(2, "isfi"))))
	require.NoError(t, err)
	f := newFake(newFakeClock())
	o := f.options()
	steps, err := d.Plan(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, "nothing: the outcome of its rows is known from saved logs", steps[0].Would)
	out, err := d.Import(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 5, Skipped: 1, Failed: 1}, out.Total())
	assert.Equal(t, []string{"reconciled", "Succeeded"}, []string{out.Chunks[0].Status, out.Chunks[1].Status})
	assert.Contains(t, o.Observer.(*recorder).all(), "chunk-00001.csv: the outcome of its rows is known from saved logs; no job is created for it.")
	assert.Len(t, f.jobs, 1)
	assert.Contains(t, f.jobs[0].Name, "-00002")
	requireKnown(t, d, out.Total())

	d = makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "log", []byte(logText(2, "ii????i"))))
	require.NoError(t, err)
	f = newFake(newFakeClock())
	f.users["a"], f.users["b"], f.users["g"] = 1, 1, 1
	_, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Len(t, f.jobs, 1)
	requireKnown(t, d, Counts{Imported: 7}) // and who was imported before is not called skipped
}

// TestSavedLogOfAJobThatCannotBeSeen: the log is complete, so the job has judged
// every row, and is not started again.
func TestSavedLogOfAJobThatCannotBeSeen(t *testing.T) {
	d, f := smallRun(t)
	started, unseen := failing("StartUserImportJob", 1, true, errLost), failing("DescribeUserImportJob", -1, false, errLost)
	f.chaos = func(operation string) (before, after func() error) {
		if operation == "StartUserImportJob" {
			return started(operation)
		}
		return unseen(operation)
	}
	_, err := d.Import(t.Context(), f.options())
	require.Error(t, err)
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "log", []byte(logText(2, "iiiiiii"))))
	require.NoError(t, err)
	starts := f.calls["StartUserImportJob"]
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Empty(t, out.Active)
	assert.Len(t, f.jobs, 1)
	assert.Equal(t, starts, f.calls["StartUserImportJob"])
	requireKnown(t, d, Counts{Imported: 7})
}

func TestResultsThatWereChanged(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	f.users["old"] = 1
	_, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	first, rest, _ := strings.Cut(threeChunksResults, "\n")
	for _, text := range []string{"", rest, first + "\n", threeChunksResults[:len(threeChunksResults)/2], strings.Replace(threeChunksResults, "failed", "imported", 1), first + "\n" + threeChunksResults} {
		require.NoError(t, os.WriteFile(d.file(ResultsName), []byte(text), 0o600))
		_, err := d.Import(t.Context(), f.options())
		require.ErrorContains(t, err, "results.jsonl", text)
		require.ErrorContains(t, err, "emove ", "it says what to do")
		_, err = d.CountPasswords(t.Context())
		require.Error(t, err)
		assert.Equal(t, text, d.read(t, ResultsName))
	}
	require.NoError(t, os.Remove(d.file(ResultsName)))
	f.header = append(f.header, "custom:new") // no job is needed, so that does not matter
	_, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, threeChunksResults, d.read(t, ResultsName), "it is made again from the logs")
	assert.Equal(t, threeChunksRetry, d.read(t, RetryName))
	assert.Len(t, f.jobs, 3)
}

// TestResultsThatAreGone: what came from saved logs is not taken for imported when
// the file with it was removed.
func TestResultsThatAreGone(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, sevenRows)
	first, second := "1="+save(t, d, "first", []byte(logText(2, "isfi"))), "2="+save(t, d, "second", []byte(logText(2, "iif")))
	_, _, err := reconcileAll(t, d, 0, cognito.OffsetAuto, first, second)
	require.NoError(t, err)
	require.NoError(t, os.Remove(d.file(ResultsName)))
	f := newFake(newFakeClock())
	_, err = d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "reconcile them again")
	assert.Empty(t, f.jobs)
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, second)
	require.NoError(t, err)
	requireKnown(t, d, Counts{Imported: 2, Failed: 1, Unknown: 4})
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, first)
	require.NoError(t, err)
	requireKnown(t, d, Counts{Imported: 4, Skipped: 1, Failed: 2})

	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, "1="+save(t, d, "first", []byte(logText(2, "iiii"))), "2="+save(t, d, "second", []byte(logText(2, "iii"))))
	require.NoError(t, err)
	require.NoError(t, os.Remove(d.file(ResultsName)))
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total(), "not one row had to stand in the file")
}

// TestCrashBetweenResultsAndJournal: the new results are on disk, and the journal
// does not say so yet.
func TestCrashBetweenResultsAndJournal(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, sevenRows)
	_, _, err := reconcileAll(t, d, 1, cognito.OffsetAuto, save(t, d, "log", []byte(logText(2, "is?i"))))
	require.NoError(t, err)
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, "1="+save(t, d, "log", []byte(logText(2, "??f?"))), "2="+save(t, d, "second", []byte(logText(2, "iif"))))
	require.NoError(t, err)
	lines := strings.SplitAfter(d.read(t, sink.JournalName), "\n")
	require.Len(t, lines, 8) // results, reconciled, results twice, reconciled twice, finished, nothing
	require.NoError(t, os.WriteFile(d.file(sink.JournalName), []byte(strings.Join(lines[:4], "")), 0o600))
	s, err := d.readState()
	require.NoError(t, err)
	assert.Equal(t, &Counts{Imported: 2, Skipped: 1, Failed: 1}, s.chunks[0].results, "what is written counts")
	assert.Nil(t, s.chunks[1].results)
	f := newFake(newFakeClock())
	_, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
	requireKnown(t, d, Counts{Imported: 5, Skipped: 1, Failed: 1})
	assert.Len(t, f.jobs, 1, "of the second chunk nothing was noted")
}

// TestHowLinesAreCountedIsRemembered: a part of a log that fits both ways does not
// shift what is known, and a wrong assumption leaves nothing behind.
func TestHowLinesAreCountedIsRemembered(t *testing.T) {
	d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
	part := save(t, d, "part", []byte(logText(1, "??f????")))
	_, o, err := reconcileAll(t, d, 0, cognito.OffsetAuto, part) // assumed to be about row 2
	require.NoError(t, err)
	assert.Contains(t, o.all(), "the header is taken for line 1")
	assert.Equal(t, export("\n", "b"), d.read(t, RetryName))
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "whole", []byte(logText(1, "i?iiiis")))) // line 1 decides
	require.NoError(t, err)
	requireKnown(t, d, Counts{Imported: 5, Skipped: 1, Unknown: 1})
	_, o, err = reconcileAll(t, d, 0, cognito.OffsetAuto, part)
	require.NoError(t, err)
	assert.Empty(t, o.notes)
	requireKnown(t, d, Counts{Imported: 4, Skipped: 1, Failed: 1, Unknown: 1})
	assert.Equal(t, export("\n", "c"), d.read(t, RetryName))

	// What was assumed rightly is kept.
	d = makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
	for _, log := range []string{"?f?????", "??i????", "i?????i"} {
		_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "log", []byte(logText(2, log))))
		require.NoError(t, err)
	}
	requireKnown(t, d, Counts{Imported: 3, Failed: 1, Unknown: 3})
}

// rows returns the rows of all chunks.
func (d *RunDir) rows() (n int64) {
	for i := range d.Manifest.Chunks {
		n += d.Manifest.Chunks[i].Rows
	}
	return n
}
