package emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func attributesFor(pairs ...string) (list []types.AttributeType) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, types.AttributeType{Name: &pairs[i], Value: &pairs[i+1]})
	}
	return list
}

// TestUsersOfAnAdministrator makes and changes users.
func TestUsersOfAnAdministrator(t *testing.T) {
	p := pool(t, "local_alias", `"AliasAttributes":["email"],"AutoVerifiedAttributes":["email"]`)
	r := start(t, Options{Pools: []*Pool{p}})
	id := aws.String("local_alias")
	create := func(name string, change func(*idp.AdminCreateUserInput), pairs ...string) (*types.UserType, error) {
		in := &idp.AdminCreateUserInput{UserPoolId: id, Username: &name, UserAttributes: attributesFor(pairs...)}
		if change != nil {
			change(in)
		}
		out, err := r.pools.AdminCreateUser(r.ctx, in)
		if err != nil {
			return nil, err
		}
		return out.User, nil
	}
	messages := func() (all []map[string]any) {
		answer, err := http.Get(r.http.URL + "/_poolprep/outbox")
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &all))
		return all
	}
	u, err := create("anna", nil, "email", "anna@example.com", "email_verified", "true", "name", "Anna")
	require.NoError(t, err)
	assert.EqualValues(t, "FORCE_CHANGE_PASSWORD", u.UserStatus)
	require.Len(t, messages(), 1)
	assert.Equal(t, "anna@example.com", messages()[0]["to"])
	assert.NotEmpty(t, messages()[0]["code"])
	_, err = create("ben", func(in *idp.AdminCreateUserInput) {
		in.MessageAction, in.TemporaryPassword = types.MessageActionTypeSuppress, aws.String("Temporary-1!")
	}, "phone_number", "+12015550100", "phone_number_verified", "true")
	require.NoError(t, err)
	assert.Len(t, messages(), 1)
	_, err = create("ben", func(in *idp.AdminCreateUserInput) { in.MessageAction = types.MessageActionTypeResend })
	require.NoError(t, err)
	assert.Equal(t, "SMS", messages()[1]["medium"])

	for name, c := range map[string]struct {
		err   error
		into  any
		words string
	}{
		"exists":    {second(create("anna", nil)), new(*types.UsernameExistsException), "User account already exists"},
		"alias":     {second(create("other", nil, "email", "anna@example.com", "email_verified", "true")), new(smithy.APIError), "AliasExistsException: An account with the email already exists."},
		"attribute": {second(create("other", nil, "custom:none", "x")), new(*types.InvalidParameterException), "custom:none: Attribute does not exist in the schema."},
		"phone":     {second(create("other", nil, "phone_number", "12")), new(*types.InvalidParameterException), "Invalid phone number format."},
		"password":  {second(create("other", func(in *idp.AdminCreateUserInput) { in.TemporaryPassword = aws.String("short") })), new(*types.InvalidPasswordException), "Password did not conform with policy"},
		"resend":    {second(create("other", func(in *idp.AdminCreateUserInput) { in.MessageAction = types.MessageActionTypeResend })), new(*types.UserNotFoundException), ""},
	} {
		assert.ErrorAs(t, c.err, c.into, name)
		assert.ErrorContains(t, c.err, c.words, name)
	}

	get := func(name string) *idp.AdminGetUserOutput {
		out, err := r.pools.AdminGetUser(r.ctx, &idp.AdminGetUserInput{UserPoolId: id, Username: &name})
		require.NoError(t, err, name)
		return out
	}
	_, err = r.pools.AdminUpdateUserAttributes(r.ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: id, Username: aws.String("anna"), UserAttributes: attributesFor("email", "new@example.com")})
	require.NoError(t, err)
	_, err = r.pools.AdminGetUser(r.ctx, &idp.AdminGetUserInput{UserPoolId: id, Username: aws.String("anna@example.com")})
	assert.Error(t, err, "the old address is no alias any more, and the new one not verified")
	_, err = create("cleo", nil, "email", "anna@example.com", "email_verified", "true")
	require.NoError(t, err)
	assert.Equal(t, "cleo", *get("anna@example.com").Username)
	_, err = r.pools.AdminDeleteUserAttributes(r.ctx, &idp.AdminDeleteUserAttributesInput{UserPoolId: id, Username: aws.String("anna"), UserAttributeNames: []string{"name"}})
	require.NoError(t, err)
	for _, a := range get("anna").UserAttributes {
		assert.NotEqual(t, "name", *a.Name)
	}
	_, err = r.pools.AdminDisableUser(r.ctx, &idp.AdminDisableUserInput{UserPoolId: id, Username: aws.String("anna")})
	require.NoError(t, err)
	assert.False(t, get("anna").Enabled)
	for status, want := range map[string]int{"Disabled": 1, "Enabled": 2} {
		found, err := r.pools.ListUsers(r.ctx, &idp.ListUsersInput{UserPoolId: id, Filter: aws.String(`status = "` + status + `"`)})
		require.NoError(t, err)
		assert.Len(t, found.Users, want, status)
	}
	_, err = r.pools.AdminEnableUser(r.ctx, &idp.AdminEnableUserInput{UserPoolId: id, Username: aws.String("anna")})
	require.NoError(t, err)
	assert.True(t, get("anna").Enabled)
	_, err = r.pools.AdminConfirmSignUp(r.ctx, &idp.AdminConfirmSignUpInput{UserPoolId: id, Username: aws.String("anna")})
	assert.ErrorAs(t, err, new(*types.NotAuthorizedException))
	described, err := r.pools.DescribeUserPool(r.ctx, &idp.DescribeUserPoolInput{UserPoolId: id})
	require.NoError(t, err)
	assert.EqualValues(t, 3, described.UserPool.EstimatedNumberOfUsers)
}

func second(_ *types.UserType, err error) error { return err }
