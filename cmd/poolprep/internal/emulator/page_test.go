package emulator

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/emulator/outbox"
	"poolprep/cmd/poolprep/internal/emulator/signin"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// TestRolesOfThePage: the page calls IAM without a signature; only what it changes is a use.
func TestRolesOfThePage(t *testing.T) {
	r := start(t, Options{})
	call := func(page bool, pairs ...string) (status int, text string) {
		form := url.Values{"Version": {"2010-05-08"}}
		for i := 0; i < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.http.URL+"/", strings.NewReader(form.Encode()))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if page {
			request.Header.Set(wire.PageHeader, "console")
		}
		answer, err := r.http.Client().Do(request)
		require.NoError(t, err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(body)
	}
	used := func() bool {
		used, err := r.server.roles.Used()
		require.NoError(t, err)
		return used
	}
	status, _ := call(false, "Action", "ListRoles")
	assert.Equal(t, http.StatusForbidden, status)
	status, text := call(true, "Action", "ListRoles")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, text, "<ListRolesResult>")
	assert.False(t, used())
	status, text = call(true, "Action", "CreateRole", "RoleName", "logs", "AssumeRolePolicyDocument", trust)
	assert.Equal(t, http.StatusOK, status, text)
	assert.True(t, used())
}

// TestOutboxOfAPool asks for the newest messages of one pool.
func TestOutboxOfAPool(t *testing.T) {
	r := start(t, Options{Pools: []*Pool{pool(t, "local_a", `"Name":"a"`), pool(t, "local_b", `"Name":"b"`)}})
	for _, x := range [][2]string{{"local_a", "ann"}, {"local_b", "bob"}, {"local_a", "cid"}, {"local_a", "dan"}} {
		_, err := r.pools.AdminCreateUser(r.ctx, &idp.AdminCreateUserInput{UserPoolId: &x[0], Username: aws.String(x[1]), UserAttributes: attributesFor("email", x[1]+"@example.com")})
		require.NoError(t, err)
	}
	for query, want := range map[string]string{
		"":                                     "ann bob cid dan",
		"?username=cid":                        "cid",
		"?pool=local_a":                        "dan cid ann",
		"?pool=local_a&newest=2":               "dan cid",
		"?pool=local_a&newest=2&username=ann":  "ann",
		"?pool=local_":                         "",
		"?pool=local_a&username=bob&newest=99": "",
	} {
		var list []outbox.Message
		r.document(signin.OutboxPath+query, &list)
		var names []string
		for _, m := range list {
			names = append(names, m.Username)
		}
		assert.Equal(t, want, strings.Join(names, " "), query)
	}
	for _, bad := range []string{"0", "1001", "many", "-1"} {
		answer, err := http.Get(r.http.URL + signin.OutboxPath + "?pool=local_a&newest=" + bad)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		assert.Equal(t, http.StatusBadRequest, answer.StatusCode, bad)
	}
}
