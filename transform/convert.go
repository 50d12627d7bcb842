package transform

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"poolprep/transform/join"
	"poolprep/transform/legacy"
	"poolprep/transform/mapping"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/profile"
	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/schema"
)

// ConvertOptions say what Convert reads, what it makes of it, and where that goes. The
// zero value reads RFC 4180, matches columns by name, judges by the embedded default
// pool and writes nothing.
type ConvertOptions struct {
	Rules     judge.Options    // its Columns are those of the pool
	Reading   validate.Reading // what it leaves open is as the mapping says of its source
	NoHeader  bool             // the first record is a row: the columns are those of the mapping, or of the pool in template order
	PadRagged bool             // see validate.RunOptions
	Ledger    *ledger.Ledger   // of the run; nil: one of its own
	Workers   int              // goroutines; 0: one
	Limit     int64            // rows to read of all inputs; 0: all
	// StopAfter are rejected rows that end the run, see validate.Tolerance.Stops; the zero
	// value: none. Output is aborted then.
	StopAfter  validate.Tolerance
	ShowValues bool // findings carry values
	Profile    bool // the Result has a Profile; with ShowValues its dates are days
	Policy     validate.Policy

	Mapping *mapping.Mapping // nil: columns are matched by name
	// DefaultRegion is the region of phone numbers that state none, as two letters such as
	// US; "": there is none. Of AssumeVerified, email and phone_number, the address of a row
	// counts as verified where the source says nothing about it. Join is the second file
	// of the export, which the mapping looks up by id; nil: none.
	DefaultRegion  string
	AssumeVerified []string
	Join           *validate.Source

	// Recognise is called with every input before its header is read; nil: nobody is. A
	// mapping that it returns takes the place of Mapping from then on; of its Source, only
	// what is said of the header counts, for the input is open. An error ends the run.
	Recognise func(*validate.Input) (*mapping.Mapping, error)
	NoRepair  bool
	Backslash Backslash
	// KeepGoing says that rows are read even if the header decides that every one of
	// them is rejected, which is a HeaderCauseError otherwise.
	KeepGoing bool
	Output    Output // begun with the first input that has a header; nil: nothing is written
	DryRun    bool   // Output is not begun

	// Report takes the findings in order; nil: nobody. A finding is valid during the call.
	Report func(*rule.Finding) error
	// Opened is told of every input before its header is read; nil: nobody. What it
	// returns takes the counts now and then, from any goroutine; nil: nobody. Closed
	// is told when the input is read or cannot be, before the findings about the whole file.
	Opened func(*validate.Input) (progress func(*rule.Summary))
	Closed func(*validate.Input)
	// Matched is told how the mapping fits an input, after the findings about columns
	// that go nowhere; nil: nobody. Causes is told next what the header alone decides for
	// every row, before the findings that say it; nil: nobody.
	Matched func(*Match)
	Causes  func([]judge.HeaderCause)
	// Preview is shown the first records of the run, before and after, until it returns
	// false; nil: nobody.
	Preview func(*Preview) bool
	// Committing is told of the totals before Output is committed; nil: nobody. After an
	// error Output is aborted.
	Committing func(*Result) error
}

// Convert maps, repairs and judges the rows of the inputs, one after the other, as one
// run, and writes those that pass. What is compared across rows is compared across all of
// them. It returns an error if the work could not be done: what was found by then has
// been reported, and Output has been aborted. Findings are no error.
func Convert(ctx context.Context, o ConvertOptions, sources ...validate.Source) (Result, error) {
	c := newConversion(o)
	if o.Ledger == nil {
		c.Ledger = ledger.New(ledger.Options{})
		defer c.Ledger.Close()
	}
	err := c.all(ctx, sources)
	if (err != nil || c.result.StoppedAfter > 0) && c.begun {
		err = errors.Join(err, c.Output.Abort())
	}
	return c.result, err
}

// conversion is a run of Convert.
type conversion struct {
	ConvertOptions
	noHeader bool              // NoHeader, as it was asked for
	nulls    []string          // Rules.Nulls, the same
	rejects  RejectOutput      // Output, if it is one
	side     SideWriter        // Output, if it is one
	joined   *join.Table       // the second file; nil: there is none
	first    *kept             // the first input with a header
	begun    bool              // Output is
	profiler *profile.Profiler // nil: there is no profile
	// instead takes the place of Run; nil: none does.
	instead func(context.Context, *validate.Header, RunOptions) error
	result  Result
}

// kept is what is kept of an input.
type kept struct {
	name   string
	header []byte // byte for byte
	json   bool
}

func newConversion(o ConvertOptions) *conversion {
	c := &conversion{ConvertOptions: o}
	if c.Rules.Pool == nil {
		c.Rules.Pool = schema.Default()
	}
	c.noHeader, c.nulls = c.NoHeader, slices.Clip(c.Rules.Nulls)
	if c.Mapping != nil {
		c.Mapping.Source.Fill(&c.Reading)
		c.NoHeader = c.noHeader || c.Mapping.Source.NoHeader
		c.Rules.Nulls = append(c.nulls, c.Mapping.Source.Nulls...)
	}
	if c.Reading.Known == nil {
		c.Reading.Known = c.knownNames()
	}
	c.rejects, _ = o.Output.(RejectOutput)
	if side, ok := o.Output.(SideOutput); ok && side.WantsSide() {
		c.side = side
	}
	if o.DryRun {
		c.Output = nil
	}
	if o.Profile {
		c.profiler = validate.NewProfiler(&c.Rules)
	}
	c.Reading.Hash = c.Reading.Hash || c.rejects != nil && c.Output != nil
	return c
}

// knownNames are names that a header may have: those that the mapping names, and the pool's.
func (c *conversion) knownNames() []string {
	if c.Mapping == nil {
		return c.Rules.Pool.Header
	}
	return append(c.Mapping.Sources(c.mapping()), c.Rules.Pool.Header...)
}

// mapping returns what the mapping is compiled for.
func (c *conversion) mapping() mapping.Options {
	o := mapping.Options{
		Pool: c.Rules.Pool, PasswordHash: c.Rules.PasswordHash, DefaultRegion: c.DefaultRegion, AssumeVerified: c.AssumeVerified,
	}
	if c.joined != nil {
		o.Join = c.joined
	}
	return o
}

// readJoin reads the second file.
func (c *conversion) readJoin(ctx context.Context) (err error) {
	if c.Join == nil {
		return nil
	}
	var how *mapping.Join
	if c.Mapping != nil {
		how = c.Mapping.Join(c.mapping())
	}
	if how == nil {
		return &NoJoinError{File: cmp.Or(c.Join.Name, c.Join.Path)}
	}
	c.joined, err = join.Read(ctx, *c.Join, join.Options{With: how.With, Columns: how.Columns})
	return err
}

// columns returns the columns of the import file.
func (c *conversion) columns() []string {
	return judge.TargetColumns(c.Rules.Pool, c.Rules.PasswordHash)
}

func (c *conversion) all(ctx context.Context, sources []validate.Source) error {
	if c.Recognise == nil {
		if err := c.readJoin(ctx); err != nil {
			return err
		}
	}
	for i, s := range sources {
		if err := c.input(ctx, i, s); err != nil {
			return err
		}
		if c.Limit > 0 && c.result.Summary.RowsRead >= c.Limit || c.result.StoppedAfter > 0 {
			break
		}
	}
	if c.joined != nil {
		stats := c.joined.Stats()
		c.result.Join = &stats
	}
	if c.Profile {
		c.result.Profile = c.profiler.Result(c.ShowValues)
	}
	c.result.Pool = c.Rules.Pool.Fingerprint()
	c.Rules.CountUsernames(c.result.Profile, &c.result.Summary)
	if err := c.Policy.Conclude(&c.result.Result, c.Report); err != nil {
		return err
	}
	if c.Output == nil || c.result.StoppedAfter > 0 {
		return nil
	}
	if !c.begun { // what comes out has no row either
		if err := c.begin(nil, nil, false); err != nil {
			return err
		}
	}
	if c.Committing != nil {
		if err := c.Committing(&c.result); err != nil {
			return err
		}
	}
	return c.Output.Commit(&c.result)
}

// begin begins the output, unless it was begun or nothing is to be written.
func (c *conversion) begin(in *validate.Input, h *validate.Header, side bool) error {
	if c.Output == nil || c.begun {
		return nil
	}
	c.begun = true
	return c.Output.Begin(Beginning{Columns: c.columns(), Pool: c.Rules.Pool, Mapping: c.Mapping, Input: in, Header: h, Side: side})
}

// input converts an input.
func (c *conversion) input(ctx context.Context, index int, s validate.Source) error {
	in, err := validate.Open(ctx, s, c.Reading)
	if err != nil {
		return err
	}
	defer in.Close()
	sum := &c.result.Summary
	c.result.Sources = append(c.result.Sources, in.AsRead(0, false))
	source := &c.result.Sources[len(c.result.Sources)-1]
	var progress func(*rule.Summary)
	if c.Opened != nil {
		progress = c.Opened(in)
	}
	before := sum.RowsRead
	h, err := c.rows(ctx, in, index, progress)
	if c.Closed != nil {
		c.Closed(in)
	}
	if err != nil {
		return err
	}
	if h == nil {
		*source = in.AsRead(0, true)
		sum.RowsBlank += in.BlankLines()
		return c.fileFinding(in.Name, "the file is empty")
	}
	rows := sum.RowsRead - before
	if c.result.StoppedAfter > 0 {
		*source = in.AsRead(rows, false)
		return nil
	}
	*source = in.AsRead(rows, c.Limit == 0 || sum.RowsRead < c.Limit)
	if rows == 0 {
		if err := c.fileFinding(in.Name, in.NoRow()); err != nil {
			return err
		}
	}
	if c.rejects == nil || c.Output == nil {
		return nil
	}
	if err := in.ReadRest(ctx); err != nil {
		return err
	}
	*source = in.AsRead(rows, true)
	return c.rejects.Ended(in, h, *source)
}

// recognise asks for the mapping of an input.
func (c *conversion) recognise(ctx context.Context, in *validate.Input) error {
	if c.Recognise == nil {
		return nil
	}
	m, err := c.Recognise(in)
	if err == nil && m != nil {
		c.Mapping, c.NoHeader = m, c.noHeader || m.Source.NoHeader
		c.Rules.Nulls = append(c.nulls, m.Source.Nulls...)
	}
	if err != nil || c.joined != nil {
		return err
	}
	return c.readJoin(ctx)
}

// rows reads the header and converts the rows. It returns a nil header for an empty input.
func (c *conversion) rows(ctx context.Context, in *validate.Input, index int, progress func(*rule.Summary)) (*validate.Header, error) {
	if err := c.recognise(ctx, in); err != nil {
		return nil, err
	}
	names, h, err := c.header(ctx, in)
	if err == io.EOF {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := c.refuseOther(in, h); err != nil {
		return nil, err
	}
	converter, err := c.compile(in, names, h)
	if err != nil {
		return nil, err
	}
	if index == 0 {
		for _, f := range validate.CheckPool(c.Rules, in.Name) {
			if err := c.finding(&f); err != nil {
				return nil, err
			}
		}
	}
	if err := c.begin(in, h, converter.program.Side()); err != nil {
		return nil, err
	}
	run := RunOptions{Converter: converter, Source: index, Preview: c.preview(), Run: validate.RunOptions{
		Input: in, Fields: len(names), Header: h.Names, NoHeader: c.NoHeader, PadRagged: c.PadRagged, Ledger: c.Ledger, Workers: c.Workers,
		ShowValues: c.ShowValues, Profile: c.profiler, OneHash: c.rejects == nil, Report: c.Report, Progress: progress,
	}}
	if in.JSON() {
		run.Run.Format, run.Run.Stray = row.NewJSONLine(names), c.strayLevel()
	}
	if c.Mapping != nil && !in.JSON() {
		run.Run.Mender = legacy.Mender(c.Mapping.Source.Repair, len(names))
	}
	if c.Output != nil {
		run.Rows = c.Output
		if c.rejects != nil {
			run.Rejects = c.rejects
		}
		if converter.side {
			run.Side = c.side
		}
	}
	c.StopAfter.LetStop(&run.Run, &c.result.Result)
	if c.Limit > 0 {
		run.Run.Limit = c.Limit - c.result.Summary.RowsRead
	}
	if c.instead != nil {
		return h, c.instead(ctx, h, run)
	}
	return h, Run(ctx, run, &c.result)
}

// preview returns ConvertOptions.Preview, which is asked no more once it has enough.
func (c *conversion) preview() func(*Preview) bool {
	if c.Preview == nil {
		return nil
	}
	return func(p *Preview) bool {
		if c.Preview(p) {
			return true
		}
		c.Preview = nil
		return false
	}
}

// refuseOther returns an error for an input whose rejects cannot be kept with those of
// the first one.
func (c *conversion) refuseOther(in *validate.Input, h *validate.Header) error {
	if c.rejects == nil {
		return nil
	}
	if c.first == nil {
		c.first = &kept{name: in.Name, header: slices.Clone(h.Raw), json: in.JSON()}
	}
	same := func(a, b []byte) bool { return bytes.Equal(bytes.TrimRight(a, "\r\n"), bytes.TrimRight(b, "\r\n")) }
	switch {
	case c.first.json != in.JSON():
		return &OtherKindError{File: in.Name, First: c.first.name}
	case !same(c.first.header, h.Raw):
		return &OtherHeaderError{File: in.Name, First: c.first.name, Line: h.Pos.Line}
	}
	return nil
}

func (c *conversion) fileFinding(file, text string) error {
	f, ok := validate.FileFinding(c.Rules, rule.FileEmpty, file, text, 0, 0)
	if !ok {
		return nil
	}
	return c.finding(&f)
}

// finding counts and reports a finding that is not about a row.
func (c *conversion) finding(f *rule.Finding) error {
	c.result.Summary.Count(f.Code, f.Severity, false)
	if c.Report == nil {
		return nil
	}
	return c.Report(f)
}
