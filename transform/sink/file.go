package sink

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"syscall"
)

// temporary ends the name of a file that is not complete; such a name begins with a dot.
const temporary = ".tmp"

// fileBuffer is how much is written at a time, in bytes.
const fileBuffer = 256 << 10

// handle is an open file.
type handle interface {
	io.Writer
	Sync() error
	Close() error
}

// files is what is asked of the file system, so that tests can let each
// operation fail.
type files interface {
	create(root *os.Root, name string) (handle, error)
	rename(root *os.Root, from, to string) error
	remove(root *os.Root, name string) error
	syncDir(root *os.Root) error
}

type osFiles struct{}

func (osFiles) create(root *os.Root, name string) (handle, error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &diskFile{File: f}, nil
}

// diskFile is a file whose writing to disk is begun early, so that Sync has
// little left to wait for.
type diskFile struct {
	*os.File
	written, begun int64
}

// startWriteback lets the system begin to write a part of a file to disk, where it can.
var startWriteback = func(f *os.File, offset, n int64) {}

// writebackStep is how many bytes are begun at a time.
const writebackStep = 8 << 20

func (f *diskFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.written += int64(n)
	if f.written-f.begun >= writebackStep {
		startWriteback(f.File, f.begun, f.written-f.begun)
		f.begun = f.written
	}
	return n, err
}

func (osFiles) rename(root *os.Root, from, to string) error { return root.Rename(from, to) }
func (osFiles) remove(root *os.Root, name string) error     { return root.Remove(name) }
func (osFiles) syncDir(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// directory is where the files of a run are.
type directory struct {
	root  *os.Root
	path  string
	files files
	made  map[string]handle // names that exist because of this run; nil: closed
}

func (d *directory) list() ([]string, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	sort.Strings(names)
	return names, err
}

func (d *directory) remove(name string) error { return d.named(name, d.files.remove(d.root, name)) }
func (d *directory) sync() error              { return d.named(".", d.files.syncDir(d.root)) }

// named puts the file and what to do into an error.
func (d *directory) named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fileError(filepath.Join(d.path, name), err)
}

// causeOf returns an error without the paths that the system puts into it.
func causeOf(err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}

// readError says what to do about a file of a run that cannot be opened.
func readError(path string, err error) error {
	cause := causeOf(err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing, which the manifest names: %w; put it back, or convert again", path, cause)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w; let this user read it", path, cause)
	}
	return fmt.Errorf("%s: %w; put the file back as convert wrote it, or convert again", path, cause)
}

// fileError says what to do about a file that cannot be written.
func fileError(path string, err error) error {
	cause := causeOf(err)
	switch {
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s: the disk is full: %w; make room and start again", path, cause)
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s: %w; choose a place where you may write", path, cause)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w; make the directory that it lies in first", path, cause)
	case errors.Is(err, syscall.EIO):
		return fmt.Errorf("%s: %w; the disk may be failing, write to another one", path, cause)
	case errors.Is(err, syscall.EPIPE):
		return err
	}
	return fmt.Errorf("%s: %w", path, cause)
}

// create begins a file that will be called name.
func (d *directory) create(name string) (*file, error) {
	temp := "." + name + temporary
	h, err := d.files.create(d.root, temp)
	if err != nil {
		return nil, d.named(temp, err)
	}
	if d.made == nil {
		d.made = make(map[string]handle)
	}
	d.made[temp] = h
	f := &file{dir: d, name: name, temp: temp, h: h, hash: sha256.New()}
	f.w = bufio.NewWriterSize(h, fileBuffer)
	return f, nil
}

// removeMade removes all files of this run and returns what went wrong.
func (d *directory) removeMade() []error {
	var names []string
	for name, h := range d.made {
		if h != nil {
			_ = h.Close() // it is removed next
		}
		names = append(names, name)
	}
	d.made = nil
	return d.removeRun(names)
}

// removeRun removes files of a run, the manifest before all others: without it
// the run is incomplete, whatever happens next. It returns what went wrong.
func (d *directory) removeRun(names []string) []error {
	if i := slices.Index(names, ManifestName); i >= 0 {
		err := d.remove(ManifestName)
		if err == nil {
			err = d.sync()
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return []error{err}
		}
		names = slices.Delete(names, i, i+1)
	}
	var errs []error
	for _, name := range names {
		if err := d.remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errs
}

// file is a file in the making.
type file struct {
	dir  *directory
	name string
	temp string
	h    handle
	w    *bufio.Writer
	z    io.WriteCloser // nil: not compressed
	hash hash.Hash      // of the text
	size int64          // of the text
}

// compress compresses what is written from now on.
func (f *file) compress(c Compression) error {
	var err error
	f.z, err = c.NewEncoder(f.w)
	return err
}

func (f *file) write(p []byte) error {
	f.size += int64(len(p))
	f.hash.Write(p)
	var err error
	if f.z != nil {
		_, err = f.z.Write(p)
	} else {
		_, err = f.w.Write(p)
	}
	return f.dir.named(f.name, err)
}

func (f *file) writeLine(p []byte) error {
	if err := f.write(p); err != nil {
		return err
	}
	return f.write([]byte("\n"))
}

// sum returns the SHA-256 of what was written, in hex.
func (f *file) sum() string { return hex.EncodeToString(f.hash.Sum(nil)) }

// commit puts the file on disk and gives it its name.
func (f *file) commit() error {
	if f.z != nil {
		if err := f.z.Close(); err != nil {
			return f.dir.named(f.name, err)
		}
		f.z = nil
	}
	if err := f.w.Flush(); err != nil {
		return f.dir.named(f.name, err)
	}
	if err := f.h.Sync(); err != nil {
		return f.dir.named(f.name, err)
	}
	f.dir.made[f.temp] = nil
	if err := f.h.Close(); err != nil {
		return f.dir.named(f.name, err)
	}
	// From here on either name may be there.
	f.dir.made[f.name] = nil
	if err := f.dir.files.rename(f.dir.root, f.temp, f.name); err != nil {
		return f.dir.named(f.name, err)
	}
	delete(f.dir.made, f.temp)
	f.w, f.h = nil, nil // a run has as many files as it likes, but not as many buffers
	return f.dir.sync()
}
