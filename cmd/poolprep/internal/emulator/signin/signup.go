package signin

import (
	"slices"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/outbox"
)

// aboutSignUp is what the code of a user is for who signs up.
const aboutSignUp = "sign-up"

// SignUpInput is the input of SignUp.
type SignUpInput struct {
	ForgotInput
	Password       *string
	UserAttributes []Attribute
}

type signUpOutput struct {
	UserConfirmed       bool
	UserSub             string
	CodeDeliveryDetails *delivery `json:",omitempty"`
}

// SignUp makes a user, who is UNCONFIRMED, and sends a code to the address that the pool
// verifies.
func (s *Service) SignUp(c Call, in *SignUpInput) (any, error) {
	var r rules
	r.password("password", in.Password, true)
	_, p, err := s.forgetful(&r, &in.ForgotInput)
	if err != nil {
		return nil, err
	}
	hash, err := s.newHash(c, p.ID(), *in.Password)
	if err != nil {
		return nil, err
	}
	var out signUpOutput
	return &out, s.o.DB.Update(func(tx *bbolt.Tx) error {
		u, err := s.o.Users.Create(tx, p.ID(), *in.Username, in.UserAttributes, hash)
		if err != nil {
			return err
		}
		out.UserSub = u.Sub
		out.CodeDeliveryDetails, err = s.sendSignUp(tx, p, u)
		return err
	})
}

// sendSignUp sends a user who signs up a code, to the first address that the pool verifies; nil
// if there is none.
func (s *Service) sendSignUp(tx *bbolt.Tx, p Pool, u *User) (*delivery, error) {
	for _, name := range []string{"phone_number", "email"} {
		if u.value(name) == "" || !slices.Contains(p.AutoVerified(), name) {
			continue
		}
		d, err := s.sendTo(tx, p, u, aboutSignUp, name)
		return &d, err
	}
	return nil, nil
}

// ResendInput is the input of ResendConfirmationCode.
type ResendInput struct{ ForgotInput }

// ResendConfirmationCode sends a user who signs up another code.
func (s *Service) ResendConfirmationCode(_ Call, in *ResendInput) (any, error) {
	var r rules
	client, p, err := s.forgetful(&r, &in.ForgotInput)
	if err != nil {
		return nil, err
	}
	var out deliveryOutput
	return &out, s.o.DB.Update(func(tx *bbolt.Tx) error {
		u, err := s.o.Users.Find(tx, p.ID(), *in.Username)
		switch {
		case err != nil:
			return err
		case u == nil && client.prevents():
			out.CodeDeliveryDetails = simulated(*in.Username)
			return nil
		case u == nil:
			return errNoCombination
		case u.Status != Unconfirmed:
			return errConfirmed
		}
		d, err := s.sendSignUp(tx, p, u)
		if err == nil && d == nil {
			err = errNoAddress
		}
		if err == nil {
			out.CodeDeliveryDetails = *d
		}
		return err
	})
}

// ConfirmSignUpInput is the input of ConfirmSignUp.
type ConfirmSignUpInput struct {
	ForgotInput
	ConfirmationCode   *string
	ForceAliasCreation bool
}

// ConfirmSignUp makes a user CONFIRMED who has the code, and the address verified that it was
// sent to.
func (s *Service) ConfirmSignUp(_ Call, in *ConfirmSignUpInput) (any, error) {
	var r rules
	r.text("confirmationCode", in.ConfirmationCode, true, 1, 2048, spaceless)
	client, p, err := s.forgetful(&r, &in.ForgotInput)
	if err != nil {
		return nil, err
	}
	var failed error // an error with which the transaction is to be kept
	err = s.o.DB.Update(func(tx *bbolt.Tx) error {
		u, err := s.o.Users.Find(tx, p.ID(), *in.Username)
		switch {
		case err != nil:
			return err
		case u == nil && client.prevents():
			return errCodeWrong
		case u == nil:
			return errNoUser
		case u.Status != Unconfirmed:
			return notAuthorized("User cannot be confirmed. Current status is %s", u.Status)
		}
		st, wrong, err := s.checkCode(tx, p.ID(), u, aboutSignUp, *in.ConfirmationCode)
		if failed = wrong; err != nil || failed != nil {
			return err
		}
		verified := st.Code.Attribute
		st.Code = nil
		if err := putState(tx, p.ID(), u, st); err != nil {
			return err
		}
		return s.o.Users.Confirm(tx, p.ID(), u.Key, verified, in.ForceAliasCreation)
	})
	if err == nil {
		err = failed
	}
	return struct{}{}, err
}

// sendTo sends a user a code to an address or number that is an attribute of theirs.
func (s *Service) sendTo(tx *bbolt.Tx, p Pool, u *User, about, name string) (delivery, error) {
	medium, to := outbox.Email, u.value(name)
	if name == "phone_number" {
		medium = outbox.SMS
	}
	st, err := stateOf(tx, p.ID(), u)
	if err != nil {
		return delivery{}, err
	}
	st.Code = &code{About: about, Attribute: name, Digits: outbox.NewCode(), Expires: s.now().Add(codeLife[about]).UnixMilli()}
	if err := putState(tx, p.ID(), u, st); err != nil {
		return delivery{}, err
	}
	d := delivery{outbox.Mask(medium, to), medium, name}
	return d, outbox.Add(tx, outbox.Message{Pool: p.ID(), Username: u.Username, To: to, Medium: medium, About: about, Code: st.Code.Digits, Sent: s.now()})
}
