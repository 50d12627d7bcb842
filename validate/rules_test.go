package validate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

var cognito = how{dialect: scan.Dialect{Kind: scan.Cognito}}

// pool returns the default pool, changed.
func pool(change func(*schema.Pool)) *schema.Pool {
	p := schema.Default()
	change(p)
	return p
}

func ptr[T any](v T) *T { return &v }

// custom adds an attribute and its column.
func custom(a schema.Attribute) *schema.Pool {
	return pool(func(p *schema.Pool) {
		p.Header = append(p.Header, a.Name)
		p.Attributes = append(p.Attributes, a)
	})
}

func TestValues(t *testing.T) {
	tests := []struct {
		name    string
		changes []string
		options judge.Options
		want    string // codes, separated by blanks
	}{
		{"a good row", nil, judge.Options{}, ""},

		{"e-mail without @", []string{"email=anna"}, judge.Options{}, "email-format"},
		{"e-mail with two @", []string{"email=a@b@example.com"}, judge.Options{}, "email-format"},
		{"e-mail without local part", []string{"email=@example.com"}, judge.Options{}, "email-format"},
		{"e-mail without domain", []string{"email=anna@"}, judge.Options{}, "email-format"},
		{"e-mail with one label", []string{"email=anna@example"}, judge.Options{}, "email-format"},
		{"e-mail with an empty label", []string{"email=anna@example..com"}, judge.Options{}, "email-format"},
		{"e-mail ending in a dot", []string{"email=anna@example.com."}, judge.Options{}, "email-format"},
		{"e-mail with a space", []string{"email=an na@example.com"}, judge.Options{}, "email-format"},
		{"e-mail with a no-break space", []string{"email=an\u00a0na@example.com"}, judge.Options{}, "email-format"},
		{"e-mail with a name", []string{"email=Anna <anna@example.com>"}, judge.Options{}, "email-format"},
		{"two e-mails", []string{`email=a@example.com\,b@example.com`}, judge.Options{}, "email-format"},
		{"e-mail with plus and dots", []string{"email=a.n-n_a+tag@mail.example.org"}, judge.Options{}, ""},
		{"e-mail with foreign letters", []string{"email=żaneta@bücher.example"}, judge.Options{}, ""},
		{"e-mail missing though verified", []string{"email="}, judge.Options{}, "email-missing"},
		{"e-mail missing and not verified", []string{"email=", "email_verified=FALSE"}, judge.Options{}, "not-verified"},

		{"phone", []string{"phone_number=+12015550123"}, judge.Options{}, ""},
		{"phone without plus", []string{"phone_number=12015550123"}, judge.Options{}, "phone-format"},
		{"phone with dashes", []string{"phone_number=+1-201-555-0123"}, judge.Options{}, "phone-format"},
		{"phone with 00", []string{"phone_number=0012015550123"}, judge.Options{}, "phone-format"},
		{"phone with country code 0", []string{"phone_number=+02015550123"}, judge.Options{}, "phone-format"},
		{"phone of 15 digits", []string{"phone_number=+123456789012345"}, judge.Options{}, ""},
		{"phone of 16 digits", []string{"phone_number=+1234567890123456"}, judge.Options{}, "phone-format"},
		{"phone from a spreadsheet", []string{"phone_number=4.43E+11"}, judge.Options{}, "phone-format"},
		{"a plus", []string{"phone_number=+"}, judge.Options{}, "phone-format"},
		{"phone missing though verified", []string{"phone_number_verified=TRUE"}, judge.Options{}, "phone-missing"},

		{"booleans in lower case", []string{"email_verified=true", "cognito:mfa_enabled=false"}, judge.Options{}, ""},
		{"boolean in mixed case", []string{"phone_number_verified=False"}, judge.Options{}, "boolean-format"},
		{"boolean as word", []string{"email_verified=yes"}, judge.Options{}, "boolean-format not-verified"},
		{"blank verified flag is false", []string{"phone_number_verified="}, judge.Options{}, ""},
		{"nothing verified", []string{"email_verified="}, judge.Options{}, "not-verified"},
		{"the other attribute is verified", []string{"email_verified=", "phone_number=+12015550123", "phone_number_verified=TRUE"}, judge.Options{}, "not-verified"},
		{"either of two", []string{"email_verified=", "phone_number=+12015550123", "phone_number_verified=TRUE"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.AutoVerified = []string{"email", "phone_number"} })}, ""},

		{"birthdate", []string{"birthdate=02/29/2024"}, judge.Options{}, ""},
		{"birthdate in ISO form", []string{"birthdate=1980-01-31"}, judge.Options{}, "birthdate-format"},
		{"birthdate without zeros", []string{"birthdate=1/2/1980"}, judge.Options{}, "birthdate-format"},
		{"birthdate of letters", []string{"birthdate=aa/bb/cccc"}, judge.Options{}, "birthdate-format"},
		{"day first", []string{"birthdate=31/01/1980"}, judge.Options{}, "birthdate-impossible"},
		{"no leap year", []string{"birthdate=02/29/2023"}, judge.Options{}, "birthdate-impossible"},
		{"century", []string{"birthdate=02/29/1900"}, judge.Options{}, "birthdate-impossible"},
		{"day zero", []string{"birthdate=01/00/1980"}, judge.Options{}, "birthdate-impossible"},

		{"updated_at", []string{"updated_at=1470957431"}, judge.Options{}, ""},
		{"updated_at in milliseconds", []string{"updated_at=1470957431965"}, judge.Options{}, "updated-at-format"},
		{"updated_at with a fraction", []string{"updated_at=1470957431.9"}, judge.Options{}, "updated-at-format"},
		{"updated_at in ISO form", []string{"updated_at=2026-01-31T12:00:00Z"}, judge.Options{}, "updated-at-format"},

		{"MFA on in a pool without", []string{"cognito:mfa_enabled=TRUE"}, judge.Options{}, "mfa-mismatch"},
		{"MFA blank", []string{"cognito:mfa_enabled="}, judge.Options{}, ""},
		{"MFA blank by the rules of 2023", []string{"cognito:mfa_enabled="}, judge.Options{Rules: judge.Rules2023}, "mfa-missing"},
		{"MFA off where required", nil, judge.Options{Pool: pool(func(p *schema.Pool) { p.MFA = schema.MFAOn })}, "mfa-mismatch"},
		{"MFA blank where required", []string{"cognito:mfa_enabled="}, judge.Options{Pool: pool(func(p *schema.Pool) { p.MFA = schema.MFAOn })}, ""},
		{"MFA optional", []string{"cognito:mfa_enabled=TRUE"}, judge.Options{Pool: pool(func(p *schema.Pool) { p.MFA = schema.MFAOptional })}, ""},

		{"username missing", []string{"cognito:username="}, judge.Options{}, "username-missing"},
		{"username of blanks", []string{"cognito:username=  "}, judge.Options{}, "value-whitespace username-missing"},
		{"username with a space", []string{"cognito:username=an na"}, judge.Options{}, "username-whitespace"},
		{"username with a tab", []string{"cognito:username=an\tna"}, judge.Options{}, "username-whitespace"},
		{"username with an ideographic space", []string{"cognito:username=an\u3000na"}, judge.Options{}, "username-whitespace"},
		{"username with a no-break space at the end", []string{"cognito:username=anna\u00a0"}, judge.Options{}, "username-whitespace"},
		{"username with a zero-width space", []string{"cognito:username=an\u200bna"}, judge.Options{}, "username-characters"},
		{"username with a Hangul filler", []string{"cognito:username=an\u3164na"}, judge.Options{}, "value-invisible"},
		{"username with two kinds", []string{"cognito:username=\u200ban\u3164na"}, judge.Options{}, "value-invisible username-characters"},
		{"username with U+FFFD", []string{"cognito:username=an\ufffdna"}, judge.Options{}, "value-invisible"},
		{"username of a Hangul filler", []string{"cognito:username=\u3164"}, judge.Options{}, "value-invisible"},
		{"username with a line separator", []string{"cognito:username=an\u2028na"}, judge.Options{}, "username-whitespace"},
		{"username with a line separator, whitespace allowed", []string{"cognito:username=an\u2028na"},
			judge.Options{Severity: map[rule.Code]rule.Severity{rule.UsernameWhitespace: rule.Off}}, "value-invisible"},
		{"username with a zero-width space, characters allowed", []string{"cognito:username=an\u200bna"},
			judge.Options{Severity: map[rule.Code]rule.Severity{rule.UsernameCharacters: rule.Warning}}, "value-invisible username-characters"},
		{"username with a control character", []string{"cognito:username=an\x01na"}, judge.Options{}, "row-control"},
		{"username with DEL", []string{"cognito:username=an\x7fna"}, judge.Options{}, "row-control"},
		{"username with a vertical tab", []string{"cognito:username=an\vna"}, judge.Options{}, "row-control"},
		{"username with NEL", []string{"cognito:username=an\u0085na"}, judge.Options{}, "row-control"},
		{"username with a control character, row-control off", []string{"cognito:username=an\x01na"},
			judge.Options{Severity: map[rule.Code]rule.Severity{rule.RowControl: rule.Off}}, "username-characters"},
		{"username with a lone CR", []string{"cognito:username=an\rna"}, judge.Options{}, "value-line-break"},
		{"username with an unassigned character", []string{"cognito:username=an\U000e1000na"}, judge.Options{}, "username-characters"},
		{"username with a private character", []string{"cognito:username=an\ue000na"}, judge.Options{}, "username-characters"},
		{"username of emoji", []string{"cognito:username=❤\ufe0f"}, judge.Options{}, ""},
		{"e-mail as username with a zero-width space", []string{"cognito:username=anna\u200b@example.com"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email"} })}, "username-characters"},
		{"e-mail as username with a filler", []string{"cognito:username=anna@exam\u3164ple.com"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email", "phone_number"} })}, "value-invisible"},
		{"phone as username with a mark", []string{"cognito:username=+1201555\u200e0123"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"phone_number"} })}, "username-characters"},
		{"a filler in the domain is no letter, if it may be there", []string{"cognito:username=anna@exam\u200bple.com"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email"} }), Severity: map[rule.Code]rule.Severity{rule.ValueInvisible: rule.Off, rule.UsernameCharacters: rule.Off}}, "username-not-email"},

		{"invisible in a name", []string{"name=An\u200bna"}, judge.Options{}, "value-invisible"},
		{"several invisible in a name", []string{"name=An\u200bn\u00ad\ufeffa"}, judge.Options{}, "value-invisible"},
		{"invisible turned off", []string{"name=An\u200bna", "email=an\u00adna@example.com"}, judge.Options{Severity: map[rule.Code]rule.Severity{rule.ValueInvisible: rule.Off}}, ""},
		{"invisible in an e-mail", []string{"email=an\u200bna@example.com"}, judge.Options{}, "value-invisible"},
		{"invisible in a domain", []string{"email=anna@exa\u00admple.com"}, judge.Options{}, "value-invisible"},
		{"an e-mail of nothing visible", []string{"email=\u200b"}, judge.Options{}, "value-invisible"},
		{"an invisible character makes no e-mail", []string{"email=anna\u200b"}, judge.Options{}, "value-invisible email-format"},
		{"invisible in a domain as a warning", []string{"email=anna@exa\u200bmple.com"}, judge.Options{Severity: map[rule.Code]rule.Severity{rule.ValueInvisible: rule.Warning}}, "value-invisible email-format"},
		{"invisible in a phone number", []string{"phone_number=\u202d+12015550123\u202c"}, judge.Options{}, "value-invisible"},
		{"invisible in a boolean", []string{"phone_number_verified=FALSE\u200b"}, judge.Options{}, "value-invisible boolean-format"},
		{"invisible in a birthdate", []string{"birthdate=\u200e01/31/1980"}, judge.Options{}, "value-invisible birthdate-format"},
		{"an emoji in a name", []string{"nickname=Anna ❤\ufe0f"}, judge.Options{}, ""},

		{"username in any script", []string{"cognito:username=安娜_ß-é.9€"}, judge.Options{}, ""},
		{"username of 128", []string{"cognito:username=" + strings.Repeat("é", 128)}, judge.Options{}, ""},
		{"username of 129", []string{"cognito:username=" + strings.Repeat("é", 129)}, judge.Options{}, "username-too-long"},
		{"username with e-mail form", []string{"cognito:username=anna@example.com"}, judge.Options{}, ""},
		{"username with the form of an alias", []string{"cognito:username=anna@example.com"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.Aliases = []string{"email"} })}, "username-looks-like-alias"},
		{"username with the form of a phone alias", []string{"cognito:username=+12015550123"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.Aliases = []string{"phone_number"} })}, "username-looks-like-alias"},
		{"username is to be an e-mail", nil,
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email"} })}, "username-not-email"},
		{"username is to be a phone", nil,
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"phone_number"} })}, "username-not-phone"},
		{"username is neither of both", nil,
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email", "phone_number"} })}, "username-not-email"},
		{"username is one of both", []string{"cognito:username=+12015550123"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email", "phone_number"} })}, ""},
		{"e-mail of 128 as username", []string{"cognito:username=" + strings.Repeat("a", 61) + "@" + strings.Repeat("b", 63) + ".ch"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email"} })}, ""},
		{"e-mail of 128 code points as username", []string{"cognito:username=" + strings.Repeat("é", 30) + "@" + strings.Repeat("ü", 63) + "." + strings.Repeat("b", 30) + ".ch"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email"} })}, ""},
		{"e-mail of 129 as username", []string{"cognito:username=" + strings.Repeat("a", 62) + "@" + strings.Repeat("b", 63) + ".ch"},
			judge.Options{Pool: pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email", "phone_number"} })}, "username-too-long"},

		{"required attribute missing", nil, judge.Options{Pool: pool(func(p *schema.Pool) {
			for i := range p.Attributes {
				p.Attributes[i].Required = p.Attributes[i].Name == "given_name"
			}
		})}, "required-missing"},

		{"value of 2048", []string{"name=" + strings.Repeat("a", 2048)}, judge.Options{}, ""},
		{"value of 2049", []string{"name=" + strings.Repeat("a", 2049)}, judge.Options{}, "value-too-long"},
		{"bytes count for the cap", []string{"name=" + strings.Repeat("é", 1025)}, judge.Options{}, "value-too-long"},
		{"too long by the schema", []string{"custom:x=1234"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", MaxLength: ptr(3)})}, "value-too-long"},
		{"code points count for the schema", []string{"custom:x=ééé"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", MaxLength: ptr(3)})}, ""},
		{"too short by the schema", []string{"custom:x=é"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", MinLength: ptr(2)})}, "value-too-short"},
		{"empty is not too short", []string{"custom:x="}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", MinLength: ptr(2)})}, ""},
		{"number", []string{"custom:x=-5"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", Type: schema.Number})}, ""},
		{"no number", []string{"custom:x=5x"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", Type: schema.Number})}, "number-format"},
		{"number below", []string{"custom:x=-5"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", Type: schema.Number, MinValue: ptr(int64(-4))})}, "number-range"},
		{"number above", []string{"custom:x=11"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", Type: schema.Number, MaxValue: ptr(int64(10))})}, "number-range"},
		{"number beyond 64 bits", []string{"custom:x=99999999999999999999"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", Type: schema.Number})}, "number-range"},
		{"custom boolean", []string{"custom:x=1"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", Type: schema.Boolean})}, "boolean-format"},
		{"date and time", []string{"custom:x=2026-01-31T12:00:00.123+02:00"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", Type: schema.DateTime})}, ""},
		{"no date and time", []string{"custom:x=2026-02-31"}, judge.Options{Pool: custom(schema.Attribute{Name: "custom:x", Type: schema.DateTime})}, "datetime-format"},

		{"quotation marks around", []string{`name="Anna"`}, judge.Options{}, "value-quoted"},
		{"quotation mark inside", []string{`name=An"na`}, judge.Options{}, "value-quote-inside"},
		{"escaped comma", []string{`name=Berg\, Anna`}, judge.Options{}, ""},
		{"backslash at the end", []string{`name=Anna\`, "given_name=x"}, judge.Options{}, "row-field-count"},
		{"backslash at the end of the row", []string{`cognito:username=anna\`}, judge.Options{}, "value-backslash"},
		{"backslash before an escaped comma", []string{`name=Berg\\, Anna`}, judge.Options{}, "value-backslash"},
		{"backslash elsewhere", []string{`name=An\na`}, judge.Options{}, ""},
		{"white space around", []string{"name= Anna\t"}, judge.Options{}, "value-whitespace"},
		{"tab inside", []string{"name=An\tna"}, judge.Options{}, "row-control"},
		{"NUL", []string{"name=An\x00na"}, judge.Options{}, "row-control"},
		{"DEL", []string{"name=An\x7fna"}, judge.Options{}, "row-control"},
		{"a control character above ASCII", []string{"name=An\u0085na"}, judge.Options{}, "row-control"},
		{"lone CR", []string{"name=An\rna"}, judge.Options{}, "value-line-break"},
		{"no-break space inside is data", []string{"name=An\u00a0na"}, judge.Options{}, ""},
		{"invalid UTF-8 gets no value findings", []string{"name=Ren\xe9", "email=bad"}, judge.Options{}, "row-encoding"},
		{"all findings of a row", []string{"email=bad", "birthdate=13/13/2000", "phone_number=5"}, judge.Options{}, "email-format birthdate-impossible phone-format"},
		{"free strings stay free", []string{"gender=x", "locale=??", "zoneinfo=nowhere", "website=not a url", "picture=p", "profile=q"}, judge.Options{}, ""},
		{"a level turned off", []string{"email=bad"}, judge.Options{Severity: map[rule.Code]rule.Severity{rule.EmailFormat: rule.Off}}, ""},

		{"hash not expected", []string{"password_hash=$2b$10$x"}, judge.Options{Pool: pool(func(p *schema.Pool) { p.Header = append(p.Header, "password_hash") })}, "hash-unexpected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := cognito
			h.dialect.LineEnd = scan.EndLF
			out := runText(t, tt.options, withValue(tt.changes...), h)
			assert.Equal(t, tt.want, strings.Join(out.codes(), " "))
			want := int64(0)
			for _, f := range out.Findings {
				if f.Severity == rule.Error {
					want = 1
				}
			}
			assert.Equal(t, want, out.Summary.RowsRejected, "a row is rejected once")
			for _, f := range out.Findings {
				assert.NotContains(t, string(f.AppendMessage(nil)), "anna", "no message holds a value")
			}
			if tt.want != "row-field-count" {
				assertSameOfUser(t, tt.options, tt.changes, out.Findings)
			}
		})
	}
}

// assertSameOfUser wants User to find in the row that withValue makes what a run does.
func assertSameOfUser(t *testing.T, o judge.Options, changes []string, want []rule.Finding) {
	header, row, _ := strings.Cut(strings.TrimSuffix(withValue(changes...), "\n"), "\n")
	o.Columns = judge.KnownColumns(o, strings.Split(header, ","))
	v, err := judge.New(o)
	require.NoError(t, err)
	user := make(map[string]string)
	for i, value := range strings.Split(strings.ReplaceAll(row, `\,`, "\x00comma"), ",") {
		if o.Columns[i] != "" {
			user[o.Columns[i]] = strings.ReplaceAll(value, "\x00comma", ",")
		}
	}
	got, err := v.User(user)
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for i := range want {
		assert.Equal(t, want[i].Code, got[i].Code)
		assert.Equal(t, want[i].Severity, got[i].Severity)
		if want[i].Code != rule.RowEncoding { // of a file, the place in the row
			assert.Equal(t, want[i].Column, got[i].Column)
			assert.Equal(t, string(want[i].AppendMessage(nil)), string(got[i].AppendMessage(nil)))
		}
	}
}

func TestHashes(t *testing.T) {
	bcrypt := "$2b$10$" + strings.Repeat("a", 53)
	tests := []struct {
		name, value string
		algorithm   value.HashAlgorithm
		want        string
	}{
		{"bcrypt", bcrypt, value.BCrypt, ""},
		{"bcrypt of PHP", "$2y$12$" + strings.Repeat("./Az09.", 7) + "abcd", value.BCrypt, ""},
		{"empty", "", value.BCrypt, ""},
		{"cost above", strings.Replace(bcrypt, "$10$", "$13$", 1), value.BCrypt, "hash-bounds"},
		{"too short", bcrypt[:59], value.BCrypt, "hash-format"},
		{"WordPress", "$wp" + bcrypt, value.BCrypt, "hash-format"},
		{"phpass", "$P$Babcdefghijklmnopqrstuvwxyz01234", value.BCrypt, "hash-format"},
		{"bcrypt of another kind", strings.Replace(bcrypt, "$2b", "$2z", 1), value.BCrypt, "hash-format"},
		{"other algorithm", "16384$8$1$0a0b$0c0d", value.BCrypt, "hash-algorithm"},
		{"scrypt", "65536$8$1$0a0B$0c0d", value.SCrypt, ""},
		{"scrypt N above", "131072$8$1$0a0b$0c0d", value.SCrypt, "hash-bounds"},
		{"scrypt r above", "65536$9$1$0a0b$0c0d", value.SCrypt, "hash-bounds"},
		{"scrypt p above", "65536$8$2$0a0b$0c0d", value.SCrypt, "hash-bounds"},
		{"scrypt N no power of two", "1000$8$1$0a0b$0c0d", value.SCrypt, "hash-format"},
		{"scrypt salt not hex", "16384$8$1$0g$0c0d", value.SCrypt, "hash-format"},
		{"argon2id", `$argon2id$v=19$m=19456\,t=2\,p=1$c2FsdHNhbHQ$aGFzaGhhc2g`, value.Argon2id, ""},
		{"argon2id m above", `$argon2id$v=19$m=65536\,t=2\,p=1$c2FsdHNhbHQ$aGFzaGhhc2g`, value.Argon2id, "hash-bounds"},
		{"argon2id t above", `$argon2id$v=19$m=19456\,t=5\,p=1$c2FsdHNhbHQ$aGFzaGhhc2g`, value.Argon2id, "hash-bounds"},
		{"argon2id padded", `$argon2id$v=19$m=19456\,t=2\,p=1$c2FsdHNhbHQ=$aGFzaGhhc2g`, value.Argon2id, "hash-format"},
		{"argon2i", `$argon2i$v=19$m=19456\,t=2\,p=1$c2FsdHNhbHQ$aGFzaGhhc2g`, value.Argon2id, "hash-format"},
		{"pbkdf2", "$pbkdf2-sha256$600000$c2FsdA$aGFzaA", value.PBKDF2SHA256, ""},
		{"pbkdf2 above", "$pbkdf2-sha256$600001$c2FsdA$aGFzaA", value.PBKDF2SHA256, "hash-bounds"},
		{"pbkdf2 of Django", "pbkdf2_sha256$600000$c2FsdA$aGFzaA", value.PBKDF2SHA256, "hash-format"},
		{"the first decides", bcrypt, value.HashAuto, ""},
		{"auto and no hash", "secret", value.HashAuto, "hash-format"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := cognito
			h.oneHash = true
			out := runText(t, judge.Options{PasswordHash: tt.algorithm}, withValue("password_hash="+tt.value), h)
			assert.Equal(t, tt.want, strings.Join(out.codes(), " "))
			for _, f := range out.Findings {
				assert.Nil(t, f.Value)
			}
		})
	}
}

func TestAutoTakesTheFirstHashesAlgorithm(t *testing.T) {
	rows := strings.Split(withValue("password_hash="), "\n")
	row := func(name, hash string) string { return strings.Replace(rows[1], ",anna,", ","+name+","+hash, 1) + "\n" }
	bcrypt := "$2b$10$" + strings.Repeat("a", 53)
	text := rows[0] + "\n" + row("a", "") + row("b", bcrypt) + row("c", "16384$8$1$0a0b$0c0d") + row("d", bcrypt)
	h := cognito
	h.oneHash, h.blockSize = true, 1
	out := runText(t, judge.Options{PasswordHash: value.HashAuto}, text, h)
	require.Equal(t, []string{"hash-algorithm"}, out.codes())
	assert.EqualValues(t, 4, out.Findings[0].Pos.Line)
	assert.EqualValues(t, 3, out.Summary.RowsAccepted)
}
