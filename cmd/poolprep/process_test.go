package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// program returns the real program, as TestMain runs it, with its standard error.
func program(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	var stderr bytes.Buffer
	return &exec.Cmd{Path: path, Args: append([]string{"poolprep"}, args...), Stderr: &stderr, Env: append(os.Environ(), "XDG_CONFIG_HOME="+t.TempDir())}, &stderr
}

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

const smallExport = "email,email_verified,cognito:username\na@example.com,TRUE,anna\n"

// TestInterrupted stops a run that waits for its input.
func TestInterrupted(t *testing.T) {
	for signal, want := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		dir := filepath.Join(t.TempDir(), "run")
		cmd, stderr := program(t, "convert", "--block-size", "16", "--out-dir", dir)
		stdin, err := cmd.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = io.WriteString(stdin, smallExport+strings.Repeat("b@example.com,TRUE,bert\n", 20_000))
		require.NoError(t, err)
		require.Eventually(t, func() bool { _, err := os.Stat(dir); return err == nil }, 10*time.Second, time.Millisecond)
		require.NoError(t, cmd.Process.Signal(signal))
		assert.Equal(t, want, exitCode(cmd.Wait()), stderr.String())
		assert.NoDirExists(t, dir, "nothing half-written is left")
		assert.Contains(t, stderr.String(), "interrupted")
		stdin.Close()
	}
}

// TestWriterStalls stops runs whose input stops coming, wherever they are by then.
func TestWriterStalls(t *testing.T) {
	const morePipe = 1 << 16 // than a pipe holds that nobody reads, or has widened
	rows := strings.Repeat("b@example.com,TRUE,bert\n", 2<<20/24)
	for name, tt := range map[string]struct {
		args  []string
		input string
	}{
		"in the first record":         {[]string{"records"}, strings.Repeat("a", morePipe+1)},
		"in the header, check":        {[]string{"check"}, strings.Repeat("a", morePipe+1)},
		"in the header, convert":      {[]string{"convert"}, strings.Repeat("a", morePipe+1)},
		"in the rows":                 {[]string{"check", "--dialect", "csv"}, smallExport + rows},
		"limit, into a run directory": {[]string{"convert", "--limit", "1", "--out-dir", "run"}, smallExport + rows},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, stderr := program(t, append(tt.args, "-j1")...)
			cmd.Dir = t.TempDir()
			stdin, err := cmd.StdinPipe()
			require.NoError(t, err)
			defer stdin.Close()
			require.NoError(t, cmd.Start())
			_, err = io.WriteString(stdin, tt.input)
			require.NoError(t, err)
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			timer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
			assert.Equal(t, 143, exitCode(cmd.Wait()), stderr.String())
			assert.NoDirExists(t, filepath.Join(cmd.Dir, "run"))
		})
	}
}

// TestReaderWentAway closes the pipe that the output goes to.
func TestReaderWentAway(t *testing.T) {
	for _, args := range [][]string{{"generate", "--rows", "1000000"}, {"convert", "-q", "--duplicates", "off"}, {"records"}} {
		cmd, stderr := program(t, args...)
		cmd.Stdin = strings.NewReader(smallExport + strings.Repeat("b@example.com,TRUE,bert\n", 200_000))
		r, w, err := os.Pipe()
		require.NoError(t, err)
		cmd.Stdout = w
		require.NoError(t, cmd.Start())
		w.Close()
		_, err = r.Read(make([]byte, 100))
		require.NoError(t, err)
		r.Close()
		assert.Equal(t, 141, exitCode(cmd.Wait()), "%v: %s", args, stderr.String())
	}
}

func TestDiskFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Log("no /dev/full here")
		return
	}
	defer full.Close()
	for _, args := range [][]string{{"generate", "--rows", "10"}, {"convert"}, {"records"}, {"mapping", "guess"}, {"check", "--json"}, {"header"}, {"explain"}, {"version"}} {
		cmd, stderr := program(t, args...)
		cmd.Stdin = strings.NewReader(smallExport)
		cmd.Stdout = full
		assert.Equal(t, 2, exitCode(cmd.Run()), "%v", args)
		assert.Contains(t, stderr.String(), "standard output: no space left on device", "%v", args)
	}
	cmd, stderr := program(t, "convert", "-o", "/dev/full")
	cmd.Stdin = strings.NewReader(smallExport)
	assert.Equal(t, 2, exitCode(cmd.Run()))
	assert.Contains(t, stderr.String(), "/dev/full: the disk is full")
}

// TestNoPersonalData puts a canary into every column, and fails in every way:
// no finding, note, report or side file may hold it.
func TestNoPersonalData(t *testing.T) {
	canary := "canary7391"
	dir := t.TempDir()
	export := filepath.Join(dir, "export.csv")
	rows := []string{
		"email,email_verified,cognito:username,birthdate,phone_number,updated_at,name,address,password_hash",
		canary + ",TRUE," + canary + " x," + canary + "," + canary + "," + canary + "," + canary + `\,"` + canary + "\n" + canary + `",` + canary,
		canary + `"x` + canary,
		`"` + canary + `"` + canary,
		`"` + canary,
		canary + "\xff",
		canary + "\x00,TRUE,a,,,,,,",
		"a@example.com," + canary + "," + canary + ",,,,,,",
		"a@example.com,TRUE," + canary + ",,,,,,",
		"a@example.com,TRUE," + canary + ",,,,,,",
	}
	require.NoError(t, os.WriteFile(export, []byte(strings.Join(rows, "\n")+"\n"), 0o600))
	run := filepath.Join(dir, "run")
	for _, args := range [][]string{
		{"check", "--dialect", "csv", "--json", "-v", export},
		{"check", export},
		{"check", "--password-hash", "bcrypt", "--dialect", "csv", export},
		{"convert", "--out-dir", run, "-v", "--password-hash", "auto", export},
		{"convert", "-o", filepath.Join(dir, "none", "out.csv"), export},
		{"records", export},
	} {
		cmd, stderr := program(t, args...)
		var stdout bytes.Buffer
		cmd.Stdout = &stdout
		_ = cmd.Run() // each of them fails in its way
		assert.NotContains(t, stderr.String(), canary, "%v", args)
		if args[0] == "check" {
			assert.NotContains(t, stdout.String(), canary, "%v", args)
		}
	}
	for _, name := range []string{"rejects.jsonl", "manifest.json", "lines-00001.idx"} {
		text, err := os.ReadFile(filepath.Join(run, name))
		require.NoError(t, err)
		assert.NotContains(t, string(text), canary, name)
	}
	cmd, stderr := program(t, "convert", "--show-values", "--password-hash", "bcrypt", export)
	_ = cmd.Run()
	assert.Contains(t, stderr.String(), canary, "unless it is asked for")
	for _, line := range strings.Split(stderr.String(), "\n") {
		if strings.Contains(line, "password_hash") {
			assert.NotContains(t, line, canary, "hashes never are")
		}
	}
}
