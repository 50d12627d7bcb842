package source

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFileErrors wants the path, once, and what to do, whatever the system's error names.
func TestFileErrors(t *testing.T) {
	for cause, want := range map[error][2]string{
		syscall.ENOENT:  {"there is no such file", "make the directory that it lies in first"},
		syscall.EACCES:  {"let this user read it", "choose a place where you may write"},
		syscall.EISDIR:  {"this is a directory; name a file", "this is a directory; name a file"},
		syscall.ENOTDIR: {"a part of the path is a file", "a part of the path is a file"},
		syscall.EMFILE:  {"ulimit -n", "ulimit -n"},
		syscall.EIO:     {"the disk may be failing", "the disk may be failing"},
		syscall.ENOSPC:  {"no space left", "the disk is full"},
		syscall.EINVAL:  {"invalid argument", "invalid argument"},
	} {
		for _, err := range []error{
			cause, &fs.PathError{Op: "openat", Path: ".", Err: cause}, &os.LinkError{Op: "rename", Old: "a", New: "b", Err: cause},
			fmt.Errorf("x: %w", &fs.PathError{Op: "open", Path: "dir/x", Err: cause}),
		} {
			for i, got := range []error{OpenError("dir/x", err), CreateError("dir/x", err)} {
				require.ErrorIs(t, got, cause)
				assert.True(t, strings.HasPrefix(got.Error(), "dir/x: "), "%v", got)
				assert.Contains(t, got.Error(), want[i])
				assert.NotContains(t, got.Error(), "openat")
				assert.Equal(t, got, OpenError("other", got), "it is said once")
			}
		}
	}
	assert.NoError(t, OpenError("x", nil))
	assert.NoError(t, CreateError("x", nil))
	assert.ErrorIs(t, CreateError("x", &fs.PathError{Err: syscall.EPIPE}), syscall.EPIPE)
}

func TestReadFileHasALimit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	require.NoError(t, os.WriteFile(path, []byte("12345"), 0o600))
	text, err := ReadFile(path, 5, "mapping")
	require.NoError(t, err)
	assert.Equal(t, "12345", string(text))
	_, err = ReadFile(path, 4, "mapping")
	assert.ErrorContains(t, err, "x: more than 4 B, the limit of a mapping")
	_, err = ReadFile(dir, 4, "mapping")
	assert.ErrorContains(t, err, "this is a directory")
	_, err = ReadFile(path+"y", 4, "mapping")
	assert.ErrorContains(t, err, "there is no such file")
}
