package importjob

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"poolprep/cmd/poolprep/internal/filelock"
	"poolprep/validate/source"
)

// lockName is the file that a running import holds locked. It stays there; what
// counts is the lock, which ends with the process. Its time of change is that of the
// last entry in the journal.
const lockName = "import.lock"

// errAtWork says that another process has taken the directory.
var errAtWork = errors.New("another poolprep is at work there")

// lastActivity returns when an import last wrote into the journal of the directory,
// the zero time if none ever began there. It outlives the journal.
func lastActivity(dir string) time.Time {
	info, err := os.Stat(filepath.Join(dir, lockName))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// touch remembers that something was written into the journal now.
func touch(dir string, now time.Time) {
	_ = os.Chtimes(filepath.Join(dir, lockName), now, now) // without it the next command waits a little longer
}

// lock takes the run directory for this process, or fails at once.
func lock(dir string) (release func(), err error) {
	if err := kept(filepath.Join(dir, lockName)); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, source.OpenError(dir, err)
	}
	defer root.Close()
	f, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, source.CreateError(filepath.Join(dir, lockName), err)
	}
	if err := filelock.Try(f); err != nil {
		f.Close()
		if errors.Is(err, filelock.ErrLocked) {
			return nil, fmt.Errorf("%s: %w; wait until it has ended, or stop it with Ctrl-C", dir, errAtWork)
		}
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, lockName), err)
	}
	return func() { f.Close() }, nil
}
