//go:build unix

package main

import (
	"os"
	"path/filepath"
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
