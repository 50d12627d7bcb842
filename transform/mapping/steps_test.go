package mapping

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// failureOf runs a mapping of one column on a record of the field In, and returns
// what failed.
func failureOf(t *testing.T, column, value string) string {
	t.Helper()
	m, err := Parse("map.yaml", []byte("columns:\n  name: "+column+"\n"))
	require.NoError(t, err)
	p, err := m.Compile([]string{"In"}, Options{})
	require.NoError(t, err)
	buf, fields := fieldsOf([]string{value})
	_, _, failures := p.NewState().Row(buf, fields, make([]scan.Span, len(schema.Default().Header)))
	if len(failures) == 0 {
		return ""
	}
	return failures[0].Text
}

func TestWhatFailedAndWhatWasTried(t *testing.T) {
	var table []string
	for i := range 12 {
		table = append(table, fmt.Sprintf("k%d: v", i))
	}
	for steps, want := range map[string]string{
		"date: {from: [dd.MM.yyyy, yyyy-MM-dd]}":               "date: none of dd.MM.yyyy, yyyy-MM-dd fits",
		"date: {from: [dd.MM.yyyy]}":                           "date: dd.MM.yyyy does not fit",
		"epoch: {unit: ms}":                                    "epoch: not a whole number of ms",
		"epoch: {from: [yyyy-MM-dd], zone: UTC}":               "epoch: yyyy-MM-dd does not fit (or the time is before 1970, or was skipped by the zone's clocks)",
		"epoch: {from: [yyyyX, yyyy-MM-ddX], unit: s}":         "",
		"epoch: {from: [yyyy-MM-ddX], unit: s}":                "epoch: not a whole number of s, and yyyy-MM-ddX does not fit",
		"boolean":                                              "boolean: none of true, yes, y, t, 1, on, false, no, n, f and 2 more",
		"boolean: {true: [ja], false: [nein]}":                 "boolean: none of ja, nein",
		"regex: {match: '^a+$', replace: x}":                   "regex: nothing matches ^a+$",
		"lookup: {table: {m: male, f: female}}":                "lookup: not in the table (m, f)",
		"lookup: {table: {" + strings.Join(table, ", ") + "}}": "lookup: not in the table (k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 and 2 more)",
	} {
		if want != "" {
			assert.Equal(t, want, failureOf(t, "{from: In, steps: [{"+steps+"}]}", "secret"))
		}
	}
}

// TestValuesAreBounded makes values longer and longer, in every way there is.
func TestValuesAreBounded(t *testing.T) {
	double := strings.Repeat("{replace: {a: aa}}, ", 60)
	big := strings.Repeat("b", 3000)
	tests := map[string]struct{ column, in, want string }{
		"replace in a row":        {"{from: In, steps: [" + double + "]}", "a", "replace: the value would get longer than 65536 bytes"},
		"pairs in a row":          {`{from: In, steps: [{replace: {a: ` + big + `, b: ` + big + `}}]}`, "a", "replace: the value would get longer than 65536 bytes"},
		"every byte":              {"{from: In, steps: [{regex: {match: '', replace: " + big + "}}]}", strings.Repeat("a", 60000), "regex: the value would get longer than 65536 bytes"},
		"groups":                  {"{from: In, steps: [{regex: {match: '(.+)', replace: '" + strings.Repeat("$1", 3000) + "'}}]}", strings.Repeat("a", 60000), "regex: the value would get longer than 65536 bytes"},
		"groups, long already":    {"{from: In, steps: [{regex: {match: '(.+)', replace: '$1$1'}}]}", strings.Repeat("a", 70000), "regex: the value would get longer than 65536 bytes"},
		"prefix":                  {"{from: In, steps: [{prefix: " + strings.Repeat("p", 40000) + "}, {prefix: " + strings.Repeat("q", 40000) + "}]}", "a", "prefix: the value would get longer than 65536 bytes"},
		"default":                 {"{from: In, steps: [{default: " + strings.Repeat("p", 70000) + "}]}", "", "default: the value would get longer than 65536 bytes"},
		"join":                    {"{join: [In, In, In]}", strings.Repeat("a", 30000), "join: the value would get longer than 65536 bytes"},
		"join, then steps":        {"{join: [In, In, In], steps: [trim]}", strings.Repeat("a", 30000), "join: the value would get longer than 65536 bytes"},
		"template":                {`{template: "` + strings.Repeat("{In}", 5) + `"}`, strings.Repeat("a", 30000), "template: the value would get longer than 65536 bytes"},
		"a long value cut":        {"{from: In, steps: [trim, lower, {truncate: 3}]}", strings.Repeat("a", 200_000), ""},
		"a long value shortened":  {"{from: In, steps: [{replace: {aa: a}}, {strip: b}]}", strings.Repeat("a", 200_000), ""},
		"as long as can be":       {"{from: In, steps: [{replace: {a: aa}}]}", strings.Repeat("a", 32768), ""},
		"longer by one":           {"{from: In, steps: [{replace: {a: aa}}]}", strings.Repeat("a", 32769), "replace: the value would get longer than 65536 bytes"},
		"regex as long as can be": {"{from: In, steps: [{regex: {match: a, replace: xy}}]}", strings.Repeat("a", 32768), ""},
		"regex longer by two":     {"{from: In, steps: [{regex: {match: a, replace: xy}}]}", strings.Repeat("a", 32769), "regex: the value would get longer than 65536 bytes"},
		"regex of a long value":   {"{from: In, steps: [{regex: {match: '^a+$', replace: x}}]}", strings.Repeat("a", 65000), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, failureOf(t, tt.column, tt.in)) })
	}
}

func TestReplacementNamesGroupsThatAreThere(t *testing.T) {
	for _, tt := range []struct{ match, replace, want string }{
		{`(\d+)`, `$1`, ""}, {`(\d+)`, `${1}x`, ""}, {`(\d+)`, `$0`, ""}, {`(?P<year>\d+)`, `${year}$year $1`, ""}, {`x`, `cost: $$5 $ 5 $`, ""}, {`x`, `100 $-`, ""},
		{`(\d+)`, `$1x`, "map.yaml:2:66: regex: replace: $1x at character 1 is no group of the match, which has the group 1; group 1 before \"x\" is written ${1}x"},
		{`(\d+)(a)`, `a$119`, "$119 at character 2 is no group of the match, which has the groups 1, 2; group 11"},
		{`(\d)`, `$2`, "$2 at character 1 is no group of the match, which has the group 1"},
		{`\d`, `é$1`, "$1 at character 2 is no group of the match, which has none; put what is to be kept in parentheses"},
		{`(?P<year>\d+)`, `$years`, "has the group year; group year before \"s\" is written ${year}s"},
		{`(\d)`, `${name}`, "${name} at character 1 is no group"}, {`(\d)`, `$01`, "$01 at character 1 is no group"}, {`(\d)`, `$1_`, "$1_ at character 1"}, {`(\d)`, `$1é`, "$1é at character 1"},
		{`(\d)`, `${1`, "${ at character 1 is not a group such as ${1}"}, {`(\d)`, `x${}`, "${ at character 2 is not a group"}, {`(\d)`, `${1 }`, "${ at character 1 is not"}, {`(\d)`, `$$$2`, "$2 at character 3"},
		{`(\d)`, `$1 $2 $3`, "$2 at character 4"}, {`(\d)`, `$99999999999999999999`, "is no group"},
	} {
		text := "columns:\n  name: {from: In, steps: [{regex: {match: '" + tt.match + "', replace: '" + tt.replace + "'}}]}\n"
		_, err := Parse("map.yaml", []byte(text))
		if tt.want == "" {
			assert.NoError(t, err, "%s %s", tt.match, tt.replace)
			continue
		}
		if strings.Contains(tt.want, "group 11") {
			tt.want = strings.TrimSuffix(tt.want, "; group 11") + "; group 1 before \"19\" is written ${1}19"
		}
		if strings.HasPrefix(tt.want, "map.yaml") {
			assert.ErrorContains(t, err, "map.yaml:2:")
			_, tt.want, _ = strings.Cut(tt.want, ": ")
		}
		assert.ErrorContains(t, err, tt.want, "%s %s", tt.match, tt.replace)
	}
	// The order of the keys does not matter, and a wrong expression is one error.
	_, err := Parse("m", []byte("columns: {name: {from: In, steps: [{regex: {replace: '$2', match: '(a)'}}]}}"))
	assert.ErrorContains(t, err, "$2 at character 1")
	_, err = Parse("m", []byte("columns: {name: {from: In, steps: [{regex: {replace: '$2', match: '(a'}}]}}"))
	assert.ErrorContains(t, err, "not a regular expression")
	assert.NotContains(t, err.Error(), "$2 at")
}

// TestReferencesAreThoseOfRegexp reads every short replacement as regexp does.
func TestReferencesAreThoseOfRegexp(t *testing.T) {
	re := regexp.MustCompile(`(?P<a>Q)(R)`)
	groups := map[string]string{"0": "QR", "1": "Q", "2": "R", "a": "Q"}
	const alphabet = "$12a{}_-"
	var all func(s string, left int)
	all = func(s string, left int) {
		var want strings.Builder
		for i := 0; i < len(s); {
			if s[i] != '$' {
				want.WriteByte(s[i])
				i++
				continue
			}
			if strings.HasPrefix(s[i:], "$$") {
				want.WriteByte('$')
				i += 2
				continue
			}
			name, length, ok := groupReference(s[i:])
			if !ok {
				want.WriteByte('$')
				i++
				continue
			}
			require.Equal(t, groups[name] != "", hasGroup(re, name), s)
			want.WriteString(groups[name])
			i += length
		}
		require.Equal(t, want.String(), re.ReplaceAllString("QR", s), s)
		for i := 0; left > 0 && i < len(alphabet); i++ {
			all(s+alphabet[i:i+1], left-1)
		}
	}
	all("", 5)
}

func TestListsOfNamesAreCut(t *testing.T) {
	var names []string
	var columns strings.Builder
	for i := range 200_000 {
		names = append(names, fmt.Sprintf("source column number %d", i))
	}
	columns.WriteString("require: [source column number 7]\ncolumns:\n")
	for i, name := range schema.Default().Header[:20] {
		fmt.Fprintf(&columns, "  %s: {first: [", name)
		for k := range 900 {
			fmt.Fprintf(&columns, "zzzzzzzz %d %d, ", i, k)
		}
		columns.WriteString("]}\n")
	}
	m, err := Parse("map.yaml", []byte(columns.String()))
	require.NoError(t, err)
	_, err = m.Compile(names, Options{})
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 50_000)
	assert.Contains(t, err.Error(), `the source has no column "zzzzzzzz 0 0" (known: source column number 0, source column number 1,`)
	assert.Contains(t, err.Error(), "number 9 and 199990 more)")
	assert.True(t, strings.HasSuffix(err.Error(), "\nand 17950 more"), err.Error()[len(err.Error())-100:])

	long := strings.Repeat("x", 100_000)
	_, err = ByName([]string{"E-Mail", strings.Repeat(" ", 100_000) + "email"}, []string{"email"})
	assert.Less(t, len(err.Error()), 300)
	m, err = Parse("m", []byte("columns: {name: "+long+"}"))
	require.NoError(t, err)
	_, err = m.Compile([]string{long + "y"}, Options{Columns: []string{"name"}})
	assert.Less(t, len(err.Error()), 1000)
}
