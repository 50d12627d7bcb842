package signin

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// adminScope is the scope of every access token of the API: what the user may do with the
// own account.
const adminScope = "aws.cognito.signin.user.admin"

// session is what is known of a sign-in. Its tokens share it; a refresh token is a session
// that is sealed.
type session struct {
	Pool    string `json:"p"`
	Client  string `json:"c"`
	Sub     string `json:"s"`
	Key     []byte `json:"k"` // of the user
	Origin  string `json:"o"` // origin_jti
	Event   string `json:"e"` // event_id
	Begin   int64  `json:"b"` // auth_time, seconds
	Expires int64  `json:"x"` // of the refresh token, milliseconds
}

// identity is what the tokens say of a user.
type identity struct {
	sub, username string
	groups        []string
	attributes    []Attribute
}

// timedID returns a random UUID of version 7, which begins with a time, to the millisecond.
func timedID(at time.Time) string {
	var b [16]byte
	_, _ = rand.Read(b[6:]) // it never fails
	ms := uint64(at.UnixMilli())
	binary.BigEndian.PutUint16(b[:], uint16(ms>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(ms))
	b[6], b[8] = b[6]&0x0F|0x70, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// timeOf returns the time of a timedID, in milliseconds; 0 if id is none.
func timeOf(id string) int64 {
	if len(id) != 36 || id[8] != '-' || id[14] != '7' {
		return 0
	}
	ms, err := strconv.ParseUint(id[:8]+id[9:13], 16, 64)
	if err != nil {
		return 0
	}
	return int64(ms)
}

// accessClaims returns the claims of an access token.
func accessClaims(s *session, u *identity, issuer string, now time.Time, life time.Duration) jwt.MapClaims {
	claims := jwt.MapClaims{
		"sub": u.sub, "iss": issuer, "client_id": s.Client, "origin_jti": s.Origin, "event_id": s.Event,
		"token_use": "access", "scope": adminScope, "auth_time": s.Begin,
		"exp": now.Add(life).Unix(), "iat": now.Unix(), "jti": newID(), "username": u.username,
	}
	if len(u.groups) > 0 {
		claims["cognito:groups"] = u.groups
	}
	return claims
}

// idClaims returns the claims of an ID token.
func idClaims(s *session, u *identity, issuer string, now time.Time, life time.Duration) jwt.MapClaims {
	claims := jwt.MapClaims{}
	for _, a := range u.attributes {
		claims[a.Name] = claimOf(a.Name, a.Value)
	}
	for name, value := range map[string]any{
		"sub": u.sub, "iss": issuer, "aud": s.Client, "origin_jti": s.Origin, "event_id": s.Event,
		"token_use": "id", "auth_time": s.Begin,
		"exp": now.Add(life).Unix(), "iat": now.Unix(), "jti": newID(), "cognito:username": u.username,
	} {
		claims[name] = value
	}
	if len(u.groups) > 0 {
		claims["cognito:groups"] = u.groups
	}
	return claims
}

// claimOf returns the value of an attribute in the type that OpenID Connect has for it.
func claimOf(name, value string) any {
	switch name {
	case "email_verified", "phone_number_verified":
		return strings.EqualFold(value, "true")
	case "address":
		return map[string]string{"formatted": value}
	case "updated_at":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return n
		}
	}
	return value
}

// sign returns a token with claims.
func (k *key) sign(claims jwt.MapClaims) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	delete(t.Header, "typ") // as in those of the service
	t.Header["kid"] = k.id
	return t.SignedString(k.private)
}

// verify returns the claims of a token that this key has signed, expired or not.
func (k *key) verify(token string) (jwt.MapClaims, bool) {
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	_, err := parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != k.id {
			return nil, jwt.ErrTokenUnverifiable
		}
		return &k.private.PublicKey, nil
	})
	return claims, err == nil
}

// poolOfToken returns the ID of the pool that a token claims to be of, "" if it is no token.
// It is not verified.
func poolOfToken(token string) string {
	claims := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, claims); err != nil {
		return ""
	}
	issuer, _ := claims["iss"].(string)
	return issuer[strings.LastIndexByte(issuer, '/')+1:]
}

// text returns a claim that is a string.
func text(claims jwt.MapClaims, name string) string {
	s, _ := claims[name].(string)
	return s
}

// seconds returns a claim that is a time.
func seconds(claims jwt.MapClaims, name string) int64 {
	f, _ := claims[name].(float64)
	return int64(f)
}
