package source

import (
	"bufio"
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Frame is where decompressing may begin: the beginning of a gzip member, or of a zstd frame,
// which need nothing of what is before them. The zero Frame is the beginning of the file.
type Frame struct {
	Offset int64 `json:"offset"` // bytes of the file before it
	Text   int64 `json:"text"`   // bytes of text before it
}

// frameList notes the frames of an input while they are decoded, up to those that were asked
// for. The decoder writes it in a goroutine of its own.
type frameList struct {
	mu   sync.Mutex
	list []Frame
	n    int   // frames, but for those without text before the next one
	text int64 // bytes that were decoded
}

// begin notes that a frame begins at an offset of the file. Of frames without text between
// them the last one counts.
func (l *frameList) begin(offset int64) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if last := len(l.list) - 1; last >= 0 && l.list[last].Text == l.text {
		l.list = l.list[:last]
	} else {
		l.n++
	}
	l.list = append(l.list, Frame{offset, l.text})
}

// decoded notes that n bytes more of text were decoded.
func (l *frameList) decoded(n int) {
	if l == nil || n == 0 {
		return
	}
	l.mu.Lock()
	l.text += int64(n)
	l.mu.Unlock()
}

// at returns the last frame that begins at or before an offset of the text, and forgets those
// before it.
func (l *frameList) at(text int64) Frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := 0
	for i+1 < len(l.list) && l.list[i+1].Text <= text {
		i++
	}
	if l.list = l.list[i:]; len(l.list) == 0 {
		return Frame{}
	}
	return l.list[0]
}

// Framed reports whether the input may have several frames: it is a regular file or a Ranged
// of UTF-8 in gzip or zstd. Then GoToFrame works.
func (in *Input) Framed() bool {
	return in.seeker != nil && in.charset == "utf-8" && (in.codec == "gzip" || in.codec == "zstd")
}

// FrameAt returns the last frame of a Framed input that begins at or before an offset of the
// text, beyond which text was read. It is to be called with offsets that do not get smaller;
// without Options.Frames it is the zero Frame.
func (in *Input) FrameAt(text int64) Frame {
	if in.frames == nil {
		return Frame{}
	}
	return in.frames.at(text)
}

// Frames returns, of a compressed input that was read to its end with Options.Frames, how many
// frames have text, and the bytes of text of all of them, byte order mark included.
func (in *Input) Frames() (n int, text int64) {
	if in.frames == nil {
		return 0, 0
	}
	in.frames.mu.Lock()
	defer in.frames.mu.Unlock()
	n, text = in.frames.n, in.frames.text
	if last := len(in.frames.list) - 1; last >= 0 && in.frames.list[last].Text == text {
		n--
	}
	return n, text
}

// GoToFrame goes on reading a Framed input at an offset of the text, which is decoded from f
// on. What was read before is not read again, so RawSize and SHA256 say nothing any more. Where
// the text ends before the offset, it returns io.ErrUnexpectedEOF.
func (in *Input) GoToFrame(f Frame, offset int64) error {
	in.reading.Lock()
	defer in.reading.Unlock()
	if !in.Framed() || f.Offset < 0 || f.Text < 0 || offset < f.Text {
		return &FileError{Path: in.name, Text: "only a regular file of UTF-8 in gzip or zstd is decompressed from the middle"}
	}
	in.ahead.wait() // it reads from the file
	if _, err := in.seeker.Seek(f.Offset, io.SeekStart); err != nil {
		return OpenError(in.name, err)
	}
	in.raw.hash, in.frames = nil, nil
	in.raw.moved.Store(f.Offset - in.raw.n.Load())
	if err := in.decode(in.raw, 0); err != nil {
		return err
	}
	in.head, in.headErr, in.text = nil, nil, in.ahead
	if _, err := io.CopyN(io.Discard, in.text, offset-f.Text); err == io.EOF {
		return io.ErrUnexpectedEOF
	} else if err != nil {
		return err
	}
	return nil
}

// compressed is what a decoder reads, and knows how far that is.
type compressed struct {
	*bufio.Reader
	from counted
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func newCompressed(r io.Reader) *compressed {
	c := &compressed{from: counted{r: r}}
	c.Reader = bufio.NewReaderSize(&c.from, rawBuffer)
	return c
}

// offset returns how many bytes the decoder has read.
func (c *compressed) offset() int64 { return c.from.n - int64(c.Buffered()) }

// zstdByFrame decodes one zstd frame after the other, and notes where they begin.
type zstdByFrame struct {
	z      *zstd.Decoder
	frames *zstdFrames
	r      *compressed
	list   *frameList
	open   bool // z is within a frame
}

func newZstdByFrame(r *compressed, list *frameList) (*zstdByFrame, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderMaxWindow(zstdWindow))
	if err != nil {
		return nil, err
	}
	return &zstdByFrame{z: z, frames: newZstdFrames(r.Reader), r: r, list: list}, nil
}

func (d *zstdByFrame) Read(p []byte) (int, error) {
	for {
		if !d.open {
			offset := d.r.offset()
			if err := d.frames.frame(); err != nil && d.frames.left == 0 {
				return 0, err
			}
			d.list.begin(offset)
			if err := d.z.Reset(oneZstdFrame{d.frames}); err != nil {
				return 0, err
			}
			d.open = true
		}
		n, err := d.z.Read(p)
		d.list.decoded(n)
		if err == io.EOF {
			d.open, err = false, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// oneZstdFrame hands on the bytes of the frame at hand.
type oneZstdFrame struct{ *zstdFrames }

func (f oneZstdFrame) Read(p []byte) (int, error) {
	if f.left == 0 && !f.inside {
		return 0, io.EOF
	}
	return f.zstdFrames.Read(p)
}

// SeveralFrames reports whether a file in gzip or zstd may have more than one frame with text:
// if it returns false, it has not. It reads r, the whole file, as far as it needs to know that,
// and decodes nothing. Of a damaged file it is true: who decodes it finds that.
func SeveralFrames(r io.Reader, codec string) (bool, error) {
	b := bufio.NewReaderSize(r, rawBuffer)
	if codec == "zstd" {
		return severalZstdFrames(b)
	}
	return severalGzipMembers(b)
}

// severalGzipMembers looks for what may be the header of a member, but the first one.
func severalGzipMembers(r *bufio.Reader) (bool, error) {
	const magic, header, reserved = "\x1f\x8b\x08", 4, 0xE0 // the flags follow the magic
	if _, err := r.Discard(1); err != nil {
		return false, ignoreEOF(err)
	}
	for {
		_, err := r.Peek(header)
		if err != nil {
			return false, ignoreEOF(err)
		}
		window, _ := r.Peek(r.Buffered())
		i := bytes.Index(window[:len(window)-1], []byte(magic))
		if i < 0 {
			i = len(window) - header
		} else if window[i+len(magic)]&reserved == 0 {
			return true, nil
		}
		_, _ = r.Discard(i + 1) // they are there
	}
}

// severalZstdFrames passes from block to block.
func severalZstdFrames(r *bufio.Reader) (bool, error) {
	f := newZstdFrames(r)
	for n := 0; ; {
		err := f.frame()
		if err != nil {
			return err != io.EOF || f.left > 0, nil
		}
		if f.inside {
			if n++; n > 1 {
				return true, nil
			}
		}
		for f.left > 0 || f.inside {
			if f.left == 0 {
				_ = f.block() // which fails never
			}
			n, err := f.r.Discard(int(min(f.left, 1<<30)))
			if f.left -= int64(n); err != nil {
				return err == io.EOF, ignoreEOF(err)
			}
		}
	}
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
