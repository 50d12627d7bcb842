package transform

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/bench/generate"
	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/profile"
	"poolprep/validate/report"
	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// captured is everything that a conversion hands on.
type captured struct {
	Rows    string
	From    []sink.Row
	Rejects string
	Reasons []string
	Skipped []string
	Side    []string // lines
	Preview []string // the first three records
	Hashes  []string // algorithm of each call of Rows, repeats dropped
	Sum     Result
	Codes   map[string]int64
}

func (c *captured) take(algorithm string, rows []byte, ends []uint32, from []sink.Row) error {
	if len(ends) != len(from) || int(ends[len(ends)-1]) != len(rows) {
		return fmt.Errorf("%d ends, %d origins, %d bytes", len(ends), len(from), len(rows))
	}
	c.Rows += string(rows)
	c.From = append(c.From, from...)
	if n := len(c.Hashes); n == 0 || c.Hashes[n-1] != algorithm {
		c.Hashes = append(c.Hashes, algorithm)
	}
	return nil
}

type capture struct{ *captured }

func (c capture) Rows(a string, rows []byte, ends []uint32, from []sink.Row) error {
	return c.take(a, rows, ends, from)
}
func (c capture) Reject(r *Record) error {
	c.Rejects += string(r.Raw)
	c.Reasons = append(c.Reasons, string(report.AppendReject(nil, r.File, r.Pos(), r.Findings)))
	return nil
}
func (c capture) RejectMore(raw []byte) error { c.Rejects += string(raw); return nil }
func (c capture) Skip(r *Record) error {
	c.Skipped = append(c.Skipped, string(report.AppendSkip(nil, r.File, r.Pos(), r.Number, r.Reason)))
	return nil
}

func (c capture) Side(lines []byte, n int) error {
	text := strings.TrimSuffix(string(lines), "\n")
	if strings.Count(text, "\n") != n-1 || len(text) == len(lines) {
		return fmt.Errorf("%d lines in %q", n, lines)
	}
	for line := range strings.SplitSeq(text, "\n") {
		if !json.Valid([]byte(line)) {
			return fmt.Errorf("no JSON: %s", line)
		}
		c.captured.Side = append(c.captured.Side, line)
	}
	return nil
}

func (c *captured) preview(p *Preview) bool {
	var codes []string
	for i := range p.Findings {
		codes = append(codes, p.Findings[i].Code.String())
	}
	c.Preview = append(c.Preview, fmt.Sprintf("%s:%d %q -> %q %v %v %v %s", p.File, p.Line, p.Fields, p.Values, p.Rejected, codes, p.Skipped, p.Reason))
	return len(c.Preview) < 3
}

// setup says how a test converts.
type setup struct {
	options   Options
	mapping   string
	dialect   scan.Dialect
	workers   int
	blockSize int
	slow      bool     // every row is judged by itself
	assume    []string // addresses that count as verified
	mender    row.Mender
	members   []string // the input is JSON lines with these members; nil: it has a header
}

// sideOf returns who takes the lines of a converter that makes some.
func sideOf(c *Converter, out *captured) SideWriter {
	if c.side {
		return capture{out}
	}
	return nil
}

func convert(t testing.TB, text string, s setup) *captured {
	t.Helper()
	in, err := validate.NewInput("f.csv", strings.NewReader(text), scan.Pos{}, s.dialect, s.blockSize)
	require.NoError(t, err)
	h, format := &validate.Header{Names: s.members}, row.Format(nil)
	if s.members == nil {
		h, err = in.ReadHeader()
		require.NoError(t, err)
	}
	if s.options.Validate.Pool == nil {
		s.options.Validate.Pool = schema.Default()
	}
	target := judge.TargetColumns(s.options.Validate.Pool, s.options.Validate.PasswordHash)
	m, err := mapping.ByName(h.Names, target)
	if s.mapping != "" {
		m, err = mapping.Parse("map.yaml", []byte(s.mapping))
	}
	require.NoError(t, err)
	o := mapping.Options{Columns: target, AssumeVerified: s.assume, JSON: s.members != nil}
	if o.JSON {
		for _, name := range m.Sources(o) { // paths, and JSON as it is
			if !slices.Contains(h.Names, name) {
				h.Names = append(slices.Clip(h.Names), name)
			}
		}
		format = row.NewJSONLine(h.Names)
	}
	s.options.Program, err = m.Compile(h.Names, o)
	require.NoError(t, err)

	c, err := Compile(s.options)
	require.NoError(t, err)
	out := &captured{Codes: map[string]int64{}}
	var profiler *profile.Profiler // of texts of an even length
	if len(text)%2 == 0 {
		limits := []profile.Limits{{}, {Records: 7, Texts: 3}}[len(text)/2%2]
		profiler = profile.New(profile.Columns(s.options.Validate.Pool, target), limits)
	}
	err = Run(context.Background(), RunOptions{Converter: c, Rows: capture{out}, Rejects: capture{out}, Side: sideOf(c, out), Preview: out.preview, Run: validate.RunOptions{
		Input: in, Fields: len(h.Names), Workers: s.workers, RowByRow: s.slow, Profile: profiler, Format: format, Mender: s.mender, Stray: rule.Warning,
		Report: func(f *rule.Finding) error { out.Codes[f.Code.String()]++; return nil },
	}}, &out.Sum)
	require.NoError(t, err)
	if profiler != nil {
		out.Sum.Profile = profiler.Result(false)
	}
	sum := &out.Sum.Summary
	if c.side {
		require.EqualValues(t, sum.RowsAccepted, len(out.Side), "a line for each accepted row")
	}
	require.Equal(t, min(3, sum.RowsRead), int64(len(out.Preview)))
	require.Equal(t, sum.RowsRead, sum.RowsAccepted+sum.RowsRejected+sum.RowsSkipped)
	require.Equal(t, sum.RowsAccepted, int64(len(out.From)))
	require.Equal(t, sum.RowsRejected, int64(len(out.Reasons)))
	return out
}

func generated(t testing.TB, o generate.Options) (string, generate.Stats) {
	var b bytes.Buffer
	stats, err := generate.Write(context.Background(), &b, o)
	require.NoError(t, err)
	return b.String(), stats
}

func TestWorkersAndBlocksMakeNoDifference(t *testing.T) {
	for _, q := range []generate.Quoting{generate.Plain, generate.Mixed, generate.All} {
		text, stats := generated(t, generate.Options{Rows: 600, Quoting: q, Faults: 0.3, Seed: 9})
		want := convert(t, text, setup{blockSize: 1 << 20, slow: true})
		require.Equal(t, stats.Faulty, want.Sum.Summary.RowsRejected, "every fault is found, and nothing else")
		for code, n := range stats.ByFault {
			require.GreaterOrEqual(t, want.Codes[code], n, code)
		}
		for _, kernel := range scan.Kernels() {
			undo := scan.UseKernel(kernel)
			t.Cleanup(undo)
			for i, size := range []int{1, 2, 3, 7, 63, 64, 65, 4095, 4096, 4097} {
				got := convert(t, text, setup{blockSize: size, workers: []int{1, 2, 4, 8}[i%4]})
				got.Sum.Summary.Bytes = want.Sum.Summary.Bytes
				require.Equal(t, want, got, "%s, %s, block size %d", kernel, q, size)
			}
			undo()
		}
	}
}

// TestFastPathChangesNothing compares conversions in which sound rows are taken
// together with such in which every row is judged by itself.
func TestFastPathChangesNothing(t *testing.T) {
	for _, kernel := range scan.Kernels() {
		t.Run(kernel, func(t *testing.T) {
			t.Cleanup(scan.UseKernel(kernel))
			requireFastPathChangesNothing(t)
		})
	}
}

func requireFastPathChangesNothing(t *testing.T) {
	reorder := "version: 1\ncolumns:\n  cognito:username: email\n  email: email\n  email_verified: email_verified\n  family_name: address\n  name: name\n  given_name: given_name\n"
	for _, q := range []generate.Quoting{generate.Plain, generate.Mixed, generate.All} {
		for _, faults := range []float64{0, 0.02, 0.5} {
			text, _ := generated(t, generate.Options{Rows: 400, Quoting: q, Faults: faults, Seed: 5})
			for _, s := range []setup{
				{},
				{mapping: reorder},
				{options: Options{NoRepair: true}},
				{options: Options{Backslash: BackslashDouble}},
				{dialect: scan.Dialect{Delimiter: ';'}},
			} {
				for _, end := range []string{"\n", "\r\n"} {
					text := strings.ReplaceAll(text, "\n", end)
					if s.dialect.Delimiter == ';' {
						text = strings.NewReplacer(",", ";", "Street", "Str,eet").Replace(text)
					}
					text = strings.TrimSuffix(text, end)
					s.slow = true
					want := convert(t, text, s)
					s.slow = false
					require.Equal(t, want, convert(t, text, s), "%s, %v faults, %+v", q, faults, s)
				}
			}
		}
	}
}

// TestOriginsAndRejectsAccountForEveryByte shows that accepted and rejected records are the input, byte for byte.
func TestOriginsAndRejectsAccountForEveryByte(t *testing.T) {
	text, _ := generated(t, generate.Options{Rows: 3000, Quoting: generate.Mixed, Faults: 0.2, Seed: 3})
	// Without their first occurrence duplicates would be accepted the second time.
	how := setup{workers: 2, blockSize: 5000, options: Options{Validate: judge.Options{NoDuplicates: true}}}
	got := convert(t, text, how)
	var accepted int
	rows := strings.SplitAfter(got.Rows, "\n")
	for i, from := range got.From {
		record := text[from.Offset : from.Offset+int64(from.Length)]
		accepted += len(record)
		require.Equal(t, int64(strings.Count(text[:from.Offset], "\n")+1), from.Line)
		fields, err := csv.NewReader(strings.NewReader(record)).Read()
		require.NoError(t, err)
		require.Equal(t, strings.Join(escapeAll(fields), ",")+"\n", rows[i])
	}
	header := strings.IndexByte(text, '\n') + 1
	require.Equal(t, len(text), header+accepted+len(got.Rejects))
	again := convert(t, text[:header]+got.Rejects, how)
	require.Equal(t, got.Rejects, again.Rejects, "rejects, fed in again, are rejected again")
}

func escapeAll(fields []string) []string {
	for i := range fields {
		fields[i] = strings.ReplaceAll(fields[i], ",", `\,`)
	}
	return fields
}

// one converts a record of a few columns and returns the row as name=value, or the codes.
func one(t testing.TB, s setup, names, values string) string {
	got := convert(t, names+",email,email_verified,cognito:username\n"+values+",a@example.com,TRUE,anna\n", s)
	if got.Rows == "" {
		var codes []string
		for code := range got.Codes {
			codes = append(codes, code)
		}
		return "! " + strings.Join(codes, " ")
	}
	column := strings.Split(names, ",")[0]
	// Commas within values are escaped; hide them while splitting.
	row := strings.Split(strings.ReplaceAll(strings.TrimSuffix(got.Rows, "\n"), `\,`, "\x01"), ",")
	for i, name := range schema.Default().Header {
		if name == column {
			return strings.ReplaceAll(row[i], "\x01", `\,`)
		}
	}
	t.Fatal("no such column")
	return ""
}

func TestRepairs(t *testing.T) {
	tests := []struct{ column, value, want, unrepaired string }{
		{"name", " Anna\t", "Anna", " Anna\t"},
		{"name", "\u00a0Anna \u00a0", "Anna", "\u00a0Anna \u00a0"},
		{"phone_number_verified", "no", "FALSE", "! boolean-format"},
		{"phone_number_verified", "F", "FALSE", "! boolean-format"},
		{"phone_number_verified", "0", "FALSE", "! boolean-format"},
		{"phone_number_verified", "false", "FALSE", "false"},
		{"phone_number_verified", "", "FALSE", ""},
		{"phone_number_verified", " ", "FALSE", " "},
		{"phone_number_verified", "maybe", "! boolean-format", "! boolean-format"},
		{"cognito:mfa_enabled", "n", "FALSE", "! boolean-format"},
		{"cognito:mfa_enabled", "", "", ""},
		{"birthdate", "1980-01-31", "01/31/1980", "! birthdate-format"},
		{"birthdate", "1980-02-30", "! birthdate-format", "! birthdate-format"},
		{"birthdate", "1980-01-31T00:00:00Z", "! birthdate-format", "! birthdate-format"},
		{"birthdate", "31.01.1980", "! birthdate-format", "! birthdate-format"},
		{"updated_at", "1470957431965", "1470957431", "! updated-at-format"},
		{"updated_at", "2016-08-11T23:17:11.965Z", "1470957431", "! updated-at-format"},
		{"updated_at", "2016-08-12 01:17:11+02:00", "1470957431", "! updated-at-format"},
		{"updated_at", "2016-08-11T23:17:11", "! updated-at-format", "! updated-at-format"},
		{"updated_at", "2016-08-11", "! updated-at-format", "! updated-at-format"},
		{"updated_at", "147095743196", "! updated-at-format", "! updated-at-format"},
		{"name", `"Berg, Anna"`, `Berg\, Anna`, `Berg\, Anna`},
		{"name", "\"two\nlines\"", "! value-line-break", "! value-line-break"},
	}
	for _, tt := range tests {
		t.Run(tt.column+" "+tt.value, func(t *testing.T) {
			assert.Equal(t, tt.want, one(t, setup{}, tt.column, tt.value))
			got := one(t, setup{options: Options{NoRepair: true}}, tt.column, tt.value)
			if strings.HasPrefix(tt.unrepaired, "!") {
				assert.Equal(t, tt.unrepaired, got)
			} else {
				assert.Equal(t, tt.unrepaired, got, "with --no-repair values stay")
			}
		})
	}
}

func TestRepairsAreCountedInAcceptedRowsOnly(t *testing.T) {
	got := convert(t, "email,email_verified,cognito:username,birthdate\n a@example.com,yes,anna,1980-01-31\n bad,yes,bert,1980-01-31\nb@example.com,true,anna,1980-01-31\n", setup{})
	assert.EqualValues(t, 1, got.Sum.Summary.RowsAccepted)
	assert.Equal(t, [NumRepairs]int64{RepairTrim: 1, RepairBoolean: 1, RepairDate: 1}, got.Sum.Repairs)
}

func TestNullWordsAreTakenAsEmpty(t *testing.T) {
	const header = "name,gender,email,email_verified,phone_number_verified,cognito:username,note\n"
	good := "Anna,f,a@example.com,TRUE,FALSE,%s,NULL\n"
	var text strings.Builder
	text.WriteString(header)
	for i := range 20 {
		fmt.Fprintf(&text, good, fmt.Sprint("u", i))
	}
	text.WriteString("NULL,\"NULL\",b@example.com,TRUE,NULL,bert,x\n NULL ,null,NULL,TRUE,FALSE,carl,NULL\nx,,c@example.com,yes,,NULL,\n")
	for _, tt := range []struct {
		name, mapping string
		want          string // the row of bert
		repairs       [NumRepairs]int64
		codes         map[string]int64
	}{
		{"by name", "", ",,,,,,,,,b@example.com,TRUE,,,,,,FALSE,,,,bert\n", [NumRepairs]int64{RepairNull: 3, RepairBoolean: 1},
			map[string]int64{"value-null-word": 1, "email-missing": 1, "username-missing": 1}},
		{"mapped", `columns: {name: {first: [name, gender, note]}, nickname: {template: "{name}"}, gender: {from: gender, steps: [upper]}, email: email, email_verified: email_verified, cognito:username: cognito:username}`,
			"x,,,,,,,,,b@example.com,TRUE,,,,,,,,,,bert\n", [NumRepairs]int64{RepairNull: 23},
			map[string]int64{"email-missing": 1, "username-missing": 1, "value-null-word": 1}}, // carl's name is null
		{"skipped", `{columns: {name: name, email: email, email_verified: email_verified, cognito:username: cognito:username}, skip: [{when: {column: cognito:username, empty: true}, reason: nobody}]}`,
			",,,,,,,,,b@example.com,TRUE,,,,,,,,,,bert\n", [NumRepairs]int64{RepairNull: 1}, map[string]int64{"email-missing": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := setup{mapping: tt.mapping, options: Options{Validate: judge.Options{Nulls: []string{"NULL"}}}}
			s.slow = true
			want := convert(t, text.String(), s)
			assert.Equal(t, tt.repairs, want.Sum.Repairs)
			assert.Equal(t, tt.codes, want.Codes)
			assert.Contains(t, want.Rows, "\n"+tt.want)
			for _, size := range []int{1, 100, 1 << 20} {
				s.slow, s.blockSize = false, size
				got := convert(t, text.String(), s)
				require.Equal(t, want, got)
			}
		})
	}
	t.Run("without repairs", func(t *testing.T) {
		got := convert(t, text.String(), setup{options: Options{NoRepair: true, Validate: judge.Options{Nulls: []string{"NULL"}}}})
		assert.Contains(t, got.Rows, "\n,,,,,,,,,b@example.com,TRUE,,,,,,,,,,bert\n")
		assert.Equal(t, [NumRepairs]int64{RepairNull: 3}, got.Sum.Repairs)
	})
}

func TestBackslashes(t *testing.T) {
	tests := []struct{ value, reject, strip, double string }{
		{`C:\dir`, `C:\dir`, `C:\dir`, `C:\dir`},
		{`C:\`, "! value-backslash", `C:`, `C:\\`},
		{`C:\\`, "! value-backslash", `C:`, `C:\\\`},
		{`"a\,b"`, "! value-backslash", `a\,b`, `a\\\,b`},
		{`\`, "! value-backslash", ``, `\\`},
	}
	for _, tt := range tests {
		t.Run(tt.value, func(t *testing.T) {
			for policy, want := range map[Backslash]string{BackslashReject: tt.reject, BackslashStrip: tt.strip, BackslashDouble: tt.double} {
				got := convert(t, "name,email,email_verified,cognito:username\n"+tt.value+",a@example.com,TRUE,anna\n", setup{options: Options{Backslash: policy}})
				if strings.HasPrefix(want, "!") {
					assert.Equal(t, map[string]int64{"value-backslash": 1}, got.Codes)
				} else {
					assert.Equal(t, want+",,,,,,,,,a@example.com,TRUE,,,,,,,,,,anna\n", got.Rows)
				}
			}
		})
	}
}

func TestRunsOfColumnsAreCopiedExactly(t *testing.T) {
	// Values that lie side by side in the input, in and out of order, with quotes, blanks and empties between them.
	mapping := "columns: {email: e, email_verified: v, 'cognito:username': u, name: a, given_name: b, family_name: c, middle_name: d}"
	for _, record := range []string{
		"x,y,z,w", ",,,", "x,,z,", `"x",y,"z,1",w`, " x,y ,z,w", `x,"y",z,"w"`, `"a,",b,c,d`, `a,"b ""q"" b",c,d`,
	} {
		text := "a,b,c,d,e,v,u\n" + record + ",a@example.com,TRUE,anna\n"
		got := convert(t, text, setup{mapping: mapping})
		fields, err := csv.NewReader(strings.NewReader(record)).Read()
		require.NoError(t, err)
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		want := strings.Join(escapeAll(fields), ",") + ",,,,,,a@example.com,TRUE,,,,,,,,,,anna\n"
		// name, given_name, family_name, middle_name stand first in the template.
		require.Equal(t, want, got.Rows, record)
	}
}

func TestSkippedRecords(t *testing.T) {
	got := convert(t, "u,m,s\nanna,a@example.com,on\n\nbert,b@example.com,off\ncarl,bad,off\n", setup{mapping: `
columns: {cognito:username: u, email: m, email_verified: {constant: "TRUE"}}
skip: [{when: {column: s, equals: "off"}, reason: not active}]`})
	assert.EqualValues(t, 1, got.Sum.Summary.RowsAccepted)
	assert.EqualValues(t, 2, got.Sum.Summary.RowsSkipped)
	assert.EqualValues(t, 1, got.Sum.Summary.RowsBlank)
	assert.Equal(t, map[string]int64{"not active": 2}, got.Sum.Skips)
	assert.Equal(t, `{"v":1,"file":"f.csv","line":4,"column":1,"byte_offset":29,"record":2,"reason":"not active"}`, got.Skipped[0])
}

func TestFailedSteps(t *testing.T) {
	got := convert(t, "u,m,d,g\nanna,a@example.com,1.2.80,x\n", setup{mapping: `
columns:
  cognito:username: u
  email: m
  email_verified: {constant: "TRUE"}
  birthdate: {from: d, steps: [{date: {from: [dd.MM.yyyy]}}]}
  gender: {from: g, steps: [{lookup: {table: {m: male}}}]}`})
	require.Len(t, got.Reasons, 1)
	assert.Contains(t, got.Reasons[0], `{"code":"map-failed","severity":"error","column_name":"birthdate","message":"date: dd.MM.yyyy does not fit"}`)
	assert.Contains(t, got.Reasons[0], `"code":"map-lookup-miss"`)
}

func TestHashesGoWithTheirAlgorithm(t *testing.T) {
	bcrypt := "$2b$10$" + strings.Repeat("a", 53)
	rows := "email,email_verified,cognito:username,password_hash\n" +
		"a@example.com,TRUE,a,\n" + "b@example.com,TRUE,b," + bcrypt + "\n" + "c@example.com,TRUE,c,16384$8$1$0a0b$0c0d\n" + "d@example.com,TRUE,d,nonsense\n"
	got := convert(t, rows, setup{options: Options{Validate: judge.Options{PasswordHash: value.HashAuto}}})
	assert.Equal(t, []string{"", "BCRYPT", "SCRYPT"}, got.Hashes)
	assert.Equal(t, map[string]int64{"hash-format": 1}, got.Codes)
	assert.NotContains(t, strings.Join(got.Reasons, ""), "nonsense")
}

func TestOverlongLineIsRejectedInParts(t *testing.T) {
	long := "x" + strings.Repeat("y", 100_000) + "\n"
	text := "email,email_verified,cognito:username\na@example.com,TRUE,a\n" + long + "b@example.com,TRUE,b\n"
	got := convert(t, text, setup{dialect: scan.Dialect{MaxRecord: 1000}, blockSize: 300, workers: 3})
	assert.EqualValues(t, 2, got.Sum.Summary.RowsAccepted)
	assert.Equal(t, long, got.Rejects)
	assert.Equal(t, map[string]int64{"row-too-long": 1}, got.Codes)
	assert.EqualValues(t, 4, got.From[1].Line)
}

func TestRowsThatGetTooLong(t *testing.T) {
	text := "email,email_verified,cognito:username,name,given_name,family_name,address,profile,picture,website,middle_name\na@example.com,TRUE,a"
	for range 7 {
		text += `,"` + strings.Repeat(",", 1000) + `"` // 2,000 bytes each in the import file
	}
	fits := text + "," + strings.Repeat("x", 1900) + "\n"
	assert.Empty(t, convert(t, fits, setup{}).Codes)
	assert.Equal(t, map[string]int64{"row-too-long": 1}, convert(t, text+","+strings.Repeat("x", 2040)+"\n", setup{}).Codes)
}

func BenchmarkConvert(b *testing.B) {
	for _, q := range []generate.Quoting{generate.Plain, generate.Mixed, generate.All} {
		text, _ := generated(b, generate.Options{Rows: 50_000, Quoting: q, Seed: 1})
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("input=%s/workers=%d", q, workers), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					discard(b, text, workers, nil)
				}
			})
		}
	}
}

// discard converts text and keeps nothing but the profile.
func discard(t testing.TB, text string, workers int, p *profile.Profiler) {
	in, err := validate.NewInput("f", strings.NewReader(text), scan.Pos{}, scan.Dialect{}, 0)
	require.NoError(t, err)
	h, err := in.ReadHeader()
	require.NoError(t, err)
	m, err := mapping.ByName(h.Names, h.Names)
	require.NoError(t, err)
	program, err := m.Compile(h.Names, mapping.Options{Columns: h.Names})
	require.NoError(t, err)
	c, err := Compile(Options{Program: program, Validate: judge.Options{NoDuplicates: true}})
	require.NoError(t, err)
	var result Result
	require.NoError(t, Run(context.Background(), RunOptions{Converter: c, Rows: nowhere{}, Rejects: nowhere{}, Run: validate.RunOptions{
		Input: in, Fields: len(h.Names), Workers: workers, Profile: p,
	}}, &result))
}

type nowhere struct{}

func (nowhere) Rows(string, []byte, []uint32, []sink.Row) error { return nil }
func (nowhere) Reject(*Record) error                            { return nil }
func (nowhere) RejectMore([]byte) error                         { return nil }
func (nowhere) Skip(*Record) error                              { return nil }

// TestCleanRowsAllocateNothing compares runs of different lengths, so that
// what a run costs once is left out.
func TestCleanRowsAllocateNothing(t *testing.T) {
	allocations := func(rows int64, profiled bool) float64 {
		text, _ := generated(t, generate.Options{Rows: rows, Quoting: generate.All, Seed: 5})
		return testing.AllocsPerRun(5, func() {
			var p *profile.Profiler
			if profiled {
				p = validate.NewProfiler(&judge.Options{})
			}
			discard(t, text, 1, p)
		})
	}
	for _, profiled := range []bool{false, true} {
		few, many := allocations(20_000, profiled), allocations(60_000, profiled)
		assert.Less(t, many-few, 1000.0, "allocations that 40,000 rows more cost, with a profile: %v", profiled)
	}
}
