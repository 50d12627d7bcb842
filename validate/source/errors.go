package source

import (
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"
)

// Why compressed data cannot be read, as ReadError.Err.
var (
	ErrTrailing = errors.New("something else follows the compressed data")
	ErrCutOff   = errors.New("the file is cut off; get it again")
	ErrChecksum = errors.New("the checksum is wrong, so the data is damaged; get the file again")
	ErrWindow   = fmt.Errorf("the window is larger than %s", humanize.IBytes(zstdWindow)) // of zstd
)

// ReadError says that an input cannot be read on.
type ReadError struct {
	File   string
	Codec  string // of which the data is damaged; "": the system could not read
	Offset int64  // raw bytes that were read by then; damage is there or up to a buffer before
	Err    error
}

func (e *ReadError) Error() string {
	switch {
	case e.Codec == "":
		return fmt.Sprintf("%s: reading failed after %d bytes: %v", e.File, e.Offset, e.Err)
	case errors.Is(e.Err, ErrTrailing):
		return fmt.Sprintf("%s: %s data, at or before byte %d: something that is not %s follows the compressed data; cut it off, or get the file again", e.File, e.Codec, e.Offset, e.Codec)
	}
	return fmt.Sprintf("%s: %s data, at or before byte %d: %v", e.File, e.Codec, e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *ReadError) Unwrap() error { return e.Err }

// ExpandedError says that more came out of a compressed input than Options.MaxExpanded
// allows, as it does of a decompression bomb.
type ExpandedError struct {
	File          string
	Raw, Expanded int64 // bytes that were read, and that came out of them
	Limit         int64 // bytes; 0: none was stated, and DefaultMaxRatio was passed
}

func (e *ExpandedError) Error() string {
	if e.Limit > 0 {
		return fmt.Sprintf("%s: more than %s came out of %s", e.File, humanize.Bytes(uint64(e.Limit)), humanize.Bytes(uint64(e.Raw)))
	}
	return fmt.Sprintf("%s: %s came out of %s, which looks like a decompression bomb", e.File, humanize.Bytes(uint64(e.Expanded)), humanize.Bytes(uint64(e.Raw)))
}

// ArchiveError says that an input is compressed or packed in a way that is not read.
type ArchiveError struct {
	File string
	Kind string // zip, xz, tar and the like; in In also a codec that is read
	In   string // the codec that it is inside of; "": none
}

func (e *ArchiveError) Error() string {
	switch {
	case e.In != "":
		return fmt.Sprintf("%s: a %s file inside of %s; unpack the outer one first", e.File, e.Kind, e.In)
	case e.Kind == "zip":
		return e.File + ": this is a zip file, which is not read: unpack it, or if it is a spreadsheet (.xlsx) save that as CSV"
	}
	return fmt.Sprintf("%s: this is a %s file, which is not read: unpack it first", e.File, e.Kind)
}

// EncodingError says that an input is in another character set than Options.Encoding says.
type EncodingError struct {
	File   string
	Stated string
	Found  string // "": nothing, and Stated needs a byte order mark
	Mark   bool   // a byte order mark says Found; else the text does
}

func (e *EncodingError) Error() string {
	switch {
	case e.Found == "":
		return fmt.Sprintf("%s: %s needs a byte order mark, and there is none: say %sle or %sbe", e.File, e.Stated, e.Stated, e.Stated)
	case e.Mark:
		return fmt.Sprintf("%s: the file begins with the byte order mark of %s, but %s is stated", e.File, e.Found, e.Stated)
	}
	return fmt.Sprintf("%s: this is UTF-8, but %s is stated, which would spoil every letter outside ASCII", e.File, e.Stated)
}

// SyntaxError says that a file is not YAML.
type SyntaxError struct {
	File string
	Line int // from 1; 0: that is unknown
	Text string
}

func (e *SyntaxError) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, e.Line)
	}
	return place + ": " + e.Text + "; a YAML file is expected"
}
