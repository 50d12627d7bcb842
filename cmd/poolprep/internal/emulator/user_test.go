package emulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/users"
)

func TestListUsers(t *testing.T) {
	r := start(t, Options{})
	file := many(7) + `,Anna,,,,,,,,"an@example.com,TRUE,,,,,,,,,,x` + "\n" + `Anna "A" Berg,Anna,Berg,,,,,,,anna@example.com,TRUE,,,,,+12015550123,FALSE,,,,anna` + "\n"
	r.run(file)
	list := func(filter string, limit int32, token *string) (names []string, next *string) {
		t.Helper()
		in := &cognitoidentityprovider.ListUsersInput{UserPoolId: aws.String(defaultID), PaginationToken: token}
		if limit > 0 {
			in.Limit = &limit
		}
		if filter != "" {
			in.Filter = &filter
		}
		out, err := r.pools.ListUsers(r.ctx, in)
		require.NoError(t, err, filter)
		for _, u := range out.Users {
			names = append(names, *u.Username)
		}
		return names, out.PaginationToken
	}
	for limit := int32(1); limit <= 9; limit++ {
		var got []string
		names, token := list("", limit, nil)
		for got = names; token != nil; got = append(got, names...) {
			names, token = list("", limit, token)
			assert.NotEmpty(t, names)
		}
		assert.Equal(t, "anna user000000 user000001 user000002 user000003 user000004 user000005 user000006", strings.Join(got, " "), "%d a page", limit)
	}
	for filter, want := range map[string]string{
		`username = "user000003"`:                "user000003",
		`username = "user00000"`:                 "",
		`username ^= "user00000"`:                "user000000 user000001 user000002 user000003 user000004 user000005 user000006",
		`username ^= "z"`:                        "",
		`email = "u4@example.com"`:               "user000004",
		`email^="anna"`:                          "anna",
		`phone_number = "+12015550123"`:          "anna",
		`name = "Anna \"A\" Berg"`:               "anna",
		`family_name ^= "Be"`:                    "anna",
		`given_name = "anna"`:                    "",
		`cognito:user_status = "CONFIRMED"`:      "",
		`cognito:user_status = "RESET_REQUIRED"`: "anna user000000 user000001 user000002 user000003 user000004 user000005 user000006",
		`status = "Disabled"`:                    "",
		`sub = "x"`:                              "",
		``:                                       "anna user000000 user000001 user000002 user000003 user000004 user000005 user000006",
	} {
		names, token := list(filter, 0, nil)
		assert.Equal(t, want, strings.Join(names, " "), filter)
		assert.Nil(t, token)
	}
	names, token := list(`username ^= "user"`, 5, nil)
	assert.Len(t, names, 5)
	names, token = list(`username ^= "user"`, 5, token)
	assert.Equal(t, []string{"user000005", "user000006"}, names)
	assert.Nil(t, token)

	out, err := r.pools.ListUsers(r.ctx, &cognitoidentityprovider.ListUsersInput{UserPoolId: aws.String(defaultID), AttributesToGet: []string{"email"}, Filter: aws.String(`username = "anna"`)})
	require.NoError(t, err)
	assert.Equal(t, []types.AttributeType{{Name: aws.String("email"), Value: aws.String("anna@example.com")}}, out.Users[0].Attributes)
	sub := attribute(r.users(defaultID)["anna"], "sub")
	names, _ = list(fmt.Sprintf("sub = %q", sub), 0, nil)
	assert.Equal(t, []string{"anna"}, names)

	var invalid *types.InvalidParameterException
	for name, in := range map[string]*cognitoidentityprovider.ListUsersInput{
		"filter":    {UserPoolId: aws.String(defaultID), Filter: aws.String(`username like "x"`)},
		"attribute": {UserPoolId: aws.String(defaultID), Filter: aws.String(`birthdate = "x"`)},
		"to get":    {UserPoolId: aws.String(defaultID), AttributesToGet: []string{"shoe_size"}},
		"token":     {UserPoolId: aws.String(defaultID), PaginationToken: aws.String("x")},
	} {
		_, err := r.pools.ListUsers(r.ctx, in)
		assert.ErrorAs(t, err, &invalid, name)
	}
}

func TestPasswords(t *testing.T) {
	c := newClock()
	strict := pool(t, "local_strict", `"AutoVerifiedAttributes":["email","phone_number"],"Policies":{"PasswordPolicy":{"MinimumLength":10,"RequireUppercase":true,"RequireLowercase":true,"RequireNumbers":true,"RequireSymbols":true}}`)
	r := start(t, Options{Now: c.Now, Pools: []*Pool{DefaultPool(), strict}})
	r.run(csv("a@example.com TRUE anna"))
	r.run(csv("a@example.com TRUE anna"), "local_strict")
	made := c.Now()
	c.add(time.Minute)
	status := func() types.UserStatusType {
		out, err := r.pools.AdminGetUser(r.ctx, &cognitoidentityprovider.AdminGetUserInput{UserPoolId: aws.String(defaultID), Username: aws.String("anna")})
		require.NoError(t, err)
		assert.Equal(t, made, *out.UserCreateDate)
		assert.True(t, out.Enabled)
		if out.UserStatus != "RESET_REQUIRED" {
			assert.Equal(t, c.Now(), *out.UserLastModifiedDate)
		}
		return out.UserStatus
	}
	set := func(pool, user, password string, permanent bool) error {
		_, err := r.pools.AdminSetUserPassword(r.ctx, &cognitoidentityprovider.AdminSetUserPasswordInput{UserPoolId: &pool, Username: &user, Password: &password, Permanent: permanent})
		return err
	}
	reset := func(user string) error {
		_, err := r.pools.AdminResetUserPassword(r.ctx, &cognitoidentityprovider.AdminResetUserPasswordInput{UserPoolId: aws.String(defaultID), Username: &user})
		return err
	}
	assert.EqualValues(t, "RESET_REQUIRED", status())
	require.NoError(t, set(defaultID, "anna", "Pass-word-1", true))
	assert.EqualValues(t, "CONFIRMED", status())
	require.NoError(t, reset("anna"))
	assert.EqualValues(t, "RESET_REQUIRED", status())
	require.NoError(t, set(defaultID, "anna", "Pass-word-1", false))
	assert.EqualValues(t, "FORCE_CHANGE_PASSWORD", status())
	var notAuthorized *types.NotAuthorizedException
	assert.ErrorAs(t, reset("anna"), &notAuthorized)
	var noUser *types.UserNotFoundException
	assert.ErrorAs(t, reset("bert"), &noUser)
	assert.ErrorAs(t, set(defaultID, "bert", "Pass-word-1", true), &noUser)
	var invalid *types.InvalidPasswordException
	assert.ErrorAs(t, set(defaultID, "anna", "short", true), &invalid)
	for _, bad := range []string{"Aa1!Aa1!A", "aa1!aa1!aa", "AA1!AA1!AA", "Aaa!Aaa!Aa", "Aa11Aa11Aa"} {
		assert.ErrorAs(t, set("local_strict", "anna", bad, true), &invalid, bad)
	}
	assert.NoError(t, set("local_strict", "anna", "Aa1!Aa1!Aa", true))
}

// TestResetNeedsAWay refuses to reset where no code could be sent.
func TestResetNeedsAWay(t *testing.T) {
	p := pool(t, "local_phone", `"AutoVerifiedAttributes":["email","phone_number"]`)
	r := start(t, Options{Pools: []*Pool{p}})
	r.run(header+"\n,,,,,,,,,,,,,,,+12015550123,TRUE,,,,phone\n", "local_phone")
	_, err := r.pools.AdminResetUserPassword(r.ctx, &cognitoidentityprovider.AdminResetUserPasswordInput{UserPoolId: aws.String("local_phone"), Username: aws.String("phone")})
	assert.NoError(t, err)
	require.NoError(t, r.server.changeUser(p, "phone", func(u *users.User) { u.Values = nil }))
	_, err = r.pools.AdminResetUserPassword(r.ctx, &cognitoidentityprovider.AdminResetUserPasswordInput{UserPoolId: aws.String("local_phone"), Username: aws.String("phone")})
	var invalid *types.InvalidParameterException
	assert.ErrorAs(t, err, &invalid)
}

// changeUser changes a user as f says.
func (s *Server) changeUser(p *Pool, name string, f func(*users.User)) error {
	return s.store.Update(func(tx *bbolt.Tx) error {
		key, u, err := s.users.Find(tx, p, name)
		if err != nil {
			return err
		}
		f(u)
		bucket, err := store.In(tx, store.Users, p.Schema.ID)
		if err != nil {
			return err
		}
		return bucket.Put(key, users.Append(nil, u))
	})
}
