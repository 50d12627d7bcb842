package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestHashOfValues compares files by the values in two columns.
func TestHashOfValues(t *testing.T) {
	const want = "address,name,x\nMain Street 5\\, Toledo,the \"Great\",1\nb,,2\n"
	for name, c := range map[string]struct {
		text    string
		imports bool
		same    bool
	}{
		"the same import file":     {text: want, imports: true, same: true},
		"as CSV, in another order": {text: "name,address\n\"the \"\"Great\"\"\",\"Main Street 5, Toledo\"\n,b\n", same: true},
		"another value":            {text: "name,address\n\"the \"\"Great\"\"\",\"Main Street 5, Toledo\"\n,c\n"},
		"rows in another order":    {text: "name,address\n,b\n\"the \"\"Great\"\"\",\"Main Street 5, Toledo\"\n"},
		"a row less":               {text: "name,address\n\"the \"\"Great\"\"\",\"Main Street 5, Toledo\"\n"},
		"a border elsewhere":       {text: "name,address\n\"the \"\"Great\"\"\",\"Main Street 5, Toledo\"\nb,\n"},
	} {
		t.Run(name, func(t *testing.T) {
			read := csvRecords
			if c.imports {
				read = importRecords
			}
			columns := []string{"address", "name"}
			ours, err := hashOf(written(t, want), columns, importRecords)
			require.NoError(t, err)
			theirs, err := hashOf(written(t, c.text), columns, read)
			require.NoError(t, err)
			assert.Equal(t, c.same, ours == theirs)
		})
	}
	_, err := hashOf(written(t, "name\nx\n"), []string{"address"}, csvRecords)
	require.ErrorContains(t, err, "there is no column address")
	_, err = hashOf(written(t, "name,address\nx\n"), []string{"address"}, importRecords)
	require.ErrorContains(t, err, "a record of 1 fields, 2 are expected")
}

func written(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "x.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// TestInTemplateOrder puts known columns in the template's order and others behind them.
func TestInTemplateOrder(t *testing.T) {
	var out strings.Builder
	require.NoError(t, permute(strings.NewReader("notes,email,name\nx,a@example.com,\"B, A\"\n"), &out))
	assert.Equal(t, "name,email,notes\n\"B, A\",a@example.com,x\n", out.String())
}
