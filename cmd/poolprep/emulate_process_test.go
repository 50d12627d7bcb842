package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// emulated is a running `poolprep emulate` with clients of it.
type emulated struct {
	cmd   *exec.Cmd
	pools *cognitoidentityprovider.Client
	logs  *cloudwatchlogs.Client
}

func emulate(t *testing.T, args ...string) *emulated {
	t.Helper()
	cmd, _ := program(t, append([]string{"emulate", "--pending", "0s", "--listen", "127.0.0.1:0"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	url := strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
	provider := credentials.NewStaticCredentialsProvider("test", "test", "")
	return &emulated{
		cmd:   cmd,
		pools: cognitoidentityprovider.New(cognitoidentityprovider.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: provider}),
		logs:  cloudwatchlogs.New(cloudwatchlogs.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: provider}),
	}
}

// ready makes a job with a file.
func (e *emulated) ready(t *testing.T, file string) *types.UserImportJobType {
	t.Helper()
	ctx := t.Context()
	created, err := e.pools.CreateUserImportJob(ctx, &cognitoidentityprovider.CreateUserImportJobInput{
		JobName: aws.String("job"), UserPoolId: aws.String("local_default"), CloudWatchLogsRoleArn: aws.String("arn:aws:iam::111111111111:role/Logs"),
	})
	require.NoError(t, err)
	j := created.UserImportJob
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, *j.PreSignedUrl, strings.NewReader(file))
	require.NoError(t, err)
	r.Header.Set("x-amz-server-side-encryption", "aws:kms")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	answer.Body.Close()
	require.Equal(t, 200, answer.StatusCode)
	return j
}

// TestEmulatorKilled kills the emulator again and again in the middle of a job:
// in the end each user is there once, and each row has one line in the log.
func TestEmulatorKilled(t *testing.T) {
	const rows = 1500
	var file strings.Builder
	file.WriteString("name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,cognito:mfa_enabled,cognito:username\n")
	for i := range rows {
		fmt.Fprintf(&file, ",,,,,,,,,u%d@example.com,TRUE,,,,,,,,,,user%04d\n", i, i)
	}
	ctx, dir := t.Context(), t.TempDir()
	args := []string{"--data-dir", dir, "--users-per-second", "2000"}
	e := emulate(t, args...)
	j := e.ready(t, file.String())
	_, err := e.pools.StartUserImportJob(ctx, &cognitoidentityprovider.StartUserImportJobInput{UserPoolId: j.UserPoolId, JobId: j.JobId})
	require.NoError(t, err)
	describe := func() *types.UserImportJobType {
		out, err := e.pools.DescribeUserImportJob(ctx, &cognitoidentityprovider.DescribeUserImportJobInput{UserPoolId: j.UserPoolId, JobId: j.JobId})
		require.NoError(t, err)
		return out.UserImportJob
	}
	imported, kills := int64(0), 0
	for range 4 {
		require.Eventually(t, func() bool { j = describe(); return j.ImportedUsers > imported || j.Status == "Succeeded" }, 20*time.Second, time.Millisecond)
		if j.Status == "Succeeded" {
			break
		}
		imported = j.ImportedUsers
		require.NoError(t, e.cmd.Process.Kill())
		_ = e.cmd.Wait() // it was killed
		kills++
		e = emulate(t, args...)
	}
	assert.Greater(t, kills, 0)
	require.Eventually(t, func() bool { j = describe(); return j.Status == "Succeeded" }, 20*time.Second, 5*time.Millisecond)
	assert.Equal(t, []int64{rows, 0, 0}, []int64{j.ImportedUsers, j.SkippedUsers, j.FailedUsers})

	users := make(map[string]bool)
	pages := cognitoidentityprovider.NewListUsersPaginator(e.pools, &cognitoidentityprovider.ListUsersInput{UserPoolId: j.UserPoolId, AttributesToGet: []string{"email"}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, u := range page.Users {
			assert.False(t, users[*u.Username], "twice: %s", *u.Username)
			users[*u.Username] = true
		}
	}
	assert.Len(t, users, rows)
	events, err := e.logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: aws.String("/aws/cognito/userpools/local_default/default"), LogStreamName: aws.String(*j.JobId + "/job"), StartFromHead: aws.Bool(true),
	})
	require.NoError(t, err)
	require.Len(t, events.Events, rows+2)
	for i, event := range events.Events[2:] {
		require.Equal(t, fmt.Sprintf("[SUCCEEDED] Line Number %d - The import succeeded.", i+2), *event.Message)
	}
}
