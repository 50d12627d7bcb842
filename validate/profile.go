package validate

import (
	"slices"

	"poolprep/validate/judge"
	"poolprep/validate/profile"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

// NewProfiler returns a Profiler for the columns of the pool by which rows are judged.
func NewProfiler(o *judge.Options) *profile.Profiler {
	pool := o.Pool
	if pool == nil {
		pool = schema.Default()
	}
	return profile.New(profile.Columns(pool, judge.TargetColumns(pool, o.PasswordHash)), profile.Limits{})
}

// profiling hands the values of a worker's records to its collector, as they were judged.
type profiling struct {
	*profile.Collector
	profiler *profile.Profiler
	places   []int         // in the profile, by column of the validator; -1: not there
	unjudged []int32       // records whose values were not judged
	rows     []int32       // records that were judged by themselves
	values   []scan.Span   // theirs, row by row
	spans    [][]scan.Span // scratch, by column
}

func (r *runner) newProfiling() *profiling {
	v := r.Validator
	p := &profiling{Collector: r.Profile.NewCollector(), profiler: r.Profile, spans: make([][]scan.Span, v.Columns())}
	for i := range v.Columns() {
		p.places = append(p.places, r.Profile.Place(v.ColumnName(i)))
	}
	return p
}

// begin forgets the block before.
func (p *profiling) begin() {
	p.unjudged, p.rows, p.values = p.unjudged[:0], p.rows[:0], p.values[:0]
}

// row takes a record that was looked at by itself, and its values if they were judged.
func (p *profiling) row(record int, judged bool, values []scan.Span) {
	if !judged {
		p.unjudged = append(p.unjudged, int32(record))
		return
	}
	p.rows, p.values = append(p.rows, int32(record)), append(p.values, values...)
}

// profileBlock collects what the values of the block are like.
func (w *worker) profileBlock() {
	p, records := w.profiling, len(w.Records)
	p.Begin(records, p.unjudged, w.Block.Data[:cap(w.Block.Data)])
	for column, place := range p.places {
		if place < 0 {
			continue
		}
		var values []scan.Span
		if w.byColumn {
			values = w.fast.Columns().All(column)
		}
		if len(p.rows) > 0 {
			values = p.withRows(column, records, values)
		}
		p.Column(place, values)
	}
	p.Collect()
}

// withRows returns the values of a column with those of the records that were judged by
// themselves.
func (p *profiling) withRows(column, records int, values []scan.Span) []scan.Span {
	all := slices.Grow(p.spans[column][:0], records)[:records]
	p.spans[column] = all
	if n := copy(all, values); n < records {
		clear(all[n:])
	}
	for i, record := range p.rows {
		all[record] = p.values[i*len(p.spans)+column]
	}
	return all
}

// take hands on the block, of which the ledger has said which records count. Findings that are
// late count for nothing; nil: all count.
func (p *profiling) take(b *Batch, late func(rule.Code) bool) {
	p.Cut(len(b.Verdicts))
	for i := range b.Findings {
		f := &b.Findings[i]
		if f.Severity != rule.Error || f.Column == "" || late != nil && late(f.Code) {
			continue
		}
		if place := p.profiler.Place(f.Column); place >= 0 {
			p.Reject(place, b.RecordOf(i))
		}
	}
	p.profiler.Take(p.Collector)
}
