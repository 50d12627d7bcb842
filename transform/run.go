package transform

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"poolprep/transform/join"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// Result is what a conversion saw and did.
type Result struct {
	validate.Result
	Repairs       [NumRepairs]int64 // in accepted rows
	Skips         map[string]int64  // skipped rows by reason
	Join          *join.Stats       // of the second file; nil: there is none
	HashesLeftOut int64             // values of the password hash column in accepted and rejected rows
}

// RowWriter takes the rows of an import file in order.
type RowWriter interface {
	// Rows takes whole rows: row i ends, newline included, at ends[i], and comes
	// from from[i]. algorithm is the API's name of the password hashes' algorithm, or "".
	// All of it is valid during the call.
	Rows(algorithm string, rows []byte, ends []uint32, from []sink.Row) error
}

// SideWriter takes what the import cannot carry, for each accepted row, in order.
type SideWriter interface {
	// Side takes n lines, each a JSON object with its newline. They are valid during the call.
	Side(lines []byte, n int) error
}

// RejectWriter takes the records that are no rows of the import file, in order. What it
// is given is valid during the call.
type RejectWriter interface {
	// Reject takes a record that was rejected.
	Reject(*Record) error
	// RejectMore takes more bytes of the last one: an overlong line comes in parts.
	RejectMore(raw []byte) error
	// Skip takes a record that a mapping leaves out.
	Skip(*Record) error
}

// Record is a record that does not become a row.
type Record struct {
	File     string
	Line     int64          // physical line on which it starts, from 1
	Column   int            // byte of that line at which it starts, from 1
	Offset   int64          // byte offset in the input, from 0
	Number   int64          // among the rows of the input, from 1
	Raw      []byte         // byte for byte, with its line end; of JSON documents without line breaks
	Findings []rule.Finding // why it was rejected
	Reason   string         // why it was skipped
}

// Pos returns where the record starts.
func (r *Record) Pos() scan.Pos { return scan.Pos{Line: r.Line, Column: r.Column, Offset: r.Offset} }

// RunOptions say what is converted and where it goes.
type RunOptions struct {
	Converter *Converter
	Source    int          // index of the input among those of the run, from 0
	Rows      RowWriter    // nil: nobody
	Rejects   RejectWriter // nil: nobody
	Side      SideWriter   // nil: nobody; of a Converter with Options.Side
	// Preview is shown the records in order until it returns false; nil: nobody.
	Preview func(*Preview) bool
	// Run is about reading. The header of its Input must have been read. Its
	// Validator, NewStage and Commit are filled in.
	Run validate.RunOptions

	// made takes what was made of each block, in order, in the place of Rows, Rejects and
	// Side; nil: they do. run takes the place of validate.Run; nil: nothing does.
	made func(*validate.Batch, *stage) error
	run  func(context.Context, validate.RunOptions) error
}

// Run converts the rows of an input and adds to the counts of result. It does the same
// in the same order for every number of workers.
func Run(ctx context.Context, o RunOptions, result *Result) error {
	if o.Converter == nil || o.Converter.program == nil || result == nil {
		return errors.New("transform: a run needs a Converter of Compile, and a Result to count in")
	}
	if n := o.Converter.program.SourceColumns(); o.Run.Fields != n {
		return fmt.Errorf("transform: the program is compiled for records of %d fields, not %d", n, o.Run.Fields)
	}
	r := &runner{o: o, result: result, records: inBlock{o.Run.Input}, reason: func(skip int) string { return o.Converter.program.SkipReason(skip - 1) }}
	o.Run.Validator = o.Converter.validator
	o.Run.NewStage = func() validate.Stage { return o.Converter.newStage() }
	o.Run.Commit = r.commit
	if result.Skips == nil {
		result.Skips = make(map[string]int64)
	}
	if o.run != nil {
		return o.run(ctx, o.Run)
	}
	return validate.Run(ctx, o.Run, &result.Summary)
}

// runner hands batches on to the output. It is used by one goroutine at a time.
type runner struct {
	o       RunOptions
	result  *Result
	records records
	reason  func(skip int) string // of a skipped record
	ends    []uint32
	from    []sink.Row
	record  Record
	line    []byte // of inOneLine
}

// records says what is to be known of records that become no rows.
type records interface {
	name() string                                      // of their input
	document() bool                                    // it is JSON documents
	raw(b *validate.Batch, record int) ([]byte, error) // byte for byte, with the line end
	column(b *validate.Batch, record int) int          // see validate.Batch.Column
	more(b *validate.Batch) ([]byte, error)            // what goes on with the line of the block before
}

// inBlock are the records of a block that was read.
type inBlock struct{ input *validate.Input }

func (r inBlock) name() string                                 { return r.input.Name }
func (r inBlock) document() bool                               { return r.input.Document() }
func (r inBlock) raw(b *validate.Batch, i int) ([]byte, error) { return b.Raw(i), nil }
func (r inBlock) column(b *validate.Batch, i int) int          { return b.Column(i) }
func (r inBlock) more(b *validate.Batch) ([]byte, error)       { return b.Block.Data, nil }

func (r *runner) commit(b *validate.Batch) error {
	s := b.Stage.(*stage)
	r.count(b, s)
	if r.o.Preview != nil {
		if err := r.preview(b, s); err != nil {
			return err
		}
	}
	if r.o.made != nil {
		return r.o.made(b, s)
	}
	return r.write(b, s)
}

// write hands a block on to the output.
func (r *runner) write(b *validate.Batch, s *stage) error {
	if b.Continued {
		if r.o.Rejects == nil {
			return nil
		}
		more, err := r.records.more(b)
		if err != nil {
			return err
		}
		return r.o.Rejects.RejectMore(r.inOneLine(more))
	}
	if r.o.Rows != nil {
		if err := r.rows(b, s); err != nil {
			return err
		}
	}
	if r.o.Side != nil {
		if err := r.side(b, s); err != nil {
			return err
		}
	}
	if r.o.Rejects != nil {
		return r.rejects(b)
	}
	return nil
}

// rejects hands on the records that are no rows.
func (r *runner) rejects(b *validate.Batch) error {
	number := b.FirstNumber - 1
	for i, v := range b.Verdicts {
		if v.IsRow() {
			number++
		}
		if v != ledger.Rejected && v != ledger.Skipped {
			continue
		}
		raw, err := r.records.raw(b, i)
		if err != nil {
			return err
		}
		r.record = Record{File: r.records.name(), Line: b.Line(i), Column: r.records.column(b, i), Offset: b.Offset(i), Number: number, Raw: r.inOneLine(raw)}
		if v == ledger.Rejected {
			r.record.Findings = b.FindingsOf(i)
			err = r.o.Rejects.Reject(&r.record)
		} else {
			r.record.Reason = r.reason(b.SkipOf(i))
			err = r.o.Rejects.Skip(&r.record)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inOneLine returns a record of JSON documents without its line breaks, which are never
// part of a value: so it is a line of JSON lines. Other records are returned as they are.
func (r *runner) inOneLine(raw []byte) []byte {
	if !r.records.document() || bytes.IndexByte(raw, '\n') < 0 {
		return raw
	}
	r.line = r.line[:0]
	for line := range bytes.Lines(raw) {
		if whole, ended := bytes.CutSuffix(line, []byte{'\n'}); ended {
			line = bytes.TrimRight(whole, "\r")
		}
		r.line = append(r.line, line...)
	}
	return r.line
}

// count adds what validate does not know of.
func (r *runner) count(b *validate.Batch, s *stage) {
	for _, m := range s.repairs {
		if int(m.record) < len(b.Verdicts) && b.Verdicts[m.record] == ledger.Accepted {
			r.result.Repairs[m.kind]++
		}
	}
	for _, m := range s.columnRepairs {
		if !s.byRow[m.record] && int(m.record) < len(b.Verdicts) && b.Verdicts[m.record] == ledger.Accepted {
			r.result.Repairs[m.kind]++
		}
	}
	for _, s := range b.Skips {
		r.result.Skips[r.reason(int(s.Reason))]++
	}
	for _, record := range s.left {
		if int(record) < len(b.Verdicts) {
			r.result.HashesLeftOut++
		}
	}
	for _, record := range s.columnLeft {
		if !s.byRow[record] && int(record) < len(b.Verdicts) {
			r.result.HashesLeftOut++
		}
	}
}

// rows hands on the accepted rows, as many at a time as lie together in the
// stage's output and have hashes of one algorithm.
func (r *runner) rows(b *validate.Batch, s *stage) error {
	start, algorithm := uint32(0), value.HashNone
	r.ends, r.from = r.ends[:0], r.from[:0]
	flush := func() error {
		if len(r.ends) == 0 {
			return nil
		}
		rows := s.out[start : start+r.ends[len(r.ends)-1]]
		err := r.o.Rows.Rows(algorithm.APIName(), rows, r.ends, r.from)
		start += uint32(len(rows))
		r.ends, r.from = r.ends[:0], r.from[:0]
		return err
	}
	for i, v := range b.Verdicts {
		end := s.ends[i]
		if v != ledger.Accepted {
			if before := start + r.pending(); end > before {
				// A row that was rendered, and then turned out to be a duplicate.
				if err := flush(); err != nil {
					return err
				}
				start = end
			}
			continue
		}
		if len(s.hashes) > 0 && s.hashes[i] != algorithm {
			if err := flush(); err != nil {
				return err
			}
			algorithm = s.hashes[i]
		}
		rec := &b.Records[i]
		r.ends = append(r.ends, end-start)
		r.from = append(r.from, sink.Row{Source: r.o.Source, Line: b.Line(i), Offset: b.Offset(i), Length: rec.Next - rec.Start})
	}
	return flush()
}

// pending returns how many bytes of rows wait to be handed on.
func (r *runner) pending() uint32 {
	if len(r.ends) == 0 {
		return 0
	}
	return r.ends[len(r.ends)-1]
}
