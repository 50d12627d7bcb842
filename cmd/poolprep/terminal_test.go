package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/escape"
)

// canary is text that a person's terminal must never be given. A line that begins
// with forged would pass for one of the program's own.
const (
	canary = "c\x1b[31m\a\b\v\u009b2J\u0085\x7f\u202e\u2066\u200f\u2028\u2029\r" + forged
	forged = "\nFORGED"
)

func TestErrorText(t *testing.T) {
	leaf := errors.New("a" + forged)
	for _, tt := range []struct {
		err  error
		want string
	}{
		{leaf, `a\nFORGED`},
		{errors.Join(leaf, errors.New("b\r")), "a\\nFORGED\nb\\r"},
		{errors.Join(leaf, leaf), "a\\nFORGED\na\\nFORGED"},
		{fmt.Errorf("x%s: %w; y%s", forged, leaf, forged), `x\nFORGED: a\nFORGED; y\nFORGED`},
		{fmt.Errorf("x%s:\n%w", forged, errors.Join(leaf, leaf)), "x\\nFORGED:\na\\nFORGED\na\\nFORGED"},
		{fmt.Errorf("%w, %w", errors.Join(leaf, leaf), leaf), "a\\nFORGED\na\\nFORGED, a\\nFORGED"},
		{fmt.Errorf("%[2]w, %[1]w", leaf, errors.New("b\n")), `b\n, a\nFORGED`},
		{&fs.PathError{Op: "open", Path: canary, Err: errors.New("no")}, "open " + escape.String(canary) + ": no"},
		{escape.Lines("one\ntwo\x1b"), "one\ntwo\\x1b"},
		{fmt.Errorf("%s: %w", canary, error(&fs.PathError{Op: "open", Path: "x\n", Err: fs.ErrNotExist})), escape.String(canary) + `: open x\n: file does not exist`},
	} {
		assert.Equal(t, tt.want, errorText(tt.err), "%q", tt.err)
	}
}

func TestPrintfEscapesItsArguments(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, printf(&b, "%s %v %v %d %s\n", canary, errors.New(canary), choice{value: "x"}.words, 7, []byte(canary)))
	assertSafe(t, b.String(), "printf")
	assert.Equal(t, 1, strings.Count(b.String(), "\n"))
}

// assertSafe fails if text holds what moves a cursor, or a line that is not the program's.
func assertSafe(t *testing.T, text, of string) {
	t.Helper()
	assert.NotContains(t, text, forged, of)
	for line := range strings.SplitSeq(text, "\n") {
		plain := strings.ReplaceAll(line, "\t", " ") // which lays out completion and help
		if !assert.Equal(t, escape.String(plain), plain, of) {
			return
		}
	}
}

// TestNothingReachesTheTerminalRaw runs every command with names, values, headers,
// mappings, schemas and flags that hold control characters.
func TestNothingReachesTheTerminalRaw(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		return name
	}
	quoted := strconv.Quote(canary) // for YAML: its escapes are a subset of what it reads
	quotedJSON, err := json.Marshal(canary)
	require.NoError(t, err)
	cell := `"` + canary + `"`
	bad := write("export"+canary+".csv", "cognito:username,email,email_verified,birthdate,"+cell+"\n"+
		cell+","+cell+",TRUE,"+cell+","+cell+"\nanna,a@example.com,"+cell+",,\nbert,b@example.com,TRUE,,x\n\xe9,,,,\n")
	broken := write("broken"+canary+".csv", "cognito:username,"+cell[:len(cell)-1]+"\nx,\xff\n")
	twice := write("twice"+canary, cell+","+cell+"\nx,y\n")
	mapping := write("map"+canary+".yaml", "columns:\n  cognito:username: cognito:username\n  email: email\n  email_verified: email_verified\n"+
		"  birthdate: {from: birthdate, steps: [date: {from: [dd.MM.yyyy]}]}\n  name: {from: "+quoted+", steps: [lookup: {table: {"+quoted+": "+quoted+"}}]}\n"+
		"skip:\n  - when: {column: cognito:username, equals: bert}\n    reason: "+quoted+"\n")
	wrong := write("wrong"+canary+".yaml", quoted+": 1\ncolumns:\n  "+quoted+": "+quoted+"\n  name: {from: x, steps: ["+quoted+", regex: {match: "+quoted+", replace: "+quoted+"}]}\n")
	unfit := write("unfit"+canary+".yaml", "columns:\n  "+quoted+": "+quoted+"\n  name: "+quoted+"\nrequire: ["+quoted+"]\n")
	yaml := write("yaml"+canary+".yaml", "columns: [\n"+canary)
	pool := write("pool"+canary+".json", `{"UserPool":{"Id":"eu-west-1_a","Name":`+string(quotedJSON)+`,"AutoVerifiedAttributes":["email"],"SchemaAttributes":[{"Name":`+string(quotedJSON)+`,"AttributeDataType":"String","Required":true}]}}`)
	header := write("header"+canary+".json", `{"UserPoolId":`+string(quotedJSON)+`,"CSVHeader":["cognito:username","email","email_verified",`+string(quotedJSON)+`]}`)
	template := write("template"+canary+".csv", "cognito:username,\u009b\x1b[31m,email_verified\n")
	manifest := filepath.Join("run"+canary, "manifest.json")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "run"+canary), 0o700))
	write(manifest, `{"v":1,"tool":`+string(quotedJSON)+`}`)

	commands := [][]string{
		{"check", bad}, {"check", "--dialect", "csv", bad}, {"check", "--dialect", "csv", "--json", "--show-values", bad}, {"check", "--dialect", "csv", "--show-values", "-v", bad},
		{"check", "--dialect", "csv", "--report", "csv=" + os.DevNull, bad}, {"check", "--mapping", mapping, "--show-values", "-v", bad}, {"check", "--mapping", mapping, "--json", bad},
		{"check", broken}, {"check", "--dialect", "csv", broken}, {"check", "--dialect", "csv", "--encoding", canary, bad}, {"check", twice},
		{"convert", "-o", "out.csv", bad}, {"convert", "-o", "out.csv", "-v", "--show-values", "--mapping", mapping, bad}, {"convert", "-o", "out.csv", broken}, {"convert", "-o", "out.csv", twice},
		{"convert", "--out-dir", "to" + canary, bad}, {"convert", "--out-dir", "run" + canary, bad}, {"convert", "--mapping", wrong, bad}, {"convert", "--mapping", unfit, bad},
		{"convert", "--mapping", yaml, bad}, {"convert", "--schema", pool, "-o", "out.csv", bad}, {"convert", "--out-dir", "two" + canary, bad, twice},
		{"convert", "--dry-run", bad}, {"convert", "--dry-run", "--keep-going", "--max-reports", "0", twice}, {"records", bad}, {"records", broken}, {"records", "--count", bad},
		{"header", "--schema", pool + "x"}, {"schema", "show", "--schema", pool}, {"schema", "show", "--json", "--schema", pool}, {"schema", "show", "--schema", header}, {"schema", "show", "--schema", template}, {"schema", "show", "--schema", mapping}, {"schema", "show", "--schema", pool, "--required", canary},
		{"mapping", "check", mapping}, {"mapping", "guess", bad}, {"mapping", "guess", twice}, {"mapping", "guess", "--delimiter", canary, bad}, {"mapping", "check", mapping, "--header", bad}, {"mapping", "check", wrong}, {"mapping", "check", unfit}, {"mapping", "check", unfit, "--header", bad}, {"mapping", "check", yaml}, {"mapping", "check", mapping, "--schema", pool, "--header", broken},
		{"convert", "-o", "no" + canary + "/x", bad}, {"convert", "-o", "no" + canary + "/", bad}, {"check", "--dialect", "csv", "--report", "csv", bad}, {"check", "--dialect", "csv", "--report", "csv", "--show-values", bad},
		{"check", "--mapping", mapping, "--report", "csv", "--show-values", bad}, {"convert", "--report", "csv", "-o", "out.csv", bad}, {"header", "--schema", pool}, {"header", "--schema", header}, {"header", "--schema", template},
		{"import", "role", "--region", canary}, {"import", "role", "--region", "eu\u009b"}, {"import", "role", "--print", "permissions", "--region", "\x7f\u202e"}, {"import", "role", "--role-name", canary}, {"import", "role", "--account-id", canary},
		{"explain", canary}, {"generate", "--rows", "1", "-o", "no" + canary + "/x"}, {"generate", "--rows", canary}, {"import", "run", "run" + canary, "--user-pool-id", canary}, {"import", "run", canary},
		{"import", "status", "run" + canary}, {"import", "passwords", "run" + canary}, {"reconcile", "run" + canary, "--log", bad}, {"reconcile", canary, "--log", canary}, {"emulate", "--pool", pool + "x"}, {"emulate", "--pool", bad, "--listen", canary},
		{canary}, {"check", "--" + canary}, {"check", "-" + canary}, {"mapping", canary}, {"check", canary}, {"check", "--schema", canary}, {"check", "--mapping", canary, bad}, {"mapping", "check", canary, canary}, {"header", canary}, {"help", canary},
	}
	for flag := range strings.FieldsSeq("dialect delimiter quote blank-lines max-record-bytes max-expanded jobs auto-verified required username-attributes alias-attributes case-sensitive mfa rules duplicates dedup-memory password-hash severity report max-reports color progress fail-on max-rejects backslash limit compress max-rows") {
		commands = append(commands, []string{"convert", "-o", "out.csv", "--" + flag, canary, bad})
	}
	for _, args := range commands {
		cmd, stderr := program(t, args...)
		cmd.Dir = dir
		var stdout bytes.Buffer
		cmd.Stdout = &stdout
		err := cmd.Run()
		of := fmt.Sprintf("%q: %v", args, err)
		assertSafe(t, stderr.String(), of)
		assertSafe(t, stdout.String(), of)
		assert.NotContains(t, stderr.String(), "goroutine ", of)
		for line := range strings.SplitSeq(strings.TrimSpace(stdout.String()), "\n") {
			if strings.HasPrefix(line, `{"`) {
				assert.True(t, json.Valid([]byte(line)), "%s: %s", of, line)
			}
		}
	}
	for _, setting := range []string{canary + ": x", `"x\x1b\nFORGED": y`, "report: " + quoted, "delimiter: " + quoted, "schema: [" + quoted + "]"} {
		write(".poolprep.yaml", setting)
		cmd, stderr := program(t, "check", bad)
		cmd.Dir = dir
		_ = cmd.Run()
		assertSafe(t, stderr.String(), setting)
	}
}
