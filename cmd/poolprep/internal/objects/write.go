package objects

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"poolprep/transform/sink"
	"poolprep/validate/source"
)

// Directory is the objects right below a location, as the Store of a run. An object is sent
// while it is made, in parts if it has more than one; it is there when it is complete. In memory
// are the part that is being filled of every object in the making, and parallel parts that are
// being sent.
type Directory struct {
	store *Store
	at    Location
	part  int           // bytes of one, until there are very many
	slots chan struct{} // of parts that are being sent

	mu     sync.Mutex
	making map[string]*upload // by temporary name
	spare  [][]byte           // buffers of parts
}

var _ sink.Store = (*Directory)(nil)

// Directory returns the objects below a location, s3://BUCKET/PREFIX.
func (s *Store) Directory(path string) (*Directory, error) {
	at, err := Parse(path)
	if err != nil {
		return nil, err
	}
	return s.directory(at), nil
}

func (s *Store) directory(at Location) *Directory {
	return &Directory{store: s, at: at, part: partSize, slots: make(chan struct{}, parallel), making: make(map[string]*upload)}
}

// String returns the location, without a slash at its end.
func (d *Directory) String() string { return d.at.name() }

// List returns the names of the objects.
func (d *Directory) List() ([]string, error) { return d.store.Names(d.at) }

// Create begins an object. Nothing is sent before there is a part of it.
func (d *Directory) Create(temp, name string) (sink.StoreFile, error) {
	if err := d.store.dial(); err != nil {
		return nil, err
	}
	u := &upload{dir: d, at: d.at.At(name)}
	u.ctx, u.cancel = context.WithCancel(d.store.ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.making[temp] = u
	return u, nil
}

// Rename completes an object.
func (d *Directory) Rename(temp, _ string) error {
	d.mu.Lock()
	u := d.making[temp]
	d.mu.Unlock()
	if u == nil {
		return os.ErrNotExist
	}
	if err := u.complete(); err != nil {
		return u.named(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.making, temp)
	return nil
}

// Remove removes an object, or takes back what was sent of one in the making.
func (d *Directory) Remove(name string) error {
	d.mu.Lock()
	u := d.making[name]
	delete(d.making, name)
	d.mu.Unlock()
	if u != nil {
		return u.named(u.takeBack())
	}
	at := d.at.At(name)
	ctx, end := d.store.patient()
	defer end()
	_, err := d.store.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &at.Bucket, Key: &at.Key})
	return writeError(at, err)
}

// patient returns a context for a call of which must be known how it ends, since what it makes
// is taken back when a run is cancelled, and for taking back. It has some time left when all
// others were cancelled.
func (s *Store) patient() (context.Context, context.CancelFunc) {
	const patience = 30 * time.Second
	return outliving(s.ctx, patience)
}

// outliving returns a context that ends a while after another one.
func outliving(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(while, cancel) })
	return longer, func() { stop(); cancel() }
}

// writeError says of which object an error is.
func writeError(at Location, err error) error {
	if err == nil {
		return nil
	}
	err = because(err)
	return &source.FileError{Path: at.String(), Text: err.Error(), Writing: true, Err: err}
}

// buffer returns an empty buffer for a part; nil: it has to be made.
func (d *Directory) buffer() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.spare); n > 0 {
		b := d.spare[n-1]
		d.spare = d.spare[:n-1]
		return b
	}
	return nil
}

// release takes a buffer back.
func (d *Directory) release(b []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if cap(b) >= d.part && len(d.spare) < parallel {
		d.spare = append(d.spare, b[:0])
	}
}

// upload is an object in the making.
type upload struct {
	dir     *Directory
	at      Location
	ctx     context.Context // ended by Close, unless all was sent
	cancel  context.CancelFunc
	id      *string // of the upload in parts; nil: there is none yet
	buf     []byte  // the part that is being filled
	number  int32   // of parts that were handed over
	sending sync.WaitGroup

	mu     sync.Mutex // guards what follows
	parts  []types.CompletedPart
	err    error // the first of sending
	synced bool
	closed bool
}

func (u *upload) named(err error) error { return writeError(u.at, err) }

// size returns how large the part at hand is to be. There may be 10,000 parts: if an object
// becomes very large, so do its parts.
func (u *upload) size() int {
	const steps = 1000
	return u.dir.part * (1 + int(u.number)/steps)
}

// Write takes a part of the object, and sends what is complete.
func (u *upload) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), u.size()-len(u.buf))
		u.fill(rest[:n])
		if rest = rest[n:]; len(u.buf) < u.size() {
			break
		}
		if err := u.send(); err != nil {
			return 0, u.named(err)
		}
	}
	return len(p), u.named(u.failed())
}

// fill appends to the part at hand. Of an object with several parts each has its buffer at
// once; that of the first one grows.
func (u *upload) fill(p []byte) {
	if u.number > 0 && cap(u.buf) < u.size() {
		u.buf = append(make([]byte, 0, u.size()), u.buf...)
	}
	u.buf = append(u.buf, p...)
}

func (u *upload) failed() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err
}

func (u *upload) fail(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err == nil {
		u.err = err
	}
}

// send hands over the part at hand, and waits while too many are being sent.
func (u *upload) send() error {
	if err := cmp.Or(u.failed(), u.ctx.Err()); err != nil {
		return err
	}
	if u.id == nil {
		ctx, end := u.dir.store.patient()
		defer end()
		out, err := u.dir.store.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
			Bucket: &u.at.Bucket, Key: &u.at.Key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
		})
		if err != nil {
			return err
		}
		u.id = out.UploadId
	}
	select {
	case u.dir.slots <- struct{}{}:
	case <-u.ctx.Done():
		return u.ctx.Err()
	}
	u.number++
	body, number := u.buf, u.number
	u.sending.Go(func() {
		defer func() { <-u.dir.slots }()
		// A part whose answer nobody awaits may arrive after the upload was taken back, and stay.
		const patience = 5 * time.Second
		ctx, end := outliving(u.ctx, patience)
		defer end()
		out, err := u.dir.store.s3.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &u.at.Bucket, Key: &u.at.Key, UploadId: u.id, PartNumber: &number, Body: bytes.NewReader(body),
			ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
		})
		u.dir.release(body)
		if err != nil {
			u.fail(err)
			return
		}
		u.mu.Lock()
		defer u.mu.Unlock()
		u.parts = append(u.parts, types.CompletedPart{
			PartNumber: &number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32,
		})
	})
	u.buf = u.dir.buffer()
	return nil
}

// Sync sends the last part, and waits until all are there. What fits into one part is sent by
// complete.
func (u *upload) Sync() error {
	var err error
	if u.id != nil && len(u.buf) > 0 {
		err = u.send()
	}
	u.sending.Wait()
	u.mu.Lock()
	defer u.mu.Unlock()
	if err = cmp.Or(u.err, err); err == nil && u.closed {
		err = os.ErrClosed
	}
	u.synced = err == nil
	return u.named(err)
}

// Close ends what is being sent, unless all of it was.
func (u *upload) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return os.ErrClosed
	}
	u.closed = true
	if !u.synced {
		u.cancel()
	}
	return nil
}

// complete makes the object appear.
func (u *upload) complete() error {
	if !u.synced {
		return os.ErrInvalid
	}
	defer u.cancel()
	if err := u.ctx.Err(); err != nil {
		return err
	}
	ctx, end := u.dir.store.patient()
	defer end()
	c := u.dir.store.s3
	if u.id == nil {
		_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: &u.at.Bucket, Key: &u.at.Key, Body: bytes.NewReader(u.buf)})
		u.dir.release(u.buf)
		u.buf = nil
		return err
	}
	slices.SortFunc(u.parts, func(a, b types.CompletedPart) int { return cmp.Compare(*a.PartNumber, *b.PartNumber) })
	_, err := c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &u.at.Bucket, Key: &u.at.Key, UploadId: u.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: u.parts},
	})
	u.dir.release(u.buf)
	u.buf = nil
	return err
}

// takeBack removes the parts that were sent. Nothing writes any more.
func (u *upload) takeBack() error {
	u.cancel()
	u.sending.Wait()
	u.buf = nil
	if u.id == nil {
		return nil
	}
	ctx, end := u.dir.store.patient()
	defer end()
	_, err := u.dir.store.s3.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &u.at.Bucket, Key: &u.at.Key, UploadId: u.id})
	if code(err) == "NoSuchUpload" {
		return nil // it was completed, and the answer lost
	}
	return err
}
