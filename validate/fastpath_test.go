package validate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// values are sound and unsound ones for every kind of column, and the borders between them.
var values = func() (out []string) {
	add := func(v ...string) { out = append(out, v...) }
	add("", " ", "a", "anna", "Anna Berg", " a", "a ", "\ta", "a\u00a0", "\u00a0a", "Zoë", "日本", "a\u0085b", "a\x00b", "a\x7fb", "two\nlines", "cr\rhere")
	add("an\u200bna", "\u00ad", "\ufffd", "❤\ufe0f", "a\ufe0f", "\u3164", "日\u2060本", "ж\u202eж", "a\u2028b", "anna\u200b@example.com", "anna@exa\u00admple.com", "+1201\u200e5550123", "TRUE\ufeff", "\U000e0061", "O’Brien", "łódź…")
	add(value.NullWords...)
	add("Nuno", "NULLs", "un", " NULL", "None\t")
	add("a,b", ",", "say \"hi\"", "\"", "back\\slash", "back\\", "a\\,b", strings.Repeat("x", 20), strings.Repeat("x", 128), strings.Repeat("é", 100), strings.Repeat("x", 129), strings.Repeat("y", 2049))
	add("anna@example.com", "anna@example", "@example.com", "anna@", "a@b@c.de", "anna@-x.example", "anna@example..com", "anna@example.com.", "an na@example.com", "anna@exämple.com", "o'brien+x@mail.example.co.uk", "Anna@Example.com")
	add("+12015550123", "+02015550123", "+1", "+12", "+1234567890123456", "+123456789012345", "12015550123", "+1201555O123", "+1201555:123", "+1201555/123")
	add("TRUE", "FALSE", "true", "false", "True", "yes", "0", "TRUEX", "TRU", "FALSY", "T", "tRUE")
	add("01/31/1980", "1/31/1980", "13/01/1980", "02/29/2023", "02/29/2024", "02/28/2024", "00/10/2000", "10/00/2000", "10/10/0000", "10/32/2000", "1980-01-31", "01-31-1980", "01/31/198o", "0a/31/1980", "01/31/19801")
	add("0", "5", "1539794831", "1539794831000", "15397948310", "153979483100", "153979483a", "-5", "18446744073709551616", "9223372036854775807", "2026-01-31T12:00:00Z")
	add("$2b$12$" + strings.Repeat("a", 53))
	return out
}()

// randomRows makes rows of values that mostly suit their columns, quoted where
// the dialect needs it and now and then where it does not.
func randomRows(r *rand.Rand, d scan.Dialect, columns []string, rows int) string {
	d, _ = d.Resolve()
	suits := map[string][]string{
		"email": {"anna@example.com", "bo.c@mail.example.org"}, "email_verified": {"TRUE", "FALSE", "true"}, "phone_number_verified": {"FALSE", "TRUE", ""},
		"birthdate": {"01/31/1980", ""}, "phone_number": {"+12015550123", ""}, "updated_at": {"1539794831", ""}, "cognito:mfa_enabled": {"FALSE", "TRUE", ""},
		"custom:level": {"5", "12", ""}, "custom:seen": {"1539794831", "2026-01-31", ""}, "custom:vip": {"TRUE", "FALSE"}, "custom:nick": {"abcd", "日本語です", ""},
	}
	var b strings.Builder
	end := []string{"\n", "\n", "\r\n"}[r.IntN(3)]
	wild := []int{40, 400}[r.IntN(2)]
	line := func(cells []string) {
		for i, v := range cells {
			if i > 0 {
				b.WriteByte(d.Delimiter)
			}
			switch {
			case d.Kind == scan.Cognito:
				b.WriteString(strings.ReplaceAll(strings.NewReplacer("\n", "", "\r", "").Replace(v), ",", "\\,"))
			case !d.NoQuotes && (r.IntN(20) == 0 || strings.ContainsAny(v, "\r\n"+string([]byte{d.Delimiter, d.Quote}))):
				q := string([]byte{d.Quote})
				b.WriteString(q + strings.ReplaceAll(v, q, q+q) + q)
			default:
				b.WriteString(v)
			}
		}
		b.WriteString(end)
	}
	line(columns)
	cells := make([]string, len(columns))
	for n := range rows {
		for i, name := range columns {
			switch v := suits[name]; {
			case r.IntN(wild) == 0:
				cells[i] = values[r.IntN(len(values))]
			case name == "cognito:username":
				cells[i] = fmt.Sprint("user", n-r.IntN(20)/19)
			case v != nil:
				cells[i] = v[r.IntN(len(v))]
			default:
				cells[i] = []string{"", "", "Anna", "Main St 5, Oslo", "żółw"}[r.IntN(5)]
			}
		}
		switch r.IntN(wild) {
		case 0:
			line(cells[1:])
		case 1:
			b.WriteString(end)
		case 2:
			b.WriteString("\xff,\n")
		default:
			line(cells)
		}
	}
	return strings.TrimSuffix(b.String(), []string{end, "none"}[r.IntN(2)])
}

// fastPathPools are pools in which every rule that the fast path knows of plays a part.
func fastPathPools(t testing.TB) []*schema.Pool {
	custom := `{"UserPool":{"Id":"x","SchemaAttributes":[
		{"Name":"custom:level","AttributeDataType":"Number","NumberAttributeConstraints":{"MinValue":"2","MaxValue":"30"}},
		{"Name":"custom:seen","AttributeDataType":"DateTime"},{"Name":"custom:vip","AttributeDataType":"Boolean"},
		{"Name":"custom:nick","AttributeDataType":"String","StringAttributeConstraints":{"MinLength":"3","MaxLength":"9"}},
		{"Name":"email","AttributeDataType":"String","Required":true}]}}`
	p, err := schema.Parse("pool.json", []byte(custom))
	require.NoError(t, err)
	return []*schema.Pool{
		schema.Default(), p,
		pool(func(p *schema.Pool) { p.Aliases = []string{"email", "phone_number"}; p.CaseSensitive = false }),
		pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"email", "phone_number"}; p.MFA = schema.MFAOn }),
		pool(func(p *schema.Pool) { p.UsernameAttributes = []string{"phone_number"}; p.MFA = schema.MFAOff }),
		pool(func(p *schema.Pool) { p.AutoVerified = []string{"phone_number", "email"} }),
	}
}

// TestFastPathChangesNothing compares runs with runs in which every row is judged
// by the Checker, and committed alone.
func TestFastPathChangesNothing(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 6
	}
	dialects := map[string]scan.Dialect{
		"csv": {}, "cognito": {Kind: scan.Cognito}, "semicolon": {Delimiter: ';', Quote: '\''}, "no quotes": {NoQuotes: true}, "keep blank": {KeepBlank: true}, "lenient": {LenientQuotes: true},
		"escape": {Escape: '\\'}, "blanks around fields": {TrimFields: true},
	}
	for name, d := range dialects {
		for k, p := range fastPathPools(t) {
			t.Run(fmt.Sprintf("%s/pool %d", name, k), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(uint64(k), uint64(len(name))))
				for round := range rounds {
					columns := append(append([]string{}, p.Header...), "other")
					o := judge.Options{Pool: p, Rules: judge.Rules(round % 2), TrimSilently: round%3 == 0, PasswordHash: value.HashAlgorithm(round % 5 / 4 * int(value.BCrypt))}
					if round%4 == 1 {
						o.Nulls = []string{"a", "FALSE", "NULL", "日本"}
					}
					text := randomRows(r, d, columns, 1+r.IntN(120))
					values := round%4 == 0
					want := runText(t, o, text, how{dialect: d, rowByRow: true, values: values})
					for _, size := range []int{1 << 20, 700, 1} {
						require.Equal(t, want, runText(t, o, text, how{dialect: d, blockSize: size, values: values}), "%q", text)
					}
				}
			})
		}
	}
}
