package emulator

import (
	"bytes"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// adminDeleteUser deletes a user, whose aliases are free again.
func (s *Server) adminDeleteUser(_ *wire.Call, in *userInput) (any, error) {
	p, err := s.checkUser(in, &wire.Constraints{})
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.store.Update(func(tx *bbolt.Tx) error {
		key, u, err := s.findUser(tx, p, *in.Username)
		if err != nil {
			return err
		}
		return s.deleteUser(tx, p, key, u)
	})
}

// deleteUser deletes a user with all that belongs to it.
func (s *Server) deleteUser(tx *bbolt.Tx, p *pools.Pool, key []byte, u *user) error {
	pool, attributes := []byte(p.Schema.ID), p.Attrs
	if aliases := tx.Bucket(store.Aliases).Bucket(pool); aliases != nil {
		for kind, name := range map[byte]string{aliasEmail: "email", aliasPhone: "phone_number", aliasUsername: "preferred_username"} {
			alias := aliasKey(p.Schema, kind, u.value(attributes, name))
			if !bytes.Equal(aliases.Get(alias), key) {
				continue // it is somebody else's
			}
			if err := aliases.Delete(alias); err != nil {
				return err
			}
		}
	}
	for _, name := range [][]byte{store.Users, store.ImportedHashes, store.Hashes} {
		if b := tx.Bucket(name).Bucket(pool); b != nil {
			if err := b.Delete(key); err != nil {
				return err
			}
		}
	}
	if err := leaveGroups(tx, p.Schema.ID, key); err != nil {
		return err
	}
	return store.AddUserCount(tx, p.Schema.ID, -1)
}
