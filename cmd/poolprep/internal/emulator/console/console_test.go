package console_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/emulator"
	"poolprep/cmd/poolprep/internal/emulator/console"
)

func get(t *testing.T, method, path string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	console.Handler().ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(b)
}

// TestFiles asks for every file of the console, in every way.
func TestFiles(t *testing.T) {
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	types := map[string]string{
		"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
	}
	n := 0
	for _, e := range entries {
		_, ending, _ := strings.Cut(e.Name(), ".")
		want, served := types[ending]
		if !served {
			continue
		}
		n++
		body, err := os.ReadFile(e.Name())
		require.NoError(t, err)
		path := "/" + e.Name()
		if e.Name() == "index.html" {
			path = "/"
		}
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := get(t, method, path)
			assert.Equal(t, http.StatusOK, r.StatusCode, path)
			assert.Equal(t, want, r.Header.Get("Content-Type"), path)
			assert.EqualValues(t, len(body), r.ContentLength, path)
			if method == http.MethodHead {
				body = nil
			}
			assert.Equal(t, string(body), text(t, r), "%s %s", method, path)
		}
	}
	assert.GreaterOrEqual(t, n, 8)
}

// TestHeaders looks at the headers of pages and of refusals alike.
func TestHeaders(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
		says         string
	}{
		{"GET", "/", 200, "<!doctype html>"},
		{"GET", "/console.js", 200, "import"},
		{"GET", "/nothing", 404, "the console is at /"},
		{"GET", "/console.go", 404, "the console is at /"},
		{"GET", "/../console.go", 404, "the console is at /"},
		{"GET", "//index.html", 404, "the console is at /"},
		{"GET", "/<script>", 404, "the console is at /"},
		{"HEAD", "/nothing", 404, ""},
		{"POST", "/", 405, "GET or HEAD is expected"},
		{"DELETE", "/console.js", 405, "GET or HEAD is expected"},
	} {
		r := get(t, c.method, c.path)
		assert.Equal(t, c.status, r.StatusCode, "%s %s", c.method, c.path)
		if c.method != "HEAD" {
			assert.Contains(t, text(t, r), c.says, "%s %s", c.method, c.path)
		}
		for name, value := range map[string]string{
			"Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
			"X-Content-Type-Options":  "nosniff",
			"Referrer-Policy":         "no-referrer",
			"Cache-Control":           "no-store",
		} {
			assert.Equal(t, value, r.Header.Get(name), "%s %s: %s", c.method, c.path, name)
		}
		assert.Empty(t, r.Header.Get("Access-Control-Allow-Origin"))
		if c.status == 405 {
			assert.Equal(t, "GET, HEAD", r.Header.Get("Allow"))
		}
	}
}

// TestSources keeps out of the files what the policy forbids, what comes from
// elsewhere, and what reads data as HTML.
func TestSources(t *testing.T) {
	for name, forbidden := range map[string]string{
		"index.html": `(?i)<script>|<style|\sstyle=|\son\w+=|javascript:|(src|href|action)="(https?:)?//`,
		"*.js":       `innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|https?://`,
		"*.css":      `@import|url\(`,
	} {
		found := 0
		entries, err := os.ReadDir(".")
		require.NoError(t, err)
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), strings.TrimPrefix(name, "*")) {
				continue
			}
			found++
			body, err := os.ReadFile(e.Name())
			require.NoError(t, err)
			assert.NotRegexp(t, regexp.MustCompile(forbidden), string(body), e.Name())
		}
		assert.NotZero(t, found, name)
	}
}

// TestForeignOrigin posts as a page of another site can: without X-Amz-Target,
// and asking first whether it may send that.
func TestForeignOrigin(t *testing.T) {
	server, err := emulator.New(emulator.Options{Pages: console.Handler()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	http1 := httptest.NewServer(server)
	t.Cleanup(http1.Close)

	send := func(method string, headers ...string) (int, string, http.Header) {
		body := `{"JobName":"foreign","UserPoolId":"local_default","CloudWatchLogsRoleArn":"arn:aws:iam::111111111111:role/CognitoCloudWatchLogsRole","MaxResults":60}`
		r, err := http.NewRequestWithContext(t.Context(), method, http1.URL+"/", strings.NewReader(body))
		require.NoError(t, err)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		answer, err := http1.Client().Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		return answer.StatusCode, text(t, answer), answer.Header
	}
	target := "AWSCognitoIdentityProviderService."
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"} {
		status, _, header := send("POST", "Origin", "http://other.example", "Content-Type", kind)
		assert.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, status)
		assert.Empty(t, header.Get("Access-Control-Allow-Origin"))
	}
	status, _, header := send("OPTIONS", "Origin", "http://other.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-amz-target")
	assert.Equal(t, http.StatusMethodNotAllowed, status)
	assert.Empty(t, header.Get("Access-Control-Allow-Origin"))
	assert.Empty(t, header.Get("Access-Control-Allow-Headers"))

	status, jobs, _ := send("POST", "X-Poolprep-Page", "console", "X-Amz-Target", target+"ListUserImportJobs")
	assert.Equal(t, http.StatusOK, status)
	assert.NotContains(t, jobs, "foreign", "nothing was made")
	status, _, _ = send("POST", "X-Amz-Target", target+"CreateUserImportJob")
	assert.Equal(t, http.StatusBadRequest, status, "neither signed nor of the page")
	status, _, _ = send("POST", "X-Poolprep-Page", "console", "X-Amz-Target", target+"CreateUserImportJob")
	assert.Equal(t, http.StatusOK, status, "it was the header that was missing")
}
