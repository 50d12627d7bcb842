package emulator

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGroups(t *testing.T) {
	r := start(t, Options{})
	r.run(many(5))
	pool := aws.String(defaultID)
	for i, name := range []string{"admins", "readers", "Ünited", "none"} {
		in := &idp.CreateGroupInput{UserPoolId: pool, GroupName: &name}
		if i < 3 {
			in.Precedence = aws.Int32(int32(3 - i))
		}
		out, err := r.pools.CreateGroup(r.ctx, in)
		require.NoError(t, err)
		assert.Equal(t, name, *out.Group.GroupName)
	}
	_, err := r.pools.CreateGroup(r.ctx, &idp.CreateGroupInput{UserPoolId: pool, GroupName: aws.String("admins")})
	assert.ErrorAs(t, err, new(*types.GroupExistsException))
	_, err = r.pools.GetGroup(r.ctx, &idp.GetGroupInput{UserPoolId: pool, GroupName: aws.String("nobody")})
	assert.ErrorAs(t, err, new(*types.ResourceNotFoundException))
	_, err = r.pools.CreateGroup(r.ctx, &idp.CreateGroupInput{UserPoolId: pool, GroupName: aws.String("a b")})
	assert.ErrorAs(t, err, new(*types.InvalidParameterException))

	add := func(user, group string) error {
		_, err := r.pools.AdminAddUserToGroup(r.ctx, &idp.AdminAddUserToGroupInput{UserPoolId: pool, Username: &user, GroupName: &group})
		return err
	}
	for i := range 5 {
		require.NoError(t, add(fmt.Sprintf("user%06d", i), "readers"))
		require.NoError(t, add(fmt.Sprintf("user%06d", i), "readers"), "again")
	}
	for _, g := range []string{"none", "admins", "Ünited"} {
		require.NoError(t, add("user000000", g))
	}
	assert.ErrorAs(t, add("nobody", "readers"), new(*types.UserNotFoundException))
	assert.ErrorAs(t, add("user000000", "nobody"), new(*types.ResourceNotFoundException))

	inGroup := func(group string) (names []string) {
		for pages := idp.NewListUsersInGroupPaginator(r.pools, &idp.ListUsersInGroupInput{UserPoolId: pool, GroupName: &group, Limit: aws.Int32(2)}); pages.HasMorePages(); {
			page, err := pages.NextPage(r.ctx)
			require.NoError(t, err)
			for _, u := range page.Users {
				names = append(names, *u.Username)
			}
		}
		return names
	}
	groupsFor := func(user string) (names []string) {
		for pages := idp.NewAdminListGroupsForUserPaginator(r.pools, &idp.AdminListGroupsForUserInput{UserPoolId: pool, Username: &user, Limit: aws.Int32(1)}); pages.HasMorePages(); {
			page, err := pages.NextPage(r.ctx)
			require.NoError(t, err)
			for _, g := range page.Groups {
				names = append(names, *g.GroupName)
			}
		}
		return names
	}
	assert.Equal(t, []string{"user000000", "user000001", "user000002", "user000003", "user000004"}, inGroup("readers"))
	assert.Equal(t, []string{"admins", "none", "readers", "Ünited"}, groupsFor("user000000"))

	// A user who is deleted leaves the groups, and a group its users.
	_, err = r.pools.AdminDeleteUser(r.ctx, &idp.AdminDeleteUserInput{UserPoolId: pool, Username: aws.String("user000003")})
	require.NoError(t, err)
	_, err = r.pools.AdminRemoveUserFromGroup(r.ctx, &idp.AdminRemoveUserFromGroupInput{UserPoolId: pool, Username: aws.String("user000004"), GroupName: aws.String("readers")})
	require.NoError(t, err)
	assert.Equal(t, []string{"user000000", "user000001", "user000002"}, inGroup("readers"))
	assert.Len(t, r.users(defaultID), 4)
	_, err = r.pools.DeleteGroup(r.ctx, &idp.DeleteGroupInput{UserPoolId: pool, GroupName: aws.String("readers")})
	require.NoError(t, err)
	assert.Equal(t, []string{"admins", "none", "Ünited"}, groupsFor("user000000"))
	assert.Empty(t, groupsFor("user000001"))
	list, err := r.pools.ListGroups(r.ctx, &idp.ListGroupsInput{UserPoolId: pool})
	require.NoError(t, err)
	assert.Len(t, list.Groups, 3)
}

func TestDeletedUserIsGone(t *testing.T) {
	p := pool(t, "local_alias", `"AliasAttributes":["email"],"AutoVerifiedAttributes":["email"]`)
	r := start(t, Options{Pools: []*Pool{p}})
	get := func(name string) error {
		_, err := r.pools.AdminGetUser(r.ctx, &idp.AdminGetUserInput{UserPoolId: aws.String("local_alias"), Username: &name})
		return err
	}
	for range 2 { // the address is free again
		j := r.ready("job", many(2), "local_alias")
		_, err := r.start(j)
		require.NoError(t, err)
		assert.EqualValues(t, 2, r.wait(j).ImportedUsers)
		require.NoError(t, get("u1@example.com"))
		for _, name := range []string{"user000000", "u1@example.com"} {
			_, err := r.pools.AdminDeleteUser(r.ctx, &idp.AdminDeleteUserInput{UserPoolId: aws.String("local_alias"), Username: &name})
			require.NoError(t, err)
			assert.ErrorAs(t, get(name), new(*types.UserNotFoundException))
		}
		_, err = r.pools.AdminDeleteUser(r.ctx, &idp.AdminDeleteUserInput{UserPoolId: aws.String("local_alias"), Username: aws.String("user000000")})
		assert.ErrorAs(t, err, new(*types.UserNotFoundException))
		described, err := r.pools.DescribeUserPool(r.ctx, &idp.DescribeUserPoolInput{UserPoolId: aws.String("local_alias")})
		require.NoError(t, err)
		assert.Zero(t, described.UserPool.EstimatedNumberOfUsers)
	}
}
