package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const manDir = "../../docs/man"

// TestManualPagesAreCurrent compares docs/man with what `make man` would write.
func TestManualPagesAreCurrent(t *testing.T) {
	pages := manualPages(newRoot(new(streams)))
	entries, err := os.ReadDir(manDir)
	require.NoError(t, err)
	for _, e := range entries {
		assert.Contains(t, pages, e.Name(), "docs/man/%s is of no command: run `make man`", e.Name())
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(manDir, name))
		require.NoError(t, err, "run `make man`")
		assert.Equal(t, string(want), string(got), "docs/man/%s is stale: run `make man`", name)
	}
}

// TestManualPages wants a page of every command that is not hidden, with all its flags,
// and nothing in it that roff would take for a request.
func TestManualPages(t *testing.T) {
	root := newRoot(new(streams))
	pages := manualPages(root)
	eachCommand(root, func(c *cobra.Command) {
		page, ok := pages[pageOf(c)+".1"]
		assert.Equal(t, !c.Hidden && !c.IsAdditionalHelpTopicCommand(), ok, c.CommandPath())
		c.Flags().VisitAll(func(f *pflag.Flag) {
			term := `\fB\-\-` + strings.ReplaceAll(f.Name, "-", `\-`) + `\fR`
			assert.Equal(t, ok && !f.Hidden, strings.Contains(string(page), term), "%s --%s", c.CommandPath(), f.Name)
		})
	})
	for _, topic := range topics {
		assert.Contains(t, pages, "poolprep-"+topic.name+".7")
	}
	requests := map[string]bool{".TH": true, ".SH": true, ".SS": true, ".PP": true, ".TP": true, ".IP": true, ".RS": true, ".RE": true, ".nf": true, ".fi": true, ".nh": true, ".ad": true, `.\"`: true}
	for name, page := range pages {
		for line := range strings.Lines(string(page)) {
			if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
				word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
				assert.True(t, requests[word], "%s: %s", name, line)
			}
			for _, r := range line {
				assert.Less(t, r, rune(0x7F), "%s: %s", name, line)
			}
		}
	}
}

func TestManWritesThePages(t *testing.T) {
	dir := t.TempDir()
	cmd, stderr := program(t, "man", dir)
	require.NoError(t, cmd.Run(), stderr.String())
	assert.FileExists(t, filepath.Join(dir, "poolprep-import-run.1"))
	assert.FileExists(t, filepath.Join(dir, "poolprep-exit-codes.7"))
	cmd, stderr = program(t, "man", filepath.Join(dir, "none"))
	assert.Equal(t, exitTrouble, exitCode(cmd.Run()))
	assert.Contains(t, stderr.String(), "none")
}
