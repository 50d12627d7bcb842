package emulator

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// pools are the pools that are served. Reading takes no lock: a change puts a new set in
// the old one's place.
type pools struct {
	set atomic.Pointer[map[string]*Pool]

	// calls is held for reading by every call of the API and for writing by those that
	// change pools, so that a pool stays what it is while a call deals with it.
	calls sync.RWMutex
}

// get returns the pool with an ID, nil if there is none.
func (p *pools) get(id string) *Pool {
	if set := p.set.Load(); set != nil {
		return (*set)[id]
	}
	return nil
}

// list returns all pools, those of Options first, in the order in which they were given or made.
func (p *pools) list() []*Pool {
	set := p.set.Load()
	if set == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(*set), func(a, b *Pool) int { return cmp.Compare(a.order, b.order) })
}

// put adds a pool, or puts it in the place of the one with its ID.
func (p *pools) put(pool *Pool) {
	p.change(func(set map[string]*Pool) { set[pool.Schema.ID] = pool })
}

func (p *pools) remove(id string) {
	p.change(func(set map[string]*Pool) { delete(set, id) })
}

func (p *pools) change(f func(map[string]*Pool)) {
	next := make(map[string]*Pool)
	if set := p.set.Load(); set != nil {
		next = maps.Clone(*set)
	}
	f(next)
	p.set.Store(&next)
}

// poolOf returns the pool with the ID of a request that violates nothing.
func (s *Server) poolOf(check *wire.Constraints, id *string) (*Pool, error) {
	if err := check.Err(); err != nil {
		return nil, err
	}
	if p := s.pools.get(*id); p != nil {
		return p, nil
	}
	return nil, noPool(*id)
}

func noPool(id string) error { return wire.NotFound("User pool %s does not exist.", id) }
