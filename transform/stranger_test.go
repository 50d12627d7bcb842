package transform_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAnotherModuleUsesTheLibrary builds and runs a program of another module, which
// checks and converts. Nothing is downloaded.
func TestAnotherModuleUsesTheLibrary(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command")
	}
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	dir := t.TempDir()
	copyFile := func(from, to string, change func([]byte) []byte) {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, to), change(text), 0o600))
	}
	same := func(text []byte) []byte { return text }
	copyFile(filepath.Join("testdata", "stranger", "main.go"), "main.go", same)
	copyFile(filepath.Join(root, "go.sum"), "go.sum", same)
	copyFile(filepath.Join(root, "go.mod"), "go.mod", func(text []byte) []byte {
		text = bytes.Replace(text, []byte("module poolprep"), []byte("module stranger.example"), 1)
		return append(text, "\nrequire poolprep v0.0.0\n\nreplace poolprep => "+root+"\n"...)
	})
	cmd := exec.Command(tool, "run", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	want, err := os.ReadFile(filepath.Join("testdata", "stranger", "output"))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(out))
}
