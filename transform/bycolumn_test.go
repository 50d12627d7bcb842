package transform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

var (
	someSteps = []string{
		"trim", "spaces", "lower", "upper", "title", `strip: " -()"`, `strip: "xN"`, `prefix: "+"`, `prefix: " "`, `prefix: "\"q"`, "default: none", "default: NULL", "truncate: 4", "truncate: 200",
		`replace: {a: "b,\\", "-": ""}`, `replace: {e: "\u200b"}`, `regex: {match: "^(.)(.*)$", replace: "$2$1", or-keep: true}`, `lookup: {table: {a: "one, two", B: "é\u00a0", yes: "TRUE"}, default: "x "}`,
		`lookup: {table: {a: one, "": nothing}}`, "boolean", "date: {from: [yyyy-MM-dd, dd.MM.yyyy]}", "epoch: {unit: ms}", `epoch: {from: [yyyy-MM-dd], zone: UTC}`,
	}
	someTexts = []string{
		"", "a,b", "Anna", "Zoë", "x, y and z", "a", "B", "anna maria", " anna", "anna ", "a,b", "Zoë", "NULL", "nULL", "null", "Nina", "NULLx", "x\ty", "back\\", "q\"q", "\"", "日本", "a\u200bb", "no\u00a0break", "soft\u00adhyphen", "x\u0085",
		strings.Repeat("long ", 60), strings.Repeat(",", 300), "two\nlines", "é", "-", "0",
	}
	someTruths = []string{"TRUE", "FALSE", "yes", "true", "no", "0", "1", "", "", "maybe", " TRUE", "y"}
	someDates  = []string{"", "01/31/1980", "1980-01-31", "31.01.1980", "1980-02-30", "02/30/1980", "1980-01-31T12:00:00Z", "1/2/1980"}
	someTimes  = []string{"", "1539794831", "1539794831000", "2024-01-31T12:00:00Z", "2024-01-31T12:00:00", "12x", "123456789012"}
	someMails  = []string{"a@example.com", "ANNA@Example.com", "o'brien+x@mail.example.co.uk", "no mail", "", "a@b", "é@example.com"}
	somePhones = []string{"", "+12015550123", "0041 44 (123)", "+1", "12015550123", "tel:+1"}
)

// The columns of a source, and what their values are made of.
var (
	sourceColumns = strings.Fields("user mail verified given family born phone updated mfa other hash")
	sourceValues  = [][]string{someTexts, someMails, someTruths, someTexts, someTexts, someDates, somePhones, someTimes, someTruths, someTexts, someHashes}
)

// aValue makes a value of column f for record n; one in so many is of any kind.
func aValue(r *rand.Rand, f, n, ugly int) string {
	kind := sourceValues[f]
	v := kind[r.IntN(min(len(kind), 2+r.IntN(3)))]
	if r.IntN(ugly) == 0 {
		v = kind[r.IntN(len(kind))]
	}
	if f == 0 && r.IntN(4) > 0 {
		v = fmt.Sprint("user", n)
	}
	return v
}

// jsonSource makes JSON lines of the same, some of them broken.
func jsonSource(r *rand.Rand, rows int) string {
	ugly := []int{2, 10, 100}[r.IntN(3)]
	var b strings.Builder
	for n := range rows {
		record := map[string]any{"meta": map[string]any{"plan": aValue(r, 3, n, ugly), "text": `{"in":"` + "x\\u00fc" + `"}`}, "list": []any{aValue(r, 3, n, ugly), "z"}}
		for f, name := range sourceColumns {
			v := aValue(r, f, n, ugly)
			switch r.IntN(12) {
			case 0:
				record[name] = v == "TRUE"
			case 1:
				record[name] = nil
			case 2:
			case 3:
				record[name+"x"] = v
			default:
				record[name] = v
			}
		}
		line, _ := json.Marshal(record)
		switch r.IntN(30) {
		case 0:
			line = line[:len(line)/2]
		case 1:
			line = append(line[:len(line)-1], `,"given":"twice","given":"twice"}`...)
		case 2:
			line = append(line, "\n\n"...)
		case 3:
			line = bytes.Replace(line, []byte("a"), []byte("\xff"), 1)
		}
		b.Write(append(line, '\n'))
	}
	return b.String()
}

// document makes JSON documents of the lines of jsonSource that are JSON.
func document(r *rand.Rand, lines string) string {
	var b strings.Builder
	begin, end := []string{"[", "{\"total\": 2,\n \"users\": [", ""}[r.IntN(3)], ""
	switch {
	case strings.HasPrefix(begin, "{"):
		end = "], \"next\": {\"x\": [1]}}"
	case begin != "":
		end = "]"
	}
	b.WriteString(begin)
	first := true
	for line := range strings.Lines(lines) {
		if !json.Valid([]byte(line)) {
			continue
		}
		if !first && end != "" {
			b.WriteString([]string{",", " ,\n", ",\r\n  "}[r.IntN(3)])
		}
		first = false
		if r.IntN(2) == 0 {
			var over bytes.Buffer // several lines
			_ = json.Indent(&over, []byte(line), "", []string{"", "  "}[r.IntN(2)])
			line = over.String()
		}
		b.WriteString(strings.TrimSpace(line))
		if r.IntN(20) == 0 && begin != "" {
			b.WriteString(end + "\n" + begin)
			first = true
		}
	}
	return b.String() + end
}

// aSource makes a text with a header and ugly rows.
func aSource(r *rand.Rand, d scan.Dialect, end string, rows int) string {
	d, _ = d.Resolve()
	ugly := []int{2, 10, 100}[r.IntN(3)] // one value in so many is of any kind
	var b strings.Builder
	b.WriteString(strings.Join(sourceColumns, string(d.Delimiter)) + end)
	for n := range rows {
		for f := range sourceColumns {
			v := aValue(r, f, n, ugly)
			if f > 0 {
				b.WriteByte(d.Delimiter)
			}
			if strings.ContainsAny(v, string([]byte{d.Delimiter, d.Quote, '\n'})) || r.IntN(9) == 0 {
				v = string(d.Quote) + strings.ReplaceAll(v, string(d.Quote), string([]byte{d.Quote, d.Quote})) + string(d.Quote)
			}
			b.WriteString(v)
		}
		b.WriteString(end)
	}
	return b.String()
}

var someHashes = []string{
	"", "$2b$10$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "$2b$31$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
	"$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g", "$P$Bsomething", "x",
}

// someValues are named values of aMapping.
func someValues(r *rand.Rand) string {
	soft := func() string { return []string{"", ", if-failed: empty"}[r.IntN(2)] }
	return fmt.Sprintf(`values:
  user: {first: [user, mail], steps: [trim]}
  phone: {from: phone, steps: [{regex: {match: '^\+', replace: '+'}}]%s}
  born: {join: [born, family], with: " ", steps: [{truncate: 10}, {default: " x "}]}
  mail: {first: [mail, $phone, nobody]}
`, soft())
}

// aRule is a condition of aMapping that does not often hold.
func aRule(r *rand.Rand) string {
	return []string{"{column: other, in: [a, B]}", "{column: family, has: given, separator: ' '}", "{all: [{column: $mail, empty: true}, {column: born, empty: false}]}"}[r.IntN(3)]
}

// aMapping maps the columns of aSource, with steps.
func aMapping(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("version: 1\n")
	rich := r.IntN(2) == 0 // uses all of the language
	if rich {
		b.WriteString("names: loose\noptional: true\naliases: {family: [nobody, Fam-Ily]}\n")
		b.WriteString(someValues(r))
	}
	b.WriteString("columns:\n")
	for _, column := range [][2]string{
		{"cognito:username", "user"}, {"email", "mail"}, {"email_verified", "verified"}, {"given_name", "given"}, {"family_name", "family"}, {"birthdate", "born"},
		{"phone_number", "phone"}, {"updated_at", "updated"}, {"cognito:mfa_enabled", "mfa"}, {"name", "other"}, {"nickname", "other"}, {"address", "given"}, {"gender", ""},
	} {
		if r.IntN(6) == 0 {
			continue
		}
		fmt.Fprintf(&b, "  %s:\n", column[0])
		switch n := r.IntN(8); {
		case rich && r.IntN(3) == 0:
			switch r.IntN(3) {
			case 0:
				fmt.Fprintf(&b, "    from: %s\n", []string{"$user", "$phone", "$born", "$mail", "nobody"}[r.IntN(5)])
			case 1:
				fmt.Fprintf(&b, "    test: {not: %s}\n", aRule(r))
			default:
				b.WriteString("    username: {login: [$user, other], email: $mail, phone: $phone}\n")
			}
		case column[1] == "":
			fmt.Fprintf(&b, "    constant: %q\n", []string{"", "f", "a, b", "NULL", "back\\"}[r.IntN(5)])
		case n == 0:
			fmt.Fprintf(&b, "    first: [%s, other]\n", column[1])
		case n == 1:
			fmt.Fprintf(&b, "    join: [%s, family]\n    with: %q\n", column[1], []string{" ", ", ", ""}[r.IntN(3)])
		case n == 2:
			fmt.Fprintf(&b, "    template: %q\n", []string{"{given} {family}", "{" + column[1] + "}"}[r.IntN(2)])
		default:
			fmt.Fprintf(&b, "    from: %s\n", column[1])
		}
		var steps []string
		for range max(0, r.IntN(5)-2) {
			steps = append(steps, someSteps[r.IntN(len(someSteps))])
		}
		if len(steps) > 0 {
			b.WriteString("    steps:\n      - " + strings.Join(steps, "\n      - ") + "\n")
		}
		if r.IntN(4) == 0 {
			b.WriteString("    if-failed: empty\n")
		}
	}
	if rich {
		b.WriteString("  password_hash: {from: hash, if-failed: empty}\n  custom:nobody: $mail\n")
	}
	if rich && r.IntN(2) == 0 {
		fmt.Fprintf(&b, "reject:\n  - when: %s\n    reason: not ready\n", aRule(r))
	}
	if r.IntN(4) == 0 {
		b.WriteString("skip:\n  - when: {column: other, in: [a, B]}\n    reason: because\n")
	}
	if r.IntN(3) == 0 {
		b.WriteString("side:\n  id: user\n  list: {list: given, separator: ','}\n  is: {test: {column: verified, in: [TRUE, yes]}}\n  raw: {json: other}\n")
	}
	return b.String()
}

// TestByColumnAsRowByRow: whatever is made, repaired, judged and copied by column is what
// comes of rows by themselves.
func TestByColumnAsRowByRow(t *testing.T) {
	rounds := 1200
	if testing.Short() {
		rounds = 250
	}
	r := rand.New(rand.NewPCG(3, 4))
	kernels := scan.Kernels()
	for round := range rounds {
		d := []scan.Dialect{{}, {}, {Delimiter: ';'}, {Delimiter: '\t', Quote: '\''}}[r.IntN(4)]
		s := setup{dialect: d, options: Options{NoRepair: r.IntN(4) == 0, Backslash: Backslash(r.IntN(3)), Side: true}}
		if r.IntN(5) > 0 {
			s.mapping = aMapping(r)
		}
		if r.IntN(4) == 0 {
			s.options.Validate.Nulls = [][]string{{"NULL"}, {"-", "0"}, {"日本", "a"}, {`q"q`, `"`}}[r.IntN(4)]
		}
		if r.IntN(4) == 0 {
			s.options.HashField = 10
		}
		if r.IntN(3) == 0 {
			s.options.Validate.Severity = map[rule.Code]rule.Severity{}
			for range 12 {
				code := rule.Codes()[r.IntN(len(rule.Codes()))]
				level := map[rule.Code]rule.Severity{code: []rule.Severity{rule.Off, rule.Warning, rule.Error}[r.IntN(3)]}
				if _, err := judge.New(judge.Options{Severity: level}); err == nil { // not of every code
					maps.Copy(s.options.Validate.Severity, level)
				}
			}
		}
		if r.IntN(3) == 0 {
			s.assume = []string{"email", "phone_number"}
		}
		s.options.Validate.PasswordHash = []value.HashAlgorithm{value.HashNone, value.HashNone, value.BCrypt, value.HashAuto}[r.IntN(4)]
		if round%4 == 3 {
			s.dialect, s.members = validate.JSONLines(scan.Dialect{}), sourceColumns
		}
		text := aSource(r, d, []string{"\n", "\n", "\r\n"}[r.IntN(3)], 1+r.IntN(40))
		if s.members != nil {
			text = jsonSource(r, 1+r.IntN(40))
			s.members = append(slices.Clone(sourceColumns), "meta.plan", "list[*]", "meta.text.in")
		}
		if round%8 == 7 {
			s.dialect, text = validate.Documents(scan.Dialect{}), document(r, text)
		}
		if s.mapping == "" {
			names := strings.NewReplacer("user", "cognito:username", "mail", "email", "verified", "email_verified", "born", "birthdate", "updated", "updated_at")
			text = names.Replace(text)
			if s.members != nil {
				s.members = strings.Fields(names.Replace(strings.Join(s.members, " ")))
			}
		}
		about := fmt.Sprintf("round %d, %+v\n%s\n%q", round, s.options, s.mapping, text)
		s.slow, s.blockSize = true, 1<<20
		want := convert(t, text, s)
		s.slow = false
		undo := scan.UseKernel(kernels[r.IntN(len(kernels))])
		for _, size := range []int{1 << 20, 300} {
			s.blockSize, s.workers = size, 1+r.IntN(3)
			got := convert(t, text, s)
			got.Sum.Summary.Bytes = want.Sum.Summary.Bytes
			require.Equal(t, want, got, about)
		}
		undo()
	}
}
