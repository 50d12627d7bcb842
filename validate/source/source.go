// Package source opens inputs: a file or a stream, plain or compressed, in any
// usual character set, and delivers the text as UTF-8 without byte order mark.
// It also finds out how a CSV is delimited. It reads no records.
//
// Open or FromReader returns an Input, which is read as any io.Reader and then closed.
// Errors are types: a FileError is about a path, a ReadError about the bytes, and an
// ArchiveError, EncodingError or ExpandedError about what they are.
//
// An Input is for one goroutine; only RawRead may be called from others.
package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
)

// Options say how an input is to be read. The zero value finds out by itself.
type Options struct {
	// MaxExpanded limits the decompressed size in bytes. 0 means
	// DefaultMaxExpanded, and that no more than DefaultMaxRatio bytes may come out
	// of one; stating a limit switches that ratio off.
	MaxExpanded int64
	// Encoding is the character set; "" and "auto" mean UTF-8, or what a byte order mark says.
	Encoding string
	// Hash asks for the SHA-256 of the raw bytes.
	Hash bool
	// Frames asks for where the frames of a compressed input begin, see FrameAt, and for its
	// SHA-256.
	Frames bool
}

// DefaultMaxExpanded is more than any export, and a bound all the same.
const DefaultMaxExpanded = 1 << 40

// DefaultMaxRatio is how many bytes may come out of one compressed byte, once
// ratioFrom came out. Exports reach 50; a bomb comes near the 1,032 of deflate.
const (
	DefaultMaxRatio = 250
	ratioFrom       = 64 << 20
)

// Input delivers UTF-8 text.
type Input struct {
	name    string
	codec   string
	charset string
	bom     bool
	start   int64
	size    int64
	seeker  io.Seeker // what raw reads; nil: it is read from its beginning only
	raw     *rawReader
	text    io.Reader
	limit   int64      // of the decompressed size
	ahead   *ahead     // what is decompressed; nil: it is not compressed
	frames  *frameList // nil: nobody asks for it
	head    []byte     // peeked at, not yet read
	headErr error      // what followed head
	close   []func() error
	isPipe  bool
	reading sync.Mutex
}

// Open opens a file.
func Open(name string, o Options) (*Input, error) { return Opener(nil).Input(name, o) }

// widenPipe makes a pipe hold more, where the system can.
var widenPipe = func(*os.File) {}

// FromReader reads an input from r, which is called name in errors. It reads
// the first bytes at once. Closing the input does not close r. A regular file and a Ranged
// are read from where they stand, which must be their beginning for GoTo to be right.
func FromReader(name string, r io.Reader, o Options) (*Input, error) {
	if r == nil {
		return nil, &FileError{Path: name, Text: "there is no reader"}
	}
	in := &Input{name: name, size: -1, raw: &rawReader{r: r, name: name}}
	switch f := r.(type) {
	case *os.File:
		if info, err := f.Stat(); err == nil {
			if info.IsDir() {
				return nil, &FileError{Path: name, Text: "this is a directory; name the files in it"}
			}
			if info.Mode().IsRegular() {
				in.size, in.seeker = info.Size(), f
			}
			if info.Mode()&fs.ModeNamedPipe != 0 {
				in.isPipe = true
				widenPipe(f)
			}
		}
	case Ranged:
		in.size, in.seeker = f.Size(), f
	}
	if o.Hash || o.Frames {
		in.raw.hash = sha256.New()
	}
	if err := in.openCodec(o); err != nil {
		in.Close()
		return nil, err
	}
	if in.codec == "none" && !o.Hash {
		in.raw.hash = nil
	}
	if err := in.openCharset(o); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

// Name returns the name the input was opened under.
func (in *Input) Name() string { return in.name }

// Codec returns "none", "gzip", "zstd" or "bzip2".
func (in *Input) Codec() string { return in.codec }

// Charset returns the name of the character set that is being read, such as "utf-8".
func (in *Input) Charset() string { return in.charset }

// BOM reports whether the text begins with a byte order mark. It is not delivered.
func (in *Input) BOM() bool { return in.bom }

// Start returns the offset of the first byte delivered in the text: 3 after
// the byte order mark of UTF-8, else 0. With another character set offsets
// count the bytes of the UTF-8 that is delivered.
func (in *Input) Start() int64 { return in.start }

// Size returns the size of a regular file or a Ranged, as it lies there, in bytes; -1 for
// anything else.
func (in *Input) Size() int64 { return in.size }

// Waits reports whether reading has to wait for the one who writes to a pipe, see
// scan.Waiter. What is decompressed is read ahead of that.
func (in *Input) Waits() bool { return in.isPipe && in.codec == "none" }

// RawRead returns how many bytes have been read from the file so far, as they
// lie there. It may be called from any goroutine.
func (in *Input) RawRead() int64 { return in.raw.n.Load() }

// RawSize returns the size of all that was read, as it lies in the file; it is
// that of the file once Read has returned io.EOF.
func (in *Input) RawSize() int64 { return in.raw.n.Load() }

// SHA256 returns the checksum of the same bytes in hex; "" if it was not asked for.
func (in *Input) SHA256() string {
	in.reading.Lock()
	defer in.reading.Unlock()
	if in.raw.hash == nil {
		return ""
	}
	return hex.EncodeToString(in.raw.hash.Sum(nil))
}

// Read delivers text. It may be called while another call is blocked, and waits
// for that.
func (in *Input) Read(p []byte) (int, error) {
	in.reading.Lock()
	defer in.reading.Unlock()
	if len(in.head) > 0 {
		n := copy(p, in.head)
		in.head = in.head[n:]
		return n, nil
	}
	if in.headErr != nil {
		return 0, in.headErr
	}
	return in.text.Read(p)
}

// Plain reports whether the text is that of a regular file or a Ranged as it lies there: then
// its offsets are those of the file, and GoTo works.
func (in *Input) Plain() bool {
	return in.seeker != nil && in.codec == "none" && in.charset == "utf-8"
}

// GoTo goes on reading at an offset of a Plain input. What was read before is not read
// again, so RawSize and SHA256 say nothing any more.
func (in *Input) GoTo(offset int64) error {
	in.reading.Lock()
	defer in.reading.Unlock()
	if !in.Plain() || offset < 0 {
		return &FileError{Path: in.name, Text: "only a regular file of UTF-8 that is not compressed is read from the middle"}
	}
	if _, err := in.seeker.Seek(offset, io.SeekStart); err != nil {
		return OpenError(in.name, err)
	}
	in.raw.moved.Store(offset - in.raw.n.Load())
	in.head, in.headErr, in.text, in.raw.hash = nil, nil, in.raw, nil
	return nil
}

// Expect says that hardly anything is read from an offset of the file on: it is not read
// ahead.
func (in *Input) Expect(end int64) {
	if r, ok := in.seeker.(Expecting); ok {
		r.Expect(end)
	}
}

// Peek returns the next n bytes without consuming them, fewer if the text ends
// before. The result is valid until the next call of any method.
func (in *Input) Peek(n int) ([]byte, error) {
	n = max(n, 0)
	if len(in.head) < n && in.headErr == nil {
		buf := make([]byte, n)
		have := copy(buf, in.head)
		more, err := io.ReadFull(in.text, buf[have:])
		if err == io.ErrUnexpectedEOF {
			err = io.EOF
		}
		in.head, in.headErr = buf[:have+more], err
	}
	if in.headErr != nil && in.headErr != io.EOF {
		return nil, in.headErr
	}
	return in.head[:min(n, len(in.head))], nil
}

// Close releases what the input holds.
func (in *Input) Close() error {
	var errs []error
	for _, f := range in.close {
		errs = append(errs, f())
	}
	in.close = nil
	return errors.Join(errs...)
}

// rawReader counts and hashes what is read, and names the file in errors.
type rawReader struct {
	r     io.Reader
	name  string
	n     atomic.Int64
	moved atomic.Int64 // what n differs by from the position in the file
	hash  hash.Hash
}

// position returns where in the file the next byte is read.
func (r *rawReader) position() int64 { return r.n.Load() + r.moved.Load() }

func (r *rawReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.n.Add(int64(n))
	if r.hash != nil {
		r.hash.Write(p[:n])
	}
	if err != nil && err != io.EOF {
		err = &ReadError{File: r.name, Offset: r.position(), Err: Cause(err)}
	}
	return n, err
}

// peekRaw reads up to n bytes from r, and returns them with a reader that delivers them again.
func peekRaw(r io.Reader, n int) ([]byte, io.Reader, error) {
	buf := make([]byte, n)
	have, err := io.ReadFull(r, buf)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, nil, err
	}
	buf = buf[:have]
	return buf, io.MultiReader(bytes.NewReader(buf), r), nil
}
