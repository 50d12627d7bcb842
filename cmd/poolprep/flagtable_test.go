package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// eachFlag visits every flag of every command.
func eachFlag(visit func(c *cobra.Command, f *pflag.Flag)) {
	eachCommand(newRoot(new(streams)), func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) { visit(c, f) })
	})
}

// TestEveryFlagIsInTheTable wants of each flag a purpose, an effect, a usage that fits,
// a name of its value, and a kind of path where the value is one.
func TestEveryFlagIsInTheTable(t *testing.T) {
	used := map[*flagInfo]bool{}
	eachFlag(func(c *cobra.Command, f *pflag.Flag) {
		name := c.CommandPath() + " --" + f.Name
		info := infoOf(f)
		used[info] = true
		if !assert.Contains(t, flagsByName, f.Name, "%s is not in flagTable", name) {
			return
		}
		assert.NotEqual(t, noGroup, info.groupIn(nameOf(c)), "%s has no group", name)
		assert.NotEqual(t, unknownEffect, info.effect, "%s has no effect", name)
		assert.Equal(t, info.short, f.Shorthand, name)
		assert.Equal(t, info.hidden, f.Hidden, name)
		assert.Equal(t, f.Value.Type() == "bool", info.arg == "", "%s: a value has a name, a switch has none", name)
		if strings.Contains(info.arg, "FILE") || strings.Contains(info.arg, "DIR") || strings.Contains(info.arg, "PATH") {
			assert.NotEqual(t, noPath, info.path, "%s names a file", name)
		} else {
			assert.Equal(t, noPath, info.path, "%s does not look like a file", name)
		}
		assert.Regexp(t, `^[a-zA-Z].{4,}[^. ]$`, f.Usage, "%s: one sentence without a full stop", name)
		assert.LessOrEqual(t, len(describeFlag(f)), 160, "%s: the usage is for the first look", name)
		if nameOf(c) == "convert" {
			assert.NotEqual(t, unknownReplay, info.replay, "%s: is it noted in the manifest?", name)
		}
		if v, ok := f.Value.(*choice); ok {
			require.NotEmpty(t, v.words, name)
			assert.True(t, v.value == "" || slices.Contains(v.words, v.value), "%s: default %q", name, v.value)
			for _, w := range v.words {
				assert.Regexp(t, `\b`+regexp.QuoteMeta(w)+`\b`, describeFlag(f), "%s says what %q is", name, w)
			}
		}
	})
	for i := range flagTable {
		info := &flagTable[i]
		assert.True(t, used[info], "no command has --%s", info.name)
		for command := range info.usages {
			c, _, err := newRoot(new(streams)).Find(strings.Fields(command))
			require.NoError(t, err)
			assert.NotNil(t, c.Flags().Lookup(info.name), "%s --%s", command, info.name)
		}
	}
	assert.Len(t, flagsByName, len(flagTable)-2, "only --profile and --header are in the table twice")
}

// TestFlagsKeepTheirDefaults compares what parsing starts from, which scripts rely on.
func TestFlagsKeepTheirDefaults(t *testing.T) {
	want := map[string]string{
		"check --dialect": "cognito", "convert --dialect": "auto", "plan --dialect": "auto", "--for": "convert", "records --dialect": "csv", "mapping check --dialect": "auto", "mapping guess --dialect": "auto",
		"--quote": `"`, "--encoding": "auto", "--blank-lines": "skip", "--ragged": "reject", "--max-record-bytes": "1048576", "--max-expanded": "0",
		"--case-sensitive": "true", "--password-hash": "none", "--rules": "2026", "--duplicates": "exact", "--dedup-memory": "1073741824",
		"--backslash": "reject", "--max-rows": "500000", "--max-bytes": "100000000", "--compress": "none", "--color": "auto", "--progress": "auto",
		"--fail-on": "error", "--listen": "127.0.0.1:9400", "--fail-threshold": "0.5", "--url-ttl": "14m59s", "--job-ttl": "24h0m0s", "--log-delay": "0s",
		"--job-prefix": "poolprep", "--poll-interval": "2s", "--line-offset": "auto", "--max-failed": "50%", "--pending": "500ms", "--role-name": "poolprep-import-logs", "--rate": "10", "--history-keep": "90", "emulate --header": "all",
		"--quoting": "mixed", "--seed": "1", "--shape": "template",
	}
	eachFlag(func(c *cobra.Command, f *pflag.Flag) {
		expected, ok := want[nameOf(c)+" --"+f.Name]
		if !ok {
			expected, ok = want["--"+f.Name]
		}
		switch {
		case ok:
			assert.Equal(t, expected, f.DefValue, "%s --%s", c.CommandPath(), f.Name)
		case f.Name == "jobs" || f.Name == "block-size":
		default:
			assert.Contains(t, []string{"", "0", "false", "[]"}, f.DefValue, "%s --%s", c.CommandPath(), f.Name)
		}
		assert.Equal(t, f.DefValue, f.Value.String(), "%s --%s", c.CommandPath(), f.Name)
	})
}

// TestArgumentsAreClassified wants a kind of path of every command with files as arguments.
func TestArgumentsAreClassified(t *testing.T) {
	eachCommand(newRoot(new(streams)), func(c *cobra.Command) {
		if strings.Contains(c.Use, "FILE") || strings.Contains(c.Use, "DIR") {
			assert.Contains(t, argumentTable, nameOf(c))
		}
	})
	for path := range argumentTable {
		c, rest, err := newRoot(new(streams)).Find(strings.Fields(path))
		require.NoError(t, err)
		assert.Empty(t, rest, path)
		assert.Equal(t, path, nameOf(c))
	}
}

func TestDefaultsForPeople(t *testing.T) {
	for n, want := range map[int64]string{
		1: "1", 1023: "1023", 1024: "1KiB", 1 << 20: "1MiB", 1 << 30: "1GiB", 3 << 40: "3TiB",
		1000: "1KB", 100_000_000: "100MB", 1_048_577: "1048577", 128_000: "128KB",
	} {
		assert.Equal(t, want, exactSize(n))
	}
	for text, want := range map[string]string{"0s": "", "2s": "2s", "14m59s": "14m59s", "24h0m0s": "24h", "1h30m0s": "1h30m", "10m0s": "10m", "1h0m5s": "1h0m5s"} {
		assert.Equal(t, want, shortDuration(text))
	}
}
