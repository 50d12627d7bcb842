package validate

import (
	"context"
	"fmt"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/scan"
)

// Learn makes the keys of an import file of another run, in the cognito dialect, keys
// that are taken: a row that has one of them is a duplicate of a user in the run called
// name, see ledger.Learn. Several files of one run are learnt one after another. except
// says which rows, from 0, are passed over; nil: none. The header of in must have been
// read, and v is made for its columns. It returns how many rows there are. A record that
// cannot be read is an error.
func Learn(ctx context.Context, l *ledger.Ledger, in *Input, v *judge.Validator, name string, workers int, except func(row int64) bool) (rows int64, err error) {
	x := &learner{Ledger: l, name: name, in: in, v: v, except: except}
	newBatch := func() *learnt {
		b := &learnt{values: make([]scan.Span, v.Columns()), dialect: in.splitter.Dialect()}
		b.facts.Seed = l.Seed()
		b.checker = v.NewChecker(false)
		return b
	}
	err = scan.Run(ctx, in.splitter, workers, newBatch, x.process, x.commit)
	return x.rows, err
}

// learner learns the keys of a file.
type learner struct {
	*ledger.Ledger
	name   string
	in     *Input
	v      *judge.Validator
	except func(row int64) bool
	rows   int64
}

// learnt are the keys of a block.
type learnt struct {
	index   scan.Index
	dialect scan.Dialect
	facts   ledger.Facts
	checker *judge.Checker
	values  []scan.Span
	rows    int
	bad     bool // a record cannot be read
}

func (l *learner) process(b *scan.Block, x *learnt) {
	b.Index(&x.index)
	c := x.checker
	x.facts.Begin()
	c.Begin(&x.facts)
	x.rows, x.bad = 0, false
	size := len(b.Data)
	for i := range x.index.Records {
		rec := &x.index.Records[i]
		if rec.Fault != scan.Sound || int(rec.N) != len(x.values) {
			x.bad = true
			return
		}
		buf := b.Data
		for f := range x.values {
			buf, x.values[f] = x.dialect.Decode(buf, x.index.Field(rec, f))
		}
		c.Record(i)
		c.AddKeys(buf, x.values)
		x.rows++
		b.Data = buf[:size]
	}
}

func (l *learner) commit(b *scan.Block, x *learnt) error {
	if x.bad {
		return fmt.Errorf("%s: line %d or one after it is no row of the file's header", l.in.Name, b.Pos.Line)
	}
	width := len(l.v.Keys())
	for i := range x.rows {
		if l.except != nil && l.except(l.rows+int64(i)) {
			continue
		}
		if err := l.Learn(l.name, x.facts.Keys[i*width:(i+1)*width]); err != nil {
			return err
		}
	}
	l.rows += int64(x.rows)
	return nil
}
