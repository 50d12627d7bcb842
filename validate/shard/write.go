package shard

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"poolprep/validate/ledger"
	"poolprep/validate/source"
)

// Writer makes the directory of a part.
type Writer struct {
	dir   string
	store source.Store // nil: dir is one of this machine
	mark  Mark
	files map[string]*partFile
	buf   []byte
	block uint32
}

// partFile is a file in the making.
type partFile struct {
	path string
	f    source.StoreFile
	held *os.File // the file in the directory, once it is complete there; nil: it is not
	w    *bufio.Writer
	n    int64
	crc  uint32
}

// Create begins the directory of part number part, from 1, which is made with mode 0700.
// What an unfinished part has left there is overwritten, and with force a complete one.
func Create(dir string, p *Plan, part int, force bool) (*Writer, error) {
	w, err := newWriter(p, part)
	switch {
	case err != nil:
		return nil, err
	case dir == "":
		return nil, errors.New("the directory of a part needs a name")
	}
	w.dir = filepath.Clean(dir)
	if err := os.Mkdir(w.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, source.CreateError(w.dir, err)
	}
	if err := w.makeRoom(force); err != nil {
		return nil, err
	}
	return w, w.begin()
}

// CreateIn begins the part in a store, as Create does in a directory. Other files may be there.
func CreateIn(store source.Store, p *Plan, part int, force bool) (*Writer, error) {
	w, err := newWriter(p, part)
	if err != nil {
		return nil, err
	}
	w.store, w.dir = store, store.String()
	names, err := store.List()
	switch {
	case err != nil:
		return nil, source.CreateError(w.dir, err)
	case slices.Contains(names, MarkName) && !force:
		return nil, &ExistsError{Dir: w.dir}
	case slices.Contains(names, MarkName):
		if err := store.Remove(MarkName); err != nil {
			return nil, source.CreateError(w.path(MarkName), err)
		}
	}
	return w, w.begin()
}

func newWriter(p *Plan, part int) (*Writer, error) {
	if p == nil || len(p.Parts) == 0 {
		return nil, errors.New("a part needs a plan")
	}
	if part < 1 || part > len(p.Parts) {
		return nil, fmt.Errorf("there is no part %d: the plan has the parts 1 to %d", part, len(p.Parts))
	}
	return &Writer{mark: Mark{Version: 1, Tool: p.Tool, Plan: p.ID, Part: part}, files: make(map[string]*partFile)}, nil
}

// begin begins the files.
func (w *Writer) begin() error {
	for _, name := range fileNames {
		f, err := w.create(name)
		if err != nil {
			w.Abort()
			return w.createError(name, err)
		}
		const buffer = 256 << 10
		w.files[name] = &partFile{path: w.path(name), f: f, w: bufio.NewWriterSize(f, buffer)}
	}
	return nil
}

// path returns that of a file.
func (w *Writer) path(name string) string { return source.PathIn(w.dir, name) }

// create begins a file.
func (w *Writer) create(name string) (source.StoreFile, error) {
	if w.store != nil {
		return w.store.Create(tempName(name), name)
	}
	return os.OpenFile(w.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// tempName returns what a file is called while it is made: the mark, and in a store all files.
func tempName(name string) string { return "." + name + ".tmp" }

// temporary is the mark in the making.
var temporary = tempName(MarkName)

// makeRoom removes what an earlier part has left, its mark first.
func (w *Writer) makeRoom(force bool) error {
	info, err := os.Lstat(w.dir)
	if err != nil {
		return source.CreateError(w.dir, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no directory; name one that does not exist yet", w.dir)
	}
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return source.CreateError(w.dir, err)
	}
	var ours []string
	for _, e := range entries {
		switch name := e.Name(); {
		case name == MarkName && !force:
			m, err := readMark(nil, w.dir)
			if err != nil {
				return err
			}
			return &ExistsError{w.dir, m.Part}
		case name == MarkName:
			ours = slices.Insert(ours, 0, name)
		case name == temporary || slices.Contains(fileNames, name) && e.Type().IsRegular():
			ours = append(ours, name)
		default:
			return fmt.Errorf("%s has files that are of no part (%s); choose another directory", w.dir, name)
		}
	}
	for _, name := range ours {
		path := filepath.Join(w.dir, name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return source.CreateError(path, err)
		}
	}
	return nil
}

// Begin says what is known of the next range of the part. It returns a pointer to what is
// kept of that, which may be completed until Commit.
func (w *Writer) Begin(in Input) *Input {
	w.mark.Inputs = append(w.mark.Inputs, in)
	return &w.mark.Inputs[len(w.mark.Inputs)-1]
}

// Complete sets Mark.Made.
func (w *Writer) Complete(v any) (err error) {
	w.mark.Made, err = json.Marshal(v)
	return err
}

// Profile sets Mark.Profile.
func (w *Writer) Profile(v any) (err error) {
	w.mark.Profile, err = json.Marshal(v)
	return err
}

// Block says that what follows is of a block with this text. It returns its checksum, and
// BlockSum does until the next call.
func (w *Writer) Block(text []byte) uint32 {
	w.block = Checksum(text)
	return w.block
}

// BlockSum returns the checksum of the block at hand.
func (w *Writer) BlockSum() uint32 { return w.block }

// Facts writes those of the next block, before a ledger takes them.
func (w *Writer) Facts(f *ledger.Facts) (err error) {
	w.mark.Inputs[len(w.mark.Inputs)-1].Blocks++
	if w.buf, err = f.AppendBinary(w.buf[:0]); err != nil {
		return err
	}
	return w.Write(FactsName, w.buf)
}

// Frame writes what belongs to a block into a file of the part, to be read by Reader.Frame.
func (w *Writer) Frame(name string, b []byte) error {
	if err := w.Write(name, binary.AppendUvarint(nil, uint64(len(b)))); err != nil {
		return err
	}
	return w.Write(name, b)
}

// Write appends to a file of the part.
func (w *Writer) Write(name string, b []byte) error {
	f := w.files[name]
	f.n += int64(len(b))
	f.crc = Checksums(f.crc, b)
	_, err := f.w.Write(b)
	return source.CreateError(f.path, err)
}

// createError says why a file could not be begun. None of this name was there.
func (w *Writer) createError(name string, err error) error {
	if errors.Is(err, fs.ErrExist) && w.store == nil {
		return &OvertakenError{w.dir}
	}
	return source.CreateError(w.path(name), err)
}

// Commit completes all files, and then makes the mark. Nothing waits for the disk: what a
// system that fails loses of a part shows when it is read, by size and checksum. If somebody
// else has begun the part in the same directory meanwhile, it is an OvertakenError.
func (w *Writer) Commit() error {
	defer w.release()
	for _, name := range fileNames {
		f := w.files[name]
		err := f.w.Flush()
		if err == nil {
			err = w.complete(f.f, name)
		}
		if err != nil {
			return overtakenOr(f.path, err)
		}
		w.mark.Files = append(w.mark.Files, File{name, f.n, f.crc})
	}
	text, err := w.mark.seal()
	if err != nil {
		return err
	}
	if err := w.writeMark(text); err != nil {
		return err
	}
	return w.overtaken()
}

// hold opens a file that was written once more, and returns an error if another one has taken
// its place. As long as it is open, no other file can be taken for it.
func (w *Writer) hold(f *partFile) (err error) {
	if f.held, err = os.Open(f.path); err != nil {
		return &OvertakenError{w.dir}
	}
	there, err := f.held.Stat()
	if err != nil {
		return err
	}
	if own, ok := f.f.(*os.File); ok {
		written, err := own.Stat()
		if err != nil {
			return err
		}
		if !os.SameFile(there, written) {
			return &OvertakenError{w.dir}
		}
	}
	return nil
}

// overtaken returns an error unless all files in the directory are those that were written.
func (w *Writer) overtaken() error {
	for _, f := range w.files {
		if f.held == nil {
			continue
		}
		written, err := f.held.Stat()
		if err != nil {
			return source.CreateError(f.path, err)
		}
		if there, err := os.Lstat(f.path); err != nil || !os.SameFile(there, written) {
			return &OvertakenError{w.dir}
		}
	}
	return nil
}

// release lets go of the files that are held.
func (w *Writer) release() {
	for _, f := range w.files {
		if f.held != nil {
			_ = f.held.Close()
		}
	}
}

// overtakenOr returns an OvertakenError as it is, and any other one as one of a path.
func overtakenOr(path string, err error) error {
	if errors.As(err, new(*OvertakenError)) {
		return err
	}
	return source.CreateError(path, err)
}

// complete closes a file. In a store it appears.
func (w *Writer) complete(f source.StoreFile, name string) error {
	if w.store == nil {
		if of := w.files[name]; of != nil {
			if err := w.hold(of); err != nil {
				return err
			}
		}
		return f.Close()
	}
	err := f.Sync()
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = w.store.Rename(tempName(name), name)
	}
	return err
}

// writeMark makes the mark.
func (w *Writer) writeMark(text []byte) error {
	path := w.path(MarkName)
	if w.store != nil {
		f, err := w.create(MarkName)
		if err == nil {
			_, err = f.Write(text)
		}
		if err == nil {
			err = w.complete(f, MarkName)
		}
		return source.CreateError(path, err)
	}
	temp := w.path(temporary)
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return w.createError(temporary, err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = w.overtaken()
	}
	if err == nil {
		err = os.Rename(temp, path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return &OvertakenError{w.dir} // somebody has made room
	}
	return overtakenOr(path, err)
}

// Abort lets go of the files. What was written stays, without a mark, until the part is
// made again; in a store only what was complete by then.
func (w *Writer) Abort() {
	var wg sync.WaitGroup
	for name, f := range w.files {
		_ = f.f.Close()
		if w.store != nil {
			wg.Go(func() { _ = w.store.Remove(tempName(name)) }) // nobody is left who could do anything about an error
		}
	}
	wg.Wait()
}
