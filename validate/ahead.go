package validate

import (
	"sync"

	"poolprep/validate/ledger"
	"poolprep/validate/shard"
)

// aheadBlocks is how many blocks of a part are read before the ledger takes them. Their rows are
// in memory.
const aheadBlocks = 8

// aheadBlock is what a part has of a block.
type aheadBlock struct {
	facts ledger.Facts
	read  any // by MergeOptions.Ahead
	err   error
}

// ahead reads the blocks of a part before they are asked for. A block belongs to one goroutine
// at a time.
type ahead struct {
	full  chan *aheadBlock // in order; the last one may have an error
	empty chan *aheadBlock // those that may be used again
	quit  chan struct{}
	ended sync.WaitGroup
	merge *merge
}

// readAhead begins to read the blocks of a part.
func (m *merge) readAhead(r *shard.Reader) *ahead {
	a := &ahead{full: make(chan *aheadBlock, aheadBlocks), empty: make(chan *aheadBlock, aheadBlocks+1), quit: make(chan struct{}), merge: m}
	for len(m.free) < aheadBlocks+1 {
		m.free = append(m.free, new(aheadBlock))
	}
	for _, b := range m.free {
		a.empty <- b
	}
	a.ended.Go(func() { a.run(r) })
	return a
}

func (a *ahead) run(r *shard.Reader) {
	for i := range r.Mark.Inputs {
		in := &r.Mark.Inputs[i]
		for range in.Blocks {
			select {
			case <-a.quit:
				return
			case b := <-a.empty:
				b.err = r.Facts(&b.facts)
				if b.err == nil && a.merge.Ahead != nil {
					b.read, b.err = a.merge.Ahead(in, r, &b.facts, b.read)
				}
				a.full <- b // it has room for all but the one at hand
				if b.err != nil {
					return
				}
			}
		}
	}
}

// stop returns once nothing is read any more.
func (a *ahead) stop() {
	close(a.quit)
	a.ended.Wait()
}
