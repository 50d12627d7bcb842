package validate

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/profile"
	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// outcome is all that a run says.
type outcome struct {
	Findings []rule.Finding
	Summary  rule.Summary
	Verdicts []ledger.Verdict
	Profile  *rule.Profile // of texts of an even length

	StoppedAfter int64
}

// how says how a run is made in a test; the zero value is one worker with usual blocks.
type how struct {
	dialect   scan.Dialect
	workers   int
	blockSize int
	limit     int64
	stop      string    // for Tolerance.LetStop
	reader    io.Reader // instead of the text
	ledger    *ledger.Ledger
	oneHash   bool
	rowByRow  bool
	values    bool   // ShowValues
	pad       bool   // PadRagged
	err       *error // where the error of the run goes; nil: there must be none
	json      bool   // the text is JSON lines, with the columns of the pool
	record    *recording
}

// runText judges text whose first record is the header.
func runText(t testing.TB, o judge.Options, text string, h how) outcome {
	t.Helper()
	if o.Pool == nil {
		o.Pool = schema.Default()
	}
	var r io.Reader = strings.NewReader(text)
	if h.reader != nil {
		r = h.reader
	}
	if h.json {
		h.dialect = JSONLines(h.dialect)
	}
	in, err := NewInput("f.csv", r, scan.Pos{}, h.dialect, h.blockSize)
	require.NoError(t, err)
	names := judge.TargetColumns(o.Pool, o.PasswordHash)
	if !h.json {
		header, err := in.ReadHeader()
		require.NoError(t, err)
		names = header.Names
	}
	o.Columns = judge.KnownColumns(o, names)
	v, err := judge.New(o)
	require.NoError(t, err)
	var out outcome
	run := RunOptions{
		Input: in, Validator: v, Fields: len(names), Header: names, PadRagged: h.pad, Workers: h.workers, Limit: h.limit,
		ImportFile: h.dialect.Kind == scan.Cognito, Ledger: h.ledger, OneHash: h.oneHash, RowByRow: h.rowByRow, ShowValues: h.values,
		Report: func(f *rule.Finding) error {
			f.Value = bytes.Clone(f.Value)
			out.Findings = append(out.Findings, *f)
			return nil
		},
		Commit: func(b *Batch) error { out.Verdicts = append(out.Verdicts, b.Verdicts...); return nil },
	}
	if len(text)%2 == 0 && h.record == nil {
		limits := []profile.Limits{{}, {Records: 7, Texts: 3}}[len(text)/2%2]
		run.Profile = profile.New(profile.Columns(o.Pool, judge.TargetColumns(o.Pool, o.PasswordHash)), limits)
	}
	if h.json {
		run.Format, run.Stray, run.Header = row.NewJSONLine(names), rule.Warning, nil
	}
	if h.record != nil {
		h.record.input, run.Facts = (&runner{RunOptions: run}).forLedger(), h.record.write
	}
	var stopping rule.Result
	if h.stop != "" {
		stop, err := ParseTolerance(h.stop)
		require.NoError(t, err)
		stop.LetStop(&run, &stopping)
	}
	err = Run(context.Background(), run, &out.Summary)
	out.StoppedAfter = stopping.StoppedAfter
	if h.err != nil {
		*h.err = err
		return out
	}
	require.NoError(t, err)
	if run.Profile != nil {
		out.Profile = run.Profile.Result(h.values)
	}
	s := &out.Summary
	require.Equal(t, s.RowsRead, s.RowsAccepted+s.RowsRejected+s.RowsSkipped, "rows read = accepted + rejected + skipped")
	return out
}

// codes returns the codes of the findings in order.
func (o outcome) codes() []string {
	out := []string{}
	for _, f := range o.Findings {
		out = append(out, f.Code.String())
	}
	return out
}

// withValue returns an import file of one row that is right but for the given
// columns, as name=value.
func withValue(changes ...string) string {
	row := map[string]string{
		"email": "anna@example.com", "email_verified": "TRUE", "phone_number_verified": "FALSE",
		"cognito:mfa_enabled": "FALSE", "cognito:username": "anna",
	}
	header := schema.Default().Header
	for _, c := range changes {
		name, value, _ := strings.Cut(c, "=")
		row[name] = value
		if !slices.Contains(header, name) {
			header = append(header, name)
		}
	}
	var values []string
	for _, name := range header {
		values = append(values, row[name])
	}
	return strings.Join(header, ",") + "\n" + strings.Join(values, ",") + "\n"
}
