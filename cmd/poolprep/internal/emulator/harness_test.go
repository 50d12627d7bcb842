package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/emulator/logs"
)

const (
	signature = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/any/aws4_request, SignedHeaders=host, Signature=0"
	defaultID = "local_default"
	role      = "arn:aws:iam::111111111111:role/CognitoCloudWatchLogsRole"
	header    = "name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,cognito:mfa_enabled,cognito:username"
)

// rig is a server with real clients of the SDK.
type rig struct {
	t      *testing.T
	server *Server
	http   *httptest.Server
	pools  *cognitoidentityprovider.Client
	logs   *cloudwatchlogs.Client
	ctx    context.Context
}

// start starts a server, which ends with the test unless it is closed before.
func start(t *testing.T, o Options) *rig {
	t.Helper()
	server, err := New(o)
	require.NoError(t, err)
	return serve(t, server)
}

func serve(t *testing.T, server *Server) *rig {
	r := &rig{t: t, server: server, http: httptest.NewServer(server), ctx: t.Context()}
	provider := credentials.NewStaticCredentialsProvider("test", "test", "")
	r.pools = cognitoidentityprovider.New(cognitoidentityprovider.Options{
		Region: "us-east-1", BaseEndpoint: &r.http.URL, Credentials: provider, Retryer: aws.NopRetryer{}, HTTPClient: memoryBodies{},
	})
	r.logs = cloudwatchlogs.New(cloudwatchlogs.Options{
		Region: "us-east-1", BaseEndpoint: &r.http.URL, Credentials: provider, Retryer: aws.NopRetryer{}, HTTPClient: memoryBodies{},
	})
	t.Cleanup(r.close)
	return r
}

// memoryBodies sends requests whose bodies are known to lie in memory. The SDK's own
// client may close the connection while a quick answer is being read.
type memoryBodies struct{}

func (memoryBodies) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	sent := r.WithContext(r.Context())
	sent.Body = io.NopCloser(bytes.NewReader(body))
	sent.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return http.DefaultClient.Do(sent)
}

func (r *rig) close() {
	if r.http != nil {
		r.http.Close()
		require.NoError(r.t, r.server.Close())
		r.http = nil
	}
}

// create makes a job in the default pool, or in another one.
func (r *rig) create(name string, pool ...string) *types.UserImportJobType {
	r.t.Helper()
	out, err := r.pools.CreateUserImportJob(r.ctx, &cognitoidentityprovider.CreateUserImportJobInput{
		JobName: &name, UserPoolId: aws.String(append(pool, defaultID)[0]), CloudWatchLogsRoleArn: aws.String(role),
	})
	require.NoError(r.t, err)
	return out.UserImportJob
}

// put uploads a body and returns the status and the body of the answer.
func (r *rig) put(url, body string, headers ...string) (int, string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.ctx, http.MethodPut, url, strings.NewReader(body))
	require.NoError(r.t, err)
	if len(headers) == 0 {
		headers = []string{"x-amz-server-side-encryption", "aws:kms"}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	answer, err := r.http.Client().Do(request)
	require.NoError(r.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(r.t, err)
	return answer.StatusCode, string(text)
}

// ready makes a job with a file.
func (r *rig) ready(name, file string, pool ...string) *types.UserImportJobType {
	r.t.Helper()
	j := r.create(name, pool...)
	status, text := r.put(*j.PreSignedUrl, file)
	require.Equal(r.t, 200, status, text)
	return j
}

func (r *rig) start(j *types.UserImportJobType) (*types.UserImportJobType, error) {
	out, err := r.pools.StartUserImportJob(r.ctx, &cognitoidentityprovider.StartUserImportJobInput{UserPoolId: j.UserPoolId, JobId: j.JobId})
	if err != nil {
		return nil, err
	}
	return out.UserImportJob, nil
}

func (r *rig) stop(j *types.UserImportJobType) (*types.UserImportJobType, error) {
	out, err := r.pools.StopUserImportJob(r.ctx, &cognitoidentityprovider.StopUserImportJobInput{UserPoolId: j.UserPoolId, JobId: j.JobId})
	if err != nil {
		return nil, err
	}
	return out.UserImportJob, nil
}

func (r *rig) describe(j *types.UserImportJobType) *types.UserImportJobType {
	r.t.Helper()
	out, err := r.pools.DescribeUserImportJob(r.ctx, &cognitoidentityprovider.DescribeUserImportJobInput{UserPoolId: j.UserPoolId, JobId: j.JobId})
	require.NoError(r.t, err)
	return out.UserImportJob
}

// wait waits until the job has ended.
func (r *rig) wait(j *types.UserImportJobType) *types.UserImportJobType {
	r.t.Helper()
	return r.until(j, "Succeeded", "Failed", "Stopped", "Expired")
}

// until waits until the job has one of the status values.
func (r *rig) until(j *types.UserImportJobType, statuses ...types.UserImportJobStatusType) *types.UserImportJobType {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		j = r.describe(j)
		for _, s := range statuses {
			if j.Status == s {
				return true
			}
		}
		return false
	}, 30*time.Second, 2*time.Millisecond)
	return j
}

// run imports a file from creation to end.
func (r *rig) run(file string, pool ...string) *types.UserImportJobType {
	r.t.Helper()
	j := r.ready("job", file, pool...)
	_, err := r.start(j)
	require.NoError(r.t, err)
	return r.wait(j)
}

// lines returns the whole log of a job.
func (r *rig) lines(j *types.UserImportJobType) (messages []string) {
	r.t.Helper()
	in := &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String(r.group(j)), LogStreamName: aws.String(stream1(j)), StartFromHead: aws.Bool(true)}
	pages := cloudwatchlogs.NewGetLogEventsPaginator(r.logs, in, func(o *cloudwatchlogs.GetLogEventsPaginatorOptions) { o.StopOnDuplicateToken = true })
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		require.NoError(r.t, err)
		for _, e := range page.Events {
			messages = append(messages, *e.Message)
		}
	}
	return messages
}

func (r *rig) group(j *types.UserImportJobType) string {
	return logs.GroupName(r.server.pools.Get(*j.UserPoolId))
}

func stream1(j *types.UserImportJobType) string { return *j.JobId + "/" + *j.JobName }

// users returns all users of a pool by username.
func (r *rig) users(pool string) map[string]types.UserType {
	r.t.Helper()
	all := make(map[string]types.UserType)
	pages := cognitoidentityprovider.NewListUsersPaginator(r.pools, &cognitoidentityprovider.ListUsersInput{UserPoolId: &pool})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		require.NoError(r.t, err)
		for _, u := range page.Users {
			require.NotContains(r.t, all, *u.Username)
			all[*u.Username] = u
		}
	}
	return all
}

// raw calls the API without the SDK.
func (r *rig) raw(target, body string) (*http.Response, map[string]any) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.ctx, http.MethodPost, r.http.URL, strings.NewReader(body))
	require.NoError(r.t, err)
	request.Header.Set("X-Amz-Target", target)
	request.Header.Set("Authorization", signature)
	answer, err := r.http.Client().Do(request)
	require.NoError(r.t, err)
	defer answer.Body.Close()
	var out map[string]any
	require.NoError(r.t, json.NewDecoder(answer.Body).Decode(&out))
	return answer, out
}

// attribute returns an attribute of a user, "" if there is none.
func attribute(u types.UserType, name string) string {
	for _, a := range u.Attributes {
		if *a.Name == name {
			return *a.Value
		}
	}
	return ""
}

// csv returns a file with rows of an e-mail address, email_verified and a username.
func csv(rows ...string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for _, row := range rows {
		f := strings.Split(row, " ")
		fmt.Fprintf(&b, ",,,,,,,,,%s,%s,,,,,,,,,,%s\n", f[0], f[1], f[2])
	}
	return b.String()
}

// many returns a file of n sound rows.
func many(n int) string {
	var b bytes.Buffer
	b.WriteString(header + "\n")
	for i := range n {
		fmt.Fprintf(&b, ",,,,,,,,,u%d@example.com,TRUE,,,,,,,,,,user%06d\n", i, i)
	}
	return b.String()
}

// pool makes a pool of settings in JSON, without the outer braces.
func pool(t *testing.T, id, settings string) *Pool {
	t.Helper()
	text := fmt.Sprintf(`{"UserPool":{"Id":%q,"Name":"test",%s}}`, id, settings)
	p, err := ParsePool("test.json", []byte(text))
	require.NoError(t, err)
	return p
}

// clock is a clock that stands still unless it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// gate makes a job wait after each transaction until it is let on.
type gate struct {
	arrived chan struct{}
	open    chan struct{}
}

func newGate() *gate { return &gate{make(chan struct{}), make(chan struct{})} }

// wait waits until the job has come to the gate.
func (g *gate) wait(t *testing.T) {
	t.Helper()
	select {
	case <-g.arrived:
	case <-time.After(20 * time.Second):
		t.Fatal("the job does not come to its next transaction")
	}
}

func (g *gate) pause(ctx context.Context, _ time.Duration) error {
	select {
	case g.arrived <- struct{}{}:
	case <-g.open:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
