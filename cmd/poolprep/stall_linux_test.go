package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// endsSoon sends a signal to a running program, and waits for its end. That has two
// seconds; the test gives it ten, as the machine may be busy.
func endsSoon(t *testing.T, cmd *exec.Cmd, signal syscall.Signal, what string) {
	t.Helper()
	require.NoError(t, cmd.Process.Signal(signal))
	timer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	assert.Equal(t, 128+int(signal), exitCode(cmd.Wait()), what)
}

// noTemporaries wants nothing half-written in a directory.
func noTemporaries(t *testing.T, dir, what string) {
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		assert.False(t, strings.HasSuffix(path, ".tmp"), "%s: %s", what, path)
		return err
	}))
	assert.NoDirExists(t, filepath.Join(dir, "new"), what)
	assert.NoFileExists(t, filepath.Join(dir, "new.csv"), what)
	assert.NoFileExists(t, filepath.Join(dir, "new.jsonl"), what)
}

// TestStreamStalls stops commands that write to a pipe which nobody reads.
func TestStreamStalls(t *testing.T) {
	bad := smallExport + strings.Repeat("b,TRUE,bert bert\n", 20_000)
	good := smallExport + strings.Repeat("b@example.com,TRUE,bert\n", 20_000)
	for i, tt := range []struct{ line, stalls, input string }{
		{"convert --duplicates off -q --report jsonl=new.jsonl", "stdout", good},
		{"convert --duplicates off -q --compress gzip --report jsonl=new.jsonl", "stdout", strings.Repeat(good, 20)},
		{"convert --out-dir new --max-reports 1000000", "stderr", bad},
		{"convert -o new.csv --report jsonl=new.jsonl --report text --max-reports 1000000", "stderr", bad},
		{"check --dialect csv --json --report csv=new.csv", "stdout", bad},
		{"check --dialect csv", "stdout", bad},
		{"records", "stdout", good},
		{"generate --rows 100000", "stdout", ""},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			if i%3 != int(signal)%3 && (testing.Short() || signal != syscall.SIGTERM) {
				continue // enough of these
			}
			what := fmt.Sprintf("%s, %s stalls, %v", tt.line, tt.stalls, signal)
			t.Run(what, func(t *testing.T) {
				t.Parallel()
				cmd, _ := program(t, strings.Fields(tt.line)...)
				cmd.Dir = t.TempDir()
				cmd.Stdin = strings.NewReader(tt.input)
				cmd.Stdout, cmd.Stderr = nil, nil
				r, w, err := os.Pipe()
				require.NoError(t, err)
				defer r.Close()
				if tt.stalls == "stdout" {
					cmd.Stdout = w
				} else {
					cmd.Stderr = w
				}
				cmd.WaitDelay = time.Second // for the one who writes to its input
				require.NoError(t, cmd.Start())
				w.Close()
				waitFull(t, r)
				endsSoon(t, cmd, signal, what)
				noTemporaries(t, cmd.Dir, what)
			})
		}
	}
}

// waitFull waits until a pipe holds all that it can.
func waitFull(t *testing.T, r *os.File) {
	held := -1
	require.Eventually(t, func() bool {
		before := held
		held = pipeHolds(r)
		return held >= 60<<10 && held == before
	}, 20*time.Second, 50*time.Millisecond)
}

// pipeHolds returns how many bytes wait in a pipe.
func pipeHolds(r *os.File) int {
	n, err := unix.IoctlGetInt(int(r.Fd()), unix.TIOCINQ)
	if err != nil {
		return -1
	}
	return n
}

// TestFIFOStalls stops commands that wait for somebody to open the other end of a FIFO.
func TestFIFOStalls(t *testing.T) {
	for i, line := range []string{
		"check --schema fifo in.csv",
		"convert --schema fifo --out-dir new in.csv",
		"convert --mapping fifo -o new.csv in.csv",
		"convert --out-dir new --report jsonl=fifo in.csv",
		"convert --out-dir new --report jsonl=new.jsonl --report csv=fifo in.csv",
		"convert -o fifo --report jsonl=new.jsonl in.csv",
		"convert -o new.csv fifo",
		"convert --out-dir new in.csv fifo",
		"check --mapping fifo in.csv",
		"check --dialect csv --report text=fifo in.csv",
		"records fifo",
		"header --schema fifo",
		"schema show --schema fifo",
		"mapping check fifo",
		"mapping check map.yaml --header fifo",
		"mapping guess fifo",
		"generate --rows 10 -o fifo",
		"reconcile run-1 --log fifo",
		"emulate --listen 127.0.0.1:0 --pool fifo",
		"version CONFIG",
		"convert --out-dir new in.csv USERCONFIG",
	} {
		if testing.Short() && i%4 != 0 {
			continue
		}
		signal := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[i%3]
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			dir := place(t)
			fifo := "fifo"
			if strings.HasSuffix(line, " CONFIG") {
				fifo = ".poolprep.yaml"
			} else if strings.HasSuffix(line, " USERCONFIG") {
				fifo = "config/poolprep/config.yaml"
			}
			_ = os.Remove(filepath.Join(dir, fifo))
			require.NoError(t, syscall.Mkfifo(filepath.Join(dir, fifo), 0o600))
			args := strings.Fields(strings.TrimSuffix(strings.TrimSuffix(line, " CONFIG"), " USERCONFIG"))
			cmd, stderr := program(t, args...)
			cmd.Dir, cmd.Stdout = dir, io.Discard
			cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"))
			require.NoError(t, cmd.Start())
			time.Sleep(300 * time.Millisecond) // until it waits
			endsSoon(t, cmd, signal, line)
			assert.Contains(t, stderr.String(), "interrupted")
			noTemporaries(t, dir, line)
		})
	}
}

// TestSignalAfterTheEnd blocks a finished run in its last words: they do not make it
// an interrupted one.
func TestSignalAfterTheEnd(t *testing.T) {
	t.Parallel()
	dir := place(t)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	fill := bytes.Repeat([]byte{'x'}, 4096)
	fd := int(w.Fd()) // each call makes it block
	require.NoError(t, syscall.SetNonblock(fd, true))
	for {
		if _, err := syscall.Write(fd, fill); err != nil {
			break
		}
	}
	require.NoError(t, syscall.SetNonblock(fd, false))
	for line, want := range map[string]int{
		"convert -q --out-dir new --report jsonl=new.jsonl in.csv":          1,
		"convert -q --out-dir new2 --exit-zero in.csv --report csv=new.csv": 0,
	} {
		cmd, _ := program(t, strings.Fields(line)...)
		cmd.Dir, cmd.Stderr = dir, w
		require.NoError(t, cmd.Start())
		require.Eventually(t, func() bool {
			_, err := os.Stat(filepath.Join(dir, strings.Fields(line)[3], "manifest.json"))
			_, err2 := os.Stat(filepath.Join(dir, "new.jsonl"))
			_, err3 := os.Stat(filepath.Join(dir, "new.csv"))
			return err == nil && (err2 == nil || err3 == nil)
		}, 10*time.Second, 10*time.Millisecond)
		time.Sleep(100 * time.Millisecond)
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		timer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		assert.Equal(t, want, exitCode(cmd.Wait()), line)
		timer.Stop()
		_ = os.Remove(filepath.Join(dir, "new.jsonl"))
		_ = os.Remove(filepath.Join(dir, "new.csv"))
	}
}

// TestNohup keeps running where SIGHUP is ignored.
func TestNohup(t *testing.T) {
	t.Parallel()
	path, err := os.Executable()
	require.NoError(t, err)
	link := filepath.Join(t.TempDir(), "poolprep")
	require.NoError(t, os.Symlink(path, link))
	cmd := exec.Command("sh", "-c", `trap "" HUP; exec "$PROGRAM" records`)
	cmd.Env = append(os.Environ(), "PROGRAM="+link)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	time.Sleep(300 * time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	_, err = io.WriteString(stdin, "a,b\n")
	require.NoError(t, err)
	stdin.Close()
	assert.NoError(t, cmd.Wait())
}

// TestHelpReaderWentAway ends with 141 wherever the reader of standard output went away.
func TestHelpReaderWentAway(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"--help", "help", "help convert", "convert --help", "--version", "version", "explain", "explain not-verified", "explain not-verified row-quote",
		"completion bash", "completion zsh", "completion fish", "header", "diff sum.json sum.json", "schema show", "schema show --json", "generate --rows 1", "import role",
		"check --dialect csv --json in.csv", "records --count in.csv", "records in.csv", "convert in.csv", "mapping check map.yaml", "mapping check map.yaml --header in.csv", "mapping guess in.csv",
	} {
		cmd, stderr := program(t, strings.Fields(line)...)
		cmd.Dir = place(t)
		r, w, err := os.Pipe()
		require.NoError(t, err)
		r.Close()
		cmd.Stdout = w
		err = cmd.Run()
		w.Close()
		assert.Equal(t, 141, exitCode(err), "%s: %s", line, stderr.String())
	}
}
