package mapping

import (
	"bytes"
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// mapOne runs a mapping of one column on records of one field named In, and
// returns the value, or what failed.
func mapOne(t testing.TB, column, value string) string {
	t.Helper()
	m, err := Parse("map.yaml", []byte("columns:\n  name: "+column+"\n"))
	require.NoError(t, err)
	return mapRow(t, m, []string{"In"}, []string{value})["name"]
}

// mapRow runs a mapping on a record and returns the values by target column; a
// failure as !function or !lookup-miss, a skip as the value of "skip".
func mapRow(t testing.TB, m *Mapping, source, values []string) map[string]string {
	t.Helper()
	return mapRowFor(t, m, Options{}, source, values)
}

// mapRowFor is mapRow with options. What a reject rule says is the value of "reject", what
// is kept beside the import file that of "side"; ?function failed, and is left out.
func mapRowFor(t testing.TB, m *Mapping, o Options, source, values []string) map[string]string {
	t.Helper()
	columns := o.columns()
	p, err := m.Compile(source, o)
	require.NoError(t, err)
	s := p.NewState()
	var got map[string]string
	for range 2 { // the second time with warm buffers
		buf, fields := fieldsOf(values)
		out := make([]scan.Span, len(columns))
		buf, skip, failures := s.Row(buf, fields, out)
		if skip >= 0 {
			return map[string]string{"skip": p.SkipReason(skip)}
		}
		before := got
		got = map[string]string{}
		for i, span := range out {
			if span.Len() > 0 {
				got[columns[i]] = string(span.Of(buf))
			}
		}
		for _, f := range failures {
			function, _, _ := strings.Cut(f.Text, ":")
			switch {
			case f.Code == rule.SourceUnconfirmed:
				got["reject"] = f.Text
			case f.Code == rule.MapLookupMiss:
				got[columns[f.Target]] = "!lookup-miss"
			case f.Target < 0:
				got[""] = "!" + function
			case f.Soft:
				require.Empty(t, got[columns[f.Target]])
				got[columns[f.Target]] = "?" + function
			default:
				got[columns[f.Target]] = "!" + function
			}
		}
		if p.Side() {
			got["side"] = string(s.AppendSide(nil))
		}
		if before != nil {
			require.Equal(t, before, got)
		}
	}
	return got
}

// fieldsOf lays values out as a block buffer does.
func fieldsOf(values []string) (buf []byte, fields []scan.Span) {
	for _, v := range values {
		start := uint32(len(buf))
		buf = append(buf, v...)
		fields = append(fields, scan.Span{Start: start, End: uint32(len(buf))})
		buf = append(buf, ',')
	}
	return buf, fields
}

func TestSteps(t *testing.T) {
	tests := []struct{ steps, in, want string }{
		{"[trim]", " \u00a0 a b\t", "a b"},
		{"[spaces]", " a \r\n\n b\u00a0\u3000c ", "a b c"},
		{"[lower]", "ANNA", "anna"},
		{"[lower]", "ŁÓDŹ ΑΣ", "łódź ας"},
		{"[upper]", "straße é", "STRASSE É"},
		{"[upper]", "abc1", "ABC1"},
		{"[title]", "anna MARIA o'brien", "Anna Maria O'brien"},
		{"[title]", "élodie", "Élodie"},
		{`[{strip: " -()"}]`, "(201) 555-0100", "2015550100"},
		{`[{strip: "é"}]`, "aéb", "ab"},
		{`[{prefix: "+"}]`, "12015550100", "+12015550100"},
		{`[{prefix: "+"}]`, "+12015550100", "+12015550100"},
		{`[{default: x}]`, "", "x"},
		{`[{default: x}]`, "a", "a"},
		{`[{truncate: 3}]`, "żółw", "żół"},
		{`[{truncate: 9}]`, "żółw", "żółw"},
		{`[{replace: {a: b, b: c}}]`, "ab", "cc"},
		{`[{replace: {"\n": ", "}}]`, "a\nb\nc", "a, b, c"},
		{`[{regex: {match: '^(\w+), (\w+)$', replace: '$2 $1'}}]`, "Berg, Anna", "Anna Berg"},
		{`[{regex: {match: '^(\w+), (\w+)$', replace: '$2 $1'}}]`, "Anna", "!regex"},
		{`[{regex: {match: '^(\w+), (\w+)$', replace: '$2 $1', or-keep: true}}]`, "Anna", "Anna"},
		{`[{lookup: {table: {m: male, f: female}}}]`, "m", "male"},
		{`[{lookup: {table: {m: male, f: female}}}]`, "x", "!lookup-miss"},
		{`[{lookup: {table: {m: male, f: female}}}]`, "", ""},
		{`[{lookup: {table: {m: male}, default: other}}]`, "x", "other"},
		{`[{lookup: {table: {M: male}, ignore-case: true}}]`, "m", "male"},
		{`[{lookup: {table: {"": none}}}]`, "", "none"},
		{`[boolean]`, "Yes", "TRUE"},
		{`[boolean]`, "off", "FALSE"},
		{`[boolean]`, "perhaps", "!boolean"},
		{`[boolean]`, "", ""},
		{`[{boolean: {true: [ja], false: [nein]}}]`, "JA", "TRUE"},
		{`[{boolean: {true: [ja], false: [nein]}}]`, "yes", "!boolean"},

		{`[{date: {from: [dd.MM.yyyy]}}]`, "31.01.1980", "01/31/1980"},
		{`[{date: {from: [dd.MM.yyyy]}}]`, "31.1.1980", "!date"},
		{`[{date: {from: [d.M.yyyy]}}]`, "31.1.1980", "01/31/1980"},
		{`[{date: {from: [dd.MM.yyyy]}}]`, "29.02.2023", "!date"},
		{`[{date: {from: [dd.MM.yyyy, yyyy-MM-dd]}}]`, "1980-01-31", "01/31/1980"},
		{`[{date: {from: [dd.MM.yyyy]}}]`, "31.01.1980 ", "01/31/1980"},
		{`[{date: {from: [dd.MM.yyyy]}}]`, "31.01.1980x", "!date"},
		{`[{date: {from: [dd MMM yyyy]}}]`, "31 JAN 1980", "01/31/1980"},
		{`[{date: {from: [yyyyMMdd], to: dd.MM.yyyy}}]`, "19800131", "31.01.1980"},
		{`[{date: {from: ["M/d/yyyy h:mm:ss a"]}}]`, "8/19/2021 1:25:31 PM", "08/19/2021"},
		{`[{date: {from: ["M/d/yyyy h:mm:ss a"]}}]`, "8/19/2021 13:25:31 PM", "!date"},
		{`[{date: {from: ["yyyy-MM-dd'T'HH:mm:ssX"]}}]`, "2026-01-31T23:30:00Z", "01/31/2026"},
		{`[{date: {from: ["yyyy-MM-dd'T'HH:mm:ssX"], zone: Asia/Tokyo}}]`, "2026-01-31T23:30:00Z", "02/01/2026"},
		{`[{date: {from: [yyyy-MM-dd], zone: Asia/Tokyo}}]`, "2026-01-31", "01/31/2026"},

		{`[{epoch: {unit: ms}}]`, "1470957431965", "1470957431"},
		{`[{epoch: {unit: us}}]`, "12", "0"},
		{`[{epoch: {unit: s}}]`, "1470957431", "1470957431"},
		{`[{epoch: {unit: ms}}]`, "x", "!epoch"},
		{`[{epoch: {from: ["yyyy-MM-dd HH:mm:ss"], zone: Europe/Zurich}}]`, "2026-07-01 12:00:00", "1782900000"},
		{`[{epoch: {from: ["yyyy-MM-dd HH:mm:ss"], zone: UTC}}]`, "1970-01-01 00:00:01", "1"},
		{`[{epoch: {from: ["yyyy-MM-dd'T'HH:mm:ss.SSSX"]}}]`, "2026-01-31T12:00:00.123456+02:00", "1769853600"},
		{`[{epoch: {from: ["yyyy-MM-dd HH:mm"], zone: Europe/Zurich}}]`, "2026-03-29 02:30", "!epoch"},
		{`[{epoch: {from: [yyyy-MM-dd], zone: UTC}}]`, "1969-12-31", "!epoch"},

		{`[lower, {prefix: "u-"}, {truncate: 5}]`, "ANNA", "u-ann"},
		{`[boolean, upper]`, "perhaps", "!boolean"},
	}
	for _, tt := range tests {
		t.Run(tt.steps+" on "+tt.in, func(t *testing.T) {
			assert.Equal(t, tt.want, mapOne(t, "{from: In, steps: "+tt.steps+"}", tt.in))
		})
	}
}

func TestOrigins(t *testing.T) {
	source := []string{"A", "B", "C"}
	tests := []struct {
		column string
		values []string
		want   string
	}{
		{"A", []string{" a ", "", ""}, " a "},
		{"{from: B}", []string{"", "b", ""}, "b"},
		{"{constant: yes}", []string{"", "", ""}, "yes"},
		{"{first: [A, B, C]}", []string{" ", "", "c"}, "c"},
		{"{first: [A, B]}", []string{"", "", "c"}, ""},
		{`{join: [A, B, C], with: ", "}`, []string{"a", " ", "c"}, "a, c"},
		{`{join: [A, B]}`, []string{"a", "b", ""}, "ab"},
		{`{template: "{A} {{x}} {B}"}`, []string{"a", "b", ""}, "a {x} b"},
		{`{template: "u-{A}"}`, []string{"", "b", ""}, ""},
		{`{template: "fixed"}`, []string{"", "", ""}, "fixed"},
	}
	for _, tt := range tests {
		t.Run(tt.column, func(t *testing.T) {
			m, err := Parse("m", []byte("columns: {name: "+tt.column+"}"))
			require.NoError(t, err)
			assert.Equal(t, tt.want, mapRow(t, m, source, tt.values)["name"])
		})
	}
}

func TestSkips(t *testing.T) {
	text := `
columns: {name: A}
skip:
  - when: {column: Status, in: [deleted, Disabled], ignore-case: true}
    reason: not active
  - when: {all: [{column: A, empty: true}, {not: {column: Status, equals: keep}}]}
    reason: without name
  - when: {any: [{column: A, matches: '^test'}, {column: Status, equals: bot}]}
    reason: not a person
`
	m, err := Parse("m", []byte(text))
	require.NoError(t, err)
	for _, tt := range [][3]string{
		{"a", "DELETED", "not active"}, {"a", " disabled ", "not active"}, {"", "x", "without name"}, {"", "keep", ""},
		{"tester", "x", "not a person"}, {"a", "bot", "not a person"}, {"a", "Bot", ""},
	} {
		got := mapRow(t, m, []string{"A", "Status"}, tt[:2])
		assert.Equal(t, tt[2], got["skip"], "%v", tt)
	}
}

func TestMistakesInAMapping(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"unknown key":        {"version: 1\ncolums:\n  a: b\n", `map.yaml:2:1: unknown key "colums", did you mean "columns"?`},
		"unknown key within": {"columns:\n  name:\n    form: A\n", `map.yaml:3:5: unknown key "form", did you mean "from"?`},
		"unknown function":   {"columns:\n  name: {from: A, steps: [trim, lowr]}\n", `map.yaml:2:33: unknown function "lowr", did you mean "lower"?`},
		"key twice":          {"columns:\n  name: A\n  name: B\n", `map.yaml:3:3: the key "name" is there twice`},
		"version":            {"version: 2\ncolumns: {name: A}\n", "map.yaml:1:10: this version is not known"},
		"empty":              {" \n", "map.yaml: the mapping is empty"},
		"no columns":         {"version: 1\n", "there is no `columns:`"},
		"a list":             {"- a\n", "map.yaml:1:1: mapping: keys and values are expected, not a list"},
		"two origins":        {"columns:\n  name: {from: A, constant: b}\n", `map.yaml:2:9: column "name": exactly one of`},
		"no origin":          {"columns:\n  name: {steps: [trim]}\n", "there are 0"},
		"with without join":  {"columns:\n  name: {from: A, with: x}\n", "`with` goes with `join`"},
		"open brace":         {"columns:\n  name: {template: '{A'}\n", "map.yaml:2:20: template: the brace at character 1 is not closed"},
		"stray brace":        {"columns:\n  name: {template: 'A}'}\n", "a brace closes at character 2"},
		"argument":           {"columns:\n  name: {from: A, steps: [{trim: 3}]}\n", "trim takes no argument"},
		"missing argument":   {"columns:\n  name: {from: A, steps: [strip]}\n", "map.yaml:2:27: strip: a plain value is expected, not nothing"},
		"number":             {"columns:\n  name: {from: A, steps: [{truncate: many}]}\n", "truncate: a whole number from 1 on"},
		"expression":         {"columns:\n  name: {from: A, steps: [{regex: {match: '(', replace: ''}}]}\n", "map.yaml:2:43: match: not a regular expression"},
		"layout letter":      {"columns:\n  name: {from: A, steps: [{date: {from: [dd.MM.YYYY]}}]}\n", "the letter Y means nothing"},
		"two-digit year":     {"columns:\n  name: {from: A, steps: [{date: {from: [dd.MM.yy]}}]}\n", "a year of two digits (yy) needs a `pivot`"},
		"no layout":          {"columns:\n  name: {from: A, steps: [date]}\n", "date: keys and values are expected"},
		"epoch without zone": {"columns:\n  name: {from: A, steps: [{epoch: {from: [yyyy-MM-dd]}}]}\n", "a layout without X has no zone"},
		"zone":               {"columns:\n  name: {from: A, steps: [{epoch: {from: [yyyy-MM-dd], zone: Zurich}}]}\n", `unknown zone "Zurich"`},
		"condition":          {"columns: {name: A}\nskip: [{when: {column: A}, reason: x}]\n", "map.yaml:2:15: condition: expected is a `column` with one of"},
		"no reason":          {"columns: {name: A}\nskip: [{when: {column: A, equals: b}}]\n", "both `when` and `reason`"},
		"names with header":  {"source: {names: [a]}\ncolumns: {name: A}\n", "add `header: false`"},
		"delimiter":          {"source: {delimiter: xx}\ncolumns: {name: A}\n", "map.yaml:1:21: delimiter: one byte is expected, or comma, semicolon, tab, pipe, auto"},
		"quote":              {"source: {quote: xx}\ncolumns: {name: A}\n", "map.yaml:1:17: quote: one byte is expected, or none"},
		"escape":             {"source: {escape: xx}\ncolumns: {name: A}\n", "map.yaml:1:18: escape: one byte is expected"},
		"boolean":            {"source: {header: nope}\ncolumns: {name: A}\n", "true or false is expected"},
		"alias":              {"a: &x [1]\ncolumns: *x\n", "aliases (*name) are not supported"},
		"second document":    {"columns: {name: A}\n---\nx: 1\n", "a second document"},
		"tab":                {"columns:\n\tname: A\n", "map.yaml:2: "},
		"both booleans":      {"columns:\n  name: {from: A, steps: [{boolean: {true: [x], false: [X]}}]}\n", `boolean: "X" means both`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("map.yaml", []byte(tt.text))
			require.ErrorContains(t, err, tt.want)
		})
	}
	_, err := Parse("map.yaml", []byte("colums: 1\nskipp: 2\n"))
	require.ErrorContains(t, err, "colums")
	require.ErrorContains(t, err, "skipp", "all mistakes are told at once")
	_, err = Parse("map.yaml", bytes.Repeat([]byte(" "), maxMapping+1))
	require.ErrorContains(t, err, "too much")
}

func TestNamesThatDoNotResolve(t *testing.T) {
	text := "columns:\n  emial: A\n  name: Nmae\n  given_name: Twice\nrequire: [B]\nskip:\n  - when: {column: Staus, empty: true}\n    reason: r\n"
	m, err := Parse("map.yaml", []byte(text))
	require.NoError(t, err)
	_, err = m.Compile([]string{"A", "Name", "Status", "Twice", "x", "Twice"}, Options{})
	for _, want := range []string{
		`map.yaml:2:3: the pool has no column "emial", did you mean "email"?`,
		`map.yaml:3:9: the source has no column "Nmae", did you mean "Name"?`,
		`map.yaml:4:15: the source has two columns "Twice": say which one by its number, 4 or 6`,
		`map.yaml:5:11: the source has no column "B"`,
		`map.yaml:7:20: the source has no column "Staus", did you mean "Status"?`,
	} {
		require.ErrorContains(t, err, want)
	}
	require.ErrorContains(t, m.CheckTargets(schema.Default().Header), `map.yaml:2:3: the pool has no column "emial"`)
}

func TestByName(t *testing.T) {
	target := schema.Default().Header
	m, err := ByName([]string{"E-Mail", "EMAIL VERIFIED", "cognito_username", "Department", "phone_number", "Phone Number"}, target)
	require.NoError(t, err)
	p, err := m.Compile([]string{"E-Mail", "EMAIL VERIFIED", "cognito_username", "Department", "phone_number", "Phone Number"}, Options{Columns: target})
	require.NoError(t, err)
	got := map[string]string{}
	for _, match := range p.Matches() {
		got[target[match.Target]] = match.Source
	}
	assert.Equal(t, map[string]string{"email": "E-Mail", "email_verified": "EMAIL VERIFIED", "cognito:username": "cognito_username", "phone_number": "phone_number"}, got)
	assert.Equal(t, []int{3, 5}, p.Unused())
	_, err = ByName([]string{"E-Mail", "e mail"}, target)
	require.ErrorContains(t, err, `two source columns fit email: "E-Mail" (field 1) and "e mail" (field 2)`)
}

func TestRowAllocatesNothing(t *testing.T) {
	m, err := Parse("m", []byte(`
values:
  both: {join: [B, A], with: ";"}
  phone: {first: [H, $both], if-failed: empty}
columns:
  cognito:username: {username: {login: [H], email: $both}}
  phone_number_verified: {test: {column: $both, has: A, separator: ";", ignore-case: true}}
  profile: J.p[0]
  name: {template: "{A} {B}"}
  given_name: A
  nickname: {from: B, steps: [trim, lower, title, {strip: "-"}, {truncate: 9}, {replace: {x: yy}}]}
  birthdate: {from: D, steps: [{date: {from: [dd.MM.yyyy]}}]}
  updated_at: {from: E, steps: [{epoch: {unit: ms}}]}
  gender: {from: F, steps: [{lookup: {table: {m: male}, ignore-case: true}}]}
  email_verified: {from: G, steps: [boolean]}
  address: {join: [A, B], with: ", "}
skip: [{when: {column: F, in: [bot]}, reason: r}]
reject: [{when: {column: $both, empty: true}, reason: r}]
`))
	require.NoError(t, err)
	columns := schema.Default().Header
	p, err := m.Compile([]string{"A", "B", "D", "E", "F", "G", "H", "J"}, Options{Columns: columns, AssumeVerified: []string{"email", "phone_number"}})
	require.NoError(t, err)
	s := p.NewState()
	buf, fields := fieldsOf([]string{"Anna", "Béx-Berg", "31.01.1980", "1470957431965", "M", "yes", "", `{"p":["x"]}`})
	buf = append(make([]byte, 0, 4096), buf...)
	out := make([]scan.Span, len(columns))
	allocs := testing.AllocsPerRun(100, func() {
		_, skip, failures := s.Row(buf, fields, out)
		if skip >= 0 || len(failures) > 0 {
			t.Error("the row is good")
		}
	})
	assert.Zero(t, allocs)
}

// TestExamplesOfTheGuide runs every example of docs/mapping.md: a mapping, an
// export, and the columns of the import file that come out.
func TestExamplesOfTheGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/mapping.md")
	require.NoError(t, err)
	blocks := strings.Split(string(guide), "```")
	var written string
	var records func(*Mapping, Options) (names []string, records [][]string)
	ran := 0
	for i := 1; i < len(blocks); i += 2 {
		kind, body, _ := strings.Cut(blocks[i], "\n")
		switch kind {
		case "yaml":
			written = body
			_, err := Parse("docs/mapping.md", []byte(written))
			require.NoError(t, err, written)
		case "csv in":
			records = func(m *Mapping, _ Options) ([]string, [][]string) { return csvExample(t, m, body) }
		case "json in":
			records = func(m *Mapping, o Options) ([]string, [][]string) { return jsonExample(t, m, o, body) }
		case "csv out":
			require.NotEmpty(t, written)
			require.NotNil(t, records)
			header, _, _ := strings.Cut(body, "\n")
			m, err := Parse("docs/mapping.md", []byte(written))
			require.NoError(t, err)
			o := Options{Pool: examplePool(t, header)}
			if strings.Contains(header, schema.HashColumn) {
				o.PasswordHash = value.HashAuto
			}
			names, lines := records(m, o)
			out := header + "\n"
			for _, values := range lines {
				out += showExample(strings.Split(header, ","), mapRowFor(t, m, o, names, values))
			}
			assert.Equal(t, body, out, "mapping:\n%s", written)
			ran++
			records = nil
		}
	}
	require.Greater(t, ran, 12)
}

// examplePool is the default pool with the custom attributes of a header.
func examplePool(t *testing.T, header string) *schema.Pool {
	var custom []string
	for _, name := range strings.Split(header, ",") {
		if name, is := strings.CutPrefix(name, "custom:"); is {
			custom = append(custom, name)
		}
	}
	return poolWith(t, nil, custom...)
}

func csvExample(t *testing.T, m *Mapping, text string) ([]string, [][]string) {
	r := csv.NewReader(strings.NewReader(text))
	if m.Source.Delimiter == "semicolon" {
		r.Comma = ';'
	}
	lines, err := r.ReadAll()
	require.NoError(t, err)
	if m.Source.NoHeader {
		return m.Source.Names, lines
	}
	return lines[0], lines[1:]
}

func jsonExample(t *testing.T, m *Mapping, o Options, text string) (names []string, records [][]string) {
	o.JSON = true
	names = m.Sources(o)
	format := row.NewJSONLine(names)
	for line := range strings.Lines(text) {
		fields := make([]scan.Span, len(names))
		buf, err := format.Fields([]byte(line), scan.Span{End: uint32(len(line))}, fields, func([]byte, int) {})
		require.Nil(t, err)
		var values []string
		for _, f := range fields {
			values = append(values, string(f.Of(buf)))
		}
		records = append(records, values)
	}
	return names, records
}

// showExample shows what comes of a record.
func showExample(columns []string, got map[string]string) string {
	for _, what := range []string{"skip", "reject"} {
		if reason, is := got[what]; is {
			return "(" + map[string]string{"skip": "skipped", "reject": "rejected"}[what] + ": " + reason + ")\n"
		}
	}
	var values []string
	warnings := ""
	for _, name := range columns {
		v := got[name]
		if strings.HasPrefix(v, "?") {
			v, warnings = "", warnings+"(warning: "+name+": map-failed)\n"
		}
		values = append(values, strings.ReplaceAll(v, ",", `\,`))
	}
	if side, is := got["side"]; is {
		warnings += "(side: " + side + ")\n"
	}
	return strings.Join(values, ",") + "\n" + warnings
}

func FuzzMapping(f *testing.F) {
	f.Add([]byte("columns: {name: A, email: {from: B, steps: [trim, {date: {from: [dd.MM.yyyy]}}]}}"), "x,y")
	f.Add([]byte("columns: {name: {template: '{A}'}}\nskip: [{when: {not: {column: A, matches: '^a'}}, reason: r}]"), "a")
	f.Add([]byte("columns:\n  name: {join: [A, B], with: x, steps: [{lookup: {table: {a: b}}}, title, spaces]}"), "\xff,é")
	f.Fuzz(func(t *testing.T, data []byte, record string) {
		m, err := Parse("m", data)
		if err != nil {
			return
		}
		source := []string{"A", "B", "C"}
		columns := append(schema.Default().Header, "x")
		p, err := m.Compile(source, Options{Columns: columns})
		if err != nil {
			return
		}
		values := append(strings.Split(record, ","), "", "", "")[:3]
		buf, fields := fieldsOf(values)
		before := bytes.Clone(buf)
		out := make([]scan.Span, len(columns))
		got, _, _ := p.NewState().Row(buf, fields, out)
		require.Equal(t, string(before), string(got[:len(before)]), "what was there is not changed")
		for _, s := range out {
			require.LessOrEqual(t, s.Start, s.End)
			require.LessOrEqual(t, int(s.End), len(got))
		}
	})
}
