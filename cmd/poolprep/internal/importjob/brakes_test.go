package importjob

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// trialThatFails is a run of three chunks; all rows of the first one fail.
func trialThatFails(t *testing.T) (*RunDir, *fake) {
	d := makeRun(t, t.TempDir(), 3, sink.Plain, testSource{name: "export.csv", text: export("\n", "bad1", "bad2", "bad3", "d", "e", "f", "g", "h")})
	return d, newFake(newFakeClock())
}

func braked(t *testing.T, err error) *TooManyFailed {
	t.Helper()
	var e *TooManyFailed
	require.ErrorAs(t, err, &e)
	return e
}

func TestImportStopsAfterAChunkThatFailed(t *testing.T) {
	d, f := trialThatFails(t)
	o := f.options()
	o.MaxFailed = atMost("50%")
	for range 3 { // the same command again does nothing else
		out, err := d.Import(t.Context(), o)
		e := braked(t, err)
		assert.Equal(t, TooManyFailed{Failed: 3, Rows: 3, Limit: "50%"}, *e)
		assert.Equal(t, Counts{Failed: 3}, out.Total())
		assert.Len(t, f.jobs, 1)
	}
	reasons, err := d.Reasons()
	require.NoError(t, err)
	assert.Equal(t, []Reason{{cognito.RowFailed, failedMessage, 3}}, reasons)
	o.MaxFailed = atMost("100%")
	out, err := d.Import(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 5, Failed: 3}, out.Total())
	assert.Len(t, f.jobs, 3)
}

func TestImportStopsWhileAJobRuns(t *testing.T) {
	names := []string{"a", "bad1", "bad2", "bad3"}
	for i := range 200 {
		names = append(names, fmt.Sprint("u", i))
	}
	d := makeRun(t, t.TempDir(), 1000, sink.Plain, testSource{name: "export.csv", text: export("\n", names...)})
	f := newFake(newFakeClock())
	f.rate = 2
	o := f.options()
	o.MaxFailed = atMost("1")
	out, err := d.Import(t.Context(), o)
	e := braked(t, err)
	require.Len(t, f.jobs, 1)
	assert.Equal(t, f.jobs[0].ID, e.Job)
	assert.Equal(t, cognito.Stopped, f.jobs[0].Status)
	assert.GreaterOrEqual(t, out.Total().Failed, int64(2))
	assert.Positive(t, out.Total().Unknown)
	assert.Contains(t, d.read(t, ResultsName), failedMessage)
	_, err = d.Import(t.Context(), o)
	braked(t, err)
	assert.Len(t, f.jobs, 1, "no other job is made for it")
	o.MaxFailed = atMost("3")
	out, err = d.Import(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 201, Failed: 3}, out.Total())
	assert.Len(t, f.jobs, 2)
	for name, n := range f.users {
		assert.Equal(t, 1, n, name)
	}
}

// A process that dies at any point while the import is being stopped leaves what the next one
// stops as well, without another job.
func TestStoppingSurvivesCrashes(t *testing.T) {
	for at := 1; ; at++ {
		names := []string{"a", "bad1", "bad2"}
		for i := range 30 {
			names = append(names, fmt.Sprint("u", i))
		}
		d := makeRun(t, t.TempDir(), 20, sink.Plain, testSource{name: "export.csv", text: export("\n", names...)})
		f := newFake(newFakeClock())
		f.rate = 2
		c := &chaos{rand: rand.New(rand.NewPCG(uint64(at), 1)), at: at}
		f.chaos = c.call
		o := f.options()
		o.MaxFailed = atMost("1")
		run := func() (err error, crashed bool) {
			defer func() {
				if r := recover(); r != nil {
					require.Equal(t, errCrash, r)
					crashed = true
				}
			}()
			_, err = d.Import(t.Context(), o)
			return err, false
		}
		err, crashed := run()
		struck := c.seen >= at
		for crashed || err != nil && !errors.As(err, new(*TooManyFailed)) {
			err, crashed = run()
		}
		braked(t, err)
		ran := 0
		for _, j := range f.jobs {
			if j.ran() {
				ran++
			}
		}
		assert.Equal(t, 1, ran, "struck at occasion %d", at)
		assert.LessOrEqual(t, len(f.users), 20)
		if !struck {
			require.Greater(t, at, 10)
			return
		}
	}
}

func TestChosenChunks(t *testing.T) {
	d, f := trialThatFails(t)
	for text, want := range map[string]string{
		"": "[]", "1": "[1]", "3,1": "[1 3]", "2-3": "[2 3]", " 1 , 1-2": "[1 2]", "4": "chunk 4: ", "1-9": "chunk 4: ", "0": "numbers of chunks are expected", "x": "numbers", "3-2": "numbers", "1,": "numbers", "-1": "numbers",
	} {
		got, err := d.ParseChunks(text)
		if err != nil {
			assert.Contains(t, err.Error(), want, text)
		} else {
			assert.Equal(t, want, fmt.Sprint(got), text)
		}
	}
	o := f.options()
	o.Chunks = []int{2}
	out, err := d.Import(t.Context(), o)
	require.NoError(t, err)
	out.Chosen = o.Chunks
	assert.Equal(t, Counts{Imported: 3}, out.ChosenTotal())
	assert.Equal(t, 2, out.Left())
	assert.Len(t, f.jobs, 1)
	assert.False(t, strings.Contains(d.read(t, sink.JournalName), `"finished"`))
	out, err = d.Import(t.Context(), f.options())
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 5, Failed: 3}, out.Total())
	assert.Len(t, f.jobs, 3)
}
