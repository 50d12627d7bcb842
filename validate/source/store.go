package source

import (
	"io"
	"path/filepath"
	"strings"
)

// Store is where the files of a run, or of a part of one, are, if not in a directory of this
// machine: objects below a prefix, for example. A file is made under a temporary name, and gets
// its own by Rename, as a whole and for good; List need not know it before. Names are those of a
// flat directory.
//
// Methods may be called from any goroutine. An error had better be a FileError, which
// names the file as users know it.
type Store interface {
	// String names the place in messages, without a slash at its end.
	String() string
	// List returns the names of the files that are there.
	List() ([]string, error)
	// Create begins a file that is called temp until Rename calls it name.
	Create(temp, name string) (StoreFile, error)
	// Rename gives a file its name, after Sync and Close. A file that had the name is replaced.
	Rename(temp, name string) error
	// Remove removes a file by the name that it has, temp or name. One that is not there is
	// no error, or fs.ErrNotExist. It works when the run was cancelled, too.
	Remove(name string) error
}

// StoreFile is a file in the making. Its methods are called by one goroutine at a time, but
// for Close, which may come at any time.
type StoreFile interface {
	io.Writer
	// Sync returns when all that was written is where nothing can get lost.
	Sync() error
	// Close lets go of the file. A Write or Sync that is running ends with an error; so does
	// a second Close.
	Close() error
}

// Stored reports whether a path is that of an object in a store, a URL, and not of a file.
func Stored(path string) bool { return strings.Contains(path, "://") }

// PathIn returns the path of a file in a directory, or in a store.
func PathIn(dir, name string) string {
	if Stored(dir) {
		return strings.TrimSuffix(dir, "/") + "/" + name
	}
	return filepath.Join(dir, name)
}
