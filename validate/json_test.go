package validate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// TestJSONLines judges rows of JSON lines, whatever the blocks and workers.
func TestJSONLines(t *testing.T) {
	lines := []string{
		`{"cognito:username":"a","email":"a@example.com","email_verified":"TRUE"}`,
		`{"email":"b","cognito:username":"b\u0020","email_verified":true,"later":1}`,
		``,
		`{"cognito:username":"c","email_verified":"TRUE","email":null}`,
		`{"cognito:username":"d"`,
		strings.Repeat("x", 3000),
		`{"cognito:username":"a","email":"e@example.com","email_verified":"TRUE","later":[]}`,
		"\xff",
		`{"cognito:username":"g","email":"g@example.com","email_verified":"TRUE"}`,
	}
	text := strings.Join(lines, "\r\n")
	columns := judge.TargetColumns(schema.Default(), 0)
	v, err := judge.New(judge.Options{Columns: columns})
	require.NoError(t, err)
	want := ""
	for _, size := range []int{0, 1, 50, 1000} {
		for _, workers := range []int{1, 2, 8} {
			in, err := NewInput("f", strings.NewReader(text), scan.Pos{}, scan.Dialect{NoQuotes: true, Delimiter: 0x1F, LineEnd: scan.EndLF, MaxRecord: 2000}, size)
			require.NoError(t, err)
			var got strings.Builder
			var sum rule.Summary
			require.NoError(t, Run(t.Context(), RunOptions{
				Input: in, Validator: v, Fields: len(columns), Format: row.NewJSONLine(columns), Stray: rule.Warning, Workers: workers,
				Report: func(f *rule.Finding) error {
					fmt.Fprintf(&got, "%d:%d:%d %s %s\n", f.Pos.Line, f.Pos.Column, f.Pos.Offset, f.Column, f.Code)
					if f.Field > 0 && f.Code != rule.EmailMissing {
						at := text[f.Pos.Offset:]
						assert.True(t, strings.HasPrefix(at, "b") || strings.HasPrefix(at, "true") || strings.HasPrefix(at, "a"), "%s at %q", f.Code, at)
					}
					return nil
				},
			}, &sum))
			fmt.Fprintln(&got, sum.RowsRead, sum.RowsAccepted, sum.RowsRejected, sum.RowsBlank, sum.Bytes, sum.Lines)
			if want == "" {
				want = got.String()
				t.Log(want)
				assert.Contains(t, want, "\n8 2 6 1 ")
				assert.Equal(t, 1, strings.Count(want, "later header-unknown-column"))
			}
			require.Equal(t, want, got.String(), "block size %d, %d workers", size, workers)
		}
	}
}
