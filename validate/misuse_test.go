package validate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
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
	for name, o := range map[string]RunOptions{
		"nothing":          {},
		"no validator":     {Input: input(), Fields: 2},
		"no fields":        {Input: input(), Validator: v},
		"too few fields":   {Input: input(), Validator: v, Fields: 1},
		"a field too high": {Input: input(), Validator: from(judge.Origin{}, judge.Origin{Field: 2}), Fields: 2},
		"a field too low":  {Input: input(), Validator: from(judge.Origin{}, judge.Origin{Field: -2}), Fields: 2},
		"no rules":         {Input: input(), Validator: new(judge.Validator), Fields: 2},
		"not opened":       {Input: new(Input), Validator: v, Fields: 2},
		"made by nobody":   {Input: input(), Validator: from(judge.Origin{}, judge.Origin{Field: 1, Made: true}), Fields: 2},
	} {
		var sum rule.Summary
		require.Error(t, Run(t.Context(), o, &sum), name)
	}
	require.Error(t, Run(t.Context(), RunOptions{Input: input(), Validator: v, Fields: 2}, nil), "nowhere to count")
	assert.NotEmpty(t, CheckHeader(judge.Options{}, "f", &Header{Names: []string{"x"}, Columns: []int{1}}))
	assert.Empty(t, CheckPool(judge.Options{}, "f"))
	assert.NotEmpty(t, CheckHeader(judge.Options{}, "f", &Header{Names: []string{"x"}}), "without columns, too")
	assert.NotEmpty(t, judge.TargetColumns(nil, value.HashNone))
	made := input()
	assert.Equal(t, "f: fields separated by comma", made.Describe())
	assert.EqualValues(t, -1, made.AsRead(0, true).Size)
	require.Error(t, made.ReadRest(t.Context()))
}

// TestMisuseOfCheck gives options that no input can be read by, and those that are zero.
func TestMisuseOfCheck(t *testing.T) {
	const text = "cognito:username,email,email_verified\nanna,anna@example.com,TRUE\n"
	check := func(o CheckOptions) (Result, error) {
		return Check(t.Context(), o, Source{Name: "f", Reader: strings.NewReader(text)})
	}
	for name, o := range map[string]CheckOptions{
		"character set": {Reading: Reading{Encoding: "none"}},
		"line end":      {Reading: Reading{Dialect: scan.Dialect{LineEnd: scan.EndCR + 1}}},
		"kind":          {Reading: Reading{Dialect: scan.Dialect{Kind: scan.JSON + 1}}},
		"delimiter":     {Reading: Reading{Dialect: scan.Dialect{Delimiter: '"'}}},
		"record limit":  {Reading: Reading{Dialect: scan.Dialect{MaxRecord: -1}}},
		"code":          {Rules: judge.Options{Severity: map[rule.Code]rule.Severity{rule.NumCodes: rule.Error}}},
		"password hash": {Rules: judge.Options{PasswordHash: 99}},
		"columns":       {Rules: judge.Options{Origins: make([]judge.Origin, 1)}},
	} {
		_, err := check(o)
		require.Error(t, err, name)
	}
	for name, o := range map[string]CheckOptions{
		"zero":        {},
		"below zero":  {Workers: -1, Limit: -1, Reading: Reading{SkipLines: -1, BlockSize: -1, MaxExpanded: -1}},
		"zero ledger": {Ledger: new(ledger.Ledger)},
		"one byte":    {Reading: Reading{BlockSize: 1}},
		"no columns":  {Rules: judge.Options{Pool: new(schema.Pool)}},
	} {
		result, err := check(o)
		require.NoError(t, err, name)
		assert.EqualValues(t, 1, result.Summary.RowsRead, name)
	}
	_, err := Check(t.Context(), CheckOptions{}, Source{})
	require.Error(t, err, "neither a path nor a reader")
	result, err := Check(t.Context(), CheckOptions{})
	require.NoError(t, err)
	assert.Equal(t, rule.Passed, result.Verdict)
	_, err = NewInput("f", nil, scan.Pos{}, scan.Dialect{}, 0)
	require.Error(t, err)
}
