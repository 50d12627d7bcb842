package emulator

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/emulator/pools"
)

const (
	trust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cognito-idp.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	logging = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Resource":"arn:aws:logs:us-east-1:*:log-group:/aws/cognito/*"}}`
)

// TestRolesOfTheSDK goes through the operations with the SDK.
func TestRolesOfTheSDK(t *testing.T) {
	r := start(t, Options{})
	c := iam.New(iam.Options{Region: "us-east-1", BaseEndpoint: &r.http.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	code := func(err error) string {
		var e smithy.APIError
		require.ErrorAs(t, err, &e)
		return e.ErrorCode()
	}
	who, err := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: &r.http.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}).GetCallerIdentity(r.ctx, &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	assert.Equal(t, pools.Account, *who.Account)
	used, err := r.server.roles.Used()
	require.NoError(t, err)
	assert.False(t, used, "STS does not count")

	name := aws.String("logs")
	made, err := c.CreateRole(r.ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust), Path: aws.String("/a/")})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:iam::"+pools.Account+":role/a/logs", *made.Role.Arn)
	_, err = c.CreateRole(r.ctx, &iam.CreateRoleInput{RoleName: aws.String("LOGS"), AssumeRolePolicyDocument: aws.String(trust)})
	assert.Equal(t, "EntityAlreadyExists", code(err))
	for _, text := range []string{"", "{}", "{", `{"Statement":[{"Effect":"Maybe","Action":"*","Principal":"*"}]}`, logging} {
		_, err = c.CreateRole(r.ctx, &iam.CreateRoleInput{RoleName: aws.String("other"), AssumeRolePolicyDocument: aws.String(text)})
		assert.Equal(t, "MalformedPolicyDocument", code(err), text)
	}
	got, err := c.GetRole(r.ctx, &iam.GetRoleInput{RoleName: name})
	require.NoError(t, err)
	assert.Equal(t, *made.Role.RoleId, *got.Role.RoleId)
	_, err = c.PutRolePolicy(r.ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(logging)})
	require.NoError(t, err)
	policies, err := c.ListRolePolicies(r.ctx, &iam.ListRolePoliciesInput{RoleName: name})
	require.NoError(t, err)
	assert.Equal(t, []string{"p"}, policies.PolicyNames)
	_, err = c.GetRolePolicy(r.ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: aws.String("q")})
	assert.Equal(t, "NoSuchEntity", code(err))
	own, err := c.CreatePolicy(r.ctx, &iam.CreatePolicyInput{PolicyName: aws.String("own"), PolicyDocument: aws.String(logging)})
	require.NoError(t, err)
	for _, arn := range []string{*own.Policy.Arn, "arn:aws:iam::aws:policy/CloudWatchLogsFullAccess"} {
		_, err = c.AttachRolePolicy(r.ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: &arn})
		require.NoError(t, err)
	}
	attached, err := c.ListAttachedRolePolicies(r.ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name})
	require.NoError(t, err)
	assert.Len(t, attached.AttachedPolicies, 2)
	listed, err := c.ListPolicies(r.ctx, &iam.ListPoliciesInput{Scope: "Local"})
	require.NoError(t, err)
	assert.Len(t, listed.Policies, 1)
	_, err = c.DeleteRole(r.ctx, &iam.DeleteRoleInput{RoleName: name})
	assert.Equal(t, "DeleteConflict", code(err))
	_, err = c.DeleteRolePolicy(r.ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("p")})
	require.NoError(t, err)
	for _, p := range attached.AttachedPolicies {
		_, err = c.DetachRolePolicy(r.ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: p.PolicyArn})
		require.NoError(t, err)
	}
	_, err = c.DeleteRole(r.ctx, &iam.DeleteRoleInput{RoleName: name})
	require.NoError(t, err)
	for i := range 5 {
		_, err = c.CreateRole(r.ctx, &iam.CreateRoleInput{RoleName: aws.String(string(rune('a' + i))), AssumeRolePolicyDocument: aws.String(trust)})
		require.NoError(t, err)
	}
	var names []string
	for pages := iam.NewListRolesPaginator(c, &iam.ListRolesInput{MaxItems: aws.Int32(2)}); pages.HasMorePages(); {
		page, err := pages.NextPage(r.ctx)
		require.NoError(t, err)
		for _, role := range page.Roles {
			names = append(names, *role.RoleName)
		}
	}
	assert.Equal(t, []string{"a", "b", "c", "d", "e"}, names)
}
