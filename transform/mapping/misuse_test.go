package mapping

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMisuseIsAnError takes mappings that are zero, and texts that are none.
func TestMisuseIsAnError(t *testing.T) {
	var zero Mapping
	p, err := zero.Compile([]string{"a"}, Options{Columns: []string{"email"}})
	require.NoError(t, err)
	assert.False(t, p.Filled(0))
	assert.NoError(t, zero.CheckTargets(nil))
	assert.Empty(t, zero.Fingerprint())
	assert.NotNil(t, p.NewState())
	m, err := ByName(nil, nil)
	require.NoError(t, err)
	_, err = m.Compile(nil, Options{})
	require.NoError(t, err)

	for name, text := range map[string]string{
		"nothing": "", "no YAML": "\x00\xff", "no columns": "version: 1\n", "a list": "[1]", "an alias": "columns: {a: &x b, c: *x}", "two": "columns: {a: b}\n---\n{}",
	} {
		_, err := Parse("map.yaml", []byte(text))
		require.ErrorContains(t, err, "map.yaml", name)
	}
	_, err = ByName([]string{"a", "a"}, []string{"a"})
	require.Error(t, err)
}

// TestErrorsHavePositions wants each of several errors to name its own place.
func TestErrorsHavePositions(t *testing.T) {
	places := func(err error) (out []Error) {
		t.Helper()
		joined, ok := err.(interface{ Unwrap() []error })
		require.True(t, ok, "%v", err)
		for _, err := range joined.Unwrap() {
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Error(t, e.Err)
			out = append(out, Error{File: e.File, Line: e.Line, Column: e.Column})
		}
		return out
	}
	_, err := Parse("m", []byte("columns:\n  email: {form: A}\nskip: x\n"))
	assert.Equal(t, []Error{{File: "m", Line: 2, Column: 11}, {File: "m", Line: 2, Column: 10}, {File: "m", Line: 3, Column: 7}}, places(err))
	m, err := Parse("m", []byte("columns:\n  email: A\n  nmae: B\n"))
	require.NoError(t, err)
	_, err = m.Compile([]string{"C"}, Options{Columns: []string{"email"}})
	assert.Equal(t, []Error{{File: "m", Line: 2, Column: 10}, {File: "m", Line: 3, Column: 3}}, places(err))
	assert.Equal(t, []Error{{File: "m", Line: 3, Column: 3}}, places(m.CheckTargets([]string{"email"})))
}
