package sink

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"poolprep/validate/source"
)

// File is a single output file that appears under its name when it is
// committed. A target that is no regular file, such as a pipe or /dev/null, is
// written to directly. It is for one goroutine; Abort may be called at any time.
type File struct {
	mu     sync.Mutex
	path   string
	direct bool
	shared bool // f belongs to the process: it is not closed
	f      *os.File
	w      *bufio.Writer
	done   bool
}

// CreateFile begins a file, with mode 0600. A file that is there is replaced by
// Commit, and so is a symbolic link: what it points to is left alone.
func CreateFile(path string) (*File, error) {
	o := &File{path: path}
	if o.f = StandardStream(path); o.f != nil {
		o.direct, o.shared = true, true
		o.w = bufio.NewWriterSize(o.f, fileBuffer)
		return o, nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, source.CreateError(path, errors.New("this is a directory; name a file"))
	case namesDirectory(path):
		return nil, source.CreateError(path, errors.New("this is the name of a directory, not of a file; leave out what stands at its end, or name a file in it"))
	case err == nil && (!info.Mode().IsRegular() || IsDevice(path)):
		o.direct = true
		o.f, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	default:
		o.f, err = os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*"+temporary)
	}
	if err != nil {
		return nil, source.CreateError(path, err)
	}
	o.w = bufio.NewWriterSize(o.f, fileBuffer)
	if !o.direct {
		making.add(o)
	}
	return o, nil
}

// namesDirectory reports whether path can only be that of a directory: one that ends
// with a separator, . or .. is.
func namesDirectory(path string) bool {
	last := path
	for i := range len(path) {
		if os.IsPathSeparator(path[i]) {
			last = path[i+1:]
		}
	}
	return last == "" || last == "." || last == ".."
}

// StandardStream returns the stream that path is the system's name of, or nil. To
// open it anew would give it a position of its own, where it is a file: then one
// text would overwrite the other.
func StandardStream(path string) *os.File {
	switch filepath.Clean(path) {
	case "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		return os.Stdout
	case "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2":
		return os.Stderr
	}
	return nil
}

// Direct reports whether what is written goes to the target at once, as to a pipe
// or a device: Abort cannot take it back.
func (o *File) Direct() bool { return o.direct }

// IsDevice reports whether path is one of the system's names for an open file,
// such as /dev/stdout. It may lead to a regular file, but the name itself must
// never be replaced. What lies in /dev/shm are files like any other.
func IsDevice(path string) bool {
	abs, err := filepath.Abs(path)
	return err == nil && (strings.HasPrefix(abs, "/dev/") && !strings.HasPrefix(abs, "/dev/shm/") || strings.HasPrefix(abs, "/proc/"))
}

// Publish lets every user read the file, where File.Direct is false: its mode becomes 0644.
func (o *File) Publish() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.done:
		return source.CreateError(o.path, fs.ErrClosed)
	case o.direct:
		return nil
	}
	return source.CreateError(o.path, o.f.Chmod(0o644))
}

// Write appends to the file.
func (o *File) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		return 0, source.CreateError(o.path, fs.ErrClosed)
	}
	n, err := o.w.Write(p)
	if err != nil {
		err = source.CreateError(o.path, err)
	}
	return n, err
}

// Sync puts what was written so far on disk, so that Commit has little left that
// can fail. It does nothing where File.Direct is true.
func (o *File) Sync() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.done:
		return source.CreateError(o.path, fs.ErrClosed)
	case o.direct:
		return nil
	}
	return o.sync()
}

func (o *File) sync() error {
	if err := o.w.Flush(); err != nil {
		return source.CreateError(o.path, err)
	}
	return source.CreateError(o.path, o.f.Sync())
}

// Commit puts the file on disk under its name. It can be done once, and not
// after Abort.
func (o *File) Commit() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		return source.CreateError(o.path, fs.ErrClosed)
	}
	if o.direct {
		if err := o.w.Flush(); err != nil {
			return source.CreateError(o.path, err)
		}
		o.done = true
		return source.CreateError(o.path, o.close())
	}
	if err := o.sync(); err != nil {
		return err
	}
	if err := os.Rename(o.f.Name(), o.path); err != nil {
		return source.CreateError(o.path, err)
	}
	o.done = true
	making.remove(o)
	if err := o.f.Close(); err != nil {
		return source.CreateError(o.path, err)
	}
	return syncParent(o.path)
}

func (o *File) close() error {
	if o.shared {
		return nil
	}
	return o.f.Close()
}

// syncParent puts the name of path on disk.
func syncParent(path string) error {
	parent := filepath.Dir(path)
	d, err := os.Open(parent)
	if err != nil {
		return source.CreateError(parent, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return source.CreateError(parent, err)
	}
	return nil
}

// Abort leaves the target as it was. After Commit it does nothing.
func (o *File) Abort() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		return nil
	}
	o.done = true
	err := o.close()
	if !o.direct {
		making.remove(o)
		err = errors.Join(err, os.Remove(o.f.Name()))
	}
	return err
}
