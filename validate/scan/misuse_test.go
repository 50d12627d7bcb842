package scan

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMisuseIsAnError takes dialects that contradict themselves, and what nobody made.
func TestMisuseIsAnError(t *testing.T) {
	for name, d := range map[string]Dialect{
		"kind":                {Kind: JSON + 1},
		"line end":            {LineEnd: EndCR + 1},
		"delimiter is quote":  {Delimiter: '"'},
		"delimiter is LF":     {Delimiter: '\n'},
		"quote is CR":         {Quote: '\r'},
		"not ASCII":           {Delimiter: 0xE9},
		"escape is delimiter": {Escape: ','},
		"cognito by ;":        {Kind: Cognito, Delimiter: ';'},
		"cognito escape":      {Kind: Cognito, Escape: '!'},
		"comment":             {Comment: "#\n"},
		"record below 0":      {MaxRecord: -1},
		"record too long":     {MaxRecord: 1<<30 + 1},
	} {
		_, err := NewSplitter(strings.NewReader(""), Pos{}, d, 0)
		require.Error(t, err, name)
		_, err = NewReader(strings.NewReader(""), Pos{}, d)
		require.Error(t, err, name)
	}
	_, err := NewReader(nil, Pos{}, Dialect{})
	require.Error(t, err)
	for row, err := range new(Reader).All() {
		require.Error(t, err)
		assert.Nil(t, row)
	}

	blocks := 0
	newT, process, commit := func() int { return 0 }, func(*Block, int) {}, func(*Block, int) error { blocks++; return nil }
	s, err := NewSplitter(strings.NewReader("a\n"), Pos{Line: -1, Column: -1}, Dialect{}, -1)
	require.NoError(t, err)
	for _, s := range []*Splitter{nil, new(Splitter)} {
		require.Error(t, Run(t.Context(), s, 1, newT, process, commit))
	}
	require.Error(t, Run(t.Context(), s, 1, nil, process, commit))
	require.Error(t, Run(t.Context(), s, 1, newT, nil, commit))
	require.Error(t, Run(t.Context(), s, 1, newT, process, nil))
	require.NoError(t, Run(t.Context(), s, -1, newT, process, commit), "nothing was taken")
	assert.Equal(t, 1, blocks)
}
