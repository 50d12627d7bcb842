package cognito

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const jobAnswer = `{"UserImportJob":{"JobName":"n","JobId":"import-1","UserPoolId":"us-east-1_fake","PreSignedUrl":"https://store/u","CreationDate":1.470957431965E9,
"Status":"Created","CloudWatchLogsRoleArn":"arn:aws:iam::111111111111:role/r","ImportedUsers":1,"SkippedUsers":2,"FailedUsers":3}}`

func TestClientSpeaksToTheService(t *testing.T) {
	s := newService(t, func(w http.ResponseWriter, operation string) {
		text := map[string]string{
			"CreateUserImportJob": jobAnswer, "StartUserImportJob": jobAnswer, "StopUserImportJob": jobAnswer, "DescribeUserImportJob": jobAnswer,
			"ListUserImportJobs": `{"UserImportJobs":[{"JobId":"import-1","Status":"Failed","CompletionMessage":"why"}],"PaginationToken":"more"}`,
			"GetCSVHeader":       `{"UserPoolId":"us-east-1_fake","CSVHeader":["email","cognito:username"]}`,
			"DescribeUserPool": `{"UserPool":{"Id":"us-east-1_fake","Name":"people","AutoVerifiedAttributes":["email"],"MfaConfiguration":"OPTIONAL","CreationDate":1,
				"UsernameConfiguration":{"CaseSensitive":false},"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}},
				"SchemaAttributes":[{"Name":"email","AttributeDataType":"String","Required":true,"StringAttributeConstraints":{"MinLength":"0","MaxLength":"99"}}]}}`,
			"AdminResetUserPassword": "{}",
			"DescribeLogGroups":      `{"logGroups":[{"logGroupName":"/aws/a"},{"logGroupName":"/aws/b"}]}`,
			"GetLogEvents":           `{"events":[{"message":"a"},{"message":"b"}],"nextForwardToken":"f/1"}`,
		}[operation]
		_, _ = io.WriteString(w, text)
	})
	c, ctx := s.dial(t), t.Context()
	job, err := c.CreateJob(ctx, JobRequest{Pool: fakePool, Name: "n", Role: "arn:aws:iam::111111111111:role/r"})
	require.NoError(t, err)
	assert.Equal(t, "2016-08-11T23:17:11.965Z", job.Created.UTC().Format("2006-01-02T15:04:05.000Z"))
	job.Created = job.Started
	assert.Equal(t, Job{ID: "import-1", Name: "n", Pool: fakePool, Status: Created, URL: "https://store/u", Imported: 1, Skipped: 2, Failed: 3}, job)
	assert.JSONEq(t, `{"UserPoolId":"us-east-1_fake","JobName":"n","CloudWatchLogsRoleArn":"arn:aws:iam::111111111111:role/r"}`, s.bodies[0])
	for _, f := range []func(context.Context, string, string) (Job, error){c.StartJob, c.StopJob, c.DescribeJob} {
		job, err = f(ctx, fakePool, "import-1")
		require.NoError(t, err)
		assert.Equal(t, Created, job.Status)
	}
	jobs, next, err := c.ListJobs(ctx, fakePool, "token")
	require.NoError(t, err)
	assert.Equal(t, []Job{{ID: "import-1", Status: Failed, Message: "why"}}, jobs)
	assert.Equal(t, "more", next)
	assert.JSONEq(t, `{"UserPoolId":"us-east-1_fake","MaxResults":60,"PaginationToken":"token"}`, s.bodies[len(s.bodies)-1])
	require.NoError(t, c.ResetPassword(ctx, fakePool, "anna"))
	groups, err := c.Groups(ctx, "/aws/")
	require.NoError(t, err)
	assert.Equal(t, []string{"/aws/a", "/aws/b"}, groups)
	assert.JSONEq(t, `{"logGroupNamePrefix":"/aws/"}`, s.bodies[len(s.bodies)-1])
	messages, next, err := c.Events(ctx, "group", "stream", "")
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, messages)
	assert.Equal(t, "f/1", next)
	assert.JSONEq(t, `{"logGroupName":"group","logStreamName":"stream","startFromHead":true}`, s.bodies[len(s.bodies)-1])

	pool, err := FetchPool(ctx, c, fakePool, SystemClock{}, notes{})
	require.NoError(t, err)
	assert.Equal(t, []string{"email", "cognito:username"}, pool.Header)
	assert.Equal(t, "people", pool.Name)
	assert.False(t, pool.CaseSensitive)
	assert.Equal(t, []string{"PASSWORD", "EMAIL_OTP"}, pool.FirstAuthFactors)
	email, _ := pool.Attribute("email")
	assert.True(t, email.Required)
	assert.Equal(t, 99, *email.MaxLength)
}

func TestAlgorithmIsPartOfTheSignedBody(t *testing.T) {
	s := newService(t, func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, jobAnswer) })
	c := s.dial(t)
	in := JobRequest{Pool: fakePool, Name: "n", Role: "arn:aws:iam::111111111111:role/r", Algorithm: "ARGON2ID"}
	_, err := c.CreateJob(t.Context(), in)
	require.NoError(t, err)
	assert.JSONEq(t, `{"UserPoolId":"us-east-1_fake","JobName":"n","CloudWatchLogsRoleArn":"arn:aws:iam::111111111111:role/r","PasswordHashingAlgorithm":"ARGON2ID"}`, s.bodies[0])
	r := s.requests[0]
	assert.Equal(t, int64(len(s.bodies[0])), r.ContentLength)
	assert.Contains(t, r.Header.Get("Authorization"), "SignedHeaders=")
	assert.Contains(t, r.Header.Get("Authorization"), "/eu-west-1/cognito-idp/")
	_, err = c.DescribeJob(t.Context(), fakePool, "import-1")
	require.NoError(t, err)
	assert.NotContains(t, s.bodies[1], "PasswordHashingAlgorithm")
}

// TestEveryCallIsMadeOnce: what is to be repeated is decided here, not in the SDK.
func TestEveryCallIsMadeOnce(t *testing.T) {
	tests := []struct {
		status int
		body   string
		code   string
		kind   Kind
	}{
		{400, `{"__type":"TooManyRequestsException","message":"Rate exceeded"}`, "TooManyRequestsException", Throttled},
		{400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`, "ThrottlingException", Throttled},
		{400, `{"__type":"PreconditionNotMetException","message":"No csv file was uploaded for import-1"}`, CodePrecondition, Refused},
		{400, `{"__type":"LimitExceededException","message":"x"}`, CodeLimit, Throttled},
		{500, `{"__type":"InternalErrorException","message":"x"}`, "InternalErrorException", Unsure},
		{503, `busy`, "", Unsure},
		{200, `{"UserImportJob":`, "", Unsure},
		{200, `{}`, "", Unsure},
		{200, `{"UserImportJob":{}}`, "", Unsure},
	}
	for _, tt := range tests {
		s := newService(t, func(w http.ResponseWriter, _ string) {
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		})
		_, err := s.dial(t).StartJob(t.Context(), fakePool, "import-1")
		var e *CallError
		require.ErrorAs(t, err, &e, tt.body)
		assert.Equal(t, tt.kind, e.Kind, tt.body)
		if tt.code != "" {
			assert.Equal(t, tt.code, e.Code)
		}
		assert.Equal(t, "StartUserImportJob", e.Operation)
		assert.NotContains(t, err.Error(), "secret7391")
		assert.Equal(t, 1, s.calls(), tt.body)
	}
}

// TestAnswersOfSomethingElse: a web server at the endpoint is no service that is
// worth being asked again, unless it says so itself.
func TestAnswersOfSomethingElse(t *testing.T) {
	const page = "<html><body>Not here</body></html>"
	for _, tt := range []struct {
		status int
		body   string
		kind   Kind
	}{
		{404, page, Refused},
		{404, "", Refused},
		{403, page, Refused},
		{302, "", Refused},
		{302, page, Refused},
		{400, "{}", Refused},
		{408, page, Unsure},
		{429, page, Throttled},
	} {
		s := newService(t, func(w http.ResponseWriter, _ string) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		})
		_, err := s.dial(t).Header(t.Context(), fakePool)
		require.Error(t, err)
		assert.Equal(t, tt.kind, KindOf(err), "%d %q", tt.status, tt.body)
		want := fmt.Sprintf("GetCSVHeader: HTTP %d from %s: this is not the service", tt.status, strings.TrimPrefix(s.URL, "http://"))
		assert.ErrorContains(t, err, want, "%d %q", tt.status, tt.body)
		assert.Equal(t, 1, s.calls())
	}
}

func TestNoAnswer(t *testing.T) {
	s := newService(t, func(w http.ResponseWriter, _ string) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			c.Close()
		}
	})
	_, err := s.dial(t).CreateJob(t.Context(), JobRequest{Pool: fakePool, Name: "n", Role: "arn:aws:iam::111111111111:role/r", Algorithm: "BCRYPT"})
	assert.Equal(t, Unsure, KindOf(err))
	assert.Equal(t, 1, s.calls())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.dial(t).StartJob(ctx, fakePool, "import-1")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestConfiguration(t *testing.T) {
	s := newService(t, func(http.ResponseWriter, string) {})
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	c, err := Dial(t.Context(), Config{EndpointURL: s.URL, Pool: "ap-southeast-2_AbCdEfGhI"})
	require.NoError(t, err)
	assert.Equal(t, "ap-southeast-2", c.idp.Options().Region, "the pool's ID says where it is")
	_, err = Dial(t.Context(), Config{Pool: "local_default"})
	require.ErrorContains(t, err, "no AWS region: say --region")
	c, err = Dial(t.Context(), Config{Pool: "eu-west-1_x", Region: "eu-north-1"})
	require.NoError(t, err)
	assert.Equal(t, "eu-north-1", c.idp.Options().Region)
	_, err = Dial(t.Context(), Config{Region: "eu-north-1", Profile: "none"})
	require.ErrorContains(t, err, "none")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	_, err = Dial(t.Context(), Config{Region: "eu-north-1"})
	require.ErrorContains(t, err, "no AWS credentials")
}
