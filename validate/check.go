package validate

import (
	"context"
	"fmt"
	"io"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/profile"
	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/schema"
)

// CheckOptions say what Check reads and how it judges. The zero value reads RFC 4180
// and judges by the embedded default pool.
type CheckOptions struct {
	Rules      judge.Options // its Columns are those of each input's header
	Reading    Reading
	NoHeader   bool           // the first record is a row; the columns are those of the pool, in template order
	PadRagged  bool           // see RunOptions
	Ledger     *ledger.Ledger // of the run; nil: one of its own
	Workers    int            // goroutines; 0: one
	Limit      int64          // rows to read of all inputs; 0: all
	StopAfter  Tolerance      // rejected rows that end the run, see Tolerance.Stops; the zero value: none
	ShowValues bool           // findings carry values
	Profile    bool           // the Result has a Profile; with ShowValues its dates are days
	Policy     Policy

	// Report takes the findings in order; nil: nobody. A finding is valid during the call.
	Report func(*rule.Finding) error
	// Opened is told of every input before its header is read; nil: nobody. What it
	// returns takes the counts now and then, from any goroutine; nil: nobody. Closed
	// is told when the input is read, before the findings about the whole file.
	Opened func(*Input) (progress func(*rule.Summary))
	Closed func(*Input)
	// Causes is told what the header alone decides for every row of an input, after the
	// findings about the header, which say it; nil: nobody.
	Causes func([]judge.HeaderCause)
}

// DataHeaderError says that a header is a row: none of its fields is the name of a
// known column, and one is what only values are. It holds no value.
type DataHeaderError struct {
	File         string
	Line         int64
	Column       int
	Field, Count int    // number of the field, from 1, and of all
	What         string // such as "an e-mail address"
}

func (e *DataHeaderError) Error() string {
	return fmt.Sprintf("%s:%d:%d: the header looks like a row: field %d of %d is %s, and no field is the name of a known column",
		e.File, e.Line, e.Column, e.Field, e.Count, e.What)
}

// RefuseData returns a DataHeaderError for a header that is a row.
func (h *Header) RefuseData(file string, known []string) error {
	field, what := DataInHeader(h.Names, known)
	if field == 0 {
		return nil
	}
	return &DataHeaderError{file, h.Pos.Line, h.Position(field - 1).Column, field, len(h.Names), what}
}

// Check judges the inputs, one after the other, as one run: what is compared across
// rows is compared across all of them. It returns an error if the work could not be
// done: what was found by then has been reported. Findings are no error.
func Check(ctx context.Context, o CheckOptions, sources ...Source) (Result, error) {
	c := newCheck(o)
	if c.Ledger == nil {
		c.Ledger = ledger.New(ledger.Options{})
		defer c.Ledger.Close()
	}
	for _, s := range sources {
		if err := c.input(ctx, s); err != nil {
			return c.result, err
		}
		if c.Limit > 0 && c.result.Summary.RowsRead >= c.Limit || c.result.StoppedAfter > 0 {
			break
		}
	}
	if c.Profile {
		c.result.Profile = c.profiler.Result(c.ShowValues)
	}
	c.result.Pool = c.Rules.Pool.Fingerprint()
	c.Rules.CountUsernames(c.result.Profile, &c.result.Summary)
	return c.result, o.Policy.Conclude(&c.result, c.Report)
}

// check is a run of Check.
type check struct {
	CheckOptions
	profiler *profile.Profiler // nil: there is no profile
	// rows takes the place of Run, and of what follows the rows; nil: none does. The header
	// of an empty input is nil.
	rows   func(context.Context, *RunOptions, *Header) error
	result Result
}

func newCheck(o CheckOptions) *check {
	c := &check{CheckOptions: o}
	if c.Rules.Pool == nil {
		c.Rules.Pool = schema.Default()
	}
	if c.Reading.Known == nil {
		c.Reading.Known = c.Rules.Pool.Header
	}
	if c.Profile {
		c.profiler = NewProfiler(&c.Rules)
	}
	return c
}

// emptyText is what is said of an input without a header.
const emptyText = "the file is empty"

// input judges an input.
func (c *check) input(ctx context.Context, s Source) error {
	in, err := Open(ctx, s, c.Reading)
	if err != nil {
		return err
	}
	defer in.Close()
	c.result.Sources = append(c.result.Sources, in.AsRead(0, false))
	source, sum := &c.result.Sources[len(c.result.Sources)-1], &c.result.Summary
	run := RunOptions{
		Input: in, PadRagged: c.PadRagged, Ledger: c.Ledger, Workers: c.Workers, Size: in.textSize(),
		ImportFile: in.IsImportFile(), ShowValues: c.ShowValues, Profile: c.profiler, OneHash: true, Report: c.Report,
	}
	if c.Opened != nil {
		run.Progress = c.Opened(in)
	}
	if c.Limit > 0 {
		run.Limit = c.Limit - sum.RowsRead
	}
	c.StopAfter.LetStop(&run, &c.result)
	if err := c.fileFindings(in); err != nil {
		return err
	}
	columns, h, err := c.header(ctx, in, &run, source)
	if err == io.EOF {
		if c.rows != nil {
			return c.instead(ctx, &run, nil)
		}
		*source = in.AsRead(0, true)
		sum.RowsBlank += in.BlankLines()
		return c.finding(rule.FileEmpty, in.Name, emptyText, 0, 0)
	}
	if err != nil {
		return err
	}
	rules := c.Rules
	rules.Columns = append(columns, judge.LackingColumns(rules, columns)...)
	for i := range rules.Columns {
		if i >= len(columns) {
			i = -1
		}
		rules.Origins = append(rules.Origins, judge.Origin{Field: i})
	}
	if run.Validator, err = judge.New(rules); err != nil {
		return err
	}
	run.Fields = len(columns)
	if c.Causes != nil && run.Validator.Severity(rule.HeaderMissingColumn) != rule.Off {
		there := func(column int) bool { return column < len(columns) && columns[column] != "" }
		c.Causes(run.Validator.HeaderCauses(there, there))
	}
	if c.rows != nil {
		return c.instead(ctx, &run, h)
	}
	rowsBefore, bytesBefore := sum.RowsRead, sum.Bytes
	err = Run(ctx, run, sum)
	if c.Closed != nil {
		c.Closed(in)
	}
	if err != nil {
		return err
	}
	read := in.AsRead(sum.RowsRead-rowsBefore, c.result.StoppedAfter == 0 && (c.Limit == 0 || sum.RowsRead < c.Limit))
	source.Rows, source.Size, source.SHA256 = read.Rows, read.Size, read.SHA256
	if source.Rows == 0 {
		return c.finding(rule.FileEmpty, in.Name, in.NoRow(), 0, 0)
	}
	if size := sum.Bytes - bytesBefore + in.HeaderBytes(); run.ImportFile && size > judge.MaxFileBytes {
		return c.finding(rule.FileTooLarge, in.Name, "", size, judge.MaxFileBytes)
	}
	return nil
}

// instead lets somebody else do what is to be done with the rows.
func (c *check) instead(ctx context.Context, run *RunOptions, h *Header) error {
	err := c.rows(ctx, run, h)
	if c.Closed != nil {
		c.Closed(run.Input)
	}
	return err
}

// header reads the header, reports what is wrong with it, and returns the columns of the rows and the header.
func (c *check) header(ctx context.Context, in *Input, run *RunOptions, source *rule.Source) ([]string, *Header, error) {
	if in.JSON() {
		columns := judge.TargetColumns(c.Rules.Pool, c.Rules.PasswordHash)
		run.Format, run.Stray = row.NewJSONLine(columns), c.Rules.Level(rule.HeaderUnknownColumn)
		return columns, &Header{}, nil
	}
	if c.NoHeader {
		run.NoHeader = true
		return judge.TargetColumns(c.Rules.Pool, c.Rules.PasswordHash), &Header{}, nil
	}
	h, err := in.AwaitHeader(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := h.RefuseData(in.Name, c.Rules.Pool.Header); err != nil {
		return nil, nil, err
	}
	for _, f := range CheckHeader(c.Rules, in.Name, h) {
		source.Lacking = source.Lacking || f.Code == rule.HeaderMissingColumn
		if err := c.report(&f); err != nil {
			return nil, nil, err
		}
	}
	run.Header = h.Names
	return judge.KnownColumns(c.Rules, h.Names), h, nil
}

// fileFindings reports what was found out while the input was opened.
func (c *check) fileFindings(in *Input) error {
	if charset := in.Raw().Charset(); charset != "utf-8" {
		return c.finding(rule.FileEncoding, in.Name, charset, 0, 0)
	}
	if in.Raw().BOM() {
		return c.finding(rule.FileBOM, in.Name, "", 0, 0)
	}
	return nil
}

func (c *check) finding(code rule.Code, file, text string, got, want int64) error {
	f, ok := FileFinding(c.Rules, code, file, text, got, want)
	if !ok {
		return nil
	}
	return c.report(&f)
}

// report counts and reports a finding that is not about a row.
func (c *check) report(f *rule.Finding) error {
	c.result.Summary.Count(f.Code, f.Severity, false)
	if c.Report == nil {
		return nil
	}
	return c.Report(f)
}
