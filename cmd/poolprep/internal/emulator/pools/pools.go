// Package pools has the user pools that are served: what a pool is set to, its password policy,
// and the operations that describe, make, change and delete pools. Some pools are given when
// the server starts; what calls make and change is kept in the state. It knows no users and no
// jobs: Options say when a pool is busy, and what else goes with one that is deleted.
//
// A Pool is immutable; a change makes a new one. A Service is safe for concurrent use.
package pools

import (
	"cmp"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// Options are what a Service needs. All members but NoHashImport are required.
type Options struct {
	Store        *store.Store
	Given        []*Pool          // those that are served whatever calls do; their IDs differ
	Now          func() time.Time // to the millisecond
	NoHashImport bool             // pools do not take password hashes: no column in the template

	// Busy returns an error for the client if a pool cannot be changed now.
	Busy func(tx *bbolt.Tx, pool string) error
	// Erase removes what others keep of a pool that is deleted. What it returns is called when
	// the transaction is committed.
	Erase func(tx *bbolt.Tx, pool string) (done func(), err error)
}

// Service has the pools that are served, and the operations: a method with the name of one
// carries it out. Reading takes no lock: a change puts a new set in the old one's place. No
// other operation may be carried out during one that changes pools, so that a pool stays what
// it is while a call deals with it; whoever calls sees to that.
type Service struct {
	o   Options
	set atomic.Pointer[map[string]*Pool]
}

// New returns a Service of the pools that are given and those that the state keeps.
func New(o Options) (*Service, error) {
	s := &Service{o: o}
	return s, s.open()
}

// Get returns the pool with an ID, nil if there is none.
func (s *Service) Get(id string) *Pool {
	if set := s.set.Load(); set != nil {
		return (*set)[id]
	}
	return nil
}

// List returns all pools, those that are given first, in the order in which they were given or made.
func (s *Service) List() []*Pool {
	set := s.set.Load()
	if set == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(*set), func(a, b *Pool) int { return cmp.Compare(a.order, b.order) })
}

// put adds a pool, or puts it in the place of the one with its ID.
func (s *Service) put(pool *Pool) {
	s.change(func(set map[string]*Pool) { set[pool.Schema.ID] = pool })
}

func (s *Service) remove(id string) {
	s.change(func(set map[string]*Pool) { delete(set, id) })
}

func (s *Service) change(f func(map[string]*Pool)) {
	next := make(map[string]*Pool)
	if set := s.set.Load(); set != nil {
		next = maps.Clone(*set)
	}
	f(next)
	s.set.Store(&next)
}

// Of returns the pool with the ID of a request that violates nothing.
func (s *Service) Of(check *wire.Constraints, id *string) (*Pool, error) {
	if err := check.Err(); err != nil {
		return nil, err
	}
	return s.Find(*id)
}

// Find returns the pool with an ID, an error for the client if there is none.
func (s *Service) Find(id string) (*Pool, error) {
	if p := s.Get(id); p != nil {
		return p, nil
	}
	return nil, wire.NotFound("User pool %s does not exist.", id)
}
