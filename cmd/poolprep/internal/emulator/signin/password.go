package signin

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/hashes"
	"poolprep/cmd/poolprep/internal/emulator/outbox"
)

// Codes.
const maxTries = 5 // of one code

// codeLife is how long a code is good, by what it is for.
var codeLife = map[string]time.Duration{aboutForgot: time.Hour, aboutSignUp: 24 * time.Hour}

// What a code is for.
const aboutForgot = "forgot-password"

// code is a code that a user was sent.
type code struct {
	About     string `json:"about"`
	Attribute string `json:"attribute,omitempty"` // that it was sent to
	Digits    string `json:"digits"`
	Expires   int64  `json:"expires"` // milliseconds
	Tries     int    `json:"tries,omitempty"`
}

// newHash returns the hash of a password that the policy of the pool allows.
func (s *Service) newHash(c Call, pool, password string) ([]byte, error) {
	p, err := s.o.Pool(pool)
	if err != nil {
		return nil, err
	}
	if err := p.CheckPassword(password); err != nil {
		return nil, err
	}
	return hashes.New(c.Context, password)
}

type delivery struct{ Destination, DeliveryMedium, AttributeName string }

type deliveryOutput struct{ CodeDeliveryDetails delivery }

// send sends a user a code, to the first address by which a password can be got back.
func (s *Service) send(tx *bbolt.Tx, p Pool, u *User, about string) (delivery, error) {
	for _, name := range p.RecoveryAttributes() {
		to := u.value(name)
		if to == "" || u.value(name+"_verified") != "true" {
			continue
		}
		return s.sendTo(tx, p, u, about, name)
	}
	return delivery{}, errNoRecovery
}

// ForgotInput is the input of ForgotPassword.
type ForgotInput struct {
	ClientID   *string `json:"ClientId"`
	Username   *string
	SecretHash *string
}

// ForgotPassword sends a user a code.
func (s *Service) ForgotPassword(_ Call, in *ForgotInput) (any, error) {
	var r rules
	client, p, err := s.forgetful(&r, in)
	if err != nil {
		return nil, err
	}
	var out deliveryOutput
	err = s.o.DB.Update(func(tx *bbolt.Tx) error {
		u, err := s.o.Users.Find(tx, p.ID(), *in.Username)
		switch {
		case err != nil:
			return err
		case u == nil && client.prevents():
			out.CodeDeliveryDetails = simulated(*in.Username)
			return nil
		case u == nil:
			return errNoCombination
		case u.Disabled:
			return errDisabled
		case u.Status == ForceChangePassword:
			return errCannotReset
		case u.Status == Unconfirmed:
			return errNoRecovery
		}
		out.CodeDeliveryDetails, err = s.send(tx, p, u, aboutForgot)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// simulated returns where a message to somebody who does not exist went: always to the same
// place for the same name.
func simulated(name string) delivery {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256([]byte(name))
	letter := func(i int) string { return letters[int(sum[i])%len(letters):][:1] }
	return delivery{letter(0) + "***@" + letter(1) + "***", outbox.Email, "email"}
}

// forgetful returns client and pool of a request of a user who forgot the password.
func (s *Service) forgetful(r *rules, in *ForgotInput) (*Client, Pool, error) {
	r.username(in.Username)
	r.text("secretHash", in.SecretHash, false, 1, 128, hashForm)
	client, err := s.clientFor(r, in.ClientID, nil, false)
	if err != nil {
		return nil, nil, err
	}
	if err := client.checkSecret(in.SecretHash, *in.Username); err != nil {
		return nil, nil, err
	}
	p, err := s.o.Pool(client.UserPoolID)
	return client, p, err
}

// ConfirmForgotInput is the input of ConfirmForgotPassword.
type ConfirmForgotInput struct {
	ForgotInput
	ConfirmationCode *string
	Password         *string
}

// ConfirmForgotPassword sets the password of a user who has the code.
func (s *Service) ConfirmForgotPassword(c Call, in *ConfirmForgotInput) (any, error) {
	var r rules
	r.text("confirmationCode", in.ConfirmationCode, true, 1, 2048, spaceless)
	r.password("password", in.Password, true)
	client, p, err := s.forgetful(&r, &in.ForgotInput)
	if err != nil {
		return nil, err
	}
	if err := p.CheckPassword(*in.Password); err != nil {
		return nil, err
	}
	var failed error // an error with which the transaction is to be kept
	check := func(tx *bbolt.Tx) (u *User, st userState, err error) {
		if u, err = s.o.Users.Find(tx, p.ID(), *in.Username); err != nil {
			return nil, st, err
		}
		switch {
		case u == nil && client.prevents():
			return nil, st, errCodeWrong
		case u == nil:
			return nil, st, errNoCombination
		case u.Disabled:
			return nil, st, errDisabled
		}
		st, failed, err = s.checkCode(tx, p.ID(), u, aboutForgot, *in.ConfirmationCode)
		return u, st, err
	}
	err = s.o.DB.Update(func(tx *bbolt.Tx) error { _, _, err := check(tx); return err })
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	hash, err := s.newHash(c, p.ID(), *in.Password)
	if err != nil {
		return nil, err
	}
	err = s.o.DB.Update(func(tx *bbolt.Tx) error {
		u, st, err := check(tx) // again: there may have been another call meanwhile
		if err != nil || failed != nil {
			return err
		}
		st.Code = nil
		if err := putState(tx, p.ID(), u, st); err != nil {
			return err
		}
		return s.o.Users.Set(tx, p.ID(), u.Key, Confirmed, hash)
	})
	if err == nil {
		err = failed
	}
	return struct{}{}, err
}

// checkCode compares a code with that which the user was sent. What failed says that it is
// wrong; the transaction is to be kept all the same, as it counts the tries.
func (s *Service) checkCode(tx *bbolt.Tx, pool string, u *User, about, digits string) (st userState, failed, err error) {
	if st, err = stateOf(tx, pool, u); err != nil {
		return st, nil, err
	}
	switch {
	case st.Code == nil || st.Code.About != about || s.now().UnixMilli() >= st.Code.Expires:
		return st, errCodeExpired, nil
	case st.Code.Tries >= maxTries:
		return st, errTooOften, nil
	case subtle.ConstantTimeCompare([]byte(st.Code.Digits), []byte(digits)) != 1:
		st.Code.Tries++
		return st, errCodeWrong, putState(tx, pool, u, st)
	}
	return st, nil, nil
}

// SetPasswordInput is the input of AdminSetUserPassword.
type SetPasswordInput struct {
	UserInput
	Password  *string
	Permanent bool
}

// AdminSetUserPassword gives a user a password, which is temporary unless it is permanent.
func (s *Service) AdminSetUserPassword(c Call, in *SetPasswordInput) (any, error) {
	var r rules
	r.password("password", in.Password, true)
	p, err := s.poolFor(&r, &in.UserInput)
	if err != nil {
		return nil, err
	}
	u, _, err := s.find(p.ID(), *in.Username)
	if err == nil && u == nil {
		err = errNoUser
	}
	if err != nil {
		return nil, err
	}
	hash, err := s.newHash(c, p.ID(), *in.Password)
	if err != nil {
		return nil, err
	}
	status := ForceChangePassword
	if in.Permanent {
		status = Confirmed
	}
	return struct{}{}, s.o.DB.Update(func(tx *bbolt.Tx) error {
		if u, err = s.again(tx, p.ID(), u); err != nil {
			return err
		}
		return s.o.Users.Set(tx, p.ID(), u.Key, status, hash)
	})
}

// AdminResetUserPassword asks a user for a new password, and sends the code for it.
func (s *Service) AdminResetUserPassword(_ Call, in *UserInput) (any, error) {
	var r rules
	p, err := s.poolFor(&r, in)
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.o.DB.Update(func(tx *bbolt.Tx) error {
		u, err := s.o.Users.Find(tx, p.ID(), *in.Username)
		switch {
		case err != nil:
			return err
		case u == nil:
			return errNoUser
		case u.Disabled:
			return errDisabled
		case u.Status == ForceChangePassword || u.Status == Unconfirmed:
			return errCannotReset
		}
		if _, err := s.send(tx, p, u, aboutForgot); err != nil {
			return err
		}
		return s.o.Users.Set(tx, p.ID(), u.Key, ResetRequired, nil)
	})
}

// ChangePasswordInput is the input of ChangePassword.
type ChangePasswordInput struct {
	AccessToken      *string
	PreviousPassword *string
	ProposedPassword *string
}

// ChangePassword changes the password of the user of an access token.
func (s *Service) ChangePassword(c Call, in *ChangePasswordInput) (any, error) {
	var r rules
	r.password("previousPassword", in.PreviousPassword, false)
	r.password("proposedPassword", in.ProposedPassword, true)
	b, err := s.bearerOf(&r, in.AccessToken)
	if err != nil {
		return nil, err
	}
	if b.user.Hash != nil {
		if in.PreviousPassword == nil {
			return nil, invalid("Missing required parameter PreviousPassword")
		}
		switch ok, err := hashes.Verify(c.Context, b.user.Hash, *in.PreviousPassword); {
		case err != nil:
			return nil, err
		case !ok:
			return nil, errIncorrect
		}
	}
	hash, err := s.newHash(c, b.pool, *in.ProposedPassword)
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.o.DB.Update(func(tx *bbolt.Tx) error {
		u, err := s.again(tx, b.pool, b.user)
		if err != nil {
			return err
		}
		return s.o.Users.Set(tx, b.pool, u.Key, u.Status, hash)
	})
}
