package validate

import (
	"errors"
	"fmt"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/profile"
	"poolprep/validate/row"
	"poolprep/validate/rule"
)

// RunOptions say what is done with the rows of an input whose header has been read.
type RunOptions struct {
	Input     *Input
	Validator *judge.Validator
	Fields    int // how many a record must have
	// Format finds the fields of records that are not delimited text, see JSONLines; nil: they are.
	Format row.Format
	// Mender finds the fields of records of delimited text that break the rules in a way
	// that is known. They are accepted with a warning. nil: such records are rejected.
	Mender row.Mender
	// Stray is the level of a finding about what Format finds that is named like no
	// field: header-unknown-column, once for each name.
	Stray     rule.Severity
	Header    []string     // the names of the header, to tell where it stands again; nil: there is none
	NoHeader  bool         // the input has no header, which a message says
	PadRagged bool         // missing fields at the end of a record are empty, surplus ones that are empty are dropped
	NewStage  func() Stage // for values that are made, and for what takes the rows; nil: nothing is made
	Workers   int          // goroutines; 0: one
	Limit     int64        // rows to read; 0: all
	Size      int64        // bytes of text to read, about; 0: unknown
	// Stop is asked now and then, with the totals of Summary and in the order of the rows,
	// whether the run ends: after each row that was rejected, and after the one with which
	// StopFrom were accepted or rejected; nil: nothing ends it.
	Stop     func(accepted, rejected int64) bool
	StopFrom int64
	// Ledger is shared by the inputs of a run; nil: there is only this one. Nobody else
	// may use it during the run.
	Ledger *ledger.Ledger

	// Profile takes what the columns of the pool hold; nil: nobody. It is shared by the inputs
	// of a run, like Ledger.
	Profile *profile.Profiler

	ImportFile bool // the input itself is to be imported, so the limits of a file count
	ShowValues bool // findings carry values

	OneHash bool // with HashAuto, hashes of another algorithm than the first one of the run are findings

	// Facts takes what is known of each block before the ledger has taken it, in order, to
	// write it down; nil: nobody.
	Facts    func(*ledger.Facts) error
	Report   func(*rule.Finding) error // takes the findings in order; nil: nobody
	Commit   func(*Batch) error        // takes the records in order; nil: nobody
	Progress func(*rule.Summary)       // called now and then from the committing goroutine; nil: nobody

	// In the part of a run, late says which findings are made by the ledger, that of the whole
	// run, and profiled takes what the profile has of a block; nil: it is no part.
	late     func(rule.Code) bool
	profiled func(*Batch, *profile.Collector) error

	RowByRow bool // every row is judged by itself and committed alone: slower, and the same; for tests
}

// misuse returns an error for options that cannot go together.
func (o *RunOptions) misuse() error {
	if o.Input == nil || o.Input.splitter == nil || o.Validator == nil || o.Validator.Columns() == 0 {
		return errors.New("validate: a run needs an Input that was opened, and a Validator with columns")
	}
	if o.Fields < 1 {
		return fmt.Errorf("validate: %d fields are no record", o.Fields)
	}
	for i, origin := range o.Validator.Origins() {
		switch {
		case origin.Field >= o.Fields || origin.Field < -1:
			return fmt.Errorf("validate: column %d of the validator comes from field %d, and a record has %d: say with Origins where the columns come from", i, origin.Field, o.Fields)
		case origin.Made && o.NewStage == nil:
			return fmt.Errorf("validate: column %d of the validator is made, and there is no stage that makes it", i)
		}
	}
	return nil
}

// forLedger says what counts in the input.
func (r *runner) forLedger() ledger.Input {
	v := r.Validator
	in := ledger.Input{
		Name: r.Input.Name, Size: r.Size, Limit: r.Limit, Twins: v.Twins(), OneHash: r.OneHash, NoCRLF: r.ImportFile,
		Stop: r.Stop, StopFrom: r.StopFrom,
		Severity: v.Severity, RowByRow: r.RowByRow,
	}
	if in.Size == 0 {
		in.Size = r.Input.textSize()
	}
	if r.ImportFile {
		in.MaxRows = judge.MaxFileRows
	}
	for _, k := range v.Keys() {
		c := columnOf(v, k.Column)
		c.Code = k.Code
		in.Keys = append(in.Keys, c)
	}
	if i := v.HashColumn(); i >= 0 {
		in.Hash = columnOf(v, i)
	}
	return in
}

// columnOf says how findings call a column.
func columnOf(v *judge.Validator, i int) ledger.Column {
	return ledger.Column{Name: v.ColumnName(i), Source: v.Origins()[i].Names}
}
