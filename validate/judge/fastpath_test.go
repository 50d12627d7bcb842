package judge

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/bench/generate"
	"poolprep/validate/keyset"
	"poolprep/validate/ledger"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// fastText returns records without a header, and what the fast path says of them.
func fastText(t *testing.T, v *Validator, fields int, text string) (*scan.Block, *scan.Index, *FastBlock) {
	t.Helper()
	s, err := scan.NewSplitter(strings.NewReader(text), scan.Pos{}, scan.Dialect{}, 1<<24)
	require.NoError(t, err)
	b, x := new(scan.Block), new(scan.Index)
	require.NoError(t, s.Next(b))
	b.Index(x)
	fast := v.NewFastPath(Records{Dialect: s.Dialect(), Fields: fields}).Start()
	require.True(t, fast.Begin(b, x))
	require.True(t, fast.Judge())
	return b, x, fast
}

// recheckOf returns what the fast path says of rows of the default pool.
func recheckOf(t *testing.T, rows string) []mask {
	t.Helper()
	header := schema.Default().Header
	v, err := New(Options{Columns: header, TrimSilently: true})
	require.NoError(t, err)
	_, _, s := fastText(t, v, len(header), rows)
	require.Len(t, s.recheck, strings.Count(rows, "\n"))
	return s.recheck
}

// TestFastPathLetsSoundRowsPass guards against a fast path that rechecks what is usual.
func TestFastPathLetsSoundRowsPass(t *testing.T) {
	usual := map[string][]string{
		"email": {"a.b@example.com", "anna+x@mail.example.org", "o'brien-42@sub.my-mail.example.co.uk", "1@2.de", "a_b.c@x1.example"},
		"name":  {"Zoë", "O’Brien – “x”", "Nuno", "Łukasz Źdźbło", "Нина", "山田 さくら カナ", "김민수", "Nguyễn Thị Ế", "محمد", "अनिता", "€ … 100 %", "Unda", "Noor", "nuri"},
	}
	usual["cognito:username"] = []string{"anna", "user-0001", "null1", "Nadia", "a.b@example.com"}
	var rows strings.Builder
	for column, values := range usual {
		for _, value := range values {
			var row []string
			for _, name := range schema.Default().Header {
				cell := map[string]string{"email": "a.b@example.com", "email_verified": "TRUE", "phone_number": "+12015550123", "phone_number_verified": "FALSE", "birthdate": "01/31/1980",
					"updated_at": "1539794831", "cognito:mfa_enabled": "FALSE", "cognito:username": "anna", "address": "\"Main St 5, Oslo\"", "name": "Zoë"}[name]
				if name == column {
					cell = value
				}
				row = append(row, cell)
			}
			rows.WriteString(strings.Join(row, ",") + "\n")
		}
	}
	for i, d := range recheckOf(t, rows.String()) {
		require.Zero(t, d, "%s", strings.Split(rows.String(), "\n")[i])
	}
	for _, q := range []generate.Quoting{generate.Plain, generate.All} {
		var b bytes.Buffer
		_, err := generate.Write(context.Background(), &b, generate.Options{Rows: 3000, Quoting: q, Seed: 5})
		require.NoError(t, err)
		_, text, _ := strings.Cut(b.String(), "\n")
		for i, d := range recheckOf(t, text) {
			require.Zero(t, d, "%s", strings.Split(text, "\n")[i])
		}
	}
}

// soundValues are values of a column about which there is nothing to say.
func soundValues(p *schema.Pool, column string) []string {
	switch {
	case column == schema.UsernameColumn && len(p.UsernameAttributes) == 1:
		return []string{"+12015550123"}
	case column == schema.UsernameColumn && len(p.UsernameAttributes) == 2:
		return []string{"a@example.com", "+12015550123"}
	case column == schema.MFAColumn && p.MFA == schema.MFAOn:
		return []string{"TRUE"}
	}
	return usualValues[column]
}

var usualValues = map[string][]string{
	"email": {"a.b@mail.example.com"}, "email_verified": {"TRUE"}, "phone_number": {"+12015550123"}, "phone_number_verified": {"TRUE"},
	"birthdate": {"02/28/2024"}, "updated_at": {"1539794831"}, "cognito:mfa_enabled": {"FALSE"}, "cognito:username": {"anna-1"},
	"name": {"Zoë", "Anna Berg"}, "custom:level": {"12"}, "custom:seen": {"2026-01-31"}, "custom:vip": {"TRUE"}, "custom:nick": {"abcd", "日本語"},
	"password_hash": {""}, "other": {"x"},
}

// changed returns a value, and what it becomes with a change at any place.
func changed(v string) []string {
	out := []string{v, "", v + v, strings.Repeat(v, 1+128/(len(v)+1)), strings.Repeat(v, 1+2048/(len(v)+1)), "FALSE", "tRUE", "-", "$2b$10$" + strings.Repeat("a", 53)}
	out = append(out, value.NullWords...)
	for i := 0; i <= len(v); i++ {
		if i < len(v) {
			out = append(out, v[:i]+v[i+1:])
		}
		for _, c := range []string{
			" ", "\t", "\u00a0", "a", "A", "é", "e\u0301", "ａ", "\u200b", "\u00ad", "\u0085", "0", "9", "/", "-", "+", "@", ".", ",", "\"", "\\", "\x00", "\x7f", "\n", "\xff",
		} {
			out = append(out, v[:i]+c+v[i:])
			if i < len(v) {
				out = append(out, v[:i]+c+v[i+1:])
			}
		}
	}
	return out
}

// changedRows returns rows in each of which one value was changed.
func changedRows(p *schema.Pool, columns []string) string {
	var b strings.Builder
	row := func(at int, v string) {
		for i, name := range columns {
			cell := v
			if i != at {
				cell = append(soundValues(p, name), "")[0]
			}
			if strings.ContainsAny(cell, ",\"\n") || i%3 == 0 {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
			b.WriteByte(",\n"[(i+1)/len(columns)])
		}
	}
	for at, name := range columns {
		for _, usual := range soundValues(p, name) {
			for _, v := range changed(usual) {
				row(at, v)
			}
		}
	}
	return b.String()
}

// promisePools are pools by which every rule that the fast path knows plays a part.
func promisePools(t *testing.T) map[string]*schema.Pool {
	custom, err := schema.Parse("pool.json", []byte(`{"UserPool":{"Id":"x","SchemaAttributes":[
		{"Name":"custom:level","AttributeDataType":"Number","NumberAttributeConstraints":{"MinValue":"2","MaxValue":"30"}},
		{"Name":"custom:seen","AttributeDataType":"DateTime"},{"Name":"custom:vip","AttributeDataType":"Boolean"},
		{"Name":"custom:nick","AttributeDataType":"String","StringAttributeConstraints":{"MinLength":"3","MaxLength":"9"}},
		{"Name":"email","AttributeDataType":"String","Required":true}]}}`))
	require.NoError(t, err)
	aliases, emails, phones := schema.Default(), schema.Default(), schema.Default()
	aliases.Aliases, aliases.CaseSensitive = []string{"email", "phone_number"}, false
	emails.UsernameAttributes, emails.MFA = []string{"email", "phone_number"}, schema.MFAOn
	phones.UsernameAttributes, phones.AutoVerified = []string{"phone_number"}, []string{"phone_number", "email"}
	return map[string]*schema.Pool{"default": schema.Default(), "custom": custom, "aliases": aliases, "emails": emails, "phones": phones}
}

// TestPromise compares what the fast path says of rows with what the Checker says of them:
// of sound ones nothing, and of those with rechecked values the same.
func TestPromise(t *testing.T) {
	for name, pool := range promisePools(t) {
		for k, o := range []Options{{}, {Rules: Rules2023, TrimSilently: true}, {Nulls: []string{"NULL", "-", "a\"b"}}, {PasswordHash: value.HashAuto}, {PasswordHash: value.BCrypt}} {
			t.Run(fmt.Sprint(name, k), func(t *testing.T) {
				o.Pool, o.Columns = pool, append(TargetColumns(pool, o.PasswordHash), "other")
				v, err := New(o)
				require.NoError(t, err)
				b, x, s := fastText(t, v, len(o.Columns), changedRows(pool, o.Columns))
				plain, fastColumn := v.NewChecker(false), v.NewChecker(false)
				plainFacts := ledger.Facts{Seed: keyset.NewSeed()}
				fastFacts := plainFacts
				seen := make(map[Recheck]int)
				for from := 0; from < len(x.Records); {
					to, recheck := s.Next(from)
					seen[recheck] += to - from
					for i := from; i < to && recheck != RecheckRow; i++ {
						text := string(b.Data[x.Records[i].Start:x.Records[i].End])
						plainFacts.Begin()
						plain.Begin(&plainFacts)
						plain.Record(i)
						buf, values := valuesOf(b, x, i, len(o.Columns))
						plain.Row(buf, values, scan.HasAnything)
						fastFacts.Begin()
						fastColumn.Begin(&fastFacts)
						if recheck == RecheckNothing {
							s.AddKeys(fastColumn, i, i+1)
							require.Empty(t, plain.Marks(), text)
							require.Zero(t, plain.Trimmed(), text)
						} else {
							require.Equal(t, !plain.Rejected(), s.JudgeValues(fastColumn, i), text)
						}
						require.Equal(t, said(plain), said(fastColumn), text)
						require.Equal(t, plainFacts, fastFacts, text)
					}
					from = to
				}
				require.Greater(t, seen[RecheckNothing], len(x.Records)/20)
				require.Positive(t, seen[RecheckValues])
				require.Positive(t, seen[RecheckRow])
			})
		}
	}
}

// valuesOf returns the values of a record, and what they lie in.
func valuesOf(b *scan.Block, x *scan.Index, record, fields int) (buf []byte, values []scan.Span) {
	d := b.Dialect()
	buf = bytes.Clone(b.Data)[:len(b.Data):len(b.Data)]
	for f := range fields {
		var v scan.Span
		buf, v = d.Decode(buf, x.Field(&x.Records[record], f))
		values = append(values, v)
	}
	return buf, values
}

// said are the marks of a Checker, wherever the values lie.
func said(c *Checker) (marks []Mark) {
	for _, m := range c.Marks() {
		m.Value = scan.Span{}
		marks = append(marks, m)
	}
	return marks
}
