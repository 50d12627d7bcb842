package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var updateExports = flag.Bool("update-exports", false, "write what TestExports gets")

// TestExports converts the samples of exports. The first line of a golden file is the
// command, run in its directory; the rest is what came out of it: users with the columns
// that are not empty, rejected and skipped records, side.jsonl, and findings.
func TestExports(t *testing.T) {
	goldens, err := filepath.Glob("../../testdata/exports/*/*.golden")
	require.NoError(t, err)
	require.NotEmpty(t, goldens)
	for _, golden := range goldens {
		dir, file := filepath.Split(golden)
		t.Run(filepath.Base(dir)+"/"+strings.TrimSuffix(file, ".golden"), func(t *testing.T) {
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			command, outcome, _ := strings.Cut(string(want), "\n")
			args, found := strings.CutPrefix(command, "$ poolprep ")
			require.True(t, found, "the first line is a command")
			require.True(t, outcome != "" || *updateExports, "the golden file says nothing yet: make it with -update-exports, and look at every row")
			got := command + "\n" + exportOutcome(t, dir, strings.Fields(args))
			if *updateExports {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
				return
			}
			assert.Equal(t, string(want), got)
		})
	}
}

// findingLine is a finding of convert on stderr.
var findingLine = regexp.MustCompile(`^\S+:\d+:\d+: (error|warning): .*`)

func exportOutcome(t *testing.T, dir string, args []string) string {
	run := filepath.Join(t.TempDir(), "run")
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "RUN", run)
	}
	cmd, stderr := program(t, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Env, "NO_COLOR=1")
	code := exitCode(cmd.Run())
	var out bytes.Buffer
	fmt.Fprintf(&out, "exit %d\n", code)
	if code > 1 {
		out.WriteString(stderr.String())
		return out.String()
	}
	chunks, err := filepath.Glob(run + "/chunk-*.csv")
	require.NoError(t, err)
	for _, chunk := range chunks {
		writeUsers(t, &out, chunk)
	}
	writeLines(t, &out, "rejected", run+"/rejects.jsonl", func(line []byte) string {
		var r struct {
			Line, Column int64
			Findings     []struct{ Code, Column_name, Severity string }
		}
		require.NoError(t, json.Unmarshal(line, &r))
		text := fmt.Sprintf("%d:%d", r.Line, r.Column)
		for _, f := range r.Findings {
			if f.Severity == "error" {
				text += strings.TrimRight(fmt.Sprintf(" %s %s", f.Code, f.Column_name), " ")
			}
		}
		return text
	})
	writeLines(t, &out, "skipped", run+"/skipped.jsonl", func(line []byte) string {
		var s struct {
			Line, Column int64
			Reason       string
		}
		require.NoError(t, json.Unmarshal(line, &s))
		return fmt.Sprintf("%d:%d %s", s.Line, s.Column, s.Reason)
	})
	writeLines(t, &out, "side", run+"/side.jsonl", func(line []byte) string { return string(line) })
	out.WriteString("# findings\n")
	for line := range strings.Lines(stderr.String()) {
		if findingLine.MatchString(line) {
			out.WriteString(line)
		}
	}
	return out.String()
}

// writeUsers writes the rows of a chunk with the columns that are not empty.
func writeUsers(t *testing.T, out *bytes.Buffer, chunk string) {
	text, err := os.ReadFile(chunk)
	require.NoError(t, err)
	fmt.Fprintf(out, "# users, %s\n", filepath.Base(chunk))
	var header []string
	for line := range strings.Lines(string(text)) {
		const comma = "\x00"
		fields := strings.Split(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), `\,`, comma), ",")
		if header == nil {
			header = fields
			continue
		}
		separator := ""
		for i, value := range fields {
			if value != "" {
				fmt.Fprintf(out, "%s%s=%s", separator, header[i], strings.ReplaceAll(value, comma, `,`))
				separator = " | "
			}
		}
		out.WriteByte('\n')
	}
}

// writeLines writes what is to be said of the lines of a file, if it is there.
func writeLines(t *testing.T, out *bytes.Buffer, title, path string, say func([]byte) string) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return
	}
	require.NoError(t, err)
	fmt.Fprintf(out, "# %s\n", title)
	for line := range bytes.Lines(text) {
		fmt.Fprintln(out, say(bytes.TrimSpace(line)))
	}
}
