package emulator

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// makePool makes a pool that imports users: e-mail is verified automatically.
func (r *rig) makePool(name string, change func(*idp.CreateUserPoolInput)) *types.UserPoolType {
	r.t.Helper()
	in := &idp.CreateUserPoolInput{PoolName: &name, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}}
	if change != nil {
		change(in)
	}
	out, err := r.pools.CreateUserPool(r.ctx, in)
	require.NoError(r.t, err)
	return out.UserPool
}

// describePool returns a pool as it is described.
func (r *rig) describePool(id *string) *types.UserPoolType {
	r.t.Helper()
	out, err := r.pools.DescribeUserPool(r.ctx, &idp.DescribeUserPoolInput{UserPoolId: id})
	require.NoError(r.t, err)
	return out.UserPool
}

// TestPoolsByCalls makes a pool, imports into it, adds an attribute, changes it and deletes it.
func TestPoolsByCalls(t *testing.T) {
	dir := t.TempDir()
	r := start(t, Options{DataDir: dir})
	made := r.makePool("people", func(in *idp.CreateUserPoolInput) {
		in.AliasAttributes = []types.AliasAttributeType{"email"}
		in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
		in.UserPoolTags = map[string]string{"team": "identity"}
		in.MfaConfiguration = "OPTIONAL"
		in.Schema = []types.SchemaAttributeType{
			{Name: aws.String("email"), Required: aws.Bool(true), AttributeDataType: "String"},
			{Name: aws.String("tier"), AttributeDataType: "Number", Mutable: aws.Bool(true), NumberAttributeConstraints: &types.NumberAttributeConstraintsType{MinValue: aws.String("1"), MaxValue: aws.String("9")}},
			{Name: aws.String("note"), AttributeDataType: "String", DeveloperOnlyAttribute: aws.Bool(true)},
		}
	})
	assert.Regexp(t, `^us-east-1_[A-Z0-9]{9}$`, *made.Id)
	assert.Equal(t, "arn:aws:cognito-idp:us-east-1:000000000000:userpool/"+*made.Id, *made.Arn)
	assert.EqualValues(t, "OPTIONAL", made.MfaConfiguration)
	assert.EqualValues(t, 8, *made.Policies.PasswordPolicy.MinimumLength)
	assert.True(t, made.Policies.PasswordPolicy.RequireSymbols)
	assert.EqualValues(t, "verified_email", made.AccountRecoverySetting.RecoveryMechanisms[0].Name)
	names := make(map[string]types.SchemaAttributeType)
	for _, a := range made.SchemaAttributes {
		names[*a.Name] = a
	}
	assert.True(t, *names["email"].Required)
	assert.Equal(t, "9", *names["custom:tier"].NumberAttributeConstraints.MaxValue)
	assert.Contains(t, names, "dev:custom:note")
	assert.Contains(t, names, "sub")

	head, err := r.pools.GetCSVHeader(r.ctx, &idp.GetCSVHeaderInput{UserPoolId: made.Id})
	require.NoError(t, err)
	want := strings.Replace(header, "updated_at,", "updated_at,custom:tier,", 1)
	assert.Equal(t, want+",password_hash", strings.Join(head.CSVHeader, ","))
	file := want + "\n,,,,,,,,,a@example.com,true,,,,,,,,,5,,anna\n,,,,,,,,,b@example.com,true,,,,,,,,,10,,berta\n"
	j := r.run(file, *made.Id)
	assert.Equal(t, []int64{1, 0, 1}, []int64{j.ImportedUsers, j.SkippedUsers, j.FailedUsers}, "the limits of custom:tier hold")

	_, err = r.pools.AddCustomAttributes(r.ctx, &idp.AddCustomAttributesInput{UserPoolId: made.Id, CustomAttributes: []types.SchemaAttributeType{{Name: aws.String("plan"), AttributeDataType: "String"}}})
	require.NoError(t, err)
	_, err = r.pools.AddCustomAttributes(r.ctx, &idp.AddCustomAttributesInput{UserPoolId: made.Id, CustomAttributes: []types.SchemaAttributeType{{Name: aws.String("plan"), AttributeDataType: "String"}}})
	assert.ErrorContains(t, err, "custom:plan: Existing attribute already has name custom:plan.")
	_, err = r.pools.AdminUpdateUserAttributes(r.ctx, &idp.AdminUpdateUserAttributesInput{UserPoolId: made.Id, Username: aws.String("anna"), UserAttributes: attributesFor("custom:plan", "gold")})
	require.NoError(t, err)
	assert.Equal(t, "gold", attribute(r.users(*made.Id)["anna"], "custom:plan"))

	// What an update does not state gets its usual value.
	_, err = r.pools.UpdateUserPool(r.ctx, &idp.UpdateUserPoolInput{UserPoolId: made.Id, PoolName: aws.String("customers"),
		Policies: &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{MinimumLength: aws.Int32(12)}}})
	require.NoError(t, err)
	now := r.describePool(made.Id)
	assert.Equal(t, "customers", *now.Name)
	assert.EqualValues(t, 12, *now.Policies.PasswordPolicy.MinimumLength)
	assert.False(t, now.Policies.PasswordPolicy.RequireSymbols)
	assert.Empty(t, now.AutoVerifiedAttributes)
	assert.EqualValues(t, "OFF", now.MfaConfiguration)
	assert.Equal(t, []types.AliasAttributeType{"email"}, now.AliasAttributes)
	assert.EqualValues(t, 1, now.EstimatedNumberOfUsers)
	assert.Equal(t, len(made.SchemaAttributes)+1, len(now.SchemaAttributes))
	assert.False(t, now.LastModifiedDate.Before(*made.CreationDate))
	_, err = r.start(r.ready("second", file, *made.Id))
	assert.ErrorContains(t, err, "no auto-verified attribute")

	mfa, err := r.pools.SetUserPoolMfaConfig(r.ctx, &idp.SetUserPoolMfaConfigInput{UserPoolId: made.Id, MfaConfiguration: "ON", SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true}})
	require.NoError(t, err)
	assert.EqualValues(t, "ON", mfa.MfaConfiguration)

	// All of it outlives the server, in the order in which it was made.
	second := r.makePool("second", nil)
	r.close()
	r = start(t, Options{DataDir: dir})
	got, err := r.pools.GetUserPoolMfaConfig(r.ctx, &idp.GetUserPoolMfaConfigInput{UserPoolId: made.Id})
	require.NoError(t, err)
	assert.EqualValues(t, "ON", got.MfaConfiguration)
	assert.True(t, got.SoftwareTokenMfaConfiguration.Enabled)
	assert.Equal(t, now.CreationDate, r.describePool(made.Id).CreationDate)
	tags, err := r.pools.ListTagsForResource(r.ctx, &idp.ListTagsForResourceInput{ResourceArn: made.Arn})
	require.NoError(t, err)
	assert.Empty(t, tags.Tags, "the update stated none")
	var ids []string
	pages := idp.NewListUserPoolsPaginator(r.pools, &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		require.NoError(t, err)
		for _, p := range page.UserPools {
			ids = append(ids, *p.Id)
		}
	}
	assert.Equal(t, []string{defaultID, *made.Id, *second.Id}, ids)

	client, err := r.pools.CreateUserPoolClient(r.ctx, &idp.CreateUserPoolClientInput{UserPoolId: made.Id, ClientName: aws.String("app")})
	require.NoError(t, err)
	job := r.create("left", *made.Id)
	_, err = r.pools.DeleteUserPool(r.ctx, &idp.DeleteUserPoolInput{UserPoolId: made.Id})
	require.NoError(t, err)
	for name, call := range map[string]func() error{
		"job": func() error {
			_, err := r.pools.DescribeUserImportJob(r.ctx, &idp.DescribeUserImportJobInput{UserPoolId: made.Id, JobId: job.JobId})
			return err
		},
		"start": func() error { _, err := r.start(job); return err },
		"users": func() error {
			_, err := r.pools.ListUsers(r.ctx, &idp.ListUsersInput{UserPoolId: made.Id})
			return err
		},
		"client": func() error {
			_, err := r.pools.InitiateAuth(r.ctx, &idp.InitiateAuthInput{ClientId: client.UserPoolClient.ClientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "anna", "PASSWORD": "x"}})
			return err
		},
		"delete": func() error {
			_, err := r.pools.DeleteUserPool(r.ctx, &idp.DeleteUserPoolInput{UserPoolId: made.Id})
			return err
		},
	} {
		var gone *types.ResourceNotFoundException
		assert.ErrorAs(t, call(), &gone, name)
	}
	status, _ := r.put(*job.PreSignedUrl, file)
	assert.Equal(t, 403, status, "its URL is good no more")
	r.close()
	r = start(t, Options{DataDir: dir})
	_, err = r.pools.DescribeUserPool(r.ctx, &idp.DescribeUserPoolInput{UserPoolId: made.Id})
	var gone *types.ResourceNotFoundException
	assert.ErrorAs(t, err, &gone)
	assert.Equal(t, "second", *r.describePool(second.Id).Name)
}

// TestPoolOfOptionsChanged keeps the changes of calls until the file says something else.
func TestPoolOfOptionsChanged(t *testing.T) {
	dir := t.TempDir()
	given := func(settings string) Options {
		return Options{DataDir: dir, Pools: []*Pool{pool(t, "local_a", settings)}}
	}
	r := start(t, given(`"AutoVerifiedAttributes":["email"]`))
	_, err := r.pools.AddCustomAttributes(r.ctx, &idp.AddCustomAttributesInput{UserPoolId: aws.String("local_a"), CustomAttributes: []types.SchemaAttributeType{{Name: aws.String("plan"), AttributeDataType: "String"}}})
	require.NoError(t, err)
	_, err = r.pools.AddCustomAttributes(r.ctx, &idp.AddCustomAttributesInput{UserPoolId: aws.String("local_a"), CustomAttributes: []types.SchemaAttributeType{{Name: aws.String("size"), AttributeDataType: "String"}}})
	require.NoError(t, err)
	header := func() string {
		out, err := r.pools.GetCSVHeader(r.ctx, &idp.GetCSVHeaderInput{UserPoolId: aws.String("local_a")})
		require.NoError(t, err)
		return strings.Join(out.CSVHeader, ",")
	}
	assert.Contains(t, header(), "custom:plan,custom:size")
	r.close()
	r = start(t, given(`"AutoVerifiedAttributes":["email"]`))
	assert.Contains(t, header(), "custom:plan,custom:size")
	r.close()
	r = start(t, given(`"AutoVerifiedAttributes":["phone_number"]`))
	assert.NotContains(t, header(), "custom:plan")
}

// TestPoolWhileAJobRuns refuses changes of a pool in which a job is active, and only of that.
func TestPoolWhileAJobRuns(t *testing.T) {
	r := start(t, Options{UsersPerSecond: 1})
	busy, idle := r.makePool("busy", nil), r.makePool("idle", nil)
	j := r.ready("job", many(5), *busy.Id)
	_, err := r.start(j)
	require.NoError(t, err)
	for name, call := range map[string]func(id *string) error{
		"delete": func(id *string) error {
			_, err := r.pools.DeleteUserPool(r.ctx, &idp.DeleteUserPoolInput{UserPoolId: id})
			return err
		},
		"update": func(id *string) error {
			_, err := r.pools.UpdateUserPool(r.ctx, &idp.UpdateUserPoolInput{UserPoolId: id})
			return err
		},
		"attributes": func(id *string) error {
			_, err := r.pools.AddCustomAttributes(r.ctx, &idp.AddCustomAttributesInput{UserPoolId: id, CustomAttributes: []types.SchemaAttributeType{{Name: aws.String("plan"), AttributeDataType: "String"}}})
			return err
		},
	} {
		var busyError *types.UserImportInProgressException
		assert.ErrorAs(t, call(busy.Id), &busyError, name)
		if name != "delete" {
			assert.NoError(t, call(idle.Id), name)
		}
	}
	_, err = r.stop(j)
	require.NoError(t, err)
	r.wait(j)
	_, err = r.pools.DeleteUserPool(r.ctx, &idp.DeleteUserPoolInput{UserPoolId: busy.Id})
	assert.NoError(t, err)
}

// TestPoolRefused says what no pool can be.
func TestPoolRefused(t *testing.T) {
	r := start(t, Options{})
	many := make([]string, 51)
	for i := range many {
		many[i] = `{"Name":"a` + strings.Repeat("x", i%18) + string(rune('a'+i%26)) + `","AttributeDataType":"String"}`
	}
	for _, test := range []struct{ operation, body, kind, text string }{
		{"CreateUserPool", `{}`, "InvalidParameterException", "poolName"},
		{"CreateUserPool", `{"PoolName":"a/b"}`, "InvalidParameterException", "poolName"},
		{"CreateUserPool", `{"PoolName":7}`, "SerializationException", "PoolName"},
		{"CreateUserPool", `{"PoolName":"a","MfaConfiguration":"MAYBE"}`, "InvalidParameterException", "mfaConfiguration"},
		{"CreateUserPool", `{"PoolName":"a","Policies":[]}`, "SerializationException", "Policies"},
		{"CreateUserPool", `{"PoolName":"a","Schema":{}}`, "SerializationException", "Schema"},
		{"CreateUserPool", `{"PoolName":"a","Schema":[{"AttributeDataType":"String"}]}`, "InvalidParameterException", "no name"},
		{"CreateUserPool", `{"PoolName":"a","Schema":[{"Name":"tier","AttributeDataType":"Text"}]}`, "InvalidParameterException", "AttributeDataType"},
		{"CreateUserPool", `{"PoolName":"a","Schema":[{"Name":"tier","Required":true}]}`, "InvalidParameterException", "Required custom attributes are not supported currently."},
		{"CreateUserPool", `{"PoolName":"a","Schema":[{"Name":"abcdefghijklmnopqrstu"}]}`, "InvalidParameterException", "20 characters"},
		{"CreateUserPool", `{"PoolName":"a","AliasAttributes":["email"],"UsernameAttributes":["email"]}`, "InvalidParameterException", "Only one of"},
		{"CreateUserPool", `{"PoolName":"a","AutoVerifiedAttributes":["name"]}`, "InvalidParameterException", "AutoVerifiedAttributes"},
		{"CreateUserPool", `{"PoolName":"a","AutoVerifiedAttributes":"email"}`, "InvalidParameterException", "AutoVerifiedAttributes"},
		{"CreateUserPool", `{"PoolName":"a","Schema":[` + strings.Join(many, ",") + `]}`, "LimitExceededException", "50"},
		{"UpdateUserPool", `{"UserPoolId":"local_none"}`, "ResourceNotFoundException", "local_none"},
		{"AddCustomAttributes", `{"UserPoolId":"local_default"}`, "InvalidParameterException", "customAttributes"},
		{"SetUserPoolMfaConfig", `{"UserPoolId":"local_default","MfaConfiguration":"ON"}`, "InvalidParameterException", "can't turn on MFA"},
		{"DeleteUserPool", `{"UserPoolId":"local_none"}`, "ResourceNotFoundException", "local_none"},
	} {
		answer, out := r.raw("AWSCognitoIdentityProviderService."+test.operation, test.body)
		assert.Equal(t, 400, answer.StatusCode, test.body)
		assert.Equal(t, test.kind, out["__type"], test.body)
		text, _ := out["message"].(string)
		assert.Contains(t, text, test.text, test.body)
	}
	kept := r.makePool("kept", func(in *idp.CreateUserPoolInput) { in.DeletionProtection = "ACTIVE" })
	_, err := r.pools.DeleteUserPool(r.ctx, &idp.DeleteUserPoolInput{UserPoolId: kept.Id})
	assert.ErrorContains(t, err, "deletion protection is activated")
	out, err := r.pools.ListUserPools(r.ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(60)})
	require.NoError(t, err)
	assert.Len(t, out.UserPools, 2, "nothing was made by what was refused")
}
