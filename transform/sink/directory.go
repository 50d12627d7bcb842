package sink

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"poolprep/validate/source"
)

// directory is what a run knows of its files. It is safe for concurrent use.
type directory struct {
	store  Store
	folder *folder // the store; nil: it is another one

	mu      sync.Mutex       // guards what follows
	made    map[string]*file // names that exist because of this run; nil: closed
	spare   [][]byte         // buffers of files that need them no more
	failure error            // the first error of the run
}

// open returns a directory for the run.
func (o *Options) open(fsys files) (*directory, error) {
	if o.Store != nil {
		return &directory{store: o.Store}, nil
	}
	f, err := openFolder(o.Dir, fsys)
	return &directory{store: f, folder: f}, err
}

func (d *directory) list() ([]string, error) {
	names, err := d.store.List()
	slices.Sort(names)
	return names, d.named(".", err)
}

func (d *directory) remove(name string) error { return d.named(name, d.store.Remove(name)) }

// sync puts the names of the files on disk.
func (d *directory) sync() error {
	if d.folder == nil {
		return nil
	}
	return d.named(".", d.folder.sync())
}

// path names a file in messages; "." is the directory itself.
func (d *directory) path(name string) string {
	switch {
	case d.folder != nil:
		return filepath.Join(d.folder.path, name)
	case name == ".":
		return d.store.String()
	}
	return d.store.String() + "/" + name
}

// named puts the file and what to do into an error.
func (d *directory) named(name string, err error) error {
	if err == nil {
		return nil
	}
	return source.CreateError(d.path(name), err)
}

// ended is the error of whoever writes to a run after its end.
func (d *directory) ended() error { return fmt.Errorf("%s: the run has ended", d.store) }

// fail keeps the first error of the run, and returns it. From then on no text is
// written, and no more files are put on disk.
func (d *directory) fail(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failure == nil {
		d.failure = err
	}
	return d.failure
}

// failed returns the first error of the run.
func (d *directory) failed() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failure
}

// stop makes the run fail, and closes its files, so that whoever waits for the disk
// waits no longer. A file that is created later is not written to.
func (d *directory) stop() {
	d.fail(d.ended())
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.made {
		if f != nil {
			_ = f.h.Close() // it is removed next
		}
	}
}

// create begins a file that will be called name.
func (d *directory) create(name string) (*file, error) {
	temp := "." + name + temporary
	h, err := d.store.Create(temp, name)
	if err != nil {
		return nil, d.named(temp, err)
	}
	f := &file{dir: d, name: name, temp: temp, h: h, hash: sha256.New()}
	f.text = output{f}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.made == nil {
		d.made = make(map[string]*file)
	}
	d.made[temp] = f
	return f, nil
}

// closed notes that a file of this run may be there, and is not open.
func (d *directory) closed(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.made[name] = nil
}

// gone notes that a file of this run is no longer there.
func (d *directory) gone(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.made, name)
}

// present returns an error if a file of this run that was complete is not there.
func (d *directory) present() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	is, err := d.look()
	if err != nil {
		return err
	}
	for name, f := range d.made {
		if f != nil {
			continue
		}
		if err := is(name); err != nil {
			return fmt.Errorf("%s: %w; somebody removed it during the run: choose another directory", d.path(name), source.Cause(err))
		}
	}
	return nil
}

// taken reports whether another run has begun there, and has removed a file in the making of
// this one: the manifest, which is there from the beginning, or claim.
func (d *directory) taken(claim *file) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.folder == nil || d.folder.root == nil || claim == nil || d.made[claim.temp] != claim {
		return false
	}
	h, ok := claim.h.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return false
	}
	own, err := h.Stat()
	if err != nil {
		return false
	}
	there, err := d.folder.root.Lstat(claim.temp)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(own, there)
}

// takenError says that another run has begun in the folder.
func (d *directory) takenError() error {
	return fmt.Errorf("%s: another run has begun there meanwhile; choose another directory", d.path("."))
}

// look returns a function that returns an error for a file that is not there.
func (d *directory) look() (func(name string) error, error) {
	if d.folder != nil {
		return func(name string) error {
			_, err := d.folder.root.Lstat(name)
			return err
		}, nil
	}
	names, err := d.list()
	return func(name string) error {
		if _, found := slices.BinarySearch(names, name); !found {
			return fs.ErrNotExist
		}
		return nil
	}, err
}

// removeOthers removes what is there of another run, before the manifest of this one.
func (d *directory) removeOthers() error {
	names, err := d.list()
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		_, made := d.made[name]
		return made || !isOurs(name)
	})
	return errors.Join(d.removeRun(names)...)
}

// buffer returns an empty buffer for a file.
func (d *directory) buffer() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.spare); n > 0 {
		b := d.spare[n-1]
		d.spare = d.spare[:n-1]
		return b
	}
	return make([]byte, 0, fileBuffer)
}

// release takes a buffer back.
func (d *directory) release(b []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spare = append(d.spare, b[:0])
}

// removeMade removes all files of this run, if they are its own, and returns what went wrong.
// The run has failed, no method is running, and no chunk is being finished.
func (d *directory) removeMade(own bool) []error {
	var names []string
	for name, f := range d.made {
		if f != nil {
			_ = f.h.Close() // it is removed next
			f.end()
		}
		names = append(names, name)
	}
	d.made = nil
	if !own {
		return nil
	}
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
	if d.folder == nil {
		return d.removeMany(names)
	}
	var errs []error
	for _, name := range names {
		if err := d.remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errs
}

// removeMany removes files of which each keeps who removes it waiting.
func (d *directory) removeMany(names []string) []error {
	const atOnce = 16
	var wg sync.WaitGroup
	slots, errs := make(chan struct{}, atOnce), make([]error, len(names))
	for i, name := range names {
		slots <- struct{}{}
		wg.Go(func() {
			if err := d.remove(name); !errors.Is(err, fs.ErrNotExist) {
				errs[i] = err
			}
			<-slots
		})
	}
	wg.Wait()
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}
