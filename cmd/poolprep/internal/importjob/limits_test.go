package importjob

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
)

// TestAnswersHaveALimit: of every operation, an error's text too.
func TestAnswersHaveALimit(t *testing.T) {
	status := http.StatusOK
	s := newService(t, func(w http.ResponseWriter, _ string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"UserImportJob":{"JobName":"`)
		part := strings.Repeat("x", 1<<20)
		for range maxServiceAnswer>>20 + 1 {
			_, _ = io.WriteString(w, part)
		}
		_, _ = io.WriteString(w, `"}}`)
	})
	c, ctx := s.dial(t), t.Context()
	for _, status = range []int{http.StatusOK, http.StatusBadRequest, http.StatusInternalServerError} {
		for name, call := range map[string]func() error{
			"create": func() error {
				_, err := c.CreateJob(ctx, JobRequest{Pool: fakePool, Name: "n", Role: "arn"})
				return err
			},
			"describe": func() error { _, err := c.DescribeJob(ctx, fakePool, "import-1"); return err },
			"list":     func() error { _, _, err := c.ListJobs(ctx, fakePool, ""); return err },
			"header":   func() error { _, err := c.Header(ctx, fakePool); return err },
			"pool":     func() error { _, err := c.DescribePool(ctx, fakePool); return err },
			"groups":   func() error { _, err := c.Groups(ctx, "/aws/"); return err },
			"events":   func() error { _, _, err := c.Events(ctx, "g", "s", ""); return err },
			"reset":    func() error { return c.ResetPassword(ctx, fakePool, "anna") },
		} {
			err := call()
			if status != http.StatusOK || name != "reset" { // whose answer is not read
				require.ErrorContains(t, err, "more than 16 MiB", "%s, HTTP %d", name, status)
				assert.Equal(t, Refused, KindOf(err))
			}
		}
	}
}

func TestTextsOfAServiceAreCut(t *testing.T) {
	long := strings.Repeat("ä\\u009b", 3000)
	answer, status := "", http.StatusOK
	s := newService(t, func(w http.ResponseWriter, _ string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	})
	c, ctx := s.dial(t), t.Context()
	answer = `{"UserImportJob":{"JobId":"` + long + `","JobName":"` + long + `","Status":"` + long + `","CompletionMessage":"` + long + `"}}`
	job, err := c.DescribeJob(ctx, fakePool, "import-1")
	require.NoError(t, err)
	for _, text := range []string{job.ID, job.Name, string(job.Status), job.Message} {
		assert.LessOrEqual(t, utf8.RuneCountInString(text), maxText+len(" ..."))
		assert.True(t, utf8.ValidString(text))
	}
	answer, status = `{"__type":"`+long+`","message":"`+long+`"}`, http.StatusBadRequest
	_, err = c.DescribeJob(ctx, fakePool, "import-1")
	var e *CallError
	require.ErrorAs(t, err, &e)
	assert.LessOrEqual(t, utf8.RuneCountInString(e.Message), maxText+len(" ..."))
	assert.LessOrEqual(t, utf8.RuneCountInString(e.Code), maxText+len(" ..."))
	for _, n := range []int{0, 1, maxText - 1, maxText} {
		text := strings.Repeat("€", n)
		assert.Equal(t, text, shortened(text))
	}
	assert.Equal(t, strings.Repeat("€", maxText)+" ...", shortened(strings.Repeat("€", maxText+1)))
}

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
	f.clock.passed, f.jobs[0].Status = passed, InProgress
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

func (endless) ListJobs(_ context.Context, _, token string) ([]Job, string, error) {
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
	for _, rows := range []string{"-1", "999999999999999", "500"} {
		d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
		text := strings.Replace(d.read(t, sink.ManifestName), `"rows": 7,`, `"rows": `+rows+`,`, 2)
		require.NoError(t, os.WriteFile(d.file(sink.ManifestName), []byte(text), 0o600))
		_, err := OpenRun(d.Path)
		require.ErrorContains(t, err, "manifest.json: chunk 1 cannot have "+rows+" rows")
	}
}

// TestSavedLogsHaveALimit: whatever a file holds, some memory is enough for it.
func TestSavedLogsHaveALimit(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"line":    {strings.Repeat("[SUCCEEDED] Line Number 2 - ok ", 1<<16), "a line of more than 1048576 bytes without a tab"},
		"nesting": {strings.Repeat(`[{"a":`, 1<<20), "nested more than 100 levels deep"},
		"lists":   {"[" + strings.Repeat("[", 1<<20), "nested more than 100 levels deep"},
		"string":  {`["` + strings.Repeat("x", maxToken+1<<20) + `"]`, "is no log"},
		"blanks":  {`["1"` + strings.Repeat(" ", maxToken+1<<20) + "]", "is no log"},
	} {
		d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
		_, _, err := reconcileAll(t, d, 0, OffsetAuto, save(t, d, "log", []byte(tt.text)))
		require.ErrorContains(t, err, tt.want, name)
		assert.NoFileExists(t, d.file(ResultsName))
	}
	d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
	bomb := gzipped(strings.Repeat("x\n", 64<<20))
	_, _, err := reconcileAll(t, d, 0, OffsetAuto, save(t, d, "log.gz", bomb))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "no line of an import log", "it was not read to its end")
}
