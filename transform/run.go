package transform

import (
	"context"

	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/report"
	"poolprep/validate/rule"
	"poolprep/validate/value"
)

// Summary counts what a conversion did. The repairs are those of accepted rows.
type Summary struct {
	rule.Summary
	Repairs       [NumRepairs]int64
	Skips         map[string]int64 // skipped rows by reason
	HashesLeftOut int64            // values of the password hash column in accepted and rejected rows
}

// Output takes the rows, rejects and skipped records, each in input order.
// What it is given is valid during the call only. sink.Run is one.
type Output interface {
	// Rows takes whole rows: row i ends, newline included, at ends[i], and comes
	// from from[i]. algorithm is the API's name of the password hashes' algorithm, or "".
	Rows(algorithm string, rows []byte, ends []uint32, from []sink.Row) error
	// Reject takes a record byte for byte, and a JSON object that says why.
	Reject(raw, entry []byte) error
	// RejectMore takes more of the record of the last Reject.
	RejectMore(raw []byte) error
	// Skip takes a JSON object that says which record was left out.
	Skip(entry []byte) error
}

// RunOptions say what is converted and who is told.
type RunOptions struct {
	Converter *Converter
	Source    int    // index of the input among those of the run, from 0
	Output    Output // nil: nothing is written
	// Explain takes, after each Reject of the output, cells of a CSV record that say
	// what is wrong, see report.AppendReason; nil: nobody. They are valid during the call.
	Explain func(cells []byte) error
	// Run is about reading. The header of its Input must have been read. Its
	// Validator, Source, SourceNames, NewStage and Commit are filled in.
	Run validate.RunOptions
}

// Run converts the rows of an input and adds to sum. It does the same in the
// same order for every number of workers.
func Run(ctx context.Context, o RunOptions, sum *Summary) error {
	r := &runner{o: o, sum: sum}
	o.Run.Validator, o.Run.Source, o.Run.SourceNames = o.Converter.validator, o.Converter.source, o.Converter.names
	o.Run.InPlace = o.Converter.program.Identity()
	o.Run.Plain, o.Run.Special = o.Converter.plain, nil
	if o.Converter.hashSource >= 0 {
		o.Run.Special = []int{o.Converter.hashSource}
	}
	o.Run.NewStage = func() validate.Stage { return o.Converter.newStage() }
	o.Run.Commit = r.commit
	if sum.Skips == nil {
		sum.Skips = make(map[string]int64)
	}
	return validate.Run(ctx, o.Run, &sum.Summary)
}

// runner hands batches on to the output. It is used by one goroutine at a time.
type runner struct {
	o     RunOptions
	sum   *Summary
	ends  []uint32
	from  []sink.Row
	entry []byte
}

func (r *runner) commit(b *validate.Batch) error {
	s := b.Stage.(*stage)
	r.count(b, s)
	if r.o.Output == nil {
		return nil
	}
	if b.Block.Continued {
		return r.o.Output.RejectMore(b.Block.Data)
	}
	if err := r.rows(b, s); err != nil {
		return err
	}
	number := b.FirstNumber - 1
	for i, v := range b.Verdicts {
		if v.IsRow() {
			number++
		}
		var err error
		switch v {
		case validate.Rejected:
			r.entry = report.AppendReject(r.entry[:0], r.o.Run.Input.Name, b.Line(i), b.Offset(i), b.FindingsOf(i))
			if err = r.o.Output.Reject(b.Raw(i), r.entry); err == nil && r.o.Explain != nil {
				r.entry = report.AppendReason(r.entry[:0], r.o.Run.Input.Name, b.Line(i), b.FindingsOf(i))
				err = r.o.Explain(r.entry)
			}
		case validate.Skipped:
			r.entry = report.AppendSkip(r.entry[:0], r.o.Run.Input.Name, b.Line(i), b.Offset(i), number, r.reason(b.Skips[i]))
			err = r.o.Output.Skip(r.entry)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) reason(skip int) string { return r.o.Converter.program.SkipReason(skip - 1) }

// count adds what validate does not know of.
func (r *runner) count(b *validate.Batch, s *stage) {
	for _, m := range s.repairs {
		if int(m.record) < len(b.Verdicts) && b.Verdicts[m.record] == validate.Accepted {
			r.sum.Repairs[m.kind]++
		}
	}
	for i, v := range b.Verdicts {
		if v == validate.Skipped {
			r.sum.Skips[r.reason(b.Skips[i])]++
		}
	}
	for _, record := range s.left {
		if int(record) < len(b.Verdicts) {
			r.sum.HashesLeftOut++
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
		err := r.o.Output.Rows(algorithm.APIName(), rows, r.ends, r.from)
		start += uint32(len(rows))
		r.ends, r.from = r.ends[:0], r.from[:0]
		return err
	}
	for i, v := range b.Verdicts {
		end := s.ends[i]
		if v != validate.Accepted {
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
