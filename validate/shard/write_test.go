package shard

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPartThatIsMadeTwiceAtOnce has one of two writers complete the part, the later one.
func TestPartThatIsMadeTwiceAtOnce(t *testing.T) {
	plan := &Plan{ID: "plan", Tool: "test", Parts: make([]Part, 1)}
	begin := func(dir string) *Writer {
		w, err := Create(dir, plan, 1, false)
		require.NoError(t, err)
		require.NoError(t, w.Write(FactsName, []byte("facts")))
		return w
	}
	complete := func(t *testing.T, dir string) {
		_, err := OpenSet(plan, []string{dir})
		require.NoError(t, err)
	}
	var overtaken *OvertakenError
	t.Run("before the first is complete", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "part-1")
		first, second := begin(dir), begin(dir)
		require.ErrorAs(t, first.Commit(), &overtaken)
		first.Abort()
		require.NoError(t, second.Commit())
		complete(t, dir)
	})
	t.Run("the second is not done", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "part-1")
		first, second := begin(dir), begin(dir)
		defer second.Abort()
		require.ErrorAs(t, first.Commit(), &overtaken)
		require.NoFileExists(t, filepath.Join(dir, MarkName))
	})
	t.Run("after the files of the first", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "part-1")
		first := begin(dir)
		for _, name := range fileNames {
			require.NoError(t, first.files[name].w.Flush())
			require.NoError(t, first.complete(first.files[name].f, name))
		}
		second := begin(dir)
		require.ErrorAs(t, first.writeMark([]byte("{}")), &overtaken)
		first.release()
		require.NoFileExists(t, filepath.Join(dir, MarkName))
		second.Abort()
		complete(t, func() string { require.NoError(t, begin(dir).Commit()); return dir }())
	})
	t.Run("a file that came between", func(t *testing.T) {
		dir := t.TempDir()
		w, err := newWriter(plan, 1)
		require.NoError(t, err)
		w.dir = dir
		require.NoError(t, os.WriteFile(filepath.Join(dir, MadeName), nil, 0o600))
		require.ErrorAs(t, w.begin(), &overtaken)
	})
}
