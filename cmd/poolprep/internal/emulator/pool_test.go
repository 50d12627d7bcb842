package emulator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDescribeUserPool gives back the document of the file, as the AWS CLI
// printed it: dates in words, limits as numbers, null for what is absent.
func TestDescribeUserPool(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pool.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"UserPool":{"Id":"eu-west-1_Ab12","Name":"people","CreationDate":"2024-05-06T07:08:09.123000+02:00",
		"LastModifiedDate":1714972089.5,"LambdaConfig":{},"DeletionProtection":"ACTIVE","UserPoolTier":"ESSENTIALS","SmsConfiguration":null,
		"SchemaAttributes":[{"Name":"custom:tier","AttributeDataType":"Number","NumberAttributeConstraints":{"MinValue":1,"MaxValue":"9"}}],
		"AutoVerifiedAttributes":["email"],"AdminCreateUserConfig":{"AllowAdminCreateUserOnly":true,"UnusedAccountValidityDays":7}}}`), 0o600))
	p, err := LoadPool(path)
	require.NoError(t, err)
	r := start(t, Options{Pools: []*Pool{p, DefaultPool()}})
	out, err := r.pools.DescribeUserPool(r.ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String("eu-west-1_Ab12")})
	require.NoError(t, err)
	u := out.UserPool
	assert.Equal(t, "people", *u.Name)
	assert.Equal(t, time.Date(2024, 5, 6, 5, 8, 9, 123e6, time.UTC), *u.CreationDate)
	assert.Equal(t, int64(1714972089500), u.LastModifiedDate.UnixMilli())
	assert.EqualValues(t, "ACTIVE", u.DeletionProtection)
	assert.True(t, u.AdminCreateUserConfig.AllowAdminCreateUserOnly)
	assert.Equal(t, "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_Ab12", *u.Arn)
	assert.Equal(t, "1", *u.SchemaAttributes[0].NumberAttributeConstraints.MinValue)
	assert.EqualValues(t, "OFF", u.MfaConfiguration)
	assert.Nil(t, u.SmsConfiguration)
	_, raw := r.raw("AWSCognitoIdentityProviderService.DescribeUserPool", `{"UserPoolId":"eu-west-1_Ab12"}`)
	assertNoNulls(t, "UserPool", raw)

	head, err := r.pools.GetCSVHeader(r.ctx, &cognitoidentityprovider.GetCSVHeaderInput{UserPoolId: aws.String("eu-west-1_Ab12")})
	require.NoError(t, err)
	assert.Contains(t, head.CSVHeader, "custom:tier")
	head, err = r.pools.GetCSVHeader(r.ctx, &cognitoidentityprovider.GetCSVHeaderInput{UserPoolId: aws.String(defaultID)})
	require.NoError(t, err)
	assert.Equal(t, header+",password_hash", strings.Join(head.CSVHeader, ","))

	r.run(many(3))
	out, err = r.pools.DescribeUserPool(r.ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String(defaultID)})
	require.NoError(t, err)
	assert.EqualValues(t, 3, out.UserPool.EstimatedNumberOfUsers)
	assert.EqualValues(t, []string{"email"}, []string{string(out.UserPool.AutoVerifiedAttributes[0])})
	assert.NotEmpty(t, out.UserPool.SchemaAttributes)

	var ids []string
	pages := cognitoidentityprovider.NewListUserPoolsPaginator(r.pools, &cognitoidentityprovider.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		require.NoError(t, err)
		for _, d := range page.UserPools {
			ids = append(ids, *d.Id)
		}
	}
	assert.Equal(t, []string{"eu-west-1_Ab12", defaultID}, ids)
}

func TestWhatElseIsAskedOfAPool(t *testing.T) {
	r := start(t, Options{Pools: []*Pool{pool(t, "local_mfa", `"MfaConfiguration":"OPTIONAL","AutoVerifiedAttributes":["email"]`)}})
	id := aws.String("local_mfa")
	mfa, err := r.pools.GetUserPoolMfaConfig(r.ctx, &cognitoidentityprovider.GetUserPoolMfaConfigInput{UserPoolId: id})
	require.NoError(t, err)
	assert.EqualValues(t, "OPTIONAL", mfa.MfaConfiguration)
	providers, err := r.pools.ListIdentityProviders(r.ctx, &cognitoidentityprovider.ListIdentityProvidersInput{UserPoolId: id})
	require.NoError(t, err)
	assert.Empty(t, providers.Providers)
	described, err := r.pools.DescribeUserPool(r.ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: id})
	require.NoError(t, err)
	tags, err := r.pools.ListTagsForResource(r.ctx, &cognitoidentityprovider.ListTagsForResourceInput{ResourceArn: described.UserPool.Arn})
	require.NoError(t, err)
	assert.Empty(t, tags.Tags)
	_, err = r.pools.ListTagsForResource(r.ctx, &cognitoidentityprovider.ListTagsForResourceInput{ResourceArn: aws.String("arn:aws:cognito-idp:local:000000000000:userpool/local_none")})
	assert.ErrorAs(t, err, new(*types.ResourceNotFoundException))
}
