package main

import (
	"poolprep/validate/rule"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTolerance(t *testing.T) {
	for _, tt := range []struct {
		text                        string
		accepted, rejected, skipped int64
		allows                      bool
	}{
		{"0", 5, 0, 0, true}, {"0", 5, 1, 0, false}, {"2", 5, 2, 0, true}, {"2", 5, 3, 0, false},
		{"0%", 5, 0, 0, true}, {"0%", 5_000_000_000, 1, 0, false}, {"100%", 0, 5, 0, true}, {"0%", 0, 0, 0, true},
		{"50%", 1, 1, 0, true}, {"50%", 1, 1, 98, true}, {"30%", 2, 1, 97, false},
		// Not to be had with floating point: 0.57 * 10000 is a little less than 5700.
		{"0.57%", 9943, 57, 0, true}, {"0.57%", 9942, 58, 0, false}, {"0.29%", 99710, 290, 0, true}, {".1%", 999, 1, 0, true}, {"1.1%", 989, 11, 0, true},
		{"0.000000000000000001%", 1, 0, 0, true}, {"33.333333333333333333%", 2, 1, 0, false}, {"33.4%", 2, 1, 7, true},
	} {
		var f tolerance
		require.NoError(t, f.Set(tt.text), tt.text)
		assert.Equal(t, tt.text, f.String())
		s := rule.Summary{RowsRead: tt.accepted + tt.rejected + tt.skipped, RowsAccepted: tt.accepted, RowsRejected: tt.rejected, RowsSkipped: tt.skipped}
		assert.Equal(t, tt.allows, f.Allows(&s), "%+v", tt)
	}
	for _, text := range []string{"", "-1", "1.5", "101%", "-1%", "NaN%", "Inf%", "1/2%", "1e3%", "0x1%", "%", "1 %", " 1", "100.1%", "1%%", "99999999999999999999", "1_0%"} {
		var f tolerance
		assert.ErrorContains(t, f.Set(text), "a number of rows is expected, or a percentage", text)
	}
	var none tolerance
	assert.True(t, none.Allows(&rule.Summary{RowsRead: 5, RowsAccepted: 5}))
	assert.False(t, none.Allows(&rule.Summary{RowsRead: 5, RowsRejected: 1}))
	assert.Empty(t, none.describe(&rule.Summary{}, ""))
}

func TestFileWord(t *testing.T) {
	for in, want := range map[string]string{"a/b.csv": "a/b.csv", "-": "-", "-x": "./-x", "my file": "'my file'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "": "''", "é": "'é'"} {
		assert.Equal(t, want, fileWord(in))
	}
}
