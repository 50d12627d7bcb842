//go:build unix

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestImportEndsWhileAPathStalls: a signal ends every command that waits for a pipe.
func TestImportEndsWhileAPathStalls(t *testing.T) {
	rehearse(t)
	run := converted(t, 3, 10)
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for name, args := range map[string][]string{
		"log": {"reconcile", run, "--log", pipe}, "pool": {"emulate", "--listen", "127.0.0.1:0", "--pool", pipe},
		"run":  {"import", "run", run, "--user-pool-id", "local_default", "--role-arn", "arn:aws:iam::111111111111:role/logs"},
		"list": {"import", "list", "--user-pool-id", "local_default"}, "fetch": {"schema", "fetch", "--user-pool-id", "local_default"}, "role": {"import", "role", "--create"},
	} {
		for signal, want := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
			cmd, stderr := program(t, args...)
			cmd.Env = append(cmd.Env, "AWS_CONFIG_FILE="+pipe)
			require.NoError(t, cmd.Start())
			time.Sleep(300 * time.Millisecond) // it cannot be seen from outside where it waits
			require.NoError(t, cmd.Process.Signal(signal))
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case err := <-ended:
				assert.Equal(t, want, exitCode(err), "%s: %s", name, stderr)
			case <-time.After(20 * time.Second):
				_ = cmd.Process.Kill()
				t.Errorf("%s does not end", name)
			}
		}
	}
	assert.NoFileExists(t, filepath.Join(run, "import.jsonl"))
}

// TestCredentialProcessesEnd: the program that gives credentials ends with a command
// that is ended while it waits for it, and so does what that program started, however it
// takes signals.
func TestCredentialProcessesEnd(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only there the system says which these are")
	}
	rehearse(t)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "")
	}
	dir := t.TempDir()
	pids := filepath.Join(dir, "pids")
	script := filepath.Join(dir, "helper) S 1")
	write := func(path, text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o700)) }
	for name, text := range map[string]string{
		"plain":              "sleep 1000",
		"with children":      "sh -c 'echo $$ >> " + pids + "; sleep 1001; true' & sleep 1002; true",
		"takes no TERM":      "trap '' TERM INT HUP; while :; do sleep 0.05; done",
		"has said all":       "echo '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"b\"}'; sleep 1003; true",
		"of an assumed role": "sleep 1004; true",
	} {
		write(script, "#!/bin/sh\necho $$ >> "+pids+"\n"+text+"\n")
		profile := "[default]\ncredential_process = exec \"" + script + "\"\n"
		if name == "of an assumed role" {
			profile = "[default]\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = y\n[profile y]\ncredential_process = exec \"" + script + "\"\n"
		}
		write(filepath.Join(dir, "config"), profile)
		for signal, want := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
			write(pids, "")
			cmd, stderr := program(t, "import", "list", "--user-pool-id", "local_default")
			cmd.Env = append(cmd.Env, "AWS_CONFIG_FILE="+filepath.Join(dir, "config"))
			require.NoError(t, cmd.Start())
			var helpers []string
			require.Eventually(t, func() bool {
				text, err := os.ReadFile(pids)
				helpers = strings.Fields(string(text))
				return err == nil && len(helpers) > 0 && (name != "with children" || len(helpers) > 1)
			}, 20*time.Second, 10*time.Millisecond, "%s: %s", name, stderr)
			require.NoError(t, cmd.Process.Signal(signal))
			assert.Equal(t, want, exitCode(cmd.Wait()), "%s: %s", name, stderr)
			for _, pid := range helpers {
				assert.Eventually(t, func() bool {
					stat, err := os.ReadFile("/proc/" + pid + "/stat")
					return err != nil || strings.Contains(string(stat), ") Z ") // nobody may be there to reap it
				}, 5*time.Second, 10*time.Millisecond, "%s, %v: process %s goes on", name, signal, pid)
			}
		}
	}
}
