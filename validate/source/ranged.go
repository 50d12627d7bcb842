package source

import (
	"io"
	"os"
)

// Ranged is an input that can be read from any offset: a file, or an object of a store. Its
// bytes do not change while it is open; if they do, reading fails. Read and Seek are for one
// goroutine at a time, ReadAt for any number. Errors name no path: who opened it knows that.
type Ranged interface {
	io.ReadSeeker
	io.ReaderAt
	io.Closer
	// Size returns how many bytes there are.
	Size() int64
}

// Expecting is a Ranged that reads ahead.
type Expecting interface {
	Ranged
	// Expect says that Read is hardly called for bytes from an offset on: it does not read
	// these ahead.
	Expect(end int64)
}

// Opener opens what can be read from any offset, by its path. It may be called from any
// goroutine. The nil Opener opens files of this machine.
type Opener func(path string) (Ranged, error)

// file is a regular file of this machine.
type file struct {
	*os.File
	size int64
}

func (f file) Size() int64 { return f.size }

// Open opens what is at path. An error names the path.
func (o Opener) Open(path string) (Ranged, error) {
	if o != nil {
		r, err := o(path)
		if err == nil && r == nil {
			err = &FileError{Path: path, Text: "there is no reader"}
		}
		return r, OpenError(path, err)
	}
	size, err := o.Size(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, OpenError(path, err)
	}
	return file{f, size}, nil
}

// Size returns how many bytes are at path. A file that is not regular is an error, for
// it cannot be read from any offset.
func (o Opener) Size(path string) (int64, error) {
	if o != nil {
		r, err := o.Open(path)
		if err != nil {
			return 0, err
		}
		return r.Size(), r.Close()
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, OpenError(path, err)
	case info.IsDir():
		return 0, &FileError{Path: path, Text: "this is a directory; name the files in it"}
	case !info.Mode().IsRegular():
		return 0, &FileError{Path: path, Text: "only regular files can be planned, for a part reads them again; save it as a file first"}
	}
	return info.Size(), nil
}

// reader opens what is at path to be read from its beginning: with the nil Opener any file, a
// pipe too.
func (o Opener) reader(path string) (io.ReadCloser, error) {
	if o != nil {
		return o.Open(path)
	}
	f, err := os.Open(path)
	return f, OpenError(path, err)
}

// Input opens what is at path as an input. With the nil Opener it may be any file, a pipe too.
func (o Opener) Input(path string, how Options) (*Input, error) {
	r, err := o.reader(path)
	if err != nil {
		return nil, err
	}
	in, err := FromReader(path, r, how)
	if err != nil {
		r.Close()
		return nil, err
	}
	in.close = append(in.close, r.Close)
	return in, nil
}
