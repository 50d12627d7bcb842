package emulator

import (
	"errors"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/logs"
	"poolprep/cmd/poolprep/internal/emulator/signin"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/users"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// poolBusy returns an error for the client if an import job is active in a pool.
func (s *Server) poolBusy(tx *bbolt.Tx, pool string) error {
	active := store.ActiveJob(tx)
	if active == "" {
		return nil
	}
	j, err := getJob(tx, active)
	if err == nil && j != nil && j.Pool == pool {
		return wire.Fault("UserImportInProgressException", "The import job %s is active in the user pool.", j.ID)
	}
	return err
}

// erasePool removes all that belongs to a pool. done removes the uploads that nobody needs any more.
func (s *Server) erasePool(tx *bbolt.Tx, id string) (done func(), err error) {
	var uploads []string
	err = eachJob(tx, id, func(j *job) error {
		if j.Upload != "" {
			uploads = append(uploads, j.Upload)
		}
		return errors.Join(tx.Bucket(store.JobIDs).Delete([]byte(j.ID)), logs.Erase(tx, j.ID))
	})
	if err != nil {
		return nil, err
	}
	if err := store.Drop(tx.Bucket(store.Jobs), id); err != nil {
		return nil, err
	}
	done = func() {
		for _, name := range uploads {
			s.uploads.remove(name)
		}
	}
	return done, errors.Join(users.Erase(tx, id), signin.ErasePool(tx, id))
}
