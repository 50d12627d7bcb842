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

	"poolprep/validate/ledger"
	"poolprep/validate/source"
)

// Writer makes the directory of a part.
type Writer struct {
	dir   string
	mark  Mark
	files map[string]*partFile
	buf   []byte
	block uint32
}

// partFile is a file in the making.
type partFile struct {
	path string
	f    *os.File
	w    *bufio.Writer
	n    int64
	crc  uint32
}

// Create begins the directory of part number part, from 1, which is made with mode 0700.
// What an unfinished part has left there is overwritten, and with force a complete one.
func Create(dir string, p *Plan, part int, force bool) (*Writer, error) {
	if p == nil || len(p.Parts) == 0 {
		return nil, errors.New("a part needs a plan")
	}
	if part < 1 || part > len(p.Parts) {
		return nil, fmt.Errorf("there is no part %d: the plan has the parts 1 to %d", part, len(p.Parts))
	}
	if dir == "" {
		return nil, errors.New("the directory of a part needs a name")
	}
	w := &Writer{dir: filepath.Clean(dir), mark: Mark{Version: 1, Tool: p.Tool, Plan: p.ID, Part: part}, files: make(map[string]*partFile)}
	if err := os.Mkdir(w.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, source.CreateError(w.dir, err)
	}
	if err := w.makeRoom(force); err != nil {
		return nil, err
	}
	for _, name := range fileNames {
		path := filepath.Join(w.dir, name)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			w.Abort()
			return nil, source.CreateError(path, err)
		}
		const buffer = 256 << 10
		w.files[name] = &partFile{path: path, f: f, w: bufio.NewWriterSize(f, buffer)}
	}
	return w, nil
}

// temporary is the mark in the making.
const temporary = "." + MarkName + ".tmp"

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
			m, err := readMark(w.dir)
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
		if err := os.Remove(path); err != nil {
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

// Commit completes all files, and then makes the mark. Nothing waits for the disk: what a
// system that fails loses of a part shows when it is read, by size and checksum.
func (w *Writer) Commit() error {
	for _, name := range fileNames {
		f := w.files[name]
		if err := f.w.Flush(); err != nil {
			return source.CreateError(f.path, err)
		}
		if err := f.f.Close(); err != nil {
			return source.CreateError(f.path, err)
		}
		w.mark.Files = append(w.mark.Files, File{name, f.n, f.crc})
	}
	text, err := w.mark.seal()
	if err != nil {
		return err
	}
	temp, path := filepath.Join(w.dir, temporary), filepath.Join(w.dir, MarkName)
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return source.CreateError(temp, err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	return source.CreateError(path, err)
}

// Abort lets go of the files. What was written stays, without a mark, until the part is
// made again.
func (w *Writer) Abort() {
	for _, f := range w.files {
		_ = f.f.Close()
	}
}
