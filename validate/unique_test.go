package validate

import (
	"fmt"
	"math/rand/v2"
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

// TestDuplicatesNameTheFirstLine makes two inputs with duplicates of every kind, and
// compares the first lines with those of a map, however the runs are made.
func TestDuplicatesNameTheFirstLine(t *testing.T) {
	pool := schema.Default()
	pool.Aliases = []string{"email"}
	r := rand.New(rand.NewPCG(5, 5))
	type first struct {
		input int
		line  int64
	}
	names, mails := map[string]first{}, map[string]first{}
	var texts [2]string
	var want [2][]string
	text := func(code rule.Code, line int64, file string, first int64) string {
		return fmt.Sprintf("%d: %s first in %q on %d", line, code, file, first)
	}
	rows := 30_000
	for input := range texts {
		var b strings.Builder
		b.WriteString("email,email_verified,cognito:username,name\n")
		line := int64(2)
		for range rows {
			name, mail := fmt.Sprintf("u%d", r.IntN(2*rows)), fmt.Sprintf("m%d@example.com", r.IntN(8*rows))
			verified := r.IntN(3) > 0
			field, lines := "x", int64(1)
			if r.IntN(20) == 0 {
				field, lines = "\"line\nbreak\"", 2
			}
			fmt.Fprintf(&b, "%s,%v,%s,%s\n", mail, verified, name, field)
			accepted := verified && lines == 1
			for _, k := range []struct {
				code  rule.Code
				value string
				seen  map[string]first
				on    bool
			}{{rule.UsernameDuplicate, name, names, true}, {rule.EmailDuplicate, mail, mails, verified}} {
				at, there := k.seen[k.value]
				if !there || !k.on {
					continue
				}
				file := ""
				if at.input != input {
					file = "f.csv"
				}
				want[input] = append(want[input], text(k.code, line, file, at.line))
				accepted = false
			}
			if accepted {
				names[name], mails[mail] = first{input, line}, first{input, line}
			}
			line += lines
		}
		texts[input] = b.String()
	}
	for _, h := range []how{{}, {workers: 4}, {workers: 3, blockSize: 1000}, {workers: 2, blockSize: 64}, {rowByRow: true}} {
		for _, budget := range []int64{0, 1} {
			h.ledger = ledger.New(ledger.Options{Budget: budget})
			h.dialect = scan.Dialect{Kind: scan.CSV}
			for input, data := range texts {
				var got []string
				for _, f := range runText(t, judge.Options{Pool: pool}, data, h).Findings {
					if f.Code == rule.UsernameDuplicate || f.Code == rule.EmailDuplicate {
						got = append(got, text(f.Code, f.Pos.Line, f.FirstFile, f.FirstLine))
					}
				}
				require.Len(t, got, len(want[input]))
				for i := range got {
					require.Equal(t, want[input][i], got[i])
				}
			}
			require.NoError(t, h.ledger.Close())
		}
	}
}

// TestDuplicatesShowTheirValue where values are asked for, from every path.
func TestDuplicatesShowTheirValue(t *testing.T) {
	text := "email,email_verified,cognito:username,name\na@example.com,TRUE,anna,\nb@example.com,TRUE,anna,\n\nc@example.com,FALSE,anna,\"a\nb\"\n\"d@example.com\",TRUE,\" anna \",\n"
	for _, h := range []how{{}, {rowByRow: true}, {workers: 2, blockSize: 16}} {
		h.dialect, h.values = scan.Dialect{Kind: scan.CSV}, true
		shown := 0
		for _, f := range runText(t, judge.Options{}, text, h).Findings {
			if f.Code == rule.UsernameDuplicate {
				assert.Equal(t, "anna", string(f.Value))
				shown++
			}
		}
		assert.Equal(t, 3, shown)
	}
}
