package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/rule"
)

// someProfile is a profile in which every number is another one.
func someProfile() *rule.Profile {
	return &rule.Profile{Columns: []rule.Column{
		{
			Name: "email", Filled: 412, Empty: 588, Distinct: 400, DistinctError: 0.03, Shortest: 11, Longest: 64, ShapesExact: true,
			Shapes: []rule.Count{{Value: "aaaa@aaaaaaa.aaa", Count: 300}, {Value: "a|`\"<b>\x1b[31m\u202e", Count: 7}}, RejectedShapes: []rule.Count{{Value: "aaaa", Count: 3}},
			Domains: []rule.Count{{Value: "example.com", Count: 390}, {Value: "other", Count: 5}},
		},
		{Name: "email_verified", Filled: 8, Distinct: 2, True: 5, False: 3, Shapes: []rule.Count{}, RejectedShapes: []rule.Count{}, Domains: []rule.Count{}},
		{Name: "birthdate", Filled: 2, First: "1931", Last: "2004", Shapes: []rule.Count{}, RejectedShapes: []rule.Count{}, Domains: []rule.Count{}},
	}}
}

// TestSummaryHasTheProfile reads the profile back, and wants no member when there is none.
func TestSummaryHasTheProfile(t *testing.T) {
	for _, format := range []Format{"summary", JSONL} {
		for _, profile := range []*rule.Profile{someProfile(), {Columns: []rule.Column{}}, nil} {
			var b bytes.Buffer
			w, err := Open(&b, Options{Format: format})
			require.NoError(t, err)
			require.NoError(t, w.Start(Run{}))
			require.NoError(t, w.Finish(rule.Result{Profile: profile}))
			lines := bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
			var got struct{ Profile *rule.Profile }
			require.NoError(t, json.Unmarshal(lines[len(lines)-1], &got))
			assert.Equal(t, profile, got.Profile)
			assert.Equal(t, profile != nil, bytes.Contains(b.Bytes(), []byte(`"profile":`)))
			assert.NotContains(t, b.String(), "\x1b")
			assert.NotContains(t, b.String(), "\u202e")
		}
	}
}
