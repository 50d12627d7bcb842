package importjob

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/cognito"
)

// documentedState is a row of the table of states in docs/import-job.md: the calls that
// follow an entry, and those that follow if what it announces was carried out.
type documentedState struct{ then, carriedOut string }

// documentedStates reads that table.
func documentedStates(t *testing.T) map[EntryType]documentedState {
	t.Helper()
	text, err := os.ReadFile("../../../../docs/import-job.md")
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(text), "| last entry |")
	table, _, _ = strings.Cut(table, "\n\n")
	states := make(map[EntryType]documentedState)
	for _, line := range strings.Split(table, "\n")[2:] {
		cells := strings.Split(line, "|")
		require.Len(t, cells, 7, line)
		states[EntryType(strings.Trim(cells[1], " `"))] = documentedState{strings.TrimSpace(cells[4]), strings.TrimSpace(cells[5])}
	}
	return states
}

// dyingFile is a journal with whose first entry of a type the process dies.
type dyingFile struct {
	journalFile
	last EntryType
}

func (f dyingFile) Write(p []byte) (int, error) {
	n, err := f.journalFile.Write(p)
	if strings.Contains(string(p), `"type":"`+string(f.last)+`"`) {
		panic(errCrash)
	}
	return n, err
}

// dieAfter imports until the journal has an entry of a type.
func dieAfter(t *testing.T, d *RunDir, f *fake, last EntryType) {
	t.Helper()
	ended := runUntilCrash(t, d, f, func(h *hooks) { h.journal = func(j journalFile) journalFile { return dyingFile{j, last} } })
	require.False(t, ended)
}

// jobLogs notes whether the log of a job was read.
type jobLogs struct {
	*fake
	read *bool
}

func (l jobLogs) Events(ctx context.Context, group, stream, token string) ([]string, string, error) {
	if stream != "poolprep/access" { // which only finds out whether logs can be read
		*l.read = true
	}
	return l.fake.Events(ctx, group, stream, token)
}

// callsToTheEnd imports to the end and returns the calls that the table speaks of.
func callsToTheEnd(t *testing.T, d *RunDir, f *fake) string {
	t.Helper()
	f.chaos = func(string) (before, after func() error) { return nil, nil }
	clear(f.calls)
	o, read := f.options(), false
	o.Logs = jobLogs{f, &read}
	out, err := d.Import(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Counts{Imported: 7}, out.Total())
	var words []string
	for _, c := range [][2]string{{"CreateUserImportJob", "create"}, {"upload", "upload"}, {"StartUserImportJob", "start"}} {
		for range f.calls[c[0]] {
			words = append(words, c[1])
		}
	}
	if read {
		words = append(words, "log")
	}
	return strings.Join(words, ", ")
}

// TestStatesOfAChunk compares the table of states with what is called.
func TestStatesOfAChunk(t *testing.T) {
	states := documentedStates(t)
	for last := range entryNeeds {
		t.Run(string(last), func(t *testing.T) {
			state, ok := states[last]
			require.True(t, ok, "the table has no such entry")
			d, f := smallRun(t)
			switch last {
			case entryRefused: // the service has lost the file
				f.chaos = func(operation string) (before, after func() error) {
					if operation == "StartUserImportJob" {
						f.jobs[0].content = nil
					}
					return nil, nil
				}
			case entryAbandoned:
				dieAfter(t, d, f, entryCreated)
				f.jobs[0].Status = cognito.Expired
			}
			dieAfter(t, d, f, last)
			assert.Equal(t, state.then, callsToTheEnd(t, d, f))
		})
	}
	assert.Len(t, states, len(entryNeeds))
	for last, operation := range map[EntryType]string{entryCreate: "CreateUserImportJob", entryUpload: "upload", entryStart: "StartUserImportJob", entryResults: ""} {
		t.Run(string(last)+", carried out", func(t *testing.T) {
			d, f := smallRun(t)
			f.chaos = func(called string) (before, after func() error) {
				if called == operation {
					return nil, func() error { panic(errCrash) }
				}
				return nil, nil
			}
			ended := runUntilCrash(t, d, f, func(h *hooks) {
				if last == entryResults {
					h.saved = func() { panic(errCrash) }
				}
			})
			require.False(t, ended)
			assert.Equal(t, states[last].carriedOut, callsToTheEnd(t, d, f))
			assert.Len(t, f.jobs, 1)
		})
	}
}
