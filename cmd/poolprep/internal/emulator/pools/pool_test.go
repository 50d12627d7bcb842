package pools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPoolFiles(t *testing.T) {
	p, err := Parse("dir/my pool-2.json", []byte(`{"UserPool":{}}`))
	require.NoError(t, err)
	assert.Equal(t, "local_mypool2", p.Schema.ID, "without an Id the file's name makes one")
	assert.Equal(t, "mypool2", p.Schema.Name)
	p, err = Parse("x.json", []byte("\xef\xbb\xbf"+`{"Id":"local_bare","SchemaAttributes":[]}`))
	require.NoError(t, err)
	assert.Equal(t, "local_bare", p.Schema.ID)
	for text, want := range map[string]string{
		`{"UserPool":{"Id":"nounderscore"}}`:                        "the Id of the pool",
		`{"UserPool":{"Id":"a_` + strings.Repeat("x", 60) + `"}}`:   "the Id of the pool",
		`{"UserPoolId":"local_x","CSVHeader":["cognito:username"]}`: "a header alone",
		`cognito:username,email`:                                    "a header alone",
		`{"UserPool":{"AutoVerifiedAttributes":["mail"]}}`:          `unknown value "mail"`,
		`{"UserPool":`:    "cut off or not valid",
		``:                "the file is empty",
		`{"UserPool":[]}`: "an object is expected",
	} {
		_, err := Parse("x.json", []byte(text))
		assert.ErrorContains(t, err, want, text)
		assert.ErrorContains(t, err, "x.json", text)
	}
	_, err = Load(filepath.Join(t.TempDir(), "none.json"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	big := filepath.Join(t.TempDir(), "big.json")
	require.NoError(t, os.WriteFile(big, []byte(strings.Repeat(" ", maxPoolFile+1)), 0o600))
	_, err = Load(big)
	assert.ErrorContains(t, err, "the limit of a pool file")
}
