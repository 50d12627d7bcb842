package emulator

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSignUp follows a user from the form of an app to the first sign-in.
func TestSignUp(t *testing.T) {
	p := pool(t, "local_alias", `"AliasAttributes":["email"],"AutoVerifiedAttributes":["email"]`)
	r := start(t, Options{Pools: []*Pool{p}})
	app := r.app("local_alias")
	signUp := func(name, password string, pairs ...string) (*idp.SignUpOutput, error) {
		return r.pools.SignUp(r.ctx, &idp.SignUpInput{ClientId: app.ClientId, Username: &name, Password: &password, UserAttributes: attributesFor(pairs...)})
	}
	_, err := signUp("anna", "short")
	fails(t, err, "InvalidPasswordException", "Password did not conform with policy: Password not long enough")
	_, err = signUp("anna", newPassword, "email_verified", "true")
	fails(t, err, "NotAuthorizedException", "A client attempted to write unauthorized attribute")
	out, err := signUp("anna", newPassword, "email", "anna@example.com")
	require.NoError(t, err)
	assert.False(t, out.UserConfirmed)
	assert.Equal(t, "email", *out.CodeDeliveryDetails.AttributeName)
	_, err = signUp("anna", newPassword)
	fails(t, err, "UsernameExistsException", "User already exists")
	_, err = r.signIn(app, "anna", newPassword)
	fails(t, err, "UserNotConfirmedException", "User is not confirmed.")

	confirm := func(name, code string, move bool) error {
		_, err := r.pools.ConfirmSignUp(r.ctx, &idp.ConfirmSignUpInput{ClientId: app.ClientId, Username: &name, ConfirmationCode: &code, ForceAliasCreation: move})
		return err
	}
	fails(t, confirm("anna", "000000x", false), "CodeMismatchException", "Invalid verification code provided, please try again.")
	_, err = r.pools.ResendConfirmationCode(r.ctx, &idp.ResendConfirmationCodeInput{ClientId: app.ClientId, Username: aws.String("anna")})
	require.NoError(t, err)
	require.NoError(t, confirm("anna", r.lastMessage().Code, false))
	fails(t, confirm("anna", "1", false), "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
	_, err = r.pools.ResendConfirmationCode(r.ctx, &idp.ResendConfirmationCodeInput{ClientId: app.ClientId, Username: aws.String("anna")})
	fails(t, err, "InvalidParameterException", "User is already confirmed.")
	for _, name := range []string{"anna", "anna@example.com"} {
		_, err = r.signIn(app, name, newPassword)
		require.NoError(t, err, name)
	}

	// The address of somebody else stays theirs, unless it is to move.
	_, err = signUp("ben", newPassword, "email", "anna@example.com")
	require.NoError(t, err)
	fails(t, confirm("ben", r.lastMessage().Code, false), "AliasExistsException", "An account with the email already exists.")
	require.NoError(t, confirm("ben", r.lastMessage().Code, true))
	found, err := r.pools.AdminGetUser(r.ctx, &idp.AdminGetUserInput{UserPoolId: aws.String("local_alias"), Username: aws.String("anna@example.com")})
	require.NoError(t, err)
	assert.Equal(t, "ben", *found.Username)
	fails(t, confirm("nobody", "1", false), "UserNotFoundException", "User does not exist.")
	described, err := r.pools.DescribeUserPool(r.ctx, &idp.DescribeUserPoolInput{UserPoolId: aws.String("local_alias")})
	require.NoError(t, err)
	assert.EqualValues(t, 2, described.UserPool.EstimatedNumberOfUsers)
}
