package importjob

import (
	"context"
	"errors"
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

// threeChunks is an export of eleven users, three of which fail and one of which
// is there already.
var threeChunks = testSource{name: "export.csv", text: export("\r\n", "u1", "u2", "bad3", "u4", "old", "u6", "bad7", "u8", "u9", "u10", "bad11")}

const threeChunksResults = `{"v":1,"line":4,"chunk":1,"chunk_line":4,"status":"failed","message":"The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."}
{"v":1,"line":6,"chunk":2,"chunk_line":2,"status":"skipped","message":"The user already exists."}
{"v":1,"line":8,"chunk":2,"chunk_line":4,"status":"failed","message":"The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."}
{"v":1,"line":12,"chunk":3,"chunk_line":4,"status":"failed","message":"The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."}
`

var threeChunksRetry = export("\r\n", "bad3", "bad7", "bad11")

func TestImport(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	f.users["old"] = 1
	out, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7, Skipped: 1, Failed: 3}, out.Total())
	assert.Equal(t, 3, out.Retry)
	assert.NoError(t, out.Why)
	assert.Equal(t, threeChunksResults, d.read(t, ResultsName))
	assert.Equal(t, threeChunksRetry, d.read(t, RetryName))
	assert.Len(t, f.jobs, 3)

	calls := fmt.Sprint(f.calls)
	out, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7, Skipped: 1, Failed: 3}, out.Total())
	assert.Equal(t, calls, fmt.Sprint(f.calls), "nothing is asked of the service a second time")
}

// chaos breaks calls and crashes the process, at most so many times.
type chaos struct {
	rand   *rand.Rand
	left   int
	rarity int // one call in so many
	at     int // if not 0: exactly at this occasion
	seen   int // occasions so far
}

// strike reports whether something goes wrong now.
func (c *chaos) strike() bool {
	if c.seen++; c.at != 0 {
		return c.seen == c.at
	}
	if c.left <= 0 || c.rand.IntN(c.rarity) > 0 {
		return false
	}
	c.left--
	return true
}

func (c *chaos) call(operation string) (before, after func() error) {
	if !c.strike() {
		return nil, nil
	}
	crash := func() error { panic(errCrash) }
	fail := func(err error) func() error { return func() error { return err } }
	lost, internal := error(errLost), error(errInternal)
	if operation == "upload" {
		lost, internal = &cognito.UploadError{Cause: errLost}, &cognito.UploadError{Status: 503, Code: "SlowDown"}
	}
	switch c.rand.IntN(7) {
	case 0:
		if operation == "upload" {
			return fail(internal), nil
		}
		return fail(errThrottled), nil
	case 1:
		return fail(lost), nil
	case 2:
		return fail(internal), nil
	case 3:
		return crash, nil
	case 4:
		return nil, fail(lost)
	case 5:
		return nil, fail(internal)
	}
	return nil, crash
}

// chaosFile is a journal on which the process dies in every way.
type chaosFile struct {
	journalFile
	c *chaos
}

func (f chaosFile) Write(p []byte) (int, error) {
	if !f.c.strike() {
		return f.journalFile.Write(p)
	}
	// Nothing, a part of it, or all of it comes to be in the file.
	if n := f.c.rand.IntN(len(p) + 1); n > 0 {
		if f.c.rand.IntN(3) == 0 {
			n = len(p)
		}
		_, _ = f.journalFile.Write(p[:n])
	}
	panic(errCrash)
}

// Sync leaves the disk alone: it is the process that dies here, not the machine.
func (f chaosFile) Sync() error {
	if f.c.strike() {
		panic(errCrash)
	}
	return nil
}

// attemptImport runs the driver as a process of its own, which may die.
func attemptImport(d *RunDir, f *fake, c *chaos) (out *Summary, crashed bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != errCrash {
				panic(r)
			}
			crashed = true
		}
	}()
	o := f.options()
	if err := o.complete(); err != nil {
		return nil, false, err
	}
	last := lastActivity(d.Path)
	release, err := lock(d.Path)
	if err != nil {
		return nil, false, err
	}
	defer release()
	r := newDriver(d, o, last)
	r.hooks.journal = func(j journalFile) journalFile { return chaosFile{j, c} }
	r.hooks.saved = func() {
		if c.strike() {
			panic(errCrash)
		}
	}
	out, err = r.importAll(context.Background())
	return out, false, err
}

// TestSeededSchedules lets the process crash and answers get lost at every step, in
// a thousand ways: no chunk is imported twice, none is lost, the results are exact.
func TestSeededSchedules(t *testing.T) {
	seeds := 1000
	if testing.Short() {
		seeds = 100
	}
	dir := memoryDir(t)
	made := makeRun(t, dir, 4, sink.Plain, threeChunks)
	crashes := 0
	for seed := range seeds {
		path := filepath.Join(dir, fmt.Sprint("seed-", seed))
		require.NoError(t, os.CopyFS(path, os.DirFS(made.Path)))
		d, err := OpenRun(path)
		require.NoError(t, err)
		crashes += schedule(t, d, uint64(seed), func() {})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		require.NoError(t, os.RemoveAll(path))
	}
	assert.Positive(t, crashes)
}

// TestOneFaultAtEachStep lets one thing go wrong, at each step there is, in each way.
func TestOneFaultAtEachStep(t *testing.T) {
	dir := memoryDir(t)
	made := makeRun(t, dir, 6, sink.Plain, threeChunks)
	ways := uint64(20) // that chance takes
	if testing.Short() {
		ways = 3
	}
	for way := range ways {
		for at := 1; ; at++ {
			path := filepath.Join(dir, "copy")
			require.NoError(t, os.CopyFS(path, os.DirFS(made.Path)))
			d, err := OpenRun(path)
			require.NoError(t, err)
			f := newFake(newFakeClock())
			c := &chaos{rand: rand.New(rand.NewPCG(way, uint64(at))), at: at}
			f.chaos, f.users["old"] = c.call, 1
			_, crashed, err := attemptImport(d, f, c)
			reached := c.seen >= at
			if crashed {
				_, _, err = attemptImport(d, f, c)
			}
			require.NoError(t, err)
			assert.Equal(t, threeChunksRetry, d.read(t, RetryName))
			ran := 0
			for _, j := range f.jobs {
				if j.ran() {
					ran++
				}
			}
			require.Equal(t, 2, ran, "fault %d, way %d", at, way)
			require.NoError(t, os.RemoveAll(path))
			if !reached {
				assert.Greater(t, at, 40)
				break
			}
		}
	}
}

// schedule imports a run directory by one schedule and returns how often it crashed.
// between is called after each command that did not come to its end.
func schedule(t *testing.T, d *RunDir, seed uint64, between func()) (crashes int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	c := &chaos{rand: r, left: r.IntN(14), rarity: 2 + r.IntN(30)}
	f := newFake(newFakeClock())
	f.rand, f.chaos = r, c.call
	f.users["old"] = 1
	f.lag = time.Duration(r.IntN(9)) * time.Second
	if r.IntN(3) == 0 {
		f.busy = f.clock.now.Add(time.Duration(r.IntN(3*3600)) * time.Second)
	}
	stops, stopped := r.IntN(4)/3, 0
	passed := f.clock.passed
	f.clock.passed = func() {
		passed()
		if j := f.active(); j != nil && stops > stopped && j.Status == cognito.InProgress && r.IntN(3) == 0 {
			stopped++
			j.Status = cognito.Stopping
		}
	}
	for commands := 0; ; commands++ {
		require.Less(t, commands, 100, "it goes on for ever")
		_, crashed, err := attemptImport(d, f, c)
		if !crashed && err == nil {
			break
		}
		if crashed {
			crashes++
		} else if errors.Is(err, errOtherResults) { // as it says
			require.NoError(t, os.Remove(d.file(ResultsName)))
			continue
		} else if !assert.ErrorIs(t, err, errStopped) {
			return crashes
		}
		between()
		switch r.IntN(10) { // how long nobody looks
		case 0:
			f.clock.now = f.clock.now.Add(20 * time.Minute) // URLs expire
		case 1:
			f.clock.now = f.clock.now.Add(30 * time.Hour) // and jobs
		}
	}
	checkImported(t, d, f, stopped)
	return crashes
}

// checkImported looks whether everything was imported exactly once.
func checkImported(t *testing.T, d *RunDir, f *fake, stopped int) {
	t.Helper()
	jobs := 0
	for i := range d.Manifest.Chunks {
		text, err := os.ReadFile(d.file(d.Manifest.Chunks[i].File))
		require.NoError(t, err)
		n := f.jobsOf(text)
		assert.Positive(t, n, "chunk %d was never imported", i+1)
		jobs += n
	}
	assert.Equal(t, len(d.Manifest.Chunks)+stopped, jobs, "jobs that ran")
	users := map[string]int{"old": 1}
	for _, name := range []string{"u1", "u2", "u4", "u6", "u8", "u9", "u10"} {
		users[name] = 1
	}
	assert.Equal(t, users, f.users)
	assert.Equal(t, threeChunksResults, d.read(t, ResultsName))
	assert.Equal(t, threeChunksRetry, d.read(t, RetryName))
	requireKnown(t, d, Counts{Imported: 7, Skipped: 1, Failed: 3})
	journal := d.read(t, sink.JournalName)
	assert.NotContains(t, journal, fakeSignature)
	assert.NotContains(t, journal, "example.com")
	entries, err := readJournal(d.Path)
	require.NoError(t, err)
	assert.Equal(t, entryFinished, entries[len(entries)-1].Type)
	assert.Equal(t, len(entries), strings.Count(journal, "\n"))
}
