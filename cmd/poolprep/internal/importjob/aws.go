package importjob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// callTimeout bounds one call, so that a connection that died does not stop the import.
const callTimeout = 60 * time.Second

// pageSize is how many jobs a page of ListUserImportJobs has, the most that is allowed.
const pageSize = 60

// Config says how the services are reached. The zero value is the SDK's usual
// chain: environment, shared files, the machine's role.
type Config struct {
	EndpointURL string // of all services
	Region      string
	Profile     string
	Pool        string // its ID begins with the region, if none is stated anywhere
	anyRegion   bool   // IAM is the same in all of them
}

// poolRegion takes the region out of a pool ID.
var poolRegion = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([a-z]{2}(?:-[a-z]+)+-[0-9]+)_`) })

// load returns the SDK's configuration, with credentials that are there.
func (c Config) load(ctx context.Context) (aws.Config, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }), // see caller
		config.WithLogger(logging.Nop{}),                                   // what is worth saying is in the errors
	}
	if c.Region != "" {
		options = append(options, config.WithRegion(c.Region))
	}
	if c.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(c.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, fmt.Errorf("the AWS configuration cannot be read: %w", err)
	}
	if c.EndpointURL != "" {
		cfg.BaseEndpoint = aws.String(c.EndpointURL)
	}
	if err := checkEndpoint(cfg.BaseEndpoint); err != nil {
		return cfg, err
	}
	cfg.HTTPClient = withMemoryBodies(cfg.HTTPClient)
	if m := poolRegion().FindStringSubmatch(c.Pool); cfg.Region == "" && m != nil {
		cfg.Region = m[1]
	}
	if cfg.Region == "" && c.anyRegion {
		cfg.Region = "us-east-1"
	}
	if cfg.Region == "" {
		return cfg, errors.New("no AWS region: say --region, or set AWS_REGION")
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, fmt.Errorf("no AWS credentials: %w; set AWS_PROFILE or --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", err)
	}
	return cfg, nil
}

// Client is the real service. It is safe for concurrent use.
type Client struct {
	idp  *idp.Client
	logs *cloudwatchlogs.Client
}

// Dial returns a client. It makes no call, but looks for credentials.
func Dial(ctx context.Context, c Config) (*Client, error) {
	cfg, err := await(ctx, func() (aws.Config, error) { return c.load(ctx) }) // its files may be pipes
	if err != nil {
		return nil, err
	}
	client := &Client{idp.NewFromConfig(cfg), cloudwatchlogs.NewFromConfig(cfg)}
	for _, own := range []*string{client.idp.Options().BaseEndpoint, client.logs.Options().BaseEndpoint} {
		if err := checkEndpoint(own); err != nil {
			return nil, err
		}
	}
	return client, nil
}

// call makes one call of the SDK and says what came of it.
func call[In, Out, Opt any](ctx context.Context, operation string, f func(context.Context, *In, ...Opt) (*Out, error), in *In, options ...Opt) (*Out, error) {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	out, err := f(bounded, in, options...)
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, callError(operation, err)
}

func callError(operation string, err error) error {
	e := newCallError(operation, err)
	e.Code, e.Message = shortened(e.Code), shortened(e.Message)
	return e
}

func newCallError(operation string, err error) *CallError {
	e := &CallError{Operation: operation, Message: cause(err).Error()}
	if errors.Is(err, errLongAnswer) { // what was asked for may have been done
		e.Kind, e.Message = Refused, errLongAnswer.Error()
		return e
	}
	var response *smithyhttp.ResponseError
	status := 0
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == unknownError {
		if status >= 300 && status < 500 {
			e.Kind, e.Message = Refused, notTheService(response)
		}
		switch status {
		case http.StatusTooManyRequests:
			e.Kind = Throttled
		case http.StatusRequestTimeout:
			e.Kind = Unsure
		}
		return e
	}
	e.Code, e.Message, e.Kind = api.ErrorCode(), api.ErrorMessage(), Refused
	_, throttle := retry.DefaultThrottleErrorCodes[e.Code]
	switch {
	case throttle || status == http.StatusTooManyRequests:
		e.Kind = Throttled
	case status >= 500:
		e.Kind = Unsure
	}
	return e
}

// maxText is how many characters are kept of a text that a service gives.
const maxText = 2000

// shortened returns a text of a service, cut off after maxText characters.
func shortened(text string) string {
	if len(text) <= maxText {
		return text
	}
	n := 0
	for i := range text {
		if n == maxText {
			return text[:i] + " ..."
		}
		n++
	}
	return text
}

// unknownError is the SDK's code for an answer that names no error.
const unknownError = "UnknownError"

// notTheService says where an answer came from that no service of AWS gives.
func notTheService(r *smithyhttp.ResponseError) string {
	host := "the endpoint"
	if sent := r.Response.Request; sent != nil && sent.URL != nil && sent.URL.Host != "" {
		host = sent.URL.Host
	}
	return fmt.Sprintf("HTTP %d from %s: this is not the service, which names its errors. Look at --endpoint-url (or AWS_ENDPOINT_URL), and for a proxy that answers in its place", r.HTTPStatusCode(), host)
}

// cause returns the innermost of the SDK's nested errors that is not just its own words.
func cause(err error) error {
	var op *smithy.OperationError
	if errors.As(err, &op) {
		err = op.Err
	}
	var sent *smithyhttp.RequestSendError
	if errors.As(err, &sent) {
		err = sent.Err
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err
}

// jobOf takes over what the SDK delivers. The kinds of absence are all "".
func jobOf(operation string, j *types.UserImportJobType) (Job, error) {
	if j == nil || aws.ToString(j.JobId) == "" {
		return Job{}, &CallError{Operation: operation, Message: "the answer holds no job"}
	}
	return Job{
		ID: shortened(*j.JobId), Name: shortened(aws.ToString(j.JobName)), Pool: shortened(aws.ToString(j.UserPoolId)), Status: Status(shortened(string(j.Status))),
		Message: shortened(aws.ToString(j.CompletionMessage)), URL: aws.ToString(j.PreSignedUrl),
		Imported: j.ImportedUsers, Skipped: j.SkippedUsers, Failed: j.FailedUsers,
		Created: aws.ToTime(j.CreationDate), Started: aws.ToTime(j.StartDate), Complete: aws.ToTime(j.CompletionDate),
	}, nil
}

// CreateJob calls CreateUserImportJob.
func (c *Client) CreateJob(ctx context.Context, in JobRequest) (Job, error) {
	const operation = "CreateUserImportJob"
	out, err := call(ctx, operation, c.idp.CreateUserImportJob, &idp.CreateUserImportJobInput{
		UserPoolId: &in.Pool, JobName: &in.Name, CloudWatchLogsRoleArn: &in.Role,
	}, withAlgorithm(in.Algorithm))
	if err != nil {
		return Job{}, err
	}
	return jobOf(operation, out.UserImportJob)
}

// StartJob calls StartUserImportJob.
func (c *Client) StartJob(ctx context.Context, pool, id string) (Job, error) {
	const operation = "StartUserImportJob"
	out, err := call(ctx, operation, c.idp.StartUserImportJob, &idp.StartUserImportJobInput{UserPoolId: &pool, JobId: &id})
	if err != nil {
		return Job{}, err
	}
	return jobOf(operation, out.UserImportJob)
}

// StopJob calls StopUserImportJob.
func (c *Client) StopJob(ctx context.Context, pool, id string) (Job, error) {
	const operation = "StopUserImportJob"
	out, err := call(ctx, operation, c.idp.StopUserImportJob, &idp.StopUserImportJobInput{UserPoolId: &pool, JobId: &id})
	if err != nil {
		return Job{}, err
	}
	return jobOf(operation, out.UserImportJob)
}

// DescribeJob calls DescribeUserImportJob.
func (c *Client) DescribeJob(ctx context.Context, pool, id string) (Job, error) {
	const operation = "DescribeUserImportJob"
	out, err := call(ctx, operation, c.idp.DescribeUserImportJob, &idp.DescribeUserImportJobInput{UserPoolId: &pool, JobId: &id})
	if err != nil {
		return Job{}, err
	}
	return jobOf(operation, out.UserImportJob)
}

// ListJobs calls ListUserImportJobs for one page.
func (c *Client) ListJobs(ctx context.Context, pool, token string) ([]Job, string, error) {
	const operation = "ListUserImportJobs"
	in := &idp.ListUserImportJobsInput{UserPoolId: &pool, MaxResults: aws.Int32(pageSize)}
	if token != "" {
		in.PaginationToken = &token
	}
	out, err := call(ctx, operation, c.idp.ListUserImportJobs, in)
	if err != nil {
		return nil, "", err
	}
	var jobs []Job
	for i := range out.UserImportJobs {
		j, err := jobOf(operation, &out.UserImportJobs[i])
		if err != nil {
			return nil, "", err
		}
		jobs = append(jobs, j)
	}
	return jobs, aws.ToString(out.PaginationToken), nil
}

// Header calls GetCSVHeader.
func (c *Client) Header(ctx context.Context, pool string) ([]string, error) {
	out, err := call(ctx, "GetCSVHeader", c.idp.GetCSVHeader, &idp.GetCSVHeaderInput{UserPoolId: &pool})
	if err != nil {
		return nil, err
	}
	return slices.Clone(out.CSVHeader), nil
}

// DescribePool calls DescribeUserPool.
func (c *Client) DescribePool(ctx context.Context, pool string) ([]byte, error) {
	const operation = "DescribeUserPool"
	out, err := call(ctx, operation, c.idp.DescribeUserPool, &idp.DescribeUserPoolInput{UserPoolId: &pool})
	if err != nil {
		return nil, err
	}
	if out.UserPool == nil {
		return nil, &CallError{Operation: operation, Message: "the answer holds no pool"}
	}
	// The SDK's types have the names of the API.
	return json.Marshal(struct{ UserPool *types.UserPoolType }{out.UserPool})
}

// ResetPassword calls AdminResetUserPassword.
func (c *Client) ResetPassword(ctx context.Context, pool, username string) error {
	_, err := call(ctx, "AdminResetUserPassword", c.idp.AdminResetUserPassword, &idp.AdminResetUserPasswordInput{UserPoolId: &pool, Username: &username})
	return err
}

// Groups calls DescribeLogGroups for one page.
func (c *Client) Groups(ctx context.Context, prefix string) ([]string, error) {
	out, err := call(ctx, describeLogGroups, c.logs.DescribeLogGroups, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &prefix})
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range out.LogGroups {
		names = append(names, aws.ToString(out.LogGroups[i].LogGroupName))
	}
	return names, nil
}

// Events calls GetLogEvents for one page.
func (c *Client) Events(ctx context.Context, group, stream, token string) ([]string, string, error) {
	in := &cloudwatchlogs.GetLogEventsInput{LogGroupName: &group, LogStreamName: &stream, StartFromHead: aws.Bool(true)}
	if token != "" {
		in.NextToken = &token
	}
	out, err := call(ctx, getLogEvents, c.logs.GetLogEvents, in)
	if err != nil {
		return nil, "", err
	}
	messages := make([]string, 0, len(out.Events))
	for i := range out.Events {
		messages = append(messages, aws.ToString(out.Events[i].Message))
	}
	return messages, aws.ToString(out.NextForwardToken), nil
}
