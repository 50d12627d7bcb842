package mapping

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// Every step, in several forms.
var everyStep = []string{
	"trim", "spaces", "lower", "upper", "title", `strip: " -()"`, `strip: "–é"`, `prefix: "+"`, `prefix: "a long prefix of more than sixteen bytes "`,
	`default: none`, `default: ""`, "truncate: 3", "truncate: 12", "replace: {a: bc, '-': ''}", `regex: {match: "^(a+)(.*)$", replace: "$2$1", or-keep: true}`,
	`regex: {match: "^[0-9]+$", replace: "n"}`, "lookup: {table: {a: one, B: two, germany: DE, a very long word: long, é: e}, default: other}",
	"lookup: {table: {a: one, '': nothing, '12': twelve}}", "lookup: {table: {Yes: y, NO: n}, ignore-case: true, default: ''}", "boolean",
	"boolean: {true: [ja, é], false: [nein]}", "date: {from: [yyyy-MM-dd, dd.MM.yyyy]}", `date: {from: [dd/MM/yyyy, d.M.yyyy], to: "yyyyMMdd"}`,
	`date: {from: ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm"], to: "dd.MM.yyyy"}`, `date: {from: ["yyyy-MM-dd'T'HH:mm:ssX", yyyy-MM-dd], zone: Europe/Zurich}`,
	"epoch: {unit: ms}", "epoch: {unit: s}", `epoch: {from: [yyyy-MM-dd], zone: UTC, unit: ns}`,
}

// What values are made of.
var someValues = []string{
	"", "", "a", "B", "ab", "Anna", "ANNA MARIA", "anna  maria", " anna", "anna ", "a b c", "Ünlü É", "é", "ß", "İx", "日本 語", "a\u2003b", "x\tb", "yes", "No", "JA", "true", "1", "0", "germany",
	"a very long word", "+41 (44) 123-45-67", "0049-30/1234", "2024-02-29", "2023-02-29", "31.12.1999", "1.2.2003", "01/02/2003", "2024-02-29 23:59:59", "2024-02-29T12:30", "2024-02-29T12:30:00Z",
	"2024-02-29T23:30:00-05:00", "0000-01-01", "1700000000000", "12", "999", "12345678901234567", "17000000000x0", "a,b", strings.Repeat("x", 70), strings.Repeat("Ab", 40) + "é", "aaa-aaa",
}

// someMapping makes a mapping of columns with origins and steps of all kinds.
func someMapping(r *rand.Rand, columns []string) string {
	var b strings.Builder
	b.WriteString("version: 1\ncolumns:\n")
	for _, name := range columns {
		fmt.Fprintf(&b, "  %s:\n", name)
		switch r.IntN(6) {
		case 0:
			b.WriteString("    first: [b, c, a]\n")
		case 1:
			fmt.Fprintf(&b, "    join: [a, b, c]\n    with: %q\n", []string{" ", ", ", ""}[r.IntN(3)])
		case 2:
			fmt.Fprintf(&b, "    template: %q\n", []string{"{a} {b}", "<{c}>", "{a}{a}{b}{c} is longer than sixteen bytes"}[r.IntN(3)])
		case 3:
			fmt.Fprintf(&b, "    constant: %q\n", someValues[r.IntN(len(someValues))])
		default:
			fmt.Fprintf(&b, "    from: %c\n", "abc"[r.IntN(3)])
		}
		var steps []string
		for range r.IntN(4) {
			steps = append(steps, everyStep[r.IntN(len(everyStep))])
		}
		if len(steps) > 0 {
			b.WriteString("    steps:\n      - " + strings.Join(steps, "\n      - ") + "\n")
		}
	}
	if r.IntN(3) == 0 {
		b.WriteString("skip:\n  - when: {any: [{column: a, equals: Anna}, {not: {column: b, matches: '^[^x]*$'}}]}\n    reason: because\n")
	}
	return b.String()
}

// someRecords puts values into a buffer, as fields of records without white space around
// them, by record.
func someRecords(r *rand.Rand, n int) (buf []byte, fields [][]scan.Span) {
	for range n {
		var record []scan.Span
		for range 3 {
			v := someValues[r.IntN(len(someValues))]
			if r.IntN(8) == 0 {
				v += someValues[r.IntN(len(someValues))]
			}
			start, end := value.Trim([]byte(v))
			record = append(record, scan.Span{Start: uint32(len(buf)), End: uint32(len(buf) + end - start)})
			buf = append(append(buf, v[start:end]...), ',')
		}
		fields = append(fields, record)
	}
	return append(buf, make([]byte, scan.Overread)...)[:len(buf)], fields
}

// requireSame asserts that columns make what rows make, and returns the share of the
// records that they left though a row could be made.
func requireSame(t *testing.T, p *Program, c *Columns, buf []byte, fields [][]scan.Span, about string) (left float64) {
	t.Helper()
	columns := make([][]scan.Span, len(p.source))
	for f := range columns {
		for _, record := range fields {
			columns[f] = append(columns[f], record[f])
		}
	}
	before := slices.Clone(columns)
	c.Buf = buf
	c.Run(len(fields), func(f int) []scan.Span { return columns[f] })
	require.Equal(t, before, columns)
	require.GreaterOrEqual(t, cap(c.Buf)-len(c.Buf), scan.Overread)
	s, out := p.NewState(), make([]scan.Span, p.Columns())
	for i, record := range fields {
		rowBuf, skip, failures := s.Row(slices.Clone(buf), record, out)
		if slices.Contains(c.Left, int32(i)) {
			if skip < 0 && len(failures) == 0 {
				left++
			}
			continue
		}
		require.Equal(t, -1, skip, about)
		require.Empty(t, failures, about)
		for target := range out {
			made := c.Made(target)
			require.Equal(t, slices.Contains(p.Made(), target), made != nil)
			if made != nil {
				require.Equal(t, string(out[target].Of(rowBuf)), string(made[i].Of(c.Buf)), "record %d, column %d of %s", i, target, about)
			}
		}
	}
	return left / float64(len(fields))
}

func compiled(t testing.TB, text string, columns []string) *Program {
	t.Helper()
	m, err := Parse("m.yaml", []byte(text))
	require.NoError(t, err, text)
	p, err := m.Compile([]string{"a", "b", "c"}, Options{Columns: columns})
	require.NoError(t, err, text)
	return p
}

func TestColumnsMakeWhatRowsMake(t *testing.T) {
	columns := []string{"email", "name", "birthdate", "gender"}
	rounds := 3000
	if testing.Short() {
		rounds = 600
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range rounds {
		text := someMapping(r, columns)
		p := compiled(t, text, columns)
		c := p.NewColumns()
		for range 2 { // what is kept from one block to the next does no harm
			buf, fields := someRecords(r, 1+r.IntN(60))
			left := requireSame(t, p, c, buf, fields, text)
			require.Zero(t, left, text)
		}
	}
}

// TestEveryStepOnEveryValue goes through all of both, so that nothing is left to chance.
func TestEveryStepOnEveryValue(t *testing.T) {
	var buf []byte
	var fields [][]scan.Span
	for _, v := range someValues {
		start, end := value.Trim([]byte(v))
		s := scan.Span{Start: uint32(len(buf)), End: uint32(len(buf) + end - start)}
		buf = append(append(buf, v[start:end]...), ';')
		fields = append(fields, []scan.Span{s, s, s})
	}
	buf = append(buf, make([]byte, scan.Overread)...)[:len(buf)]
	for _, step := range everyStep {
		p := compiled(t, "version: 1\ncolumns: {name: {from: a, steps: ["+step+"]}}", []string{"name"})
		requireSame(t, p, p.NewColumns(), buf, fields, step)
	}
}

// TestColumnsAreBounded: what would take much memory is left to rows.
func TestColumnsAreBounded(t *testing.T) {
	long := strings.Repeat("p", 60_000)
	for _, text := range []string{
		"version: 1\ncolumns: {name: {from: a, steps: [prefix: " + long + "]}}",
		"version: 1\ncolumns: {name: {template: '{a}" + long + "'}}",
		"version: 1\ncolumns: {name: {join: [a, b], with: " + long + "}}",
		"version: 1\ncolumns: {name: {from: a, steps: [replace: {x: " + long + "}]}}",
		"version: 1\ncolumns: {name: {from: a, steps: [regex: {match: x, replace: " + long + "}]}}",
	} {
		p := compiled(t, text, []string{"name"})
		c := p.NewColumns()
		buf := append([]byte("x"), make([]byte, scan.Overread)...)[:1]
		x := slices.Repeat([]scan.Span{{Start: 0, End: 1}}, 10_000)
		c.Buf = buf
		c.Run(len(x), func(int) []scan.Span { return x })
		assert.Less(t, cap(c.Buf), 3*mostMade, text[:60])
		left := slices.Clone(c.Left)
		slices.Sort(left)
		assert.Len(t, slices.Compact(left), len(x), text[:60])
	}
}
