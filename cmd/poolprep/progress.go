package main

import (
	"fmt"
	"io"
	"poolprep/validate"
	"poolprep/validate/rule"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
)

// progress tells now and then how far a run is: on a terminal in one line that
// is written over, otherwise in lines of their own. The methods may be called
// from any goroutine.
type progress struct {
	w        io.Writer
	terminal bool
	quiet    bool
	done     func() int64 // bytes of input consumed
	total    int64        // bytes of input in all; -1: unknown
	start    time.Time
	text     atomic.Int64 // bytes of text
	rows     atomic.Int64
	rejected atomic.Int64
	stop     chan struct{}
	stopped  sync.WaitGroup
}

// newProgress returns the progress of an input, which is to be begun and ended.
func newProgress(s *stream, mode string, in *validate.Input) *progress {
	p := newTextProgress(s, mode, in.Raw().Size())
	p.done = in.Raw().RawRead
	return p
}

// newTextProgress returns the progress of a run that reads no inputs, by the text that it
// counts. size is that of all of it, -1: not known.
func newTextProgress(s *stream, mode string, size int64) *progress {
	terminal := s.isTerminal()
	p := &progress{
		w: s, terminal: terminal && mode == "auto", quiet: mode == "none" || mode == "auto" && !terminal, total: size, stop: make(chan struct{}),
	}
	p.done = p.text.Load
	return p
}

// begin begins to show progress.
func (p *progress) begin() {
	p.start = time.Now()
	if p.quiet {
		return
	}
	every := 200 * time.Millisecond
	if !p.terminal {
		every = 2 * time.Second
	}
	p.stopped.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.print()
			case <-p.stop:
				if p.terminal {
					fmt.Fprint(p.w, "\r\x1b[K")
				}
				return
			}
		}
	})
}

// update takes the counts so far.
func (p *progress) update(s *rule.Summary) {
	p.text.Store(s.Bytes)
	p.rows.Store(s.RowsRead)
	p.rejected.Store(s.RowsRejected)
}

// end stops it, if it was begun, and clears the line.
func (p *progress) end() {
	close(p.stop)
	p.stopped.Wait()
}

func (p *progress) print() {
	elapsed := time.Since(p.start).Seconds()
	done, rows := p.done(), p.rows.Load()
	var b strings.Builder
	b.WriteString(humanize.Bytes(uint64(done)))
	if p.total > 0 {
		fmt.Fprintf(&b, " of %s (%d%%)", humanize.Bytes(uint64(p.total)), min(100, done*100/p.total))
	}
	fmt.Fprintf(&b, ", %s (%s/s), %s rejected", count(rows, "row"), humanize.Comma(int64(float64(rows)/elapsed)), humanize.Comma(p.rejected.Load()))
	if p.total > 0 && done > 0 && done < p.total {
		left := elapsed * float64(p.total-done) / float64(done)
		fmt.Fprintf(&b, ", %s left", time.Duration(left*float64(time.Second)).Round(time.Second))
	}
	if p.terminal {
		fmt.Fprintf(p.w, "\r%s\x1b[K", b.String())
	} else {
		fmt.Fprintln(p.w, b.String())
	}
}
