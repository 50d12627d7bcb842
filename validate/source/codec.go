package source

import (
	"compress/bzip2"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// rawBuffer is how much compressed data is read at a time, in bytes.
const rawBuffer = 256 << 10

// zstdWindow is the largest window of a zstd frame that is accepted, which
// bounds the memory: that of zstd's long mode.
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
	if in.codec == "none" {
		in.text = r
		return nil
	}
	ratio := int64(0)
	if in.limit = o.MaxExpanded; in.limit <= 0 {
		in.limit, ratio = DefaultMaxExpanded, DefaultMaxRatio
	}
	if o.Frames {
		in.frames = new(frameList)
	}
	if err := in.decode(r, ratio); err != nil {
		return err
	}
	head, in.text, err = peekRaw(in.ahead, enough)
	if err != nil {
		return err
	}
	if inner := codecOf(head); inner != "none" {
		return &ArchiveError{File: in.name, Kind: inner, In: in.codec}
	}
	return nil
}

// decode sets ahead to what is decompressed from r, of which no more than ratio bytes may come
// out of one; 0: any number.
func (in *Input) decode(r io.Reader, ratio int64) error {
	var decoder io.Reader
	closeDecoder := func() {}
	from := newCompressed(r)
	switch in.codec {
	case "gzip":
		z, err := newGzipMembers(from, in.frames)
		if err != nil {
			return in.codecError(err)
		}
		decoder = z
	case "zstd":
		if in.frames != nil {
			z, err := newZstdByFrame(from, in.frames)
			if err != nil {
				return in.codecError(err)
			}
			decoder, closeDecoder = z, z.z.Close
			break
		}
		z, err := zstd.NewReader(newZstdFrames(from.Reader), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return in.codecError(err)
		}
		decoder, closeDecoder = z, z.Close
	case "bzip2":
		tail := &bzip2Tail{r: from.Reader}
		decoder = bzip2Reader{bzip2.NewReader(tail), tail}
	default:
		return &ArchiveError{File: in.name, Kind: in.codec}
	}
	in.ahead = readAhead(&expanding{in: in, r: decoder, limit: in.limit, ratio: ratio}, closeDecoder)
	in.close = append(in.close, in.ahead.Close)
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
		return 0, &ExpandedError{File: e.in.name, Raw: e.in.RawRead(), Expanded: e.n, Limit: e.limit}
	case e.ratio > 0 && e.n > ratioFrom && e.n/e.ratio > e.in.RawRead():
		return 0, &ExpandedError{File: e.in.name, Raw: e.in.RawRead(), Expanded: e.n}
	case err != nil && err != io.EOF:
		return n, e.in.codecError(err)
	}
	return n, err
}

// codecError says where in the compressed file what is wrong. The position is
// how far the file was read, which is up to a buffer after the fault.
func (in *Input) codecError(err error) error {
	if errors.As(err, new(*ReadError)) {
		return err
	}
	var structural bzip2.StructuralError
	bzip2Says := func(word string) bool {
		return errors.As(err, &structural) && strings.Contains(string(structural), word)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		err = ErrCutOff
	case errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zstd.ErrCRCMismatch) || bzip2Says("checksum"):
		err = ErrChecksum
	case errors.Is(err, gzip.ErrHeader) || errors.Is(err, zstd.ErrMagicMismatch) || bzip2Says("magic"):
		err = ErrTrailing
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		err = ErrWindow
	}
	return &ReadError{File: in.name, Codec: in.codec, Offset: in.raw.position(), Err: err}
}
