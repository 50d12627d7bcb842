package validate

import (
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

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

// TestJSONDocuments judges records of JSON documents, whatever the blocks, reads and workers.
func TestJSONDocuments(t *testing.T) {
	text := "{\n \"realm\": {\"users\": [1]}, \"Users\" : [\n" +
		`  {"cognito:username":"a","email":"a@example.com","email_verified":"TRUE"}, {"cognito:username":"b",` + "\r\n" + `"email_verified":true,"later":1,
"email":"b"},` + "\n\n" + `{"email_verified":"TRUE","email":"c@example.com","cognito:username":"a"},3,{"cognito:username":"d","email":{
},"email_verified":true},{"cognito:username":"` + strings.Repeat("x", 500) + `"},
{"cognito:username":"e","email":"e@example.com","email_verified":"TRUE"}],"next":null}{"Users":[
{"cognito:username":"f","email":"f@example.com","email_verified":"TRUE"},{"cognito:username":"g"
,"later":[],"email":"g` + "\xff" + `@example.com","email_verified":"TRUE"}]}`
	columns := judge.TargetColumns(schema.Default(), 0)
	v, err := judge.New(judge.Options{Columns: columns})
	require.NoError(t, err)
	want := ""
	for _, size := range []int{0, 1, 2, 3, 7, 64, 1000} {
		for _, workers := range []int{1, 3} {
			for _, rowByRow := range []bool{false, true} {
				in, err := NewInput("f", iotest.HalfReader(strings.NewReader(text)), scan.Pos{}, scan.Dialect{Kind: scan.JSON, MaxRecord: 400}, size)
				require.NoError(t, err)
				var got strings.Builder
				var sum rule.Summary
				require.NoError(t, Run(t.Context(), RunOptions{
					Input: in, Validator: v, Fields: len(columns), Format: row.NewJSONLine(columns), Stray: rule.Warning, Workers: workers, RowByRow: rowByRow,
					Report: func(f *rule.Finding) error {
						before := text[:f.Pos.Offset]
						assert.Equal(t, int64(strings.Count(before, "\n")+1), f.Pos.Line, f.Code)
						assert.Equal(t, len(before)-strings.LastIndexByte(before, '\n'), f.Pos.Column, f.Code)
						fmt.Fprintf(&got, "%d %s %s %s %s\n", f.Record, f.Column, f.Code, strings.TrimSpace(text[f.Pos.Offset:f.Pos.Offset+6]), f.Text)
						return nil
					},
				}, &sum))
				fmt.Fprintln(&got, sum.RowsRead, sum.RowsAccepted, sum.RowsRejected, sum.RowsBlank, sum.Bytes == int64(len(text)), sum.Lines)
				if want == "" {
					want = got.String()
					assert.Equal(t, strings.TrimLeft(`
0 later header-unknown-column "later , so it goes nowhere
2 email email-format b"}, 
3 cognito:username username-duplicate a"},3, 
4  row-json 3,{"co not a JSON object, at column 1
5  row-json {"cogn an object where one value is expected; say which member: email.NAME, at column 33
6  row-too-long {"cogn 
9  row-encoding {"cogn byte 0xFF at column 47 is not valid UTF-8, likely windows-1252
9 3 6 0 true 11
`, "\n"), want)
				}
				require.Equal(t, want, got.String(), "block size %d, %d workers, %v", size, workers, rowByRow)
			}
		}
	}
}

// TestFindJSON tells lines from documents.
func TestFindJSON(t *testing.T) {
	long := strings.Repeat("x", sampleSize)
	for text, want := range map[string]jsonForm{
		"": notJSON, "a,b\n": notJSON, "{'a':1}": notJSON, "[1,2]": notJSON, "[section]\n": notJSON, `["a","b"]`: notJSON, "{x}": notJSON,
		`{"a":1}`: jsonLines, "\n{\"a\":1}\n{\"a\":2}\n": jsonLines, "{\"a\":1\n{\"a\":2}\n": jsonLines, `{"id":1,"identities":[{"x":1}]}` + "\n": jsonLines, `{"identities":[{"x":1}],"id":1}` + "\n": jsonLines,
		"[]": jsonDocuments, " [\n{": jsonDocuments, `[{"a":1}]`: jsonDocuments, "{\n\"a\": 1}": jsonDocuments, `{"users":[{"a":1}]}`: jsonDocuments, `{"users":[]}`: jsonDocuments, `{"n":1,"Resources":[{"a":1},`: jsonDocuments,
		`{"people":[{"a":1}]}`: jsonDocuments, `{"a":"` + long: jsonDocuments, `{"users":[{"a":1}]}` + "\n" + `{"users":[{"a":1}]}`: jsonDocuments, "{": jsonDocuments, "[": jsonDocuments,
	} {
		assert.Equal(t, want, findJSON([]byte(text)), "%.40q", text)
	}
}
