package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/docs"
)

// output runs the program and returns what it printed.
func output(t *testing.T, args ...string) string {
	t.Helper()
	cmd, stderr := program(t, args...)
	cmd.Dir = t.TempDir()
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", args, stderr)
	return string(out)
}

// helpText returns the help of a command.
func helpText(c *cobra.Command) string {
	var b strings.Builder
	c.SetOut(&b)
	_ = c.Help()
	return b.String()
}

func TestHelpFitsATerminal(t *testing.T) {
	eachCommand(newRoot(new(streams)), func(c *cobra.Command) {
		text := helpText(c)
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			assert.LessOrEqual(t, utf8.RuneCountInString(line), helpWidth, "%s: %s", c.CommandPath(), line)
			assert.NotContains(t, line, "\t", c.CommandPath())
			assert.Equal(t, strings.TrimRight(line, " "), line, c.CommandPath())
		}
		assert.NotContains(t, text, "\n\n\n", c.CommandPath())
		assert.NotContains(t, text, "<no value>", c.CommandPath())
		assert.NotEmpty(t, c.Short, c.CommandPath())
		assert.NotRegexp(t, `\.$`, c.Short, c.CommandPath())
	})
}

// TestHelpListsEveryFlagOnce wants every flag in its group, and none that is hidden.
func TestHelpListsEveryFlagOnce(t *testing.T) {
	eachCommand(newRoot(new(streams)), func(c *cobra.Command) {
		if c.IsAdditionalHelpTopicCommand() {
			return
		}
		text := c.UsageString()
		c.Flags().VisitAll(func(f *pflag.Flag) {
			at := regexp.MustCompile(`(?m)^  (-[a-zA-Z], |    )--`+f.Name+`(?:[ [=]|$)`).FindAllStringIndex(text, -1)
			if f.Hidden {
				assert.NotContains(t, text, f.Name, c.CommandPath())
				return
			}
			if !assert.Len(t, at, 1, "%s --%s", c.CommandPath(), f.Name) {
				return
			}
			titles := regexp.MustCompile(`(?m)^[A-Z].*:$`).FindAllString(text[:at[0][0]], -1)
			assert.Equal(t, groupTitles[infoOf(f).groupIn(nameOf(c))]+":", titles[len(titles)-1], "%s --%s", c.CommandPath(), f.Name)
		})
	})
}

// TestHelpWorksWhateverTheSettingsAre is about files that stop every other command.
func TestHelpWorksWhateverTheSettingsAre(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, projectFile), []byte("out-dir: stolen\n"), 0o600))
	for _, args := range []string{"--help", "check --help", "help", "help check", "help exit-codes", "exit-codes", "__complete check --dialect "} {
		cmd, stderr := program(t, strings.Split(args, " ")...)
		cmd.Dir = dir
		out, err := cmd.Output()
		assert.NoError(t, err, "%s: %s", args, stderr)
		assert.NotEmpty(t, out, args)
	}
}

// TestTopics wants every guide that is embedded to be a topic, and help to lead from one
// to the other.
func TestTopics(t *testing.T) {
	files, err := fs.Glob(docs.Guides, "*.md")
	require.NoError(t, err)
	assert.Len(t, topics, len(files))
	for _, topic := range topics {
		assert.Contains(t, files, topic.file)
		text := output(t, "help", topic.name)
		assert.Contains(t, text, topic.guide().Title())
		assert.NotContains(t, text, "](", "a link is shown as text")
		assert.NotContains(t, text, "```")
	}
	assert.Contains(t, output(t, "help", "formats"), `see "poolprep help mapping"`)
	assert.Contains(t, output(t, "mapping", "--help"), "The mapping file")
	assert.NotContains(t, output(t, "mapping", "check", "--help"), "The mapping file")
	assert.Contains(t, output(t, "help", "exit-codes"), "  141            the reader of the output went away")
}

func TestHelpNamesWhatWasMeant(t *testing.T) {
	for args, want := range map[string]string{
		"help convrt":        `unknown command or topic "convrt", did you mean "convert"?`,
		"help exit-code":     `did you mean "exit-codes"?`,
		"help import rn":     `unknown command or topic "rn", did you mean "run"?`,
		"help check extra":   `unknown command or topic "extra"`,
		"help qqqqqqqqqqqqq": "unknown command or topic \"qqqqqqqqqqqqq\"; `poolprep help` lists them",
	} {
		cmd, stderr := program(t, strings.Fields(args)...)
		assert.Equal(t, exitTrouble, exitCode(cmd.Run()), args)
		assert.Contains(t, stderr.String(), want, args)
	}
}
