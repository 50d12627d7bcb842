package importjob

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
)

const someGroups = `{"v":1,"username":"u1","groups":["/staff","admins"]}
{"v":1,"username":"u2","groups":[]}
{"v":1,"username":"bad3","groups":["staff"]}
{"v":1,"username":"u4"}
{"v":1,"username":"old","groups":["staff"]}
{"v":1,"username":"u6","groups":["staff","/staff"]}
{"v":1,"username":"u10","groups":["admins","a b"]}
`

func (f *fake) memberships() (all []string) {
	for _, group := range slices.Sorted(maps.Keys(f.groups)) {
		for _, name := range slices.Sorted(maps.Keys(f.groups[group])) {
			all = append(all, group+" "+name)
		}
	}
	return all
}

func TestAddToGroups(t *testing.T) {
	d, f := importedRun(t)
	require.NoError(t, os.WriteFile(d.file(sink.SideName), []byte(someGroups), 0o600))
	f.groups["admins"] = map[string]bool{}
	var refused []string
	o := GroupsOptions{API: f, Clock: f.clock, Observer: &recorder{}, Refused: func(k SourceRow) { refused = append(refused, fmt.Sprint(k.Line, k.Why)) }}
	o.DryRun = true
	out, err := d.AddToGroups(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Grouped{Users: 3, Memberships: 5, Created: 3}, *out)
	assert.Empty(t, f.memberships())
	o.DryRun = false
	out, err = d.AddToGroups(t.Context(), o)
	require.NoError(t, err)
	assert.Equal(t, Grouped{Users: 3, Memberships: 4, Created: 1, Refused: 1}, *out)
	assert.Equal(t, []string{"admins u1", "admins u10", "staff u1", "staff u6"}, f.memberships(), "nobody who was skipped")
	assert.Equal(t, []string{"11InvalidParameterException"}, refused)
	calls := f.calls["AdminAddUserToGroup"]
	for range 2 {
		out, err = d.AddToGroups(t.Context(), o)
		require.NoError(t, err)
		assert.Equal(t, Grouped{Users: 3, Memberships: 4, Refused: 1}, *out, "who was refused is tried again, and counted once")
	}
	assert.Less(t, f.calls["AdminAddUserToGroup"]-calls, calls, "nobody else has a second turn")
	assert.Equal(t, []string{"admins u1", "admins u10", "staff u1", "staff u6"}, f.memberships())
	require.NoError(t, os.WriteFile(d.file("other"), []byte("{\"username\":1}\n"), 0o600))
	o.Side = d.file("other")
	_, err = d.AddToGroups(t.Context(), o)
	require.ErrorContains(t, err, "other:1:")
}

func TestGroupsSurviveCrashes(t *testing.T) {
	for seed := range uint64(100) {
		d, f := importedRun(t)
		require.NoError(t, os.WriteFile(d.file(sink.SideName), []byte(someGroups), 0o600))
		c := &chaos{rand: rand.New(rand.NewPCG(seed, 3)), left: 5, rarity: 4}
		f.chaos = c.call
		run := func() (err error, crashed bool) {
			defer func() {
				if r := recover(); r != nil {
					require.Equal(t, errCrash, r)
					crashed = true
				}
			}()
			_, err = d.AddToGroups(t.Context(), GroupsOptions{API: f, Clock: f.clock, Observer: &recorder{}})
			return err, false
		}
		for err, crashed := run(); crashed || err != nil; err, crashed = run() {
		}
		assert.Equal(t, []string{"admins u1", "admins u10", "staff u1", "staff u6"}, f.memberships(), "seed %d", seed)
	}
}
