package transform

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/validate/scan"
)

// TestAFieldMayGoToManyColumns: then a row is longer than the record it comes from.
func TestAFieldMayGoToManyColumns(t *testing.T) {
	mapping := "version: 1\ncolumns: {cognito:username: user, email: mail, email_verified: ok"
	for _, column := range strings.Fields("name given_name family_name middle_name nickname preferred_username profile picture website gender zoneinfo locale address") {
		mapping += ", " + column + ": text"
	}
	for _, text := range []string{"x", strings.Repeat("x", 300), strings.Repeat(",", 200), strings.Repeat("a,b", 60)} {
		row := "u;a@example.com;TRUE;" + text + "\n"
		s := setup{mapping: mapping + "}", dialect: scan.Dialect{Delimiter: ';'}, slow: true}
		s.options.Validate.NoDuplicates = true
		source := "user;mail;ok;text\n" + strings.Repeat(row, 100)
		want := convert(t, source, s)
		s.slow = false
		require.Len(t, want.From, 100)
		require.Equal(t, want, convert(t, source, s))
	}
}
