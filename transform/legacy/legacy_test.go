package legacy

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryPresetIsAMappingAndSaysWhatItIsFor(t *testing.T) {
	require.NotEmpty(t, Names())
	assert.True(t, slices.IsSorted(Names()))
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, strings.ToLower(name), name)
			_, err := Get(name)
			require.NoError(t, err)
			about := About(name)
			assert.NotEmpty(t, about)
			assert.NotContains(t, about, "\n")
			text, err := Text(name)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(string(text), "# "), "the file begins with what it is for")
			assert.True(t, strings.HasSuffix(string(text), "\n"))
		})
	}
}

func TestUnknownPreset(t *testing.T) {
	for name, want := range map[string]string{
		"djago":             `unknown preset "djago", did you mean "django"?`,
		"":                  `unknown preset`,
		"../legacy":         `unknown preset`,
		"presets/django":    `unknown preset`,
		"django.yaml":       `unknown preset`,
		"../presets/django": `unknown preset`,
	} {
		_, err := Get(name)
		assert.ErrorContains(t, err, want, name)
		var unknown *UnknownError
		assert.ErrorAs(t, err, &unknown, name)
		assert.Empty(t, About(name), name)
	}
}
