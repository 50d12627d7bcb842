package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/signin"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// openSignin makes the service for sign-in, and removes the hashes that are not to be kept.
func (s *Server) openSignin() (err error) {
	if s.o.ForgetHashes {
		err := s.store.Update(func(tx *bbolt.Tx) error {
			if err := tx.DeleteBucket(store.ImportedHashes); err != nil {
				return err
			}
			_, err := tx.CreateBucket(store.ImportedHashes)
			return err
		})
		if err != nil {
			return err
		}
	}
	s.signin, err = signin.New(signin.Options{
		DB: s.store, Secret: s.store.Secret, Now: s.o.Now, Users: signinUsers{s},
		Pool: func(id string) (signin.Pool, error) {
			p, err := s.pools.Find(id)
			if err != nil {
				return nil, err
			}
			return p, nil
		},
	})
	return err
}

// signsIn makes the handler of an operation of a method of package signin.
func signsIn[In any](method func(*signin.Service, signin.Call, *In) (any, error)) handler {
	return of(inSignin, func(s *signin.Service, c *wire.Call, in *In) (any, error) {
		out, err := method(s, signin.Call{Context: c.Context, Base: c.Scheme + "://" + c.Host}, in)
		var e *signin.Error
		if errors.As(err, &e) {
			err = &wire.Error{Status: http.StatusBadRequest, Kind: e.Kind, Message: e.Message}
		}
		return out, err
	})
}

// signinUsers are the users as package signin sees them.
type signinUsers struct{ s *Server }

// Find returns a user by username or alias.
func (x signinUsers) Find(tx *bbolt.Tx, pool, name string) (*signin.User, error) {
	p := x.s.pools.Get(pool)
	if p == nil {
		return nil, nil
	}
	key, u, err := x.s.findUser(tx, p, name)
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
	u, err := parseUser(record)
	if err != nil {
		return nil, err
	}
	return x.user(tx, pool, key, u)
}

func (x signinUsers) user(tx *bbolt.Tx, pool string, key []byte, u *user) (*signin.User, error) {
	out := &signin.User{
		Key: slices.Clone(key), Sub: wire.UUID(u.sub), Username: u.username, Status: u.status.String(),
		Disabled: u.disabled, MFA: u.mfa, Hash: hashOf(tx, pool, key),
	}
	a := x.s.pools.Get(pool).Attrs
	for _, v := range u.values {
		if v.id < len(a.Names) {
			out.Attributes = append(out.Attributes, signin.Attribute{Name: a.Names[v.id], Value: v.value})
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
	u, err := parseUser(users.Get(key))
	if err != nil {
		return err
	}
	if u.status = statusNamed(status); u.status == 0 {
		return fmt.Errorf("there is no status %s", status)
	}
	u.modified = x.s.now()
	if err := users.Put(key, appendUser(nil, u)); err != nil || hash == nil {
		return err
	}
	return setHash(tx, pool, key, hash)
}

// Create makes a user who signs up.
func (x signinUsers) Create(tx *bbolt.Tx, pool, username string, attributes []signin.Attribute, hash []byte) (*signin.User, error) {
	p := x.s.pools.Get(pool)
	key := []byte(fold(p.Schema, username))
	if there, err := x.s.userAt(tx, p, key); err != nil || there != nil {
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
	u := x.s.newUser(username, unconfirmed)
	if err := x.s.setAttributes(p, u, list, true); err != nil {
		return nil, err
	}
	if err := x.s.setAliases(tx, p, key, &user{}, u, false); err != nil {
		return nil, err
	}
	if err := x.s.putUser(tx, p, key, u); err != nil {
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
	p := x.s.pools.Get(pool)
	u, err := x.s.userAt(tx, p, key)
	if err != nil || u == nil {
		return cmp.Or(err, errNoUser)
	}
	u.status, u.modified = confirmed, x.s.now()
	if verified != "" {
		a := x.s.pools.Get(pool).Attrs
		id := a.IDs[verified+"_verified"]
		u.values = slices.DeleteFunc(u.values, func(v attributeValue) bool { return v.id == id })
		u.values = append(u.values, attributeValue{id, "true"})
	}
	if err := x.s.setAliases(tx, p, key, &user{}, u, move); err != nil {
		return err
	}
	return x.s.putUser(tx, p, key, u)
}

// statusNamed returns the status with a name, 0 if there is none.
func statusNamed(name string) userStatus {
	for u := resetRequired; u <= unconfirmed; u++ {
		if u.String() == name {
			return u
		}
	}
	return 0
}
