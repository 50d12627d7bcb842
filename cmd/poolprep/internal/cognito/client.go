package cognito

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"poolprep/validate/source"
)

// callTimeout bounds one call, so that a connection that died does not stop the import.
const callTimeout = 60 * time.Second

// pageSize is how many jobs a page of ListUserImportJobs has, the most that is allowed.
const pageSize = 60

// Client is the real service. It is safe for concurrent use.
type Client struct {
	idp  *idp.Client
	logs *cloudwatchlogs.Client
}

// Dial returns a client. It makes no call, but looks for credentials.
func Dial(ctx context.Context, c Config) (*Client, error) {
	cfg, err := source.Await(ctx, func() (aws.Config, error) { return c.load(ctx) }) // its files may be pipes
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

// jobCall makes a call whose answer holds a job.
func jobCall[In, Out any](ctx context.Context, operation string, f func(context.Context, *In, ...func(*idp.Options)) (*Out, error), in *In, job func(*Out) *types.UserImportJobType, options ...func(*idp.Options)) (Job, error) {
	out, err := call(ctx, operation, f, in, options...)
	if err != nil {
		return Job{}, err
	}
	return jobOf(operation, job(out))
}

// CreateJob calls CreateUserImportJob.
func (c *Client) CreateJob(ctx context.Context, in JobRequest) (Job, error) {
	return jobCall(ctx, "CreateUserImportJob", c.idp.CreateUserImportJob,
		&idp.CreateUserImportJobInput{UserPoolId: &in.Pool, JobName: &in.Name, CloudWatchLogsRoleArn: &in.Role},
		func(out *idp.CreateUserImportJobOutput) *types.UserImportJobType { return out.UserImportJob }, withAlgorithm(in.Algorithm))
}

// StartJob calls StartUserImportJob.
func (c *Client) StartJob(ctx context.Context, pool, id string) (Job, error) {
	return jobCall(ctx, "StartUserImportJob", c.idp.StartUserImportJob, &idp.StartUserImportJobInput{UserPoolId: &pool, JobId: &id},
		func(out *idp.StartUserImportJobOutput) *types.UserImportJobType { return out.UserImportJob })
}

// StopJob calls StopUserImportJob.
func (c *Client) StopJob(ctx context.Context, pool, id string) (Job, error) {
	return jobCall(ctx, "StopUserImportJob", c.idp.StopUserImportJob, &idp.StopUserImportJobInput{UserPoolId: &pool, JobId: &id},
		func(out *idp.StopUserImportJobOutput) *types.UserImportJobType { return out.UserImportJob })
}

// DescribeJob calls DescribeUserImportJob.
func (c *Client) DescribeJob(ctx context.Context, pool, id string) (Job, error) {
	return jobCall(ctx, "DescribeUserImportJob", c.idp.DescribeUserImportJob, &idp.DescribeUserImportJobInput{UserPoolId: &pool, JobId: &id},
		func(out *idp.DescribeUserImportJobOutput) *types.UserImportJobType { return out.UserImportJob })
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

// GetUser calls AdminGetUser.
func (c *Client) GetUser(ctx context.Context, pool, username string) (User, error) {
	out, err := call(ctx, "AdminGetUser", c.idp.AdminGetUser, &idp.AdminGetUserInput{UserPoolId: &pool, Username: &username})
	if err != nil {
		return User{}, err
	}
	return User{
		Username: aws.ToString(out.Username), Status: string(out.UserStatus), Attributes: attributesOf(out.UserAttributes),
		Created: aws.ToTime(out.UserCreateDate), Modified: aws.ToTime(out.UserLastModifiedDate),
	}, nil
}

func attributesOf(list []types.AttributeType) map[string]string {
	m := make(map[string]string, len(list))
	for _, a := range list {
		m[aws.ToString(a.Name)] = aws.ToString(a.Value)
	}
	return m
}

// ListUsers calls ListUsers.
func (c *Client) ListUsers(ctx context.Context, pool, token string) ([]User, string, error) {
	in := &idp.ListUsersInput{UserPoolId: &pool, Limit: aws.Int32(60)}
	if token != "" {
		in.PaginationToken = &token
	}
	out, err := call(ctx, "ListUsers", c.idp.ListUsers, in)
	if err != nil {
		return nil, "", err
	}
	users := make([]User, 0, len(out.Users))
	for i := range out.Users {
		u := &out.Users[i]
		users = append(users, User{
			Username: aws.ToString(u.Username), Status: string(u.UserStatus), Attributes: attributesOf(u.Attributes),
			Created: aws.ToTime(u.UserCreateDate), Modified: aws.ToTime(u.UserLastModifiedDate),
		})
	}
	return users, aws.ToString(out.PaginationToken), nil
}

// GetGroup calls GetGroup.
func (c *Client) GetGroup(ctx context.Context, pool, group string) error {
	_, err := call(ctx, "GetGroup", c.idp.GetGroup, &idp.GetGroupInput{UserPoolId: &pool, GroupName: &group})
	return err
}

// CreateGroup calls CreateGroup.
func (c *Client) CreateGroup(ctx context.Context, pool, group string) error {
	_, err := call(ctx, "CreateGroup", c.idp.CreateGroup, &idp.CreateGroupInput{UserPoolId: &pool, GroupName: &group})
	return err
}

// AddToGroup calls AdminAddUserToGroup.
func (c *Client) AddToGroup(ctx context.Context, pool, username, group string) error {
	_, err := call(ctx, "AdminAddUserToGroup", c.idp.AdminAddUserToGroup, &idp.AdminAddUserToGroupInput{UserPoolId: &pool, Username: &username, GroupName: &group})
	return err
}

// DeleteUser calls AdminDeleteUser.
func (c *Client) DeleteUser(ctx context.Context, pool, username string) error {
	_, err := call(ctx, "AdminDeleteUser", c.idp.AdminDeleteUser, &idp.AdminDeleteUserInput{UserPoolId: &pool, Username: &username})
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
