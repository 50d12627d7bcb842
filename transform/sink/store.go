package sink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"poolprep/validate/source"
)

// Store is where the files of a run are, if not in a directory of this machine.
type Store = source.Store

// StoreFile is a file in the making.
type StoreFile = source.StoreFile

// folder is the Store of a directory of this machine.
type folder struct {
	root  *os.Root
	path  string
	files files
	made  bool // by this run
}

// openFolder opens a directory, which is made with mode 0700 if it is not there.
func openFolder(path string, fsys files) (*folder, error) {
	f := &folder{path: path, files: fsys}
	err := os.Mkdir(path, 0o700)
	switch {
	case err == nil:
		f.made = true
	case !errors.Is(err, fs.ErrExist):
		return nil, source.CreateError(path, err)
	}
	if err := f.open(); err != nil {
		return nil, errors.Join(err, f.leave())
	}
	return f, nil
}

func (f *folder) open() error {
	before, err := os.Lstat(f.path)
	if err != nil {
		return source.CreateError(f.path, err)
	}
	if !before.IsDir() {
		return fmt.Errorf("%s is no directory; name one that does not exist yet", f.path)
	}
	if f.root, err = os.OpenRoot(f.path); err != nil {
		return source.CreateError(f.path, err)
	}
	if opened, err := f.root.Stat("."); err != nil || !os.SameFile(before, opened) {
		return fmt.Errorf("%s was replaced by something else just now; choose another directory", f.path)
	}
	return nil
}

func (f *folder) String() string { return f.path }

func (f *folder) List() ([]string, error) {
	d, err := f.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

func (f *folder) Create(temp, _ string) (StoreFile, error) { return f.files.create(f.root, temp) }
func (f *folder) Rename(temp, name string) error           { return f.files.rename(f.root, temp, name) }
func (f *folder) Remove(name string) error                 { return f.files.remove(f.root, name) }

// sync puts the names of the files on disk.
func (f *folder) sync() error { return f.files.syncDir(f.root) }

// settle puts the name of the directory on disk.
func (f *folder) settle() error {
	if !f.made {
		return nil
	}
	return syncParent(f.path)
}

// leave removes the directory if the run made it, and nothing is in it.
func (f *folder) leave() error {
	var errs []error
	if f.root != nil {
		errs = append(errs, f.root.Close())
	}
	if f.made {
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, source.CreateError(f.path, err))
		}
	}
	return errors.Join(errs...)
}
