package transform

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/validate"
	"poolprep/validate/scan"
)

// TestSideOfManyRows: the lines are those of the accepted rows, whether they are made by
// column or row by row, however many workers there are and however the input is cut.
func TestSideOfManyRows(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	lines := 0
	for round := range 60 {
		d := scan.Dialect{Delimiter: []byte{',', ';'}[r.IntN(2)]}
		s := setup{dialect: d, options: Options{NoRepair: r.IntN(4) == 0, Side: true}, mapping: `
values:
  mail: {first: [mail, other]}
columns:
  cognito:username: {from: user, steps: [trim]}
  email: $mail
  email_verified: {constant: "TRUE"}
  name: {join: [given, family], with: ", "}
skip:
  - {when: {column: other, equals: B}, reason: because}
` + []string{"", "side:\n  id: user\n  mail: $mail\n  list: {list: given, separator: ','}\n  is: {test: {column: verified, in: [TRUE, yes]}}\n  raw: {json: other}\n", "side:\n  none: mfa\n"}[r.IntN(3)]}
		text := aSource(r, d, "\n", 1+r.IntN(60))
		if round%3 == 2 {
			s.dialect, s.members, text = validate.JSONLines(scan.Dialect{}), sourceColumns, jsonSource(r, 1+r.IntN(60))
		}
		if round%2 == 0 {
			text = strings.ReplaceAll(text, "@b", "@example.com")
		}
		s.slow, s.blockSize = true, 1<<20
		want := convert(t, text, s)
		lines += len(want.Side)
		s.slow = false
		for _, size := range []int{1 << 20, 300} {
			s.blockSize, s.workers = size, 1+r.IntN(3)
			got := convert(t, text, s)
			got.Sum.Summary.Bytes = want.Sum.Summary.Bytes
			require.Equal(t, want, got, fmt.Sprintf("round %d\n%s\n%q", round, s.mapping, text))
		}
	}
	require.Greater(t, lines, 200)
}
