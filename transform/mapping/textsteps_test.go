package mapping

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// stepped returns what steps make of a value, or what failed in brackets; row by row and by
// column agree on it.
func stepped(t *testing.T, steps, in string) string {
	t.Helper()
	m, err := Parse("map.yaml", []byte("columns:\n  name: {from: In, steps: ["+steps+"]}\n"))
	require.NoError(t, err, steps)
	columns := schema.Default().Header
	p, err := m.Compile([]string{"In"}, Options{})
	require.NoError(t, err)
	buf, fields := fieldsOf([]string{in})
	out := make([]scan.Span, len(columns))
	buf, _, failures := p.NewState().Row(buf, fields, out)
	got := string(out[0].Of(buf))
	if len(failures) > 0 {
		require.Empty(t, got)
		got = "[" + failures[0].Text + "]"
	}
	c := p.NewColumns()
	c.Buf = append([]byte(in), make([]byte, scan.Padding)...)[:len(in)]
	start, end := 0, len(in)
	for start < end && in[start] == ' ' {
		start++
	}
	for start < end && in[end-1] == ' ' {
		end--
	}
	c.Run(1, func(int) []scan.Span { return []scan.Span{{Start: uint32(start), End: uint32(end)}} })
	if len(c.Left) == 0 {
		assert.Equal(t, got, string(c.Made(0)[0].Of(c.Buf)), "by column: %s of %q", steps, in)
	}
	return got
}

func TestStepsOfText(t *testing.T) {
	for _, tt := range []struct{ steps, in, want string }{
		{`{part: {of: " ", take: first}}`, "Anna Maria Berg", "Anna"},
		{`{part: {of: " ", take: rest}}`, "Anna  Maria Berg ", "Maria Berg"},
		{`{part: {of: " ", take: last}}`, "Anna Maria Berg", "Berg"},
		{`{part: {of: " ", take: 2}}`, "Anna Maria Berg", "Maria"},
		{`{part: {of: " ", take: 4}}`, "Anna Maria Berg", ""},
		{`{part: {of: " ", take: rest}}`, "Anna", ""},
		{`{part: {of: " ", take: last}}`, "Anna", "Anna"},
		{`{part: {of: ", ", take: first}}`, "Berg, Anna", "Berg"},
		{`{part: {of: ",", take: 1}}`, ", ,x", "x"},
		{`{part: {of: "é", take: last}}`, "aéb", "b"},
		{`list`, "a@example.com|b@example.com", "a@example.com"},
		{`list`, "| |b", "b"},
		{`list`, "|", ""},
		{`{list: {separator: ";"}}`, "a; b", "a"},
		{`{unquote: "'"}`, "'+12015550100", "+12015550100"},
		{`{unquote: "'"}`, "''x", "'x"},
		{`{unquote: "'"}`, "O'Hara", "O'Hara"},
		{`{unquote: "'"}`, "'", ""},
		{`nfc`, "Zoe\u0308", "Zoë"},
		{`nfc`, "Zoe", "Zoe"},
		{`unhex`, "X'4dc3bc6c6c6572'", "Müller"},
		{`unhex`, "X'4DC3BC6C6C6572'", "Müller"},
		{`unhex`, "X'ray'", "X'ray'"},
		{`unhex`, "X'ff'", "[unhex: the digits of X'...' are not text in UTF-8]"},
		{`unhex`, "X''", "X''"},
		{`unhex`, "X-ray", "X-ray"},
		{`{lookup: {table: {m: male}, else: keep}}`, "x", "x"},
		{`{lookup: {table: {m: male}, else: keep}}`, "m", "male"},
		{`{lookup: {table: {m: male}, else: keep}}`, "", ""},
		{`{date: {from: [dd.MM.yy], pivot: 1930}}`, "31.01.29", "01/31/2029"},
		{`{date: {from: [dd.MM.yy], pivot: 1930}}`, "31.01.30", "01/31/1930"},
		{`{date: {from: [dd.MM.yy], pivot: 2000}}`, "29.02.00", "02/29/2000"},
		{`{date: {from: [dd.MM.yy], pivot: 1930}}`, "29.02.1980", "[date: dd.MM.yy does not fit]"},
		{`{date: {from: [dd.MM.yyyy, d/M/yy], pivot: 1930}}`, "29.02.1980", "02/29/1980"},
		{`{epoch: {from: [dd.MM.yy], zone: UTC, pivot: 1970}}`, "02.01.70", "86400"},
		{`{epoch: {unit: s}}`, "1700000000.987", "1700000000"},
		{`{epoch: {unit: s}}`, "1.548089817683E9", "1548089817"},
		{`{epoch: {unit: ms}}`, "1.548089817683e+12", "1548089817"},
		{`{epoch: {unit: ms}}`, "1.54E+12", "[epoch: not a whole number of ms]"},
		{`{epoch: {unit: ms}}`, "1.54E12", "1540000000"},
		{`{epoch: {unit: s}}`, "1.7145576E9", "1714557600"},
		{`{epoch: {unit: s}}`, "1E20", "[epoch: not a whole number of s]"},
		{`{epoch: {unit: ms}}`, "1700000000000.5", "1700000000"},
		{`{epoch: {unit: s}}`, "1700000000.", "[epoch: not a whole number of s]"},
		{`{epoch: {unit: s}}`, ".5", "[epoch: not a whole number of s]"},
		{`{epoch: {unit: s}}`, "1e", "[epoch: not a whole number of s]"},
		{`{epoch: {unit: s}}`, "1e-5", "[epoch: not a whole number of s]"},
		{`{epoch: {unit: s}}`, "-5", "[epoch: not a whole number of s]"},
		{`{epoch: {unit: s}}`, strings.Repeat("1", 70), "[epoch: not a whole number of s]"},
		{`{epoch: {unit: filetime}}`, "133497720000000000", "1705298400"},
		{`{epoch: {unit: filetime}}`, "9223372036854775807", "[epoch: not a whole number of filetime]"},
		{`{epoch: {unit: filetime}}`, "0", "[epoch: not a whole number of filetime]"},
		{`{epoch: {from: ["yyyyMMddHHmmss.SX"]}}`, "20240115060000.0Z", "1705298400"},
	} {
		assert.Equal(t, tt.want, stepped(t, tt.steps, tt.in), "%s of %q", tt.steps, tt.in)
	}
}

func TestMistakesInStepsOfText(t *testing.T) {
	for steps, want := range map[string]string{
		`part`:                                  "part: keys and values are expected",
		`{part: {of: " "}}`:                     "part: expected are the separator",
		`{part: {of: " ", take: second}}`:       "take: first, last, rest or a number from 1 is expected",
		`{part: {of: "", take: first}}`:         "part: expected are the separator",
		`{list: {separator: ""}}`:               "separator: the text between elements is expected",
		`unquote`:                               "unquote: a plain value is expected",
		`{nfc: 1}`:                              "nfc takes no argument",
		`{lookup: {table: {a: b}, else: drop}}`: "else: keep is expected",
		`{lookup: {table: {a: b}, else: keep, default: x}}`: "either `default` or `else: keep`",
		`{date: {from: [dd.MM.yy]}}`:                        "a year of two digits (yy) needs a `pivot`",
		`{date: {from: [dd.MM.yyyy], pivot: 1930}}`:         "pivot: no layout has a year of two digits",
		`{date: {from: [dd.MM.yyyy], to: dd.MM.yy}}`:        "to: only yyyy",
		`{date: {from: [dd.MM.yyy]}}`:                       "yyy is not known",
		`{epoch: {unit: days}}`:                             "unit: s, ms, us, ns or filetime is expected",
		`{phone: {region: ""}}`:                             "",
		`{phone: {default-region: Atlantis}}`:               "default-region: a country such as US or Germany is expected",
		`{phone: {regions: US}}`:                            "unknown key",
	} {
		_, err := Parse("map.yaml", []byte("columns:\n  name: {from: In, steps: ["+steps+"]}\n"))
		if want == "" {
			continue
		}
		require.Error(t, err, steps)
		assert.Contains(t, err.Error(), want, steps)
	}
}

func TestPhone(t *testing.T) {
	const (
		lost     = "[phone: the digits are lost: a spreadsheet rewrote the number (such as 4.43E+11); export again, with the column as text]"
		none     = "[phone: a national number, and nothing says of which country: give the step a `region` or a `default-region`]"
		no       = "[phone: not a phone number with its country]"
		extended = "[phone: a number with an extension, which the import cannot hold]"
		either   = "[phone: it may be a national number, or one with its country that lacks the plus; put `prefix` before `phone` if all of them lack it]"
	)
	for _, tt := range []struct{ region, in, want string }{
		{"", "+12015550100", "+12015550100"},
		{"DE", "+12015550100", "+12015550100"},
		{"", "+1 (201) 555-0100", "+12015550100"},
		{"", "'+12015550100", "+12015550100"},
		{"", "\u00a0+1 201 555 0100\u00a0", "+12015550100"},
		{"", "tel:+1-201-555-0100", "+12015550100"},
		{"", "TEL:+1-201-555-0100", "+12015550100"},
		{"US", "(201) 555-0100", "+12015550100"},
		{"us", "201.555.0100", "+12015550100"},
		{"United States", "1-201-555-0100", "+12015550100"},
		{"UK", "020 7946 0958", "+442079460958"},
		{"GBR", "+44 (0)20 7946 0958", "+442079460958"},
		{"DE", "030 901820", "+4930901820"},
		{"DE", "00 1 201 555 0100", "+12015550100"},
		{"IT", "06 698 1234", "+39066981234"},
		{"", "(201) 555-0100", none},
		{"", "4.43E+11", lost},
		{"US", "4,43E+11", lost},
		{"US", "2.01555E+09", lost},
		{"US", "no phone", no},
		{"US", "12", no},
		{"US", "201 555 0100 ext. 7", extended},
		{"", "+1 201 555 0100 x7", extended},
		{"US", strings.Repeat("2", 300), no},
		{"US", "555-0100", no},
		{"US", "201 555 0100 / x7", extended},
		{"", "+0123456", no},
		{"", "+123", no},
		{"", "+2904321", "+2904321"},
		{"", "+1234567890123456", no},
		{"", "\u202a+12015550100\u202c", "+12015550100"},
		{"US", "\ufeff' 201 555 0100\u200b", "+12015550100"},
		{"", "+1201555010\ufffd", no},
		{"US", "12015550100", "+12015550100"},
		{"GB", "442079460958", "+442079460958"},
		{"IN", "9123456789", "+919123456789"},
		{"DE", "4930901820", "+4930901820"},
		{"DE", "491709018200", either},
		{"PL", "486405418", "+48486405418"},
		{"IT", "390 541 6947", "+393905416947"},
		{"DE", "0491 709018", "+49491709018"},
		{"DE", "+49 491 709018", "+49491709018"},
		{"", "+", no},
	} {
		step := "phone"
		if tt.region != "" {
			step = fmt.Sprintf("{phone: {default-region: %q}}", tt.region)
		}
		assert.Equal(t, tt.want, stepped(t, step, tt.in), "%s in %q", tt.in, tt.region)
	}
}

// TestPhonesAreRemembered: a number in E.164 costs nothing, nor does one that was there
// before, and the memory is bounded.
func TestPhonesAreRemembered(t *testing.T) {
	region := []byte("Switzerland")
	p := newPhones(func(int) []byte { return region }, true, "")
	dst := make([]byte, 0, 64)
	for _, v := range [][]byte{[]byte("+12015550100"), []byte("044 668 18 00"), []byte("4.4E+10"), []byte("no phone")} {
		p.step(dst, v)
		assert.Zero(t, testing.AllocsPerRun(20, func() { p.step(dst, v) }), "%s", v)
	}
	for i := range 3 * mostKnown {
		region = fmt.Appendf(nil, "country %d", i)
		_, result := p.step(dst, fmt.Appendf(nil, "044 %07d", i))
		require.Equal(t, stepUnknownRegion, result)
	}
	assert.LessOrEqual(t, len(p.known), mostKnown)
	assert.LessOrEqual(t, len(p.regions), mostKnown)
}

// TestPhoneMetadataIsThatOfTheLibrary fails when the library is changed: its CHANGELOG says
// which metadata it has then.
func TestPhoneMetadataIsThatOfTheLibrary(t *testing.T) {
	required, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	require.Contains(t, string(required), "github.com/nyaruka/phonenumbers v1.8.1\n")
	require.Equal(t, "9.0.32", PhoneMetadata)
}

func FuzzPhone(f *testing.F) {
	f.Add("+1 (201) 555-0100", "US")
	f.Add("tel:+44;ext=5", "")
	f.Add("4.43E+11", "DE")
	f.Fuzz(func(t *testing.T, number, region string) {
		p := newPhones(nil, false, Region(region))
		out, result := p.step(nil, []byte(number))
		if result != stepDone {
			require.Empty(t, out)
			return
		}
		require.Regexp(t, `^\+[1-9][0-9]{1,14}$`, string(out))
		again, result := p.step(nil, out)
		require.Equal(t, stepDone, result)
		require.Equal(t, out, again)
	})
}

// TestPhoneLooksAtTheRegion has a row for each way to say it.
func TestPhoneLooksAtTheRegion(t *testing.T) {
	m, err := Parse("map.yaml", []byte(`
values:
  phone: {first: [Mobile, Phone], steps: [{phone: {region: Country}}]}
columns:
  phone_number: $phone
  cognito:username: {first: [Login, $phone]}
`))
	require.NoError(t, err)
	columns := schema.Default().Header
	p, err := m.Compile([]string{"Mobile", "Phone", "Country", "Login"}, Options{DefaultRegion: "germany"})
	require.NoError(t, err)
	rows := [][]string{
		{"", "020 7946 0958", "uk", ""}, {"(201) 555-0100", "", "USA", "x"}, {"030 901820", "", "", ""}, {"030 901820", "", "Atlantis", ""}, {"+12015550100", "", "Atlantis", ""}, {"", "", "US", ""},
	}
	want := []string{"+442079460958", "+12015550100", "+4930901820", "[phone: a national number, and its region is no country that is known]", "+12015550100", ""}
	s := p.NewState()
	phone := slices.Index(columns, "phone_number")
	c := p.NewColumns()
	byColumn := make([][]scan.Span, 4)
	for i, row := range rows {
		buf, fields := fieldsOf(row)
		out := make([]scan.Span, len(columns))
		buf, _, failures := s.Row(buf, fields, out)
		got := string(out[phone].Of(buf))
		if len(failures) > 0 {
			got = "[" + failures[0].Text + "]"
			assert.Equal(t, phone, failures[0].Target)
		}
		assert.Equal(t, want[i], got)
		for f, v := range row {
			start := uint32(len(c.Buf))
			c.Buf = append(c.Buf, v...)
			byColumn[f] = append(byColumn[f], scan.Span{Start: start, End: start + uint32(len(v))})
		}
	}
	c.Buf = append(c.Buf, make([]byte, scan.Padding)...)[:len(c.Buf)]
	c.Run(len(rows), func(f int) []scan.Span { return byColumn[f] })
	for i, v := range c.Made(phone) {
		if !slices.Contains(c.Left, int32(i)) {
			assert.Equal(t, want[i], string(v.Of(c.Buf)))
		}
	}
	assert.Equal(t, []int32{3}, c.Left)
	_, err = m.Compile([]string{"Mobile", "Phone", "Country", "Login"}, Options{DefaultRegion: "Atlantis"})
	assert.ErrorContains(t, err, "no country that has phone numbers is called \"Atlantis\"")
}

// TestHash looks at what a source says of the scheme.
func TestHash(t *testing.T) {
	const django, clerk, foreign = "pbkdf2_sha256$1000$c2FsdA==$aGFzaA==", "$pbkdf2-sha256$1000$c2FsdA$aGFzaA", "[hash: the hash is not of a scheme that the import takes (argon2, argon2id, bcrypt, pbkdf2-sha256, pbkdf2_sha256, pbkdf2_sha256_django, scrypt, scrypt_werkzeug)]"
	bcrypt := "$2b$10$" + strings.Repeat("a", 53)
	assert.Equal(t, "$pbkdf2-sha256$1000$YzJGc2RBPT0$aGFzaA", stepped(t, "hash", django))
	assert.Equal(t, clerk, stepped(t, "{hash: {scheme: pbkdf2_sha256}}", django))
	assert.Equal(t, foreign, stepped(t, "{hash: {scheme: bcrypt}}", django))
	assert.Equal(t, bcrypt, stepped(t, "hash", bcrypt))
	assert.Equal(t, "secret", stepped(t, "hash", "secret"), "what it is, the rules say")
	for steps, want := range map[string]string{
		"{hash: {scheme: bcript}}":                  `unknown scheme "bcript", did you mean "bcrypt"?`,
		"{hash: {scheme: bcrypt, scheme-from: In}}": "either `scheme` or `scheme-from`",
		"{hash: {of: bcrypt}}":                      "unknown key",
	} {
		_, err := Parse("map.yaml", []byte("columns:\n  name: {from: In, steps: ["+steps+"]}\n"))
		assert.ErrorContains(t, err, want)
	}
	m, err := Parse("map.yaml", []byte("columns:\n  name: {from: In, steps: [{hash: {scheme-from: Hasher}}]}\n"))
	require.NoError(t, err)
	p, err := m.Compile([]string{"In", "Hasher"}, Options{})
	require.NoError(t, err)
	s, out := p.NewState(), make([]scan.Span, len(schema.Default().Header))
	for _, tt := range []struct{ in, hasher, want string }{
		{django, "pbkdf2_sha256", clerk}, {django, "pbkdf2_sha256_django", "$pbkdf2-sha256$1000$YzJGc2RBPT0$aGFzaA"}, {django, "", "$pbkdf2-sha256$1000$YzJGc2RBPT0$aGFzaA"},
		{bcrypt, "bcrypt", bcrypt}, {bcrypt, "bcrypt_peppered", foreign}, {bcrypt, "md5", foreign}, {"secret", "bcrypt", "secret"},
	} {
		buf, fields := fieldsOf([]string{tt.in, tt.hasher})
		buf, _, failures := s.Row(buf, fields, out)
		got := string(out[0].Of(buf))
		if len(failures) > 0 {
			got = "[" + failures[0].Text + "]"
		}
		assert.Equal(t, tt.want, got, "%s by %s", tt.in, tt.hasher)
	}
}
