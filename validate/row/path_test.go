package row

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/scan"
)

func TestParsePath(t *testing.T) {
	for name, want := range map[string]string{
		"a": "a", "a.b": "a .b", "a[0].b[12]": "a [0] .b [12]", "a[*].b": "a [*] .b", "a[type=work].v": "a [type=work] .v", "a[k=]": "a [k=]",
		`a[k="x ]\""]`: `a [k=x ]"]`, `["odd.name"].b`: "odd.name .b", `a["b[\\0]"]`: `a .b[\0]`, "x_*_y": "x_*_y", "a.x*": "a .x*", "a[Name=custom:x].V": "a [Name=custom:x] .V",
		"First name.x": "First name .x",
	} {
		p, err := ParsePath(name)
		require.NoError(t, err, name)
		var got []string
		for i, s := range p.segments {
			if got = append(got, s.String()); i == 0 {
				got[0] = strings.TrimPrefix(got[0], ".")
			}
		}
		assert.Equal(t, want, strings.Join(got, " "))
		assert.Equal(t, !strings.ContainsAny(name, ".[*"), p.Plain(), name)
	}
	for _, name := range []string{
		"", ".", "a.", "a..b", ".a", "a[", "a[]", "a[x]", "a[-1]", "a[01]", "a[0]b", "[0]", "[*]", "[k=v]", "a.[0]", "a[1e3]", "Status [READ ONLY]", "a. b", "*", "a.*", "a**b", "a]", `a["b]`, `a["b"`, "a[=x]",
		`a"b`, "a[9999999]", strings.Repeat("a.", 40) + "a", strings.Repeat("a", 5000),
	} {
		_, err := ParsePath(name)
		assert.Error(t, err, name)
	}
}

// pathRecord has a bit of everything that paths meet.
const pathRecord = `{"s":"x","n":9007199254740993.10,"t":true,"z":null,"a.b":"literal","a":{"b":"path","c":{"d":"deep\n"}},
 "l":["p","q",null,"","r"],"e":[],"one":"single","emails":[{"value":"h@example.com","type":"home"},{"primary":true,"value":"w@example.com","type":"w\u006frk"},{"primary":true,"value":"no"}],
 "m":[{"x":[{"y":1},{"y":2}]},{"x":[{"y":3}]},{"x":{"y":4}}],"json":"{\"k\":[\"v\\u00fc\",{\"w\":\"{\\\"in\\\":7}\"}]}","text":"no JSON","ext_1_plan":"gold","ext_2_plan":"silver",
 "obj":{"v":1},"cred":[{"type":"otp","d":"{"},{"type":"password","d":"{\"i\":5}"}]}`

func TestPaths(t *testing.T) {
	for name, want := range map[string]string{
		"s": "x", "n": "9007199254740993.10", "t": "true", "z": "", "none": "", "z.x": "", "s.x": "", "n.x": "", "a.b": "literal", `["a"].b`: "path", "a.c.d": "deep\n", "a.none.x": "",
		"l[0]": "p", "l[1]": "q", "l[2]": "", "l[9]": "", "l[*]": "p|q|r", "e[0]": "", "e[*]": "", "one[0]": "single", "one[1]": "", "one[*]": "single", "n[0]": "9007199254740993.10",
		"emails[0].value": "h@example.com", "emails[primary=true].value": "w@example.com", "emails[type=work].value": "w@example.com", "emails[type=none].value": "", "emails[*].value": "h@example.com|w@example.com|no",
		"emails[*].primary": "true|true", "m[*].x[*].y": "1|2|3|4", "m[0].x[*].y": "1|2", "m[2].x[0].y": "4", "m[*].x[0].y": "1|3|4",
		"json.k[0]": "vü", "json.k[1].w.in": "7", "json.x": "", "text.x": "", "text[0]": "no JSON", "ext_*_plan": "gold", "ext_*_none": "", "obj[0].v": "1", "obj[v=1].v": "1", "obj[v=2].v": "", "cred[type=password].d.i": "5",
		Raw("l"): `["p","q",null,"","r"]`, Raw("l[*]"): `["p","q",null,"","r"]`, Raw("m[*].x[*].y"): "[1,2,3,4]", Raw("emails[*].type"): `["home","w\u006frk"]`, Raw("a.c"): `{"d":"deep\n"}`, Raw("s"): `"x"`, Raw("z"): "null", Raw("none"): "",
		Raw("json.k"): `["v\u00fc",{"w":"{\"in\":7}"}]`,
	} {
		got, err := fieldsOf(t, NewJSONLine([]string{name}), pathRecord, 1)
		require.Nil(t, err, name)
		assert.Equal(t, want, got[0], name)
		got, err = fieldsOf(t, NewJSONLine([]string{"none", name, "l[*]", "emails[primary=true].value"}), pathRecord, 4)
		require.Nil(t, err, name)
		if name != "l[*]" && name != "emails[primary=true].value" {
			assert.Equal(t, []string{"", want, "p|q|r", "w@example.com"}, got, name)
		}
	}
	// Several forms of the same, of which a record has one.
	forms := NewJSONLine([]string{"e[0].v", "e[0]", "e", Raw("e")})
	for record, want := range map[string][]string{
		`{"e":[{"v":"x"}]}`: {"x", "", "", `[{"v":"x"}]`}, `{"e":["x"]}`: {"", "x", "", `["x"]`}, `{"e":"x"}`: {"", "x", "x", `"x"`}, `{}`: {"", "", "", ""},
	} {
		got, err := fieldsOf(t, forms, record, 4)
		require.Nil(t, err, record)
		assert.Equal(t, want, got, record)
	}
}

func TestPathsThatDoNotFit(t *testing.T) {
	for name, want := range map[string]string{
		"l":                  "a list where one value is expected; say which: l[0] or l[*]",
		"e":                  "a list where one value is expected; say which: e[0] or e[*]",
		"a":                  "an object where one value is expected; say which member: a.NAME",
		"a.c":                "an object where one value is expected; say which member: a.c.NAME",
		"m[0].x":             "a list where one value is expected; say which: m[0].x[0] or m[0].x[*]",
		"m.x":                "a list where one value is expected; say which: m[0] or m[*]",
		"emails[type=home]":  "an object where one value is expected; say which member: emails[type=home].NAME",
		"json.k":             "a list where one value is expected; say which: json.k[0] or json.k[*]",
		"cred[type=otp].d.i": "not valid JSON, inside of a text",
	} {
		_, err := fieldsOf(t, NewJSONLine([]string{name}), pathRecord, 1)
		require.NotNil(t, err, name)
		assert.Equal(t, want, err.What, name)
	}
	for record, want := range map[string]string{
		`{"a":{"b":1,"b":2}}`:                             "a member that stands twice, at column 13",
		`{"a":{"b":1,"\u0062":2}}`:                        "a member that stands twice, at column 13",
		`{"a":{"b":1},"a":{}}`:                            "a member that stands twice, at column 14",
		`{"l":[{"k":"x","v":1,"k":"y"}]}`:                 "a member that stands twice, at column 22",
		`{"l":[{"k":"x","v":1,"v":"y"}]}`:                 "a member that stands twice, at column 22",
		`{"a":{"b":"\ud800"}}`:                            "half of a surrogate pair, at column 12",
		`{"j":"{\"b\":1,\"b\":2}"}`:                       "a member that stands twice, at column 7",
		`{"j":"{\"b\":\"\\ud800\"}"}`:                     "half of a surrogate pair, at column 7",
		`{"j":"{\"b\":1} x"}`:                             "not valid JSON, inside of a text, at column 7",
		`{"j":"[1,"}`:                                     "a list where one value is expected; say which: j[0] or j[*], at column 7",
		`{"a":{"b":1}`:                                    "not valid JSON, at column 13",
		`{"l":[{"k":"x","v":1},]}`:                        "not valid JSON, at column 23",
		`{"a":{"c":[}}`:                                   "not valid JSON, at column 12",
		`{"x":` + strings.Repeat(`{"b":`, 150):            "more than 100 values within each other, at column 501",
		`{"l":[` + strings.Repeat(`[`, 150):               "more than 100 values within each other, at column 105",
		`{"j":"{\"x\":` + strings.Repeat("[", 150):        "not valid JSON, at column 164",
		`{"j":"{\"x\":` + strings.Repeat("[", 150) + `"}`: "more than 100 values within each other, at column 7",
	} {
		_, err := fieldsOf(t, NewJSONLine([]string{"a.b", "l[k=x].v", "j.b"}), record, 3)
		require.NotNil(t, err, record)
		assert.Equal(t, want, err.Error(), record)
	}
	// What is not looked at may be anything.
	got, err := fieldsOf(t, NewJSONLine([]string{"a.b"}), `{"x":{"b":1,"b":2},"a":{"c":1,"c":2,"b":"y","d":"\ud800"},"l":[{"k":1,"k":2}]}`, 1)
	require.Nil(t, err)
	assert.Equal(t, []string{"y"}, got)
}

func TestPathOfText(t *testing.T) {
	for _, c := range []struct{ path, text, want, raw string }{
		{"c.a", `{"a":"x\u00fc"}`, "xü", `"x\u00fc"`}, {"c.a", "", "", ""}, {"c.a", "null", "", ""}, {"c.a", " plain", "", ""}, {"c[0]", "plain \"x\"", `plain "x"`, `"plain \"x\""`},
		{"c[0]", `["a","b"]`, "a", `"a"`}, {"c[*]", ` ["a","b"] `, "a|b", `["a","b"]`}, {"c[*]", "plain", "plain", `["plain"]`}, {"c[1]", "plain", "", ""}, {"c[*].v", `[{"v":1},{"v":2}]`, "1|2", "[1,2]"},
		{"c[k=x].v", `[{"k":"y","v":1},{"k":"x","v":2}]`, "2", "2"}, {"c", "as it is", "as it is", "as it is"},
	} {
		p, err := ParsePath(c.path)
		require.NoError(t, err)
		assert.Equal(t, "c", p.Head())
		got, fault := p.AppendText([]byte(">"), []byte(c.text))
		require.Nil(t, fault, c)
		assert.Equal(t, ">"+c.want, string(got), c)
		got, fault = p.AppendRaw([]byte(">"), []byte(c.text))
		require.Nil(t, fault, c)
		assert.Equal(t, ">"+c.raw, string(got), c)
	}
	for text, want := range map[string]string{`{"a":`: "not valid JSON, at column 6", `{"a":1}x`: "not valid JSON, at column 8", `["a"]`: "a list where one value is expected; say which: c[0] or c[*], at column 1", `{"a":{}}`: "an object where one value is expected; say which member: c.a.NAME, at column 6"} {
		p, err := ParsePath("c.a")
		require.NoError(t, err)
		got, fault := p.AppendText([]byte(">"), []byte(text))
		require.NotNil(t, fault, text)
		assert.Equal(t, want, fault.Error())
		assert.Equal(t, ">", string(got))
	}
}

func TestPlaceOfPaths(t *testing.T) {
	for name, want := range map[string]string{"a.c.d": `deep\n"`, "l[1]": `q",`, "l[*]": `p",`, "emails[primary=true].value": `w@exam`, "json.k[0]": `{\"k\"`, "n": "90071", "a.b": `literal`, "m[1].x[*].y": "{\"y\":3"} {
		at, ok := NewJSONLine([]string{"none", name}).Place([]byte(pathRecord), 1)
		require.True(t, ok, name)
		assert.True(t, strings.HasPrefix(pathRecord[at:], want), "%s at %q", name, pathRecord[at:at+10])
	}
}

func TestSoundRecordsCostNoAllocation(t *testing.T) {
	record := strings.ReplaceAll(pathRecord, `"d":"{"`, `"d":"{}"`)
	j := NewJSONLine([]string{"s", "n", "a.b", "a.c.d", "l[*]", "emails[primary=true].value", "emails[type=work].value", "json.k[1].w.in", "ext_*_plan", "cred[type=password].d.i", Raw("m[*].x")})
	strays := 0
	d := j.NewDecoder(func([]byte, int) { strays++ })
	rec := []byte(record)
	buf := make([]byte, len(rec), 4096)
	copy(buf, rec)
	fields := make([]scan.Span, 11)
	n := testing.AllocsPerRun(100, func() {
		if _, err := d.Fields(buf, scan.Span{End: uint32(len(rec))}, fields); err != nil {
			t.Fatal(err)
		}
	})
	assert.Zero(t, n)
	before := strays
	d.Begin()
	_, _ = d.Fields(buf, scan.Span{End: uint32(len(rec))}, fields)
	assert.Equal(t, 2*before, strays, "told once after each Begin")
}
