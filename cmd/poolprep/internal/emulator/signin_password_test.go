package emulator

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/emulator/outbox"
	"poolprep/cmd/poolprep/internal/emulator/users"
)

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

	p := r.server.pools.Get(defaultID)
	require.NoError(t, r.server.changeUser(p, "anna", func(u *users.User) { u.Disabled = true }))
	_, err = forgot(app, "anna")
	fails(t, err, "NotAuthorizedException", "User is disabled.")
	require.NoError(t, r.server.changeUser(p, "anna", func(u *users.User) { u.Disabled, u.Status = false, users.ForceChangePassword }))
	_, err = forgot(app, "anna")
	fails(t, err, "NotAuthorizedException", "User password cannot be reset in the current state.")
	require.NoError(t, r.server.changeUser(p, "anna", func(u *users.User) { u.Status, u.Values = users.Confirmed, nil }))
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
