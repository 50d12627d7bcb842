package known

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/ledger"
)

// convert makes a run directory of users, of which those without @ are rejected.
func convert(t *testing.T, dir string, taken *ledger.Ledger, runs *Runs, emails ...string) transform.Result {
	t.Helper()
	text := "email,email_verified,cognito:username\n"
	for _, email := range emails {
		name, _, _ := strings.Cut(email, "@")
		text += email + ",TRUE," + name + "\n"
	}
	out := &transform.RunDirectory{Options: sink.Options{Dir: dir}}
	if runs != nil {
		out.Manifest.Known = runs.ForManifest(dir)
	}
	result, err := transform.Convert(t.Context(), transform.ConvertOptions{Ledger: taken, Output: out}, validate.Source{Name: "f", Reader: strings.NewReader(text)})
	require.NoError(t, err)
	return result
}

// paths returns the last parts of the paths of runs.
func paths(runs *Runs) (names []string) {
	for _, run := range runs.All() {
		names = append(names, filepath.Base(run.Path))
	}
	return names
}

func TestRunsAreFoundAndTheirUsersAreTaken(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	convert(t, one, nil, nil, "a@example.com", "b@example.com", "bad")

	runs, err := Find(Options{Inputs: []string{filepath.Join(one, "rejects.csv"), filepath.Join(one, "chunk-00001.csv"), filepath.Join(dir, "other.csv")}})
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, paths(runs))
	assert.False(t, runs.All()[0].Stated)
	assert.Same(t, runs.All()[0], runs.At(one))
	assert.Nil(t, runs.At(two))

	taken := ledger.New(ledger.Options{})
	defer taken.Close()
	var learnt []Learning
	require.NoError(t, runs.Learn(t.Context(), taken, judge.Options{}, 2, func(l Learning) { learnt = append(learnt, l) }))
	require.Len(t, learnt, 1)
	assert.Equal(t, int64(2), learnt[0].Users)
	result := convert(t, two, taken, runs, "a@example.com", "c@example.com", "bad")
	assert.Equal(t, int64(1), result.Summary.RowsAccepted, "a is taken")

	inputs := []string{filepath.Join(two, "rejects.csv")}
	runs, err = Find(Options{Inputs: inputs})
	require.NoError(t, err)
	assert.Equal(t, []string{"two", "one"}, paths(runs), "what a run knew is known")
	runs, err = Find(Options{Inputs: inputs, OnlyDirs: true})
	require.NoError(t, err)
	assert.Empty(t, runs.All())

	moved := filepath.Join(dir, "moved")
	require.NoError(t, os.Rename(one, moved))
	_, err = Find(Options{Inputs: inputs})
	var lost *LostError
	require.ErrorAs(t, err, &lost)
	require.Len(t, lost.Lost, 1)
	assert.Equal(t, moved, lost.Lost[0].FoundIn())
	assert.Equal(t, []string{"two"}, paths(lost.Runs))
	assert.NotContains(t, err.Error(), "--")
	runs, err = Find(Options{Inputs: inputs, Dirs: []string{moved}})
	require.NoError(t, err)
	assert.Equal(t, []string{"moved", "two"}, paths(runs))

	convert(t, one, nil, nil, "x@example.com")
	_, err = Find(Options{Inputs: inputs})
	require.ErrorAs(t, err, &lost)
	require.ErrorIs(t, lost.Lost[0].Why, ErrOther)
}

// TestMisuseIsAnError takes options that are zero, and those that name no run.
func TestMisuseIsAnError(t *testing.T) {
	t.Chdir(t.TempDir())
	runs, err := Find(Options{})
	require.NoError(t, err)
	for _, runs := range []*Runs{runs, new(Runs)} {
		assert.Empty(t, runs.All())
		assert.Nil(t, runs.At("x"))
		assert.Empty(t, runs.ForManifest("x"))
		require.NoError(t, runs.Learn(t.Context(), nil, judge.Options{}, 0, nil))
	}
	runs, err = Find(Options{Inputs: []string{"", "-", "none"}})
	require.NoError(t, err)
	assert.Empty(t, runs.All())
	for _, dir := range []string{"", "none"} {
		_, err := Find(Options{Dirs: []string{dir}})
		var open *OpenError
		require.ErrorAs(t, err, &open)
		assert.True(t, open.Stated)
	}
}

func TestErrors(t *testing.T) {
	runs, err := Find(Options{})
	require.NoError(t, err)
	require.NoError(t, runs.Learn(t.Context(), ledger.New(ledger.Options{}), judge.Options{}, 0, nil))
	dir := t.TempDir()
	_, err = Find(Options{Dirs: []string{dir}})
	var open *OpenError
	require.ErrorAs(t, err, &open)
	assert.True(t, open.Stated)

	one := filepath.Join(dir, "one")
	convert(t, one, nil, nil, "a@example.com", "bad")
	runs, err = Find(Options{Inputs: []string{filepath.Join(one, "retry.csv")}})
	require.NoError(t, err)
	require.True(t, runs.All()[0].WithoutFailed)
	require.ErrorContains(t, runs.Learn(t.Context(), ledger.New(ledger.Options{}), judge.Options{}, 0, nil), "nothing says which ones")

	runs, err = Find(Options{Dirs: []string{one}})
	require.NoError(t, err)
	chunk := filepath.Join(one, "chunk-00001.csv")
	text, err := os.ReadFile(chunk)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(chunk, []byte(strings.Replace(string(text), "a@", "b@", 1)), 0o600))
	taken := ledger.New(ledger.Options{})
	defer taken.Close()
	require.ErrorContains(t, runs.Learn(t.Context(), taken, judge.Options{}, 0, nil), "chunk-00001.csv was changed since convert wrote it")
	require.NoError(t, os.WriteFile(filepath.Join(one, sink.ManifestName), []byte("x"), 0o600))
	_, err = Find(Options{Inputs: []string{filepath.Join(one, "rejects.csv")}})
	require.ErrorAs(t, err, &open)
	assert.False(t, open.Stated)
}
