package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/report"
	"poolprep/validate/rule"
)

func TestColumnsOfACount(t *testing.T) {
	count := func(findings ...string) report.CodeCount {
		var tally report.Tally
		for _, column := range findings {
			tally.Finding(&rule.Finding{Code: rule.RequiredMissing, Severity: rule.Error, Column: column})
		}
		return tally.Counts()[0]
	}
	var once, twice []string
	for i := range 500 {
		once = append(once, fmt.Sprintf("c%03d", i))
		twice = append(twice, once[i], once[i])
	}
	for want, findings := range map[string][]string{
		"":         {"", ""},
		"a":        {"a", "a"},
		"a 2, b 1": {"b", "a", "a"},
		"a, b, c":  {"c", "b", "a"},
		"c000, c001, c002, c003, c004, c005, c006, c007, c008, c009 and 490 more": once,
		"c000 2, c001 2, c002 2, c003 2, c004 2, others 990":                      twice,
	} {
		c := count(findings...)
		assert.Equal(t, want, columnsText(&c))
	}
}

// TestNumbersAgreeWithTheirNouns looks through the sources for messages that would say
// "1 rows".
func TestNumbersAgreeWithTheirNouns(t *testing.T) {
	wrong := regexp.MustCompile(`%[ds] (more )?(rows|users|jobs|events|records|fields|others|arguments|chunks are)\b`)
	fine := []string{
		"%d records, %d fields",               // of records --count, which programs read
		"(%s rows, %s)",                       // the most that a job takes
		"%d jobs before it could not be used", // maxRenewals
		"users/s",
	}
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for number, line := range strings.Split(string(text), "\n") {
			if wrong.MatchString(line) && !slices.ContainsFunc(fine, func(f string) bool { return strings.Contains(line, f) }) {
				t.Errorf("%s:%d: %s", path, number+1, strings.TrimSpace(line))
			}
		}
		return err
	}))
}
