package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"poolprep/validate/source"
)

// firstRange is how many bytes are read at first, since often little more than a header is
// wanted. Each range after it is twice as large, up to partSize, and more of them are read at
// the same time, up to parallel. So the memory is that of parallel+1 parts.
const firstRange = 1 << 20

// Open opens an object, s3://BUCKET/KEY, for reading. If it is replaced while it is open,
// reading fails.
func (s *Store) Open(path string) (source.Ranged, error) {
	l, err := Parse(path)
	if err != nil {
		return nil, err
	}
	if l.Key == "" || strings.HasSuffix(l.Key, "/") {
		return nil, errors.New("the key of one object is expected")
	}
	if err := s.dial(); err != nil {
		return nil, err
	}
	head, err := s.s3.HeadObject(s.ctx, &s3.HeadObjectInput{Bucket: &l.Bucket, Key: &l.Key})
	if code(err) == "NotFound" || code(err) == "NoSuchKey" {
		return nil, &source.FileError{Path: path, Text: because(err).Error(), Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, because(err)
	}
	o := &object{s3: s.s3, at: l, etag: head.ETag, size: aws.ToInt64(head.ContentLength)}
	o.ctx, o.cancel = context.WithCancel(s.ctx)
	o.end = o.size
	return o, nil
}

// object is an open object.
type object struct {
	s3     *s3.Client
	at     Location
	etag   *string
	size   int64
	ctx    context.Context
	cancel context.CancelFunc // by Close

	mu     sync.Mutex // guards what follows: Close may come while Read is left behind
	offset int64      // of the next byte that Read returns
	rest   []byte     // of the range at hand
	whole  []byte     // the buffer that it is in
	end    int64      // what is beyond it is not read ahead
	ahead  ahead
}

var _ source.Expecting = (*object)(nil)

// ahead are the ranges after the one at hand, which touch.
type ahead struct {
	pieces []*piece
	next   int64 // where the range after these begins
	begun  int   // since the last Seek
	taken  int   // of these
	spare  [][]byte
	ctx    context.Context
	cancel context.CancelFunc // nil: none has begun
	asking sync.WaitGroup
}

// piece is a range that is being read.
type piece struct {
	data []byte
	err  error
	done chan struct{} // closed when data and err are there
}

func (o *object) Size() int64 { return o.size }

// Expect says where who reads is going to stop.
func (o *object) Expect(end int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.end = min(max(end, 0), o.size)
}

// Read reads on, and lets ranges be read ahead.
func (o *object) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.rest) == 0 {
		if o.offset >= o.size {
			return 0, io.EOF
		}
		o.release()
		o.ask()
		first := o.ahead.pieces[0]
		<-first.done
		if first.err != nil {
			return 0, first.err
		}
		o.ahead.pieces = slices.Delete(o.ahead.pieces, 0, 1)
		o.ahead.taken++
		o.rest, o.whole = first.data, first.data
	}
	n := copy(p, o.rest)
	o.rest = o.rest[n:]
	o.offset += int64(n)
	return n, nil
}

// ask begins to read as many ranges as may be under way: one, and more the further Read has
// come. Beyond the expected end it is one small range at a time.
func (o *object) ask() {
	a := &o.ahead
	if a.cancel == nil {
		a.ctx, a.cancel = context.WithCancel(o.ctx)
		a.next, a.begun, a.taken = o.offset, 0, 0
	}
	for len(a.pieces) == 0 || len(a.pieces) < min(a.taken, parallel) && a.next < o.end {
		size, stop := min(firstRange<<min(a.begun, 8), partSize), o.end
		if a.next >= o.end {
			size, stop = firstRange, o.size
		}
		p := &piece{data: a.buffer(int(min(int64(size), stop-a.next))), done: make(chan struct{})}
		at := a.next
		a.pieces, a.next, a.begun = append(a.pieces, p), at+int64(len(p.data)), a.begun+1
		a.asking.Go(func() {
			p.err = o.fetch(a.ctx, p.data, at)
			close(p.done)
		})
	}
}

// buffer returns one of n bytes.
func (a *ahead) buffer(n int) []byte {
	for i, b := range a.spare {
		if cap(b) >= n {
			a.spare = slices.Delete(a.spare, i, i+1)
			return b[:n]
		}
	}
	return make([]byte, n)
}

// release takes the buffer of the range at hand back.
func (o *object) release() {
	if cap(o.whole) >= partSize && len(o.ahead.spare) <= parallel {
		o.ahead.spare = append(o.ahead.spare, o.whole)
	}
	o.rest, o.whole = nil, nil
}

// stop ends what is read ahead.
func (o *object) stop() {
	if o.ahead.cancel == nil {
		return
	}
	o.ahead.cancel()
	o.ahead.asking.Wait()
	o.ahead.pieces, o.ahead.cancel = nil, nil
}

// Seek lets Read go on at another offset.
func (o *object) Seek(offset int64, whence int) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += o.offset
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return 0, errors.New("no offset is less than 0")
	}
	if ahead := offset - o.offset; ahead >= 0 && ahead <= int64(len(o.rest)) {
		o.rest = o.rest[ahead:]
	} else {
		o.stop()
		o.release()
	}
	o.offset = offset
	return offset, nil
}

// ReadAt reads just these bytes.
func (o *object) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 {
		return 0, errors.New("no offset is less than 0")
	}
	n := int(min(int64(len(p)), max(o.size-offset, 0)))
	if n > 0 {
		if err := o.fetch(o.ctx, p[:n], offset); err != nil {
			return 0, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close ends what is being read.
func (o *object) Close() error {
	o.cancel()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stop()
	o.rest, o.whole, o.ahead.spare = nil, nil, nil
	return nil
}

// fetch fills p with what is at an offset. A connection that breaks is made again, as long
// as something comes.
func (o *object) fetch(ctx context.Context, p []byte, offset int64) error {
	const attempts = 3 // without a byte
	for failed := 0; ; failed++ {
		n, err := o.get(ctx, p, offset)
		if p, offset = p[n:], offset+int64(n); len(p) == 0 {
			return nil
		}
		if n > 0 {
			failed = 0
		}
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		if ctx.Err() != nil || code(err) != "" || failed == attempts {
			return because(err)
		}
	}
}

// get makes one call for what is at an offset, and returns how much came.
func (o *object) get(ctx context.Context, p []byte, offset int64) (int, error) {
	bytes := fmt.Sprintf("bytes=%d-%d", offset, offset+int64(len(p))-1)
	out, err := o.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &o.at.Bucket, Key: &o.at.Key, IfMatch: o.etag, Range: &bytes})
	if err != nil {
		return 0, err
	}
	defer out.Body.Close()
	if n := aws.ToInt64(out.ContentLength); n != int64(len(p)) {
		return 0, fmt.Errorf("%d bytes were asked for, and %d are answered", len(p), n)
	}
	return io.ReadFull(out.Body, p)
}
