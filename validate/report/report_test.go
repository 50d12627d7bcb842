package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/escape"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

var finding = rule.Finding{
	Code: rule.RowFieldCount, Severity: rule.Error, File: "a \"b\"\n.csv", Record: 3, Field: 2, Column: "email",
	Pos: scan.Pos{Offset: 70, Line: 4, Column: 9}, Want: 21, Got: 20,
}

func write(t *testing.T, o Options, findings ...rule.Finding) string {
	var b bytes.Buffer
	w, err := Open(&b, o)
	require.NoError(t, err)
	clock := time.Date(2026, 3, 4, 5, 6, 7, 8, time.FixedZone("", 3600))
	require.NoError(t, w.Start(Run{Tool: "poolprep x", Command: "check", Now: func() time.Time {
		clock = clock.Add(time.Minute)
		return clock
	}}))
	for i := range findings {
		require.NoError(t, w.Finding(&findings[i]))
	}
	result := rule.Result{Sources: []rule.Source{{Name: "a\x1b.csv", Rows: 5, Size: 0, SHA256: "abc"}, {Name: "stdin", Size: -1}}}
	result.Summary.RowsRead, result.Summary.RowsRejected = 5, 5
	result.Summary.Count(rule.RowFieldCount, rule.Error, true)
	require.NoError(t, w.Finish(result))
	return b.String()
}

func TestText(t *testing.T) {
	f := finding
	f.File = "a.csv"
	assert.Equal(t, "a.csv:4:9: error: email: the record has 20 fields, the header 21 [row-field-count]\n", write(t, Options{}, f))
	f.Column = "e\x1b[2Jmail"
	assert.Contains(t, write(t, Options{}, f), `error: e\x1b[2Jmail: the record`, "names from a file do not move the cursor")
	assert.Contains(t, write(t, Options{Color: true}, f), "\x1b[31merror\x1b[0m")
	f.Severity = rule.Hint
	assert.Empty(t, write(t, Options{}, f))
	assert.Contains(t, write(t, Options{Info: true}, f), ": info: ")
	f.Value = []byte("secret\n")
	assert.Contains(t, write(t, Options{Info: true}, f), `header 21: "secret\n" [`)
}

func TestJSONLines(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(write(t, Options{Format: JSONL}, finding)), "\n")
	require.Len(t, lines, 3)
	var first, second, third map[string]any
	for i, into := range []*map[string]any{&first, &second, &third} {
		require.NoError(t, json.Unmarshal([]byte(lines[i]), into), lines[i])
	}
	assert.Equal(t, map[string]any{"v": 1.0, "type": "run", "tool": "poolprep x", "command": "check"}, first)
	hint := second["hint"]
	delete(second, "hint")
	assert.NotEmpty(t, hint)
	assert.Equal(t, map[string]any{
		"v": 1.0, "type": "finding", "code": "row-field-count", "severity": "error", "file": "a \"b\"\n.csv", "line": 4.0, "column": 9.0,
		"byte_offset": 70.0, "record": 3.0, "field": 2.0, "column_name": "email", "message": "the record has 20 fields, the header 21",
	}, second)
	assert.Equal(t, map[string]any{"row-field-count": 1.0}, third["findings"])
	assert.Equal(t, false, third["truncated"])
	assert.Equal(t, 5.0, third["rows_rejected"])
	assert.Equal(t, "poolprep x", third["tool"])
	assert.Equal(t, []any{"2026-03-04T04:07:07Z", "2026-03-04T04:08:07Z"}, []any{third["started"], third["finished"]})
	assert.Equal(t, []any{
		map[string]any{"name": "a\x1b.csv", "rows": 5.0, "size": 0.0, "sha256": "abc"},
		map[string]any{"name": "stdin", "rows": 0.0},
	}, third["sources"])
}

// TestMoreThanThePlace shows what some findings have beside their place.
func TestMoreThanThePlace(t *testing.T) {
	constant := finding
	constant.Code = rule.EmailFormat
	duplicate := finding
	duplicate.Code, duplicate.FirstLine, duplicate.FirstFile = rule.UsernameDuplicate, 17, "b\x1b.csv"
	for _, f := range []rule.Finding{constant, finding, duplicate} {
		for _, source := range []string{"", "E-\x1bMail", "", "x"} {
			for _, value := range []string{"", "a\u009b\xff\n"} {
				f.Source, f.Value = source, nil
				want := map[string]any{}
				if source != "" {
					want["source_column"] = source
				}
				if value != "" {
					f.Value = []byte(value)
					want["value"] = strings.ToValidUTF8(value, "\ufffd")
				}
				if f.FirstLine > 0 {
					want["first_line"], want["first_file"] = 17.0, f.FirstFile
				}
				line := strings.Split(write(t, Options{Format: JSONL}, constant, f, f), "\n")[3]
				var got map[string]any
				require.NoError(t, json.Unmarshal([]byte(line), &got), line)
				assert.Equal(t, string(f.AppendMessage(nil)), got["message"], "the message has no value")
				assert.Contains(t, line, `"hint":`)
				for _, known := range []string{"v", "type", "code", "severity", "file", "line", "column", "byte_offset", "record", "field", "column_name", "message", "hint"} {
					delete(got, known)
				}
				assert.Equal(t, want, got)
			}
		}
	}
	duplicate.Source, duplicate.File, duplicate.Value = "E-\x1bMail", "a\n.csv", bytes.Repeat([]byte("é"), 150)
	duplicate.Value[0], duplicate.Value[1] = 'x', 0x1b
	assert.Equal(t, `a\n.csv:4:9: error: email, from E-\x1bMail: duplicate username, first seen in b\x1b.csv on line 17: "x\x1b`+strings.Repeat("é", 99)+"\"... (300 bytes) [username-duplicate]\n", write(t, Options{}, duplicate))
}

func TestJSONStringsAreValid(t *testing.T) {
	for _, s := range []string{"", "\u009b\u202e\u2028\U000e0041", "a\"\\\x00\x1f\x7f\n\té日", "\xff\xe9x", strings.Repeat("é", 50)} {
		var got string
		text := AppendString(nil, s)
		require.NoError(t, json.Unmarshal(text, &got))
		assert.Equal(t, string(text), escape.String(string(text)), "nothing that moves the cursor")
		assert.Equal(t, strings.ToValidUTF8(s, "\ufffd"), strings.ReplaceAll(got, "\ufffd\ufffd", "\ufffd"))
	}
}

func TestCSV(t *testing.T) {
	records, err := csv.NewReader(strings.NewReader(write(t, Options{Format: CSV}, finding))).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 2)
	assert.Equal(t, []string{"row-field-count", "error", `a "b"\n.csv`, "4", "9", "70", "3", "2", "email"}, records[1][:9])
}

// TestCSVIsSafeToShow wants no control character in a report, whatever is in names,
// messages and values.
func TestCSVIsSafeToShow(t *testing.T) {
	const unsafe = "x\x1b[31m\u009b\x7f\u202e\u2028\t\r\n\xff"
	f := finding
	f.File, f.Column, f.Text, f.Source, f.Value = unsafe, unsafe, unsafe, unsafe, []byte(unsafe)
	for _, text := range []string{write(t, Options{Format: CSV}, f), string(AppendReason(nil, unsafe, 7, []rule.Finding{f, f})) + "\n"} {
		for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
			assert.Equal(t, escape.String(line), line)
		}
		assert.Contains(t, text, `x\x1b[31m\u009b\x7f\u202e\u2028\t\r\n\xff`)
	}
}

// TestCSVIsNoFormula wants no cell that a spreadsheet would execute, whatever it splits at.
func TestCSVIsNoFormula(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "email": "email", "a-b=c+d@e": "a-b=c+d@e", "a; b": "a; b",
		"=cmd": "'=cmd", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\t=x": "'\t'=x", "\r=x": "'\r'=x", "\n=x": "'\n'=x",
		"x;=cmd": "x;'=cmd", "x\r\n=cmd": "x\r'\n'=cmd", "＝x": "'＝x", "\xff=": "\xff=", "=\xff": "'=\xff", ";;=": ";;'=",
	} {
		assert.Equal(t, want, Harmless(cell), "%q", cell)
		f := finding
		f.Column, f.File = cell, cell
		records, err := csv.NewReader(strings.NewReader(write(t, Options{Format: CSV}, f))).ReadAll()
		require.NoError(t, err)
		want = Harmless(escape.String(cell))
		assert.Equal(t, []string{want, want}, []string{records[1][2], records[1][8]})
		reason := "7," + string(AppendReason(nil, cell, 9, []rule.Finding{f, f})) + "\n"
		records, err = csv.NewReader(strings.NewReader(reason)).ReadAll()
		require.NoError(t, err)
		require.Len(t, records[0], len(ReasonColumns))
		assert.Equal(t, []string{"7", "9", "row-field-count; row-field-count"}, []string{records[0][0], records[0][2], records[0][3]})
		if want != "" {
			assert.Contains(t, records[0][4], "; "+want)
		}
	}
}

func TestCap(t *testing.T) {
	out := write(t, Options{Format: JSONL, Limits: Limits{Max: 2}}, finding, finding, finding)
	assert.Equal(t, 2, strings.Count(out, `"type":"finding"`))
	assert.Contains(t, out, `"truncated":true`)
}

func TestRejectsHoldNoValue(t *testing.T) {
	f := finding
	f.Value = []byte("secret")
	line := string(AppendReject(nil, "f.csv", scan.Pos{Line: 4, Column: 1, Offset: 70}, []rule.Finding{f, f}))
	assert.NotContains(t, line, "secret")
	assert.True(t, json.Valid([]byte(line)))
	assert.True(t, json.Valid(AppendSkip(nil, "f\"", scan.Pos{Line: 4, Column: 1, Offset: 70}, 3, "because")))
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestWriteErrorsAreTold(t *testing.T) {
	for _, format := range Formats() {
		for _, end := range []func(*Report) error{(*Report).Flush, func(r *Report) error { return r.Finish(rule.Result{}) }} {
			w, err := Open(broken{}, Options{Format: Format(format)})
			require.NoError(t, err)
			require.NoError(t, w.Start(Run{}))
			require.NoError(t, w.Finding(&finding))
			require.Error(t, end(w))
		}
	}
}

func TestNumbersAreThoseOfStrconv(t *testing.T) {
	numbers := []int64{5000, 5001, 5001000, 5001001, 5, 5001002, 0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 12345, -1, -10, math.MinInt64, math.MaxInt64}
	for power := int64(10); power < math.MaxInt64/10; power *= 10 {
		numbers = append(numbers, power-1, power, power+1)
	}
	var m number
	for _, n := range numbers {
		require.Equal(t, strconv.AppendInt([]byte("x"), n, 10), m.append([]byte("x"), n))
	}
}
