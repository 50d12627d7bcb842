package sink

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"poolprep/validate/source"
)

// temporary ends the name of a file that is not complete; such a name begins with a dot.
const temporary = ".tmp"

// fileBuffer is how much is written at a time, in bytes.
const fileBuffer = 256 << 10

// handle is an open file.
type handle = StoreFile

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

// readError says what to do about a file of a run that cannot be opened.
func readError(path string, err error) error {
	cause := source.Cause(err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing, which the manifest names: %w; put it back, or convert again", path, cause)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w; let this user read it", path, cause)
	}
	return fmt.Errorf("%s: %w; put the file back as convert wrote it, or convert again", path, cause)
}

// file is a file in the making. Its methods are for one goroutine at a time. The
// text that they are given is written by another one, see background.go.
type file struct {
	dir  *directory
	name string
	temp string
	h    handle
	size int64  // of the text so far
	sum  string // SHA-256 of the text, in hex; "": the file is not complete

	buffer  []byte      // being filled; nil: there is no text yet
	buffers int         // that the file has, with the one being filled
	full    chan []byte // to the file's goroutine; nil: it has none
	empty   chan []byte // back from it

	// What follows is the goroutine's while there is one.
	hash hash.Hash      // of the text
	text io.Writer      // where the text goes: the encoder, or the disk
	z    io.WriteCloser // the encoder; nil: not compressed
	w    *bufio.Writer  // what the encoder writes to
}

// compress compresses the text. It comes before the first write.
func (f *file) compress(c Compression) error {
	if c == Plain || c == "" {
		return nil
	}
	w := bufio.NewWriterSize(output{f}, fileBuffer)
	z, err := c.NewEncoder(w)
	if err != nil {
		return err
	}
	f.text, f.z, f.w = z, z, w
	return nil
}

func (f *file) writeLine(p []byte) error {
	if err := f.write(p); err != nil {
		return err
	}
	return f.write([]byte("\n"))
}

// commit puts the file on disk and gives it its name.
func (f *file) commit() error {
	f.end()
	if err := f.dir.failed(); err != nil {
		return err // some of the text may not have been written
	}
	if err := f.h.Sync(); err != nil {
		return f.dir.named(f.name, err)
	}
	if f.dir.taken(f) {
		return f.dir.takenError()
	}
	f.dir.closed(f.temp)
	if err := f.h.Close(); err != nil {
		return f.dir.named(f.name, err)
	}
	// From here on either name may be there.
	f.dir.closed(f.name)
	if err := f.dir.store.Rename(f.temp, f.name); err != nil {
		return f.dir.named(f.name, err)
	}
	f.dir.gone(f.temp)
	if err := f.dir.sync(); err != nil {
		return err
	}
	f.sum = hex.EncodeToString(f.hash.Sum(nil))
	f.h, f.hash, f.text = nil, nil, nil // a run has as many files as it likes
	return nil
}
