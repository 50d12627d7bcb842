package source

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A decoder that finds something else behind the compressed data takes it for the
// beginning of more, and says that this is cut off. The readers of this file know
// where the compressed data ends.

// gzipMembers reads one gzip member after the other.
type gzipMembers struct {
	z    *gzip.Reader
	r    *compressed
	list *frameList // nil: nobody asks for it
}

func newGzipMembers(r *compressed, list *frameList) (*gzipMembers, error) {
	z, err := gzip.NewReader(r.Reader)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	list.begin(0)
	return &gzipMembers{z, r, list}, nil
}

func (g *gzipMembers) Read(p []byte) (int, error) {
	for {
		n, err := g.z.Read(p)
		g.list.decoded(n)
		if err != io.EOF || n > 0 {
			if err == io.EOF {
				err = nil // the next call finds it again
			}
			return n, err
		}
		magic, err := g.r.Peek(2)
		switch {
		case len(magic) == 0:
			return 0, err
		case magic[0] != 0x1f || len(magic) == 2 && magic[1] != 0x8b:
			return 0, ErrTrailing
		}
		g.list.begin(g.r.offset())
		if err := g.z.Reset(g.r.Reader); err != nil {
			return 0, err
		}
		g.z.Multistream(false)
	}
}

// zstdFrames hands on the bytes of zstd frames, and ends with ErrTrailing where
// something else follows.
type zstdFrames struct {
	r      *bufio.Reader
	left   int64 // bytes of the part at hand
	inside bool  // a block follows; else a frame, or the end
	sum    bool  // the frame ends with a checksum
	err    error // what follows the part at hand
}

func newZstdFrames(r *bufio.Reader) *zstdFrames { return &zstdFrames{r: r} }

func (f *zstdFrames) Read(p []byte) (int, error) {
	for f.left == 0 {
		switch {
		case f.err != nil:
		case f.inside:
			f.err = f.block()
		default:
			f.err = f.frame()
		}
		if f.err != nil && f.left == 0 {
			return 0, f.err
		}
	}
	n, err := f.r.Read(p[:min(int64(len(p)), f.left)])
	f.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// frame finds the header of a frame, or the end of the data.
func (f *zstdFrames) frame() error {
	head, err := f.r.Peek(zstd.HeaderMaxSize)
	if len(head) == 0 {
		return err
	}
	var h zstd.Header
	switch err := h.Decode(head); {
	case errors.Is(err, zstd.ErrMagicMismatch), len(head) < 4 && !magicBegins(head):
		return ErrTrailing
	case err != nil || h.HeaderSize == 0: // the decoder says what is wrong
		f.left, f.err = 1<<62, io.EOF
		return f.err
	}
	f.left, f.sum = int64(h.HeaderSize), h.HasCheckSum
	if h.Skippable {
		f.left += int64(h.SkippableSize)
		return nil
	}
	f.inside = true
	return nil
}

// magicBegins reports whether head may be the beginning of a frame.
func magicBegins(head []byte) bool {
	const frame, skippable = "\x28\xb5\x2f\xfd", "\x50\x2a\x4d\x18"
	s := string(head)
	return s == frame[:len(s)] || s[0]&0xF0 == skippable[0] && s[1:] == skippable[1:len(s)]
}

// block finds the header of a block.
func (f *zstdFrames) block() error {
	const headerSize, rle = 3, 1
	head, _ := f.r.Peek(headerSize)
	if len(head) < headerSize {
		f.left = headerSize // which are not there: the decoder finds out
		return nil
	}
	var word [4]byte
	copy(word[:], head)
	header := binary.LittleEndian.Uint32(word[:])
	size := int64(header >> 3)
	if header>>1&3 == rle {
		size = 1
	}
	f.left = headerSize + size
	if header&1 != 0 { // the last one
		if f.sum {
			f.left += 4
		}
		f.inside = false
	}
	return nil
}

// bzip2Tail hands on bytes one by one, and remembers the last ones.
type bzip2Tail struct {
	r    *bufio.Reader
	last [16]byte
	n    int
}

func (t *bzip2Tail) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := t.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

func (t *bzip2Tail) ReadByte() (byte, error) {
	b, err := t.r.ReadByte()
	if err == nil {
		t.last[t.n%len(t.last)] = b
		t.n++
	}
	return b, err
}

// ended reports whether the compressed data was complete one byte before the end.
func (t *bzip2Tail) ended() bool {
	const magic, checksum, extra = 48, 32, 8 // bits; the magic ends the last block
	const end = 0x177245385090
	if t.n < len(t.last) {
		return false
	}
	for pad := range 8 {
		var word uint64
		for bit := range magic {
			at := len(t.last)*8 - extra - pad - checksum - magic + bit // from the oldest byte on
			b := t.last[(t.n+at/8)%len(t.last)]
			word = word<<1 | uint64(b>>(7-at%8)&1)
		}
		if word == end {
			return true
		}
	}
	return false
}

// bzip2Reader is a bzip2 decoder that says what follows the compressed data.
type bzip2Reader struct {
	io.Reader
	tail *bzip2Tail
}

func (b bzip2Reader) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.ErrUnexpectedEOF && b.tail.ended() {
		err = ErrTrailing
	}
	return n, err
}
