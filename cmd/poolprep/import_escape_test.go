package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// canaryColumn is what a header can hold of it.
var canaryColumn = strings.Map(func(r rune) rune {
	if strings.ContainsRune("\r\n\",\\", r) {
		return -1
	}
	return r
}, canary)

// hostility is what a hostile server answers next. It is changed between two programs,
// while an answer to one that has ended may still be on its way.
type hostility struct {
	mu     sync.Mutex
	status string // of every job
	column string // of the pool
	fails  string // the operation that is answered with an error
}

func (h *hostility) set(status, column, fails string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status, h.column, h.fails = status, column, fails
}

func (h *hostility) get() (status, column, fails string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.status, h.column, h.fails
}

// hostileServer answers every operation with control characters wherever the protocol
// takes text.
func hostileServer(t *testing.T, h *hostility) string {
	t.Helper()
	text, err := json.Marshal(canary)
	require.NoError(t, err)
	evil := string(text)
	inner := evil[1 : len(evil)-1]
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		status, column, fails := h.get()
		switch {
		case operation == "":
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", canary)
			return
		case operation == fails:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"__type":%s,"message":%s}`, evil, evil)
			return
		}
		text, _ := json.Marshal(column)
		name := string(text)
		job := fmt.Sprintf(`{"JobName":%s,"JobId":"import-%s","UserPoolId":%s,"PreSignedUrl":"http://%s/%s","Status":%q,"CompletionMessage":%s,"ImportedUsers":1,"CreationDate":1}`,
			evil, inner, evil, r.Host, "u", status, evil)
		answer := map[string]string{
			"ListUserImportJobs": `{"UserImportJobs":[` + job + `]}`,
			"GetCSVHeader":       `{"CSVHeader":["email","email_verified","cognito:username",` + name + `]}`,
			"DescribeUserPool":   `{"UserPool":{"Id":"us-east-1_a","Name":` + evil + `,"AutoVerifiedAttributes":["email"],"SchemaAttributes":[{"Name":` + name + `,"AttributeDataType":"String"}]}}`,
			"DescribeLogGroups":  `{"logGroups":[{"logGroupName":` + evil + `}]}`,
			"GetLogEvents":       `{"events":[{"message":"[FAILED] Line Number 2 - ` + inner + `"}],"nextForwardToken":"x"}`,
		}[operation]
		if answer == "" {
			answer = `{"UserImportJob":` + job + `}`
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestServerTextsAreEscaped: whatever a server says, in whatever place.
func TestServerTextsAreEscaped(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	var server hostility
	t.Setenv("AWS_ENDPOINT_URL", hostileServer(t, &server))
	say := func(args ...string) {
		cmd, stderr := program(t, args...)
		var stdout bytes.Buffer
		cmd.Stdout = &stdout
		err := cmd.Run()
		status, _, fails := server.get()
		of := fmt.Sprintf("%q, status %s, fails %s: %v", args, status, fails, err)
		assertSafe(t, stderr.String(), of)
		assertSafe(t, stdout.String(), of)
		assert.NotContains(t, stderr.String(), "goroutine ", of)
		for line := range strings.Lines(stdout.String()) {
			if strings.HasPrefix(line, `{"`) {
				assert.True(t, json.Valid([]byte(line)), of)
			}
		}
	}
	run := func(dir string) []string {
		return []string{"import", "run", dir, "--user-pool-id", "us-east-1_a", "--role-arn", "arn:aws:iam::111111111111:role/logs", "--poll-interval", "5ms", "-v", "--progress", "plain"}
	}
	pool := filepath.Join(t.TempDir(), "pool.json")
	require.NoError(t, os.WriteFile(pool, []byte(`{"CSVHeader":["email","email_verified","cognito:username","name"]}`), 0o600))
	convert := func(args ...string) string {
		dir := filepath.Join(t.TempDir(), "run"+canary)
		export := filepath.Join(t.TempDir(), "export"+canary+".csv")
		require.NoError(t, os.WriteFile(export, []byte("cognito:username,email,email_verified\nanna,a@example.com,TRUE\n"), 0o600))
		cmd, stderr := program(t, append([]string{"convert", "-q", "--out-dir", dir, export}, args...)...)
		require.NoError(t, cmd.Run(), stderr)
		return dir
	}
	for _, status := range []string{"Created", "InProgress", "Stopping", "Stopped", "Failed", "Succeeded", "Expired"} {
		server.set(status, "name", "")
		dir := convert("--schema", pool)
		if status != "InProgress" && status != "Stopping" { // which never ends here
			say(run(dir)...)
		}
		for range 2 {
			say("import", "status", dir)
			say("reconcile", dir, "--log", pool)
			say("import", "passwords", dir)
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "import.jsonl")))
		}
		say(append(run(convert()), "--dry-run")...)
		say(append(run(convert("--schema", pool)), "--dry-run")...)
	}
	for _, operation := range strings.Fields("CreateUserImportJob StartUserImportJob DescribeUserImportJob ListUserImportJobs GetCSVHeader DescribeUserPool DescribeLogGroups GetLogEvents AdminResetUserPassword CreateRole") {
		dir := convert("--schema", pool)
		server.set("Succeeded", "name", operation)
		say(run(dir)...)
		server.set("Succeeded", "name", "")
		say(run(dir)...)
		server.set("Succeeded", "name", operation)
		say("import", "passwords", dir, "--reset", "--yes", "--rate", "1000")
		say("import", "stop", dir)
		say("import", "list", "--user-pool-id", "us-east-1_a")
		say("import", "list", "--user-pool-id", "us-east-1_a", "--json")
		say("schema", "fetch", "--user-pool-id", "us-east-1_a")
		say("import", "role", "--create")
	}
	server.set("Succeeded", canaryColumn, "") // which no schema may have
	say("schema", "fetch", "--user-pool-id", "us-east-1_a")
	say(run(convert())...)
	say(append(run(convert("--schema", pool)), "--dry-run")...)
}
