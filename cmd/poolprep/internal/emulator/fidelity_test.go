package emulator

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/rule"
)

// TestPending meets a job that waits before it runs, and one that is stopped then.
func TestPending(t *testing.T) {
	c := newClock()
	server, err := New(Options{Now: c.Now, Pending: time.Hour})
	require.NoError(t, err)
	g := newGate()
	server.jobs.Pause = g.pause
	r := serve(t, server)
	j := r.ready("job", many(3))
	begun, err := r.start(j)
	require.NoError(t, err)
	assert.EqualValues(t, "Pending", begun.Status)
	g.wait(t)
	assert.EqualValues(t, "Pending", r.describe(j).Status)
	stopped, err := r.stop(j)
	require.NoError(t, err)
	assert.EqualValues(t, "Stopped", stopped.Status)
	assert.Equal(t, "The Import Job was stopped by the developer.", *stopped.CompletionMessage)
	assert.NotNil(t, stopped.CompletionDate)
	assert.Empty(t, r.users(defaultID))
}

// TestStartDateIsThatOfTheBeginning starts a job that is Pending for a while.
func TestStartDateIsThatOfTheBeginning(t *testing.T) {
	r := start(t, Options{Pending: 50 * time.Millisecond})
	j := r.ready("job", many(3))
	begun, err := r.start(j)
	require.NoError(t, err)
	j = r.wait(j)
	assert.EqualValues(t, "Succeeded", j.Status)
	assert.True(t, j.StartDate.After(*begun.StartDate))
}

// TestFaultsOfRowsAndJobs lets rows and jobs fail that are sound.
func TestFaultsOfRowsAndJobs(t *testing.T) {
	var faults []Fault
	for _, text := range []string{"row:internal:2", "job:role:1", "job:pool-deleted:1", "ListUsers:notauthorized:1"} {
		f, err := ParseFault(text)
		require.NoError(t, err)
		faults = append(faults, f)
	}
	r := start(t, Options{Faults: faults})
	for _, want := range []string{"The role for CloudWatch Logs does not exist.", "The user pool has been deleted."} {
		j := r.ready("job", many(5))
		_, err := r.start(j)
		require.NoError(t, err)
		j = r.wait(j)
		assert.EqualValues(t, "Failed", j.Status)
		assert.Equal(t, want, *j.CompletionMessage)
		assert.Zero(t, j.ImportedUsers)
	}
	j := r.ready("job", many(5))
	_, err := r.start(j)
	require.NoError(t, err)
	j = r.wait(j)
	assert.EqualValues(t, 3, j.ImportedUsers, "the job goes on")
	assert.EqualValues(t, 2, j.FailedUsers)
	for _, text := range []string{"row:500:1", "job:internal:1", "upload:notauthorized:1", "row:internal:0", "rows:internal:1"} {
		_, err := ParseFault(text)
		assert.Error(t, err, text)
	}
}

// TestOtherMethodsOnAnUpload uses a pre-signed URL in another way than by PUT.
func TestOtherMethodsOnAnUpload(t *testing.T) {
	r := start(t, Options{})
	j := r.create("job")
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		request, err := http.NewRequest(method, *j.PreSignedUrl, nil)
		require.NoError(t, err)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		assert.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode, method)
		assert.Equal(t, "MethodNotAllowed", code(t, string(body)), method)
	}
}

// TestSeverityLetsThrough imports a file with a few columns only, and rows that the usual rules
// refuse.
func TestSeverityLetsThrough(t *testing.T) {
	off := map[rule.Code]rule.Severity{rule.HeaderMissingColumn: rule.Off}
	for _, c := range rule.Codes() {
		if judge.CheckSeverity(c, rule.Off) == nil {
			off[c] = rule.Off
		}
	}
	file := "birthdate,email,email_verified,cognito:username\n01/31/1990,a@example.com,TRUE,anna\n1990,b@example.com,TRUE,ben\nx,y,maybe,cleo\n,,,\n1/1/1,no mail,TRUE,\n"
	r := start(t, Options{Severity: off})
	j := r.ready("job", file)
	_, err := r.start(j)
	require.NoError(t, err)
	j = r.wait(j)
	require.NotNil(t, j.CompletionMessage)
	assert.EqualValues(t, 3, j.ImportedUsers, *j.CompletionMessage)
	users := r.users(defaultID)
	assert.Equal(t, "1990-01-31", attribute(users["anna"], "birthdate"))
	assert.Equal(t, "1990", attribute(users["ben"], "birthdate"))

	r = start(t, Options{})
	j = r.ready("job", file)
	_, err = r.start(j)
	require.NoError(t, err)
	assert.EqualValues(t, "Failed", r.wait(j).Status, "without it the header is not that of the pool")
}

// TestBlankMFA imports into a pool that requires multi-factor authentication.
func TestBlankMFA(t *testing.T) {
	r := start(t, Options{Pools: []*Pool{pool(t, "local_mfa", `"MfaConfiguration":"ON","AutoVerifiedAttributes":["email"]`)}})
	blank := header + "\n,,,,,,,,,a@example.com,TRUE,,,,,+12015550100,,,,,anna\n"
	j := r.ready("job", blank+strings.ReplaceAll(strings.SplitAfterN(blank, "\n", 2)[1], ",,,,,anna", ",,,,TRUE,ben"), "local_mfa")
	_, err := r.start(j)
	require.NoError(t, err)
	require.EqualValues(t, 2, r.wait(j).ImportedUsers)
	var both []*cognitoidentityprovider.AdminGetUserOutput
	for _, name := range []string{"anna", "ben"} {
		u, err := r.pools.AdminGetUser(r.ctx, &cognitoidentityprovider.AdminGetUserInput{UserPoolId: aws.String("local_mfa"), Username: &name})
		require.NoError(t, err)
		both = append(both, u)
	}
	require.NotNil(t, both[0].PreferredMfaSetting)
	assert.Equal(t, *both[1].PreferredMfaSetting, *both[0].PreferredMfaSetting)
	assert.Equal(t, both[1].UserMFASettingList, both[0].UserMFASettingList)
}

// TestCRLF imports the same rows with both kinds of line ends.
func TestCRLF(t *testing.T) {
	imported := func(file string) (all []string) {
		r := start(t, Options{})
		r.run(file)
		for name, u := range r.users(defaultID) {
			text := name
			for _, a := range u.Attributes {
				if *a.Name != "sub" {
					text += "," + *a.Name + "=" + *a.Value
				}
			}
			all = append(all, text)
		}
		slices.Sort(all)
		return all
	}
	file := many(5)
	want := imported(file)
	require.Len(t, want, 5)
	assert.Equal(t, want, imported(strings.ReplaceAll(file, "\n", "\r\n")))
}
