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
	"poolprep/cmd/poolprep/internal/emulator/users"
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

// TestWhoCannotSignIn has what an application gets for users who cannot, with a client that
// says who exists and with one that does not.
func TestWhoCannotSignIn(t *testing.T) {
	r := start(t, Options{})
	r.importHashes("BCRYPT", "off", "unconfirmed")
	r.run(csv("reset@example.com TRUE reset", "plain@example.com TRUE plain"))
	change := func(name string, f func(*users.User)) {
		require.NoError(t, r.server.changeUser(r.server.pools.Get(defaultID), name, f))
	}
	change("off", func(u *users.User) { u.Disabled = true })
	change("unconfirmed", func(u *users.User) { u.Status = users.Unconfirmed })
	change("plain", func(u *users.User) { u.Status = users.Confirmed }) // without a password
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
