package scan

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decidedOtherwise lists the published cases whose expectation is not our
// reading, with the reason.
var decidedOtherwise = map[string]string{
	"go-encoding-csv/QuotedTrailingCRCR": "the first record ends with a lone CR, so CR ends records and nothing is broken",
}

// vector is a case of how a piece of CSV is to be read.
type vector struct {
	Name        string     `json:"name"`
	Input       []byte     `json:"input_b64"`
	Delimiter   string     `json:"delimiter"`
	Quote       string     `json:"quote"`
	BlankLines  string     `json:"blank_lines"`
	Records     [][]string `json:"expect_records"`
	ExpectError bool       `json:"expect_error"`
}

func readVectors(t *testing.T, path string) []vector {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var out []vector
	for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		var v vector
		require.NoError(t, json.Unmarshal(line, &v))
		out = append(out, v)
	}
	require.NotEmpty(t, out)
	return out
}

// TestConformance runs the project's own vectors, and the file of published
// cases that CSV_CASES names, in which byte order marks are still in place.
func TestConformance(t *testing.T) {
	vectors := readVectors(t, "../../testdata/csv-vectors.jsonl")
	if path := os.Getenv("CSV_CASES"); path != "" {
		vectors = append(vectors, readVectors(t, path)...)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			d := Dialect{KeepBlank: v.BlankLines == "keep", NoQuotes: v.Quote == ""}
			if v.Delimiter != "" {
				d.Delimiter = v.Delimiter[0]
			}
			if v.Quote != "" {
				d.Quote = v.Quote[0]
			}
			input := bytes.TrimPrefix(v.Input, []byte("\xef\xbb\xbf")) // package source takes it off
			for _, blockSize := range []int{1, 2, 3, 4, 32, 0} {
				var got [][]string
				broken := false
				for _, rec := range readBlocks(t, bytes.NewReader(input), d, blockSize, 2) {
					broken = broken || rec.Fault != Sound
					if rec.Fields != nil {
						got = append(got, rec.Fields)
					}
				}
				if reason, ok := decidedOtherwise[v.Name]; ok {
					assert.False(t, broken == v.ExpectError, "listed as decided otherwise (%s), yet it agrees", reason)
					continue
				}
				assert.Equal(t, v.ExpectError, broken)
				if !v.ExpectError {
					assert.Equal(t, v.Records, append([][]string{}, got...))
				}
			}
		})
	}
}
