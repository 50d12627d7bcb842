package main

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestShellWord(t *testing.T) {
	shells := map[string]string{"sh": "", "bash": ""}
	for _, word := range []string{"", "a", "a b", "it's", "$HOME", "`x`", "~", "~/x", "#x", "a\\b", "*", "?", "[a]", "{a,b}", "a;b", "a&b", "!x", "\"", "ä", "-x", "a=b", "é'ü"} {
		for shell := range shells {
			assertWord(t, shell, word)
		}
	}
	for _, word := range []string{"a\nb", "\x1b[31m", "tab\t", "\u009b", "\u202e", "'\n\\", "\xff", "\x7f9"} {
		quoted := shellWord(word)
		assertSafe(t, quoted, word)
		assertWord(t, "bash", word)
	}
}

// assertWord lets a shell read a word.
func assertWord(t *testing.T, shell, word string) {
	t.Helper()
	path, err := exec.LookPath(shell)
	if err != nil {
		return
	}
	out, err := exec.Command(path, "-c", "printf '%s.' "+shellWord(word)).Output()
	require.NoError(t, err, "%q", word)
	assert.Equal(t, word+".", string(out), shell)
}
