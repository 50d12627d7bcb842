package emulator

import (
	"slices"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

type attributeType struct{ Name, Value string }

type userType struct {
	Username             string
	Attributes           []attributeType
	UserCreateDate       wire.Epoch
	UserLastModifiedDate wire.Epoch
	Enabled              bool
	UserStatus           string
}

// describe returns the user as the API shows it, with those attributes only, or
// with all if only is empty.
func (u *user) describe(a *store.Attributes, only []string) userType {
	return userType{
		Username: u.username, Attributes: u.attributes(a, only), Enabled: !u.disabled, UserStatus: u.status.String(),
		UserCreateDate: wire.Epoch(u.created), UserLastModifiedDate: wire.Epoch(u.modified),
	}
}

func (u *user) attributes(a *store.Attributes, only []string) []attributeType {
	out := []attributeType{}
	add := func(name, value string) {
		if len(only) == 0 || slices.Contains(only, name) {
			out = append(out, attributeType{name, value})
		}
	}
	add("sub", wire.UUID(u.sub))
	for _, v := range u.values {
		if v.id < len(a.Names) {
			add(a.Names[v.id], v.value)
		}
	}
	return out
}

// findUser returns a user by username or alias, and the key.
func (s *Server) findUser(tx *bbolt.Tx, p *pools.Pool, name string) (key []byte, u *user, err error) {
	users := tx.Bucket(store.Users).Bucket([]byte(p.Schema.ID))
	if users == nil {
		return nil, nil, errNoUser
	}
	key = []byte(fold(p.Schema, name))
	record := users.Get(key)
	if aliases := tx.Bucket(store.Aliases).Bucket([]byte(p.Schema.ID)); record == nil && aliases != nil {
		for _, kind := range []byte{aliasEmail, aliasPhone, aliasUsername} {
			if k := aliases.Get(aliasKey(p.Schema, kind, name)); k != nil {
				key = slices.Clone(k)
				record = users.Get(key)
				break
			}
		}
	}
	if record == nil {
		return nil, nil, errNoUser
	}
	u, err = parseUser(record)
	return key, u, err
}

var errNoUser = wire.Fault("UserNotFoundException", "User does not exist.")

type userInput struct {
	UserPoolID *string `json:"UserPoolId"`
	Username   *string
}

func (s *Server) checkUser(in *userInput, check *wire.Constraints) (*pools.Pool, error) {
	check.Pool(in.UserPoolID)
	check.Username(in.Username)
	return s.pools.Of(check, in.UserPoolID)
}

type getUserOutput struct {
	Username             string
	UserAttributes       []attributeType
	UserCreateDate       wire.Epoch
	UserLastModifiedDate wire.Epoch
	Enabled              bool
	UserStatus           string
	PreferredMfaSetting  string   `json:",omitempty"`
	UserMFASettingList   []string `json:",omitempty"`
}

func (s *Server) adminGetUser(_ *wire.Call, in *userInput) (any, error) {
	p, err := s.checkUser(in, &wire.Constraints{})
	if err != nil {
		return nil, err
	}
	var u *user
	err = s.store.View(func(tx *bbolt.Tx) (err error) {
		_, u, err = s.findUser(tx, p, *in.Username)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := getUserOutput{
		Username: u.username, UserAttributes: u.attributes(p.Attrs, nil), Enabled: !u.disabled, UserStatus: u.status.String(),
		UserCreateDate: wire.Epoch(u.created), UserLastModifiedDate: wire.Epoch(u.modified),
	}
	if u.mfa {
		out.PreferredMfaSetting, out.UserMFASettingList = "SMS_MFA", []string{"SMS_MFA"}
	}
	return out, nil
}
