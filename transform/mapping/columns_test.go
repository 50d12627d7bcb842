package mapping

import (
	"encoding/json"
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
	"unhex", "epoch: {unit: ms}", "epoch: {unit: s}", `epoch: {from: [yyyy-MM-dd], zone: UTC, unit: ns}`, "epoch: {unit: filetime}",
	`epoch: {from: ["yyyy-MM-dd'T'HH:mm:ss.SSSX", "yyyy-MM-dd HH:mm:ssX", yyyy-MM-dd], zone: UTC}`, `epoch: {from: ["yyyy-MM-dd HH:mm:ss.SX", "yyyy-MM-dd'T'HH:mm:ssX"]}`,
	"date: {from: [dd.MM.yy, yyyy-MM-dd], pivot: 1930}", "lookup: {table: {a: one, é: e}, else: keep}",
	`part: {of: " ", take: first}`, `part: {of: " ", take: last}`, `part: {of: " ", take: rest}`, `part: {of: a, take: 2}`, "list", `list: {separator: " "}`, `list: {separator: é}`,
	`unquote: "'"`, "unquote: an", "nfc", "phone", "phone: {region: b}", "phone: {region: c, default-region: CH}", "phone: {default-region: US}",
	"hash", "hash: {scheme: bcrypt}", "hash: {scheme: pbkdf2_sha256}", "hash: {scheme-from: b}",
}

// What values are made of.
var someValues = []string{
	"", "", "a", "B", "ab", "Anna", "ANNA MARIA", "anna  maria", " anna", "anna ", "a b c", "Ünlü É", "é", "ß", "İx", "日本 語", "a\u2003b", "x\tb", "yes", "No", "JA", "true", "1", "0", "germany",
	"X'4dc3bc6e'", "X'ff00'", "X'4'", "a very long word", "+41 (44) 123-45-67", "0049-30/1234", "2024-02-29", "2023-02-29", "31.12.1999", "1.2.2003", "01/02/2003", "2024-02-29 23:59:59", "2024-02-29T12:30", "2024-02-29T12:30:00Z",
	"2024-02-29 12:30:00.123456+00", "2023-12-31T23:59:59.999+05:30", "1969-12-31T23:59:59Z", "2024-02-30 12:30:00Z", "2024-02-29 12:30:00.Z",
	"2024-02-29T23:30:00-05:00", "0000-01-01", "1700000000000", "12", "999", "12345678901234567", "17000000000x0", "a,b", strings.Repeat("x", 70), strings.Repeat("Ab", 40) + "é", "aaa-aaa",
	"'+12015550100", "+12015550100", "+1 201 555 0100", "(201) 555-0100", "044 123 45 67", "0041 44 123 45 67", "+1234", "4.12E+10", "US", "Switzerland", "Atlantis", "Zoe\u0308", "'", "''a", "an", "|a| b", "31.12.99",
	"133497720000000000", "1700000000.5", "1.7e9", "bcrypt", "pbkdf2_sha256", "$2b$10$" + strings.Repeat("a", 53), "$2", "pbkdf2_sha256$1000$c2FsdA==$aGFzaA==", "$pbkdf2-sha256$1000$c2FsdA==$aGFzaA==",
	"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", "1024$8$1$c2FsdA$aGFzaA", "1024$8$1$00ff$00ff", "scrypt:1024:8:1$salt$00ff",
	`{"k":"x","l":["a","B"]}`, `{"k":["a"," b "],"l":" Anna "}`, `{"k":{"l":1}}`, `{"k":`, `["a","é"]`,
}

// someOrigin writes where a value comes from; sources are what may stand for a column.
func someOrigin(b *strings.Builder, r *rand.Rand, sources []string) {
	a := func() string { return sources[r.IntN(len(sources))] }
	switch r.IntN(9) {
	case 0:
		fmt.Fprintf(b, "    first: [%s, %s, %s]\n", a(), a(), a())
	case 1:
		fmt.Fprintf(b, "    join: [%s, %s, %s]\n    with: %q\n", a(), a(), a(), []string{" ", ", ", ""}[r.IntN(3)])
	case 2:
		one, two := strings.Trim(a(), "'"), strings.Trim(a(), "'")
		fmt.Fprintf(b, "    template: %q\n", []string{"{" + one + "} {" + two + "}", "<{" + one + "}>", "{" + one + "}{" + two + "}{c} is longer than sixteen bytes"}[r.IntN(3)])
	case 3:
		fmt.Fprintf(b, "    constant: %q\n", someValues[r.IntN(len(someValues))])
	case 4:
		fmt.Fprintf(b, "    username: {login: [%s], email: %s, phone: [%s, %s]}\n", a(), a(), a(), a())
	case 5:
		fmt.Fprintf(b, "    test: %s\n", someCondition(r, a))
	default:
		fmt.Fprintf(b, "    from: %s\n", a())
	}
}

// someCondition writes a condition on columns that a returns.
func someCondition(r *rand.Rand, a func() string) string {
	switch r.IntN(10) {
	case 0:
		return fmt.Sprintf("{any: [%s, %s]}", someCondition(r, a), someCondition(r, a))
	case 1:
		return fmt.Sprintf("{all: [%s, %s]}", someCondition(r, a), someCondition(r, a))
	case 2:
		return fmt.Sprintf("{not: %s}", someCondition(r, a))
	case 3:
		return fmt.Sprintf("{column: %s, empty: %t}", a(), r.IntN(2) == 0)
	case 4:
		return fmt.Sprintf("{column: %s, has: %s, separator: %q, ignore-case: %t}", a(), a(), []string{" ", ",", "-"}[r.IntN(3)], r.IntN(2) == 0)
	case 5:
		return fmt.Sprintf("{column: %s, matches: '^[^x]*$'}", a())
	case 6:
		return fmt.Sprintf("{column: %s, boolean: %s}", a(), []string{"true", "false", "neither"}[r.IntN(3)])
	case 7:
		return fmt.Sprintf("{column: %s, time: %t}", a(), r.IntN(2) == 0)
	}
	return fmt.Sprintf("{column: %s, in: [Anna, a, '12', é], ignore-case: %t}", a(), r.IntN(2) == 0)
}

func someStepsOf(b *strings.Builder, r *rand.Rand) {
	var steps []string
	for range r.IntN(4) {
		steps = append(steps, everyStep[r.IntN(len(everyStep))])
	}
	if len(steps) > 0 {
		b.WriteString("    steps:\n      - " + strings.Join(steps, "\n      - ") + "\n")
	}
	if r.IntN(3) == 0 {
		b.WriteString("    if-failed: empty\n")
	}
}

// someMapping makes a mapping of columns with origins and steps of all kinds.
func someMapping(r *rand.Rand, columns []string) string {
	var b strings.Builder
	b.WriteString("version: 1\n")
	sources := []string{"a", "b", "c"}
	if r.IntN(2) == 0 {
		b.WriteString("optional: true\nnames: loose\naliases: {c: [C-olumn], nobody: [none, B]}\n")
		sources = append(sources, "A", "nobody", "not.there")
	}
	if r.IntN(3) == 0 {
		sources = append(sources, "a.k", "'b.l[*]'", "'c.k[0]'")
	}
	if r.IntN(2) == 0 {
		b.WriteString("join: {key: a, with: id, strip-prefix: a}\n")
		sources = append(sources, "join.one", "join.two")
	}
	if r.IntN(2) == 0 {
		b.WriteString("values:\n")
		for n := range 1 + r.IntN(4) {
			fmt.Fprintf(&b, "  v%d:\n", n)
			someOrigin(&b, r, sources)
			someStepsOf(&b, r)
			sources = append(sources, fmt.Sprintf("$v%d", n), fmt.Sprintf("$v%d", n))
		}
	}
	b.WriteString("columns:\n")
	for _, name := range columns {
		fmt.Fprintf(&b, "  %s:\n", name)
		someOrigin(&b, r, sources)
		someStepsOf(&b, r)
	}
	if strings.Contains(b.String(), "aliases") { // they must be used
		b.WriteString("  custom:*: {first: ['*', nobody, c]}\n")
	}
	a := func() string { return sources[r.IntN(len(sources))] }
	if r.IntN(3) == 0 {
		fmt.Fprintf(&b, "skip:\n  - when: {all: [%s, %s, {column: a, in: [Anna, yes]}]}\n    reason: because\n", someCondition(r, a), someCondition(r, a))
	}
	if r.IntN(3) == 0 {
		fmt.Fprintf(&b, "reject:\n  - when: {all: [%s, {column: b, matches: '^[^x]*$'}]}\n    reason: because\n", someCondition(r, a))
	}
	if r.IntN(2) == 0 {
		fmt.Fprintf(&b, "side:\n  id: %s\n  list: {list: %s, separator: %q}\n  test: {test: %s}\n  json: {json: %s}\n", a(), a(), []string{" ", "-", ", "}[r.IntN(3)], someCondition(r, a), a())
	}
	return b.String()
}

// someTable is a second file, in which most keys are found.
type someTable struct{ columns int }

func (t someTable) Fields(dst, key []byte, out []scan.Span) ([]byte, bool) {
	hash := 7
	for _, b := range key {
		hash = hash*31 + int(b)
	}
	for i := range t.columns {
		start := len(dst)
		dst = append(dst, someValues[(hash+i)&0xFFFF%len(someValues)]...)
		out[i] = scan.Span{Start: uint32(start), End: uint32(len(dst))}
	}
	return dst, hash%5 != 0
}

// mapTable is a second file of few records.
type mapTable map[string][]string

func (t mapTable) Fields(dst, key []byte, out []scan.Span) ([]byte, bool) {
	for i, v := range t[string(key)] {
		out[i] = scan.Span{Start: uint32(len(dst)), End: uint32(len(dst) + len(v))}
		dst = append(dst, v...)
	}
	return dst, t[string(key)] != nil
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
	return append(buf, make([]byte, scan.Padding)...)[:len(buf)], fields
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
	require.GreaterOrEqual(t, cap(c.Buf)-len(c.Buf), scan.Padding)
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
		if p.Side() {
			side := string(s.AppendSide(nil))
			require.Equal(t, side, string(c.AppendSide(nil, i)), about)
			require.True(t, json.Valid([]byte(side)), side)
		}
		for target := range out {
			made := c.Made(target)
			require.Equal(t, slices.Contains(p.Made(), target), made != nil)
			if made != nil {
				require.LessOrEqual(t, int(made[i].End), len(c.Buf))
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
	o := Options{Columns: columns, AssumeVerified: []string{"email"}}
	if j := m.Join(o); j != nil {
		o.Join = someTable{len(j.Columns)}
	}
	p, err := m.Compile([]string{"a", "b", "c"}, o)
	require.NoError(t, err, text)
	return p
}

func TestColumnsMakeWhatRowsMake(t *testing.T) {
	columns := []string{"email", "name", "birthdate", "gender", "email_verified", "custom:a", "custom:b"}
	rounds := 3000
	if testing.Short() {
		rounds = 600
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range rounds {
		text := someMapping(r, columns[:4+r.IntN(2)])
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
	buf = append(buf, make([]byte, scan.Padding)...)[:len(buf)]
	missing := slices.DeleteFunc(stepNames(), func(name string) bool {
		return slices.ContainsFunc(everyStep, func(step string) bool { return step == name || strings.HasPrefix(step, name+":") })
	})
	require.Empty(t, missing, "steps that everyStep lacks")
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
		buf := append([]byte("x"), make([]byte, scan.Padding)...)[:1]
		x := slices.Repeat([]scan.Span{{Start: 0, End: 1}}, 10_000)
		c.Buf = buf
		c.Run(len(x), func(int) []scan.Span { return x })
		assert.Less(t, cap(c.Buf), 3*mostMade, text[:60])
		left := slices.Clone(c.Left)
		slices.Sort(left)
		assert.Len(t, slices.Compact(left), len(x), text[:60])
	}
}
