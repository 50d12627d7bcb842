package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
)

// snapshot returns the content of all files below a directory.
func snapshot(t *testing.T, dir string) map[string]string {
	files := make(map[string]string)
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		text, _ := os.ReadFile(path) // a directory, and a link that leads nowhere, have none
		files[path] = string(text)
		return err
	}))
	return files
}

// place makes a directory with one file of each kind that a command can read: run-1
// and run-2 are complete runs.
func place(t *testing.T) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"in.csv": smallExport + "broken\n", "pool.csv": "email,email_verified,cognito:username\n",
		"map.yaml": "columns:\n  cognito:username: cognito:username\n", ".poolprep.yaml": "mfa: off\n", "config/poolprep/config.yaml": "mfa: off\n",
		"second.ndjson": `{"id":"1"}`,
		"sum.json":      `{"v":1,"type":"summary"}`,
		"pool.json":     `{"UserPool":{"Id":"local_x","Name":"x"}}`, "log.txt": "[SUCCEEDED] Line Number 2 - The import succeeded.\n",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	for _, run := range []string{"run-1", "run-2"} {
		cmd, stderr := program(t, "convert", "-q", "--max-rejects", "9", "--out-dir", run, "in.csv")
		cmd.Dir = dir
		require.NoError(t, cmd.Run(), stderr.String())
	}
	return dir
}

// aliases are the ways to name a file, by making names for it.
var aliases = map[string]func(t *testing.T, dir, file string) string{
	"itself":   func(_ *testing.T, _, file string) string { return file },
	"dot":      func(_ *testing.T, _, file string) string { return "./config/.././" + file },
	"absolute": func(_ *testing.T, dir, file string) string { return filepath.Join(dir, file) },
	"link": func(t *testing.T, dir, file string) string {
		require.NoError(t, os.Symlink(file, filepath.Join(dir, "link")))
		return "link"
	},
	"link to a link": func(t *testing.T, dir, file string) string {
		require.NoError(t, os.Symlink(file, filepath.Join(dir, "link")))
		require.NoError(t, os.Symlink("./link", filepath.Join(dir, "link2")))
		return "link2"
	},
	"hard link": func(t *testing.T, dir, file string) string {
		require.NoError(t, os.Link(filepath.Join(dir, file), filepath.Join(dir, "hard")))
		return "hard"
	},
	"directory link": func(t *testing.T, dir, file string) string {
		require.NoError(t, os.Symlink(".", filepath.Join(dir, "here")))
		return "here/" + file
	},
}

// TestNothingReadIsOverwritten tries every flag that writes, and redirections,
// against every kind of file that is read, under every name.
func TestNothingReadIsOverwritten(t *testing.T) {
	t.Parallel()
	reading := map[string][]string{ // victim -> command line that reads it, OUT for the output's flags
		"in.csv":                      {"convert", "OUT", "in.csv"},
		"pool.csv":                    {"convert", "--schema", "pool.csv", "OUT", "in.csv"},
		"map.yaml":                    {"convert", "--mapping", "map.yaml", "OUT", "in.csv"},
		"second.ndjson":               {"convert", "--mapping", "map.yaml", "--join", "second.ndjson", "OUT", "in.csv"},
		".poolprep.yaml":              {"convert", "OUT", "in.csv"},
		"config/poolprep/config.yaml": {"convert", "OUT", "in.csv"},
	}
	outputs := map[string][]string{
		"-o": {"-o", "FILE"}, "--output": {"--output=FILE"}, "--side": {"--side", "FILE"}, "jsonl": {"--report", "jsonl=FILE"}, "text": {"--report", "text=FILE"},
		"html": {"--report", "html=FILE"}, "prom, second": {"--report", "jsonl=/dev/null", "--report", "prom=FILE"},
		"csv, second": {"--report", "text", "--report", "csv=FILE"}, "stdout": {">>"}, "stderr": {"2>>"}, "both": {">>", "2>>"}, "/dev/stdout": {"--report", "text=/dev/stdout", ">>"},
	}
	dir := place(t)
	for victim, line := range reading {
		for output, flags := range outputs {
			for name, alias := range aliases {
				file := alias(t, dir, victim)
				refused(t, dir, file, line, flags)
				if name == "link" && output[0] != '-' {
					refused(t, dir, file, append([]string{"check"}, line[1:]...), flags)
				}
				removeAliases(dir)
			}
		}
	}
}

// TestTheStepSummaryOverwritesNothing names a file that is read as the summary of a step.
func TestTheStepSummaryOverwritesNothing(t *testing.T) {
	t.Parallel()
	dir := place(t)
	for _, victim := range []string{"in.csv", "pool.csv"} {
		for name, alias := range aliases {
			env := stepSummary + "=" + alias(t, dir, victim)
			refused(t, dir, name, []string{"check", "--schema", "pool.csv", "OUT", "in.csv"}, []string{"--report", "github"}, env)
			refused(t, dir, name, []string{"convert", "--schema", "pool.csv", "OUT", "in.csv"}, []string{"--report", "github=/dev/null"}, env)
			removeAliases(dir)
		}
	}
}

func removeAliases(dir string) {
	for _, name := range []string{"link", "link2", "hard", "here"} {
		_ = os.Remove(filepath.Join(dir, name))
	}
}

// refused runs a command whose output is file; it must end with 2 and change nothing.
func refused(t *testing.T, dir, file string, line, flags []string, env ...string) {
	t.Helper()
	var args []string
	for _, a := range line {
		if a == "OUT" {
			for _, f := range flags {
				if !strings.HasSuffix(f, ">>") {
					args = append(args, strings.Replace(f, "FILE", file, 1))
				}
			}
			continue
		}
		args = append(args, a)
	}
	cmd, stderr := program(t, args...)
	var stdout bytes.Buffer
	cmd.Dir, cmd.Stdout = dir, &stdout
	cmd.Env = append(append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(dir, "config")), env...)
	for _, f := range flags {
		if strings.HasSuffix(f, ">>") {
			out, err := os.OpenFile(filepath.Join(dir, file), os.O_APPEND|os.O_WRONLY, 0)
			if filepath.IsAbs(file) {
				out, err = os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
			}
			require.NoError(t, err)
			defer out.Close()
			if f == ">>" {
				cmd.Stdout = out
			} else {
				cmd.Stderr = out
			}
		}
	}
	before := snapshot(t, dir)
	err := cmd.Run()
	said := stderr.String() + stdout.String()
	assert.Equal(t, 2, exitCode(err), "%v %v %s: %s", args, flags, file, said)
	if len(flags) < 2 || flags[0] != ">>" || flags[1] != "2>>" { // then nobody can be told
		assert.Contains(t, said, "write to another file", "%v %v %s", args, flags, file)
	}
	assert.Equal(t, before, snapshot(t, dir), "%v %v %s", args, flags, file)
}

// TestOutputsDoNotCollide tries pairs of outputs, and outputs in run directories.
func TestOutputsDoNotCollide(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"convert -o x --report jsonl=x in.csv",
		"convert -o x --report jsonl=./x in.csv",
		"convert -o here/x --report jsonl=x in.csv",
		"convert -o dangling --report jsonl=x in.csv",
		"convert -o old --report jsonl=oldlink in.csv",
		"convert -o old --report jsonl=oldhard in.csv",
		"convert -o no/dir/x --report jsonl=no/dir/../dir/x in.csv",
		"check --report jsonl=x --report csv=x in.csv",
		"check --report html=x --report prom=./x in.csv",
		"check --report sarif=old --report junit=oldhard in.csv",
		"convert --out-dir new --report html=new/report.html in.csv",
		"check --report jsonl=x --report jsonl=x in.csv",
		"convert --out-dir new --report jsonl=new in.csv",
		"convert --out-dir new --report jsonl=new/rejects.csv in.csv",
		"convert --out-dir empty --report jsonl=empty/rejects.csv in.csv",
		"convert --out-dir emptylink --report jsonl=empty/x in.csv",
		"convert --out-dir run-1 --force --report jsonl=run-1/x in.csv",
		"convert --out-dir run-1 --force run-1/rejects.csv",
		"convert --out-dir run-1 --force link-to-rejects",
		"convert --out-dir run-1 --force --schema run-1/chunk-00001.csv in.csv",
		"convert -o x --side x in.csv",
		"convert --side here/x --report jsonl=x in.csv",
		"convert -o old --side oldhard in.csv",
		"convert --side run-2/side.jsonl in.csv",
		"convert --side run-2/anything in.csv",
		"convert --side link-to-rejects in.csv",
		"convert --out-dir run-1 --force --join run-1/skipped.csv in.csv",
		"convert --side state/uploads/x.csv in.csv",
		"convert -o run-2/rejects.csv in.csv",
		"convert -o run-2/manifest.json in.csv",
		"convert -o run-2/chunk-00009.csv in.csv",
		"convert -o run-2/import.jsonl in.csv",
		"convert -o run-2/anything in.csv",
		"convert -o link-to-rejects in.csv",
		"convert -o runlink/lines-00001.idx in.csv",
		"convert --out-dir new --report csv=run-2/rejects.jsonl in.csv",
		"convert --dry-run --report jsonl=in.csv in.csv",
		"convert --dry-run --out-dir new --report jsonl=./in.csv in.csv",
		"convert --dry-run --report text --report jsonl=map.yaml --mapping map.yaml in.csv",
		"convert --dry-run --report jsonl=pool.csv --schema pool.csv in.csv",
		"convert --dry-run --report jsonl=run-2/x in.csv",
		"convert --dry-run --report jsonl=link-to-rejects run-1/rejects.csv",
		"check --dialect csv --report csv=run-2/rejects.jsonl in.csv",
		"generate --rows 1 -o run-2/chunk-00001.csv",
		"generate --rows 1 -o .poolprep.yaml",
		"generate --rows 1 -o config/poolprep/config.yaml",
		"schema fetch --user-pool-id local_x -o run-2/manifest.json",
		"schema fetch --user-pool-id local_x -o .poolprep.yaml",
		"reconcile run-2 --log run-2/results.jsonl",
		"reconcile run-2 --log 1=run-2/rejects.csv",
		"reconcile run-2 --log log.txt --source run-2/rejects.csv",
		"emulate --data-dir run-2",
		"emulate --data-dir state --pool state/state.db",
		"emulate --data-dir state --pool state/uploads/pool.json",
		"emulate --pool here/state/uploads/pool.json --data-dir ./state",
		"emulate --data-dir state --pool state/uploads/deep/pool.json",
		"emulate --data-dir state --pool link-to-uploaded",
		"emulate --data-dir state --pool statelink/uploads/pool.json",
		"emulate --data-dir unused --pool unused/uploads/pool.json",
		"convert -o state/state.db in.csv",
		"convert -o statelink/state.db in.csv",
		"convert -o state/uploads/x.csv in.csv",
		"convert -o state/uploads/deep/x.csv in.csv",
		"convert --out-dir state/uploads/run in.csv",
		"convert --out-dir state/uploads in.csv",
		"check --dialect csv --report jsonl=state/uploads/import-AAAAAAAAAA.0 in.csv",
		"generate --rows 1 -o state/state.db",
	} {
		dir := place(t)
		require.NoError(t, os.Mkdir(filepath.Join(dir, "empty"), 0o700))
		require.NoError(t, os.Mkdir(filepath.Join(dir, "state"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "old"), []byte("old"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "state", "state.db"), []byte("old"), 0o600))
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "state", "uploads", "deep"), 0o700))
		for _, name := range []string{"uploads/pool.json", "uploads/deep/pool.json"} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "state", name), []byte(`{"UserPool":{"Id":"local_x","Name":"x"}}`), 0o600))
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, "run-2", "results.jsonl"), nil, 0o600))
		for name, target := range map[string]string{
			"here": ".", "dangling": "x", "oldlink": "old", "emptylink": "empty", "runlink": "run-2", "link-to-rejects": "run-1/rejects.csv",
			"statelink": "state", "link-to-uploaded": "state/uploads/pool.json",
		} {
			require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
		}
		require.NoError(t, os.Link(filepath.Join(dir, "old"), filepath.Join(dir, "oldhard")))
		_ = os.Remove(filepath.Join(dir, "dangling.target"))
		cmd, stderr := program(t, strings.Fields(line)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(dir, "config"))
		before := snapshot(t, dir)
		err := cmd.Run()
		assert.Equal(t, 2, exitCode(err), "%s: %s", line, stderr.String())
		assert.Regexp(t, `choose another|write to (two|another)|choose another file`, stderr.String(), line)
		assert.Equal(t, before, snapshot(t, dir), line)
	}
}

// TestAWSConfigurationIsNotOverwritten tries every file that configuration and
// credentials are read from, under every name, against what commands that connect write.
func TestAWSConfigurationIsNotOverwritten(t *testing.T) {
	t.Parallel()
	dir := place(t)
	lines := [][]string{{"schema", "fetch", "--user-pool-id", "us-east-1_x", "OUT"}, {"import", "list", "--user-pool-id", "us-east-1_x", "OUT"}}
	for _, file := range []string{
		"aws/config", "aws/credentials", "aws/bundle.pem", "aws/token", "aws/auth", "aws/profile.pem", "aws/profile-token",
		"home/.aws/config", "home/.aws/credentials", "home/.aws/sso/cache/token.json",
	} {
		path := filepath.Join(dir, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("[profile x]\nca_bundle = aws/profile.pem # a comment\nWeb_identity_token_file=aws/profile-token\n"), 0o600))
		env := []string{"HOME=" + filepath.Join(dir, "home")}
		if !strings.HasPrefix(file, "home") {
			env = append(env, "AWS_CONFIG_FILE=aws/config", "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(dir, "aws/credentials"),
				"AWS_CA_BUNDLE=aws/bundle.pem", "AWS_WEB_IDENTITY_TOKEN_FILE=aws/token", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=./aws/auth")
		}
		for name, alias := range aliases {
			given := alias(t, dir, file)
			refused(t, dir, given, lines[0], []string{"-o", "FILE"}, env...)
			if name == "itself" || name == "link" {
				refused(t, dir, given, lines[1], []string{">>"}, env...)
				refused(t, dir, given, lines[1], []string{"2>>"}, env...)
			}
			removeAliases(dir)
		}
	}
}

// TestOutputsThatMayBeTheSame runs what must go on working.
func TestOutputsThatMayBeTheSame(t *testing.T) {
	t.Parallel()
	dir := place(t)
	for _, line := range []string{
		"check --dialect csv --exit-zero --report jsonl=/dev/null --report csv=/dev/null in.csv",
		"convert --exit-zero -o /dev/null --report jsonl=/dev/null in.csv",
		"convert --exit-zero -o new.csv --report jsonl=new.jsonl in.csv in.csv",
		"convert --exit-zero -o new.csv --report jsonl=new.jsonl in.csv",
		"convert --exit-zero --report jsonl=/dev/stderr in.csv > both 2> both2",
		"convert --exit-zero --dry-run --report jsonl=/dev/stdout in.csv > both",
		"convert --exit-zero -o new2.csv --report jsonl=/dev/stdout in.csv > both",
		"check --dialect csv --exit-zero --report jsonl=/dev/stdout in.csv > both",
		"check --dialect csv --exit-zero --report jsonl=/dev/stdout in.csv > both 2>&1",
		"check --dialect csv --exit-zero -q --report text --report jsonl=/dev/stdout in.csv > both",
		"convert --exit-zero in.csv > both 2>&1",
		"convert --exit-zero in.csv >> both 2>> both",
		"convert --exit-zero in.csv 2>&1 | cat",
		"convert --exit-zero --report text in.csv 2>&1 | cat",
		"check --exit-zero in.csv 2>&1 | cat",
		"convert --exit-zero --report jsonl=/dev/fd/3 in.csv 3> three > both",
		"convert --exit-zero -o /dev/stdout in.csv 2>&1 > both",
		"convert --exit-zero -o - in.csv > dash",
		"generate --rows 1 -o - > dash",
		"check --dialect csv --exit-zero --schema pool.csv --schema pool.csv --report jsonl=- in.csv > run-2-findings",
		"check --exit-zero run-1/chunk-00001.csv > run-1/findings",
		"convert --exit-zero --known none --out-dir new-run-2 run-1/rejects.csv",
		"convert --exit-zero --out-dir new-run --schema run-1/chunk-00001.csv in.csv",
	} {
		out, err := inShell(t, dir, `"$PROGRAM" `+line).CombinedOutput()
		assert.NoError(t, err, "%s: %s", line, out)
	}
	assert.NoFileExists(t, filepath.Join(dir, "-"), "- is standard output")
	both, err := os.ReadFile(filepath.Join(dir, "both2"))
	require.NoError(t, err)
	assert.Contains(t, string(both), `"type":"summary"`, "/dev/stderr does not overwrite what stands there")
	assert.Contains(t, string(both), "rejected")
	assert.Contains(t, string(both), `{"v":1,"type":"run"`)
}

// inShell returns a command for the shell, in which $PROGRAM is the program.
func inShell(t *testing.T, dir, line string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", line)
	path, err := os.Executable()
	require.NoError(t, err)
	link := filepath.Join(t.TempDir(), "poolprep")
	require.NoError(t, os.Symlink(path, link))
	cmd.Env = append(os.Environ(), "PROGRAM="+link, "XDG_CONFIG_HOME="+t.TempDir())
	cmd.Dir = dir
	return cmd
}

// TestOutputsAndReportsShareNoStream tries two of them in one file, pipe or FIFO, by all
// names of it, and one that texts to people get into.
func TestOutputsAndReportsShareNoStream(t *testing.T) {
	t.Parallel()
	dir := place(t)
	require.NoError(t, os.Symlink("/dev/stdout", filepath.Join(dir, "to-stdout")))
	var lines []string
	for _, name := range []string{"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/../dev/stdout", "to-stdout"} {
		for _, command := range []string{
			"convert -q --report jsonl=" + name, "convert -q --side " + name, "convert --report text=" + name, "convert -o - --report csv=" + name, "convert -o /dev/stdout --report jsonl=" + name,
			"check --report jsonl=- --report csv=" + name, "check --json --report text=" + name, "check --report text --report jsonl=" + name,
			"check --mapping map.yaml --report jsonl --report csv=" + name, "check --report csv=/dev/stdout --report jsonl=" + name,
		} {
			if strings.HasPrefix(name, "/proc") && runtime.GOOS != "linux" {
				continue
			}
			lines = append(lines, command+" in.csv > both", command+" in.csv | cat", command+" in.csv >> both")
		}
	}
	lines = append(lines,
		"convert -q --json in.csv > both 2>&1", "convert --json in.csv 2>&1 | cat", "convert --report csv=/dev/stderr in.csv 2>&1 | cat",
		"convert -o fifo --report jsonl=fifo in.csv", "check --report csv=fifo --report jsonl=fifo in.csv", "convert --report jsonl=fifo in.csv <> fifo >&0",
		"convert -o /dev/fd/3 --report jsonl=/dev/fd/3 in.csv 3> both", "convert --report jsonl=/dev/fd/3 in.csv > both 3>&1", "convert -o both --report jsonl=/dev/fd/3 in.csv 3> both",
		"convert -q in.csv > both 2> both", "check in.csv > both 2> both", "convert in.csv > both 2>> both", "convert in.csv >> both 2> both", "records in.csv > both 2> both", "header > both 2> both",
		"convert -q -o /dev/stderr in.csv 2> both", "generate --rows 5 -o /dev/fd/2 2> both", "convert -q --report jsonl=/dev/fd/3 in.csv 3> both 2> both",
	)
	for _, line := range lines {
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "both")))
		script := `test -p fifo || mkfifo fifo; exec 4>&1; code=$( { { "$PROGRAM" ` + strings.Replace(line, " | cat", "; echo $? >&5; } | cat >&4; } 5>&1", 1)
		if !strings.Contains(line, " | cat") {
			script += `; echo $? >&5; } ; } 5>&1`
		}
		out, err := inShell(t, dir, script+` ); exit $code`).CombinedOutput()
		both, _ := os.ReadFile(filepath.Join(dir, "both"))
		said := string(out) + string(both)
		assert.Equal(t, 2, exitCode(err), "%s: %s", line, said)
		assert.Regexp(t, `write to two|two reports for one stream`, said, line)
		assert.NotContains(t, said, `{"v":1`, line)
	}
}

// TestManifestOfSomethingElse lets people work beside a manifest.json that is not ours.
func TestManifestOfSomethingElse(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(`{"name":"web app","v":1}`), 0o600))
	assert.False(t, sink.HoldsRun(dir))
	cmd, stderr := program(t, "generate", "--rows", "1", "-o", "rejects.csv")
	cmd.Dir = dir
	require.NoError(t, cmd.Run(), stderr.String())
}
