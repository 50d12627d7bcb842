package emulator

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.etcd.io/bbolt"
)

// changeUser changes a user as f says.
func (s *Server) changeUser(p *Pool, name string, f func(*user) error) error {
	return s.state.db.Update(func(tx *bbolt.Tx) error {
		key, u, err := s.findUser(tx, p, name)
		if err != nil {
			return err
		}
		if err := f(u); err != nil {
			return err
		}
		u.modified = s.now()
		users, err := inPool(tx, usersBucket, p.Schema.ID)
		if err != nil {
			return err
		}
		return users.Put(key, appendUser(nil, u))
	})
}

type setPasswordInput struct {
	userInput
	Password  *string
	Permanent bool
}

// nothing is the answer of an operation that has none.
type nothing struct{}

// adminSetUserPassword changes the status of a user. The password is looked at
// and forgotten: nobody signs in here.
func (s *Server) adminSetUserPassword(_ *call, in *setPasswordInput) (any, error) {
	var check constraints
	check.check("password", in.Password, text{required: true, min: 1, max: 256, form: noSpaceForm, secret: true})
	p, err := s.checkUser(&in.userInput, &check)
	if err != nil {
		return nil, err
	}
	if err := p.checkPassword(*in.Password); err != nil {
		return nil, err
	}
	return nothing{}, s.changeUser(p, *in.Username, func(u *user) error {
		u.status = forceChangePassword
		if in.Permanent {
			u.status = confirmed
		}
		return nil
	})
}

// checkPassword compares a password with what the pool's policy states.
func (p *Pool) checkPassword(password string) error {
	lacks := func(what string) error {
		return fault400("InvalidPasswordException", "Password did not conform with policy: %s", what)
	}
	if n := p.policyNumber("MinimumLength", 8); utf8.RuneCountInString(password) < n {
		return lacks("Password not long enough")
	}
	symbol := func(r rune) bool { return r < 0x80 && (unicode.IsPunct(r) || unicode.IsSymbol(r)) }
	for _, rule := range []struct {
		member string
		is     func(rune) bool
		what   string
	}{
		{"RequireLowercase", unicode.IsLower, "lowercase characters"},
		{"RequireUppercase", unicode.IsUpper, "uppercase characters"},
		{"RequireNumbers", unicode.IsDigit, "numeric characters"},
		{"RequireSymbols", symbol, "symbol characters"},
	} {
		if p.requires(rule.member) && !strings.ContainsFunc(password, rule.is) {
			return lacks(fmt.Sprintf("Password must have %s", rule.what))
		}
	}
	return nil
}

// adminResetUserPassword asks a user for a new password. No message is sent.
func (s *Server) adminResetUserPassword(_ *call, in *userInput) (any, error) {
	p, err := s.checkUser(in, &constraints{})
	if err != nil {
		return nil, err
	}
	a := s.attrs[p.Schema.ID]
	return nothing{}, s.changeUser(p, *in.Username, func(u *user) error {
		verified := func(name string) bool { return u.value(a, name) != "" && u.value(a, name+"_verified") == "true" }
		switch {
		case u.status == forceChangePassword:
			return fault400("NotAuthorizedException", "User password cannot be reset in the current state.")
		case !verified("email") && !verified("phone_number"):
			return invalid("Cannot reset password for the user as there is no registered/verified email or phone_number")
		}
		u.status = resetRequired
		return nil
	})
}
