package sink

import (
	"fmt"
	"io"
	"runtime"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/klauspost/pgzip"
)

// Compression is how import files are compressed: Plain, Gzip or Zstd.
type Compression string

// The compressions.
const (
	Plain Compression = "none"
	Gzip  Compression = "gzip"
	Zstd  Compression = "zstd"
)

// check returns an error for a compression that is not known.
func (c Compression) check() error {
	switch c {
	case Plain, Gzip, Zstd, "":
		return nil
	}
	return fmt.Errorf("unknown compression %q (none, gzip or zstd)", string(c))
}

// extension returns what a file name ends with.
func (c Compression) extension() string {
	return map[Compression]string{Gzip: ".gz", Zstd: ".zst"}[c]
}

// NewEncoder returns a writer that compresses to w with all processors. Closing
// it does not close w. For Plain, and for the zero value, it is nil.
func (c Compression) NewEncoder(w io.Writer) (io.WriteCloser, error) {
	switch c {
	case Gzip:
		const block = 512 << 10 // bytes that a processor compresses at a time
		z := pgzip.NewWriter(w)
		return z, z.SetConcurrency(block, runtime.GOMAXPROCS(0)+1)
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)))
	}
	return nil, c.check()
}

// newDecoder returns what the encoder was given.
func (c Compression) newDecoder(r io.Reader) (io.ReadCloser, error) {
	switch c {
	case Plain, "":
		return io.NopCloser(r), nil
	case Gzip:
		return gzip.NewReader(r)
	case Zstd:
		z, err := zstd.NewReader(r)
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return nil, fmt.Errorf("unknown compression %q; use a newer poolprep", string(c))
}
