package source

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/dustin/go-humanize"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// rawBuffer is how much compressed data is read at a time, in bytes.
const rawBuffer = 256 << 10

// zstdWindow is the largest window of a zstd frame that is accepted, which
// bounds the memory: that of `zstd --long`.
const zstdWindow = 128 << 20

// magics tell compressed files and archives by their first bytes.
var magics = []struct {
	codec string
	at    int
	magic string
}{
	{"gzip", 0, "\x1f\x8b"},
	{"zstd", 0, "\x28\xb5\x2f\xfd"},
	{"zip", 0, "PK\x03\x04"},
	{"xz", 0, "\xfd7zXZ\x00"},
	{"7z", 0, "7z\xbc\xaf\x27\x1c"},
	{"lz4", 0, "\x04\x22\x4d\x18"},
	{"tar", 257, "ustar"},
}

// codecOf returns the name of the codec or archive that head begins, or "none".
func codecOf(head []byte) string {
	for _, m := range magics {
		if len(head) >= m.at+len(m.magic) && string(head[m.at:m.at+len(m.magic)]) == m.magic {
			return m.codec
		}
	}
	if len(head) >= 4 && head[0]>>4 == 5 && string(head[1:4]) == "\x2a\x4d\x18" {
		return "zstd" // it begins with a skippable frame
	}
	if len(head) >= 10 && string(head[:3]) == "BZh" && head[3] >= '1' && head[3] <= '9' &&
		(string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17\x72\x45\x38\x50\x90") {
		return "bzip2"
	}
	return "none"
}

// openCodec sets text to the decompressed bytes.
func (in *Input) openCodec(o Options) error {
	const enough = 512 // for the magic of tar
	head, r, err := peekRaw(in.raw, enough)
	if err != nil {
		return err
	}
	in.codec = codecOf(head)
	var decoder io.Reader
	closeDecoder := func() {}
	switch in.codec {
	case "none":
		in.text = r
		return nil
	case "gzip":
		z, err := newGzipMembers(bufio.NewReaderSize(r, rawBuffer))
		if err != nil {
			return in.codecError(err)
		}
		decoder = z
	case "zstd":
		z, err := zstd.NewReader(newZstdFrames(bufio.NewReaderSize(r, rawBuffer)), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return in.codecError(err)
		}
		closeDecoder = z.Close
		decoder = z
	case "bzip2":
		tail := &bzip2Tail{r: bufio.NewReaderSize(r, rawBuffer)}
		decoder = bzip2Reader{bzip2.NewReader(tail), tail}
	default:
		hint := "unpack it first"
		if in.codec == "zip" {
			hint = "unpack it, or if it is a spreadsheet (.xlsx) save that as CSV"
		}
		return fmt.Errorf("%s: this is a %s file, which is not read: %s", in.name, in.codec, hint)
	}
	limit, ratio := o.MaxExpanded, int64(0)
	if limit <= 0 {
		limit, ratio = DefaultMaxExpanded, DefaultMaxRatio
	}
	expanded := &expanding{in: in, r: decoder, limit: limit, ratio: ratio}
	decoded := readAhead(expanded, closeDecoder)
	in.close = append(in.close, decoded.Close)
	head, in.text, err = peekRaw(decoded, enough)
	if err != nil {
		return err
	}
	if inner := codecOf(head); inner != "none" {
		return fmt.Errorf("%s: a %s file inside of %s; unpack the outer one first", in.name, inner, in.codec)
	}
	return nil
}

// expanding watches over what a decompressor delivers.
type expanding struct {
	in    *Input
	r     io.Reader
	limit int64
	ratio int64 // 0: none
	n     int64
}

func (e *expanding) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.n += int64(n)
	switch {
	case e.n > e.limit:
		return 0, readError{fmt.Errorf("%s: more than %s came out of %s; raise --max-expanded if it is not a decompression bomb",
			e.in.name, humanize.Bytes(uint64(e.limit)), humanize.Bytes(uint64(e.in.RawRead())))}
	case e.ratio > 0 && e.n > ratioFrom && e.n/e.ratio > e.in.RawRead():
		return 0, readError{fmt.Errorf("%s: %s came out of %s, which looks like a decompression bomb; state the size that is right with --max-expanded",
			e.in.name, humanize.Bytes(uint64(e.n)), humanize.Bytes(uint64(e.in.RawRead())))}
	case err != nil && err != io.EOF:
		return n, e.in.codecError(err)
	}
	return n, err
}

// codecError says where in the compressed file what is wrong. The position is
// how far the file was read, which is up to a buffer after the fault.
func (in *Input) codecError(err error) error {
	if errors.As(err, new(readError)) {
		return err
	}
	what := err.Error()
	var structural bzip2.StructuralError
	switch {
	case errors.Is(err, errTrailing):
		what = fmt.Sprintf("something that is not %s follows the compressed data; cut it off, or get the file again", in.codec)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		what = "the file is cut off; get it again"
	case errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zstd.ErrCRCMismatch) || errors.As(err, &structural) && bytes.Contains([]byte(what), []byte("checksum")):
		what = "the checksum is wrong, so the data is damaged; get the file again"
	case errors.Is(err, gzip.ErrHeader) || errors.Is(err, zstd.ErrMagicMismatch) || errors.As(err, &structural) && bytes.Contains([]byte(what), []byte("magic")):
		what = fmt.Sprintf("something that is not %s follows the compressed data; cut it off, or get the file again", in.codec)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		what = fmt.Sprintf("the window is larger than %s; compress it with a smaller --long", humanize.IBytes(zstdWindow))
	}
	return readError{fmt.Errorf("%s: %s data, at or before byte %d: %s", in.name, in.codec, in.RawRead(), what)}
}
