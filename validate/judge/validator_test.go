package judge

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNullWordsThatCannotBe(t *testing.T) {
	for word, want := range map[string]string{"": "must not be empty", " ": "white space around", "a ": "white space around", "\ta": "white space around", "\u00a0a": "white space around"} {
		_, err := New(Options{Nulls: []string{"NULL", word}})
		require.ErrorContains(t, err, want, "%q", word)
	}
}
