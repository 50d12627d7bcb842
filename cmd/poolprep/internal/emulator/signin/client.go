package signin

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// epoch is a time as the API writes it: a number of seconds with milliseconds.
type epoch time.Time

// MarshalJSON writes the number.
func (e epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(e).UnixMilli())/1000, 'f', 3, 64), nil
}

// UnmarshalJSON reads what MarshalJSON has written.
func (e *epoch) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(string(b), 64)
	*e = epoch(time.UnixMilli(int64(f*1000 + 0.5)).UTC())
	return err
}

// settings are what a client is created with.
type settings struct {
	ClientName                               *string         `json:",omitempty"`
	RefreshTokenValidity                     *int64          `json:",omitempty"`
	AccessTokenValidity                      *int64          `json:",omitempty"`
	IDTokenValidity                          *int64          `json:"IdTokenValidity,omitempty"`
	TokenValidityUnits                       *validityUnits  `json:",omitempty"`
	ReadAttributes                           []string        `json:",omitempty"`
	WriteAttributes                          []string        `json:",omitempty"`
	ExplicitAuthFlows                        []string        `json:",omitempty"`
	SupportedIdentityProviders               []string        `json:",omitempty"`
	CallbackURLs                             []string        `json:",omitempty"`
	LogoutURLs                               []string        `json:",omitempty"`
	DefaultRedirectURI                       *string         `json:",omitempty"`
	AllowedOAuthFlows                        []string        `json:",omitempty"`
	AllowedOAuthScopes                       []string        `json:",omitempty"`
	AllowedOAuthFlowsUserPoolClient          bool            `json:""`
	PreventUserExistenceErrors               *string         `json:",omitempty"`
	EnableTokenRevocation                    *bool           `json:",omitempty"`
	EnablePropagateAdditionalUserContextData *bool           `json:",omitempty"`
	AuthSessionValidity                      *int64          `json:",omitempty"`
	RefreshTokenRotation                     *map[string]any `json:",omitempty"`
	AnalyticsConfiguration                   *map[string]any `json:",omitempty"`
}

type validityUnits struct {
	AccessToken  *string `json:",omitempty"`
	IDToken      *string `json:"IdToken,omitempty"`
	RefreshToken *string `json:",omitempty"`
}

// Client is an app client, as the API shows it and as the state keeps it.
type Client struct {
	UserPoolID       string `json:"UserPoolId"`
	ClientID         string `json:"ClientId"`
	ClientSecret     string `json:",omitempty"`
	LastModifiedDate epoch
	CreationDate     epoch
	settings
}

// The flows that a client allows. The old names may not be mixed with the new ones.
var (
	newFlows = []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"}
	oldFlows = []string{"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"}
)

// allows reports whether the client allows a flow of the API.
func (c *Client) allows(flow string) bool {
	flows := c.ExplicitAuthFlows
	if len(flows) == 0 {
		flows = []string{"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"}
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(flows, n) })
	}
	switch flow {
	case "USER_PASSWORD_AUTH":
		return has("ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH")
	case "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH":
		return has("ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH")
	case "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN":
		return has("ALLOW_REFRESH_TOKEN_AUTH") || has(oldFlows...)
	}
	return false
}

// prevents reports whether errors must not say that a user does not exist.
func (c *Client) prevents() bool {
	return c.PreventUserExistenceErrors != nil && *c.PreventUserExistenceErrors == "ENABLED"
}

// revokes reports whether refresh tokens can be revoked.
func (c *Client) revokes() bool { return c.EnableTokenRevocation == nil || *c.EnableTokenRevocation }

// How long tokens live.
func (c *Client) accessLife() time.Duration {
	return life(c.AccessTokenValidity, c.units().AccessToken, time.Hour, time.Hour)
}
func (c *Client) idLife() time.Duration {
	return life(c.IDTokenValidity, c.units().IDToken, time.Hour, time.Hour)
}
func (c *Client) refreshLife() time.Duration {
	return life(c.RefreshTokenValidity, c.units().RefreshToken, 24*time.Hour, 30*24*time.Hour)
}
func (c *Client) sessionLife() time.Duration {
	if c.AuthSessionValidity == nil {
		return 3 * time.Minute
	}
	return time.Duration(*c.AuthSessionValidity) * time.Minute
}

func (s *settings) units() validityUnits {
	if s.TokenValidityUnits == nil {
		return validityUnits{}
	}
	return *s.TokenValidityUnits
}

var unitNames = []string{"seconds", "minutes", "hours", "days"}

func life(n *int64, unit *string, usual, otherwise time.Duration) time.Duration {
	if n == nil || *n == 0 {
		return otherwise
	}
	if unit != nil {
		usual = []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour}[max(0, slices.Index(unitNames, *unit))]
	}
	return time.Duration(*n) * usual
}

// secretHash returns what a client with a secret sends beside a username.
func secretHash(username, clientID, secret string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(username))
	h.Write([]byte(clientID))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// checkSecret looks at the secret hash of a request for one of the names.
func (c *Client) checkSecret(hash *string, names ...string) error {
	if c.ClientSecret == "" {
		if hash != nil && *hash != "" {
			return notAuthorized("Unable to verify secret hash for client %s", c.ClientID)
		}
		return nil
	}
	if hash == nil {
		return notAuthorized("Client %s is configured with secret but SECRET_HASH was not received", c.ClientID)
	}
	for _, name := range names {
		if subtle.ConstantTimeCompare([]byte(*hash), []byte(secretHash(name, c.ClientID, c.ClientSecret))) == 1 {
			return nil
		}
	}
	return notAuthorized("Unable to verify secret hash for client %s", c.ClientID)
}

// CreateClientInput is the input of CreateUserPoolClient.
type CreateClientInput struct {
	UserPoolID     *string `json:"UserPoolId"`
	ClientSecret   *string
	GenerateSecret bool
	settings
}

// ClientOutput is the output of CreateUserPoolClient and DescribeUserPoolClient.
type ClientOutput struct{ UserPoolClient *Client }

const (
	idAlphabet     = "abcdefghijklmnopqrstuvwxyz0123456789"
	maxPoolClients = 1000
)

// CreateUserPoolClient creates an app client.
func (s *Service) CreateUserPoolClient(_ Call, in *CreateClientInput) (any, error) {
	var r rules
	r.pool(in.UserPoolID)
	r.text("clientSecret", in.ClientSecret, false, 24, 64, clientForm)
	if err := s.checkSettings(&r, &in.settings); err != nil {
		return nil, err
	}
	if in.ClientSecret != nil && in.GenerateSecret {
		return nil, invalid("ClientSecret cannot be given while GenerateSecret is true")
	}
	if _, err := s.o.Pool(*in.UserPoolID); err != nil {
		return nil, err
	}
	now := epoch(s.now())
	c := &Client{UserPoolID: *in.UserPoolID, ClientID: randomText(idAlphabet, 26), LastModifiedDate: now, CreationDate: now, settings: in.settings}
	switch {
	case in.GenerateSecret:
		c.ClientSecret = randomText(idAlphabet, 51)
	case in.ClientSecret != nil:
		c.ClientSecret = *in.ClientSecret
	}
	if c.RefreshTokenValidity == nil || *c.RefreshTokenValidity == 0 {
		days := int64(30)
		c.RefreshTokenValidity = &days
		if c.TokenValidityUnits != nil {
			c.TokenValidityUnits.RefreshToken = nil
		}
	}
	if c.EnableTokenRevocation == nil {
		yes := true
		c.EnableTokenRevocation = &yes
	}
	if c.AuthSessionValidity == nil {
		minutes := int64(3)
		c.AuthSessionValidity = &minutes
	}
	return ClientOutput{c}, s.o.DB.Update(func(tx *bbolt.Tx) error {
		n := 0
		err := eachClient(tx, c.UserPoolID, func(*Client) bool { n++; return true })
		if err == nil && n >= maxPoolClients {
			err = fail("LimitExceededException", "A user pool has at most %d app clients.", maxPoolClients)
		}
		return errors.Join(err, putClient(tx, c))
	})
}

func (s *Service) checkSettings(r *rules, in *settings) error {
	r.text("clientName", in.ClientName, true, 1, 128, nameForm)
	r.number("accessTokenValidity", in.AccessTokenValidity, 1, 86_400)
	r.number("idTokenValidity", in.IDTokenValidity, 1, 86_400)
	r.number("refreshTokenValidity", in.RefreshTokenValidity, 0, 315_360_000)
	r.number("authSessionValidity", in.AuthSessionValidity, 3, 15)
	r.oneOf("preventUserExistenceErrors", in.PreventUserExistenceErrors, false, "LEGACY", "ENABLED")
	for _, unit := range []*string{in.units().AccessToken, in.units().IDToken, in.units().RefreshToken} {
		r.oneOf("tokenValidityUnits", unit, false, unitNames...)
	}
	old := 0
	for _, flow := range in.ExplicitAuthFlows {
		r.oneOf("explicitAuthFlows", &flow, false, append(slices.Clone(oldFlows), newFlows...)...)
		if slices.Contains(oldFlows, flow) {
			old++
		}
	}
	if err := r.err(); err != nil {
		return err
	}
	if old > 0 && old < len(in.ExplicitAuthFlows) {
		return invalid("ExplicitAuthFlows cannot mix values that begin with ALLOW_ and values that do not.")
	}
	if in.RefreshTokenRotation != nil && (*in.RefreshTokenRotation)["Feature"] == "ENABLED" {
		return invalid("The emulator does not rotate refresh tokens: RefreshTokenRotation must be DISABLED.")
	}
	c := Client{settings: *in}
	for _, t := range []struct {
		name        string
		life        time.Duration
		least, most time.Duration
	}{
		{"AccessTokenValidity", c.accessLife(), 5 * time.Minute, 24 * time.Hour},
		{"IdTokenValidity", c.idLife(), 5 * time.Minute, 24 * time.Hour},
		{"RefreshTokenValidity", c.refreshLife(), time.Hour, 3650 * 24 * time.Hour},
	} {
		if t.life < t.least || t.life > t.most {
			return invalid("%s must be between %v and %v.", t.name, t.least, t.most)
		}
	}
	return nil
}

// ClientInput names a client of a pool.
type ClientInput struct {
	UserPoolID *string `json:"UserPoolId"`
	ClientID   *string `json:"ClientId"`
}

// DescribeUserPoolClient returns an app client, with its secret.
func (s *Service) DescribeUserPoolClient(_ Call, in *ClientInput) (any, error) {
	c, err := s.clientOfPool(in)
	if err != nil {
		return nil, err
	}
	return ClientOutput{c}, nil
}

// DeleteUserPoolClient deletes an app client. Its tokens are good no more.
func (s *Service) DeleteUserPoolClient(_ Call, in *ClientInput) (any, error) {
	c, err := s.clientOfPool(in)
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.o.DB.Update(func(tx *bbolt.Tx) error { return tx.Bucket(clientsBucket).Delete([]byte(c.ClientID)) })
}

func (s *Service) clientOfPool(in *ClientInput) (*Client, error) {
	var r rules
	r.pool(in.UserPoolID)
	r.client(in.ClientID)
	if err := r.err(); err != nil {
		return nil, err
	}
	if _, err := s.o.Pool(*in.UserPoolID); err != nil {
		return nil, err
	}
	c, err := s.client(*in.ClientID)
	if err == nil && c.UserPoolID != *in.UserPoolID {
		return nil, errNoClient(*in.ClientID)
	}
	return c, err
}

func errNoClient(id string) error {
	return fail("ResourceNotFoundException", "User pool client %s does not exist.", id)
}

// client returns the client with an ID, whose pool there is.
func (s *Service) client(id string) (c *Client, err error) {
	err = s.o.DB.View(func(tx *bbolt.Tx) error {
		text := tx.Bucket(clientsBucket).Get([]byte(id))
		if text == nil {
			return errNoClient(id)
		}
		c, err = parseClient(text)
		return err
	})
	if err != nil {
		return nil, err
	}
	if _, err := s.o.Pool(c.UserPoolID); err != nil {
		return nil, errNoClient(id)
	}
	return c, nil
}

func parseClient(text []byte) (*Client, error) {
	c := &Client{}
	if json.Unmarshal(text, c) != nil {
		return nil, errors.New("the state is damaged: an app client")
	}
	return c, nil
}

func putClient(tx *bbolt.Tx, c *Client) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return tx.Bucket(clientsBucket).Put([]byte(c.ClientID), text)
}

// eachClient calls f with the clients of a pool by their IDs, until it returns false.
func eachClient(tx *bbolt.Tx, pool string, f func(*Client) bool) error {
	cursor := tx.Bucket(clientsBucket).Cursor()
	for id, text := cursor.First(); id != nil; id, text = cursor.Next() {
		c, err := parseClient(text)
		if err != nil {
			return err
		}
		if c.UserPoolID == pool && !f(c) {
			return nil
		}
	}
	return nil
}

// ListClientsInput is the input of ListUserPoolClients.
type ListClientsInput struct {
	UserPoolID *string `json:"UserPoolId"`
	MaxResults *int64
	NextToken  *string
}

type clientDescription struct {
	ClientID   string `json:"ClientId"`
	UserPoolID string `json:"UserPoolId"`
	ClientName string
}

type listClientsOutput struct {
	UserPoolClients []clientDescription
	NextToken       string `json:",omitempty"`
}

// ListUserPoolClients lists the app clients of a pool, in the order of their IDs.
func (s *Service) ListUserPoolClients(_ Call, in *ListClientsInput) (any, error) {
	var r rules
	r.pool(in.UserPoolID)
	r.number("maxResults", in.MaxResults, 1, 60)
	r.text("nextToken", in.NextToken, false, 1, 131_072, spaceless)
	if err := r.err(); err != nil {
		return nil, err
	}
	if _, err := s.o.Pool(*in.UserPoolID); err != nil {
		return nil, err
	}
	var after string
	if in.NextToken != nil && !s.seal.open("clients "+*in.UserPoolID, *in.NextToken, &after) {
		return nil, invalid("The pagination token is not one of this list.")
	}
	limit := 60
	if in.MaxResults != nil {
		limit = int(*in.MaxResults)
	}
	out := listClientsOutput{UserPoolClients: []clientDescription{}}
	more := false
	err := s.o.DB.View(func(tx *bbolt.Tx) error {
		return eachClient(tx, *in.UserPoolID, func(c *Client) bool {
			switch {
			case after != "" && strings.Compare(c.ClientID, after) <= 0:
			case len(out.UserPoolClients) == limit:
				more = true
				return false
			default:
				out.UserPoolClients = append(out.UserPoolClients, clientDescription{c.ClientID, c.UserPoolID, *c.ClientName})
			}
			return true
		})
	})
	if err == nil && more {
		out.NextToken, err = s.seal.seal("clients "+*in.UserPoolID, out.UserPoolClients[limit-1].ClientID)
	}
	return out, err
}
