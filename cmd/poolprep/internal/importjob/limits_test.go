package importjob

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// TestStatusThatNobodyKnows is given up after some minutes, by import run and stop.
func TestStatusThatNobodyKnows(t *testing.T) {
	d, f := smallRun(t)
	passed := f.clock.passed
	f.clock.passed = func() {
		passed()
		if j := f.active(); j != nil {
			j.Status = "Paused\x1b"
		}
	}
	begun := f.clock.now
	_, err := d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, `has had the status "Paused\x1b" for 5m0s`)
	assert.Less(t, f.clock.now.Sub(begun), unknownWait+time.Minute)
	_, err = d.Stop(t.Context(), f, time.Second, f.clock, &recorder{})
	require.ErrorContains(t, err, `has the status "Paused\x1b", which this poolprep does not know`)
	f.clock.passed, f.jobs[0].Status = passed, cognito.InProgress
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	assert.Len(t, f.jobs, 1)
}

func TestListsThatNeverEnd(t *testing.T) {
	f := newFake(newFakeClock())
	d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
	o := f.options()
	o.API = endless{f}
	_, err := d.Import(t.Context(), o)
	require.ErrorContains(t, err, "the same page again and again")
	assert.Empty(t, f.jobs)
	o.API, o.Logs = f, endless{f}
	_, err = d.Import(t.Context(), o)
	require.ErrorContains(t, err, "cannot be the log of this job")
}

// endless is a service whose lists have no end.
type endless struct{ *fake }

func (endless) ListJobs(_ context.Context, _, token string) ([]cognito.Job, string, error) {
	return nil, token + "x", nil
}
func (endless) Events(_ context.Context, _, _, token string) ([]string, string, error) {
	return make([]string, 1000), token + "x", nil
}

// TestFilesHaveALimit: what poolprep never writes there is not read into memory.
func TestFilesHaveALimit(t *testing.T) {
	long := strings.Repeat("x", maxEntry+1)
	for name, tt := range map[string]struct{ file, text, want string }{
		"journal":            {sink.JournalName, strings.Repeat(long+"\n", 17), "more than 16 MiB"},
		"line of a journal":  {sink.JournalName, `{"v":1,"type":"run","run":"` + long + `"}` + "\n{}\n", "this line is damaged"},
		"line of results":    {ResultsName, `{"v":1,"message":"` + long, "results.jsonl:1: a line of more than"},
		"line of passwords":  {PasswordsName, `{"v":1,"pool":"` + long, "passwords.jsonl: a line of more than"},
		"lines of passwords": {PasswordsName, "x\n", "passwords.jsonl:1: this line is damaged"},
	} {
		d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
		f := newFake(newFakeClock())
		if tt.file == PasswordsName {
			_, err := d.Import(t.Context(), f.options())
			require.NoError(t, err)
		}
		require.NoError(t, os.WriteFile(d.file(tt.file), []byte(tt.text), 0o600))
		_, err := d.Import(t.Context(), f.options())
		if tt.file == PasswordsName {
			_, err = f.reset(d, t.Context())
		}
		require.ErrorContains(t, err, tt.want, name)
		assert.Equal(t, tt.text, d.read(t, tt.file), name)
	}
}

func TestManifestThatCannotBe(t *testing.T) {
	for rows, said := range map[string]string{"-1": "-1", "999999999999999": "999,999,999,999,999", "500": "500"} {
		d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
		text := strings.Replace(olderManifest(t, d), `"rows": 7,`, `"rows": `+rows+`,`, 2)
		require.NoError(t, os.WriteFile(d.file(sink.ManifestName), []byte(text), 0o600))
		_, err := OpenRun(d.Path)
		require.ErrorContains(t, err, "manifest.json: chunk 1 cannot have "+said+" rows")
	}
}

// TestSavedLogsHaveALimit: whatever a file holds, some memory is enough for it.
func TestSavedLogsHaveALimit(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"line":    {strings.Repeat("[SUCCEEDED] Line Number 2 - ok ", 1<<16), "a line of more than 1048576 bytes without a tab"},
		"nesting": {strings.Repeat(`[{"a":`, 1<<20), "nested more than 100 levels deep"},
		"lists":   {"[" + strings.Repeat("[", 1<<20), "nested more than 100 levels deep"},
		"string":  {`["` + strings.Repeat("x", 17<<20) + `"]`, "is no log"},
		"blanks":  {`["1"` + strings.Repeat(" ", 17<<20) + "]", "is no log"},
	} {
		d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
		_, _, err := reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "log", []byte(tt.text)))
		require.ErrorContains(t, err, tt.want, name)
		assert.NoFileExists(t, d.file(ResultsName))
	}
	d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
	bomb := gzipped(strings.Repeat("x\n", 64<<20))
	_, _, err := reconcileAll(t, d, 0, cognito.OffsetAuto, save(t, d, "log.gz", bomb))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "no line of an import log", "it was not read to its end")
}
