package sink

import "io"

// A file's text is hashed, compressed and written by a goroutine of that file.
// A buffer belongs to one goroutine at a time: write fills it and hands it over
// when it is full, the goroutine writes it and hands it back empty. The first
// full buffer starts the goroutine, so a small file never has one; end waits
// until it has ended. The channels have room for every buffer of the file, so
// the goroutine waits for nothing but the disk.

// maxBuffers is how many buffers a file has at most: one that is filled, one
// that is written, and one between them.
const maxBuffers = 3

// write appends to the text. It copies p.
func (f *file) write(p []byte) error {
	f.size += int64(len(p))
	for len(p) > 0 {
		if len(f.buffer) == cap(f.buffer) {
			if err := f.next(); err != nil {
				return err
			}
		}
		n := min(len(p), cap(f.buffer)-len(f.buffer))
		f.buffer = append(f.buffer, p[:n]...)
		p = p[n:]
	}
	return nil
}

// next hands over the full buffer, if there is one, and takes an empty one.
func (f *file) next() error {
	if err := f.dir.failed(); err != nil {
		return err
	}
	if f.buffer != nil {
		if f.full == nil {
			f.full, f.empty = make(chan []byte, maxBuffers), make(chan []byte, maxBuffers)
			go f.work(f.full, f.empty)
		}
		f.full <- f.buffer
	}
	f.buffer = f.emptyBuffer()
	return nil
}

// emptyBuffer returns a buffer that the goroutine has written, or one more if
// there is none and the file may have it.
func (f *file) emptyBuffer() []byte {
	select {
	case b := <-f.empty:
		return b
	default:
	}
	if f.buffers == maxBuffers {
		return <-f.empty
	}
	f.buffers++
	return f.dir.buffer()
}

// work is the file's goroutine.
func (f *file) work(full <-chan []byte, empty chan<- []byte) {
	defer close(empty)
	for b := range full {
		f.process(b)
		empty <- b[:0]
	}
}

// process hashes, compresses and writes a part of the text. When the run has
// failed it does nothing: no file is given its name any more.
func (f *file) process(p []byte) {
	if f.dir.failed() != nil {
		return
	}
	f.hash.Write(p)
	_, err := f.text.Write(p)
	f.fail(err)
}

// end waits until all of the text is written, or the run has failed.
func (f *file) end() {
	if f.full != nil {
		f.full <- f.buffer
		close(f.full)
		for b := range f.empty { // until the goroutine has ended
			f.dir.release(b)
		}
		f.full, f.empty = nil, nil
	} else if f.buffer != nil {
		f.process(f.buffer)
		f.dir.release(f.buffer)
	}
	f.buffer = nil
	f.endCompression()
}

// endCompression writes what the encoder still has. That is also how its
// goroutines end, so it is done in a run that has failed, too.
func (f *file) endCompression() {
	if f.z == nil {
		return
	}
	err := f.z.Close()
	if err == nil {
		err = f.w.Flush()
	}
	f.fail(err)
	f.z, f.w = nil, nil
}

// fail makes the run fail if err is an error.
func (f *file) fail(err error) { f.dir.fail(f.dir.named(f.name, err)) }

// output is the disk as an encoder sees it. An encoder that writes in goroutines
// of its own leaves one behind if it is told of an error, so it is not: the run
// knows, and throws away what comes after it.
type output struct{ f *file }

func (o output) Write(p []byte) (int, error) {
	if o.f.dir.failed() != nil {
		return len(p), nil
	}
	n, err := o.f.h.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	o.f.fail(err)
	return len(p), nil
}
