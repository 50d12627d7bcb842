package validate

import (
	"fmt"
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

func TestNullWords(t *testing.T) {
	requiring := func(name string) *schema.Pool {
		return pool(func(p *schema.Pool) {
			for i := range p.Attributes {
				p.Attributes[i].Required = p.Attributes[i].Name == name
			}
		})
	}
	tests := []struct {
		name    string
		changes []string
		options judge.Options
		want    string
	}{
		{"in a name", []string{"name=NULL"}, judge.Options{}, "value-null-word"},
		{"several", []string{`name=\N`, "given_name=null", "family_name=None", "middle_name=nil", "nickname=undefined", "profile=NaN", "picture=#N/A"},
			judge.Options{}, strings.Repeat("value-null-word ", 6) + "value-null-word"},
		{"as username", []string{"cognito:username=nil"}, judge.Options{}, "value-null-word"},
		{"white space around", []string{"name= NULL "}, judge.Options{}, "value-whitespace value-null-word"},
		{"part of a value", []string{"name=NULL NULL", "given_name=NULLs", "family_name=aNaN", "nickname=Noneman", "gender=undefine", "locale=undefined2"}, judge.Options{}, ""},
		{"other spellings are names", []string{"name=Null", "given_name=NIL", "family_name=Undefined", "nickname=nan", "locale=N/A", "gender=none"}, judge.Options{}, ""},
		{"where another form is expected", []string{"email=NULL", "email_verified=null", "birthdate=None"}, judge.Options{},
			"value-null-word email-format value-null-word boolean-format value-null-word birthdate-format not-verified"},
		{"a required one is there", []string{"given_name=NULL"}, judge.Options{Pool: requiring("given_name")}, "value-null-word"},
		{"turned off", []string{"name=NULL"}, judge.Options{Severity: map[rule.Code]rule.Severity{rule.ValueNullWord: rule.Off}}, ""},
		{"as an error", []string{"name=NULL"}, judge.Options{Severity: map[rule.Code]rule.Severity{rule.ValueNullWord: rule.Error}}, "value-null-word"},

		{"empty if it is to be", []string{"name=NULL", "given_name=null"}, judge.Options{Nulls: []string{"NULL"}}, "value-null-word"},
		{"white space aside", []string{"name= NULL\t"}, judge.Options{Nulls: []string{"NULL"}}, ""},
		{"any word", []string{"name=-", "nickname=n/a", "birthdate=0000-00-00", "updated_at=0"}, judge.Options{Nulls: []string{"-", "n/a", "0000-00-00", "0"}}, ""},
		{"not a part", []string{"birthdate=-1"}, judge.Options{Nulls: []string{"-"}}, "birthdate-format"},
		{"a required one is missing", []string{"given_name=-"}, judge.Options{Nulls: []string{"-"}, Pool: requiring("given_name")}, "required-missing"},
		{"no username", []string{"cognito:username=NULL"}, judge.Options{Nulls: []string{"NULL"}}, "username-missing"},
		{"a verified address is missing", []string{"email=NULL"}, judge.Options{Nulls: []string{"NULL"}}, "email-missing"},
		{"a flag that is none", []string{"email_verified=NULL"}, judge.Options{Nulls: []string{"NULL"}}, "not-verified"},
		{"a flag that is true", []string{"phone_number_verified=TRUE"}, judge.Options{Nulls: []string{"TRUE"}}, "not-verified"},
		{"MFA by the rules of 2023", []string{"cognito:mfa_enabled=-"}, judge.Options{Nulls: []string{"-"}, Rules: judge.Rules2023}, "mfa-missing"},
		{"a word that looks quoted", []string{`name=""`}, judge.Options{Nulls: []string{`""`}}, ""},
		{"a word of an unsound character", []string{"name=\x01"}, judge.Options{Nulls: []string{"\x01"}}, ""},
		{"a hash", []string{"password_hash=NULL"}, judge.Options{PasswordHash: value.BCrypt, Nulls: []string{"NULL"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, slow := range []bool{false, true} {
				h := cognito
				h.rowByRow = slow
				out := runText(t, tt.options, withValue(tt.changes...), h)
				assert.Equal(t, tt.want, strings.Join(out.codes(), " "))
			}
		})
	}
}

// TestFastPathKnowsEveryWord puts words, and what is nearly one, at every place of
// rows of several widths and dialects, and compares with a run row by row.
func TestFastPathKnowsEveryWord(t *testing.T) {
	values := []string{"", "x", "N", "NU", "NUL", "NULLL", "NULL,", "\"NULL", "Na", "nu", "user-1", "#", "\\", "Nuno", " nil", "nil ", "None\u00a0", "-", "--", "日本"}
	values = append(values, value.NullWords...)
	dialects := []scan.Dialect{{}, {Kind: scan.Cognito}, {Delimiter: ';', Quote: '\''}, {NoQuotes: true}, {Delimiter: 'N'}, {Delimiter: '\t', Quote: 'N'}}
	for _, kernel := range scan.Kernels() {
		t.Run(kernel, func(t *testing.T) {
			t.Cleanup(scan.UseKernel(kernel))
			for k, d := range dialects {
				columns := []string{"name", "given_name", "email", "email_verified", "cognito:username", "gender"}
				for _, nulls := range [][]string{nil, {"-"}, {"x", "日本", "nil"}} {
					for _, level := range []rule.Severity{rule.Warning, rule.Off} {
						o := judge.Options{Nulls: nulls, Severity: map[rule.Code]rule.Severity{rule.ValueNullWord: level}, TrimSilently: k%2 == 0,
							Pool: pool(func(p *schema.Pool) { p.Header = columns })}
						text := wordsAtEveryPlace(d, columns, values)
						want := runText(t, o, text, how{dialect: d, rowByRow: true})
						require.Equal(t, want, runText(t, o, text, how{dialect: d}), "%+v, %q", d, nulls)
						require.Equal(t, want, runText(t, o, text, how{dialect: d, blockSize: 90, workers: 2}), "%+v, %q", d, nulls)
					}
				}
			}
		})
	}
}

// wordsAtEveryPlace makes a row for each value and column, plain and quoted.
func wordsAtEveryPlace(d scan.Dialect, columns, values []string) string {
	d, _ = d.Resolve()
	delimiter, quote := string([]byte{d.Delimiter}), string([]byte{d.Quote})
	var b strings.Builder
	b.WriteString(strings.Join(columns, delimiter) + "\n")
	n := 0
	for _, v := range values {
		for at := range columns {
			for _, quoted := range []bool{false, true} {
				n++
				row := []string{"Anna", "", "a@example.com", "TRUE", fmt.Sprint("u", n), "f"}
				row[at] = v
				if quoted && d.Kind == scan.CSV && !d.NoQuotes {
					row[at] = quote + strings.ReplaceAll(v, quote, quote+quote) + quote
				}
				b.WriteString(strings.Join(row, delimiter) + "\n")
			}
		}
	}
	return b.String()
}
