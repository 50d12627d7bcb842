package main

import (
	"fmt"
	"poolprep/validate/report"
	"poolprep/validate/rule"
	"testing"

	"github.com/stretchr/testify/assert"
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
