package importjob

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// importedRun is a run of three chunks that was imported; "old" was there before.
func importedRun(t *testing.T) (*RunDir, *fake) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	f.users["old"] = 1
	f.add("old")
	f.clock.now = f.clock.now.Add(time.Hour)
	_, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	return d, f
}

func (f *fake) undoOptions(kept *[]string) UndoOptions {
	return UndoOptions{API: f, Clock: f.clock, Observer: &recorder{}, Kept: func(k SourceRow) {
		*kept = append(*kept, fmt.Sprintf("%s:%d: %s", k.File[strings.LastIndex(k.File, "/")+1:], k.Line, k.Why))
	}}
}

var whoIsImported = []string{"u1", "u10", "u2", "u4", "u6", "u8", "u9"}

func TestUndo(t *testing.T) {
	d, f := importedRun(t)
	var kept []string
	o := f.undoOptions(&kept)
	o.DryRun = true
	out, err := d.Undo(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Undone{Deleted: 7}, *out)
	assert.Empty(t, f.deleted)
	assert.False(t, d.exists(UndoName))

	f.clock.now = f.clock.now.Add(24 * time.Hour)
	f.people["u2"].Attributes["name"] = "Anna"               // a new attribute
	f.people["u4"].Status = "CONFIRMED"                      // set a password
	f.people["u4"].Modified = f.clock.now                    //
	delete(f.people, "u6")                                   // somebody else deleted it
	f.add("u8")                                              // and this one was made again
	f.people["u9"].Attributes["email"] = "other@example.com" //
	f.people["stranger"] = &cognito.User{Username: "not a user of this run"}
	var foretold []string
	o = f.undoOptions(&foretold)
	o.DryRun = true
	rehearsed, err := d.Undo(t.Context(), o)
	require.NoError(t, err)
	out, err = d.Undo(t.Context(), f.undoOptions(&kept))
	require.NoError(t, err)
	assert.Equal(t, Undone{Deleted: 2, Gone: 1, Kept: 4}, *out)
	assert.Equal(t, *out, *rehearsed, "a dry run says what comes")
	assert.Equal(t, kept, foretold)
	assert.Equal(t, []string{
		"export.csv:3: changed since the import: name",
		"export.csv:5: changed since the import: the status, which is CONFIRMED",
		"export.csv:9: the user of this name was not made by the jobs of this import",
		"export.csv:10: changed since the import: email",
	}, kept)
	assert.Equal(t, []string{"old", "stranger", "u2", "u4", "u8", "u9"}, slices.Sorted(maps.Keys(f.people)))

	kept = nil
	o = f.undoOptions(&kept)
	o.Changed = true
	out, err = d.Undo(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Undone{Deleted: 5, Gone: 1, Kept: 1}, *out)
	assert.Equal(t, []string{"old", "stranger", "u8"}, slices.Sorted(maps.Keys(f.people)), "never one that was made anew")

	_, err = d.Import(t.Context(), f.options())
	require.ErrorContains(t, err, "deleted again")
	text := d.read(t, UndoName)
	for _, name := range whoIsImported {
		assert.NotContains(t, text, `"`+name+`"`)
		assert.NotContains(t, text, name+"@")
	}
}

func TestUndoRefuses(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	var kept []string
	_, err := d.Undo(t.Context(), f.undoOptions(&kept))
	require.ErrorContains(t, err, "nothing to take back")
	d, f = importedRun(t)
	o := f.undoOptions(&kept)
	o.Pool = "us-east-1_other"
	_, err = d.Undo(t.Context(), o)
	require.ErrorContains(t, err, "imported into us-east-1_fake")
	assert.Empty(t, f.deleted)
}

// Whatever is lost and wherever the process dies, each user of the run is deleted once, nobody
// else ever, and a user that is made anew meanwhile is left alone.
func TestUndoSurvivesCrashes(t *testing.T) {
	for seed := range uint64(200) {
		d, f := importedRun(t)
		c := &chaos{rand: rand.New(rand.NewPCG(seed, 2)), left: 6, rarity: 5}
		f.chaos = c.call
		run := func() (out *Undone, err error, crashed bool) {
			defer func() {
				if r := recover(); r != nil {
					require.Equal(t, errCrash, r)
					crashed = true
				}
			}()
			var kept []string
			out, err = d.Undo(t.Context(), f.undoOptions(&kept))
			return out, err, false
		}
		remade := ""
		out, err, crashed := run()
		for crashed || err != nil {
			if remade == "" {
				for name := range f.deleted {
					remade = name
					f.clock.now = f.clock.now.Add(time.Hour)
					f.add(name)
					break
				}
			}
			out, err, crashed = run()
		}
		left := []string{"old"}
		if remade != "" {
			left = append(left, remade)
		}
		assert.Equal(t, left, slices.Sorted(maps.Keys(f.people)), "seed %d", seed)
		for name, n := range f.deleted {
			assert.Equal(t, 1, n, "%s, seed %d", name, seed)
			assert.Contains(t, whoIsImported, name)
		}
		assert.Len(t, f.deleted, 7)
		if remade == "" {
			assert.Equal(t, Undone{Deleted: 7}, *out, "seed %d", seed)
		}
	}
}
