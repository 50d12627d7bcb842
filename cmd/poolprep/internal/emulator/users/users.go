// Package users has the users of the pools, their attributes, aliases and groups, and the
// operations by which an administrator deals with them. Sign-in sees them by ForSignin. The
// import of a job writes records of users by itself, in the form that Append has.
//
// A Service is safe for concurrent use. A User belongs to whoever asked for it.
package users

import (
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
)

// Options are what a Service needs. All members but ForgetHashes are required.
type Options struct {
	Store        *store.Store
	Pools        *pools.Service
	Now          func() time.Time // to the millisecond
	ForgetHashes bool             // imported password hashes are removed
}

// Service has the users of all pools and their groups, and the operations: a method with the
// name of one carries it out.
type Service struct{ o Options }

// New returns a Service.
func New(o Options) (*Service, error) {
	s := &Service{o}
	if !o.ForgetHashes {
		return s, nil
	}
	return s, o.Store.Update(func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket(store.ImportedHashes); err != nil {
			return err
		}
		_, err := tx.CreateBucket(store.ImportedHashes)
		return err
	})
}
