package judge

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/bench/generate"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// doubtsOf returns what the screen says of rows of the default pool, without a header.
func doubtsOf(t *testing.T, rows string) []mask {
	t.Helper()
	p := schema.Default()
	v, err := New(Options{Pool: p, Columns: p.Header, TrimSilently: true})
	require.NoError(t, err)
	s, err := scan.NewSplitter(strings.NewReader(rows), scan.Pos{}, scan.Dialect{}, 1<<24)
	require.NoError(t, err)
	var block scan.Block
	var index scan.Index
	require.NoError(t, s.Next(&block))
	block.Index(&index)
	screening := v.NewScreen(s.Dialect(), len(p.Header), nil).Start()
	require.True(t, screening.Begin(&block, &index))
	require.True(t, screening.Judge())
	require.Len(t, screening.doubts, strings.Count(rows, "\n"))
	return screening.doubts
}

// TestScreenLetsSoundRowsPass guards against a screen that doubts what is usual.
func TestScreenLetsSoundRowsPass(t *testing.T) {
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
	for i, d := range doubtsOf(t, rows.String()) {
		require.Zero(t, d, "%s", strings.Split(rows.String(), "\n")[i])
	}
	for _, q := range []generate.Quoting{generate.Plain, generate.All} {
		var b bytes.Buffer
		_, err := generate.Write(context.Background(), &b, generate.Options{Rows: 3000, Quoting: q, Seed: 5})
		require.NoError(t, err)
		_, text, _ := strings.Cut(b.String(), "\n")
		for i, d := range doubtsOf(t, text) {
			require.Zero(t, d, "%s", strings.Split(text, "\n")[i])
		}
	}
}
