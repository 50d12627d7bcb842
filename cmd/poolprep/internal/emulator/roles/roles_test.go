package roles

import (
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "abc", true}, {"a*", "abc", true}, {"*c", "abc", true}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"a*b*c", "aXbXbYc", true}, {"a*b*c", "aXcXb", false}, {"**a", "ba", true}, {"logs:*", "logs:PutLogEvents", true}, {"?", "", false},
	} {
		assert.Equal(t, c.want, matches(c.pattern, c.text), "%q %q", c.pattern, c.text)
	}
}

const allLogs = `{"Statement":{"Effect":"Allow","Action":"logs:*","Resource":"*"}}`

func TestLogRole(t *testing.T) {
	const service = `"Principal":{"Service":"cognito-idp.amazonaws.com"},"Action":"sts:AssumeRole"`
	const good = `{"Statement":[{"Effect":"Allow",` + service + `}]}`
	const group = "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/cognito/userpools/eu-west-1_a/people"
	const pool = "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/eu-west-1_a"
	four := func(resource string) string {
		return fmt.Sprintf(`{"Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:DescribeLogStreams","logs:PutLogEvents"],"Resource":%q}]}`, resource)
	}
	for name, c := range map[string]struct {
		trust, permission, group string
		want                     Problem
	}{
		"documented":              {good, four("arn:aws:logs:eu-west-1:000000000000:log-group:/aws/cognito/*"), group, Fine},
		"any region":              {good, four("arn:aws:logs:*:*:log-group:/aws/cognito/*"), group, Fine},
		"another region":          {good, four("arn:aws:logs:us-east-1:*:log-group:/aws/cognito/*"), group, LacksAction},
		"a pool without a region": {good, four("arn:aws:logs:us-east-1:*:log-group:/aws/cognito/*"), "arn:aws:logs:local:000000000000:log-group:/aws/cognito/x", Fine},
		"with streams":            {good, four(group + ":*"), group, Fine},
		"another group":           {good, four("arn:aws:logs:*:*:log-group:/aws/lambda/*"), group, LacksAction},
		"letter case of actions":  {good, `{"Statement":{"Effect":"Allow","Action":"LOGS:*","Resource":"*"}}`, group, Fine},
		"one action is missing":   {good, `{"Statement":{"Effect":"Allow","Action":["logs:Create*","logs:Put*"],"Resource":"*"}}`, group, LacksAction},
		"denied":                  {good, `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"logs:PutLogEvents","Resource":"*"}]}`, group, LacksAction},
		"all but":                 {good, `{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}`, group, Fine},
		"on a condition":          {good, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true}}}}`, group, LacksAction},
		"another service":         {`{"Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`, allLogs, group, NotAssumed},
		"several services":        {`{"Statement":[{"Effect":"Allow","Principal":{"Service":["a","cognito-idp.amazonaws.com"]},"Action":"sts:*"}]}`, allLogs, group, Fine},
		"another action":          {`{"Statement":[{"Effect":"Allow","Principal":{"Service":"cognito-idp.amazonaws.com"},"Action":"sts:TagSession"}]}`, allLogs, group, NotAssumed},
		"the right account":       {`{"Statement":[{"Effect":"Allow",` + service + `,"Condition":{"StringEquals":{"aws:SourceAccount":"000000000000"},"ArnLike":{"aws:SourceArn":"arn:aws:cognito-idp:*:*:userpool/*"}}}]}`, allLogs, group, Fine},
		"another account":         {`{"Statement":[{"Effect":"Allow",` + service + `,"Condition":{"StringEquals":{"aws:SourceAccount":"111111111111"}}}]}`, allLogs, group, NotAssumed},
		"an unknown condition":    {`{"Statement":[{"Effect":"Allow",` + service + `,"Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}`, allLogs, group, NotAssumed},
		"denied to the service":   {`{"Statement":[{"Effect":"Allow",` + service + `},{"Effect":"Deny",` + service + `}]}`, allLogs, group, NotAssumed},
		"denied to all but it":    {`{"Statement":[{"Effect":"Allow",` + service + `},{"Effect":"Deny","NotPrincipal":{"Service":"cognito-idp.amazonaws.com"},"Action":"*"}]}`, allLogs, group, Fine},
		"denied to all but x":     {`{"Statement":[{"Effect":"Allow",` + service + `},{"Effect":"Deny","NotPrincipal":{"Service":"x"},"Action":"*"}]}`, allLogs, group, NotAssumed},
		"denied to everyone":      {`{"Statement":[{"Effect":"Allow",` + service + `},{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"*"}]}`, allLogs, group, NotAssumed},
		"allowed to all but x":    {`{"Statement":[{"Effect":"Allow","NotPrincipal":{"Service":"x"},"Action":"*"}]}`, allLogs, group, NotAssumed},
		"all groups but another":  {good, `{"Statement":{"Effect":"Allow","Action":"logs:*","NotResource":"arn:aws:logs:*:*:log-group:/aws/lambda/*"}}`, group, Fine},
		"all groups but this":     {good, `{"Statement":{"Effect":"Allow","Action":"logs:*","NotResource":"` + group + `"}}`, group, LacksAction},
		"denied but on this":      {good, `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"logs:*","NotResource":"` + group + `:*"}]}`, group, Fine},
		"denied but on another":   {good, `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"logs:*","NotResource":"arn:aws:logs:*:*:log-group:/aws/lambda/*"}]}`, group, LacksAction},
		"denied to others":        {`{"Statement":[{"Effect":"Allow",` + service + `},{"Effect":"Deny","Principal":{"Service":"x"},"Action":"sts:AssumeRole"}]}`, allLogs, group, Fine},
	} {
		db, err := bbolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, nil)
		require.NoError(t, err)
		s, err := New(db, "000000000000", time.Now)
		require.NoError(t, err)
		call := func(form url.Values) string {
			status, body, err := s.Answer(form, "id")
			require.NoError(t, err)
			require.Equal(t, 200, status, "%s: %s", name, body)
			return string(body)
		}
		call(url.Values{"Action": {"CreateRole"}, "RoleName": {"r"}, "AssumeRolePolicyDocument": {c.trust}})
		call(url.Values{"Action": {"PutRolePolicy"}, "RoleName": {"r"}, "PolicyName": {"p"}, "PolicyDocument": {c.permission}})
		got, what, err := s.LogRole("arn:aws:iam::000000000000:role/r", pool, c.group)
		require.NoError(t, err)
		assert.Equal(t, c.want, got, "%s: %s", name, what)
		got, _, err = s.LogRole("arn:aws:iam::000000000000:role/none", pool, c.group)
		require.NoError(t, err)
		assert.Equal(t, Unknown, got)
		got, _, err = s.LogRole("arn:aws:iam::111111111111:role/r", pool, c.group)
		require.NoError(t, err)
		assert.Equal(t, Unknown, got, "of another account")
		require.NoError(t, db.Close())
	}
}

// TestUsed: every call of IAM counts as its use, refused or not; a call of STS does not, and what
// the page reads does not.
func TestUsed(t *testing.T) {
	for name, c := range map[string]struct {
		form   url.Values
		status int
		want   bool
		page   bool
	}{
		"read":                {url.Values{"Action": {"ListRoles"}}, 200, true, false},
		"refused":             {url.Values{"Action": {"GetRole"}, "RoleName": {"none"}}, 404, true, false},
		"refused write":       {url.Values{"Action": {"CreateRole"}, "RoleName": {"r"}}, 400, true, false},
		"not served":          {url.Values{"Action": {"ListUsers"}, "Version": {"2010-05-08"}}, 400, true, false},
		"of STS":              {url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}, 200, false, false},
		"read by the page":    {url.Values{"Action": {"ListRoles"}}, 200, false, true},
		"refused to the page": {url.Values{"Action": {"GetRole"}, "RoleName": {"none"}}, 404, false, true},
		"written by the page": {url.Values{"Action": {"CreateRole"}, "RoleName": {"r"}}, 400, true, true},
		"not served, of STS":  {url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}}, 400, false, false},
	} {
		path := filepath.Join(t.TempDir(), "db")
		db, err := bbolt.Open(path, 0o600, nil)
		require.NoError(t, err)
		s, err := New(db, "000000000000", time.Now)
		require.NoError(t, err)
		answer := s.Answer
		if c.page {
			answer = s.AnswerPage
		}
		status, body, err := answer(c.form, "id")
		require.NoError(t, err)
		assert.Equal(t, c.status, status, "%s: %s", name, body)
		require.NoError(t, db.Close())

		db, err = bbolt.Open(path, 0o600, nil)
		require.NoError(t, err)
		s, err = New(db, "000000000000", time.Now)
		require.NoError(t, err)
		used, err := s.Used()
		require.NoError(t, err)
		assert.Equal(t, c.want, used, name)
		require.NoError(t, db.Close())
	}
}
