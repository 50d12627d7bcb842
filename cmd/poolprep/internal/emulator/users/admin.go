package users

import (
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/hashes"
	"poolprep/cmd/poolprep/internal/emulator/outbox"
	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
	"poolprep/validate/schema"
)

// This file has what an administrator does with users, beside their passwords and groups.

type createUserInput struct {
	userInput
	UserAttributes         []attributeType
	TemporaryPassword      *string
	MessageAction          *string
	DesiredDeliveryMediums []string
	ForceAliasCreation     bool
}

type oneUser struct{ User userType }

// AdminCreateUser makes a user with a temporary password, which goes to the outbox unless
// MessageAction is SUPPRESS.
func (s *Service) AdminCreateUser(c *wire.Call, in *createUserInput) (any, error) {
	p, err := s.check(&in.userInput, &wire.Constraints{})
	if err != nil {
		return nil, err
	}
	action := ""
	if in.MessageAction != nil {
		action = *in.MessageAction
	}
	if action != "" && action != "SUPPRESS" && action != "RESEND" {
		return nil, wire.Invalid("1 validation error detected: Value '%s' at 'messageAction' failed to satisfy constraint: Member must satisfy enum value set: [RESEND, SUPPRESS]", action)
	}
	password := temporaryPassword()
	if in.TemporaryPassword != nil {
		password = *in.TemporaryPassword
		if err := p.CheckPassword(password); err != nil {
			return nil, err
		}
	}
	hash, err := hashes.New(c.Context, password)
	if err != nil {
		return nil, err
	}
	var u *User
	err = s.o.Store.Update(func(tx *bbolt.Tx) error {
		key := []byte(Fold(p.Schema, *in.Username))
		there, err := s.at(tx, p, key)
		switch {
		case err != nil:
			return err
		case action == "RESEND":
			if u = there; u == nil {
				return errNoUser
			}
			if u.Status != ForceChangePassword {
				return wire.Fault("UnsupportedUserStateException", "Resend not possible. %s is not in FORCE_CHANGE_PASSWORD status.", u.Username)
			}
			u.Modified = s.o.Now()
		case there != nil:
			return wire.Fault("UsernameExistsException", "User account already exists")
		default:
			u = s.newUser(*in.Username, ForceChangePassword)
			if err := s.setAttributes(p, u, in.UserAttributes, true); err != nil {
				return err
			}
			if err := s.setAliases(tx, p, key, &User{}, u, in.ForceAliasCreation); err != nil {
				return err
			}
			if err := store.AddUserCount(tx, p.Schema.ID, 1); err != nil {
				return err
			}
		}
		if err := s.put(tx, p, key, u); err != nil {
			return err
		}
		if err := setHash(tx, p.Schema.ID, key, hash); err != nil || action == "SUPPRESS" {
			return err
		}
		return s.sendPassword(tx, p, u, password, in.DesiredDeliveryMediums)
	})
	if err != nil {
		return nil, err
	}
	return oneUser{u.describe(p.Attrs, nil)}, nil
}

// new returns a user with a sub.
func (s *Service) newUser(username string, status Status) *User {
	u := &User{Status: status, Created: s.o.Now(), Modified: s.o.Now(), Username: username}
	_, _ = rand.Read(u.Sub[:]) // it never fails
	return u
}

// sendPassword puts a temporary password into the outbox: by e-mail or SMS as is desired, or to
// the address that there is.
func (s *Service) sendPassword(tx *bbolt.Tx, p *pools.Pool, u *User, password string, desired []string) error {
	a := p.Attrs
	to := map[string]string{outbox.Email: u.value(a, "email"), outbox.SMS: u.value(a, "phone_number")}
	media := slices.DeleteFunc(append(slices.Clone(desired), outbox.Email, outbox.SMS), func(m string) bool { return to[m] == "" })
	if len(media) == 0 {
		return nil
	}
	return outbox.Add(tx, outbox.Message{
		Pool: p.Schema.ID, Username: u.Username, To: to[media[0]], Medium: media[0], About: "temporary-password", Code: password, Sent: s.o.Now(),
	})
}

// temporaryPassword returns a random password that every policy takes.
func temporaryPassword() string { return rand.Text()[:20] + "a1!Z" }

// at returns the user with a key, nil if there is none.
func (s *Service) at(tx *bbolt.Tx, p *pools.Pool, key []byte) (*User, error) {
	users := tx.Bucket(store.Users).Bucket([]byte(p.Schema.ID))
	if users == nil {
		return nil, nil
	}
	record := users.Get(key)
	if record == nil {
		return nil, nil
	}
	return Parse(record)
}

func (s *Service) put(tx *bbolt.Tx, p *pools.Pool, key []byte, u *User) error {
	users, err := store.In(tx, store.Users, p.Schema.ID)
	if err != nil {
		return err
	}
	return users.Put(key, Append(nil, u))
}

// notConform is an error about an attribute.
func notConform(name, what string) error {
	return wire.Invalid("Attributes did not conform to the schema: %s: %s\n", name, what)
}

// setAttributes gives a user attributes; an empty value takes one away. New users may have those
// that cannot be changed later, and need those that are required.
func (s *Service) setAttributes(p *pools.Pool, u *User, list []attributeType, isNew bool) error {
	a := p.Attrs
	for _, v := range list {
		i := slices.IndexFunc(p.Schema.Attributes, func(x schema.Attribute) bool { return x.Name == v.Name })
		if i < 0 || v.Name == "sub" {
			return notConform(v.Name, "Attribute does not exist in the schema.")
		}
		if err := conforms(&p.Schema.Attributes[i], v.Value, isNew); err != nil {
			return err
		}
		u.Values = slices.DeleteFunc(u.Values, func(x Value) bool { return x.ID == a.IDs[v.Name] })
		if v.Value != "" {
			u.Values = append(u.Values, Value{a.IDs[v.Name], v.Value})
		}
	}
	for _, x := range p.Schema.Attributes {
		if x.Required && x.Name != "sub" && u.value(a, x.Name) == "" {
			return notConform(x.Name, "The attribute is required")
		}
	}
	return nil
}

// conforms checks a value.
func conforms(x *schema.Attribute, value string, isNew bool) error {
	n := utf8.RuneCountInString(value)
	switch {
	case !x.Mutable && !isNew:
		return notConform(x.Name, "Attribute cannot be updated.")
	case value == "":
		return nil
	case n > 2048 || x.MaxLength != nil && n > *x.MaxLength || x.MinLength != nil && n < *x.MinLength:
		return notConform(x.Name, "String must be of the length that the schema states")
	case strings.HasSuffix(x.Name, "_verified") && value != "true" && value != "false":
		return notConform(x.Name, "Boolean must be true or false")
	case x.Name == "phone_number" && !isE164(value):
		return wire.Invalid("Invalid phone number format.")
	case x.Name == "email" && !strings.Contains(value, "@"):
		return wire.Invalid("Invalid email address format.")
	case x.Type == schema.Number:
		v, err := strconv.ParseInt(value, 10, 64)
		if err != nil || x.MinValue != nil && v < *x.MinValue || x.MaxValue != nil && v > *x.MaxValue {
			return notConform(x.Name, "Number must be in the range that the schema states")
		}
	}
	return nil
}

func isE164(v string) bool {
	return len(v) > 2 && v[0] == '+' && strings.Trim(v[1:], "0123456789") == ""
}

// aliasesOf returns the aliases of a user.
func (s *Service) aliasesOf(p *pools.Pool, u *User) (keys [][]byte) {
	a := p.Attrs
	is := func(name string) bool {
		return slices.Contains(p.Schema.Aliases, name) || slices.Contains(p.Schema.UsernameAttributes, name)
	}
	for _, x := range []struct {
		kind           byte
		name, verified string
	}{{AliasEmail, "email", "email_verified"}, {AliasPhone, "phone_number", "phone_number_verified"}, {AliasUsername, "preferred_username", ""}} {
		if v := u.value(a, x.name); v != "" && is(x.name) && (x.verified == "" || u.value(a, x.verified) == "true") {
			keys = append(keys, AliasKey(p.Schema, x.kind, v))
		}
	}
	return keys
}

// setAliases replaces the aliases of a user by those of what it is now. One of another user is
// an error, unless it is to move.
func (s *Service) setAliases(tx *bbolt.Tx, p *pools.Pool, key []byte, before, now *User, move bool) error {
	aliases, err := store.In(tx, store.Aliases, p.Schema.ID)
	if err != nil {
		return err
	}
	for _, alias := range s.aliasesOf(p, before) {
		if string(aliases.Get(alias)) == string(key) {
			if err := aliases.Delete(alias); err != nil {
				return err
			}
		}
	}
	for _, alias := range s.aliasesOf(p, now) {
		if owner := aliases.Get(alias); owner != nil && string(owner) != string(key) && !move {
			what := map[byte]string{AliasEmail: "email", AliasPhone: "phone_number", AliasUsername: "preferred_username"}[alias[0]]
			return wire.Fault("AliasExistsException", "An account with the %s already exists.", what)
		}
		if err := aliases.Put(alias, key); err != nil {
			return err
		}
	}
	return nil
}

// alter changes a user, who is modified then.
func (s *Service) alter(in *userInput, change func(p *pools.Pool, u *User) error) (any, error) {
	p, err := s.check(in, &wire.Constraints{})
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.o.Store.Update(func(tx *bbolt.Tx) error {
		key, u, err := s.Find(tx, p, *in.Username)
		if err != nil {
			return err
		}
		before := *u
		before.Values = slices.Clone(u.Values)
		if err := change(p, u); err != nil {
			return err
		}
		u.Modified = s.o.Now()
		if err := s.setAliases(tx, p, key, &before, u, false); err != nil {
			return err
		}
		return s.put(tx, p, key, u)
	})
}

// AdminDisableUser disables a user, who cannot sign in then.
func (s *Service) AdminDisableUser(_ *wire.Call, in *userInput) (any, error) {
	return s.alter(in, func(_ *pools.Pool, u *User) error { u.Disabled = true; return nil })
}

// AdminEnableUser enables a user again.
func (s *Service) AdminEnableUser(_ *wire.Call, in *userInput) (any, error) {
	return s.alter(in, func(_ *pools.Pool, u *User) error { u.Disabled = false; return nil })
}

// AdminConfirmSignUp confirms a user who signed up.
func (s *Service) AdminConfirmSignUp(_ *wire.Call, in *userInput) (any, error) {
	return s.alter(in, func(_ *pools.Pool, u *User) error {
		if u.Status != Unconfirmed {
			return wire.Fault("NotAuthorizedException", "User cannot be confirmed. Current status is %s", u.Status)
		}
		u.Status = Confirmed
		return nil
	})
}

type updateAttributesInput struct {
	userInput
	UserAttributes []attributeType
}

// AdminUpdateUserAttributes sets attributes of a user; a new address is not verified.
func (s *Service) AdminUpdateUserAttributes(_ *wire.Call, in *updateAttributesInput) (any, error) {
	return s.alter(&in.userInput, func(p *pools.Pool, u *User) error {
		stated := func(name string) bool {
			return slices.ContainsFunc(in.UserAttributes, func(v attributeType) bool { return v.Name == name })
		}
		list := slices.Clone(in.UserAttributes)
		for _, name := range []string{"email", "phone_number"} { // a new address is not verified
			if stated(name) && !stated(name+"_verified") {
				list = append(list, attributeType{name + "_verified", "false"})
			}
		}
		return s.setAttributes(p, u, list, false)
	})
}

type deleteAttributesInput struct {
	userInput
	UserAttributeNames []string
}

// AdminDeleteUserAttributes takes attributes from a user.
func (s *Service) AdminDeleteUserAttributes(_ *wire.Call, in *deleteAttributesInput) (any, error) {
	return s.alter(&in.userInput, func(p *pools.Pool, u *User) error {
		var list []attributeType
		for _, name := range in.UserAttributeNames {
			list = append(list, attributeType{Name: name})
		}
		return s.setAttributes(p, u, list, false)
	})
}
