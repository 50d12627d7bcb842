package emulator

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

	"poolprep/cmd/poolprep/internal/emulator/outbox"
	"poolprep/cmd/poolprep/internal/emulator/signin"
)

// oldPassword is the password of all users that are imported with a hash.
const oldPassword = "Correct-horse-7"

const newPassword = "Battery-staple-8"

// hashOfOld returns a hash of oldPassword, cheap to verify.
func hashOfOld(t testing.TB, algorithm string) string {
	salt := []byte("0123456789abcdef")
	e := base64.RawStdEncoding.EncodeToString
	switch algorithm {
	case "BCRYPT":
		h, err := bcrypt.GenerateFromPassword([]byte(oldPassword), bcrypt.MinCost)
		require.NoError(t, err)
		return string(h)
	case "SCRYPT":
		k, err := scrypt.Key([]byte(oldPassword), salt, 16, 8, 1, 32)
		require.NoError(t, err)
		return fmt.Sprintf("16$8$1$%x$%x", salt, k)
	case "ARGON2ID":
		return fmt.Sprintf(`$argon2id$v=19$m=64\,t=1\,p=1$%s$%s`, e(salt), e(argon2.IDKey([]byte(oldPassword), salt, 1, 64, 1, 32)))
	}
	k, err := pbkdf2.Key(sha256.New, oldPassword, salt, 1000, 32)
	require.NoError(t, err)
	return fmt.Sprintf("$pbkdf2-sha256$1000$%s$%s", e(salt), e(k))
}

// importHashes imports users into the default pool, with a hash of oldPassword, and e-mail
// addresses of their names.
func (r *rig) importHashes(algorithm string, names ...string) {
	r.t.Helper()
	hash := hashOfOld(r.t, algorithm)
	var rows []string
	for _, name := range names {
		rows = append(rows, fmt.Sprintf(",,,,,,,,,%s@example.com,TRUE,,,,,,,,,,%s,%s\n", name, name, hash))
	}
	j := r.importRows(algorithm, rows...)
	require.EqualValues(r.t, len(names), j.ImportedUsers, "%v", r.lines(j))
}

// importRows imports rows with hashes into the default pool.
func (r *rig) importRows(algorithm string, rows ...string) *types.UserImportJobType {
	r.t.Helper()
	j := r.createWithHashes(algorithm)
	status, answer := r.put(*j.PreSignedUrl, header+",password_hash\n"+strings.Join(rows, ""))
	require.Equal(r.t, 200, status, answer)
	_, err := r.start(j)
	require.NoError(r.t, err)
	return r.wait(j)
}

// app creates an app client that allows everything, changed as f says.
func (r *rig) app(pool string, f ...func(*cognitoidentityprovider.CreateUserPoolClientInput)) *types.UserPoolClientType {
	r.t.Helper()
	in := &cognitoidentityprovider.CreateUserPoolClientInput{
		UserPoolId: &pool, ClientName: aws.String("app"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	}
	for _, change := range f {
		change(in)
	}
	out, err := r.pools.CreateUserPoolClient(r.ctx, in)
	require.NoError(r.t, err)
	return out.UserPoolClient
}

func prevents(in *cognitoidentityprovider.CreateUserPoolClientInput) {
	in.PreventUserExistenceErrors = "ENABLED"
}

func withSecret(in *cognitoidentityprovider.CreateUserPoolClientInput) { in.GenerateSecret = true }

func (r *rig) auth(c *types.UserPoolClientType, flow types.AuthFlowType, parameters map[string]string) (*cognitoidentityprovider.InitiateAuthOutput, error) {
	return r.pools.InitiateAuth(r.ctx, &cognitoidentityprovider.InitiateAuthInput{ClientId: c.ClientId, AuthFlow: flow, AuthParameters: parameters})
}

func (r *rig) signIn(c *types.UserPoolClientType, name, password string) (*types.AuthenticationResultType, error) {
	parameters := map[string]string{"USERNAME": name, "PASSWORD": password}
	if c.ClientSecret != nil {
		parameters["SECRET_HASH"] = secretHash(name, c)
	}
	out, err := r.auth(c, "USER_PASSWORD_AUTH", parameters)
	if err != nil {
		return nil, err
	}
	require.Empty(r.t, out.ChallengeName)
	return out.AuthenticationResult, nil
}

func secretHash(name string, c *types.UserPoolClientType) string {
	h := hmac.New(sha256.New, []byte(*c.ClientSecret))
	h.Write([]byte(name + *c.ClientId))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// fails asserts that err is one of the API.
func fails(t *testing.T, err error, kind, message string) {
	t.Helper()
	var e smithy.APIError
	if assert.True(t, errors.As(err, &e), "%v", err) {
		assert.Equal(t, kind+": "+message, e.ErrorCode()+": "+e.ErrorMessage())
	}
}

// document reads a document, and asserts that it is one.
func (r *rig) document(path string, into any) {
	r.t.Helper()
	answer, err := http.Get(r.http.URL + path)
	require.NoError(r.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(r.t, err)
	require.Equal(r.t, 200, answer.StatusCode, "%s", body)
	require.NoError(r.t, json.Unmarshal(body, into))
}

// lastMessage returns the last message of the outbox.
func (r *rig) lastMessage() outbox.Message {
	r.t.Helper()
	var all []outbox.Message
	r.document(signin.OutboxPath, &all)
	require.NotEmpty(r.t, all)
	return all[len(all)-1]
}

// claims verifies a token as an application would, with a library of its own, and returns
// what it claims.
func (r *rig) claims(pool, token string) map[string]any {
	r.t.Helper()
	var keys jose.JSONWebKeySet
	r.document("/"+pool+"/.well-known/jwks.json", &keys)
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	require.NoError(r.t, err)
	require.Len(r.t, parsed.Headers, 1)
	found := keys.Key(parsed.Headers[0].KeyID)
	require.Len(r.t, found, 1)
	var claims map[string]any
	require.NoError(r.t, parsed.Claims(found[0].Key, &claims))
	return claims
}

// TestSignInWithTheOldPassword is what all this is for: users sign in with the passwords
// they had before, whatever they were hashed with.
func TestSignInWithTheOldPassword(t *testing.T) {
	for _, algorithm := range []string{"BCRYPT", "SCRYPT", "ARGON2ID", "PBKDF2_SHA256"} {
		t.Run(algorithm, func(t *testing.T) {
			r := start(t, Options{})
			r.importHashes(algorithm, "anna", "bert")
			app := r.app(defaultID)
			for _, name := range []string{"anna", "bert"} {
				_, err := r.signIn(app, name, oldPassword)
				assert.NoError(t, err)
				_, err = r.signIn(app, name, oldPassword+"x")
				fails(t, err, "NotAuthorizedException", "Incorrect username or password.")
			}
			out, err := r.pools.AdminInitiateAuth(r.ctx, &cognitoidentityprovider.AdminInitiateAuthInput{
				UserPoolId: aws.String(defaultID), ClientId: app.ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH",
				AuthParameters: map[string]string{"USERNAME": "anna", "PASSWORD": oldPassword},
			})
			require.NoError(t, err)
			assert.NotEmpty(t, *out.AuthenticationResult.AccessToken)
		})
	}
}

func TestTokensOfAUser(t *testing.T) {
	c := newClock()
	r := start(t, Options{Now: c.Now})
	r.importHashes("BCRYPT", "anna")
	app := r.app(defaultID)
	signed, err := r.signIn(app, "anna", oldPassword)
	require.NoError(t, err)
	assert.EqualValues(t, 3600, signed.ExpiresIn)
	assert.Equal(t, "Bearer", *signed.TokenType)
	user, err := r.pools.GetUser(r.ctx, &cognitoidentityprovider.GetUserInput{AccessToken: signed.AccessToken})
	require.NoError(t, err)
	sub := *user.UserAttributes[0].Value
	issuer, now := r.http.URL+"/"+defaultID, float64(c.Now().Unix())

	access, id := r.claims(defaultID, *signed.AccessToken), r.claims(defaultID, *signed.IdToken)
	for name, want := range map[string]any{
		"sub": sub, "iss": issuer, "client_id": *app.ClientId, "token_use": "access", "scope": "aws.cognito.signin.user.admin",
		"auth_time": now, "iat": now, "exp": now + 3600, "username": "anna",
	} {
		assert.Equal(t, want, access[name], name)
	}
	assert.NotContains(t, access, "aud")
	for name, want := range map[string]any{
		"sub": sub, "iss": issuer, "aud": *app.ClientId, "token_use": "id", "auth_time": now, "iat": now, "exp": now + 3600,
		"cognito:username": "anna", "email": "anna@example.com", "email_verified": true,
		"origin_jti": access["origin_jti"], "event_id": access["event_id"],
	} {
		assert.Equal(t, want, id[name], name)
	}
	assert.NotEqual(t, access["jti"], id["jti"])
	var discovery map[string]any
	r.document("/"+defaultID+"/.well-known/openid-configuration", &discovery)
	assert.Equal(t, issuer, discovery["issuer"])
	assert.Equal(t, issuer+"/.well-known/jwks.json", discovery["jwks_uri"])

	c.add(time.Hour)
	_, err = r.pools.GetUser(r.ctx, &cognitoidentityprovider.GetUserInput{AccessToken: signed.AccessToken})
	fails(t, err, "NotAuthorizedException", "Access Token has expired")
	again, err := r.auth(app, "REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": *signed.RefreshToken})
	require.NoError(t, err)
	assert.Nil(t, again.AuthenticationResult.RefreshToken)
	renewed := r.claims(defaultID, *again.AuthenticationResult.AccessToken)
	assert.Equal(t, now, renewed["auth_time"])
	assert.Equal(t, now+3600, renewed["iat"])
	assert.Equal(t, access["origin_jti"], renewed["origin_jti"])
	_, err = r.pools.GetUser(r.ctx, &cognitoidentityprovider.GetUserInput{AccessToken: again.AuthenticationResult.AccessToken})
	assert.NoError(t, err)
	c.add(30 * 24 * time.Hour)
	_, err = r.auth(app, "REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": *signed.RefreshToken})
	fails(t, err, "NotAuthorizedException", "Refresh Token has expired")
}

// TestTokensThatAreNone: what is no access token of this pool gets nobody in.
func TestTokensThatAreNone(t *testing.T) {
	other := pool(t, "local_other", `"AutoVerifiedAttributes":["email"]`)
	r := start(t, Options{Pools: []*Pool{DefaultPool(), other}})
	r.importHashes("BCRYPT", "anna")
	app := r.app(defaultID)
	signed, err := r.signIn(app, "anna", oldPassword)
	require.NoError(t, err)
	header, rest, _ := strings.Cut(*signed.AccessToken, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	encode := base64.RawURLEncoding.EncodeToString
	plain, err := base64.RawURLEncoding.DecodeString(payload)
	require.NoError(t, err)
	moved := encode([]byte(strings.ReplaceAll(string(plain), defaultID, "local_other")))
	none := encode([]byte(`{"alg":"none"}`))
	for name, token := range map[string]string{
		"an ID token": *signed.IdToken, "a refresh token": *signed.RefreshToken, "no token": "abc", "no signature": header + "." + payload + ".",
		"another payload":  header + "." + encode([]byte(strings.ReplaceAll(string(plain), "anna", "bert"))) + "." + signature,
		"of another pool":  header + "." + moved + "." + signature,
		"no algorithm":     none + "." + payload + ".",
		"cut":              (*signed.AccessToken)[:len(*signed.AccessToken)-9],
		"of no pool":       header + "." + encode([]byte(`{"iss":"http://127.0.0.1/local_none"}`)) + "." + signature,
		"an issuer of 1":   header + "." + encode([]byte(`{"iss":1}`)) + "." + signature,
		"a payload of [0]": header + "." + encode([]byte(`[0]`)) + "." + signature,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.pools.GetUser(r.ctx, &cognitoidentityprovider.GetUserInput{AccessToken: &token})
			fails(t, err, "NotAuthorizedException", "Invalid Access Token")
		})
	}
	for _, token := range []string{*signed.AccessToken, *signed.IdToken, "abc", (*signed.RefreshToken)[1:], *signed.RefreshToken + "A"} {
		_, err := r.auth(app, "REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": token})
		fails(t, err, "NotAuthorizedException", "Invalid Refresh Token.")
	}
	_, err = r.auth(r.app(defaultID), "REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": *signed.RefreshToken})
	fails(t, err, "NotAuthorizedException", "Invalid Refresh Token.")
}

func TestSessionsEnd(t *testing.T) {
	c := newClock() // stands still: what begins and ends in the same millisecond is told apart
	dir := t.TempDir()
	r := start(t, Options{Now: c.Now, DataDir: dir})
	r.importHashes("BCRYPT", "anna")
	app := r.app(defaultID)
	enter := func() *types.AuthenticationResultType {
		signed, err := r.signIn(app, "anna", oldPassword)
		require.NoError(t, err)
		return signed
	}
	access := func(a *types.AuthenticationResultType) error {
		_, err := r.pools.GetUser(r.ctx, &cognitoidentityprovider.GetUserInput{AccessToken: a.AccessToken})
		return err
	}
	renew := func(a *types.AuthenticationResultType) error {
		_, err := r.auth(app, "REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": *a.RefreshToken})
		return err
	}
	first, second := enter(), enter()
	_, err := r.pools.RevokeToken(r.ctx, &cognitoidentityprovider.RevokeTokenInput{ClientId: app.ClientId, Token: first.RefreshToken})
	require.NoError(t, err)
	fails(t, renew(first), "NotAuthorizedException", "Refresh Token has been revoked")
	fails(t, access(first), "NotAuthorizedException", "Access Token has been revoked")
	assert.NoError(t, renew(second))
	assert.NoError(t, access(second))
	_, err = r.pools.RevokeToken(r.ctx, &cognitoidentityprovider.RevokeTokenInput{ClientId: app.ClientId, Token: second.AccessToken})
	var unsupported *types.UnsupportedTokenTypeException
	assert.ErrorAs(t, err, &unsupported)
	var unauthorized *types.UnauthorizedException
	_, err = r.pools.RevokeToken(r.ctx, &cognitoidentityprovider.RevokeTokenInput{ClientId: r.app(defaultID).ClientId, Token: second.RefreshToken})
	assert.ErrorAs(t, err, &unauthorized)

	for range 3 {
		_, err = r.pools.GlobalSignOut(r.ctx, &cognitoidentityprovider.GlobalSignOutInput{AccessToken: second.AccessToken})
		require.NoError(t, err)
		fails(t, renew(second), "NotAuthorizedException", "Refresh Token has been revoked")
		fails(t, access(second), "NotAuthorizedException", "Access Token has been revoked")
		second = enter()
		assert.NoError(t, renew(second))
		assert.NoError(t, access(second))
	}
	third := enter()
	_, err = r.pools.AdminUserGlobalSignOut(r.ctx, &cognitoidentityprovider.AdminUserGlobalSignOutInput{UserPoolId: aws.String(defaultID), Username: aws.String("anna")})
	require.NoError(t, err)
	for _, a := range []*types.AuthenticationResultType{second, third} {
		fails(t, renew(a), "NotAuthorizedException", "Refresh Token has been revoked")
	}

	// All of that outlives a restart, and so do the sessions that have not ended.
	fourth := enter()
	r.close()
	r = start(t, Options{Now: c.Now, DataDir: dir})
	fails(t, renew(first), "NotAuthorizedException", "Refresh Token has been revoked")
	fails(t, renew(third), "NotAuthorizedException", "Refresh Token has been revoked")
	assert.NoError(t, renew(fourth))
	assert.NoError(t, access(fourth))
	require.NoError(t, r.server.changeUser(r.server.pools[defaultID], "anna", func(u *user) { u.disabled = true }))
	fails(t, renew(fourth), "NotAuthorizedException", "User is disabled.")
	fails(t, access(fourth), "NotAuthorizedException", "User is disabled.")
	_, err = r.pools.DeleteUserPoolClient(r.ctx, &cognitoidentityprovider.DeleteUserPoolClientInput{UserPoolId: aws.String(defaultID), ClientId: app.ClientId})
	require.NoError(t, err)
	fails(t, access(fourth), "NotAuthorizedException", "Invalid Access Token")
	var missing *types.ResourceNotFoundException
	assert.ErrorAs(t, renew(fourth), &missing)
}

// TestWhoCannotSignIn has what an application gets for users who cannot, with a client that
// says who exists and with one that does not.
func TestWhoCannotSignIn(t *testing.T) {
	r := start(t, Options{})
	r.importHashes("BCRYPT", "off", "unconfirmed")
	r.run(csv("reset@example.com TRUE reset", "plain@example.com TRUE plain"))
	change := func(name string, f func(*user)) {
		require.NoError(t, r.server.changeUser(r.server.pools[defaultID], name, f))
	}
	change("off", func(u *user) { u.disabled = true })
	change("unconfirmed", func(u *user) { u.status = unconfirmed })
	change("plain", func(u *user) { u.status = confirmed }) // without a password
	legacy, quiet := r.app(defaultID), r.app(defaultID, prevents)
	incorrect := [2]string{"NotAuthorizedException", "Incorrect username or password."}
	for _, tt := range []struct {
		name, password string
		legacy, quiet  [2]string
	}{
		{"nobody", oldPassword, [2]string{"UserNotFoundException", "User does not exist."}, incorrect},
		{"reset", oldPassword, [2]string{"PasswordResetRequiredException", "Password reset required for the user"}, incorrect},
		{"plain", oldPassword, incorrect, incorrect},
		{"off", "wrong", incorrect, incorrect},
		{"off", oldPassword, [2]string{"NotAuthorizedException", "User is disabled."}, [2]string{"NotAuthorizedException", "User is disabled."}},
		{"unconfirmed", oldPassword, [2]string{"UserNotConfirmedException", "User is not confirmed."}, [2]string{"UserNotConfirmedException", "User is not confirmed."}},
		{"unconfirmed", "wrong", incorrect, incorrect},
		{"off", strings.Repeat("x", 10_000), incorrect, incorrect},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := r.signIn(legacy, tt.name, tt.password)
			fails(t, err, tt.legacy[0], tt.legacy[1])
			_, err = r.signIn(quiet, tt.name, tt.password)
			fails(t, err, tt.quiet[0], tt.quiet[1])
			for _, app := range []*types.UserPoolClientType{legacy, quiet} {
				_, err = r.auth(app, "USER_SRP_AUTH", map[string]string{"USERNAME": tt.name, "SRP_A": "abc"})
				fails(t, err, incorrect[0], incorrect[1])
			}
		})
	}
}

func TestForgottenHashes(t *testing.T) {
	dir := t.TempDir()
	r := start(t, Options{DataDir: dir})
	r.importHashes("BCRYPT", "anna", "bert")
	app := r.app(defaultID)
	_, err := r.pools.AdminSetUserPassword(r.ctx, &cognitoidentityprovider.AdminSetUserPasswordInput{UserPoolId: aws.String(defaultID), Username: aws.String("bert"), Password: aws.String(newPassword), Permanent: true})
	require.NoError(t, err)
	r.close()
	r = start(t, Options{DataDir: dir, ForgetHashes: true})
	r.importHashes("SCRYPT", "carl")
	for _, name := range []string{"anna", "carl"} {
		_, err = r.signIn(app, name, oldPassword)
		fails(t, err, "NotAuthorizedException", "Incorrect username or password.")
	}
	_, err = r.signIn(app, "bert", newPassword)
	assert.NoError(t, err, "a password that was set here is no imported hash")
	assert.EqualValues(t, "CONFIRMED", r.users(defaultID)["carl"].UserStatus)
}

func TestSignInByAnotherName(t *testing.T) {
	p := pool(t, "local_alias", `"AutoVerifiedAttributes":["email","phone_number"],"AliasAttributes":["email","phone_number","preferred_username"],"UsernameConfiguration":{"CaseSensitive":false}`)
	r := start(t, Options{Pools: []*Pool{p}})
	r.run(header+"\n,,,,,annie,,,,Anna@example.com,TRUE,,,,,+12015550123,TRUE,,,,anna\n,,,,,,,,,bert@example.com,FALSE,,,,,+12015550124,TRUE,,,,bert\n", "local_alias")
	for _, name := range []string{"anna", "bert"} {
		_, err := r.pools.AdminSetUserPassword(r.ctx, &cognitoidentityprovider.AdminSetUserPasswordInput{UserPoolId: aws.String("local_alias"), Username: &name, Password: aws.String(newPassword), Permanent: true})
		require.NoError(t, err)
	}
	app := r.app("local_alias", withSecret)
	for _, name := range []string{"anna", "ANNA", "annie", "anna@example.com", "Anna@EXAMPLE.com", "+12015550123"} {
		signed, err := r.signIn(app, name, newPassword)
		require.NoError(t, err, name)
		assert.Equal(t, "anna", r.claims("local_alias", *signed.IdToken)["cognito:username"])
		_, err = r.auth(app, "REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": *signed.RefreshToken, "SECRET_HASH": secretHash("anna", app)})
		assert.NoError(t, err)
	}
	_, err := r.signIn(app, "bert@example.com", newPassword) // not verified, so no alias
	fails(t, err, "UserNotFoundException", "User does not exist.")
}

func TestSecretHash(t *testing.T) {
	r := start(t, Options{})
	r.importHashes("BCRYPT", "anna")
	plain, app := r.app(defaultID), r.app(defaultID, withSecret)
	require.NotNil(t, app.ClientSecret)
	with := func(hash string) map[string]string {
		p := map[string]string{"USERNAME": "anna", "PASSWORD": oldPassword}
		if hash != "" {
			p["SECRET_HASH"] = hash
		}
		return p
	}
	_, err := r.auth(app, "USER_PASSWORD_AUTH", with(secretHash("anna", app)))
	assert.NoError(t, err)
	wrong := "Unable to verify secret hash for client "
	_, err = r.auth(app, "USER_PASSWORD_AUTH", with(secretHash("bert", app)))
	fails(t, err, "NotAuthorizedException", wrong+*app.ClientId)
	_, err = r.auth(plain, "USER_PASSWORD_AUTH", with(secretHash("anna", app)))
	fails(t, err, "NotAuthorizedException", wrong+*plain.ClientId)
	_, err = r.auth(app, "USER_PASSWORD_AUTH", with(""))
	fails(t, err, "NotAuthorizedException", "Client "+*app.ClientId+" is configured with secret but SECRET_HASH was not received")
	_, err = r.pools.ForgotPassword(r.ctx, &cognitoidentityprovider.ForgotPasswordInput{ClientId: app.ClientId, Username: aws.String("anna"), SecretHash: aws.String("AAAA")})
	fails(t, err, "NotAuthorizedException", wrong+*app.ClientId)
}

func TestFlowsThatAreNotAllowed(t *testing.T) {
	r := start(t, Options{})
	r.importHashes("BCRYPT", "anna")
	usual := r.app(defaultID, func(in *cognitoidentityprovider.CreateUserPoolClientInput) { in.ExplicitAuthFlows = nil })
	right := map[string]string{"USERNAME": "anna", "PASSWORD": oldPassword}
	_, err := r.auth(usual, "USER_PASSWORD_AUTH", right)
	fails(t, err, "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client")
	admin := &cognitoidentityprovider.AdminInitiateAuthInput{UserPoolId: aws.String(defaultID), ClientId: usual.ClientId, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: right}
	_, err = r.pools.AdminInitiateAuth(r.ctx, admin)
	fails(t, err, "InvalidParameterException", "Auth flow not enabled for this client")
	_, err = r.auth(usual, "ADMIN_USER_PASSWORD_AUTH", right)
	fails(t, err, "InvalidParameterException", "Initiate Auth method not supported.")
	app := r.app(defaultID)
	for missing, parameters := range map[string]map[string]string{"USERNAME": {"PASSWORD": "x"}, "PASSWORD": {"USERNAME": "anna"}} {
		_, err = r.auth(app, "USER_PASSWORD_AUTH", parameters)
		fails(t, err, "InvalidParameterException", "Missing required parameter "+missing)
	}
	_, err = r.auth(app, "REFRESH_TOKEN_AUTH", nil)
	fails(t, err, "InvalidParameterException", "Missing required parameter REFRESH_TOKEN")
	_, err = r.auth(&types.UserPoolClientType{ClientId: aws.String("none")}, "USER_PASSWORD_AUTH", right)
	fails(t, err, "ResourceNotFoundException", "User pool client none does not exist.")
}

// TestNewPasswordRequired is the first sign-in of a user with a temporary password.
func TestNewPasswordRequired(t *testing.T) {
	c := newClock()
	r := start(t, Options{Now: c.Now})
	r.run(csv("anna@example.com TRUE anna"))
	temporary := "Temporary-1"
	set := func() {
		_, err := r.pools.AdminSetUserPassword(r.ctx, &cognitoidentityprovider.AdminSetUserPasswordInput{UserPoolId: aws.String(defaultID), Username: aws.String("anna"), Password: &temporary})
		require.NoError(t, err)
	}
	set()
	app := r.app(defaultID)
	ask := func() *string {
		out, err := r.auth(app, "USER_PASSWORD_AUTH", map[string]string{"USERNAME": "anna", "PASSWORD": temporary})
		require.NoError(t, err)
		assert.EqualValues(t, "NEW_PASSWORD_REQUIRED", out.ChallengeName)
		assert.Nil(t, out.AuthenticationResult)
		assert.Equal(t, "anna", out.ChallengeParameters["USER_ID_FOR_SRP"])
		assert.JSONEq(t, `{"email":"anna@example.com","email_verified":"true"}`, out.ChallengeParameters["userAttributes"])
		return out.Session
	}
	answer := func(session *string, name, password string) (*cognitoidentityprovider.RespondToAuthChallengeOutput, error) {
		return r.pools.RespondToAuthChallenge(r.ctx, &cognitoidentityprovider.RespondToAuthChallengeInput{
			ClientId: app.ClientId, ChallengeName: "NEW_PASSWORD_REQUIRED", Session: session,
			ChallengeResponses: map[string]string{"USERNAME": name, "NEW_PASSWORD": password},
		})
	}
	session := ask()
	_, err := answer(session, "anna", "short")
	fails(t, err, "InvalidPasswordException", "Password did not conform with policy: Password not long enough")
	_, err = answer(session, "bert", newPassword)
	fails(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = answer(aws.String(*session+"AAAA"), "anna", newPassword)
	fails(t, err, "NotAuthorizedException", "Invalid session for the user.")
	c.add(3 * time.Minute)
	_, err = answer(session, "anna", newPassword)
	fails(t, err, "NotAuthorizedException", "Invalid session for the user, session is expired.")
	session = ask()
	out, err := answer(session, "anna", newPassword)
	require.NoError(t, err)
	assert.Equal(t, "anna", r.claims(defaultID, *out.AuthenticationResult.IdToken)["cognito:username"])
	_, err = answer(session, "anna", newPassword)
	fails(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = r.signIn(app, "anna", newPassword)
	assert.NoError(t, err)
	_, err = r.signIn(app, "anna", temporary)
	fails(t, err, "NotAuthorizedException", "Incorrect username or password.")
}

func TestForgotPassword(t *testing.T) {
	c := newClock()
	r := start(t, Options{Now: c.Now})
	r.importHashes("BCRYPT", "anna")
	r.run(csv("reset@example.com TRUE reset"))
	app, quiet := r.app(defaultID), r.app(defaultID, prevents)
	forgot := func(app *types.UserPoolClientType, name string) (*types.CodeDeliveryDetailsType, error) {
		out, err := r.pools.ForgotPassword(r.ctx, &cognitoidentityprovider.ForgotPasswordInput{ClientId: app.ClientId, Username: &name})
		if err != nil {
			return nil, err
		}
		return out.CodeDeliveryDetails, nil
	}
	confirm := func(app *types.UserPoolClientType, name, code, password string) error {
		_, err := r.pools.ConfirmForgotPassword(r.ctx, &cognitoidentityprovider.ConfirmForgotPasswordInput{ClientId: app.ClientId, Username: &name, ConfirmationCode: &code, Password: &password})
		return err
	}
	// wrong returns another code.
	wrong := func(code string) string { return fmt.Sprintf("%06d", (int(code[5]-'0')+1)%10) }
	expired := func(err error) {
		t.Helper()
		fails(t, err, "ExpiredCodeException", "Invalid code provided, please request a code again.")
	}
	for _, name := range []string{"anna", "reset"} {
		expired(confirm(app, name, "123456", newPassword))
		details, err := forgot(app, name)
		require.NoError(t, err)
		assert.Equal(t, types.CodeDeliveryDetailsType{AttributeName: aws.String("email"), DeliveryMedium: "EMAIL", Destination: aws.String(name[:1] + "***@e***")}, *details)
		m := r.lastMessage()
		assert.Equal(t, outbox.Message{Pool: defaultID, Username: name, To: name + "@example.com", Medium: "EMAIL", About: "forgot-password", Code: m.Code, Sent: c.Now()}, m)
		fails(t, confirm(app, name, wrong(m.Code), newPassword), "CodeMismatchException", "Invalid verification code provided, please try again.")
		fails(t, confirm(app, name, m.Code, "all-lower-1"), "InvalidPasswordException", "Password did not conform with policy: Password must have uppercase characters")
		require.NoError(t, confirm(app, name, m.Code, newPassword))
		expired(confirm(app, name, m.Code, newPassword))
		_, err = r.signIn(app, name, newPassword)
		assert.NoError(t, err)
		_, err = r.signIn(app, name, oldPassword)
		fails(t, err, "NotAuthorizedException", "Incorrect username or password.")
	}
	_, err := forgot(app, "anna")
	require.NoError(t, err)
	code := r.lastMessage().Code
	for range 5 {
		fails(t, confirm(app, "anna", wrong(code), newPassword), "CodeMismatchException", "Invalid verification code provided, please try again.")
	}
	fails(t, confirm(app, "anna", code, newPassword), "LimitExceededException", "Attempt limit exceeded, please try after some time.")
	_, err = forgot(app, "anna")
	require.NoError(t, err)
	c.add(time.Hour)
	expired(confirm(app, "anna", r.lastMessage().Code, newPassword))

	none := "Username/client id combination not found."
	_, err = forgot(app, "nobody")
	fails(t, err, "UserNotFoundException", none)
	fails(t, confirm(app, "nobody", "123456", newPassword), "UserNotFoundException", none)
	details, err := forgot(quiet, "nobody")
	require.NoError(t, err)
	assert.EqualValues(t, "EMAIL", details.DeliveryMedium)
	fails(t, confirm(quiet, "nobody", "123456", newPassword), "CodeMismatchException", "Invalid verification code provided, please try again.")

	p := r.server.pools[defaultID]
	require.NoError(t, r.server.changeUser(p, "anna", func(u *user) { u.disabled = true }))
	_, err = forgot(app, "anna")
	fails(t, err, "NotAuthorizedException", "User is disabled.")
	require.NoError(t, r.server.changeUser(p, "anna", func(u *user) { u.disabled, u.status = false, forceChangePassword }))
	_, err = forgot(app, "anna")
	fails(t, err, "NotAuthorizedException", "User password cannot be reset in the current state.")
	require.NoError(t, r.server.changeUser(p, "anna", func(u *user) { u.status, u.values = confirmed, nil }))
	_, err = forgot(app, "anna")
	fails(t, err, "InvalidParameterException", "Cannot reset password for the user as there is no registered/verified email or phone_number")
}

// TestResetByAnAdmin: the user gets a code, and signs in with a new password after it.
func TestResetByAnAdmin(t *testing.T) {
	p := pool(t, "local_sms", `"AutoVerifiedAttributes":["email","phone_number"],"AccountRecoverySetting":{"RecoveryMechanisms":[{"Name":"verified_email","Priority":2},{"Name":"verified_phone_number","Priority":1}]}`)
	r := start(t, Options{Pools: []*Pool{p}})
	r.run(header+"\n,,,,,,,,,anna@example.com,TRUE,,,,,+12015550123,TRUE,,,,anna\n", "local_sms")
	app := r.app("local_sms")
	_, err := r.pools.AdminResetUserPassword(r.ctx, &cognitoidentityprovider.AdminResetUserPasswordInput{UserPoolId: aws.String("local_sms"), Username: aws.String("anna")})
	require.NoError(t, err)
	_, err = r.signIn(app, "anna", newPassword)
	fails(t, err, "PasswordResetRequiredException", "Password reset required for the user")
	m := r.lastMessage()
	assert.Equal(t, "+12015550123", m.To)
	assert.Equal(t, "SMS", m.Medium)
	_, err = r.pools.ConfirmForgotPassword(r.ctx, &cognitoidentityprovider.ConfirmForgotPasswordInput{ClientId: app.ClientId, Username: aws.String("anna"), ConfirmationCode: &m.Code, Password: aws.String(newPassword)})
	require.NoError(t, err)
	signed, err := r.signIn(app, "anna", newPassword)
	require.NoError(t, err)

	change := func(before, after string) error {
		_, err := r.pools.ChangePassword(r.ctx, &cognitoidentityprovider.ChangePasswordInput{AccessToken: signed.AccessToken, PreviousPassword: &before, ProposedPassword: &after})
		return err
	}
	fails(t, change("wrong", oldPassword), "NotAuthorizedException", "Incorrect username or password.")
	fails(t, change(newPassword, "No-digits-here"), "InvalidPasswordException", "Password did not conform with policy: Password must have numeric characters")
	require.NoError(t, change(newPassword, oldPassword))
	_, err = r.signIn(app, "anna", oldPassword)
	assert.NoError(t, err)
	_, err = r.signIn(app, "anna", newPassword)
	fails(t, err, "NotAuthorizedException", "Incorrect username or password.")
}

func TestClients(t *testing.T) {
	other := pool(t, "local_other", `"AutoVerifiedAttributes":["email"]`)
	c := newClock()
	dir := t.TempDir()
	r := start(t, Options{Now: c.Now, DataDir: dir, Pools: []*Pool{DefaultPool(), other}})
	long := r.app(defaultID, withSecret, func(in *cognitoidentityprovider.CreateUserPoolClientInput) {
		in.AccessTokenValidity, in.RefreshTokenValidity = aws.Int32(10), 90
		in.TokenValidityUnits = &types.TokenValidityUnitsType{AccessToken: "minutes", RefreshToken: "minutes"}
		in.CallbackURLs = []string{"https://example.com/callback"}
	})
	assert.Regexp(t, `^[a-z0-9]{26}$`, *long.ClientId)
	ids := map[string]bool{*long.ClientId: true}
	for range 4 {
		ids[*r.app(defaultID).ClientId] = true
	}
	elsewhere := r.app("local_other")
	r.close()
	r = start(t, Options{Now: c.Now, DataDir: dir, Pools: []*Pool{DefaultPool(), other}})
	out, err := r.pools.DescribeUserPoolClient(r.ctx, &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: aws.String(defaultID), ClientId: long.ClientId})
	require.NoError(t, err)
	assert.Equal(t, long, out.UserPoolClient)
	assert.Equal(t, c.Now(), *out.UserPoolClient.CreationDate)
	var missing *types.ResourceNotFoundException
	_, err = r.pools.DescribeUserPoolClient(r.ctx, &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: aws.String(defaultID), ClientId: elsewhere.ClientId})
	assert.ErrorAs(t, err, &missing)

	listed := make(map[string]bool)
	pages := cognitoidentityprovider.NewListUserPoolClientsPaginator(r.pools, &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: aws.String(defaultID), MaxResults: aws.Int32(2)})
	n := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		require.NoError(t, err)
		n++
		for _, d := range page.UserPoolClients {
			listed[*d.ClientId] = true
		}
	}
	assert.Equal(t, ids, listed)
	assert.Equal(t, 3, n)
	_, err = r.pools.ListUserPoolClients(r.ctx, &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: aws.String(defaultID), NextToken: aws.String("none")})
	var invalid *types.InvalidParameterException
	assert.ErrorAs(t, err, &invalid)
	for name, change := range map[string]func(*cognitoidentityprovider.CreateUserPoolClientInput){
		"a name that is none": func(in *cognitoidentityprovider.CreateUserPoolClientInput) { in.ClientName = aws.String("a/b") },
		"mixed flows": func(in *cognitoidentityprovider.CreateUserPoolClientInput) {
			in.ExplicitAuthFlows = append(in.ExplicitAuthFlows, "USER_PASSWORD_AUTH")
		},
		"an unknown flow": func(in *cognitoidentityprovider.CreateUserPoolClientInput) {
			in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_ALL"}
		},
		"too short": func(in *cognitoidentityprovider.CreateUserPoolClientInput) {
			in.AccessTokenValidity, in.TokenValidityUnits = aws.Int32(60), &types.TokenValidityUnitsType{AccessToken: "seconds"}
		},
		"too long": func(in *cognitoidentityprovider.CreateUserPoolClientInput) { in.RefreshTokenValidity = 4000 },
		"two secrets": func(in *cognitoidentityprovider.CreateUserPoolClientInput) {
			in.GenerateSecret, in.ClientSecret = true, aws.String(strings.Repeat("a", 24))
		},
		"an odd value": func(in *cognitoidentityprovider.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "YES" },
	} {
		in := &cognitoidentityprovider.CreateUserPoolClientInput{UserPoolId: aws.String(defaultID), ClientName: aws.String("app"), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}}
		change(in)
		_, err := r.pools.CreateUserPoolClient(r.ctx, in)
		assert.ErrorAs(t, err, &invalid, name)
	}
}

// TestStateFromBeforeSignIn opens a state that an emulator without sign-in has left.
func TestStateFromBeforeSignIn(t *testing.T) {
	dir := t.TempDir()
	r := start(t, Options{DataDir: dir})
	r.run(csv("anna@example.com TRUE anna"))
	r.close()
	db, err := bbolt.Open(filepath.Join(dir, StateFile), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		var errs []error
		for _, name := range []string{"hashes", "hashes-imported", "signin-clients", "signin-users", "signin-revoked", "signin-keys"} {
			errs = append(errs, tx.DeleteBucket([]byte(name)))
		}
		return errors.Join(errs...)
	}))
	require.NoError(t, db.Close())
	r = start(t, Options{DataDir: dir, ForgetHashes: true})
	_, err = r.signIn(r.app(defaultID), "anna", oldPassword)
	fails(t, err, "PasswordResetRequiredException", "Password reset required for the user")
}
