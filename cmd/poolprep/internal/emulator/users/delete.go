package users

import (
	"bytes"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// AdminDeleteUser deletes a user, whose aliases are free again.
func (s *Service) AdminDeleteUser(_ *wire.Call, in *userInput) (any, error) {
	p, err := s.check(in, &wire.Constraints{})
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.o.Store.Update(func(tx *bbolt.Tx) error {
		key, u, err := s.Find(tx, p, *in.Username)
		if err != nil {
			return err
		}
		return s.erase(tx, p, key, u)
	})
}

// Erase removes the users and groups of a pool with all that belongs to them, but not
// their count.
func Erase(tx *bbolt.Tx, pool string) error {
	for _, name := range [][]byte{store.Users, store.Aliases, store.ImportedHashes, store.Hashes, store.Groups, store.Members} {
		if err := store.Drop(tx.Bucket(name), pool); err != nil {
			return err
		}
	}
	return nil
}

// erase deletes a user with all that belongs to it.
func (s *Service) erase(tx *bbolt.Tx, p *pools.Pool, key []byte, u *User) error {
	pool, attributes := []byte(p.Schema.ID), p.Attrs
	if aliases := tx.Bucket(store.Aliases).Bucket(pool); aliases != nil {
		for kind, name := range map[byte]string{AliasEmail: "email", AliasPhone: "phone_number", AliasUsername: "preferred_username"} {
			alias := AliasKey(p.Schema, kind, u.value(attributes, name))
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
