package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const described = `{"UserPool": {
  "Id": "eu-west-1_abc", "Name": "people",
  "SchemaAttributes": [
    {"Name": "sub", "AttributeDataType": "String", "Required": true, "Mutable": false},
    {"Name": "given_name", "AttributeDataType": "String", "Required": true, "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "50"}},
    {"Name": "custom:level", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "1", "MaxValue": 10}},
    {"Name": "custom:since", "AttributeDataType": "DateTime"},
    {"Name": "custom:vip", "AttributeDataType": "Boolean"},
    {"Name": "dev:custom:note", "AttributeDataType": "String", "DeveloperOnlyAttribute": true}
  ],
  "AutoVerifiedAttributes": ["phone_number"], "AliasAttributes": ["email"],
  "UsernameConfiguration": {"CaseSensitive": false}, "MfaConfiguration": "OPTIONAL",
  "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
  "SomethingNew": {"x": [1]}
}}`

func TestDefault(t *testing.T) {
	p := Default()
	assert.Equal(t, "name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,cognito:mfa_enabled,cognito:username", strings.Join(p.Header, ","))
	assert.Equal(t, []string{"email"}, p.AutoVerified)
	assert.True(t, p.CaseSensitive)
	assert.Equal(t, MFAOff, p.MFA)
	p.Header[0] = "changed"
	assert.Equal(t, "name", Default().Header[0], "each copy is fresh")
}

func TestDescribeUserPool(t *testing.T) {
	p, err := Parse("pool.json", []byte(described))
	require.NoError(t, err)
	assert.Equal(t, "eu-west-1_abc", p.ID)
	assert.Equal(t, []string{"phone_number"}, p.AutoVerified)
	assert.Equal(t, []string{"email"}, p.Aliases)
	assert.False(t, p.CaseSensitive)
	assert.Equal(t, MFAOptional, p.MFA)
	assert.Equal(t, []string{"PASSWORD", "EMAIL_OTP"}, p.FirstAuthFactors)
	assert.Equal(t, []string{"custom:level", "custom:since", "custom:vip", MFAColumn, UsernameColumn}, p.Header[19:])
	for name, want := range map[string]Type{"custom:level": Number, "custom:since": DateTime, "custom:vip": Boolean, "dev:custom:note": String} {
		a, ok := p.Attribute(name)
		require.True(t, ok, name)
		assert.Equal(t, want, a.Type, name)
	}
	level, _ := p.Attribute("custom:level")
	assert.EqualValues(t, 1, *level.MinValue)
	assert.EqualValues(t, 10, *level.MaxValue)
	given, _ := p.Attribute("given_name")
	assert.True(t, given.Required)
	assert.Equal(t, 50, *given.MaxLength)
	note, _ := p.Attribute("dev:custom:note")
	assert.True(t, note.DeveloperOnly)
	assert.Equal(t, []string{"dev:custom:note"}, p.DeveloperOnly())
}

// TestDeveloperOnly: such an attribute has no column, however it is stated.
func TestDeveloperOnly(t *testing.T) {
	const columns = `"email","email_verified","cognito:username"`
	for text, want := range map[string]struct{ header, developer string }{
		`{"SchemaAttributes":[{"Name":"dev:custom:a"},{"Name":"custom:b"}]}`:                                                       {"custom:b,cognito:mfa_enabled,cognito:username", "dev:custom:a"},
		`{"SchemaAttributes":[{"Name":"custom:a","DeveloperOnlyAttribute":true}]}`:                                                 {"cognito:mfa_enabled,cognito:username", "dev:custom:a"},
		`{"SchemaAttributes":[{"Name":"dev:custom:a","Required":true},{"Name":"custom:a"}]}`:                                       {"custom:a,cognito:mfa_enabled,cognito:username", "dev:custom:a"},
		`{"CSVHeader":["dev:custom:a",` + columns + `]}`:                                                                           {"email,email_verified,cognito:username", "dev:custom:a"},
		`{"CSVHeader":["custom:a",` + columns + `]}`:                                                                               {"custom:a,email,email_verified,cognito:username", ""},
		`{"CSVHeader":["custom:a","dev:custom:b",` + columns + `],"UserPool":{"SchemaAttributes":[{"Name":"dev:custom:a"}]}}`:      {"email,email_verified,cognito:username", "dev:custom:a,dev:custom:b"},
		`{"CSVHeader":["custom:a",` + columns + `],"UserPool":{"SchemaAttributes":[{"Name":"dev:custom:a"},{"Name":"custom:a"}]}}`: {"custom:a,email,email_verified,cognito:username", "dev:custom:a"},
		"dev:custom:a,email,email_verified,cognito:username\n":                                                                     {"email,email_verified,cognito:username", "dev:custom:a"},
		`{"CSVHeader":[` + columns + `],"UserPool":{"SchemaAttributes":[{"Name":"custom:a","DeveloperOnlyAttribute":true}]}}`:      {"email,email_verified,cognito:username", "dev:custom:a"},
	} {
		p, err := Parse("pool", []byte(text))
		require.NoError(t, err, text)
		header := strings.Join(p.Header, ",")
		assert.True(t, header == want.header || strings.HasSuffix(header, ",updated_at,"+want.header), "%s: %s", text, header)
		assert.Equal(t, want.developer, strings.Join(p.DeveloperOnly(), ","), text)
		again, err := Parse("again", p.AppendJSON(nil))
		require.NoError(t, err, text)
		assert.Equal(t, string(p.AppendJSON(nil)), string(again.AppendJSON(nil)), text)
	}
	_, err := Parse("pool", []byte(`{"SchemaAttributes":[{"Name":"dev:custom:a"},{"Name":"custom:a","DeveloperOnlyAttribute":true}]}`))
	require.ErrorContains(t, err, `"dev:custom:a" is there twice`)
}

func TestWhatIsNotStated(t *testing.T) {
	p, err := Parse("pool.json", []byte(`{"UserPool":{"SchemaAttributes":[]}}`))
	require.NoError(t, err)
	assert.Empty(t, p.AutoVerified, "no AutoVerifiedAttributes means none")
	assert.True(t, p.CaseSensitive, "absent means sensitive")
	assert.Equal(t, Default().Header, p.Header)

	p, err = Parse("header.json", []byte(`{"UserPoolId":"x_1","CSVHeader":["email","email_verified","custom:x","cognito:username"]}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"email"}, p.AutoVerified, "from the default pool")
	x, ok := p.Attribute("custom:x")
	require.True(t, ok)
	assert.Equal(t, 2048, *x.MaxLength)

	p, err = Parse("bare.json", []byte(`{"SchemaAttributes":[{"Name":"custom:a"}],"MfaConfiguration":"ON"}`))
	require.NoError(t, err)
	assert.Equal(t, MFAOn, p.MFA)

	p, err = Parse("template.csv", []byte("\xef\xbb\xbfemail,email_verified,cognito:username\r\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"email", "email_verified", "cognito:username"}, p.Header)
}

func TestMistakes(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty":               {" \n", "s: the file is empty; expected is the answer of GetCSVHeader"},
		"template not UTF-8":  {"email,\xff,cognito:username", "s:1:7: this byte is not UTF-8"},
		"JSON not UTF-8":      {"{\"UserPool\":\n {\"Id\":\"\xe9\"}}", "s:2:9: this byte is not UTF-8"},
		"truncated":           {`{"UserPool":{"Id":"x"`, "s:1:22: the JSON text is cut off"},
		"syntax":              {"{\n \"UserPool\": nope}", "s:2:"},
		"something else":      {`{"Users":[]}`, "s: a JSON object describes no pool"},
		"array":               {`[1,2]`, "s: a JSON array describes no pool"},
		"an export":           {"id,mail\n1,a\n", "s:1:1: the first line has no column cognito:username"},
		"type of a value":     {`{"UserPool":{"SchemaAttributes":{}}}`, "s: UserPool.SchemaAttributes: an array is expected, not a object"},
		"data type":           {`{"UserPool":{"SchemaAttributes":[{"Name":"a","AttributeDataType":"Sting"}]}}`, `s: UserPool.SchemaAttributes[0].AttributeDataType: unknown value "Sting", did you mean "String"?`},
		"MFA":                 {`{"UserPool":{"MfaConfiguration":"YES"}}`, "s: UserPool.MfaConfiguration: unknown value"},
		"attribute twice":     {`{"UserPool":{"SchemaAttributes":[{"Name":"custom:a"},{"Name":"custom:a"}]}}`, "there twice"},
		"attribute no object": {`{"UserPool":{"SchemaAttributes":[7]}}`, "UserPool.SchemaAttributes[0]: an object is expected"},
		"without name":        {`{"UserPool":{"SchemaAttributes":[{}]}}`, "needs a name"},
		"limits reversed":     {`{"UserPool":{"SchemaAttributes":[{"Name":"a","StringAttributeConstraints":{"MinLength":"9","MaxLength":"3"}}]}}`, "MinLength 9 is above MaxLength 3"},
		"limit no number":     {`{"UserPool":{"SchemaAttributes":[{"Name":"a","NumberAttributeConstraints":{"MinValue":"x"}}]}}`, "NumberAttributeConstraints.MinValue: a whole number"},
		"header empty":        {`{"CSVHeader":[]}`, "the header has no column"},
		"header twice":        {`{"CSVHeader":["email","email","cognito:username"]}`, "columns 1 and 2 of the header have the same name"},
		"header with escape":  {`{"CSVHeader":["email","a\u001b","cognito:username"]}`, "CSVHeader: the name of column 2 holds a character that a header cannot hold"},
		"header with C1":      {`{"CSVHeader":["email","a\u009b","cognito:username"]}`, "the name of column 2 holds a character"},
		"attribute, escape":   {`{"UserPool":{"SchemaAttributes":[{"Name":"a"},{"Name":"b\u001b"}]}}`, "UserPool.SchemaAttributes[1].Name: the name holds a character that a header cannot hold"},
		"attribute, bidi":     {`{"UserPool":{"SchemaAttributes":[{"Name":"a\u202e"}]}}`, "holds a character that a header cannot hold"},
		"attribute, comma":    {`{"UserPool":{"SchemaAttributes":[{"Name":"a,b"}]}}`, "holds a character that a header cannot hold"},
		"template with tab":   {"cognito:username,a\tb\n", ":1:1: the name of column 2 holds a character that a header cannot hold"},
		"header no username":  {`{"CSVHeader":["email"]}`, "lacks the column cognito:username"},
		"header no string":    {`{"CSVHeader":[1]}`, "CSVHeader[0]: a string is expected"},
		"required, no column": {`{"CSVHeader":["email","cognito:username"],"UserPool":{"SchemaAttributes":[{"Name":"name","Required":true}]}}`, "requires the attribute name"},
		"two kinds of names":  {`{"UserPool":{"AliasAttributes":["email"],"UsernameAttributes":["email"]}}`, "not both"},
		"two pools":           {`{"UserPoolId":"a_1","CSVHeader":["cognito:username"],"UserPool":{"Id":"a_2"}}`, "name different pools"},
		"auto-verified":       {`{"UserPool":{"AutoVerifiedAttributes":["mail"]}}`, `unknown value "mail", did you mean "email"?`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("s", []byte(tt.text))
			require.ErrorContains(t, err, tt.want)
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, "s", e.File)
		})
	}
	_, err := Parse("s", []byte(strings.Repeat("abc,", 300_000)+"cognito:username\n"))
	require.ErrorContains(t, err, "300001 columns are more than any pool has")
	_, err = Parse("s", []byte(`{"SchemaAttributes":[`+strings.Repeat("{},", 100_000)+`{}]}`))
	require.ErrorContains(t, err, "100001 attributes are more than any pool has")
	_, err = Parse("s", make([]byte, maxFile+1))
	require.ErrorContains(t, err, "too much")
}

func TestErrorsHavePositions(t *testing.T) {
	for text, want := range map[string]Error{
		"email,\xff,cognito:username":         {Line: 1, Column: 7},
		"{\"UserPool\":\n {\"Id\":\"\xe9\"}}": {Line: 2, Column: 9},
		`{"UserPool":{"Id":"x"`:               {Line: 1, Column: 22},
		"cognito:username,a\tb\n":             {Line: 1, Column: 1},
		`{"SchemaAttributes":[{}]}`:           {Member: "SchemaAttributes[0].Name"},
		`{"CSVHeader":[]}`:                    {Member: "CSVHeader"},
		`[1,2]`:                               {},
	} {
		_, err := Parse("s", []byte(text))
		var got *Error
		require.ErrorAs(t, err, &got, text)
		want.File, want.Text = "s", got.Text
		assert.Equal(t, want, *got, text)
	}
}

func TestLoadMerges(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	pool := write("pool.json", described)
	header := write("header.json", `{"UserPoolId":"eu-west-1_abc","CSVHeader":["cognito:username","given_name","phone_number","phone_number_verified","custom:level"]}`)
	p, err := Load([]string{pool, header})
	require.NoError(t, err)
	assert.Equal(t, []string{"cognito:username", "given_name", "phone_number", "phone_number_verified", "custom:level"}, p.Header)
	level, _ := p.Attribute("custom:level")
	assert.Equal(t, Number, level.Type)

	_, err = Load([]string{pool, write("other.json", `{"UserPoolId":"eu-west-1_xyz","CSVHeader":["cognito:username"]}`)})
	require.ErrorContains(t, err, "describe different pools")
	_, err = Load([]string{header, write("template.csv", "email,cognito:username\n")})
	require.ErrorContains(t, err, "different headers")
	_, err = Load([]string{pool, pool})
	require.ErrorContains(t, err, "both describe a pool")
	_, err = Load([]string{filepath.Join(dir, "none.json")})
	require.ErrorContains(t, err, "none.json")
	p, err = Load(nil)
	require.NoError(t, err)
	assert.Equal(t, Default(), p)
}

func TestApply(t *testing.T) {
	on, no := MFAOn, false
	p := Default()
	require.NoError(t, p.Apply(Overrides{
		AutoVerified: []string{"phone_number"}, Required: []string{"name"}, AliasAttributes: []string{"email"}, MFA: &on, CaseSensitive: &no,
	}))
	assert.Equal(t, []string{"phone_number"}, p.AutoVerified)
	assert.Equal(t, []string{"email"}, p.Aliases)
	name, _ := p.Attribute("name")
	assert.True(t, name.Required)
	assert.Equal(t, MFAOn, p.MFA)
	assert.False(t, p.CaseSensitive)
	assert.NotEqual(t, Default().Fingerprint(), p.Fingerprint())

	require.ErrorContains(t, Default().Apply(Overrides{AutoVerified: []string{"emial"}}), `did you mean "email"?`)
	require.ErrorContains(t, Default().Apply(Overrides{Required: []string{"given_nam"}}), `did you mean "given_name"?`)
	require.NoError(t, Default().Apply(Overrides{AutoVerified: []string{}}))
}

// TestMisuseIsAnError gives settings that are zero, and those that no pool can have.
func TestMisuseIsAnError(t *testing.T) {
	p := Default()
	require.NoError(t, p.Apply(Overrides{}))
	assert.Equal(t, Default(), p)
	unknown := MFA(9)
	for setting, o := range map[string]Overrides{
		"AutoVerified": {AutoVerified: []string{"name"}}, "Required": {Required: []string{""}}, "UsernameAttributes": {UsernameAttributes: []string{"x"}},
		"AliasAttributes": {AliasAttributes: []string{""}}, "MFA": {MFA: &unknown},
	} {
		var wrong *OverrideError
		require.ErrorAs(t, Default().Apply(o), &wrong)
		assert.Equal(t, setting, wrong.Setting)
	}
	var both *Error
	require.ErrorAs(t, Default().Apply(Overrides{AliasAttributes: []string{"email"}, UsernameAttributes: []string{"email"}}), &both)
	assert.Equal(t, "9", Type(9).String())

	var zero Pool
	require.Error(t, zero.Apply(Overrides{}), "it has no columns")
	zero.MFA, zero.Attributes = unknown, []Attribute{{Type: 9}}
	assert.NotEqual(t, new(Pool).Fingerprint(), zero.Fingerprint())
	zero.AppendText(nil)
}

func TestShownJSONReadsBack(t *testing.T) {
	for _, text := range []string{described, `{"CSVHeader":["email","custom:x","cognito:username"]}`, `{"SchemaAttributes":[]}`} {
		p, err := Parse("p", []byte(text))
		require.NoError(t, err)
		shown := p.AppendJSON(nil)
		back, err := Parse("shown", shown)
		require.NoError(t, err)
		assert.Equal(t, string(shown), string(back.AppendJSON(nil)))
		assert.Equal(t, p.Fingerprint(), back.Fingerprint())
		assert.Equal(t, p.Header, back.Header)
	}
}

func TestShownText(t *testing.T) {
	p, err := Parse("p", []byte(described))
	require.NoError(t, err)
	text := string(p.AppendText(nil))
	assert.Contains(t, text, "COLUMN                 TYPE      LIMITS")
	assert.Contains(t, text, "custom:level           Number    from 1, to 10\n")
	assert.Regexp(t, `(?m)^Verified automatically +phone_number$`, text)
}

// TestKind knows each column by its name, or else by the type of its attribute.
func TestKind(t *testing.T) {
	p := Default()
	p.Header = append(p.Header, "custom:n", "custom:b", "custom:t", "custom:s", "custom:none")
	for i, name := range []string{"custom:s", "custom:n", "custom:t", "custom:b"} {
		p.Attributes = append(p.Attributes, Attribute{Name: name, Type: Type(i)})
	}
	for name, want := range map[string]Kind{
		UsernameColumn: KindUsername, MFAColumn: KindMFA, HashColumn: KindHash, "email": KindEmail, "phone_number": KindPhone,
		"birthdate": KindBirthdate, "updated_at": KindUpdatedAt, "email_verified": KindBoolean, "phone_number_verified": KindBoolean, "name": KindText,
		"custom:s": KindText, "custom:n": KindNumber, "custom:t": KindDateTime, "custom:b": KindBoolean, "custom:none": KindText, "nickname ": KindNone, "": KindNone,
	} {
		assert.Equal(t, want, p.Kind(name), name)
	}
	p.Header = []string{UsernameColumn}
	assert.Equal(t, KindNone, p.Kind("email"))
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{described, `{"CSVHeader":["cognito:username"]}`, "email,cognito:username\n", "", "{", `{"SchemaAttributes":[{"Name":"x"}]}`, "\xff,cognito:username"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("f", data)
		if err != nil {
			return
		}
		back, err := Parse("shown", p.AppendJSON(nil))
		require.NoError(t, err)
		require.Equal(t, string(p.AppendJSON(nil)), string(back.AppendJSON(nil)))
		p.AppendText(nil)
	})
}
