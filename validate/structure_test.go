package validate

import (
	"fmt"
	"math/rand/v2"
	"slices"
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

// people are four columns, as a system may export them.
const people = "cognito:username,name,email,email_verified"

func person(user, name string) string { return user + "," + name + "," + user + "@example.com,TRUE" }

// fourColumns are dialects and line ends in which the same text is written.
func eachWriting(t *testing.T, f func(t *testing.T, write func(string) string, h how)) {
	quotes, sizes := []byte{'"', '\''}, []int{0, 1, 17}
	if testing.Short() {
		quotes, sizes = quotes[:1], sizes[1:2]
	}
	for _, delimiter := range []byte{',', ';', '\t', '|'} {
		for _, end := range []string{"\n", "\r\n", "\r\r\n", "\r"} {
			for _, quote := range quotes {
				for _, size := range sizes {
					for _, rowByRow := range []bool{false, true} {
						name := fmt.Sprintf("%q %q %c %d %v", delimiter, end, quote, size, rowByRow)
						write := func(text string) string {
							return strings.NewReplacer(",", string(delimiter), "\n", end, `"`, string(quote)).Replace(text)
						}
						h := how{dialect: scan.Dialect{Delimiter: delimiter, Quote: quote}, blockSize: size, rowByRow: rowByRow, workers: 2}
						t.Run(name, func(t *testing.T) { f(t, write, h) })
					}
				}
			}
		}
	}
}

func TestRowsThatSwallowRows(t *testing.T) {
	many := func(from, to int) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			b.WriteString(person(fmt.Sprint("m", i), "Name") + "\n")
		}
		return b.String()
	}
	for name, tt := range map[string]struct {
		rows     string
		accepted []string
		codes    []string
	}{
		"two lines": {person("u1", `"tea`) + "\n" + person("u2", `6 foot"`) + "\n", nil, []string{"row-embedded-record"}},
		"lines between": {person("u1", `"tea`) + "\n" + many(0, 40) + person("u2", `6 foot"`) + "\n" + person("u3", "Ann") + "\n",
			[]string{"u3"}, []string{"row-embedded-record"}},
		"in the last column":    {"u1,Ann,u1@example.com,\"TRUE\n" + "u2,Ann,u2@example.com,TRUE\"\n", nil, []string{"row-embedded-record"}},
		"a quoted comma before": {`u1,"Main, St",u1@example.com,"TRUE` + "\n" + `u2,Ann,u2@example.com,TRUE"` + "\n", nil, []string{"row-embedded-record"}},
		"a blank line between":  {person("u1", `"tea`) + "\n\n" + person("u2", `6 foot"`) + "\n", nil, []string{"row-embedded-record"}},
		"one quote":             {person("u1", `"tea`) + "\n" + person("u2", "Bob") + "\n", []string{"u2"}, []string{"row-unclosed-quote"}},
		"one quote inside":      {person("u1", `te"a`) + "\n" + person("u2", "Bob") + "\n", []string{"u2"}, []string{"row-quote"}},
	} {
		t.Run(name, func(t *testing.T) {
			eachWriting(t, func(t *testing.T, write func(string) string, h how) {
				out := runText(t, judge.Options{}, write(people+"\n"+person("u0", "Zoe")+"\n"+tt.rows), h)
				codes := slices.DeleteFunc(out.codes(), func(c string) bool { return strings.HasPrefix(c, "header-") || c == "row-blank" })
				assert.Equal(t, tt.codes, codes)
				assert.EqualValues(t, 1+len(tt.accepted), out.Summary.RowsAccepted)
				assert.EqualValues(t, len(tt.codes), out.Summary.RowsRejected)
			})
		})
	}
}

// TestRowsThatSwallowRowsByTheirValues are pairs of stray quotes where the lines do not
// have the header's number of fields, or one of the rows has an honest value of lines.
func TestRowsThatSwallowRowsByTheirValues(t *testing.T) {
	const header = "cognito:username,notes,email,email_verified,extra"
	for name, tt := range map[string]struct {
		text string
		how  how
	}{
		"first line short":     {header + "\nu1,\"tea,u1@example.com,TRUE\nu2,6 foot\",u2@example.com,TRUE,x\n", how{}},
		"first line long":      {header + "\nu1,\"tea,u1@example.com,TRUE,x,y\nu2,6 foot\",u2@example.com,TRUE,x\n", how{}},
		"later line long":      {header + "\nu1,\"tea,u1@example.com,TRUE,x\nu2,6, foot\",u2@example.com,TRUE,x\n", how{}},
		"lines before":         {"cognito:username,extra,notes,email,email_verified\nu1,\"12 Main\nTown\",\"tea,u1@example.com,TRUE\nu2,x,6 foot\",u2@example.com,TRUE\n", how{}},
		"lines after":          {header + "\nu1,\"tea,u1@example.com,TRUE,x\nu2,6 foot\",u2@example.com,TRUE,\"12 Main, App 3\nTown\"\n", how{}},
		"padded":               {header + "\nu1,\"tea,u1@example.com,TRUE\nu2,6 foot\",u2@example.com,TRUE\n", how{pad: true}},
		"an escaped comma":     {header + "\nu1,\"tea,u1@example.com,TRUE,x\nu2,6 \\, foot\",u2@example.com,TRUE,x\n", how{dialect: scan.Dialect{Escape: '\\'}}},
		"a doubled quote, lax": {header + "\nu1,\"tea,u1@example.com,TRUE,x\nu2,\"\"6 foot, y\",u2@example.com,TRUE,x\n", how{dialect: scan.Dialect{LenientQuotes: true}}},
		"phones, no address":   {"cognito:username,notes,phone_number,phone_number_verified\nu1,\"a,+12015550100\nu2,b\",+12015550101,TRUE\n", how{}},
		"flags, no address":    {"cognito:username,notes,x,email_verified\nu1,\"a,b\nc,FALSE\nu2,b\",y,TRUE\n", how{}},
	} {
		for _, size := range []int{0, 1, 40} {
			tt.how.blockSize = size
			out := runText(t, judge.Options{Severity: map[rule.Code]rule.Severity{rule.HeaderMissingColumn: rule.Off}}, tt.text, tt.how)
			assert.Contains(t, out.codes(), "row-embedded-record", name)
			assert.Zero(t, out.Summary.RowsAccepted, name)
		}
	}
}

// TestWithoutHeader judges the first record like all others.
func TestWithoutHeader(t *testing.T) {
	columns := strings.Split(people, ",")
	v, err := judge.New(judge.Options{Columns: columns})
	require.NoError(t, err)
	for end, texts := range map[string][2]string{
		"\n":   {person("u1", `"tea`) + "\n" + person("u2", `6 foot"`) + "\n", "row-embedded-record"},
		"\r":   {person("u1", `"tea`) + "\r" + person("u2", `6 foot"`) + "\r", "row-embedded-record"},
		"\r\n": {person("u1", "x") + "\r\nu2,A\nB,u2@example.com,TRUE\r\n", "row-line-end"},
	} {
		for _, size := range []int{0, 1, 16, 40} {
			in, err := NewInput("f", strings.NewReader(texts[0]), scan.Pos{}, scan.Dialect{}, size)
			require.NoError(t, err)
			var codes []string
			var sum rule.Summary
			require.NoError(t, Run(t.Context(), RunOptions{Input: in, Validator: v, Fields: len(columns), Report: func(f *rule.Finding) error {
				codes = append(codes, f.Code.String())
				return nil
			}}, &sum))
			assert.Equal(t, []string{texts[1]}, codes, "%q, block size %d", end, size)
		}
	}
}

// TestHonestLinesStay reads values of several lines in a column that the pool does
// not have, where line breaks do no harm.
func TestHonestLinesStay(t *testing.T) {
	eachWriting(t, func(t *testing.T, write func(string) string, h how) {
		text := write("cognito:username,notes,email,email_verified\n" +
			"u1,\"one\ntwo\nthree\",u1@example.com,TRUE\n" +
			"u2,\"Main Street 5\n12345, Springfield, X\",u2@example.com,TRUE\n" + // its second line has five fields
			"u3,\"a,b,c\nd\",u3@example.com,TRUE\n") // its first line has four
		out := runText(t, judge.Options{}, text, h)
		assert.EqualValues(t, 3, out.Summary.RowsAccepted, out.codes())
		assert.EqualValues(t, 3, out.Summary.RowsOfLines)
		assert.EqualValues(t, 7, out.Summary.Lines)
	})
}

func TestEmbeddedRecordAsWarning(t *testing.T) {
	text := "cognito:username,notes,email,email_verified\n" + "u1,n,e@example.com,\"TRUE\nx,y,z,TRUE\"\n" + person("u2", "x") + "\n"
	out := runText(t, judge.Options{Severity: map[rule.Code]rule.Severity{rule.RowEmbeddedRecord: rule.Warning}}, text, how{})
	assert.Contains(t, out.codes(), "row-embedded-record")
	assert.EqualValues(t, 2, out.Summary.RowsRead)
}

func TestValuesCutByLineEnds(t *testing.T) {
	const header = "cognito:username,email,email_verified,name"
	user := func(n string) string { return n + "," + n + "@example.com,TRUE,Name" }
	for name, tt := range map[string]struct {
		rows     string // LF is \n, CR LF is ~
		accepted int
		codes    []string
	}{
		"last column":             {user("a") + "\nvan der Berg~" + user("b") + "~", 1, []string{"row-line-end"}},
		"first column":            {"a\n" + user("b") + "~" + user("c") + "~", 1, []string{"row-line-end"}},
		"three pieces":            {user("a") + "\nvan\nder Berg~" + user("b") + "~", 1, []string{"row-line-end"}},
		"middle column":           {"a,a@exam\nple.com,TRUE,Name~" + user("b") + "~", 1, []string{"row-line-end"}},
		"a blank line within":     {user("a") + "\n\nBerg~" + user("b") + "~", 1, []string{"row-line-end"}},
		"either may be cut":       {user("a") + "\nBerg\n" + user("b") + "~" + user("c") + "~", 1, []string{"row-line-end"}},
		"a quote in the rest":     {user("a") + "\nvan \"der\" Berg~" + user("b") + "~", 1, []string{"row-line-end"}},
		"at the end of the input": {user("b") + "~" + user("a") + "\nBerg", 1, []string{"row-line-end"}},
		"whole records":           {user("a") + "\n" + user("b") + "\n" + user("c") + "~" + user("d") + "\n", 4, nil},
		"whole ones before":       {user("a") + "\n" + user("b") + "\nBerg~", 1, []string{"row-line-end"}},
		"only a line feed":        {user("a") + "\n~" + user("b") + "~", 2, []string{"row-blank"}},
		"too few in all":          {"a\nb~" + user("c") + "~", 1, []string{"row-field-count", "row-field-count"}},
		"within quotes":           {"a,a@example.com,TRUE,\"one\ntwo\"~" + user("b") + "~", 1, []string{"value-line-break"}},
		"CR CR LF":                {user("a") + "\r~" + user("b") + "\nBerg\r~", 1, []string{"row-line-end"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, kind := range []scan.Kind{scan.CSV, scan.Cognito} {
				if kind == scan.Cognito && strings.Contains(tt.rows, `"`) {
					continue
				}
				for _, before := range []int{0, 1, 3, 2000} {
					for _, size := range []int{0, 1, 7, 40, 41, 42, 300} {
						for _, rowByRow := range []bool{false, true} {
							var more strings.Builder
							for i := range before {
								more.WriteString(user(fmt.Sprint("u", i)) + "~")
							}
							text := strings.ReplaceAll(header+"~"+more.String()+tt.rows, "~", "\r\n")
							h := how{dialect: scan.Dialect{Kind: kind}, blockSize: size, rowByRow: rowByRow, workers: 2}
							out := runText(t, judge.Options{}, text, h)
							codes := slices.DeleteFunc(out.codes(), func(c string) bool { return c == "file-crlf" })
							require.ElementsMatch(t, tt.codes, codes)
							require.EqualValues(t, before+tt.accepted, out.Summary.RowsAccepted)
						}
					}
				}
			}
		})
	}
}

// TestManyLinesWithLF is a file of which only the header ends in CR LF: its lines are records.
func TestManyLinesWithLF(t *testing.T) {
	var b strings.Builder
	b.WriteString(people + "\r\n")
	const n = 5000
	for i := range n {
		b.WriteString(person(fmt.Sprint("u", i), "Name") + "\n")
	}
	b.WriteString("footer\r\n")
	for _, size := range []int{0, 1, 1000} {
		out := runText(t, judge.Options{}, b.String(), how{blockSize: size})
		assert.EqualValues(t, n, out.Summary.RowsAccepted)
		assert.Equal(t, []string{"row-field-count"}, out.codes())
	}
}

func TestHeaderAgain(t *testing.T) {
	const quoted = `"cognito:username","name","email","email_verified"`
	for name, tt := range map[string]struct {
		line string
		want again
	}{
		"equal":              {people, sameHeader},
		"with a mark":        {bom + people, sameHeader},
		"quoted":             {quoted, sameHeader},
		"quoted with a mark": {bom + quoted, sameHeader},
		"with blanks":        {" cognito:username , name,email,email_verified ", sameHeader},
		"spelled otherwise":  {"Cognito Username,name,E_mail,email verified", sameHeader},
		"other names, too":   {"email,name,cognito:username,email_verified,more", otherHeader},
		"padded":             {people + ",,", sameHeader},
		"the first names":    {"cognito:username,name,email", sameHeader},
		"two names":          {"name,email,,", notHeader},
		"in capitals":        {strings.ToUpper(people), sameHeader},
		"another order":      {"name,cognito:username,email,email_verified", otherHeader},
		"another number":     {"email,name,cognito:username", otherHeader},
		"marked and ordered": {bom + "email,name,cognito:username,email_verified", otherHeader},
		"after a cut name":   {"x9" + people, otherHeader},
		"after a cut row":    {"x9,Ann," + people, otherHeader},
		"ordered, after it":  {"x9,Anname,cognito:username,email,email_verified", otherHeader},
		"a person":           {"name,Ann,n@example.com,TRUE", notHeader},
		"a partial name":     {"email,Ann,n@example.com,TRUE", notHeader},
	} {
		t.Run(name, func(t *testing.T) {
			eachWriting(t, func(t *testing.T, write func(string) string, h how) {
				var err error
				h.err = &err
				text := write(people + "\n" + person("a", "A") + "\n" + tt.line + "\n" + person("b", "B") + "\n")
				out := runText(t, judge.Options{}, text, h)
				switch tt.want {
				case sameHeader:
					require.NoError(t, err)
					assert.EqualValues(t, 2, out.Summary.RowsRead)
					assert.EqualValues(t, 2, out.Summary.RowsAccepted)
					assert.Contains(t, out.codes(), "row-header-again")
				case otherHeader:
					var again *HeaderAgainError
					require.ErrorAs(t, err, &again)
					assert.EqualValues(t, 3, again.Line)
					assert.EqualValues(t, 1, out.Summary.RowsAccepted)
				default:
					require.NoError(t, err)
					assert.EqualValues(t, 3, out.Summary.RowsRead)
				}
			})
		})
	}
}

// TestHeaderAgainWithFewColumns is a header of which no column shows that a record is no row.
func TestHeaderAgainWithFewColumns(t *testing.T) {
	pool := schema.Default()
	pool.AutoVerified = nil
	text := "cognito:username\nanna\ncognito:username\nbob\n \n"
	for _, rowByRow := range []bool{false, true} {
		out := runText(t, judge.Options{Pool: pool}, text, how{rowByRow: rowByRow})
		assert.EqualValues(t, 2, out.Summary.RowsAccepted)
		assert.EqualValues(t, 1, out.Summary.RowsBlank)
		assert.Equal(t, []string{"row-header-again", "row-blank"}, out.codes())
	}
	for _, rowByRow := range []bool{false, true} { // not even a username
		out := runText(t, judge.Options{Pool: pool}, "name,nickname\na,b\n,\n\" \",\"\"\nname,nickname\n", how{rowByRow: rowByRow})
		assert.EqualValues(t, 1, out.Summary.RowsAccepted)
		assert.EqualValues(t, 2, out.Summary.RowsBlank)
	}
}

func TestBlankRecords(t *testing.T) {
	for _, line := range []string{",,,", "   ", "\t\t", " , ,\t, ", `"","","",""`, `" ",,,`, "\u00a0", "\u00a0,,", ",", ",,,,,,,,", "\x1a", "\x1a\x1a", "\r"} {
		eachWriting(t, func(t *testing.T, write func(string) string, h how) {
			out := runText(t, judge.Options{}, write(people+"\n"+person("a", "A")+"\n"+line+"\n"+person("b", "B")+"\n"), h)
			assert.EqualValues(t, 2, out.Summary.RowsRead, "%q: %v", line, out.codes())
			assert.EqualValues(t, 2, out.Summary.RowsAccepted, "%q", line)
			// A CR alone is one line end more where CR ends records.
			assert.NotZero(t, out.Summary.RowsBlank, "%q", line)
		})
	}
	for end, text := range map[string]string{"": "", "Ctrl-Z": "\x1a", "several": "\x1a\x1a\x1a", "after a line": "\x1a\n", "blanks": "  \n\t\n"} {
		out := runText(t, judge.Options{}, people+"\n"+person("a", "A")+text, how{})
		assert.EqualValues(t, 1, out.Summary.RowsRead, end)
		if !strings.Contains(text, "\n") {
			assert.EqualValues(t, 1, out.Summary.RowsAccepted, "%s: %v", end, out.codes())
		}
	}
}

func TestRaggedRecords(t *testing.T) {
	text := people + ",name2\n" + "a,A,a@example.com,TRUE\n" + "b,B,b@example.com,TRUE,,, \n" + "c,C,c@example.com,TRUE,x,y\n" + "d,D\n"
	for _, rowByRow := range []bool{false, true} {
		out := runText(t, judge.Options{}, text, how{pad: true, rowByRow: rowByRow})
		assert.EqualValues(t, 2, out.Summary.RowsAccepted, out.codes())
		assert.EqualValues(t, 2, out.Summary.RowsPadded)
		assert.Equal(t, []string{"row-field-count", "not-verified"}, out.codes())
		out = runText(t, judge.Options{}, text, how{rowByRow: rowByRow})
		assert.EqualValues(t, 0, out.Summary.RowsAccepted)
	}
}

// TestLimitIsExact reads a number of rows, and counts the same whatever the blocks are.
func TestLimitIsExact(t *testing.T) {
	const head = people + "\n"
	long := strings.Repeat("x", 3000)
	rows := []string{person("a", "A") + "\n", "\n", person("b", "B") + "\n", long + "\n", " , ,\n", person("c", "C") + "\n", person("d", "D") + "\n"}
	isRow := []bool{true, false, true, true, false, true, true}
	for limit := int64(1); limit <= 5; limit++ {
		bytes, lines, left := int64(0), int64(0), limit
		for i, r := range rows {
			bytes += int64(len(r))
			lines++
			if isRow[i] {
				if left--; left == 0 {
					break
				}
			}
		}
		for _, size := range []int{0, 1, 50, 3000, 4000} {
			for _, workers := range []int{1, 2, 8} {
				h := how{limit: limit, blockSize: size, workers: workers, dialect: scan.Dialect{MaxRecord: 1000}}
				out := runText(t, judge.Options{}, head+strings.Join(rows, ""), h)
				assert.EqualValues(t, limit, out.Summary.RowsRead)
				assert.Equal(t, bytes, out.Summary.Bytes, "limit %d, block size %d", limit, size)
				assert.Equal(t, lines, out.Summary.Lines, "limit %d, block size %d", limit, size)
			}
		}
	}
}

// TestUnknownColumnsAreNotJudged: what a column of no pool holds is nobody's business.
func TestUnknownColumnsAreNotJudged(t *testing.T) {
	text := people + ",what\n" + person("a", "A") + "," + strings.Repeat("x", 5000) + "\n" + person("b", "B") + ",\"x\x01\ny\\\"\n"
	for _, rowByRow := range []bool{false, true} {
		out := runText(t, judge.Options{}, text, how{rowByRow: rowByRow})
		for _, f := range out.Findings {
			assert.NotEmpty(t, f.Column, "%s", f.Code)
		}
		assert.EqualValues(t, 2, out.Summary.RowsAccepted, out.codes())
	}
}

// TestNoRowTakesAnothersValues puts stray quotes, line ends, headers and blank lines
// into files of which each row knows its own values, and looks for a row that was
// accepted with those of two people.
func TestNoRowTakesAnothersValues(t *testing.T) {
	rounds := 1000
	if testing.Short() {
		rounds = 200
	}
	r := rand.New(rand.NewPCG(7, 11))
	for round := range rounds {
		delimiter := ",;\t|"[r.IntN(4)]
		end := []string{"\n", "\r\n"}[r.IntN(2)]
		var b strings.Builder
		b.WriteString(strings.ReplaceAll("cognito:username,notes,email,email_verified", ",", string(delimiter)) + end)
		users := 1 + r.IntN(12)
		for i := range users {
			notes := fmt.Sprintf("n%d", i)
			switch r.IntN(6) {
			case 0:
				notes = `"` + notes + `"`
			case 1:
				notes = fmt.Sprintf(`"n%d%cn%d"`, i, delimiter, i)
			case 2:
				notes = fmt.Sprintf("\"n%d\nn%d\"", i, i)
			}
			line := []byte(fmt.Sprintf("u%d%c%s%cu%d@example.com%cTRUE", i, delimiter, notes, delimiter, i, delimiter))
			if r.IntN(2) == 0 && !strings.Contains(notes, "\n") { // one fault a line
				line = slices.Insert(line, r.IntN(len(line)+1), []byte{'"', '"', '\r', '\n'}[r.IntN(3+round%2)])
			}
			b.Write(line)
			b.WriteString([]string{end, end, end, "\n", "\r\n"}[r.IntN(5)])
		}
		text := b.String()
		for _, lenient := range []bool{false, true} {
			if lenient && round%2 == 1 {
				continue // with a line break beside a stray quote, it is anybody's guess
			}
			var got []string
			in, err := NewInput("f", strings.NewReader(text), scan.Pos{}, scan.Dialect{Delimiter: delimiter, LenientQuotes: lenient}, 1+r.IntN(300))
			require.NoError(t, err)
			header, err := in.ReadHeader()
			require.NoError(t, err)
			v, err := judge.New(judge.Options{Columns: judge.KnownColumns(judge.Options{Pool: schema.Default()}, header.Names)})
			require.NoError(t, err)
			var sum rule.Summary
			require.NoError(t, Run(t.Context(), RunOptions{
				Input: in, Validator: v, Fields: 4, Header: header.Names, RowByRow: round%4 < 2,
				Commit: func(b *Batch) error {
					for i, verdict := range b.Verdicts {
						if verdict == ledger.Accepted {
							got = append(got, string(b.Raw(i)))
						}
					}
					return nil
				},
			}, &sum))
			for _, record := range got {
				owner := ""
				for i := range users {
					// Beginnings of names are enough: a value may have been cut in two.
					for _, mark := range []string{fmt.Sprintf("u%d@", i), fmt.Sprintf("u%d%c", i, delimiter)} {
						if at := strings.Index(record, mark); at >= 0 && (at == 0 || !strings.ContainsRune("0123456789", rune(record[at-1]))) {
							if owner == "" {
								owner = fmt.Sprint(i)
							}
							if owner != fmt.Sprint(i) {
								t.Fatalf("%q holds values of u%s and u%d, of %q", record, owner, i, text)
							}
						}
					}
				}
			}
		}
	}
}
