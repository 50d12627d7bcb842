package importjob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/dustin/go-humanize"
)

// Limits of the files that an import keeps, in bytes.
const (
	maxJournal = 16 << 20 // the journal, far more than the 1,000 jobs of a pool take
	maxEntry   = 1 << 20  // a line of the journal, of results.jsonl or of passwords.jsonl
)

// errNotRegular says that a file that an import keeps is a pipe, a device or the like.
var errNotRegular = errors.New("this is no regular file; remove it, or get the file from a backup")

// errLink says that a file that an import keeps is a link. Some of them are replaced as
// a whole, and none is ever made outside of the run directory.
var errLink = errors.New("this is a symbolic link, and an import keeps its files in the run directory; put the file that it leads to in its place, or if there is none get it from a backup or remove the link")

// regular reports a file of the run directory that is there and is no regular file:
// opening or reading it might take for ever.
func regular(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() { // whoever opens it says what is wrong
		return nil
	}
	return fmt.Errorf("%s: %w", path, errNotRegular)
}

// kept reports a file that an import keeps if it is a link, which may lead nowhere, or no
// regular file.
func kept(path string) error {
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return fmt.Errorf("%s: %w", path, errLink)
	}
	return regular(path)
}

// readLimited reads a file of at most limit bytes as a whole.
func readLimited(path string, r io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s: more than %s, which poolprep never writes there; get the file from a backup", path, humanize.IBytes(uint64(limit)))
	}
	return text, err
}
