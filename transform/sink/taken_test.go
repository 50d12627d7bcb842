package sink

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDirectoryThatIsTakenOver has a run replace, with Force, one that is not complete yet. The
// first one fails, and leaves the files of the second alone.
func TestDirectoryThatIsTakenOver(t *testing.T) {
	const message = "another run has begun there"
	begin := func(dir string) *Run {
		r, err := Create(Options{Dir: dir, Header: []byte(header), MaxRows: 2, Force: true})
		require.NoError(t, err)
		text, ends, from := rows(0, 5)
		require.NoError(t, r.Rows("", text, ends, from))
		return r
	}
	for name, end := range map[string]func(r *Run) error{
		"complete": func(r *Run) error { return r.Commit(Manifest{}) },
		"aborted":  func(r *Run) error { return r.Abort() },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			first := begin(dir)
			first.Chunks() // those that are full are complete
			second := begin(dir)
			second.Chunks()
			if err := end(first); name == "complete" {
				require.ErrorContains(t, err, message)
			} else {
				require.NoError(t, err)
			}
			require.NoError(t, first.Abort())
			require.NoError(t, second.Commit(Manifest{}))
			m, err := ReadManifest(dir)
			require.NoError(t, err)
			require.Len(t, m.Chunks, 3)
			require.NoError(t, m.Verify(dir))
			require.FileExists(t, filepath.Join(dir, "lines-00001.idx"))
		})
	}
	t.Run("without any file", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "run")
		first, err := Create(Options{Dir: dir, Force: true})
		require.NoError(t, err)
		second := begin(dir)
		require.ErrorContains(t, first.Commit(Manifest{}), message)
		require.NoError(t, first.Abort())
		require.NoError(t, second.Commit(Manifest{}))
		require.FileExists(t, filepath.Join(dir, ManifestName))
	})
}
