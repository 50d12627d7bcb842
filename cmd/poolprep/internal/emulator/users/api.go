package users

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
func (u *User) describe(a *store.Attributes, only []string) userType {
	return userType{
		Username: u.Username, Attributes: u.attributes(a, only), Enabled: !u.Disabled, UserStatus: u.Status.String(),
		UserCreateDate: wire.Epoch(u.Created), UserLastModifiedDate: wire.Epoch(u.Modified),
	}
}

func (u *User) attributes(a *store.Attributes, only []string) []attributeType {
	out := []attributeType{}
	add := func(name, value string) {
		if len(only) == 0 || slices.Contains(only, name) {
			out = append(out, attributeType{name, value})
		}
	}
	add("sub", wire.UUID(u.Sub))
	for _, v := range u.Values {
		if v.ID < len(a.Names) {
			add(a.Names[v.ID], v.Value)
		}
	}
	return out
}

// Find returns a user by username or alias, and the key.
func (s *Service) Find(tx *bbolt.Tx, p *pools.Pool, name string) (key []byte, u *User, err error) {
	users := tx.Bucket(store.Users).Bucket([]byte(p.Schema.ID))
	if users == nil {
		return nil, nil, errNoUser
	}
	key = []byte(Fold(p.Schema, name))
	record := users.Get(key)
	if aliases := tx.Bucket(store.Aliases).Bucket([]byte(p.Schema.ID)); record == nil && aliases != nil {
		for _, kind := range []byte{AliasEmail, AliasPhone, AliasUsername} {
			if k := aliases.Get(AliasKey(p.Schema, kind, name)); k != nil {
				key = slices.Clone(k)
				record = users.Get(key)
				break
			}
		}
	}
	if record == nil {
		return nil, nil, errNoUser
	}
	u, err = Parse(record)
	return key, u, err
}

var errNoUser = wire.Fault("UserNotFoundException", "User does not exist.")

type userInput struct {
	UserPoolID *string `json:"UserPoolId"`
	Username   *string
}

func (s *Service) check(in *userInput, check *wire.Constraints) (*pools.Pool, error) {
	check.Pool(in.UserPoolID)
	check.Username(in.Username)
	return s.o.Pools.Of(check, in.UserPoolID)
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

// AdminGetUser returns a user.
func (s *Service) AdminGetUser(_ *wire.Call, in *userInput) (any, error) {
	p, err := s.check(in, &wire.Constraints{})
	if err != nil {
		return nil, err
	}
	var u *User
	err = s.o.Store.View(func(tx *bbolt.Tx) (err error) {
		_, u, err = s.Find(tx, p, *in.Username)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := getUserOutput{
		Username: u.Username, UserAttributes: u.attributes(p.Attrs, nil), Enabled: !u.Disabled, UserStatus: u.Status.String(),
		UserCreateDate: wire.Epoch(u.Created), UserLastModifiedDate: wire.Epoch(u.Modified),
	}
	if u.MFA {
		out.PreferredMfaSetting, out.UserMFASettingList = "SMS_MFA", []string{"SMS_MFA"}
	}
	return out, nil
}
