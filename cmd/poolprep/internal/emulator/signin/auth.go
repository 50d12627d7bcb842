package signin

import (
	"encoding/json"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/hashes"
)

// AuthInput is the input of InitiateAuth and AdminInitiateAuth.
type AuthInput struct {
	UserPoolID     *string `json:"UserPoolId"` // of AdminInitiateAuth
	ClientID       *string `json:"ClientId"`
	AuthFlow       *string
	AuthParameters map[string]string
}

// ChallengeInput is the input of RespondToAuthChallenge and AdminRespondToAuthChallenge.
type ChallengeInput struct {
	UserPoolID         *string `json:"UserPoolId"` // of AdminRespondToAuthChallenge
	ClientID           *string `json:"ClientId"`
	ChallengeName      *string
	Session            *string
	ChallengeResponses map[string]string
}

type authOutput struct {
	ChallengeName        string `json:",omitempty"`
	Session              string `json:",omitempty"`
	ChallengeParameters  map[string]string
	AuthenticationResult *tokens `json:",omitempty"`
}

// tokens are what a user gets who has signed in.
type tokens struct {
	AccessToken  string
	ExpiresIn    int64 // seconds
	TokenType    string
	RefreshToken string `json:",omitempty"`
	IDToken      string `json:"IdToken"`
}

var flows = []string{"USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", "CUSTOM_AUTH", "ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH"}

// InitiateAuth signs a user in by password, or renews tokens.
func (s *Service) InitiateAuth(c Call, in *AuthInput) (any, error) {
	var r rules
	client, err := s.authClient(&r, in, false)
	if err != nil {
		return nil, err
	}
	switch flow := *in.AuthFlow; {
	case strings.HasPrefix(flow, "ADMIN_"):
		return nil, invalid("Initiate Auth method not supported.")
	case flow == "USER_PASSWORD_AUTH" && !client.allows(flow):
		return nil, invalid("USER_PASSWORD_AUTH flow not enabled for this client")
	}
	return s.auth(c, client, in)
}

// AdminInitiateAuth does so for a server that knows the pool.
func (s *Service) AdminInitiateAuth(c Call, in *AuthInput) (any, error) {
	var r rules
	client, err := s.authClient(&r, in, true)
	if err != nil {
		return nil, err
	}
	if *in.AuthFlow == "USER_PASSWORD_AUTH" {
		return nil, invalid("Initiate Auth method not supported.")
	}
	return s.auth(c, client, in)
}

func (s *Service) authClient(r *rules, in *AuthInput, admin bool) (*Client, error) {
	r.oneOf("authFlow", in.AuthFlow, true, flows...)
	return s.clientFor(r, in.ClientID, in.UserPoolID, admin)
}

// clientFor returns the client of a request, which in one of an admin must be of the pool.
func (s *Service) clientFor(r *rules, id, pool *string, admin bool) (*Client, error) {
	r.client(id)
	if admin {
		r.pool(pool)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	if admin {
		return s.clientOfPool(&ClientInput{pool, id})
	}
	return s.client(*id)
}

// auth carries out a flow. What comes first decides which error a client gets: the flow, the
// parameters, the secret, then the user.
func (s *Service) auth(c Call, client *Client, in *AuthInput) (any, error) {
	flow := *in.AuthFlow
	password := func(name string) (string, error) { return parameter(in.AuthParameters, name) }
	switch flow {
	case "USER_SRP_AUTH":
		return s.authSRP(client, in)
	case "CUSTOM_AUTH", "USER_AUTH":
		return nil, invalid("The emulator does not have the flow %s.", flow)
	}
	if !client.allows(flow) {
		return nil, invalid("Auth flow not enabled for this client")
	}
	if strings.HasPrefix(flow, "REFRESH_TOKEN") {
		token, err := password("REFRESH_TOKEN")
		if err != nil {
			return nil, err
		}
		return s.refresh(c, client, token, secretOf(in.AuthParameters))
	}
	name, err := password("USERNAME")
	if err != nil {
		return nil, err
	}
	secret, err := password("PASSWORD")
	if err != nil {
		return nil, err
	}
	if err := client.checkSecret(secretOf(in.AuthParameters), name); err != nil {
		return nil, err
	}
	u, st, err := s.byPassword(c, client, name, secret)
	if err != nil {
		return nil, err
	}
	if u.Status == ForceChangePassword {
		return s.askNewPassword(client, u)
	}
	return s.begin(c, client, u, st)
}

// authSRP answers the flow that needs what the emulator does not have: the verifier of a
// password. The service has none of an imported hash either until the first sign-in with
// the password.
func (s *Service) authSRP(client *Client, in *AuthInput) (any, error) {
	name, err := parameter(in.AuthParameters, "USERNAME")
	if err != nil {
		return nil, err
	}
	if err := client.checkSecret(secretOf(in.AuthParameters), name); err != nil {
		return nil, err
	}
	return nil, errIncorrect
}

// parameter returns one that must be there.
func parameter(all map[string]string, name string) (string, error) {
	v, ok := all[name]
	if !ok || v == "" {
		return "", invalid("Missing required parameter %s", name)
	}
	return v, nil
}

func secretOf(all map[string]string) *string {
	if v, ok := all["SECRET_HASH"]; ok {
		return &v
	}
	return nil
}

// byPassword returns the user with a name and a password. The password is hashed outside
// of any transaction.
func (s *Service) byPassword(c Call, client *Client, name, password string) (u *User, st userState, err error) {
	if u, st, err = s.find(client.UserPoolID, name); err != nil {
		return nil, st, err
	}
	switch {
	case u == nil && client.prevents():
		return nil, st, errIncorrect
	case u == nil:
		return nil, st, errNoUser
	case u.Status == ResetRequired && client.prevents():
		return nil, st, errIncorrect
	case u.Status == ResetRequired:
		return nil, st, errResetRequired
	case u.Hash == nil:
		return nil, st, errIncorrect
	}
	ok, err := hashes.Verify(c.Context, u.Hash, password)
	switch {
	case err != nil:
		return nil, st, err
	case !ok:
		return nil, st, errIncorrect
	case u.Disabled:
		return nil, st, errDisabled
	case u.Status == Unconfirmed:
		return nil, st, errNotConfirmed
	}
	return u, st, nil
}

// challenge is a session in which a user has to answer something.
type challenge struct {
	Pool    string `json:"p"`
	Client  string `json:"c"`
	Key     []byte `json:"k"`
	Sub     string `json:"s"`
	Expires int64  `json:"x"` // milliseconds
}

const newPasswordRequired = "NEW_PASSWORD_REQUIRED"

func (s *Service) askNewPassword(client *Client, u *User) (any, error) {
	attributes := make(map[string]string, len(u.Attributes))
	for _, a := range u.Attributes {
		attributes[a.Name] = a.Value
	}
	text, err := json.Marshal(attributes)
	if err != nil {
		return nil, err
	}
	session, err := s.seal.seal("challenge", challenge{client.UserPoolID, client.ClientID, u.Key, u.Sub, s.now().Add(client.sessionLife()).UnixMilli()})
	return authOutput{
		ChallengeName: newPasswordRequired, Session: session,
		ChallengeParameters: map[string]string{"USER_ID_FOR_SRP": u.Username, "requiredAttributes": "[]", "userAttributes": string(text)},
	}, err
}

// RespondToAuthChallenge takes the new password of a user who had to choose one.
func (s *Service) RespondToAuthChallenge(c Call, in *ChallengeInput) (any, error) {
	return s.respond(c, in, false)
}

// AdminRespondToAuthChallenge does so for a server that knows the pool.
func (s *Service) AdminRespondToAuthChallenge(c Call, in *ChallengeInput) (any, error) {
	return s.respond(c, in, true)
}

func (s *Service) respond(c Call, in *ChallengeInput, admin bool) (any, error) {
	var r rules
	r.text("challengeName", in.ChallengeName, true, 1, 64, spaceless)
	r.text("session", in.Session, false, 20, 2048, spaceless)
	client, err := s.clientFor(&r, in.ClientID, in.UserPoolID, admin)
	if err != nil {
		return nil, err
	}
	switch *in.ChallengeName {
	case newPasswordRequired:
	case "PASSWORD_VERIFIER":
		return nil, errIncorrect // nobody was asked for that
	default:
		return nil, invalid("The emulator does not have the challenge %s.", *in.ChallengeName)
	}
	name, err := parameter(in.ChallengeResponses, "USERNAME")
	if err != nil {
		return nil, err
	}
	password, err := parameter(in.ChallengeResponses, "NEW_PASSWORD")
	if err != nil {
		return nil, err
	}
	for response := range in.ChallengeResponses {
		if strings.HasPrefix(response, "userAttributes.") {
			return nil, invalid("The emulator does not set attributes in a challenge; use AdminUpdateUserAttributes.")
		}
	}
	if err := client.checkSecret(secretOf(in.ChallengeResponses), name); err != nil {
		return nil, err
	}
	ch, err := s.challengeOf(client, in.Session)
	if err != nil {
		return nil, err
	}
	hash, err := s.newHash(c, client.UserPoolID, password)
	if err != nil {
		return nil, err
	}
	u, st, err := s.setNewPassword(ch, name, hash)
	if err != nil {
		return nil, err
	}
	return s.begin(c, client, u, st)
}

func (s *Service) challengeOf(client *Client, session *string) (*challenge, error) {
	var ch challenge
	switch {
	case session == nil:
		return nil, invalid("Missing required parameter Session")
	case !s.seal.open("challenge", *session, &ch) || ch.Client != client.ClientID || ch.Pool != client.UserPoolID:
		return nil, errSession
	case s.now().UnixMilli() >= ch.Expires:
		return nil, errSessionExpired
	}
	return &ch, nil
}

// setNewPassword gives the user of a challenge a password, if the user still has to choose one.
func (s *Service) setNewPassword(ch *challenge, name string, hash []byte) (u *User, st userState, err error) {
	err = s.o.DB.Update(func(tx *bbolt.Tx) error {
		named, err := s.o.Users.Find(tx, ch.Pool, name)
		if err != nil {
			return err
		}
		switch {
		case named == nil || named.Sub != ch.Sub || named.Status != ForceChangePassword:
			return errSession
		case named.Disabled:
			return errDisabled
		}
		if err := s.o.Users.Set(tx, ch.Pool, named.Key, Confirmed, hash); err != nil {
			return err
		}
		u = named
		u.Status = Confirmed
		st, err = stateOf(tx, ch.Pool, u)
		return err
	})
	return u, st, err
}

// begin begins a session of a user who has proven who they are.
func (s *Service) begin(c Call, client *Client, u *User, st userState) (any, error) {
	now := s.now()
	at := time.UnixMilli(max(now.UnixMilli(), st.SignedOut+1)) // after the last session has ended
	se := &session{
		Pool: client.UserPoolID, Client: client.ClientID, Sub: u.Sub, Key: u.Key,
		Origin: timedID(at), Event: newID(), Begin: now.Unix(), Expires: now.Add(client.refreshLife()).UnixMilli(),
	}
	t, err := s.issue(c, client, se, u, now)
	if err != nil {
		return nil, err
	}
	if t.RefreshToken, err = s.seal.seal("refresh", se); err != nil {
		return nil, err
	}
	return authOutput{ChallengeParameters: map[string]string{}, AuthenticationResult: t}, nil
}

// issue makes the tokens of a session, apart from the refresh token.
func (s *Service) issue(c Call, client *Client, se *session, u *User, now time.Time) (*tokens, error) {
	k, err := s.keys.of(se.Pool)
	if err != nil {
		return nil, err
	}
	who := &identity{u.Sub, u.Username, u.Groups, u.Attributes}
	issuer := c.Base + "/" + se.Pool
	t := &tokens{ExpiresIn: int64(client.accessLife() / time.Second), TokenType: "Bearer"}
	if t.AccessToken, err = k.sign(accessClaims(se, who, issuer, now, client.accessLife())); err != nil {
		return nil, err
	}
	t.IDToken, err = k.sign(idClaims(se, who, issuer, now, client.idLife()))
	return t, err
}
