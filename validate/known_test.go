package validate

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// learn lets a ledger learn an import file of a run.
func learn(t *testing.T, l *ledger.Ledger, o judge.Options, run, text string, workers, blockSize int, except func(int64) bool) (int64, error) {
	in, err := NewInput(run, strings.NewReader(text), scan.Pos{Line: 1}, scan.Dialect{Kind: scan.Cognito}, blockSize)
	require.NoError(t, err)
	h, err := in.ReadHeader()
	require.NoError(t, err)
	o.Pool = schema.Default()
	o.Columns = judge.KnownColumns(o, h.Names)
	v, err := judge.New(o)
	require.NoError(t, err)
	return Learn(context.Background(), l, in, v, run, workers, except)
}

// TestKnownRuns compares what is found with keys of two other runs, in every way to
// read them, with what follows from their numbers.
func TestKnownRuns(t *testing.T) {
	const users = 60_000 // more than the least budget holds
	file := func(from, to int) string {
		var b strings.Builder
		b.WriteString("cognito:username,name,email,email_verified\n")
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, `user\,%d,x,u%d@example.com,TRUE`+"\n", i, i)
		}
		return b.String()
	}
	rows := "email,email_verified,cognito:username\n" +
		"a@example.com,TRUE,\"user,0\"\n" + // passed over
		"b@example.com,TRUE,\"user,1\"\n" + // run-1
		"c@example.com,TRUE,\"user,59999\"\n" + // run-1
		"d@example.com,TRUE,\"user,60000\"\n" + // run-2
		"e@example.com,TRUE,\"user,60010\"\n" + // nobody
		"f@example.com,TRUE,\"user,60010\"\n" + // an earlier row
		"g@example.com,TRUE,\"user,0\"\n" // an earlier row
	for _, workers := range []int{1, 3} {
		for _, size := range []int{16, 0} {
			for _, budget := range []int64{0, 1} {
				l := ledger.New(ledger.Options{Budget: budget, Dir: t.TempDir()})
				l.Know(2)
				n, err := learn(t, l, judge.Options{}, "run-1", file(0, users), workers, size, func(row int64) bool { return row == 0 })
				require.NoError(t, err)
				assert.EqualValues(t, users, n)
				_, err = learn(t, l, judge.Options{}, "run-2", file(users, users+10), workers, size, nil)
				require.NoError(t, err)
				out := runText(t, judge.Options{}, rows, how{ledger: l, workers: workers, blockSize: size})
				var runs []string
				for _, f := range out.Findings {
					if f.Code == rule.UsernameDuplicate {
						runs = append(runs, fmt.Sprintf("%d %s", f.Record, f.Run))
					}
				}
				assert.Equal(t, []string{"2 run-1", "3 run-1", "4 run-2", "6 ", "7 "}, runs)
				assert.EqualValues(t, 2, out.Summary.RowsAccepted)
				require.NoError(t, l.Close())
			}
		}
	}
	_, err := learn(t, ledger.New(ledger.Options{}), judge.Options{}, "run-1", "cognito:username,email\nonly one\n", 1, 0, nil)
	assert.ErrorContains(t, err, "is no row of the file's header")
}
