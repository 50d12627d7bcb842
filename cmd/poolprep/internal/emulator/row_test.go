package emulator

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// createWithHashes makes a job that names an algorithm, which the SDK does not know yet.
func (r *rig) createWithHashes(algorithm string) *types.UserImportJobType {
	r.t.Helper()
	body := fmt.Sprintf(`{"JobName":"hashes","UserPoolId":%q,"CloudWatchLogsRoleArn":%q,"PasswordHashingAlgorithm":%q}`, defaultID, role, algorithm)
	answer, out := r.raw("AWSCognitoIdentityProviderService.CreateUserImportJob", body)
	require.Equal(r.t, 200, answer.StatusCode, "%v", out)
	j := out["UserImportJob"].(map[string]any)
	assert.Equal(r.t, algorithm, j["PasswordHashingAlgorithm"])
	text := func(name string) *string { s := j[name].(string); return &s }
	return &types.UserImportJobType{JobId: text("JobId"), JobName: text("JobName"), UserPoolId: text("UserPoolId"), PreSignedUrl: text("PreSignedUrl")}
}

func TestPasswordHashes(t *testing.T) {
	r := start(t, Options{})
	const hash = "$2b$10$abcdefghijklmnopqrstuuVJ1PZcrFkkG6NjFbnkXcPVc1yu5pZ6G"
	row := func(name, hash string) string {
		return fmt.Sprintf(",,,,,,,,,%s@example.com,TRUE,,,,,,,,,,%s,%s\n", name, name, hash)
	}
	j := r.createWithHashes("BCRYPT")
	status, text := r.put(*j.PreSignedUrl, header+",password_hash\n"+row("with", hash)+row("without", "")+row("broken", "secret")+row("costly", "$2b$13"+hash[6:]))
	require.Equal(t, 200, status, text)
	_, err := r.start(j)
	require.NoError(t, err)
	j = r.wait(j)
	assert.EqualValues(t, "Succeeded", j.Status)
	assert.Equal(t, []string{
		"[SUCCEEDED] Line Number 2 - The import succeeded.",
		"[SUCCEEDED] Line Number 3 - The import succeeded.",
		"[FAILED] Line Number 4 - password_hash: not a bcrypt hash.",
		"[FAILED] Line Number 5 - password_hash: the hash is costlier than the service takes: cost at most 12.",
	}, r.lines(j)[2:])
	users := r.users(defaultID)
	assert.EqualValues(t, "CONFIRMED", users["with"].UserStatus)
	assert.EqualValues(t, "RESET_REQUIRED", users["without"].UserStatus)
	for _, a := range users["with"].Attributes {
		assert.NotContains(t, *a.Value, "$2b$", "a hash is a secret")
	}

	j = r.createWithHashes("ARGON2ID")
	status, _ = r.put(*j.PreSignedUrl, many(1))
	require.Equal(t, 200, status)
	_, err = r.start(j)
	require.NoError(t, err)
	j = r.wait(j)
	assert.EqualValues(t, "Failed", j.Status, "the column is missing")
	assert.Contains(t, *j.CompletionMessage, "password_hash: the header lacks the column")

	// No algorithm is named: the template has the column, so it is sound as long as it is empty.
	j = r.run(header + ",password_hash\n" + row("other", "") + row("odd", hash))
	assert.Equal(t, []int64{1, 0, 1}, []int64{j.ImportedUsers, j.SkippedUsers, j.FailedUsers})
	assert.Contains(t, r.lines(j)[3], "[FAILED] Line Number 3 - password_hash: ")
	assert.EqualValues(t, "Succeeded", r.run(many(1)).Status, "a file without the column matches the template")
}

// TestNoHashImport serves pools that take no password hashes.
func TestNoHashImport(t *testing.T) {
	r := start(t, Options{NoHashImport: true})
	head, err := r.pools.GetCSVHeader(r.ctx, &cognitoidentityprovider.GetCSVHeaderInput{UserPoolId: aws.String(defaultID)})
	require.NoError(t, err)
	assert.Equal(t, header, strings.Join(head.CSVHeader, ","))
	body := fmt.Sprintf(`{"JobName":"job","UserPoolId":%q,"CloudWatchLogsRoleArn":%q,"PasswordHashingAlgorithm":"BCRYPT"}`, defaultID, role)
	_, out := r.raw("AWSCognitoIdentityProviderService.CreateUserImportJob", body)
	assert.Equal(t, "OperationNotEnabledException", out["__type"])
	j := r.run(header + ",password_hash\n" + strings.Repeat(",", 20) + "anna,\n")
	assert.EqualValues(t, "Failed", j.Status)
	assert.Contains(t, *j.CompletionMessage, "field 22 of the header")
}

// TestLetterCase imports names that differ in letter case only.
func TestLetterCase(t *testing.T) {
	for sensitive, want := range map[bool]int64{true: 2, false: 1} {
		p := pool(t, "local_case", fmt.Sprintf(`"AutoVerifiedAttributes":["email"],"UsernameConfiguration":{"CaseSensitive":%v}`, sensitive))
		r := start(t, Options{Pools: []*Pool{p}})
		j := r.run(csv("a@example.com TRUE Änna", "b@example.com TRUE äNNA"), "local_case")
		assert.Equal(t, want, j.ImportedUsers)
		assert.Equal(t, 2-want, j.SkippedUsers)
		assert.Contains(t, r.users("local_case"), "Änna", "as it was given")
		_, out := r.raw("AWSCognitoIdentityProviderService.AdminGetUser", `{"UserPoolId":"local_case","Username":"ÄNNA"}`)
		assert.Equal(t, !sensitive, out["Username"] == "Änna", "%v", out)
	}
}

func TestAliases(t *testing.T) {
	p := pool(t, "local_alias", `"AutoVerifiedAttributes":["email","phone_number"],"AliasAttributes":["email","phone_number","preferred_username"],"UsernameConfiguration":{"CaseSensitive":false}`)
	r := start(t, Options{Pools: []*Pool{p}, Messages: map[string]string{"phone-exists": "taken"}})
	row := func(preferred, email, verified, phone, phoneVerified, name string) string {
		return fmt.Sprintf(",,,,,%s,,,,%s,%s,,,,,%s,%s,,,,%s\n", preferred, email, verified, phone, phoneVerified, name)
	}
	j := r.run(header+"\n"+
		row("", "a@example.com", "TRUE", "", "", "one")+
		row("", "A@example.com", "TRUE", "", "", "two")+
		row("", "a@example.com", "FALSE", "+12015550123", "TRUE", "three")+ // not verified, so it claims nothing
		row("", "b@example.com", "TRUE", "+12015550123", "TRUE", "four")+
		row("", "b@example.com", "TRUE", "", "", "five")+ // four was not made, so it did not take the address
		row("nick", "c@example.com", "TRUE", "", "", "six")+
		row("Nick", "d@example.com", "TRUE", "", "", "seven"), "local_alias")
	assert.Equal(t, []string{
		"[SUCCEEDED] Line Number 2 - The import succeeded.",
		"[FAILED] Line Number 3 - The e-mail address is an alias of another user.",
		"[SUCCEEDED] Line Number 4 - The import succeeded.",
		"[FAILED] Line Number 5 - taken",
		"[SUCCEEDED] Line Number 6 - The import succeeded.",
		"[SUCCEEDED] Line Number 7 - The import succeeded.",
		"[FAILED] Line Number 8 - The preferred username is an alias of another user.",
	}, r.lines(j)[2:])
	for alias, want := range map[string]string{"A@EXAMPLE.com": "one", "+12015550123": "three", "nick": "six"} {
		_, out := r.raw("AWSCognitoIdentityProviderService.AdminGetUser", fmt.Sprintf(`{"UserPoolId":"local_alias","Username":%q}`, alias))
		assert.Equal(t, want, out["Username"], alias)
	}
}

// TestFirstFactors creates users who need no password.
func TestFirstFactors(t *testing.T) {
	p := pool(t, "local_otp", `"AutoVerifiedAttributes":["email","phone_number"],"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}}`)
	r := start(t, Options{Pools: []*Pool{p}})
	r.run(header+"\n,,,,,,,,,a@example.com,TRUE,,,,,,,,,,mail\n,,,,,,,,,,,,,,,+12015550123,TRUE,,,,phone\n", "local_otp")
	users := r.users("local_otp")
	assert.EqualValues(t, "CONFIRMED", users["mail"].UserStatus)
	assert.EqualValues(t, "RESET_REQUIRED", users["phone"].UserStatus)
}

// TestColumnOrder takes the columns from the header, whatever their order. A
// developer-only attribute has none.
func TestColumnOrder(t *testing.T) {
	p := pool(t, "local_order", `"AutoVerifiedAttributes":["email"],"MfaConfiguration":"OPTIONAL","SchemaAttributes":[
		{"Name":"custom:tier","AttributeDataType":"Number","NumberAttributeConstraints":{"MinValue":"1","MaxValue":"9"}},
		{"Name":"custom:vip","AttributeDataType":"Boolean"},
		{"Name":"dev:custom:key","AttributeDataType":"String","DeveloperOnlyAttribute":true}]`)
	r := start(t, Options{Pools: []*Pool{p}})
	file := "cognito:username,custom:vip,custom:tier,cognito:mfa_enabled,email_verified,email,name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at\n" +
		"anna,TRUE,3,TRUE,TRUE,a@example.com,,,,,,,,,,,,,,,,,\n" +
		"bert,TRUE,10,FALSE,TRUE,b@example.com,,,,,,,,,,,,,,,,,\n"
	j := r.run(file, "local_order")
	assert.Equal(t, "[FAILED] Line Number 3 - custom:tier: the number is outside of 1..9.", r.lines(j)[3])
	anna := r.users("local_order")["anna"]
	assert.Equal(t, "true", attribute(anna, "custom:vip"))
	assert.Equal(t, "3", attribute(anna, "custom:tier"))
	_, out := r.raw("AWSCognitoIdentityProviderService.AdminGetUser", `{"UserPoolId":"local_order","Username":"anna"}`)
	assert.Equal(t, []any{"SMS_MFA"}, out["UserMFASettingList"])

	_, out = r.raw("AWSCognitoIdentityProviderService.GetCSVHeader", `{"UserPoolId":"local_order"}`)
	assert.NotContains(t, out["CSVHeader"], "dev:custom:key")
	assert.NotContains(t, out["CSVHeader"], "custom:key")
	for _, column := range []string{"custom:key", "dev:custom:key"} {
		j := r.run(strings.Replace(file, "cognito:username", column+",cognito:username", 1), "local_order")
		assert.EqualValues(t, "Failed", j.Status)
		assert.Contains(t, *j.CompletionMessage, "the pool has no such column")
	}
}

// TestMessages changes words, the documented one about verified attributes too.
func TestMessages(t *testing.T) {
	r := start(t, Options{Messages: map[string]string{"not-verified": "to verified.", "email-format": "bad"}})
	j := r.run(csv("a@example.com FALSE a", "b TRUE b"))
	assert.Equal(t, []string{"[FAILED] Line Number 2 - to verified.", "[FAILED] Line Number 3 - bad"}, r.lines(j)[2:])
	_, err := New(Options{Messages: map[string]string{"email-fromat": "x"}})
	assert.ErrorContains(t, err, `did you mean "email-format"?`)
}

// TestLineEndsMakeNoDifference: a file with CR LF makes the same users, on the same
// lines, as one with LF, whatever its length.
func TestLineEndsMakeNoDifference(t *testing.T) {
	for _, rows := range []int{1, 2, 3, 15, 16, 17, 300} {
		lf := csv("not-an-address TRUE bad") + many(rows)[len(header)+1:] + csv("z@example.com FALSE unverified")[len(header)+1:]
		crlf := strings.ReplaceAll(lf, "\n", "\r\n")
		var want map[string]types.UserType
		var lines []string
		for _, file := range []string{lf, crlf, strings.TrimSuffix(crlf, "\r\n")} {
			r := start(t, Options{})
			j := r.run(file)
			users := r.users(defaultID)
			require.Len(t, users, rows)
			for name, u := range users {
				assert.NotContains(t, name, "\n")
				assert.NotContains(t, name, "\r")
				u.UserCreateDate, u.UserLastModifiedDate = nil, nil
				for i := range u.Attributes {
					if *u.Attributes[i].Name == "sub" {
						u.Attributes[i].Value = nil
					}
				}
				users[name] = u
			}
			if want == nil {
				want, lines = users, r.lines(j)
			}
			assert.Equal(t, want, users)
			assert.Equal(t, lines, r.lines(j))
		}
	}
}
