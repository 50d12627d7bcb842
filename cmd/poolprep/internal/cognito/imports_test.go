package cognito

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signerImports are what the emulator may import of the SDK: what signs its upload URLs
// as the service does.
var signerImports = []string{"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2/aws/signer/v4"}

// TestNothingElseKnowsTheClient: no other package imports AWS's client, and this one
// imports none that decides about imports. Tests do: they are clients of the emulator.
func TestNothingElseKnowsTheClient(t *testing.T) {
	const own, emulator = "cmd/poolprep/internal/cognito", "cmd/poolprep/internal/emulator/jobs"
	module := os.DirFS("../../../..")
	seen := 0
	err := fs.WalkDir(module, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(module, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			sdk := strings.HasPrefix(imported, "github.com/aws/")
			switch folder := path.Dir(name); {
			case folder == own:
				seen++
				assert.False(t, strings.HasPrefix(imported, "poolprep/cmd/"), "%s imports %s", name, imported)
			case folder == "cmd/poolprep/internal/objects": // which knows S3, and nothing of imports
			case folder == emulator && slices.Contains(signerImports, imported):
			default:
				assert.False(t, sdk, "%s imports %s", name, imported)
			}
		}
		return nil
	})
	require.NoError(t, err)
	assert.NotZero(t, seen)
}
