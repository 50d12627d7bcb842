package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/rule"
	"poolprep/validate/schema"
)

// TestMisuseOfRules gives rules that mean nothing, and a pool with nothing.
func TestMisuseOfRules(t *testing.T) {
	for name, o := range map[string]Options{
		"code":              {Severity: map[rule.Code]rule.Severity{rule.NumCodes: rule.Error}},
		"level":             {Severity: map[rule.Code]rule.Severity{rule.EmailFormat: rule.Error + 1}},
		"level that is set": {Severity: map[rule.Code]rule.Severity{rule.RowQuote: rule.Off}},
		"rules":             {Rules: Rules2023 + 1},
		"hash":              {PasswordHash: 99},
		"empty null word":   {Nulls: []string{""}},
		"too few origins":   {Columns: []string{"email", "cognito:username"}, Origins: make([]Origin, 1)},
		"a column twice":    {Columns: []string{"email", "", "", "email"}},
	} {
		_, err := New(o)
		require.Error(t, err, name)
	}
	_, err := New(Options{Pool: new(schema.Pool)})
	require.NoError(t, err)
}

// TestMisuseOfUser gives names that are no columns, and no name.
func TestMisuseOfUser(t *testing.T) {
	v, err := New(Options{})
	require.NoError(t, err)
	_, err = v.User(map[string]string{"emial": "anna@example.com"})
	var unknown *UnknownColumnError
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, "emial", unknown.Column)
	assert.EqualError(t, err, `judge: unknown column "emial", did you mean "email"?`)
	_, err = v.User(map[string]string{"anna@example.com": "email"})
	assert.NotContains(t, err.Error(), "anna", "no error holds what may be a value")
	_, err = v.User(map[string]string{"": "x"})
	require.ErrorAs(t, err, &unknown)
	_, err = new(Validator).User(nil)
	require.Error(t, err)

	findings, err := v.User(nil)
	require.NoError(t, err)
	require.NotEmpty(t, findings)
	assert.Equal(t, rule.UsernameMissing, findings[0].Code)
	// Two halves of a character in values that follow each other are not one.
	findings, err = v.User(map[string]string{"name": "\xc3", "given_name": "\xa9", "cognito:username": "anna"})
	require.NoError(t, err)
	require.Len(t, findings, 1)
	assert.Equal(t, rule.RowEncoding, findings[0].Code)
	assert.Equal(t, "name", findings[0].Column)
}
