package emulator

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/emulator/store"
)

// stored returns the names of the stored uploads.
func (r *rig) stored(dir string) (names []string) {
	r.t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, store.UploadDir))
	require.NoError(r.t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// code returns the code of an error in XML.
func code(t *testing.T, text string) string {
	t.Helper()
	var e struct{ Code, Message, RequestId string }
	require.NoError(t, xml.Unmarshal([]byte(text), &e), text)
	assert.NotEmpty(t, e.RequestId)
	return e.Code
}

func TestUploadURL(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	r := start(t, Options{Now: c.Now, DataDir: dir})
	j := r.create("job")
	assert.Equal(t, *j.PreSignedUrl, *r.describe(j).PreSignedUrl)
	u, err := url.Parse(*j.PreSignedUrl)
	require.NoError(t, err)
	q := u.Query()
	assert.Equal(t, "899", q.Get("X-Amz-Expires"))
	assert.Equal(t, "host;x-amz-server-side-encryption", q.Get("X-Amz-SignedHeaders"))
	assert.Equal(t, "AWS4-HMAC-SHA256", q.Get("X-Amz-Algorithm"))

	change := func(f func(u *url.URL, q url.Values)) string {
		u, q := *u, u.Query()
		f(&u, q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	set := func(name, value string) string {
		return change(func(_ *url.URL, q url.Values) { q.Set(name, value) })
	}
	kms := []string{"x-amz-server-side-encryption", "aws:kms"}
	for name, test := range map[string]struct {
		url     string
		headers []string
		status  int
		code    string
	}{
		"no header":         {*j.PreSignedUrl, []string{"x-other", "1"}, 403, "SignatureDoesNotMatch"},
		"other value":       {*j.PreSignedUrl, []string{"x-amz-server-side-encryption", "AES256"}, 403, "SignatureDoesNotMatch"},
		"header twice":      {*j.PreSignedUrl, append(kms, kms...), 403, "SignatureDoesNotMatch"},
		"other signature":   {set("X-Amz-Signature", strings.Repeat("0", 64)), kms, 403, "SignatureDoesNotMatch"},
		"empty signature":   {set("X-Amz-Signature", ""), kms, 403, "SignatureDoesNotMatch"},
		"other expiry":      {set("X-Amz-Expires", "900"), kms, 403, "SignatureDoesNotMatch"},
		"no expiry":         {change(func(_ *url.URL, q url.Values) { q.Del("X-Amz-Expires") }), kms, 403, "SignatureDoesNotMatch"},
		"other date":        {set("X-Amz-Date", "20260304T050608Z"), kms, 403, "SignatureDoesNotMatch"},
		"no date":           {set("X-Amz-Date", "yesterday"), kms, 403, "SignatureDoesNotMatch"},
		"other key":         {set("X-Amz-Credential", "x"), kms, 403, "SignatureDoesNotMatch"},
		"other algorithm":   {set("X-Amz-Algorithm", "none"), kms, 403, "SignatureDoesNotMatch"},
		"other headers":     {set("X-Amz-SignedHeaders", "host"), kms, 403, "SignatureDoesNotMatch"},
		"one more member":   {set("x-id", "PutObject"), kms, 403, "SignatureDoesNotMatch"},
		"a member twice":    {*j.PreSignedUrl + "&X-Amz-Expires=899", kms, 403, "SignatureDoesNotMatch"},
		"another job":       {change(func(u *url.URL, _ url.Values) { u.Path += "x" }), kms, 403, "SignatureDoesNotMatch"},
		"no query":          {change(func(_ *url.URL, q url.Values) { clear(q) }), kms, 403, "AccessDenied"},
		"a job that is not": {r.server.jobs.UploadURL(u.Host, defaultID, "import-0", c.Now()), kms, 403, "AccessDenied"},
		"in an hour":        {r.server.jobs.UploadURL(u.Host, defaultID, *j.JobId, c.Now().Add(time.Hour)), kms, 403, "AccessDenied"},
	} {
		status, text := r.put(test.url, "x", test.headers...)
		assert.Equal(t, test.status, status, name)
		assert.Equal(t, test.code, code(t, text), name)
	}
	assert.Empty(t, r.stored(dir))

	c.add(899 * time.Second)
	status, text := r.put(*j.PreSignedUrl, "first")
	assert.Equal(t, 200, status, text)
	status, _ = r.put(*j.PreSignedUrl, many(2))
	assert.Equal(t, 200, status, "a second one replaces it")
	assert.Len(t, r.stored(dir), 1)
	c.add(time.Second)
	status, text = r.put(*j.PreSignedUrl, "late")
	assert.Equal(t, 403, status)
	assert.Equal(t, "AccessDenied", code(t, text))
	assert.Contains(t, text, "Request has expired")
	_, err = r.start(j)
	require.NoError(t, err)
	assert.EqualValues(t, 2, r.wait(j).ImportedUsers)
	assert.Eventually(t, func() bool { return len(r.stored(dir)) == 0 }, 10*time.Second, time.Millisecond, "an ended job needs no file")
	status, text = r.put(r.server.jobs.UploadURL(u.Host, defaultID, *j.JobId, c.Now()), "x")
	assert.Equal(t, 403, status, text)
}

// dial sends a request by hand and returns what comes back.
func (r *rig) dial(target, headers, body string) (net.Conn, *bufio.Reader) {
	r.t.Helper()
	u, err := url.Parse(target)
	require.NoError(r.t, err)
	conn, err := net.Dial("tcp", u.Host)
	require.NoError(r.t, err)
	r.t.Cleanup(func() { conn.Close() })
	require.NoError(r.t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s", u.RequestURI(), u.Host, headers, body)
	require.NoError(r.t, err)
	return conn, bufio.NewReader(conn)
}

const kmsLine = "x-amz-server-side-encryption: aws:kms\r\n"

// TestUploadBeforeTheBody sends headers and waits for the word to go on, which
// is given only when the upload will be taken.
func TestUploadBeforeTheBody(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	r := start(t, Options{Now: c.Now, DataDir: dir})
	j := r.create("job")
	for name, test := range map[string]struct {
		headers string
		status  int
		code    string
	}{
		"no header":                   {"Content-Length: 10\r\n", 403, "SignatureDoesNotMatch"},
		"too large":                   {kmsLine + "Content-Length: 100000001\r\n", 400, "EntityTooLarge"},
		"chunked":                     {kmsLine + "Transfer-Encoding: chunked\r\n", 501, "NotImplemented"},
		"nothing":                     {kmsLine, 411, "MissingContentLength"},
		"a header that is not signed": {kmsLine + "Content-Length: 10\r\nx-amz-acl: private\r\n", 403, "AccessDenied"},
	} {
		_, answer := r.dial(*j.PreSignedUrl, test.headers+"Expect: 100-continue\r\n", "")
		response, err := http.ReadResponse(answer, nil)
		require.NoError(t, err, name)
		assert.Equal(t, test.status, response.StatusCode, name)
		announced := test.headers != kmsLine
		assert.True(t, response.Close || !announced, "%s: the body that was not sent cannot be told from a next request", name)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err, name)
		assert.Equal(t, test.code, code(t, string(body)), name)
	}
	conn, answer := r.dial(*j.PreSignedUrl, kmsLine+"Content-Length: 10\r\nExpect: 100-continue\r\n", "")
	line, err := answer.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 100 Continue", strings.TrimSpace(line))
	_, err = io.WriteString(conn, "0123456789")
	require.NoError(t, err)
	_, err = answer.ReadString('\n') // the empty line
	require.NoError(t, err)
	response, err := http.ReadResponse(answer, nil)
	require.NoError(t, err)
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "aws:kms", response.Header.Get("x-amz-server-side-encryption"))
	assert.Len(t, r.stored(dir), 1)
}

// TestUploadCutShort closes the connection in the middle of the body.
func TestUploadCutShort(t *testing.T) {
	dir := t.TempDir()
	r := start(t, Options{DataDir: dir})
	j := r.ready("job", many(1))
	kept := r.stored(dir)
	conn, _ := r.dial(*j.PreSignedUrl, kmsLine+"Content-Length: 1000000\r\n", "half of it")
	require.Eventually(t, func() bool { return len(r.stored(dir)) == 2 }, 10*time.Second, time.Millisecond)
	conn.Close()
	require.Eventually(t, func() bool { return len(r.stored(dir)) == 1 }, 10*time.Second, time.Millisecond)
	assert.Equal(t, kept, r.stored(dir), "what was there before stays")
}

// TestUploadsWithoutDirectory keeps uploads in files without names.
func TestUploadsWithoutDirectory(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	r := start(t, Options{})
	r.ready("job", many(1))
	r.run(many(2))
	entries, err := os.ReadDir(temp)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// TestLeftoverUploads removes files that no job needs when the server starts.
func TestLeftoverUploads(t *testing.T) {
	dir := t.TempDir()
	r := start(t, Options{DataDir: dir})
	j := r.ready("job", many(1))
	kept := r.stored(dir)
	r.close()
	path := func(name string) string { return filepath.Join(dir, store.UploadDir, name) }
	id := *j.JobId
	for _, name := range []string{id + ".7", id + ".99.tmp"} {
		require.NoError(t, os.WriteFile(path(name), nil, 0o600))
	}
	foreign := []string{
		"other", "pool.json", "import-y.99.tmp", "import-x.7", id, id + ".csv", id + ".tmp", id + ".07", id + ".-1", id + ".8.gz", id + ".8.tmp.tmp",
		id + "x.8", "." + id + ".8", id + ".", ".8", "." + strings.Repeat("9", 30), id + "." + strings.Repeat("9", 30),
	}
	for _, name := range foreign {
		require.NoError(t, os.WriteFile(path(name), []byte("mine"), 0o600))
	}
	require.NoError(t, os.Mkdir(path(id+".100"), 0o700))
	require.NoError(t, os.Symlink("pool.json", path(id+".101")))
	kept = append(kept, foreign...)
	kept = append(kept, id+".100", id+".101")
	r = start(t, Options{DataDir: dir})
	assert.ElementsMatch(t, kept, r.stored(dir))
	_, err := r.start(j)
	require.NoError(t, err)
	assert.EqualValues(t, 1, r.wait(j).ImportedUsers)
}

// TestUploadsOfOtherPools keeps the files of jobs of pools that are not served this time.
func TestUploadsOfOtherPools(t *testing.T) {
	dir := t.TempDir()
	r := start(t, Options{DataDir: dir})
	j := r.ready("job", many(1))
	kept := r.stored(dir)
	r.close()
	other, err := ParsePool("other", []byte(`{"UserPool":{"Id":"local_other","Name":"other"}}`))
	require.NoError(t, err)
	r = start(t, Options{DataDir: dir, Pools: []*Pool{other}})
	assert.Equal(t, kept, r.stored(dir))
	r.close()
	r = start(t, Options{DataDir: dir})
	_, err = r.start(j)
	require.NoError(t, err)
	assert.EqualValues(t, 1, r.wait(j).ImportedUsers)
}

// TestNoSecretsWhereTheyDoNotBelong looks for the signature of a URL in the
// state and the request log, and for user data in the log and the job's name.
func TestNoSecretsWhereTheyDoNotBelong(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	r := start(t, Options{DataDir: dir, Log: &log})
	j := r.ready("job", csv("canary7391@example.com TRUE canary7391", "canary7391 TRUE canary7391x"))
	_, _ = r.put(*j.PreSignedUrl, "canary7391", "x-canary", "canary7391")
	_, err := r.start(j)
	require.NoError(t, err)
	r.wait(j)
	r.raw("AWSCognitoIdentityProviderService.AdminGetUser", `{"UserPoolId":"local_default","Username":"canary7391"}`)
	r.raw("canary7391.canary7391", `{}`)
	for _, line := range r.lines(j) {
		assert.NotContains(t, line, "canary")
	}
	u, err := url.Parse(*j.PreSignedUrl)
	require.NoError(t, err)
	r.close()
	assert.NotContains(t, log.String(), "canary7391")
	assert.NotContains(t, log.String(), "X-Amz")
	assert.Regexp(t, `(?m)^CreateUserImportJob 200 \S+$`, log.String())
	assert.Regexp(t, `(?m)^upload 403 \S+$`, log.String())
	assert.Regexp(t, `(?m)^unknown operation 400 \S+$`, log.String())
	state, err := os.ReadFile(filepath.Join(dir, StateFile))
	require.NoError(t, err)
	assert.False(t, bytes.Contains(state, []byte(u.Query().Get("X-Amz-Signature"))))
	assert.False(t, bytes.Contains(state, []byte("X-Amz-")))
	info, err := os.Stat(filepath.Join(dir, StateFile))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
