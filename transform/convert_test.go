package transform

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

const head = "email,email_verified,cognito:username\n"

// text returns a source that reads a text.
func text(name, text string) validate.Source {
	return validate.Source{Name: name, Reader: strings.NewReader(text)}
}

// outcome is what a conversion to a writer says and writes.
type outcome struct {
	Out      string
	Findings []string
	Result   Result
}

func convertAll(t *testing.T, o ConvertOptions, sources ...validate.Source) (got outcome, err error) {
	t.Helper()
	var out bytes.Buffer
	o.Output = &ImportFile{Writer: &out}
	o.Report = func(f *rule.Finding) error {
		got.Findings = append(got.Findings, fmt.Sprintf("%s:%d %s", f.File, f.Pos.Line, f.Code))
		return nil
	}
	got.Result, err = Convert(t.Context(), o, sources...)
	got.Out = out.String()
	return got, err
}

func mustParse(t *testing.T, lines ...string) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Parse("map.yaml", []byte(strings.Join(lines, "\n")))
	require.NoError(t, err)
	return m
}

// usernames returns the last column of an import file.
func usernames(out string) (names []string) {
	for line := range strings.Lines(out) {
		names = append(names, strings.TrimSpace(line[strings.LastIndexByte(line, ',')+1:]))
	}
	return names[1:]
}

func TestInputsAreOneRun(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 8} {
		got, err := convertAll(t, ConvertOptions{Workers: workers},
			text("0", ""),
			text("1", head+"a@example.com,yes,a\nb@example,yes,b\n"),
			text("2", "\ufeffcognito:username,email,email_verified\n\na,a2@example.com,TRUE\nc,c@example.com,TRUE\n"),
			text("3", head))
		require.NoError(t, err)
		assert.Equal(t, []string{"a", "c"}, usernames(got.Out))
		assert.Equal(t, []string{"0:1 file-empty", "1:3 email-format", "2:2 row-blank", "2:3 username-duplicate", "3:1 file-empty"}, got.Findings)
		r := &got.Result
		assert.Equal(t, [5]int64{4, 2, 2, 0, 1}, [5]int64{r.Summary.RowsRead, r.Summary.RowsAccepted, r.Summary.RowsRejected, r.Summary.RowsSkipped, r.Summary.RowsBlank})
		assert.Equal(t, int64(1), r.Repairs[RepairBoolean])
		require.Len(t, r.Sources, 4)
		assert.Equal(t, int64(2), r.Sources[2].Rows)
	}
}

func TestLimitIsThatOfAllInputs(t *testing.T) {
	got, err := convertAll(t, ConvertOptions{Limit: 3}, text("1", head+"a@example.com,TRUE,a\nb@example.com,TRUE,b\n"),
		text("2", head+"c@example.com,TRUE,c\nd@example.com,TRUE,d\n"), validate.Source{Path: "not opened"})
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "c"}, usernames(got.Out))
}

func TestMappingSaysHowItsSourceIsWritten(t *testing.T) {
	columns := []string{"columns:", "  cognito:username: A", "  email: B", `  email_verified: {constant: "TRUE"}`}
	tests := map[string]struct {
		source, text string
		reading      validate.Reading
		noHeader     bool
	}{
		"delimiter":         {"{delimiter: semicolon}", "A;B\na;a@example.com\n", validate.Reading{}, false},
		"found delimiter":   {"{delimiter: auto}", "A|B\na|a@example.com\n", validate.Reading{}, false},
		"stated delimiter":  {"{delimiter: tab}", "A;B\na;a@example.com\n", readingWith(';'), false},
		"escape and quote":  {`{quote: "'", escape: "\\"}`, "A,B\n'a','a@example.com'\n", validate.Reading{}, false},
		"no quotes":         {"{quote: none}", "A,B\na,a@example.com\n", validate.Reading{}, false},
		"lines before":      {"{skip-lines: 1, comment: '#'}", "junk\nA,B\n#x\na,a@example.com\n", validate.Reading{}, false},
		"blanks":            {"{trim-fields: true}", "A,B\n  \"a\" ,\"a@example.com\"\n", validate.Reading{}, false},
		"character set":     {"{encoding: utf-16le}", "\xff\xfeA\x00,\x00B\x00\n\x00a\x00,\x00a\x00@\x00e\x00x\x00.\x00c\x00h\x00\n\x00", validate.Reading{}, false},
		"names":             {"{header: false, names: [A, B]}", "a,a@example.com\n", validate.Reading{}, false},
		"JSON lines":        {"{delimiter: tab}", `{"A":"a","B":"a@example.com"}` + "\n", validate.Reading{JSONLines: true}, false},
		"names and options": {"{header: false, names: [A, B]}", "a,a@example.com\n", validate.Reading{}, true},
	}
	for name, test := range tests {
		if test.reading.JSONLines {
			test.reading.Dialect = validate.JSONLines(test.reading.Dialect)
		}
		got, err := convertAll(t, ConvertOptions{
			Mapping: mustParse(t, append(columns, "source: "+test.source)...), Reading: test.reading, NoHeader: test.noHeader,
		}, text("f", test.text))
		require.NoError(t, err, name)
		assert.Equal(t, []string{"a"}, usernames(got.Out), "%s: %v", name, got.Findings)
	}
}

func readingWith(delimiter byte) (r validate.Reading) {
	r.Dialect.Delimiter = delimiter
	return r
}

func TestRecogniseChoosesTheMappingOfAnInput(t *testing.T) {
	var asked []string
	o := ConvertOptions{Recognise: func(in *validate.Input) (*mapping.Mapping, error) {
		asked = append(asked, in.Name)
		records, _, err := in.Beginning()
		require.NoError(t, err)
		switch records[0][0] {
		case "Login":
			return mustParse(t, "columns: {cognito:username: Login, email: Mail, email_verified: {constant: \"TRUE\"}}"), nil
		case "anna":
			return mustParse(t, "source: {header: false, names: [login, mail]}", "columns: {cognito:username: login, email: mail, email_verified: {constant: \"TRUE\"}}"), nil
		case "email":
			return nil, nil
		}
		return nil, errors.New("not recognised")
	}}
	for _, input := range []string{"Login,Mail\nanna,a@example.com\n", "\nanna,a@example.com\n", head + "a@example.com,TRUE,anna\n"} {
		got, err := convertAll(t, o, text("a.csv", input))
		require.NoError(t, err)
		assert.Equal(t, []string{"anna"}, usernames(got.Out))
	}
	_, err := convertAll(t, o, text("b.csv", "x\n"))
	require.EqualError(t, err, "not recognised")
	_, err = Fit(t.Context(), o, text("c.csv", "x\n"))
	require.EqualError(t, err, "not recognised")
	assert.Equal(t, []string{"a.csv", "a.csv", "a.csv", "b.csv", "c.csv"}, asked)
}

func TestErrorsHaveTypes(t *testing.T) {
	dir := func() *RunDirectory {
		return &RunDirectory{Options: sink.Options{Dir: filepath.Join(t.TempDir(), "run")}}
	}
	good := head + "a@example.com,TRUE,a\n"

	_, err := Convert(t.Context(), ConvertOptions{NoHeader: true}, text("f", "a,b\n"))
	var count *FieldCountError
	require.ErrorAs(t, err, &count)
	assert.Equal(t, FieldCountError{File: "f", Want: 21, Got: 2}, *count)

	_, err = Convert(t.Context(), ConvertOptions{Output: dir()}, text("0", ""), text("1", good), text("2", "\n"+good[:10]+good[5:]))
	var header *OtherHeaderError
	require.ErrorAs(t, err, &header)
	assert.Equal(t, OtherHeaderError{File: "2", First: "1", Line: 2}, *header)

	_, err = Convert(t.Context(), ConvertOptions{Output: dir(), Reading: validate.Reading{Detect: true}},
		text("1", good), text("2", `{"email":"a@example.com","email_verified":true,"cognito:username":"b"}`+"\n"))
	var kind *OtherKindError
	require.ErrorAs(t, err, &kind)
	assert.Equal(t, OtherKindError{File: "2", First: "1"}, *kind)

	_, err = Convert(t.Context(), ConvertOptions{}, text("f", "email,email_verified\n"))
	var cause *HeaderCauseError
	require.ErrorAs(t, err, &cause)
	require.Len(t, cause.Causes, 1)
	assert.Equal(t, []string{"cognito:username"}, cause.Causes[0].Columns)
	result, err := Convert(t.Context(), ConvertOptions{KeepGoing: true}, text("f", "email,email_verified\na@example.com,TRUE\n"))
	require.NoError(t, err)
	assert.Equal(t, int64(1), result.Summary.RowsRejected)

	_, err = Convert(t.Context(), ConvertOptions{}, text("f", "anna@example.com,TRUE,+41791234567\n"))
	require.ErrorAs(t, err, new(*validate.DataHeaderError))
	for _, err := range []error{count, header, kind, cause} {
		assert.NotContains(t, err.Error(), "--", "a library error names no flag")
	}
}

// TestMisuseIsAnError gives options that make no sense, and those that are zero.
func TestMisuseIsAnError(t *testing.T) {
	result, err := Convert(t.Context(), ConvertOptions{})
	require.NoError(t, err)
	assert.Equal(t, rule.Passed, result.Verdict)
	result, err = Convert(t.Context(), ConvertOptions{}, text("f", head+"a@example.com,TRUE,a\n"))
	require.NoError(t, err)
	assert.Equal(t, int64(1), result.Summary.RowsAccepted)

	once := &ImportFile{Writer: io.Discard}
	_, err = Convert(t.Context(), ConvertOptions{Output: once})
	require.NoError(t, err)
	for name, o := range map[string]ConvertOptions{
		"no place":             {Output: &ImportFile{}},
		"the same file again":  {Output: once},
		"a compression":        {Output: &ImportFile{Writer: io.Discard, Compression: "lzma"}},
		"no directory":         {Output: &RunDirectory{}},
		"no room for a row":    {Output: &RunDirectory{Options: sink.Options{Dir: t.TempDir(), MaxBytes: 3}}},
		"no rejects so named":  {Output: &RunDirectory{Options: sink.Options{Dir: t.TempDir(), Rejects: "../x"}}},
		"fewer than no rows":   {Output: &RunDirectory{Options: sink.Options{Dir: t.TempDir(), MaxRows: -1}}},
		"no backslash":         {Backslash: BackslashDouble + 1},
		"no column":            {Rules: judge.Options{Pool: new(schema.Pool)}},
		"a column twice":       {Rules: judge.Options{Pool: &schema.Pool{Header: []string{"email", "email"}}}},
		"a null word too long": {Rules: judge.Options{Nulls: []string{""}}},
	} {
		_, err := Convert(t.Context(), o, text("f", head))
		require.Error(t, err, name)
	}
	input := func() validate.RunOptions {
		in, err := validate.NewInput("f", strings.NewReader("a,b\n"), scan.Pos{}, scan.Dialect{}, 0)
		require.NoError(t, err)
		return validate.RunOptions{Input: in, Fields: 2}
	}
	byName, err := Compile(Options{})
	require.NoError(t, err, "the fields are the columns")
	for name, o := range map[string]RunOptions{
		"nothing":         {},
		"no converter":    {Run: input()},
		"not compiled":    {Run: input(), Converter: new(Converter)},
		"no input":        {Converter: byName, Run: validate.RunOptions{Fields: 21}},
		"too few columns": {Converter: byName, Run: input()},
	} {
		require.Error(t, Run(t.Context(), o, new(Result)), name)
	}
	require.Error(t, Run(t.Context(), RunOptions{Converter: byName, Run: input()}, nil))
	for _, o := range []Options{{HashField: -1}, {HashField: 22}, {Backslash: BackslashDouble + 1}, {Program: new(mapping.Program)}, {Validate: judge.Options{PasswordHash: 99}}} {
		_, err := Compile(o)
		require.Error(t, err, "%+v", o)
	}
	p, err := mustParse(t, "columns: {email: A}").Compile([]string{"A"}, mapping.Options{Columns: []string{"email"}})
	require.NoError(t, err)
	_, err = Compile(Options{Program: p})
	require.ErrorContains(t, err, "1 columns")
	assert.Empty(t, new(RunDirectory).Chunks())
	assert.Empty(t, new(RunDirectory).RejectsFile())
	for _, o := range []Output{new(ImportFile), new(RunDirectory)} {
		require.Error(t, o.Rows("", []byte("x\n"), []uint32{2}, make([]sink.Row, 1)), "it was not begun")
		require.Error(t, o.Commit(new(Result)))
		require.NoError(t, o.Abort())
	}
}

// failing is an Output that fails where it is told to.
type failing struct {
	at     string
	called []string
}

func (f *failing) call(name string) error {
	f.called = append(f.called, name)
	if name == f.at {
		return errors.New(name + " failed")
	}
	return nil
}

func (f *failing) Begin(Beginning) error                           { return f.call("Begin") }
func (f *failing) Rows(string, []byte, []uint32, []sink.Row) error { return f.call("Rows") }
func (f *failing) Commit(*Result) error                            { return f.call("Commit") }
func (f *failing) Abort() error                                    { return f.call("Abort") }

func TestOutputIsCommittedOrAborted(t *testing.T) {
	good := head + "a@example.com,TRUE,a\n"
	for at, want := range map[string][]string{
		"":           {"Begin", "Rows", "Commit"},
		"Begin":      {"Begin", "Abort"},
		"Rows":       {"Begin", "Rows", "Abort"},
		"Committing": {"Begin", "Rows", "Abort"},
		"Commit":     {"Begin", "Rows", "Commit", "Abort"},
		"Report":     {"Begin", "Rows", "Abort"},
		"Open":       {"Begin", "Rows", "Abort"},
		"Header":     nil,
	} {
		out := &failing{at: at}
		sources := []validate.Source{text("1", good), text("2", good)}
		switch at {
		case "":
			sources = sources[:1]
		case "Open":
			sources[1] = validate.Source{Path: "no such file"}
		case "Header":
			sources[0] = text("1", "email\n")
		}
		closed := 0
		_, err := Convert(t.Context(), ConvertOptions{
			Output: out,
			Report: func(*rule.Finding) error {
				if at == "Report" {
					return errors.New("Report failed")
				}
				return nil
			},
			Committing: func(r *Result) error {
				if at == "Committing" {
					return errors.New("Committing failed")
				}
				return nil
			},
			Opened: func(*validate.Input) func(*rule.Summary) { closed--; return nil },
			Closed: func(*validate.Input) { closed++ },
		}, sources...)
		assert.Equal(t, at != "", err != nil, "%s: %v", at, err)
		if at == "Rows" || at == "Begin" || at == "Commit" {
			require.ErrorContains(t, err, at+" failed")
		}
		assert.Equal(t, want, out.called, at) // the second input has a duplicate alone
		assert.Zero(t, closed, "%s: every input that was opened is closed", at)
	}
	out := &failing{}
	_, err := Convert(t.Context(), ConvertOptions{Output: out, DryRun: true}, text("1", good))
	require.NoError(t, err)
	assert.Empty(t, out.called)
	_, err = Convert(t.Context(), ConvertOptions{Output: out})
	require.NoError(t, err)
	assert.Equal(t, []string{"Begin", "Commit"}, out.called, "no input has a header")
}

// TestNothingIsLeftOfAFailure converts into files and directories, and lets a later
// input fail.
func TestNothingIsLeftOfAFailure(t *testing.T) {
	dir := t.TempDir()
	for _, out := range []Output{
		&ImportFile{Path: filepath.Join(dir, "out.csv")},
		&ImportFile{Path: filepath.Join(dir, "out.csv.zst"), Compression: sink.Zstd},
		&RunDirectory{Options: sink.Options{Dir: filepath.Join(dir, "run")}, Reasons: true},
	} {
		_, err := Convert(t.Context(), ConvertOptions{Output: out}, text("1", head+"a@example.com,TRUE,a\nb@example,TRUE,b\n"), validate.Source{Path: "no such file"})
		require.Error(t, err)
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Empty(t, left)
	}
}

func TestRunDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	d := &RunDirectory{Options: sink.Options{Dir: path}, Reasons: true, Manifest: sink.Manifest{Tool: "test 1", Command: []string{"convert"}}}
	m := mustParse(t, "source: {delimiter: semicolon}", "columns:", "  cognito:username: A", "  email: B", `  email_verified: {constant: "TRUE"}`,
		"skip: [{when: {column: A, equals: bot}, reason: no person}]")
	_, err := Convert(t.Context(), ConvertOptions{Mapping: m, Output: d, Limit: 3}, text("f", "sep=;\r\nA;B\r\na;a@example.com\r\nb;b@example\r\nbot;\r\nz;z@example.com\r\n"))
	require.NoError(t, err)
	read, err := sink.ReadManifest(path)
	require.NoError(t, err)
	assert.Equal(t, "test 1", read.Tool)
	assert.Equal(t, m.Fingerprint(), read.Mapping)
	assert.NotEmpty(t, read.Schema)
	assert.Empty(t, read.Phones, "no step looked at number plans")
	assert.Equal(t, sink.Counts{RowsRead: 3, RowsAccepted: 1, RowsRejected: 1, RowsSkipped: 1}, read.Counts)
	assert.Equal(t, map[string]int64{"email-format": 1}, read.Findings)
	require.Len(t, read.Sources, 1)
	s := read.Sources[0]
	assert.Equal(t, int64(65), s.Size, "the rest of the input is read")
	assert.Equal(t, "semicolon", s.Delimiter)
	assert.Equal(t, &sink.Span{Offset: 7, Length: 5}, s.Header)
	assert.Equal(t, &sink.Span{Length: 7}, s.Sep)
	for name, want := range map[string]string{
		"rejects.csv":         "sep=;\r\nA;B\r\nb;b@example\r\n",
		"skipped.jsonl":       `{"v":1,"file":"f","line":5,"column":1,"byte_offset":42,"record":3,"reason":"no person"}` + "\n",
		"rejects-reasons.csv": "\n3,",
	} {
		got, err := os.ReadFile(filepath.Join(path, name))
		require.NoError(t, err)
		assert.Contains(t, string(got), want, name)
	}
}

func TestFit(t *testing.T) {
	m := mustParse(t, "columns:", "  cognito:username: A", "  email: B")
	fit, err := Fit(t.Context(), ConvertOptions{Mapping: m}, text("f", "B,C,Password Hash,A\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"C", "Password Hash"}, fit.Unused())
	assert.Equal(t, 3, fit.HashField)
	assert.Equal(t, []mapping.Match{{Target: 9, Source: "B"}, {Target: 20, Source: "A"}}, fit.Filled())
	_, err = Fit(t.Context(), ConvertOptions{Mapping: m}, text("f", "\n"))
	require.Equal(t, io.EOF, err)
	_, err = Fit(t.Context(), ConvertOptions{Mapping: m}, text("f", "A,D\n"))
	require.ErrorContains(t, err, "the mapping does not fit f:\nmap.yaml:3:10: the source has no column \"B\"")
}
