package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/rule"
)

// proposals returns what completion proposes for the last argument, and how.
func proposals(t *testing.T, dir string, args ...string) ([]string, cobra.ShellCompDirective) {
	t.Helper()
	t.Chdir(dir)
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	var out bytes.Buffer
	root := newRoot(new(streams))
	root.SetOut(&out)
	root.SetErr(io.Discard)
	root.SetArgs(append([]string{cobra.ShellCompNoDescRequestCmd}, args...))
	require.NoError(t, root.Execute(), args)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := lines[len(lines)-1]
	directive, err := strconv.Atoi(strings.TrimPrefix(last, ":"))
	require.NoError(t, err, out.String())
	return lines[:len(lines)-1], cobra.ShellCompDirective(directive)
}

// TestCompletionKnowsTheWords asks for the values of every flag with fixed words, and
// wants a decision about all others.
func TestCompletionKnowsTheWords(t *testing.T) {
	eachFlag(func(c *cobra.Command, f *pflag.Flag) {
		name := c.CommandPath() + " --" + f.Name
		complete, registered := c.GetFlagCompletionFunc(f.Name)
		info := infoOf(f)
		if info.arg == "" {
			return
		}
		if !registered {
			assert.Contains(t, []pathKind{filePath, logPath, outPath}, info.path, "%s: the shell would propose files", name)
			return
		}
		proposed, directive := complete(c, nil, "")
		if v, ok := f.Value.(*choice); ok {
			assert.Equal(t, v.words, proposed, name)
			assert.NotZero(t, directive&cobra.ShellCompDirectiveNoFileComp, name)
		}
		for _, w := range info.words {
			assert.Contains(t, proposed, w, name)
		}
	})
}

func TestCompletion(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pool.json"), []byte(`{"CSVHeader":["cognito:username","email","custom:team"],"UserPoolId":"local_x"}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.jsonl"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "sub"), 0o700))
	const (
		files   = cobra.ShellCompDirectiveDefault
		noFiles = cobra.ShellCompDirectiveNoFileComp
		ext     = cobra.ShellCompDirectiveFilterFileExt
		dirs    = cobra.ShellCompDirectiveFilterDirs
		noSpace = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		ordered = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	)
	for _, c := range []struct {
		line      string // by blanks
		want      []string
		directive cobra.ShellCompDirective
	}{
		{"check --mfa ", []string{"off", "optional", "on"}, ordered},
		{"check --severity email-format=", []string{"email-format=error", "email-format=warning", "email-format=info", "email-format=off"}, ordered},
		{"check --auto-verified email,", []string{"email,phone_number"}, noSpace},
		{"check --auto-verified email,phone_number,", nil, noSpace},
		{"header --schema pool.json --required ", []string{"email", "custom:team"}, noSpace},
		{"header --schema pool.json --required email,", []string{"email,custom:team"}, noSpace},
		{"check --schema ", []string{"json", "csv"}, ext},
		{"check --mapping ", []string{"yaml", "yml"}, ext},
		{"mapping check ", []string{"yaml", "yml"}, ext},
		{"mapping check a.yaml ", nil, noFiles},
		{"emulate --pool ", []string{"json"}, ext},
		{"check --report jsonl=", []string{"jsonl=pool.json", "jsonl=sub/", "jsonl=x.jsonl"}, noSpace},
		{"check --report jsonl=x", []string{"jsonl=x.jsonl"}, noSpace},
		{"check --report jsonl=nowhere/", nil, noSpace},
		{"check --known ", nil, dirs},
		{"check --known no", []string{"none"}, files},
		{"convert --out-dir ", nil, dirs},
		{"convert --output ", nil, files},
		{"convert --max-rows ", nil, noFiles},
		{"check ", nil, files},
		{"import run ", nil, dirs},
		{"import run run-1 ", nil, noFiles},
		{"import ", []string{"run", "status", "list", "stop", "undo", "verify", "groups", "role", "passwords"}, noFiles},
		{"emulate --fault upload:", []string{"upload:drop-reply:", "upload:cut:", "upload:500:"}, noSpace},
		{"emulate --fault upload:cut:", []string{"upload:cut:1"}, noSpace},
		{"emulate ", nil, noFiles},
		{"explain not-verif", codeNames(), noFiles},
		{"help import ", []string{"run", "status", "list", "stop", "undo", "verify", "groups", "role", "passwords"}, noFiles},
		{"help nosuch ", nil, noFiles},
		{"import role --print ", []string{"trust", "permissions"}, ordered},
		{"reconcile --line-offset ", []string{"auto", "header", "first-user"}, ordered},
	} {
		got, directive := proposals(t, dir, strings.Split(c.line, " ")...)
		assert.Equal(t, c.want, nonEmpty(got), c.line)
		assert.Equal(t, c.directive, directive, c.line)
	}
	commands, _ := proposals(t, dir, "help", "")
	for _, topic := range topics {
		assert.Contains(t, commands, topic.name)
	}
	assert.NotContains(t, commands, "man")
	codes, _ := proposals(t, dir, "check", "--severity", "")
	assert.Contains(t, codes, "email-format=")
	assert.NotContains(t, codes, rule.RowEncoding.String()+"=", "its level cannot be changed")
}

// nonEmpty makes nothing of an empty list.
func nonEmpty(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

func codeNames() (names []string) {
	for _, c := range rule.Codes() {
		names = append(names, c.String())
	}
	return names
}

// TestCompletionWaitsForNothing completes with schemas and settings that are special files,
// or not there.
func TestCompletionWaitsForNothing(t *testing.T) {
	dir := t.TempDir()
	for _, schema := range []string{dir, filepath.Join(dir, "none.json"), os.DevNull} {
		got, _ := proposals(t, dir, "check", "--schema", schema, "--required", "")
		assert.Contains(t, got, "given_name")
		assert.NotContains(t, got, "cognito:username")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "team.json"), []byte(`{"CSVHeader":["cognito:username","custom:team"]}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, projectFile), []byte("schema: team.json\n"), 0o600))
	got, _ := proposals(t, dir, "check", "--required", "")
	assert.Equal(t, []string{"custom:team"}, got, "the schema that the settings name")
	require.NoError(t, os.Remove(filepath.Join(dir, projectFile)))
	require.NoError(t, os.Symlink(os.DevNull, filepath.Join(dir, projectFile)))
	got, _ = proposals(t, dir, "check", "--required", "")
	assert.Contains(t, got, "given_name")
}

// TestCompletionScripts wants the scripts to know a flag by the beginning of a word: a
// value such as email-format=error has a hyphen and an equals sign, too.
func TestCompletionScripts(t *testing.T) {
	for shell := range flagPrefixes {
		script := output(t, "completion", shell)
		assert.Contains(t, script, `'^-[^=]*='`, shell)
		assert.NotContains(t, script, `'-.*='`, shell)
		short := output(t, "completion", shell, "--no-descriptions")
		assert.Contains(t, short, cobra.ShellCompNoDescRequestCmd)
		assert.Contains(t, short, `'^-[^=]*='`, shell)
	}
	cmd, stderr := program(t, "completion", "zs")
	assert.Equal(t, exitTrouble, exitCode(cmd.Run()))
	assert.Contains(t, stderr.String(), `unknown command "zs", did you mean "zsh"?`)
	for _, shell := range []string{"bash", "powershell"} {
		assert.NotEmpty(t, output(t, "completion", shell))
	}
}
