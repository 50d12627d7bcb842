package signin

import (
	"crypto/subtle"
	"fmt"

	"go.etcd.io/bbolt"
)

// refresh renews the tokens of a session.
func (s *Service) refresh(c Call, client *Client, token string, secret *string) (any, error) {
	var se session
	if !s.seal.open("refresh", token, &se) || se.Client != client.ClientID || se.Pool != client.UserPoolID {
		return nil, errRefreshToken
	}
	now := s.now()
	if now.UnixMilli() >= se.Expires {
		return nil, errRefreshExpired
	}
	u, ended, err := s.userOf(&se)
	switch {
	case err != nil:
		return nil, err
	case u == nil:
		return nil, errRefreshToken
	case ended:
		return nil, errRefreshRevoked
	case u.Disabled:
		return nil, errDisabled
	}
	if err := client.checkSecret(secret, u.Username, u.Sub); err != nil {
		return nil, err
	}
	t, err := s.issue(c, client, &se, u, now)
	return authOutput{ChallengeParameters: map[string]string{}, AuthenticationResult: t}, err
}

// userOf returns the user of a session, nil if there is none any more, and whether the
// session has ended.
func (s *Service) userOf(se *session) (u *User, ended bool, err error) {
	err = s.o.DB.View(func(tx *bbolt.Tx) error {
		if u, err = s.o.Users.ByKey(tx, se.Pool, se.Key); err != nil || u == nil {
			return err
		}
		if u.Sub != se.Sub {
			u = nil
			return nil
		}
		ended, err = hasEnded(tx, se.Pool, u, se.Origin)
		return err
	})
	return u, ended, err
}

// hasEnded reports whether the session with an origin_jti was revoked, or the user has
// signed out everywhere since.
func hasEnded(tx *bbolt.Tx, pool string, u *User, origin string) (bool, error) {
	if tx.Bucket(revokedBucket).Get([]byte(origin)) != nil {
		return true, nil
	}
	st, err := stateOf(tx, pool, u)
	return timeOf(origin) <= st.SignedOut, err
}

// bearer is who an access token is of.
type bearer struct {
	pool   string
	client string
	user   *User
}

// authenticate returns who an access token is of.
func (s *Service) authenticate(token string) (*bearer, error) {
	pool := poolOfToken(token)
	if pool == "" {
		return nil, errAccessToken
	}
	if _, err := s.o.Pool(pool); err != nil {
		return nil, errAccessToken
	}
	k, err := s.keys.of(pool)
	if err != nil {
		return nil, err
	}
	claims, ok := k.verify(token)
	switch {
	case !ok || text(claims, "token_use") != "access":
		return nil, errAccessToken
	case s.now().Unix() >= seconds(claims, "exp"):
		return nil, errAccessExpired
	}
	b := &bearer{pool: pool, client: text(claims, "client_id")}
	err = s.o.DB.View(func(tx *bbolt.Tx) error {
		if tx.Bucket(clientsBucket).Get([]byte(b.client)) == nil {
			return errAccessToken
		}
		// By username, not alias: an alias may be the username of somebody else.
		if b.user, err = s.o.Users.Find(tx, pool, text(claims, "username")); err != nil {
			return err
		}
		if b.user == nil || b.user.Sub != text(claims, "sub") {
			return errNoUser
		}
		ended, err := hasEnded(tx, pool, b.user, text(claims, "origin_jti"))
		switch {
		case err != nil:
			return err
		case ended:
			return errAccessRevoked
		case b.user.Disabled:
			return errDisabled
		}
		return nil
	})
	return b, err
}

// TokenInput is the input of operations for which an access token is enough.
type TokenInput struct{ AccessToken *string }

func (s *Service) bearerOf(r *rules, token *string) (*bearer, error) {
	r.text("accessToken", token, true, 1, 1<<20, tokenForm)
	if err := r.err(); err != nil {
		return nil, err
	}
	return s.authenticate(*token)
}

type nameValue struct{ Name, Value string }

type getUserOutput struct {
	Username            string
	UserAttributes      []nameValue
	PreferredMfaSetting string   `json:",omitempty"`
	UserMFASettingList  []string `json:",omitempty"`
}

// GetUser returns the user of an access token.
func (s *Service) GetUser(_ Call, in *TokenInput) (any, error) {
	var r rules
	b, err := s.bearerOf(&r, in.AccessToken)
	if err != nil {
		return nil, err
	}
	out := getUserOutput{Username: b.user.Username, UserAttributes: []nameValue{{"sub", b.user.Sub}}}
	for _, a := range b.user.Attributes {
		out.UserAttributes = append(out.UserAttributes, nameValue(a))
	}
	if b.user.MFA {
		out.PreferredMfaSetting, out.UserMFASettingList = "SMS_MFA", []string{"SMS_MFA"}
	}
	return out, nil
}

// GlobalSignOut ends all sessions of the user of an access token.
func (s *Service) GlobalSignOut(_ Call, in *TokenInput) (any, error) {
	var r rules
	b, err := s.bearerOf(&r, in.AccessToken)
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.o.DB.Update(func(tx *bbolt.Tx) error { return s.SignOut(tx, b.pool, b.user) })
}

// UserInput names a user of a pool.
type UserInput struct {
	UserPoolID *string `json:"UserPoolId"`
	Username   *string
}

// AdminUserGlobalSignOut ends all sessions of a user.
func (s *Service) AdminUserGlobalSignOut(_ Call, in *UserInput) (any, error) {
	var r rules
	if _, err := s.poolFor(&r, in); err != nil {
		return nil, err
	}
	return struct{}{}, s.o.DB.Update(func(tx *bbolt.Tx) error {
		u, err := s.o.Users.Find(tx, *in.UserPoolID, *in.Username)
		if err != nil {
			return err
		}
		if u == nil {
			return errNoUser
		}
		return s.SignOut(tx, *in.UserPoolID, u)
	})
}

func (s *Service) poolFor(r *rules, in *UserInput) (Pool, error) {
	r.pool(in.UserPoolID)
	r.username(in.Username)
	if err := r.err(); err != nil {
		return nil, err
	}
	return s.o.Pool(*in.UserPoolID)
}

// SignOut ends all sessions of a user.
func (s *Service) SignOut(tx *bbolt.Tx, pool string, u *User) error {
	st, err := stateOf(tx, pool, u)
	if err != nil {
		return err
	}
	// A session may have begun a little later than now, see begin.
	st.SignedOut = max(s.now().UnixMilli(), st.SignedOut+1)
	return putState(tx, pool, u, st)
}

// RevokeInput is the input of RevokeToken.
type RevokeInput struct {
	Token        *string
	ClientID     *string `json:"ClientId"`
	ClientSecret *string
}

// RevokeToken ends the session of a refresh token.
func (s *Service) RevokeToken(_ Call, in *RevokeInput) (any, error) {
	var r rules
	r.text("token", in.Token, true, 1, 1<<20, tokenForm)
	client, err := s.clientFor(&r, in.ClientID, nil, false)
	if err != nil {
		return nil, err
	}
	secret := ""
	if in.ClientSecret != nil {
		secret = *in.ClientSecret
	}
	var se session
	switch {
	case subtle.ConstantTimeCompare([]byte(secret), []byte(client.ClientSecret)) != 1:
		return nil, fail("UnauthorizedException", "Invalid client id or secret.")
	case !client.revokes():
		return nil, fail("UnsupportedOperationException", "Token revocation is not enabled for this client.")
	case poolOfToken(*in.Token) != "":
		return nil, fail("UnsupportedTokenTypeException", "The token is not a refresh token.")
	case !s.seal.open("refresh", *in.Token, &se) || se.Pool != client.UserPoolID:
		return struct{}{}, nil // there is nothing to revoke, as OAuth has it
	case se.Client != client.ClientID:
		return nil, fail("UnauthorizedException", "The token was not issued to this client.")
	}
	return struct{}{}, s.o.DB.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket(revokedBucket).Put([]byte(se.Origin), fmt.Append(nil, se.Expires))
	})
}
