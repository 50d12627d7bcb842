package jobs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/validate/source"
)

// partial ends the name of a file that is not complete.
const partial = ".tmp"

// uploads are the stored files. It is safe for concurrent use.
type uploads struct {
	root *os.Root // nil: the files have no names

	mu    sync.Mutex
	next  int                   // number for the next name
	files map[string]store.File // without root: those that are open
}

// openUploads opens the store in the data directory and removes the files of it that
// no job needs any more: those that are called as the store calls them, for a job that
// made reports, and that are not in used. Other files are not its own and are left
// alone. With "" it is a store of nameless files.
func openUploads(dir string, used map[string]bool, made func(id string) bool) (*uploads, error) {
	u := &uploads{files: make(map[string]store.File)}
	if dir == "" {
		return u, nil
	}
	path := filepath.Join(dir, store.UploadDir)
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, source.CreateError(path, err)
	}
	data, err := os.OpenRoot(dir) // beyond which no link leads
	if err != nil {
		return nil, source.OpenError(dir, err)
	}
	defer data.Close()
	if u.root, err = data.OpenRoot(store.UploadDir); err != nil {
		return nil, source.OpenError(path, err)
	}
	d, err := u.root.Open(".")
	if err != nil {
		return nil, errors.Join(err, u.root.Close())
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	for _, e := range entries {
		id, n, ok := parseUploadName(e.Name())
		if !ok {
			continue
		}
		u.next = max(u.next, n+1)
		if !used[e.Name()] && e.Type().IsRegular() && made(id) {
			u.remove(e.Name())
		}
	}
	return u, err
}

// uploadName returns the name of a file of the store: of which job, and a number that
// no other file has.
func uploadName(id string, n int) string { return fmt.Sprintf("%s.%d", id, n) }

// parseUploadName returns what is in the name of a file of the store, complete or not.
func parseUploadName(name string) (id string, n int, ok bool) {
	name = strings.TrimSuffix(name, partial)
	id, digits, _ := strings.Cut(name, ".")
	n, err := strconv.Atoi(digits)
	return id, n, err == nil && n >= 0 && n < math.MaxInt && uploadName(id, n) == name
}

// create makes a file. Its name is the one it will have.
func (u *uploads) create(id string) (f store.File, name string, err error) {
	u.mu.Lock()
	name = uploadName(id, u.next)
	u.next++
	u.mu.Unlock()
	if u.root == nil {
		f, err = store.Nameless("poolprep-upload-*.csv")
		return f, name, err
	}
	f.File, err = u.root.OpenFile(name+partial, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	f.Named = true
	return f, name, err
}

// store takes a body of so many bytes as a file for the job, and returns the
// name of the file. A body that ends too early is not kept.
func (u *uploads) store(id string, body io.Reader, size int64) (name string, err error) {
	f, name, err := u.create(id)
	if err != nil {
		return "", err
	}
	n, err := io.Copy(f, io.LimitReader(body, size))
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	if u.root == nil {
		if err != nil {
			return "", errors.Join(tooShort(err), f.Discard())
		}
		u.mu.Lock()
		defer u.mu.Unlock()
		u.files[name] = f
		return name, nil
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = u.root.Rename(name+partial, name)
	}
	if err != nil {
		return "", errors.Join(tooShort(err), u.root.Remove(name+partial))
	}
	return name, u.sync()
}

// tooShort distinguishes a body that ended too early from trouble of our own.
func tooShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return &refusal{http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"}
	}
	return err
}

// sync puts the names on disk, where a directory can be synced.
func (u *uploads) sync() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := u.root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// open returns a reader of a stored file from its beginning.
func (u *uploads) open(name string) (io.ReadCloser, error) {
	if u.root != nil {
		return u.root.Open(name)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	f, ok := u.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(io.NewSectionReader(f, 0, 1<<62)), nil
}

// remove removes a stored file. One that is left over is removed at the next start.
func (u *uploads) remove(name string) {
	if u.root != nil {
		_ = u.root.Remove(name)
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if f, ok := u.files[name]; ok {
		_ = f.Discard()
		delete(u.files, name)
	}
}

// close ends the use of the store.
func (u *uploads) close() error {
	if u.root != nil {
		return u.root.Close()
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	var errs []error
	for _, f := range u.files {
		errs = append(errs, f.Discard())
	}
	clear(u.files)
	return errors.Join(errs...)
}
