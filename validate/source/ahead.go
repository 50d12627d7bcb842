package source

import (
	"io"
	"sync"
)

// ahead reads from another reader in a goroutine of its own, a few buffers
// ahead, so that decompressing has a processor to itself.
type ahead struct {
	full  chan chunk
	empty chan []byte
	stop  chan struct{}
	ended chan struct{}
	once  sync.Once
	rest  []byte // of the chunk at hand
	whole []byte
	err   error
}

// chunk is what was read into a buffer, and the error that came after it.
type chunk struct {
	data []byte
	err  error
}

const (
	aheadBuffers = 4
	aheadSize    = 256 << 10
)

// readAhead begins to read r. When the reading ends, by its end or because the
// result was closed, done is called in that goroutine: r is not used any more.
func readAhead(r io.Reader, done func()) *ahead {
	a := &ahead{full: make(chan chunk, aheadBuffers), empty: make(chan []byte, aheadBuffers), stop: make(chan struct{}), ended: make(chan struct{})}
	for range aheadBuffers {
		a.empty <- make([]byte, aheadSize)
	}
	go func() {
		defer close(a.ended)
		defer done()
		for {
			select {
			case <-a.stop:
				return
			case b := <-a.empty:
				n, err := io.ReadFull(r, b)
				if err == io.ErrUnexpectedEOF {
					err = io.EOF
				}
				a.full <- chunk{b[:n], err} // has room for every buffer
				if err != nil {
					return
				}
			}
		}
	}()
	return a
}

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.whole != nil {
			a.empty <- a.whole[:cap(a.whole)]
			a.whole = nil
		}
		if a.err != nil {
			return 0, a.err
		}
		c := <-a.full
		a.rest, a.whole, a.err = c.data, c.data, c.err
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// Close lets the goroutine end, and does not wait for it: it may be reading from
// a pipe that nobody writes to.
func (a *ahead) Close() error {
	a.once.Do(func() { close(a.stop) })
	return nil
}

// wait closes a, and waits until nothing more is read.
func (a *ahead) wait() {
	_ = a.Close()
	<-a.ended
}
