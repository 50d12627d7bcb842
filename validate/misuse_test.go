package validate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

// TestMisuseIsAnError gives options that cannot go together, and those that are zero.
func TestMisuseIsAnError(t *testing.T) {
	v, err := judge.New(judge.Options{Columns: []string{"cognito:username", "email"}})
	require.NoError(t, err)
	input := func() *Input {
		in, err := NewInput("f", strings.NewReader("a,b\nc,d\n"), scan.Pos{}, scan.Dialect{}, 0)
		require.NoError(t, err)
		return in
	}
	from := func(origins ...judge.Origin) *judge.Validator {
		v, err := judge.New(judge.Options{Columns: []string{"email", "cognito:username"}, Origins: origins})
		require.NoError(t, err)
		return v
	}
	_, err = judge.New(judge.Options{Columns: []string{"email", "cognito:username"}, Origins: make([]judge.Origin, 1)})
	require.Error(t, err)
	for name, o := range map[string]RunOptions{
		"nothing":          {},
		"no validator":     {Input: input(), Fields: 2},
		"no fields":        {Input: input(), Validator: v},
		"too few fields":   {Input: input(), Validator: v, Fields: 1},
		"a field too high": {Input: input(), Validator: from(judge.Origin{}, judge.Origin{Field: 2}), Fields: 2},
		"made by nobody":   {Input: input(), Validator: from(judge.Origin{}, judge.Origin{Field: 1, Made: true}), Fields: 2},
	} {
		var sum rule.Summary
		require.Error(t, Run(t.Context(), o, &sum), name)
	}
	assert.NotEmpty(t, CheckHeader(judge.Options{}, "f", &Header{Names: []string{"x"}, Columns: []int{1}}))
	assert.Empty(t, CheckPool(judge.Options{}, "f"))
	_, err = Check(t.Context(), CheckOptions{}, Source{Path: "no such file"})
	require.Error(t, err)
	result, err := Check(t.Context(), CheckOptions{})
	require.NoError(t, err)
	assert.Equal(t, rule.Passed, result.Verdict)
}
