// Package keyset is the unique index of a run: it remembers keys as fingerprints, and the
// place where each was first seen, in memory up to a budget, beyond it in a sorted file with
// a filter in front of it. Its answers do not depend on the budget.
//
// The zero Set is empty. Find a Key, which a Seed makes, and Add it if it is not there; AddNew
// does both for many. A file that cannot be written or read is a SpillError. The package
// does not know what the keys are of.
//
// A Set is for one goroutine at a time. A file of a Set is unlinked as soon as it is open,
// so nothing is left of it whatever happens.
package keyset

import (
	"math/bits"
)

// Key is the fingerprint of a key: the 95 evenly distributed bits of Hi and Lo, so
// that among a hundred million keys the chance that two different ones have the
// same is below 1 in 10^12. Lo is odd, but for the zero Key, which stands for none
// and is never a member.
//
// Place is no part of the fingerprint: it says where the key stands, as the caller
// counts, and is what Find returns for a member. A line number in these 32 bits costs
// no memory; 127 bits of fingerprint beside it would be more than 20 bytes a key.
type Key struct {
	Hi        uint64
	Lo, Place uint32
}

// same reports whether two keys have the same fingerprint.
func (k Key) same(other Key) bool { return k.Hi == other.Hi && k.Lo == other.Lo }

// keySize is the size of a Key in bytes, in memory and on disk.
const keySize = 16

// DefaultBudget is the memory in bytes that a Set takes at most unless told
// otherwise: that of about 45 million keys.
const DefaultBudget = 1 << 30

// minBudget is what a set needs to work at all.
const minBudget = 4 << 20

// maxRow is how many keys there may be in a row.
const maxRow = 4

// Set is a set of keys. The zero value is empty and has the DefaultBudget.
type Set struct {
	// Budget is the memory in bytes that the keys may take, half of it for those
	// not yet on disk; 0: DefaultBudget. Not to be changed once there is a key.
	Budget int64
	// Dir is where a file is made when the budget is spent; "": the system's
	// directory for temporary files.
	Dir string

	memtable memtable
	older    *run // nil: none
}

// Len returns the number of keys.
func (s *Set) Len() int64 {
	n := s.memtable.used
	if s.older != nil {
		n += s.older.n
	}
	return n
}

// Bytes returns how much memory the set takes.
func (s *Set) Bytes() int64 {
	n := s.memtable.bytes()
	if s.older != nil {
		n += s.older.bytes()
	}
	return n
}

// Spilled returns how many of the keys are on disk.
func (s *Set) Spilled() int64 {
	if s.older == nil {
		return 0
	}
	return s.older.n
}

// Has reports whether k is a member. An error comes from reading the file.
func (s *Set) Has(k Key) (bool, error) {
	_, found, err := s.Find(k)
	return found, err
}

// Find returns the Place of the member with the fingerprint of k, and whether there
// is one. An error comes from reading the file.
func (s *Set) Find(k Key) (place uint32, found bool, err error) {
	if place, found = s.memtable.find(k, s.half()); found {
		return place, true, nil
	}
	if s.older == nil || !s.older.filter.mayHave(k) {
		return 0, false, nil
	}
	return s.older.find(k)
}

// Add makes k a member. It must not be one yet, nor be the zero Key. An error
// comes from writing or reading a file; the set is of no use after it.
func (s *Set) Add(k Key) error {
	if s.memtable.add(k, s.half()) {
		return nil
	}
	if err := s.spill(); err != nil {
		return err
	}
	s.memtable.add(k, s.half())
	return nil
}

// Expect says that there will be about n keys, which saves growing. Only while
// the set is empty.
func (s *Set) Expect(n int64) { s.memtable.expect(n, s.half()) }

// half is the share of the budget that the memtable has.
func (s *Set) half() int64 {
	budget := s.Budget
	if budget == 0 {
		budget = DefaultBudget
	}
	return max(budget, minBudget) / 2
}

// AddNew makes keys members as long as it is plain that they are none yet: rows
// of them, of row keys each (4 at most), a row as a whole. It returns how many
// keys that were, a multiple of row. What stopped it, Has and Add can tell. Zero
// Keys are passed over; the others of a row must differ.
func (s *Set) AddNew(keys []Key, row int) int {
	if row < 1 || row > maxRow {
		return 0
	}
	if s.older != nil {
		for i, k := range keys {
			if k.Lo != 0 && s.older.filter.mayHave(k) {
				keys = keys[:i-i%row]
				break
			}
		}
	}
	return s.memtable.addNew(keys, row, s.half())
}

// Prefetch says that the keys will be asked for soon. It is worth while for some
// dozens at a time, that many ahead.
func (s *Set) Prefetch(keys []Key) {
	s.memtable.filter.prefetch(keys)
	if s.older != nil {
		s.older.filter.prefetch(keys)
	}
}

// Close lets go of memory and file. The set is empty then.
func (s *Set) Close() error {
	s.memtable = memtable{}
	if s.older == nil {
		return nil
	}
	err := s.older.close()
	s.older = nil
	return err
}

// scale maps evenly distributed x to 0..n-1, in order.
func scale(x uint64, n int) int {
	hi, _ := bits.Mul64(x, uint64(n))
	return int(hi)
}
