package emulator

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// TestSecretsAreShownNowhere signs in, fails to, and resets, and looks for passwords, hashes,
// tokens and codes in every answer and in the log of requests.
func TestSecretsAreShownNowhere(t *testing.T) {
	var log, answers lockedBuffer
	dir := t.TempDir()
	server, err := New(Options{Log: &log, DataDir: dir})
	require.NoError(t, err)
	r := serve(t, server)
	hash := hashOfOld(t, "BCRYPT")
	r.importRows("BCRYPT", ",,,,,,,,,anna@example.com,TRUE,,,,,,,,,,anna,"+hash+"\n", ",,,,,,,,,bert@example.com,TRUE,,,,,,,,,,bert,"+strings.Replace(hash, "$04$", "$14$", 1)+"\n")
	app := r.app(defaultID, withSecret)

	// From here on every answer is kept, with what it may have taken out.
	var tokens []string
	keep := http.DefaultTransport
	http.DefaultTransport = keeping{keep, &answers}
	t.Cleanup(func() { http.DefaultTransport = keep })

	signed, err := r.signIn(app, "anna", oldPassword)
	require.NoError(t, err)
	tokens = append(tokens, *signed.AccessToken, *signed.IdToken, *signed.RefreshToken)
	answers.Reset() // the tokens belong into this answer
	_, err = r.signIn(app, "anna", "Wrong-password-1")
	require.Error(t, err)
	for _, password := range []string{"short-Canary", "", "with space Canary-1", strings.Repeat("Canary-1", 40)} {
		_, err = r.pools.AdminSetUserPassword(r.ctx, &cognitoidentityprovider.AdminSetUserPasswordInput{UserPoolId: aws.String(defaultID), Username: aws.String("anna"), Password: &password})
		require.Error(t, err)
		_, err = r.pools.ChangePassword(r.ctx, &cognitoidentityprovider.ChangePasswordInput{AccessToken: signed.AccessToken, PreviousPassword: aws.String("Canary old"), ProposedPassword: &password})
		require.Error(t, err)
	}
	for _, token := range append(tokens, *signed.AccessToken+"é Canary") {
		_, err = r.pools.GetUser(r.ctx, &cognitoidentityprovider.GetUserInput{AccessToken: &token})
		if token != *signed.AccessToken {
			require.Error(t, err)
		}
		_, err = r.auth(app, "REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": token, "SECRET_HASH": "Canary"})
		require.Error(t, err)
	}
	_, err = r.pools.ForgotPassword(r.ctx, &cognitoidentityprovider.ForgotPasswordInput{ClientId: app.ClientId, Username: aws.String("anna"), SecretHash: aws.String(secretHash("anna", app))})
	require.NoError(t, err)
	r.users(defaultID)
	for _, name := range []string{"anna"} {
		_, err = r.pools.AdminGetUser(r.ctx, &cognitoidentityprovider.AdminGetUserInput{UserPoolId: aws.String(defaultID), Username: &name})
		require.NoError(t, err)
	}
	_, err = r.pools.DescribeUserPool(r.ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String(defaultID)})
	require.NoError(t, err)
	_, err = r.pools.ListUserPoolClients(r.ctx, &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: aws.String(defaultID)})
	require.NoError(t, err)
	seen := answers.String()
	require.Contains(t, seen, "anna@example.com", "the answers were kept")

	http.DefaultTransport = keep
	code := r.lastMessage().Code
	secrets := append(tokens, code, *app.ClientSecret, oldPassword, "Wrong-password-1", "Canary", hash, hash[7:], secretHash("anna", app))
	for i, secret := range secrets {
		assert.NotContains(t, log.String(), secret, "secret %d in the log", i)
		if secret != code {
			assert.NotContains(t, seen, secret, "secret %d in an answer", i)
		}
	}
	assert.NotContains(t, seen, `"`+code+`"`)
	assert.NotEmpty(t, log.String())

	// The state keeps hashes of passwords, readable by its owner alone; no password, and no
	// token that would let anybody in.
	r.close()
	state, err := os.ReadFile(filepath.Join(dir, StateFile))
	require.NoError(t, err)
	for i, secret := range append(tokens, oldPassword) {
		assert.False(t, bytes.Contains(state, []byte(secret)), "secret %d in the state", i)
	}
	info, err := os.Stat(filepath.Join(dir, StateFile))
	require.NoError(t, err)
	assert.EqualValues(t, 0o600, info.Mode().Perm())
}

// keeping is a transport that keeps all answers.
type keeping struct {
	http.RoundTripper
	answers io.Writer
}

func (k keeping) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := k.RoundTripper.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		return nil, err
	}
	_, _ = k.answers.Write(body)
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}
