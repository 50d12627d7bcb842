package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Run cuts the splitter's input into blocks, hands each to process in one of
// workers goroutines, and then to commit, one at a time and strictly in input
// order. T is what process leaves for commit; there are workers+2 of them, made
// by newT, each bound to one block buffer and used again and again. That number
// bounds the memory and holds the reading back when commit is slow.
//
// Neither block nor T may be used after commit returned. The first error of
// reading, commit or ctx ends the run and is returned; no commit is called
// after Run returned. A read that blocks does not keep Run from returning when
// ctx ends; it is left behind until it comes back.
func Run[T any](ctx context.Context, s *Splitter, workers int, newT func() T, process func(*Block, T), commit func(*Block, T) error) error {
	if s == nil || s.r == nil || newT == nil || process == nil || commit == nil {
		return errors.New("scan: a run needs a Splitter of NewSplitter and all functions")
	}
	workers = max(workers, 1)
	slots := workers + 2
	r := &run[T]{
		splitter: s, process: process, commit: commit,
		free: make(chan *slot[T], slots), ready: make([]*slot[T], slots), stop: make(chan struct{}),
	}
	for range slots {
		r.free <- &slot[T]{result: newT()}
	}
	var wg sync.WaitGroup
	work := r.work
	if w, ok := s.r.(Waiter); ok && w.Waits() {
		r.filled = make(chan *slot[T], slots)
		wg.Go(r.readApart)
		work = r.workApart
	}
	for range workers {
		wg.Go(work)
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		r.fail(ctx.Err())
	}
	r.turn.Lock() // a commit under way comes to its end first
	defer r.turn.Unlock()
	if err := r.err(); err != nil {
		return err
	}
	return r.readErr
}

// slot is a block with its buffer and result.
type slot[T any] struct {
	block  Block
	result T
	seq    int
}

type run[T any] struct {
	splitter *Splitter
	process  func(*Block, T)
	commit   func(*Block, T) error
	free     chan *slot[T]
	filled   chan *slot[T] // between readApart and workApart

	reading sync.Mutex // guards splitter, seq, ended, readErr
	seq     int        // of the next block
	ended   bool
	readErr error       // returned when all that was read before it is committed
	patient atomic.Bool // somebody tries for long, see lockReading

	order      sync.Mutex // guards ready, head, committing
	ready      []*slot[T] // by seq modulo its length
	head       int        // seq of the next block to commit
	committing bool

	turn sync.Mutex // held while a commit runs

	failure  sync.Mutex // guards firstErr
	firstErr error
	stop     chan struct{} // closed with the first error
}

// PanicError is the error of a run of which a worker panicked. That is a fault of the
// program; the message holds no text of the input.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("internal error: a worker panicked: %v", e.Value)
}

// catch makes the run's error of a panic.
func (r *run[T]) catch() {
	if p := recover(); p != nil {
		r.fail(&PanicError{p, debug.Stack()})
	}
}

func (r *run[T]) work() {
	defer r.catch()
	var s *slot[T] // the last one used is the one whose memory is in the caches
	for {
		if s == nil {
			select {
			case <-r.stop:
				return
			case s = <-r.free:
			}
		}
		if !r.read(s) {
			return
		}
		r.process(&s.block, s.result)
		s = r.finish(s)
	}
}

// readApart and workApart are work for two kinds of goroutines. Where a worker
// that reads would sleep with work to do, the one that does nothing else may.
func (r *run[T]) readApart() {
	defer close(r.filled)
	defer r.catch()
	for {
		select {
		case <-r.stop:
			return
		case s := <-r.free:
			if !r.read(s) {
				return
			}
			r.filled <- s // has room for every slot
		}
	}
}

func (r *run[T]) workApart() {
	defer r.catch()
	for s := range r.filled {
		r.process(&s.block, s.result)
		if free := r.finish(s); free != nil {
			r.free <- free
		}
	}
}

// read takes the next block, and returns false if there is none.
func (r *run[T]) read(s *slot[T]) bool {
	r.lockReading()
	defer r.reading.Unlock()
	if r.ended || r.err() != nil {
		return false
	}
	if err := r.splitter.Next(&s.block); err != nil {
		r.ended = true
		if err != io.EOF {
			r.readErr = err
		}
		return false
	}
	s.seq = r.seq
	r.seq++
	return true
}

// lockReading tries for a while before it waits: a block that lies in memory is
// read sooner than a thread that sleeps can be woken. While the one that reads has
// what it needs and looks for the end of its block, one waits for that longer, and
// no more than one, lest they take the processor from it.
func (r *run[T]) lockReading() {
	const few, many = 400, 4000
	patient := r.patient.CompareAndSwap(false, true)
	if patient {
		defer r.patient.Store(false)
	}
	for tries, all := 0, 0; tries < few && all < many; all++ {
		if r.reading.TryLock() {
			return
		}
		runtime.Gosched()
		if !patient || r.splitter.inRead.Load() {
			tries++
		}
	}
	r.reading.Lock()
}

// finish puts a processed block in line and commits what is at the head of the
// line, unless another worker is doing so. It returns a slot that is free now,
// or nil.
func (r *run[T]) finish(s *slot[T]) (free *slot[T]) {
	r.order.Lock()
	defer r.order.Unlock()
	r.ready[s.seq%len(r.ready)] = s
	if r.committing {
		return nil
	}
	r.committing = true
	for {
		i := r.head % len(r.ready)
		next := r.ready[i]
		if next == nil {
			break
		}
		r.ready[i] = nil
		r.order.Unlock()
		r.commitOne(next)
		r.order.Lock()
		r.head++
		if free != nil {
			r.free <- free
		}
		free = next
	}
	r.committing = false
	return free
}

func (r *run[T]) commitOne(s *slot[T]) {
	r.turn.Lock()
	defer r.turn.Unlock()
	if r.err() != nil {
		return
	}
	if err := r.commit(&s.block, s.result); err != nil {
		r.fail(err)
	}
	s.block.release()
}

func (r *run[T]) fail(err error) {
	r.failure.Lock()
	defer r.failure.Unlock()
	if r.firstErr == nil {
		r.firstErr = err
		close(r.stop)
	}
}

func (r *run[T]) err() error {
	r.failure.Lock()
	defer r.failure.Unlock()
	return r.firstErr
}
