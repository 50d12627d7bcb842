package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
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

// rehearsal is an emulator in a process of its own, which can be killed and started again.
type rehearsal struct {
	t       *testing.T
	args    []string
	address string
	cmd     *exec.Cmd
}

// rehearse starts an emulator that keeps its state, and lets the program find it.
func rehearse(t *testing.T, args ...string) *rehearsal {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIACANARY7391", "AWS_SECRET_ACCESS_KEY": "secretcanary7391", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	e := &rehearsal{t: t, args: append([]string{"emulate", "--pending", "0s", "--data-dir", filepath.Join(t.TempDir(), "emulated")}, args...), address: "127.0.0.1:0"}
	e.start()
	t.Setenv("AWS_ENDPOINT_URL", "http://"+e.address)
	t.Cleanup(e.kill)
	return e
}

// start starts the process, at the same address as before.
func (e *rehearsal) start() {
	e.t.Helper()
	cmd, stderr := program(e.t, append(e.args, "--listen", e.address)...)
	out, err := cmd.StdoutPipe()
	require.NoError(e.t, err)
	require.NoError(e.t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(e.t, err, stderr)
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on http://")
	require.True(e.t, ok, line)
	e.address, e.cmd = address, cmd
}

// kill ends the process as kill -9 does.
func (e *rehearsal) kill() {
	if e.cmd != nil {
		_ = e.cmd.Process.Kill()
		_ = e.cmd.Wait()
		e.cmd = nil
	}
}

// restart kills the process and starts it again, on what is on disk.
func (e *rehearsal) restart(args ...string) {
	e.kill()
	e.args = append(e.args, args...)
	e.start()
}

// converted makes a run directory of n users and returns its path.
func converted(t *testing.T, n, maxRows int) string {
	t.Helper()
	dir := t.TempDir()
	export := filepath.Join(dir, "export.csv")
	var b bytes.Buffer
	b.WriteString("cognito:username,email,email_verified,phone_number,phone_number_verified\n")
	for i := range n {
		fmt.Fprintf(&b, "user%05d,user%05d@example.com,TRUE,+1201555%04d,%t\n", i, i, i%10000, i%10 != 3)
	}
	require.NoError(t, os.WriteFile(export, b.Bytes(), 0o600))
	run := filepath.Join(dir, "run")
	cmd, stderr := program(t, "convert", "-q", "--max-rows", fmt.Sprint(maxRows), "--out-dir", run, export)
	require.NoError(t, cmd.Run(), stderr)
	return run
}

// importRun returns the command that imports a run directory.
func importRun(t *testing.T, run string, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	cmd, stderr := program(t, append([]string{
		"import", "run", run, "--user-pool-id", "local_default", "--role-arn", "arn:aws:iam::111111111111:role/logs", "--poll-interval", "20ms",
	}, args...)...)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	return cmd, &stdout, stderr
}

// emulatedJob is a job as import list prints it.
type emulatedJob struct {
	Name, Status              string
	Imported, Skipped, Failed int
}

// jobs returns the jobs of the pool, newest first.
func jobs(t *testing.T) []emulatedJob {
	t.Helper()
	cmd, stderr := program(t, "import", "list", "--user-pool-id", "local_default", "--json")
	out, err := cmd.Output()
	require.NoError(t, err, stderr)
	var list []emulatedJob
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var j emulatedJob
		require.NoError(t, d.Decode(&j))
		list = append(list, j)
	}
	return list
}

// onceEach requires that exactly one job ran for each chunk, and that all users
// were imported by them.
func onceEach(t *testing.T, chunks, users int) {
	t.Helper()
	ran, imported := 0, 0
	for _, j := range jobs(t) {
		if j.Status != "Created" && j.Status != "Expired" {
			ran++
			assert.Equal(t, "Succeeded", j.Status)
		}
		imported += j.Imported
		assert.Zero(t, j.Skipped, j.Name)
	}
	assert.Equal(t, chunks, ran)
	assert.Equal(t, users, imported)
}

func TestImportIntoTheEmulator(t *testing.T) {
	rehearse(t)
	run := converted(t, 250, 100)
	cmd, stdout, stderr := importRun(t, run, "--progress", "plain", "-v")
	require.NoError(t, cmd.Run(), stderr)
	assert.Regexp(t, `total +250 +250 +0 +0 +0`, stdout.String())
	onceEach(t, 3, 250)
	assert.NoFileExists(t, filepath.Join(run, "retry.csv"))

	// All of it once more, from another directory: every user is there already.
	again := converted(t, 250, 100)
	cmd, stdout, stderr = importRun(t, again)
	require.NoError(t, cmd.Run(), stderr)
	assert.Regexp(t, `total +250 +0 +250 +0 +0`, stdout.String())
	results, err := os.ReadFile(filepath.Join(again, "results.jsonl"))
	require.NoError(t, err)
	assert.Equal(t, 250, strings.Count(string(results), `"status":"skipped","message":"The user already exists."`))
}

// TestImportOutlastsFaults lets the first calls of every operation go wrong in every way.
func TestImportOutlastsFaults(t *testing.T) {
	times := 2
	if testing.Short() {
		times = 1
	}
	for _, fault := range []string{"drop-reply", "throttle", "500"} {
		t.Run(fault, func(t *testing.T) {
			var args []string
			for _, operation := range []string{"GetCSVHeader", "DescribeUserPool", "CreateUserImportJob", "StartUserImportJob", "DescribeUserImportJob", "ListUserImportJobs", "GetLogEvents"} {
				args = append(args, "--fault", fmt.Sprintf("%s:%s:%d", operation, fault, times))
			}
			rehearse(t, append(args, "--fault", fmt.Sprintf("upload:cut:%d", times))...)
			run := converted(t, 50, 30)
			cmd, stdout, stderr := importRun(t, run)
			require.NoError(t, cmd.Run(), stderr)
			assert.Regexp(t, `total +50 +50 +0 +0 +0`, stdout.String())
			onceEach(t, 2, 50)
		})
	}
}

// TestImportOutlastsKills kills driver and emulator with kill -9 again and again.
func TestImportOutlastsKills(t *testing.T) {
	const users, chunks = 400, 4
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	for seed := range rounds {
		e := rehearse(t, "--users-per-second", "1500")
		run := converted(t, users, users/chunks)
		random := rand.New(rand.NewPCG(uint64(seed), 3))
		for kills := 0; ; kills++ {
			require.Less(t, kills, 100)
			cmd, _, stderr := importRun(t, run)
			require.NoError(t, cmd.Start())
			// Wait for as many lines of the journal as chance wants, and strike there.
			lines := journalLines(run) + 1 + random.IntN(6)
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			var err error
			over := false
			require.Eventually(t, func() bool {
				select {
				case err = <-ended:
					over = true
				default:
				}
				return over || journalLines(run) >= lines
			}, 30*time.Second, 200*time.Microsecond, "seed %d", seed)
			if over {
				require.NoError(t, err, stderr)
				break
			}
			switch random.IntN(3) {
			case 0:
				e.restart() // under the driver, which goes on
				require.NoError(t, <-ended, stderr)
			case 1:
				e.restart()
				fallthrough
			default:
				_ = cmd.Process.Kill()
				<-ended
				continue
			}
			break
		}
		onceEach(t, chunks, users)
		results, err := os.ReadFile(filepath.Join(run, "results.jsonl"))
		require.NoError(t, err)
		assert.Empty(t, string(results))
		e.kill()
	}
}

func journalLines(run string) int {
	text, _ := os.ReadFile(filepath.Join(run, "import.jsonl"))
	return bytes.Count(text, []byte("\n"))
}

// until waits until the journal of a run directory holds text.
func until(t *testing.T, run, text string) {
	t.Helper()
	require.Eventually(t, func() bool {
		journal, _ := os.ReadFile(filepath.Join(run, "import.jsonl"))
		return strings.Contains(string(journal), text)
	}, 20*time.Second, time.Millisecond)
}

func TestImportInterrupted(t *testing.T) {
	for signal, want := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		e := rehearse(t, "--users-per-second", "50")
		run := converted(t, 150, 100)
		cmd, _, stderr := importRun(t, run)
		require.NoError(t, cmd.Start())
		until(t, run, `"started"`)
		require.NoError(t, cmd.Process.Signal(signal))
		assert.Equal(t, want, exitCode(cmd.Wait()))
		assert.Contains(t, stderr.String(), "The same command continues where this one stopped.")
		assert.Contains(t, stderr.String(), "continues in the service; `poolprep import stop "+run+"` would stop it.")

		e.restart("--users-per-second", "0")
		cmd, stdout, stderr := importRun(t, run)
		require.NoError(t, cmd.Run(), stderr)
		assert.Regexp(t, `total +150 +150 +0 +0 +0`, stdout.String())
		onceEach(t, 2, 150)
		e.kill()
	}
}

func TestImportStopped(t *testing.T) {
	e := rehearse(t, "--users-per-second", "50")
	run := converted(t, 150, 100)
	cmd, stdout, stderr := importRun(t, run)
	require.NoError(t, cmd.Start())
	until(t, run, `"started"`)
	second, _, complaint := importRun(t, run)
	assert.Equal(t, 2, exitCode(second.Run()), "two at once")
	assert.Contains(t, complaint.String(), "another poolprep is at work there")
	require.Eventually(t, func() bool { return jobs(t)[0].Imported > 0 }, 10*time.Second, time.Millisecond)
	stop, stopErr := program(t, "import", "stop", run, "--poll-interval", "20ms")
	out, err := stop.Output()
	require.NoError(t, err, stopErr)
	assert.Contains(t, string(out), "has ended as Stopped")
	assert.Equal(t, 2, exitCode(cmd.Wait()))
	assert.Contains(t, stderr.String(), "The same command resumes: a new job takes the chunk again")
	assert.Regexp(t, `1 +100 .*Stopped`, stdout.String())

	e.restart("--users-per-second", "0")
	cmd, stdout, stderr = importRun(t, run)
	require.NoError(t, cmd.Run(), stderr)
	assert.Regexp(t, `total +150 +150 +0 +0 +0`, stdout.String(), "who was imported before the stop counts as imported")
	assert.Len(t, jobs(t), 3)
}

// TestImportLeavesNoTrace looks for user data, signatures and credentials in
// everything that an import writes or says.
func TestImportLeavesNoTrace(t *testing.T) {
	pool := filepath.Join(t.TempDir(), "pool.json")
	require.NoError(t, os.WriteFile(pool, []byte(`{"UserPool":{"Id":"local_default","Name":"default","AutoVerifiedAttributes":["phone_number"]}}`), 0o600))
	// The upload fails until its URL has expired.
	rehearse(t, "--pool", pool, "--fault", "upload:cut:4", "--url-ttl", "1s", "--fault", "CreateUserImportJob:drop-reply:1")
	run := converted(t, 30, 20)
	var said bytes.Buffer
	for _, args := range [][]string{{"--dry-run"}, {"-v", "--progress", "plain"}, {"-v"}} {
		cmd, stdout, stderr := importRun(t, run, args...)
		_ = cmd.Run()
		said.Write(append(stdout.Bytes(), stderr.Bytes()...))
	}
	for _, args := range [][]string{{"status", run}, {"list", "--user-pool-id", "local_default"}, {"list", "--user-pool-id", "local_default", "--json"}, {"passwords", run}, {"passwords", run, "--reset", "--yes", "--rate", "1000"}} {
		cmd, stderr := program(t, append([]string{"import"}, args...)...)
		out, _ := cmd.Output()
		said.Write(append(out, stderr.Bytes()...))
	}
	for _, name := range []string{"import.jsonl", "results.jsonl", "passwords.jsonl"} {
		text, err := os.ReadFile(filepath.Join(run, name))
		require.NoError(t, err)
		assert.NotEmpty(t, text)
		said.Write(text)
		info, err := os.Stat(filepath.Join(run, name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
	assert.Contains(t, said.String(), `"status":"failed"`)
	assert.Contains(t, said.String(), "has expired; a new job takes its place")
	for _, secret := range []string{"user000", "@example.com", "+1201555", "Signature", "X-Amz", "CANARY7391", "canary7391"} {
		assert.NotContains(t, said.String(), secret)
	}
}

// TestImportJournalLost removes, empties and cuts the journal of a finished import and
// of one that was killed: no second job runs.
func TestImportJournalLost(t *testing.T) {
	rehearse(t, "--users-per-second", "2000")
	for _, killed := range []bool{false, true} {
		for _, left := range []int{-1, 0, 1, 2, 4, 7} { // lines; -1: the file is removed
			run := converted(t, 60, 20)
			before := len(jobs(t))
			cmd, _, stderr := importRun(t, run)
			if killed {
				require.NoError(t, cmd.Start())
				until(t, run, `"started"`)
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			} else {
				_ = cmd.Run() // users of the round before are skipped, which may be too many
				require.FileExists(t, filepath.Join(run, "results.jsonl"), stderr)
			}
			journal := filepath.Join(run, "import.jsonl")
			text, err := os.ReadFile(journal)
			require.NoError(t, err)
			if lines := strings.SplitAfter(string(text), "\n"); left < 0 {
				require.NoError(t, os.Remove(journal))
			} else {
				require.NoError(t, os.WriteFile(journal, []byte(strings.Join(lines[:min(left, len(lines))], "")), 0o600))
			}
			cmd, stdout, stderr := importRun(t, run)
			require.NoError(t, cmd.Run(), "%s", stderr)
			assert.Regexp(t, `total +60 `, stdout.String())
			assert.Len(t, jobs(t), before+3, "killed: %v, %d lines are left: %s", killed, left, stderr)
		}
	}
}
