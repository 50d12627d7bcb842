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
		{Name: "email_verified", Filled: 8, Empty: 992, Distinct: 2, True: 5, False: 3, Shapes: []rule.Count{}, RejectedShapes: []rule.Count{}, Domains: []rule.Count{}},
		{Name: "birthdate", Filled: 2, Empty: 998, Distinct: 2, First: "1931", Last: "2004", Shapes: []rule.Count{}, RejectedShapes: []rule.Count{}, Domains: []rule.Count{}},
	}}
}

// profiledRun writes a report of a run with a profile.
func profiledRun(t *testing.T, format Format, profile *rule.Profile) string {
	var b bytes.Buffer
	w, err := Open(&b, Options{Format: format})
	require.NoError(t, err)
	require.NoError(t, w.Start(Run{}))
	require.NoError(t, w.Finish(rule.Result{Profile: profile}))
	return b.String()
}

func TestTextHasTheProfile(t *testing.T) {
	assert.Empty(t, profiledRun(t, Text, nil))
	assert.Equal(t, `
Profile of 1,000 records:
  column          filled  different  values
  email           41.2 %  about 400  aaaa@aaaaaaa.aaa 72.8 %, "a|`+"`"+`\"<b>\x1b[31m\u202e" 1.7 %
                                     domains: example.com 94.7 %, other 1.2 %
                                     rejected: aaaa 3
  email_verified   0.8 %          2  true 62.5 %, false 37.5 %
  birthdate        0.2 %          2  1931 to 2004
`, profiledRun(t, Text, someProfile()))
}

func TestMarkdownHasTheProfile(t *testing.T) {
	assert.NotContains(t, profiledRun(t, Markdown, nil), "Profile")
	text := profiledRun(t, Markdown, someProfile())
	assert.Contains(t, text, "\n### Profile of 1,000 records\n\n| column | filled | different | values | domains | rejected values |\n")
	assert.Contains(t, text, "| email | 41.2 % | about 400 | aaaa&#64;aaaaaaa.aaa 72.8 %, ")
	assert.Contains(t, text, " | example.com 94.7 %, other 1.2 % | aaaa 3 |\n")
	assert.Contains(t, text, "| birthdate | 0.2 % | 2 | 1931 to 2004 |  |  |\n")
}

func TestPageHasTheProfile(t *testing.T) {
	for _, heading := range []string{"What rejected values look like", "<h2>Columns"} {
		assert.NotContains(t, profiledRun(t, "html", nil), heading)
		assert.Contains(t, profiledRun(t, "html", someProfile()), heading)
	}
	sound := someProfile()
	sound.Columns[0].RejectedShapes = nil
	assert.NotContains(t, profiledRun(t, "html", sound), "What rejected values look like")
	text := profiledRun(t, "html", someProfile())
	assert.Contains(t, text, "<span>email</span> <b>41.2 %</b>")
	assert.Contains(t, text, "<li><code>aaaa</code> <b>3</b>")
	assert.Contains(t, text, "&lt;b&gt;")
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
