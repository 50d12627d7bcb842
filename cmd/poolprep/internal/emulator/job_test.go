package emulator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestImport goes the whole way with rows of all results.
func TestImport(t *testing.T) {
	r := start(t, Options{})
	first := r.run(csv("old@example.com TRUE old"))
	assert.EqualValues(t, "Succeeded", first.Status)

	file := header + "\n" +
		`  Anna Berg ,Anna,,,,,,,, anna@example.com ,true,,02/29/1980,,,,,Main Street 1\, Springfield,1700000000,,anna` + "\n" +
		",,,,,,,,,bert@example.com,FALSE,,,,,,,,,,bert\n" +
		",,,,,,,,,carl,TRUE,,,,,,,,,,carl\n" +
		",,,,,,,,,old@example.com,TRUE,,,,,,,,,,old\n" +
		"\n" +
		",,,,,,,,,dora@example.com,TRUE,,,,,,,,,,dora\n" +
		"too,few\n" +
		",,,,,,,,,dora2@example.com,TRUE,,,,,,,,,,dora\n" +
		",,,,,,,,,Emil@example.com,TRUE,,,,,,,,,FALSE,emil"
	j := r.run(file)
	assert.Equal(t, []string{
		"Cognito User Pools Import - Test Log",
		"Cognito User Pools Import - Test Log",
		"[SUCCEEDED] Line Number 2 - The import succeeded.",
		"[FAILED] Line Number 3 - The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).",
		"[FAILED] Line Number 4 - email: not an e-mail address.",
		"[SKIPPED] Line Number 5 - The user already exists.",
		"[SUCCEEDED] Line Number 7 - The import succeeded.",
		"[FAILED] Line Number 8 - the record has 2 fields, the header 21.",
		"[SKIPPED] Line Number 9 - The user already exists.",
		"[SUCCEEDED] Line Number 10 - The import succeeded.",
	}, r.lines(j))
	assert.Equal(t, []int64{3, 2, 3}, []int64{j.ImportedUsers, j.SkippedUsers, j.FailedUsers})
	assert.EqualValues(t, "Failed", j.Status, "5 of 8 rows are too many")
	assert.Equal(t, "Too many users have failed or been skipped during the import.", *j.CompletionMessage)

	users := r.users(defaultID)
	assert.Len(t, users, 4)
	anna := users["anna"]
	assert.EqualValues(t, "RESET_REQUIRED", anna.UserStatus)
	assert.True(t, anna.Enabled)
	for name, want := range map[string]string{
		"name": "Anna Berg", "email": "anna@example.com", "email_verified": "true", "birthdate": "1980-02-29",
		"address": "Main Street 1, Springfield", "updated_at": "1700000000", "gender": "", "cognito:mfa_enabled": "",
	} {
		assert.Equal(t, want, attribute(anna, name), name)
	}
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, attribute(anna, "sub"))
	assert.Equal(t, "Emil@example.com", attribute(users["emil"], "email"))
}

// TestStatuses meets every status value.
func TestStatuses(t *testing.T) {
	c := newClock()
	server, err := New(Options{Now: c.Now, UsersPerSecond: 20, JobTTL: time.Hour})
	require.NoError(t, err)
	g := newGate()
	server.jobs.Pause = g.pause
	r := serve(t, server)

	expired := r.create("never started")
	assert.EqualValues(t, "Created", expired.Status)
	assert.Nil(t, expired.StartDate)
	assert.Equal(t, c.Now(), *expired.CreationDate)
	j := r.ready("job", many(3))
	c.add(time.Second)
	begun, err := r.start(j)
	require.NoError(t, err)
	assert.EqualValues(t, "Pending", begun.Status)
	assert.Equal(t, c.Now(), *begun.StartDate)
	g.wait(t)
	j = r.describe(j)
	assert.EqualValues(t, "InProgress", j.Status)
	assert.EqualValues(t, 1, j.ImportedUsers)
	assert.Nil(t, j.CompletionDate)

	stopping, err := r.stop(j)
	require.NoError(t, err)
	assert.EqualValues(t, "Stopped", stopping.Status)
	j = r.describe(j)
	assert.EqualValues(t, "Stopped", j.Status)
	assert.Equal(t, "The Import Job was stopped by the developer.", *j.CompletionMessage)
	assert.Equal(t, c.Now(), *j.CompletionDate)
	assert.Len(t, r.users(defaultID), 1, "the users imported so far stay")
	_, err = r.start(j)
	var notMet *types.PreconditionNotMetException
	assert.ErrorAs(t, err, &notMet, "it cannot be restarted")
	_, err = r.stop(j)
	assert.ErrorAs(t, err, &notMet)

	close(g.open)
	assert.EqualValues(t, "Succeeded", r.run(csv("x@example.com TRUE x")).Status)
	assert.EqualValues(t, "Failed", r.run(csv("x@example.com TRUE x")).Status)
	assert.EqualValues(t, "Created", r.describe(expired).Status)
	c.add(time.Hour)
	expired = r.describe(expired)
	assert.EqualValues(t, "Expired", expired.Status)
	assert.Equal(t, "The user import job has expired.", *expired.CompletionMessage)
	_, err = r.start(expired)
	assert.ErrorAs(t, err, &notMet)
}

// TestExpiredDataIsDeleted lets a job with a file expire.
func TestExpiredDataIsDeleted(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	r := start(t, Options{Now: c.Now, DataDir: dir})
	j := r.ready("job", many(1))
	require.Len(t, r.stored(dir), 1)
	c.add(24*time.Hour - time.Millisecond)
	assert.EqualValues(t, "Created", r.describe(j).Status)
	c.add(time.Millisecond)
	assert.EqualValues(t, "Expired", r.describe(j).Status)
	assert.Empty(t, r.stored(dir))
}

func TestStartWhatCannotBeStarted(t *testing.T) {
	r := start(t, Options{Pools: []*Pool{DefaultPool(), pool(t, "local_unverified", `"AutoVerifiedAttributes":[]`)}})
	var notMet *types.PreconditionNotMetException
	j := r.create("no file")
	_, err := r.start(j)
	require.ErrorAs(t, err, &notMet)
	assert.Equal(t, "No csv file was uploaded for "+*j.JobId, notMet.ErrorMessage())
	assert.EqualValues(t, "Created", r.describe(j).Status)
	_, err = r.stop(j)
	assert.ErrorAs(t, err, &notMet, "it is not active")

	j = r.ready("pool", many(1), "local_unverified")
	_, err = r.start(j)
	require.ErrorAs(t, err, &notMet)
	assert.EqualValues(t, "Created", r.describe(j).Status)
}

// TestOneActiveJob starts a second job, in another pool, while one runs.
func TestOneActiveJob(t *testing.T) {
	server, err := New(Options{UsersPerSecond: 20, Now: newClock().Now, Pools: []*Pool{DefaultPool(), pool(t, "local_two", `"AutoVerifiedAttributes":["email"]`)}})
	require.NoError(t, err)
	g := newGate()
	server.jobs.Pause = g.pause
	r := serve(t, server)
	one, two := r.ready("one", many(3)), r.ready("two", many(3), "local_two")
	_, err = r.start(one)
	require.NoError(t, err)
	g.wait(t)
	var notMet *types.PreconditionNotMetException
	_, err = r.start(two)
	require.ErrorAs(t, err, &notMet)
	assert.Contains(t, notMet.ErrorMessage(), *one.JobId)
	assert.EqualValues(t, "Created", r.describe(two).Status)
	close(g.open)
	assert.EqualValues(t, "Succeeded", r.wait(one).Status)
	_, err = r.start(two)
	require.NoError(t, err)
	assert.EqualValues(t, "Succeeded", r.wait(two).Status)
}

func TestListJobs(t *testing.T) {
	r := start(t, Options{Pools: []*Pool{DefaultPool(), pool(t, "local_two", `"AutoVerifiedAttributes":["email"]`)}})
	list := func(pool string, n int32, token *string) *cognitoidentityprovider.ListUserImportJobsOutput {
		out, err := r.pools.ListUserImportJobs(r.ctx, &cognitoidentityprovider.ListUserImportJobsInput{UserPoolId: &pool, MaxResults: &n, PaginationToken: token})
		require.NoError(t, err)
		return out
	}
	assert.Empty(t, list(defaultID, 60, nil).UserImportJobs)
	var want []string
	for i := range 5 {
		want = append([]string{*r.create(fmt.Sprint("job ", i)).JobId}, want...)
	}
	r.create("elsewhere", "local_two")
	for n := int32(1); n <= 6; n++ {
		var got []string
		var token *string
		for {
			page := list(defaultID, n, token)
			assert.LessOrEqual(t, len(page.UserImportJobs), int(n))
			for _, j := range page.UserImportJobs {
				got = append(got, *j.JobId)
			}
			if token = page.PaginationToken; token == nil {
				break
			}
			if len(got) == 2 { // one that comes while we read disturbs nothing
				r.create("late", "local_two")
			}
		}
		assert.Equal(t, want, got, "%d a page: newest first", n)
	}
	token := list(defaultID, 1, nil).PaginationToken
	for name, bad := range map[string]*cognitoidentityprovider.ListUserImportJobsInput{
		"token of another pool": {UserPoolId: aws.String("local_two"), MaxResults: aws.Int32(1), PaginationToken: token},
		"made up token":         {UserPoolId: aws.String(defaultID), MaxResults: aws.Int32(1), PaginationToken: aws.String("AAAA")},
		"changed token":         {UserPoolId: aws.String(defaultID), MaxResults: aws.Int32(1), PaginationToken: aws.String((*token)[:len(*token)-1] + "_")},
		"none":                  {UserPoolId: aws.String(defaultID), MaxResults: aws.Int32(0)},
		"too many":              {UserPoolId: aws.String(defaultID), MaxResults: aws.Int32(61)},
	} {
		_, err := r.pools.ListUserImportJobs(r.ctx, bad)
		var invalid *types.InvalidParameterException
		assert.ErrorAs(t, err, &invalid, name)
	}
}

func TestThousandJobsAPool(t *testing.T) {
	r := start(t, Options{})
	for range 1000 - 1 {
		r.create("job")
	}
	r.create("the last one")
	_, err := r.pools.CreateUserImportJob(r.ctx, &cognitoidentityprovider.CreateUserImportJobInput{
		JobName: aws.String("one more"), UserPoolId: aws.String(defaultID), CloudWatchLogsRoleArn: aws.String(role),
	})
	var limit *types.LimitExceededException
	assert.ErrorAs(t, err, &limit)
}

// TestFileFails gives files that fail the job as a whole: no user is made, and
// the message holds nothing of the file.
func TestFileFails(t *testing.T) {
	r := start(t, Options{Pools: []*Pool{DefaultPool(), pool(t, "local_hash", `"AutoVerifiedAttributes":["email"]`)}, Messages: map[string]string{"file-bom": "BOM!"}})
	row := ",,,,,,,,,secret@example.com,TRUE,,,,,,,,,,secret\n"
	for name, test := range map[string]struct{ file, message string }{
		"nothing":        {"", "the file is empty."},
		"blank lines":    {"\n\n", "the file is empty."},
		"no rows":        {header + "\n", "the file has a header and no row."},
		"only blanks":    {header + "\n\n\n", "the file has a header and no row."},
		"missing column": {strings.Replace(header, "zoneinfo,", "", 1) + "\n" + row, "zoneinfo: the header lacks the column."},
		"unknown column": {"secret," + header + "\n" + row, "field 1 of the header: the pool has no such column."},
		"twice":          {header + ",email\n" + row, "field 22 of the header: the column stands in the header more than once, first as field 10."},
		"no header":      {row + row, "The csv file cannot be imported: field 1 of the header: the pool has no such column."},
		"mark":           {"\xef\xbb\xbf" + header + "\n" + row, "BOM!"},
		"latin1":         {"secret\xe9," + header + "\n" + row, "The csv file cannot be read."},
		"utf-16":         {"\xff\xfen\x00a\x00m\x00e\x00\n\x00", "The csv file cannot be read."},
		"quoted header":  {`"` + strings.ReplaceAll(header, ",", `","`) + "\"\n" + row, "field 1 of the header: the pool has no such column"},
		"too many rows":  {header + "\n" + strings.Repeat("x\n", 500_001), "the file has more than 500000 rows."},
	} {
		j := r.run(test.file)
		assert.EqualValues(t, "Failed", j.Status, name)
		assert.Contains(t, *j.CompletionMessage, test.message, name)
		assert.NotContains(t, *j.CompletionMessage, "secret", name)
		assert.Equal(t, []int64{0, 0, 0}, []int64{j.ImportedUsers, j.SkippedUsers, j.FailedUsers}, name)
		assert.Len(t, r.lines(j), 2, name)
	}
	assert.Empty(t, r.users(defaultID))
}

func TestThreshold(t *testing.T) {
	share := func(v float64) *float64 { return &v }
	for _, test := range []struct {
		good, bad int
		threshold *float64
		want      string
	}{
		{0, 5, nil, "Failed"}, {0, 1, nil, "Failed"}, {14, 32, nil, "Failed"}, // as users saw them
		{1, 1, nil, "Succeeded"}, {1, 0, nil, "Succeeded"}, {10, 11, nil, "Failed"},
		{9, 1, share(0), "Failed"}, {9, 0, share(0), "Succeeded"}, {0, 3, share(1), "Succeeded"}, {9, 1, share(0.1), "Succeeded"}, {8, 1, share(0.1), "Failed"},
	} {
		r := start(t, Options{FailThreshold: test.threshold})
		rows := strings.Split(strings.TrimSpace(many(test.good)), "\n")[1:]
		for range test.bad {
			rows = append(rows, "x,,,,,,,,,,,,,,,,,,,,")
		}
		j := r.run(header + "\n" + strings.Join(rows, "\n"))
		assert.EqualValues(t, test.want, j.Status, "%+v", test)
		assert.EqualValues(t, test.good, j.ImportedUsers)
		assert.EqualValues(t, test.bad, j.FailedUsers)
	}
}
