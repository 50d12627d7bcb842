package emulator

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOtherServices calls IAM and STS, which speak another protocol, as no SDK would.
func TestOtherServices(t *testing.T) {
	r := start(t, Options{})
	for body, want := range map[string]string{
		"Action=CreateUser&Version=2010-05-08&UserName=x": "InvalidAction: Could not find operation CreateUser.",
		"Action=CreateUserImportJob":                      "InvalidAction: Could not find operation CreateUserImportJob.",
		"":                                                "InvalidAction: Could not find operation of that name.",
		"Action=" + url.QueryEscape("<b>\x1b[2J"):           "InvalidAction: Could not find operation of that name.",
		"Action=" + strings.Repeat("x", 1000):               "InvalidAction: Could not find operation of that name.",
		"Action=GetRole&x=" + strings.Repeat("x", maxBody):  "InvalidAction: Could not find operation of that name.",
		"Action=GetRole&%zz":                                "InvalidAction: Could not find operation of that name.",
		"Action=GetRole":                                    "ValidationError: 1 validation error detected: Value at 'roleName'",
		"Action=GetRole&RoleName=" + url.QueryEscape("<b>"): "ValidationError: 1 validation error detected: Value at 'roleName'",
		"Action=ListRoles&MaxItems=0":                       "ValidationError: MaxItems",
		"Action=ListRoles&Marker=7":                         "ValidationError: Invalid Marker.",
	} {
		for _, signature := range []string{"AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0", ""} {
			request, err := http.NewRequest(http.MethodPost, r.http.URL+"/", strings.NewReader(body))
			require.NoError(t, err)
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
			request.Header.Set("Authorization", signature)
			answer, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			text, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			answer.Body.Close()
			var e struct {
				Error struct{ Type, Code, Message string }
			}
			require.NoError(t, xml.Unmarshal(text, &e), string(text))
			if signature == "" {
				assert.Equal(t, "MissingAuthenticationToken", e.Error.Code)
				assert.Equal(t, http.StatusForbidden, answer.StatusCode, body)
				continue
			}
			assert.Equal(t, http.StatusBadRequest, answer.StatusCode, body)
			assert.Contains(t, e.Error.Code+": "+e.Error.Message, want)
		}
	}
}

// TestErrorAnswers calls with bodies that no SDK would send.
func TestErrorAnswers(t *testing.T) {
	r := start(t, Options{})
	const pools, logs = "AWSCognitoIdentityProviderService.", "Logs_20140328."
	for name, test := range map[string]struct {
		target, body string
		status       int
		kind         string
		message      string
	}{
		"unknown operation":   {pools + "DeleteEverything", `{}`, 400, "UnknownOperationException", ""},
		"of another service":  {logs + "ListUsers", `{}`, 400, "UnknownOperationException", ""},
		"the other way round": {pools + "GetLogEvents", `{}`, 400, "UnknownOperationException", ""},
		"no target":           {"", `{}`, 400, "UnknownOperationException", ""},
		"no JSON":             {pools + "ListUsers", `{"UserPoolId"`, 400, "SerializationException", "not valid JSON"},
		"no body":             {pools + "ListUsers", ``, 400, "SerializationException", "not valid JSON"},
		"an array":            {pools + "ListUsers", `[]`, 400, "SerializationException", "must be a JSON object"},
		"a wrong type":        {pools + "ListUsers", `{"Limit":"many"}`, 400, "SerializationException", "Limit cannot be a JSON string"},
		"a fraction":          {pools + "ListUsers", `{"Limit":1.5}`, 400, "SerializationException", "Limit cannot be a JSON number"},
		"too long":            {pools + "ListUsers", `{"Filter":"` + strings.Repeat("x", maxBody) + `"}`, 413, "RequestEntityTooLargeException", ""},
		"null is absent":      {pools + "GetCSVHeader", `{"UserPoolId":null}`, 400, "InvalidParameterException", "1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null"},
		"unknown member":      {pools + "GetCSVHeader", `{"UserPoolId":"local_none","What":1}`, 400, "ResourceNotFoundException", "User pool local_none does not exist."},
		"pattern":             {pools + "GetCSVHeader", `{"UserPoolId":"none"}`, 400, "InvalidParameterException", `Value 'none' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+`},
		"a job ID":            {pools + "StartUserImportJob", `{"UserPoolId":"local_default","JobId":"7"}`, 400, "InvalidParameterException", "at 'jobId'"},
		"no such job":         {pools + "StopUserImportJob", `{"UserPoolId":"local_default","JobId":"import-7"}`, 400, "ResourceNotFoundException", "import-7"},
		"role":                {pools + "CreateUserImportJob", `{"UserPoolId":"local_default","JobName":"a/b","CloudWatchLogsRoleArn":"arn"}`, 400, "InvalidParameterException", "3 validation errors detected: Value 'a/b' at 'jobName'"},
		"long name":           {pools + "CreateUserImportJob", `{"UserPoolId":"local_default","JobName":"` + strings.Repeat("n", 129) + `","CloudWatchLogsRoleArn":"` + role + `"}`, 400, "InvalidParameterException", "Member must have length less than or equal to 128"},
		"algorithm":           {pools + "CreateUserImportJob", `{"UserPoolId":"local_default","JobName":"n","CloudWatchLogsRoleArn":"` + role + `","PasswordHashingAlgorithm":"MD5"}`, 400, "InvalidParameterException", "BCRYPT|SCRYPT"},
		"no such user":        {pools + "AdminGetUser", `{"UserPoolId":"local_default","Username":"x"}`, 400, "UserNotFoundException", "User does not exist."},
		"a secret is not repeated": {pools + "AdminSetUserPassword", `{"UserPoolId":"local_default","Username":"x","Password":"my secret"}`, 400, "InvalidParameterException",
			"1 validation error detected: Value at 'password' failed"},
		"no log group": {logs + "GetLogEvents", `{"logGroupName":"/aws/cognito/userpools/local_default/default","logStreamName":"x"}`, 400, "ResourceNotFoundException", "The specified log group does not exist."},
		"no name":      {logs + "FilterLogEvents", `{}`, 400, "InvalidParameterException", "Value null at 'logGroupName'"},
		"limit":        {logs + "GetLogEvents", `{"logGroupName":"g","logStreamName":"x","limit":10001}`, 400, "InvalidParameterException", "'limit'"},
	} {
		answer, out := r.raw(test.target, test.body)
		assert.Equal(t, test.status, answer.StatusCode, name)
		assert.Equal(t, test.kind, out["__type"], name)
		assert.Contains(t, out["message"], test.message, name)
		assert.Len(t, out, 2, name)
		assert.Equal(t, "application/x-amz-json-1.1", answer.Header.Get("Content-Type"), name)
		assert.Equal(t, test.kind, strings.TrimSuffix(answer.Header.Get("x-amzn-ErrorType"), ":"), name)
		assert.Len(t, answer.Header.Get("x-amzn-RequestId"), 36, name)
		assert.NotContains(t, out["message"], "secret", name)
	}
}

// TestTypedErrors gets them as the types of the SDK.
func TestTypedErrors(t *testing.T) {
	r := start(t, Options{})
	_, err := r.pools.DescribeUserImportJob(r.ctx, &cognitoidentityprovider.DescribeUserImportJobInput{UserPoolId: aws.String(defaultID), JobId: aws.String("import-none")})
	var notFound *types.ResourceNotFoundException
	require.ErrorAs(t, err, &notFound)
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	assert.Equal(t, 400, response.HTTPStatusCode())
	assert.NotEmpty(t, response.ServiceRequestID())
	_, err = r.pools.ListUsers(r.ctx, &cognitoidentityprovider.ListUsersInput{UserPoolId: aws.String(defaultID), Limit: aws.Int32(61)})
	var invalid *types.InvalidParameterException
	assert.ErrorAs(t, err, &invalid)
}

// TestAbsentMembers are left out of answers, not null.
func TestAbsentMembers(t *testing.T) {
	r := start(t, Options{})
	r.run(csv("a@example.com TRUE a"))
	r.create("second")
	for target, body := range map[string]string{
		"AWSCognitoIdentityProviderService.ListUserImportJobs": `{"UserPoolId":"local_default","MaxResults":60}`,
		"AWSCognitoIdentityProviderService.ListUsers":          `{"UserPoolId":"local_default"}`,
		"AWSCognitoIdentityProviderService.DescribeUserPool":   `{"UserPoolId":"local_default"}`,
		"AWSCognitoIdentityProviderService.AdminGetUser":       `{"UserPoolId":"local_default","Username":"a"}`,
		"Logs_20140328.DescribeLogGroups":                      `{}`,
		"Logs_20140328.FilterLogEvents":                        `{"logGroupName":"/aws/cognito/userpools/local_default/default"}`,
		"AWSCognitoIdentityProviderService.ListUserPools":      `{"MaxResults":1}`,
	} {
		_, out := r.raw(target, body)
		assertNoNulls(t, target, out)
		assert.NotContains(t, out, "PaginationToken", target)
		assert.NotContains(t, out, "nextToken", target)
	}
}

func assertNoNulls(t *testing.T, path string, v any) {
	switch v := v.(type) {
	case nil:
		t.Errorf("%s is null", path)
	case map[string]any:
		for name, member := range v {
			assertNoNulls(t, path+"."+name, member)
		}
	case []any:
		for _, item := range v {
			assertNoNulls(t, path, item)
		}
	}
}

// TestHosts lets nobody in by a name that could have been made to point here.
func TestHosts(t *testing.T) {
	server, err := New(Options{Pages: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a page") })})
	require.NoError(t, err)
	defer server.Close()
	for host, want := range map[string]int{
		"127.0.0.1": 200, "127.0.0.1:9400": 200, "localhost": 200, "LocalHost:80": 200, "[::1]:80": 200, "[::1]": 200, "10.0.0.7:80": 200,
		"": 403, "example.com": 403, "localhost.example.com:80": 403, "127.0.0.1.example.com": 403, "xlocalhost": 403, "127.0.0.1:80:80": 403,
	} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Host = host
		w := httptest.NewRecorder()
		server.ServeHTTP(w, request)
		assert.Equal(t, want, w.Code, host)
	}
}

func TestMethodsAndPaths(t *testing.T) {
	server, err := New(Options{})
	require.NoError(t, err)
	defer server.Close()
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/", 200}, {"HEAD", "/", 200}, {"GET", "/other", 404}, {"POST", "/other", 405}, {"DELETE", "/", 405},
		{"PUT", "/", 405}, {"PUT", "/uploads/local_default/import-x", 403}, {"OPTIONS", "/", 405},
	} {
		w := httptest.NewRecorder()
		request := httptest.NewRequest(test.method, test.path, nil)
		request.Host = "localhost"
		server.ServeHTTP(w, request)
		assert.Equal(t, test.want, w.Code, "%s %s", test.method, test.path)
		assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
	}
}

func TestFaults(t *testing.T) {
	var faults []Fault
	for _, text := range []string{
		"DescribeUserPool:throttle:1", "DescribeUserPool:500:1", "CreateUserImportJob:drop-reply:1", "DescribeLogGroups:throttle:1",
		"DescribeLogGroups:500:1", "upload:500:1", "upload:cut:1", "upload:drop-reply:1",
	} {
		f, err := ParseFault(text)
		require.NoError(t, err)
		faults = append(faults, f)
	}
	dir := t.TempDir()
	r := start(t, Options{Faults: faults, DataDir: dir})

	_, err := r.pools.DescribeUserPool(r.ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String(defaultID)})
	var tooMany *types.TooManyRequestsException
	assert.ErrorAs(t, err, &tooMany)
	_, err = r.pools.DescribeUserPool(r.ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String(defaultID)})
	var internal *types.InternalErrorException
	assert.ErrorAs(t, err, &internal)
	_, err = r.pools.DescribeUserPool(r.ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String(defaultID)})
	assert.NoError(t, err)

	_, err = r.logs.DescribeLogGroups(r.ctx, nil)
	var throttled smithy.APIError // the SDK has no type of its own for it here
	if assert.ErrorAs(t, err, &throttled) {
		assert.Equal(t, "ThrottlingException", throttled.ErrorCode())
	}
	_, err = r.logs.DescribeLogGroups(r.ctx, nil)
	var unavailable *logtypes.ServiceUnavailableException
	assert.ErrorAs(t, err, &unavailable)

	in := &cognitoidentityprovider.CreateUserImportJobInput{JobName: aws.String("lost"), UserPoolId: aws.String(defaultID), CloudWatchLogsRoleArn: aws.String(role)}
	_, err = r.pools.CreateUserImportJob(r.ctx, in)
	require.Error(t, err)
	assert.True(t, errors.Is(err, io.EOF), "the connection closes: %v", err)
	list, err := r.pools.ListUserImportJobs(r.ctx, &cognitoidentityprovider.ListUserImportJobsInput{UserPoolId: aws.String(defaultID), MaxResults: aws.Int32(10)})
	require.NoError(t, err)
	require.Len(t, list.UserImportJobs, 1, "it was carried out")
	j := list.UserImportJobs[0]

	status, text := r.put(*j.PreSignedUrl, many(1))
	assert.Equal(t, 500, status)
	assert.Equal(t, "InternalError", code(t, text))
	assert.Empty(t, r.stored(dir))
	_, answer := r.dial(*j.PreSignedUrl, kmsLine+"Content-Length: 1000\r\n", strings.Repeat("x", 600))
	_, err = answer.ReadByte()
	assert.True(t, errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET), "the connection closes: %v", err)
	assert.Empty(t, r.stored(dir))
	_, answer = r.dial(*j.PreSignedUrl, kmsLine+"Content-Length: 10\r\n", "0123456789")
	_, err = answer.ReadByte()
	assert.True(t, errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET), "the connection closes: %v", err)
	assert.Len(t, r.stored(dir), 1, "it was stored")
	status, _ = r.put(*j.PreSignedUrl, many(1))
	assert.Equal(t, 200, status, "the faults are used up")
}

func TestParseFault(t *testing.T) {
	f, err := ParseFault("StartUserImportJob:drop-reply:3")
	require.NoError(t, err)
	assert.Equal(t, Fault{"StartUserImportJob", DropReply, 3}, f)
	for text, want := range map[string]string{
		"":                              "is no fault",
		"upload:cut":                    "expected is OPERATION:KIND:N",
		"StartUserImportJobs:500:1":     `did you mean "StartUserImportJob"?`,
		"uplaod:cut:1":                  `did you mean "upload"?`,
		"StartUserImportJob:cut:1":      "unknown kind",
		"StartUserImportJob:throtle:1":  `did you mean "throttle"?`,
		"upload:throttle:1":             "unknown kind",
		"StartUserImportJob:throttle:0": "a number from 1",
		"StartUserImportJob:500:x":      "a number from 1",
	} {
		_, err := ParseFault(text)
		assert.ErrorContains(t, err, want, text)
	}
}

// TestUnsigned calls every operation without a signature.
func TestUnsigned(t *testing.T) {
	r := start(t, Options{})
	for _, name := range Operations() {
		request, err := http.NewRequest(http.MethodPost, r.http.URL, strings.NewReader(`{}`))
		require.NoError(t, err)
		request.Header.Set("X-Amz-Target", operations[name].target+"."+name)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		missing := strings.Contains(string(text), `"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"`)
		assert.Equal(t, operations[name].caller == bySigner, missing, name)
		if missing {
			assert.Equal(t, http.StatusBadRequest, answer.StatusCode, name)
		}
	}
	for name, op := range operations {
		if op.caller == byApp {
			assert.False(t, strings.HasPrefix(name, "Admin") || strings.HasPrefix(name, "List"), name)
		}
	}
}
