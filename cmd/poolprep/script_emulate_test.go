package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// emulatorCommands are those by which a script works with `poolprep emulate`.
// They keep the running one in the script's values.
var emulatorCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"emulator": startEmulator,
	"signal":   signalEmulator,
	"call":     callEmulator,
	"upload":   uploadToEmulator,
	"await":    awaitJob,
	"outbox":   readOutbox,
}

// runningEmulator is where a script's value of this name is.
type runningEmulator struct{ cmd *exec.Cmd }

// emulator FLAG... starts `poolprep emulate` on a free port and sets $ENDPOINT.
func startEmulator(ts *testscript.TestScript, neg bool, args []string) {
	path, err := os.Executable()
	ts.Check(err)
	stderr, err := os.OpenFile(ts.MkAbs("emulator.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	ts.Check(err)
	defer stderr.Close()
	cmd := &exec.Cmd{
		Path: path, Args: append([]string{"poolprep", "emulate", "--listen", "127.0.0.1:0", "--pending", "0s"}, args...),
		Dir: ts.MkAbs("."), Stderr: stderr, Env: append(os.Environ(), "XDG_CONFIG_HOME="+ts.Getenv("XDG_CONFIG_HOME")),
	}
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) // it has mostly ended by then
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		ts.Fatalf("the first line is %q: %v", line, err)
	}
	ts.Setenv("ENDPOINT", address)
	ts.Value(emulatorKey{}).(*runningEmulator).cmd = cmd
}

// emulatorKey is the key of the *runningEmulator among a script's values.
type emulatorKey struct{}

// signal NAME CODE sends INT, TERM or KILL, and waits for the end with the exit code.
func signalEmulator(ts *testscript.TestScript, neg bool, args []string) {
	cmd := ts.Value(emulatorKey{}).(*runningEmulator).cmd
	ts.Check(cmd.Process.Signal(map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}[args[0]]))
	if got := fmt.Sprint(exitCode(cmd.Wait())); got != args[1] {
		ts.Fatalf("exit code %s, want %s", got, args[1])
	}
}

// call OPERATION BODY calls the API, prints the answer, and sets $JOB and $UPLOAD if there is
// a job in it, $CLIENT if there is an app client, $TOKEN and $REFRESH if there are tokens.
// With ! the call must fail.
func callEmulator(ts *testscript.TestScript, neg bool, args []string) {
	service := "AWSCognitoIdentityProviderService"
	if strings.Contains(args[0], "Log") {
		service = "Logs_20140328"
	}
	r, err := http.NewRequest(http.MethodPost, ts.Getenv("ENDPOINT"), strings.NewReader(args[1]))
	ts.Check(err)
	r.Header.Set("X-Amz-Target", service+"."+args[0])
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/any/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", text)
	if failed := answer.StatusCode != http.StatusOK; failed != neg {
		ts.Fatalf("status %d", answer.StatusCode)
	}
	var out struct {
		UserImportJob        struct{ JobId, PreSignedUrl string }
		UserPoolClient       struct{ ClientId string }
		AuthenticationResult struct{ AccessToken, RefreshToken string }
	}
	ts.Check(json.Unmarshal(text, &out))
	for name, value := range map[string]string{"CLIENT": out.UserPoolClient.ClientId, "TOKEN": out.AuthenticationResult.AccessToken, "REFRESH": out.AuthenticationResult.RefreshToken} {
		if value != "" {
			ts.Setenv(name, value)
		}
	}
	if j := out.UserImportJob; j.JobId != "" {
		ts.Setenv("JOB", j.JobId)
		ts.Setenv("UPLOAD", j.PreSignedUrl)
	}
}

// outbox prints the messages to users, and sets $CODE to the code of the last one.
func readOutbox(ts *testscript.TestScript, neg bool, args []string) {
	answer, err := http.Get(ts.Getenv("ENDPOINT") + "/_poolprep/outbox")
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", text)
	var messages []struct{ Code string }
	ts.Check(json.Unmarshal(text, &messages))
	if n := len(messages); n > 0 {
		ts.Setenv("CODE", messages[n-1].Code)
	}
}

// upload FILE STATUS puts a file to $UPLOAD.
func uploadToEmulator(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.ReadFile(args[0])
	r, err := http.NewRequest(http.MethodPut, ts.Getenv("UPLOAD"), strings.NewReader(file))
	ts.Check(err)
	if len(args) == 2 {
		r.Header.Set("x-amz-server-side-encryption", "aws:kms")
	}
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	_, err = io.Copy(ts.Stdout(), answer.Body)
	ts.Check(err)
	if strconv.Itoa(answer.StatusCode) != args[1] {
		ts.Fatalf("status %d, want %s", answer.StatusCode, args[1])
	}
}

// await STATUS waits until $JOB has the status, and prints the job.
func awaitJob(ts *testscript.TestScript, neg bool, args []string) {
	body := fmt.Sprintf(`{"UserPoolId":"local_default","JobId":%q}`, ts.Getenv("JOB"))
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		r, err := http.NewRequest(http.MethodPost, ts.Getenv("ENDPOINT"), strings.NewReader(body))
		ts.Check(err)
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.DescribeUserImportJob")
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/any/aws4_request, SignedHeaders=host, Signature=0")
		answer, err := http.DefaultClient.Do(r)
		ts.Check(err)
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		ts.Check(err)
		if strings.Contains(string(text), fmt.Sprintf(`"Status":%q`, args[0])) {
			fmt.Fprintf(ts.Stdout(), "%s\n", text)
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the job does not become %s: %s", args[0], text)
		}
	}
}
