package emulator

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClients(t *testing.T) {
	other := pool(t, "local_other", `"AutoVerifiedAttributes":["email"]`)
	c := newClock()
	dir := t.TempDir()
	r := start(t, Options{Now: c.Now, DataDir: dir, Pools: []*Pool{DefaultPool(), other}})
	long := r.app(defaultID, withSecret, func(in *cognitoidentityprovider.CreateUserPoolClientInput) {
		in.AccessTokenValidity, in.RefreshTokenValidity = aws.Int32(10), 90
		in.TokenValidityUnits = &types.TokenValidityUnitsType{AccessToken: "minutes", RefreshToken: "minutes"}
		in.CallbackURLs = []string{"https://example.com/callback"}
	})
	assert.Regexp(t, `^[a-z0-9]{26}$`, *long.ClientId)
	ids := map[string]bool{*long.ClientId: true}
	for range 4 {
		ids[*r.app(defaultID).ClientId] = true
	}
	elsewhere := r.app("local_other")
	r.close()
	r = start(t, Options{Now: c.Now, DataDir: dir, Pools: []*Pool{DefaultPool(), other}})
	out, err := r.pools.DescribeUserPoolClient(r.ctx, &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: aws.String(defaultID), ClientId: long.ClientId})
	require.NoError(t, err)
	assert.Equal(t, long, out.UserPoolClient)
	assert.Equal(t, c.Now(), *out.UserPoolClient.CreationDate)
	var missing *types.ResourceNotFoundException
	_, err = r.pools.DescribeUserPoolClient(r.ctx, &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: aws.String(defaultID), ClientId: elsewhere.ClientId})
	assert.ErrorAs(t, err, &missing)

	listed := make(map[string]bool)
	pages := cognitoidentityprovider.NewListUserPoolClientsPaginator(r.pools, &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: aws.String(defaultID), MaxResults: aws.Int32(2)})
	n := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		require.NoError(t, err)
		n++
		for _, d := range page.UserPoolClients {
			listed[*d.ClientId] = true
		}
	}
	assert.Equal(t, ids, listed)
	assert.Equal(t, 3, n)
	_, err = r.pools.ListUserPoolClients(r.ctx, &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: aws.String(defaultID), NextToken: aws.String("none")})
	var invalid *types.InvalidParameterException
	assert.ErrorAs(t, err, &invalid)
	for name, change := range map[string]func(*cognitoidentityprovider.CreateUserPoolClientInput){
		"a name that is none": func(in *cognitoidentityprovider.CreateUserPoolClientInput) { in.ClientName = aws.String("a/b") },
		"mixed flows": func(in *cognitoidentityprovider.CreateUserPoolClientInput) {
			in.ExplicitAuthFlows = append(in.ExplicitAuthFlows, "USER_PASSWORD_AUTH")
		},
		"an unknown flow": func(in *cognitoidentityprovider.CreateUserPoolClientInput) {
			in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_ALL"}
		},
		"too short": func(in *cognitoidentityprovider.CreateUserPoolClientInput) {
			in.AccessTokenValidity, in.TokenValidityUnits = aws.Int32(60), &types.TokenValidityUnitsType{AccessToken: "seconds"}
		},
		"too long": func(in *cognitoidentityprovider.CreateUserPoolClientInput) { in.RefreshTokenValidity = 4000 },
		"two secrets": func(in *cognitoidentityprovider.CreateUserPoolClientInput) {
			in.GenerateSecret, in.ClientSecret = true, aws.String(strings.Repeat("a", 24))
		},
		"an odd value": func(in *cognitoidentityprovider.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "YES" },
	} {
		in := &cognitoidentityprovider.CreateUserPoolClientInput{UserPoolId: aws.String(defaultID), ClientName: aws.String("app"), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}}
		change(in)
		_, err := r.pools.CreateUserPoolClient(r.ctx, in)
		assert.ErrorAs(t, err, &invalid, name)
	}
}
