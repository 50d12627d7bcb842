package importjob

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	require.NoError(t, j.append(Entry{Type: entryRun, Run: "r", Pool: "p_1", Role: "arn", Prefix: "p", Manifest: noManifest}))
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

// entryText makes lines of a journal; each has the version.
func entryText(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(`{"v":1,` + line + "}\n")
	}
	return b.String()
}

const (
	runText     = `"type":"run","run":"r","pool":"p_1","role":"arn","prefix":"poolprep","manifest":"` + noManifest + `"`
	createText  = `"type":"create","chunk":1,"attempt":1,"name":"n"`
	createdText = `"type":"created","chunk":1,"attempt":1,"name":"n","job":"import-x"`
	noManifest  = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// TestEntriesThatCannotBe: whoever edits the journal by hand gets the line.
func TestEntriesThatCannotBe(t *testing.T) {
	begun := []string{runText, createText, createdText}
	ended := `"type":"ended","chunk":1,"attempt":1,"job":"import-x","status":"Succeeded"`
	counts := `,"counts":{"imported":7,"skipped":0,"failed":0,"unknown":0}`
	for _, tt := range []struct {
		before []string
		line   string
		want   string
	}{
		{begun, ended, `4: an entry of the type "ended" whose member "counts"`},
		{begun, ended + `,"counts":{"imported":8,"failed":-1}`, `4: an entry of the type "ended" whose member "counts"`},
		{begun, ended + `,"counts":{"imported":9223372036854775807}`, `4: an entry of the type "ended" whose member "counts"`},
		{begun, ended + `,"counts":{"imported":3}`, "4: an entry that counts 3 rows of chunk 1, which has 7"},
		{begun, strings.Replace(ended, "Succeeded", "Fine", 1) + counts, `4: an entry of the type "ended" whose member "status"`},
		{begun, strings.Replace(ended, "import-x", "import-y", 1) + counts, `4: an entry about job import-y, where attempt 1 at chunk 1 has job "import-x"`},
		{append(begun, ended+counts), ended + counts, "5: an entry about attempt 1 at chunk 1 after its end"},
		{begun, `"type":"reconciled","chunk":1,"counts":{"imported":-7,"failed":14}`, `4: an entry of the type "reconciled" whose member "counts"`},
		{begun, `"type":"reconciled","chunk":1,"counts":{"imported":6}`, "4: an entry that counts 6 rows of chunk 1, which has 7"},
		{begun, `"type":"reconciled","chunk":1,"by":"me"` + counts, `4: an entry of the type "reconciled" whose member "by"`},
		{begun, `"type":"created","chunk":"1"`, "4: this line is damaged"},
		{begun, createdText, "4: a second job for attempt 1 at chunk 1"},
		{begun, strings.Replace(createText, `attempt":1`, `attempt":2`, 1), "4: another attempt at chunk 1, whose job n is not over"},
		{begun, `"type":"dance","chunk":1`, `4: an entry of the unknown type "dance"`},
		{begun, `"type":"start","chunk":1,"attempt":1`, `4: an entry of the type "start" whose member "job"`},
		{begun, `"type":"start","chunk":1,"attempt":2,"job":"import-x"`, "4: an entry about attempt 2 at chunk 1, which did not begin"},
		{begun, `"type":"create","chunk":2,"attempt":1,"name":"n"`, "4: the run has no chunk 2"},
		{begun, runText, "4: a second run"},
		{nil, createText, "1: an entry about a job, and the one of the type \"run\" is missing"},
		{nil, `"type":"reconciled","chunk":1` + counts, "1: an entry about a job, and the one of the type \"run\" is missing"},
		{[]string{runText}, `"type":"create","chunk":1,"attempt":3,"name":"n"`, "2: attempt 3 at chunk 1, where 1 is expected"},
		{nil, `"type":"run"`, `1: an entry of the type "run" whose member "run"`},
		{nil, strings.Replace(runText, "p_1", "", 1), `1: an entry of the type "run" whose member "pool"`},
	} {
		d, f := smallRun(t)
		text := strings.ReplaceAll(entryText(append(tt.before[:len(tt.before):len(tt.before)], tt.line)...), noManifest, d.Sum)
		require.NoError(t, os.WriteFile(d.file(sink.JournalName), []byte(text), 0o600))
		for name, command := range map[string]func() error{
			"run":       func() error { _, err := d.Import(t.Context(), f.options()); return err },
			"status":    func() error { _, err := d.Status(t.Context(), nil, &recorder{}); return err },
			"stop":      func() error { _, err := d.Stop(t.Context(), f, 1, f.clock, &recorder{}); return err },
			"passwords": func() error { _, err := d.CountPasswords(t.Context()); return err },
		} {
			require.ErrorContains(t, command(), "import.jsonl:"+tt.want, "%s %s", name, tt.line)
		}
		assert.Equal(t, text, d.read(t, sink.JournalName), "a journal that is wrong is not touched")
		assert.Empty(t, f.calls)
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
	r := newDriver(d, o, time.Time{})
	r.hooks.journal = func(j journalFile) journalFile { return brokenFile{j} }
	_, err := r.importAll(t.Context())
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
