package validate

import (
	"errors"
	"fmt"
	"slices"

	"poolprep/validate/ledger"
	"poolprep/validate/row"
	"poolprep/validate/rule"
)

// RunOptions say what is done with the rows of an input whose header has been read.
type RunOptions struct {
	Input     *Input
	Validator *Validator
	Fields    int // how many a record must have
	// Format finds the fields of records that are not delimited text, see JSONLines; nil: they are.
	Format row.Format
	// Stray is the level of a finding about what Format finds that is named like no
	// field: header-unknown-column, once for each name.
	Stray     rule.Severity
	Header    []string // the names of the header, to tell where it stands again; nil: there is none
	NoHeader  bool     // the input has no header, which a message says
	PadRagged bool     // missing fields at the end of a record are empty, surplus ones that are empty are dropped
	Source    []int    // for each column of the validator the field it comes from, from 0, or -1; nil: column i is field i
	// SourceNames are for each column what a person calls the fields it comes from, ""
	// where that is the column's name; nil: all are.
	SourceNames []string
	NewStage    func() Stage
	InPlace     bool  // the stage's values are the fields: it gets the same slice for both
	Plain       []int // with a stage, for each column the field that is its value, from 0, or -1 if that is empty; nil: a stage must make the values
	Special     []int // fields that a stage must see unless they are empty; only with Plain
	Workers     int   // goroutines; 0: one
	Limit       int64 // rows to read; 0: all
	Size        int64 // bytes of text to read, about; 0: unknown
	// Ledger is shared by the inputs of a run; nil: there is only this one. Nobody else
	// may use it during the run.
	Ledger *ledger.Ledger

	ImportFile bool // the input itself is to be imported, so the limits of a file count
	ShowValues bool // findings carry values

	OneHash bool // with HashAuto, hashes of another algorithm than the first one of the run are findings

	// Facts takes what is known of each block before the ledger has taken it, in order, to
	// write it down; nil: nobody.
	Facts    func(*ledger.Facts) error
	Report   func(*rule.Finding) error // takes the findings in order; nil: nobody
	Commit   func(*Batch) error        // takes the records in order; nil: nobody
	Progress func(*rule.Summary)       // called now and then from the committing goroutine; nil: nobody

	rowByRow bool // for tests: every row is judged by a checker, and committed alone
}

// misuse returns an error for options that cannot go together.
func (o *RunOptions) misuse() error {
	if o.Input == nil || o.Validator == nil {
		return errors.New("validate: a run needs an Input and a Validator")
	}
	columns := len(o.Validator.columns)
	fits := func(fields []int) bool {
		return fields == nil || len(fields) == columns && !slices.ContainsFunc(fields, func(f int) bool { return f >= o.Fields })
	}
	switch {
	case o.Fields < 1:
		return fmt.Errorf("validate: %d fields are no record", o.Fields)
	case o.Source == nil && o.NewStage == nil && columns > o.Fields:
		return fmt.Errorf("validate: the validator has %d columns and a record %d fields: say with Source where they come from", columns, o.Fields)
	case !fits(o.Source) || !fits(o.Plain):
		return fmt.Errorf("validate: Source and Plain name a field below %d, or -1, for each of %d columns", o.Fields, columns)
	case slices.ContainsFunc(o.Special, func(f int) bool { return f < 0 || f >= o.Fields }):
		return fmt.Errorf("validate: Special names fields below %d", o.Fields)
	}
	return nil
}

// forLedger says what counts in the input.
func (r *runner) forLedger() ledger.Input {
	v := r.Validator
	in := ledger.Input{
		Name: r.Input.Name, Size: r.Size, Limit: r.Limit, Twins: v.twins, OneHash: r.OneHash, NoCRLF: r.ImportFile,
		Severity: v.Severity, RowByRow: r.rowByRow,
	}
	if in.Size == 0 {
		in.Size = r.Input.textSize()
	}
	if r.ImportFile {
		in.MaxRows = MaxFileRows
	}
	for _, k := range v.keys {
		c := r.column(k.column)
		c.Code = k.code
		in.Keys = append(in.Keys, c)
	}
	if i := v.HashColumn(); i >= 0 {
		in.Hash = r.column(i)
	}
	return in
}
