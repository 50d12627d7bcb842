package cognito

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRole(t *testing.T) {
	var trust struct {
		Statement []struct{ Principal struct{ Service string } }
	}
	require.NoError(t, json.Unmarshal([]byte(TrustPolicy()), &trust))
	assert.Equal(t, "cognito-idp.amazonaws.com", trust.Statement[0].Principal.Service)
	for want, where := range map[string][2]string{
		"arn:aws:logs:*:*:log-group:/aws/cognito/*":                             {},
		"arn:aws:logs:eu-west-1:111111111111:log-group:/aws/cognito/*":          {"eu-west-1", "111111111111"},
		"arn:aws-cn:logs:cn-north-1:*:log-group:/aws/cognito/*":                 {"cn-north-1", ""},
		"arn:aws-us-gov:logs:us-gov-west-1:111111111111:log-group:/aws/cognito": {"us-gov-west-1", "111111111111"},
	} {
		assert.Contains(t, LogPolicy(where[0], where[1]), want)
	}
}

// iamService is IAM with one role, or none.
type iamService struct {
	role, trust string
	calls       []string
	policy      string
}

func (i *iamService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	action := r.Form.Get("Action")
	i.calls = append(i.calls, action)
	role := func() string {
		return "<Role><Path>/</Path><RoleName>" + i.role + "</RoleName><RoleId>AROA1</RoleId><CreateDate>2026-07-04T22:00:00Z</CreateDate><Arn>arn:aws:iam::111111111111:role/" +
			i.role + "</Arn><AssumeRolePolicyDocument>" + url.PathEscape(i.trust) + "</AssumeRolePolicyDocument></Role>"
	}
	result := ""
	switch {
	case action == "CreateRole" && i.role != "":
		w.WriteHeader(409)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>EntityAlreadyExists</Code><Message>Role exists.</Message></Error></ErrorResponse>`)
		return
	case action == "CreateRole":
		i.role, i.trust = r.Form.Get("RoleName"), r.Form.Get("AssumeRolePolicyDocument")
		result = role()
	case action == "GetRole":
		result = role()
	case action == "PutRolePolicy":
		i.policy = r.Form.Get("PolicyDocument")
	}
	_, _ = io.WriteString(w, "<"+action+"Response><"+action+"Result>"+result+"</"+action+"Result></"+action+"Response>")
}

func TestCreateRole(t *testing.T) {
	newService(t, nil) // for the environment
	t.Setenv("AWS_REGION", "")
	iam := &iamService{}
	server := httptest.NewServer(iam)
	defer server.Close()
	c := Config{EndpointURL: server.URL}
	policy := LogPolicy("", "")
	for range 2 { // it can be done again
		arn, err := CreateRole(t.Context(), c, "logs", policy)
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:iam::111111111111:role/logs", arn)
		assert.Equal(t, policy, iam.policy)
	}
	assert.Equal(t, []string{"CreateRole", "PutRolePolicy", "CreateRole", "GetRole", "PutRolePolicy"}, iam.calls)
	assert.JSONEq(t, TrustPolicy(), iam.trust)
	iam.calls = nil
	for _, trust := range []string{
		`{"Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`, "%", "",
		`{"Statement":[{"Effect":"Deny","Principal":{"Service":"cognito-idp.amazonaws.com"}}]}`,
	} {
		iam.trust = trust
		_, err := CreateRole(t.Context(), c, "logs", policy)
		require.ErrorContains(t, err, "may not assume")
	}
	assert.NotContains(t, iam.calls, "PutRolePolicy", "a role of someone else is left alone")
}
