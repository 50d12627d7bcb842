package importjob

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
)

func TestJournalSurvivesATornLine(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, sink.JournalName)
	j, entries, err := openJournal(dir, newFakeClock())
	require.NoError(t, err)
	assert.Empty(t, entries)
	require.NoError(t, j.append(Entry{Type: entryRun, Run: "r"}))
	require.NoError(t, j.append(Entry{Type: entryCreate, Chunk: 1, Attempt: 1, Name: "n"}))
	require.NoError(t, j.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	first := strings.Index(string(whole), "\n") + 1

	for cut := first; cut < len(whole); cut++ {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
		j, entries, err := openJournal(dir, newFakeClock())
		require.NoError(t, err)
		require.Len(t, entries, 1, "cut at byte %d", cut)
		require.NoError(t, j.append(Entry{Type: entryFinished}))
		require.NoError(t, j.Close())
		entries, err = readJournal(dir)
		require.NoError(t, err)
		require.Len(t, entries, 2)
		assert.Equal(t, entryFinished, entries[1].Type)
	}
	for _, tail := range []string{"\x00\x00\x00\x00", "garbage\n", `{"v":1,"ty` + "\n"} {
		require.NoError(t, os.WriteFile(path, append(whole[:len(whole):len(whole)], tail...), 0o600))
		entries, err := readJournal(dir)
		require.NoError(t, err)
		assert.Len(t, entries, 2, "%q", tail)
	}
}

func TestDamagedJournal(t *testing.T) {
	good := `{"v":1,"time":"2026-07-04T22:00:00Z","type":"finished"}` + "\n"
	for text, want := range map[string]string{
		good + "garbage\n" + good:                 "import.jsonl:2: this line is damaged",
		good + `{"v":2,"type":"finished"}` + "\n": "import.jsonl:2: a newer poolprep wrote this line",
		good + "{}\n" + good:                      "import.jsonl:2: this line is damaged",
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, sink.JournalName), []byte(text), 0o600))
		_, _, err := openJournal(dir, newFakeClock())
		assert.ErrorContains(t, err, want)
		kept, err := os.ReadFile(filepath.Join(dir, sink.JournalName))
		require.NoError(t, err)
		assert.Equal(t, text, string(kept), "a damaged journal is not touched")
	}
}

// brokenFile is a journal on a disk that is full.
type brokenFile struct{ journalFile }

func (brokenFile) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestNothingIsDoneWithoutAJournal(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	o := f.options()
	require.NoError(t, o.complete())
	r := newDriver(d, o)
	r.hooks.journal = func(j journalFile) journalFile { return brokenFile{j} }
	_, err := r.run(t.Context())
	require.ErrorContains(t, err, "no space left on device")
	assert.Empty(t, f.jobs)
}

func TestOneImportAtATime(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	release, err := lock(d.Path)
	require.NoError(t, err)
	_, err = d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "another poolprep is at work there")
	assert.Empty(t, f.calls)
	release()
	_, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.FileExists(t, d.file(lockName), "a lock file that stays is no obstacle")
	_, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
}
