package importjob

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"poolprep/validate/source"
)

// lockName is the file that a running import holds locked. It stays there; what
// counts is the lock, which ends with the process.
const lockName = "import.lock"

var errLocked = errors.New("locked")

// errAtWork says that another process has taken the directory.
var errAtWork = errors.New("another poolprep is at work there")

// lock takes the run directory for this process, or fails at once.
func lock(dir string) (release func(), err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, source.OpenError(dir, err)
	}
	defer root.Close()
	f, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, source.CreateError(filepath.Join(dir, lockName), err)
	}
	if err := lockFile(f); err != nil {
		f.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("%s: %w; wait until it has ended, or stop it with Ctrl-C", dir, errAtWork)
		}
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, lockName), err)
	}
	return func() { f.Close() }, nil
}
