package importjob

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
)

// hashedRun is a run directory of two chunks in which some users have a password hash.
func hashedRun(t *testing.T) *RunDir {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	run, err := sink.Create(sink.Options{Dir: dir, MaxRows: 4, Header: []byte("cognito:username,email,email_verified,password_hash\n"), Compression: sink.Zstd})
	require.NoError(t, err)
	for i, row := range []string{"anna,a@x.org,TRUE,hash", "ber\\,t,b@x.org,TRUE,", "bad,c@x.org,TRUE,", "old,d@x.org,TRUE,", "eve,e@x.org,TRUE,", "fred,f@x.org,TRUE,hash", "gina,g@x.org,TRUE,"} {
		text := row + "\n"
		require.NoError(t, run.Rows("BCRYPT", []byte(text), []uint32{uint32(len(text))}, []sink.Row{{Line: int64(i + 2), Offset: int64(i), Length: 1}}))
	}
	require.NoError(t, run.Commit(sink.Manifest{Sources: []sink.Source{{Path: "stdin"}}}))
	d, err := OpenRun(dir)
	require.NoError(t, err)
	logs := []SavedLog{{1, save(t, d, "one", []byte(logText(2, "iifs")))}, {2, save(t, d, "two", []byte(logText(2, "iii")))}}
	_, err = d.Reconcile(t.Context(), ReconcileOptions{Logs: logs, Clock: newFakeClock(), Observer: &recorder{}})
	require.NoError(t, err)
	return d
}

// pool of the people who were imported
func imported(f *fake) *fake {
	for _, name := range []string{"anna", "ber,t", "old", "eve", "fred", "gina"} {
		f.users[name] = 1
	}
	return f
}

func (f *fake) reset(d *RunDir, ctx context.Context) (*Resets, error) {
	return d.ResetPasswords(ctx, ResetOptions{Pool: fakePool, API: f, Clock: f.clock, Observer: &recorder{}})
}

func TestCountPasswords(t *testing.T) {
	d := hashedRun(t)
	p, err := d.CountPasswords(t.Context())
	require.NoError(t, err)
	assert.Equal(t, &Passwords{WithHash: 2, WithoutHash: 3}, p)
	require.NoError(t, os.Remove(d.file(sink.JournalName)))
	_, err = d.CountPasswords(t.Context())
	require.ErrorContains(t, err, "results.jsonl has results of 2 rows of chunk 1")
}

func TestResetsExactlyWhoNeedsIt(t *testing.T) {
	d := hashedRun(t)
	f := imported(newFake(newFakeClock()))
	begun := f.clock.now
	out, err := f.reset(d, t.Context())
	require.NoError(t, err)
	assert.Equal(t, int64(3), out.Done)
	assert.Equal(t, []string{"ber,t", "eve", "gina"}, f.resets)
	assert.Equal(t, 200*time.Millisecond, f.clock.now.Sub(begun), "ten a second")
	progress := d.read(t, PasswordsName)
	for _, name := range []string{"ber", "eve", "gina", "@"} {
		assert.NotContains(t, progress, name)
	}
	out, err = f.reset(d, t.Context())
	require.NoError(t, err)
	assert.Equal(t, int64(3), out.Done)
	assert.Len(t, f.resets, 3, "nobody is reset twice")
}

func TestResetGoesOn(t *testing.T) {
	d := hashedRun(t)
	f := imported(newFake(newFakeClock()))
	delete(f.users, "ber,t")
	ctx, cancel := context.WithCancel(t.Context())
	f.chaos = func(string) (before, after func() error) {
		return nil, func() error {
			if len(f.resets) == 1 {
				cancel()
			}
			return nil
		}
	}
	out, err := f.reset(d, ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, map[string]int64{"UserNotFoundException": 1}, out.Refused)
	assert.Equal(t, []string{"eve"}, f.resets)

	file, err := os.OpenFile(d.file(PasswordsName), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(`{"v":1,"chu`) // a crash
	require.NoError(t, err)
	require.NoError(t, file.Close())
	f.chaos = failing("AdminResetUserPassword", 3, false, errThrottled)
	out, err = f.reset(d, t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"eve", "gina"}, f.resets)
	assert.Equal(t, map[string]int64{"UserNotFoundException": 1}, out.Refused, "it is reported as long as it is so")
	f.users["ber,t"] = 1
	out, err = f.reset(d, t.Context())
	require.NoError(t, err)
	assert.Equal(t, &Resets{Done: 3, Refused: map[string]int64{}}, out)
	assert.Equal(t, []string{"eve", "gina", "ber,t"}, f.resets)
}

func TestResetThatCannotBe(t *testing.T) {
	d := hashedRun(t)
	f := imported(newFake(newFakeClock()))
	_, err := d.ResetPasswords(t.Context(), ResetOptions{API: f, Clock: f.clock})
	require.ErrorContains(t, err, "--user-pool-id is missing")
	f.chaos = failing("AdminResetUserPassword", -1, false, refusal("AdminResetUserPassword", "AccessDeniedException", "no"))
	_, err = f.reset(d, t.Context())
	require.ErrorContains(t, err, "AccessDeniedException")
	assert.Equal(t, 1, f.calls["AdminResetUserPassword"], "that is not about a user")

	f.chaos = newFake(newFakeClock()).chaos
	text := d.read(t, PasswordsName)
	for want, content := range map[string]string{
		"passwords.jsonl:1: this belongs to another import": strings.Replace(text, fakePool, "us-east-1_other", 1),
		"passwords.jsonl:2: this line is damaged":           text + "{}\n",
		"passwords.jsonl:3: this line is damaged":           text + `{"v":1,"chunk":1,"chunk_line":3}` + "\nx\n",
	} {
		require.NoError(t, os.WriteFile(d.file(PasswordsName), []byte(content), 0o600))
		_, err = f.reset(d, t.Context())
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, os.Remove(d.file(PasswordsName)))
	log := []SavedLog{{2, save(t, d, "part", []byte(logText(2, "ii?")))}}
	_, err = d.Reconcile(t.Context(), ReconcileOptions{Logs: log, Replace: true, Clock: f.clock, Observer: &recorder{}})
	require.NoError(t, err)
	_, err = f.reset(d, t.Context())
	require.ErrorIs(t, err, errIncomplete)
	assert.Empty(t, f.resets)
}
