package users

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/signin"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// signinUsers are the users as package signin sees them.
type signinUsers struct{ s *Service }

// ForSignin returns the users as package signin sees them.
func (s *Service) ForSignin() signin.Users { return signinUsers{s} }

// Find returns a user by username or alias.
func (x signinUsers) Find(tx *bbolt.Tx, pool, name string) (*signin.User, error) {
	p := x.s.o.Pools.Get(pool)
	if p == nil {
		return nil, nil
	}
	key, u, err := x.s.Find(tx, p, name)
	if errors.Is(err, errNoUser) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return x.user(tx, pool, key, u)
}

// ByKey returns a user by its key.
func (x signinUsers) ByKey(tx *bbolt.Tx, pool string, key []byte) (*signin.User, error) {
	users := tx.Bucket(store.Users).Bucket([]byte(pool))
	if users == nil {
		return nil, nil
	}
	record := users.Get(key)
	if record == nil {
		return nil, nil
	}
	u, err := Parse(record)
	if err != nil {
		return nil, err
	}
	return x.user(tx, pool, key, u)
}

func (x signinUsers) user(tx *bbolt.Tx, pool string, key []byte, u *User) (*signin.User, error) {
	out := &signin.User{
		Key: slices.Clone(key), Sub: wire.UUID(u.Sub), Username: u.Username, Status: u.Status.String(),
		Disabled: u.Disabled, MFA: u.MFA, Hash: hashOf(tx, pool, key),
	}
	a := x.s.o.Pools.Get(pool).Attrs
	for _, v := range u.Values {
		if v.ID < len(a.Names) {
			out.Attributes = append(out.Attributes, signin.Attribute{Name: a.Names[v.ID], Value: v.Value})
		}
	}
	groups, err := groupsOf(tx, pool, key)
	for _, g := range groups {
		out.Groups = append(out.Groups, g.Name)
	}
	return out, err
}

// hashOf returns the hash of a user's password, nil if there is none.
func hashOf(tx *bbolt.Tx, pool string, key []byte) []byte {
	for _, bucket := range [][]byte{store.Hashes, store.ImportedHashes} {
		if b := tx.Bucket(bucket).Bucket([]byte(pool)); b != nil {
			if hash := b.Get(key); hash != nil {
				return slices.Clone(hash)
			}
		}
	}
	return nil
}

// setHash gives a user a password instead of the one that was imported.
func setHash(tx *bbolt.Tx, pool string, key, hash []byte) error {
	if b := tx.Bucket(store.ImportedHashes).Bucket([]byte(pool)); b != nil {
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	b, err := store.In(tx, store.Hashes, pool)
	if err != nil {
		return err
	}
	return b.Put(key, hash)
}

// Set gives a user a status and, if hash is not nil, a password.
func (x signinUsers) Set(tx *bbolt.Tx, pool string, key []byte, status string, hash []byte) error {
	users, err := store.In(tx, store.Users, pool)
	if err != nil {
		return err
	}
	u, err := Parse(users.Get(key))
	if err != nil {
		return err
	}
	if u.Status = statusNamed(status); u.Status == 0 {
		return fmt.Errorf("there is no status %s", status)
	}
	u.Modified = x.s.o.Now()
	if err := users.Put(key, Append(nil, u)); err != nil || hash == nil {
		return err
	}
	return setHash(tx, pool, key, hash)
}

// Create makes a user who signs up.
func (x signinUsers) Create(tx *bbolt.Tx, pool, username string, attributes []signin.Attribute, hash []byte) (*signin.User, error) {
	p := x.s.o.Pools.Get(pool)
	key := []byte(Fold(p.Schema, username))
	if there, err := x.s.at(tx, p, key); err != nil || there != nil {
		if err == nil {
			err = wire.Fault("UsernameExistsException", "User already exists")
		}
		return nil, err
	}
	list := make([]attributeType, 0, len(attributes))
	for _, a := range attributes {
		if strings.HasSuffix(a.Name, "_verified") {
			return nil, wire.Fault("NotAuthorizedException", "A client attempted to write unauthorized attribute")
		}
		list = append(list, attributeType{a.Name, a.Value})
	}
	u := x.s.newUser(username, Unconfirmed)
	if err := x.s.setAttributes(p, u, list, true); err != nil {
		return nil, err
	}
	if err := x.s.setAliases(tx, p, key, &User{}, u, false); err != nil {
		return nil, err
	}
	if err := x.s.put(tx, p, key, u); err != nil {
		return nil, err
	}
	if err := setHash(tx, pool, key, hash); err != nil {
		return nil, err
	}
	if err := store.AddUserCount(tx, pool, 1); err != nil {
		return nil, err
	}
	return x.user(tx, pool, key, u)
}

// Confirm confirms a user.
func (x signinUsers) Confirm(tx *bbolt.Tx, pool string, key []byte, verified string, move bool) error {
	p := x.s.o.Pools.Get(pool)
	u, err := x.s.at(tx, p, key)
	if err != nil || u == nil {
		return cmp.Or(err, errNoUser)
	}
	u.Status, u.Modified = Confirmed, x.s.o.Now()
	if verified != "" {
		a := x.s.o.Pools.Get(pool).Attrs
		id := a.IDs[verified+"_verified"]
		u.Values = slices.DeleteFunc(u.Values, func(v Value) bool { return v.ID == id })
		u.Values = append(u.Values, Value{id, "true"})
	}
	if err := x.s.setAliases(tx, p, key, &User{}, u, move); err != nil {
		return err
	}
	return x.s.put(tx, p, key, u)
}

// statusNamed returns the status with a name, 0 if there is none.
func statusNamed(name string) Status {
	for u := ResetRequired; u <= Unconfirmed; u++ {
		if u.String() == name {
			return u
		}
	}
	return 0
}
