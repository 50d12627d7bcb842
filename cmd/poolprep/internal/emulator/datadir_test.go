package emulator

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// content returns what lies below a directory: the text of files, the targets of links.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		text := ""
		if e.Type()&fs.ModeSymlink != 0 {
			text, _ = os.Readlink(path)
		} else if e.Type().IsRegular() {
			b, _ := os.ReadFile(path)
			text = string(b)
		}
		files[path] = text
		return err
	}))
	return files
}

// TestDataDirOfSomebodyElse starts where files are that no emulator made: it says so,
// and changes nothing.
func TestDataDirOfSomebodyElse(t *testing.T) {
	write := func(path, text string) func(t *testing.T) {
		return func(t *testing.T) {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		}
	}
	link := func(target, path string) func(t *testing.T) {
		return func(t *testing.T) {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			require.NoError(t, os.Symlink(target, path))
		}
	}
	database := func(path string) func(t *testing.T) {
		return func(t *testing.T) {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			db, err := bbolt.Open(path, 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
				_, err := tx.CreateBucket([]byte("containers"))
				return err
			}))
			require.NoError(t, db.Close())
		}
	}
	server := func(dir string) func(t *testing.T) {
		return func(t *testing.T) {
			s, err := New(Options{DataDir: dir})
			require.NoError(t, err)
			require.NoError(t, s.Close())
		}
	}
	for name, c := range map[string]struct {
		before []func(t *testing.T)
		want   string
	}{
		"files in uploads":             {[]func(*testing.T){write("d/uploads/mine.csv", "x")}, "holds files"},
		"a directory in uploads":       {[]func(*testing.T){write("d/uploads/mine/x.csv", "x")}, "holds files"},
		"a file like ours":             {[]func(*testing.T){write("d/uploads/import-AAAAAAAAAA.0", "x")}, "holds files"},
		"the state removed":            {[]func(*testing.T){server("d"), func(t *testing.T) { require.NoError(t, os.Remove("d/state.db")) }, write("d/uploads/x", "x")}, "holds files"},
		"the state emptied":            {[]func(*testing.T){write("d/uploads/x", "x"), write("d/state.db", "")}, "holds files"},
		"uploads elsewhere":            {[]func(*testing.T){write("real/mine.csv", "x"), link("../real", "d/uploads")}, "must be a directory, no link"},
		"uploads elsewhere, empty":     {[]func(*testing.T){func(t *testing.T) { require.NoError(t, os.Mkdir("real", 0o700)) }, link("../real", "d/uploads")}, "must be a directory, no link"},
		"uploads elsewhere, later":     {[]func(*testing.T){server("d"), write("real/mine.csv", "x"), func(t *testing.T) { require.NoError(t, os.Remove("d/uploads")) }, link("../real", "d/uploads")}, "must be a directory, no link"},
		"uploads nowhere":              {[]func(*testing.T){link("none", "d/uploads")}, "must be a directory, no link"},
		"uploads a file":               {[]func(*testing.T){write("d/uploads", "x")}, "must be a directory, no link"},
		"the state elsewhere":          {[]func(*testing.T){server("real"), link("../real/state.db", "d/state.db")}, "must be a regular file"},
		"the state nowhere":            {[]func(*testing.T){link("../real", "d/state.db")}, "must be a regular file"},
		"the state a directory":        {[]func(*testing.T){write("d/state.db/x", "x")}, "must be a regular file"},
		"a database of something else": {[]func(*testing.T){database("d/state.db"), write("d/uploads/x", "x")}, "another program"},
		"a text":                       {[]func(*testing.T){write("d/state.db", "hello\n"), write("d/uploads/x", "x")}, "state.db"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, f := range c.before {
				f(t)
			}
			before := content(t, ".")
			_, err := New(Options{DataDir: "d"})
			require.ErrorContains(t, err, c.want)
			assert.Equal(t, before, content(t, "."))
		})
	}
}

// TestDataDirMayBeALink takes the directory itself under any name.
func TestDataDirMayBeALink(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("real", 0o700))
	require.NoError(t, os.Symlink("real", "d"))
	for range 2 {
		s, err := New(Options{DataDir: "d"})
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
	assert.FileExists(t, "real/state.db")
}
