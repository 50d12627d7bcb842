package emulator

import (
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/emulator/users"
)

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
	require.NoError(t, r.server.changeUser(r.server.pools.Get(defaultID), "anna", func(u *users.User) { u.Disabled = true }))
	fails(t, renew(fourth), "NotAuthorizedException", "User is disabled.")
	fails(t, access(fourth), "NotAuthorizedException", "User is disabled.")
	_, err = r.pools.DeleteUserPoolClient(r.ctx, &cognitoidentityprovider.DeleteUserPoolClientInput{UserPoolId: aws.String(defaultID), ClientId: app.ClientId})
	require.NoError(t, err)
	fails(t, access(fourth), "NotAuthorizedException", "Invalid Access Token")
	var missing *types.ResourceNotFoundException
	assert.ErrorAs(t, renew(fourth), &missing)
}

// TestManySignInsAtOnce signs in, out and up again in many goroutines, with a job that
// imports beside them.
func TestManySignInsAtOnce(t *testing.T) {
	r := start(t, Options{DataDir: t.TempDir()})
	r.importHashes("BCRYPT", "anna", "bert", "carl")
	app := r.app(defaultID)
	j := r.ready("beside", many(5000))
	_, err := r.start(j)
	require.NoError(t, err)
	var users sync.WaitGroup
	for _, name := range []string{"anna", "bert", "carl"} {
		users.Go(func() {
			password := oldPassword
			for _, next := range []string{newPassword, oldPassword, newPassword} {
				signed, err := r.signIn(app, name, password)
				if !assert.NoError(t, err) {
					return
				}
				_, err = r.pools.ChangePassword(r.ctx, &cognitoidentityprovider.ChangePasswordInput{AccessToken: signed.AccessToken, PreviousPassword: &password, ProposedPassword: &next})
				assert.NoError(t, err)
				_, err = r.signIn(app, name, password)
				assert.Error(t, err)
				password = next
				_, err = r.pools.GlobalSignOut(r.ctx, &cognitoidentityprovider.GlobalSignOutInput{AccessToken: signed.AccessToken})
				assert.NoError(t, err)
				_, err = r.pools.GetUser(r.ctx, &cognitoidentityprovider.GetUserInput{AccessToken: signed.AccessToken})
				assert.Error(t, err)
			}
		})
	}
	users.Wait()
	assert.EqualValues(t, 5000, r.wait(j).ImportedUsers)
}
