package validate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// messyText makes an import file, or a CSV file, in which many rows are wrong in many ways.
func messyText(seed uint64, rows int, csv bool) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	header := schema.Default().Header
	b.WriteString(strings.Join(header, ","))
	b.WriteString("\n")
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	for i := range rows {
		switch r.IntN(12) {
		case 0:
			b.WriteString(pick("\n", "\r\n", "a,b\n", "\"open,x\n", "a\"b,c\n", "Ren\xe9,x\n", strings.Repeat("x", 300)+"\n"))
			continue
		case 1:
			b.WriteString(strings.Repeat(",", len(header)-1) + "\n")
			continue
		}
		row := make([]string, len(header))
		for j, name := range header {
			switch name {
			case "email":
				row[j] = pick("anna@example.com", "bad", "", fmt.Sprintf("u%d@example.com", r.IntN(rows)))
			case "email_verified", "phone_number_verified":
				row[j] = pick("TRUE", "true", "FALSE", "", "maybe", " TRUE ")
			case "birthdate":
				row[j] = pick("", "01/31/1980", "31/01/1980", "x")
			case "phone_number":
				row[j] = pick("", "+12015550123", "5")
			case "cognito:username":
				row[j] = pick(fmt.Sprint("u", i), fmt.Sprint("u", r.IntN(rows)), "a b", "", "U1")
			case "address":
				row[j] = pick("", `Main St\, 5`, `back\`, "tab\there")
				if csv {
					row[j] = pick("", `"Main St, 5"`, "\"two\nlines\"", `"say ""hi"""`, "\"a\r\nb\"", "nul\x00")
				}
			}
		}
		b.WriteString(strings.Join(row, ","))
		b.WriteString(pick("\n", "\n", "\n", "\r\n"))
	}
	return b.String()
}

// TestWorkersBlocksAndReadsMakeNoDifference is the promise of Run.
func TestWorkersBlocksAndReadsMakeNoDifference(t *testing.T) {
	folding := pool(func(p *schema.Pool) { p.CaseSensitive = false; p.Aliases = []string{"email"} })
	for _, kernel := range scan.Kernels() {
		t.Run(kernel, func(t *testing.T) {
			t.Cleanup(scan.UseKernel(kernel))
			for _, csv := range []bool{false, true} {
				for _, limit := range []int64{0, 17} {
					t.Run(fmt.Sprintf("csv=%v/limit=%d", csv, limit), func(t *testing.T) {
						t.Parallel()
						d := scan.Dialect{MaxRecord: 400}
						if !csv {
							d.Kind = scan.Cognito
						}
						text := messyText(3, 150, csv)
						o := judge.Options{Pool: folding}
						want := runText(t, o, text, how{dialect: d, limit: limit, blockSize: 1 << 20})
						require.NotEmpty(t, want.Findings)
						if limit > 0 {
							require.Equal(t, limit, want.Summary.RowsRead)
						}
						sizes := []int{100, 4095, 4096, 4097}
						for i := 1; i <= 64; i++ {
							sizes = append(sizes, i)
						}
						for _, size := range sizes {
							for _, workers := range []int{1, 2, 4, 8} {
								if size > 8 && (size+workers)%3 != 0 {
									continue // a third of the combinations is enough for the larger blocks
								}
								got := runText(t, o, text, how{dialect: d, limit: limit, blockSize: size, workers: workers})
								require.Equal(t, want, got, "block size %d, %d workers", size, workers)
							}
						}
						got := runText(t, o, text, how{dialect: d, limit: limit, reader: iotest.OneByteReader(strings.NewReader(text)), workers: 2})
						require.Equal(t, want, got, "one byte at a time")
						got = runText(t, o, text, how{dialect: d, limit: limit, reader: waiting{strings.NewReader(text)}, workers: 2, blockSize: 100})
						require.Equal(t, want, got, "read apart")
					})
				}
			}
		})
	}
}

// TestPositions shows that the text at the stated place is the field or record the finding is about.
func TestPositions(t *testing.T) {
	text := messyText(5, 300, true)
	out := runText(t, judge.Options{}, text, how{dialect: scan.Dialect{}, blockSize: 333, workers: 2})
	lines := strings.SplitAfter(text, "\n")
	var startOfLine []int64
	at := int64(0)
	for _, l := range lines {
		startOfLine = append(startOfLine, at)
		at += int64(len(l))
	}
	header := schema.Default().Header
	for _, f := range out.Findings {
		require.Equal(t, startOfLine[f.Pos.Line-1]+int64(f.Pos.Column)-1, f.Pos.Offset, "%+v", f)
		rest := text[f.Pos.Offset:]
		switch f.Code {
		case rule.EmailFormat:
			require.Equal(t, "bad,", rest[:4])
			require.Equal(t, header[f.Field-1], f.Column)
		case rule.BirthdateImpossible:
			require.Equal(t, "31/01/1980", rest[:10])
		case rule.ValueLineBreak:
			require.Contains(t, rest[:8], "\n")
		case rule.RowFieldCount:
			require.Equal(t, "a,b\n", rest[:4])
			require.EqualValues(t, 2, f.Got)
		case rule.RowEncoding:
			require.Equal(t, "Ren\xe9", rest[:4])
		}
	}
}

func TestDuplicates(t *testing.T) {
	header := "email,email_verified,cognito:username\n"
	alias := pool(func(p *schema.Pool) {
		p.Header = []string{"email", "email_verified", "cognito:username"}
		p.Aliases = []string{"email"}
	})
	small := pool(func(p *schema.Pool) { p.Header = alias.Header })
	tests := []struct {
		name    string
		options judge.Options
		rows    string
		want    []string // line:code
	}{
		{"first wins", judge.Options{Pool: small}, "a@example.com,TRUE,anna\nb@example.com,TRUE,anna\nc@example.com,TRUE,anna\n",
			[]string{"3:username-duplicate", "4:username-duplicate"}},
		{"a rejected row claims nothing", judge.Options{Pool: small}, "bad,TRUE,anna\nb@example.com,TRUE,anna\n", []string{"2:email-format"}},
		{"a rejected row is told of a duplicate too", judge.Options{Pool: small}, "a@example.com,TRUE,anna\nbad,TRUE,anna\n",
			[]string{"3:email-format", "3:username-duplicate"}},
		{"letter case counts", judge.Options{Pool: small}, "a@example.com,TRUE,anna\nb@example.com,TRUE,Anna\n", nil},
		{"letter case is folded", judge.Options{Pool: pool(func(p *schema.Pool) { p.Header = small.Header; p.CaseSensitive = false })},
			"a@example.com,TRUE,änna\nb@example.com,TRUE,ÄNNA\n", []string{"3:username-duplicate"}},
		{"e-mail is free without alias", judge.Options{Pool: small}, "a@example.com,TRUE,anna\na@example.com,TRUE,bert\n", nil},
		{"e-mail as a warning", judge.Options{Pool: small, Severity: map[rule.Code]rule.Severity{rule.EmailDuplicate: rule.Warning}},
			"a@example.com,TRUE,anna\na@example.com,TRUE,bert\n", []string{"3:email-duplicate"}},
		{"e-mail as alias", judge.Options{Pool: alias}, "a@example.com,TRUE,anna\na@example.com,TRUE,bert\n", []string{"3:email-duplicate"}},
		{"off", judge.Options{Pool: alias, NoDuplicates: true}, "a@example.com,TRUE,anna\na@example.com,TRUE,anna\n", nil},
		{"white space aside", judge.Options{Pool: small, Severity: map[rule.Code]rule.Severity{rule.ValueWhitespace: rule.Off}}, "a@example.com,TRUE,anna\na@example.com,TRUE, anna\n", []string{"3:username-duplicate"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, size := range []int{1, 0} {
				h := cognito
				h.blockSize, h.workers = size, 3
				out := runText(t, tt.options, header+tt.rows, h)
				var got []string
				for _, f := range out.Findings {
					got = append(got, fmt.Sprintf("%d:%s", f.Pos.Line, f.Code))
				}
				assert.Equal(t, tt.want, got)
			}
		})
	}
	t.Run("an unverified address neither claims nor clashes", func(t *testing.T) {
		both := pool(func(p *schema.Pool) {
			p.Header = []string{"email", "email_verified", "phone_number", "phone_number_verified", "cognito:username"}
			p.Aliases, p.AutoVerified = []string{"email"}, []string{"phone_number"}
		})
		rows := "a@example.com,FALSE,+12015550100,TRUE,anna\na@example.com,TRUE,+12015550101,TRUE,bert\na@example.com,FALSE,+12015550102,TRUE,carl\n"
		out := runText(t, judge.Options{Pool: both}, strings.Join(both.Header, ",")+"\n"+rows, cognito)
		assert.Empty(t, out.Findings)
	})
	t.Run("across inputs", func(t *testing.T) {
		h := cognito
		h.ledger = ledger.New(ledger.Options{})
		runText(t, judge.Options{Pool: small}, header+"a@example.com,TRUE,anna\n", h)
		out := runText(t, judge.Options{Pool: small}, header+"a@example.com,TRUE,anna\n", h)
		assert.Equal(t, []string{"username-duplicate"}, out.codes())
	})
}

// TestSpillingChangesNothing compares a run whose keys do not fit the budget,
// from a reader that is read but once, with one whose keys do.
func TestSpillingChangesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("needs many keys")
	}
	folding := pool(func(p *schema.Pool) {
		p.Header = []string{"email", "email_verified", "cognito:username"}
		p.Aliases, p.CaseSensitive = []string{"email"}, false
	})
	r := rand.New(rand.NewPCG(8, 8))
	var b strings.Builder
	b.WriteString("email,email_verified,cognito:username\n")
	const rows = 220_000
	for i := range rows {
		n := i
		if r.IntN(50) == 0 {
			n = r.IntN(rows)
		}
		fmt.Fprintf(&b, "u%d@example.com,TRUE,user%d\n", n, i-r.IntN(100)/99)
	}
	text := b.String()
	want := runText(t, judge.Options{Pool: folding}, text, how{workers: 2, rowByRow: true})
	require.Equal(t, want, runText(t, judge.Options{Pool: folding}, text, how{workers: 2}))
	require.NotEmpty(t, want.Findings)
	l := ledger.New(ledger.Options{Budget: 1, Dir: t.TempDir()})
	got := runText(t, judge.Options{Pool: folding}, text, how{workers: 2, ledger: l, reader: iotest.OneByteReader(strings.NewReader(text))})
	keys, _ := l.Spilled()
	require.Positive(t, keys)
	require.NoError(t, l.Close())
	require.Equal(t, len(want.Findings), len(got.Findings))
	require.Equal(t, want, got)
}

func TestHeader(t *testing.T) {
	all := strings.Join(schema.Default().Header, ",")
	tests := []struct {
		name   string
		header string
		pool   *schema.Pool
		want   []string
	}{
		{"the template", all, nil, nil},
		{"another order", strings.Replace("cognito:username,"+strings.TrimSuffix(all, ",cognito:username"), "name,given_name", "given_name,name", 1), nil, nil},
		{"a column short", strings.Replace(all, "zoneinfo,", "", 1), nil, []string{"header-missing-column"}},
		{"unknown", all + ",department", nil, []string{"header-unknown-column"}},
		{"twice", all + ",email", nil, []string{"header-duplicate-column"}},
		{"letter case", strings.Replace(all, ",email,", ",Email,", 1), nil, []string{"header-unknown-column", "header-missing-column"}},
		{"hash without algorithm", all + ",password_hash", nil, []string{"header-unknown-column"}},
		{"no auto-verified attribute", all, pool(func(p *schema.Pool) { p.AutoVerified = nil }), []string{"header-no-auto-verified"}},
		{"no column of it", strings.Replace(all, ",email_verified", "", 1), nil, []string{"header-missing-column", "header-no-auto-verified"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in, err := NewInput("f", strings.NewReader("\n\n"+tt.header+"\n"), scan.Pos{}, scan.Dialect{Kind: scan.Cognito}, 3)
			require.NoError(t, err)
			h, err := in.ReadHeader()
			require.NoError(t, err)
			o := judge.Options{Pool: tt.pool}
			if o.Pool == nil {
				o.Pool = schema.Default()
			}
			var got []string
			for _, f := range CheckHeader(o, "f", h) {
				got = append(got, f.Code.String())
				assert.EqualValues(t, 3, f.Pos.Line)
				if f.Field > 0 {
					assert.True(t, strings.HasPrefix(("\n\n" + tt.header)[f.Pos.Offset:], f.Column))
				}
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

// TestManyColumns would not end if anything grew with the square of their number.
func TestManyColumns(t *testing.T) {
	const n = MaxColumns - 3
	var names, values strings.Builder
	for i := range n {
		fmt.Fprintf(&names, "c%d,", i)
		values.WriteString("x,")
	}
	text := names.String() + "email,email_verified,cognito:username\n" + values.String() + "bad,TRUE,anna\n"
	out := runText(t, judge.Options{}, text, how{})
	require.Equal(t, []string{"email-format", "row-too-long"}, out.codes())
	assert.Equal(t, n+1, out.Findings[0].Field)
	assert.Equal(t, 2*n+1, out.Findings[0].Pos.Column)

	in, err := NewInput("f", strings.NewReader(text), scan.Pos{}, scan.Dialect{}, 0)
	require.NoError(t, err)
	h, err := in.ReadHeader()
	require.NoError(t, err)
	assert.Len(t, CheckHeader(judge.Options{Pool: schema.Default()}, "f", h), n+18)

	in, err = NewInput("f", strings.NewReader("more,"+text), scan.Pos{}, scan.Dialect{}, 0)
	require.NoError(t, err)
	_, err = in.ReadHeader()
	require.ErrorContains(t, err, "f:1:1: the header cannot be read: it has 16385 columns, and at most 16384 are read")
}

func TestHeaderThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"a\"b,c\n1,2\n":                  "f:1:1: the header cannot be read: quotation mark inside an unquoted field, at column 2",
		"\n\"a,b\n1,2\n":                 "f:2:1: the header cannot be read: the quotation mark at column 1",
		"Stra\xdfe,b\n":                  "f:1:1: the header cannot be read: byte 0xDF at column 5 is not valid UTF-8",
		strings.Repeat("x", 2000):        "f:1:1: the header cannot be read: the line is longer than 1000 bytes",
		"\n" + strings.Repeat("x", 2000): "f:2:1: the header cannot be read: the line is longer than 1000 bytes",
	} {
		in, err := NewInput("f", strings.NewReader(text), scan.Pos{}, scan.Dialect{MaxRecord: 1000}, 0)
		require.NoError(t, err)
		_, err = in.ReadHeader()
		require.ErrorContains(t, err, want)
	}
	for _, text := range []string{"", "\n", "\r\n\n"} {
		in, err := NewInput("f", strings.NewReader(text), scan.Pos{}, scan.Dialect{}, 0)
		require.NoError(t, err)
		_, err = in.ReadHeader()
		require.Equal(t, io.EOF, err)
	}
}

func TestFileLimits(t *testing.T) {
	p := pool(func(p *schema.Pool) { p.Header = []string{"email", "email_verified", "cognito:username"} })
	var b strings.Builder
	b.WriteString("email,email_verified,cognito:username\n")
	for i := range judge.MaxFileRows + 2 {
		fmt.Fprintf(&b, "a@example.com,TRUE,u%d\n", i)
	}
	h := cognito
	h.workers = 2
	out := runText(t, judge.Options{Pool: p, NoDuplicates: true}, b.String(), h)
	require.Equal(t, []string{"file-too-many-rows"}, out.codes())
	assert.EqualValues(t, judge.MaxFileRows+2, out.Findings[0].Pos.Line, "the first row too many")
	assert.EqualValues(t, judge.MaxFileRows+2, out.Summary.RowsAccepted)
}

func TestRowLength(t *testing.T) {
	p := pool(func(p *schema.Pool) {
		p.Header = []string{"email", "email_verified", "cognito:username", "custom:a", "custom:b", "custom:c", "custom:d", "custom:e", "custom:f", "custom:g", "custom:h"}
	})
	row := func(length int) string {
		text := "a@example.com,TRUE,anna"
		for range 7 {
			text += "," + strings.Repeat("x", 2000)
		}
		return strings.Join(p.Header, ",") + "\n" + text + "," + strings.Repeat("y", length-len(text)-1) + "\n"
	}
	assert.Empty(t, runText(t, judge.Options{Pool: p}, row(16_000), cognito).codes())
	assert.Equal(t, []string{"row-too-long"}, runText(t, judge.Options{Pool: p}, row(16_001), cognito).codes())
	assert.Equal(t, []string{"row-too-long"}, runText(t, judge.Options{Pool: p}, row(16_001), how{}).codes())
	// In CSV what counts is the length that the row would have in the import file, with a backslash before each comma.
	quoted := func(length int) string {
		value := strings.Repeat("x", 2000)
		return strings.Replace(row(length-100), value, `"`+strings.Repeat(",", 100)+value[100:]+`"`, 1)
	}
	assert.Empty(t, runText(t, judge.Options{Pool: p}, quoted(16_000), how{}).codes())
	assert.Equal(t, []string{"row-too-long"}, runText(t, judge.Options{Pool: p}, quoted(16_001), how{}).codes())
}

// waiting is a scan.Waiter.
type waiting struct{ io.Reader }

func (waiting) Waits() bool { return true }

func TestErrorsEndTheRun(t *testing.T) {
	t.Run("workers read", func(t *testing.T) { errorsEndTheRun(t, func(r io.Reader) io.Reader { return r }) })
	t.Run("read apart", func(t *testing.T) { errorsEndTheRun(t, func(r io.Reader) io.Reader { return waiting{r} }) })
}

func errorsEndTheRun(t *testing.T, wrap func(io.Reader) io.Reader) {
	broken := errors.New("broken")
	text := messyText(1, 50, false)
	start := func(r io.Reader) RunOptions {
		in, err := NewInput("f", wrap(r), scan.Pos{}, scan.Dialect{Kind: scan.Cognito}, 64)
		require.NoError(t, err)
		h, err := in.ReadHeader()
		require.NoError(t, err)
		v, err := judge.New(judge.Options{Columns: h.Names})
		require.NoError(t, err)
		return RunOptions{Input: in, Validator: v, Fields: len(h.Names), Workers: 2}
	}
	t.Run("reading", func(t *testing.T) {
		o := start(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
		var sum rule.Summary
		require.ErrorIs(t, Run(context.Background(), o, &sum), broken)
		assert.Positive(t, sum.RowsRead, "what came before was judged")
	})
	t.Run("reporting", func(t *testing.T) {
		o := start(strings.NewReader(text))
		o.Report = func(*rule.Finding) error { return broken }
		require.ErrorIs(t, Run(context.Background(), o, new(rule.Summary)), broken)
	})
	t.Run("committing", func(t *testing.T) {
		o := start(strings.NewReader(text))
		o.Commit = func(*Batch) error { return broken }
		require.ErrorIs(t, Run(context.Background(), o, new(rule.Summary)), broken)
	})
	t.Run("cancelled while a read blocks", func(t *testing.T) {
		pr, pw := io.Pipe()
		defer pw.Close()
		go func() { _, _ = io.WriteString(pw, text) }()
		o := start(pr)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.ErrorIs(t, Run(ctx, o, new(rule.Summary)), context.Canceled)
	})
}

func TestSummariesAddUp(t *testing.T) {
	h := cognito
	a := runText(t, judge.Options{}, messyText(1, 80, false), h).Summary
	b := runText(t, judge.Options{}, messyText(2, 90, false), h).Summary
	sum, other := a, b
	sum.Add(&b)
	other.Add(&a)
	assert.Equal(t, sum, other)
	assert.Equal(t, a.RowsRead+b.RowsRead, sum.RowsRead)
}

func TestEmptyValuesAreNotShown(t *testing.T) {
	small := pool(func(p *schema.Pool) { p.Header = []string{"cognito:username", "email", "email_verified"} })
	text := "cognito:username,email,email_verified\n,a@example.com,TRUE\n,b@example.com,TRUE\nanna,c,TRUE\n"
	for _, size := range []int{1, 0} {
		out := runText(t, judge.Options{Pool: small}, text, how{blockSize: size, values: true})
		require.Equal(t, []string{"username-missing", "username-missing", "email-format"}, out.codes())
		assert.Nil(t, out.Findings[0].Value)
		assert.Nil(t, out.Findings[1].Value)
		assert.Equal(t, "c", string(out.Findings[2].Value))
	}
}
