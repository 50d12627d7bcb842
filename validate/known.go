package validate

import (
	"context"
	"errors"
	"fmt"

	"poolprep/validate/keyset"
	"poolprep/validate/scan"
)

// known are the keys that another run has already.
type known struct {
	keyset.Set
	name string
}

// Know says that the keys of n other runs will be learnt. The budget is shared
// evenly. It comes before the first key.
func (c *Claims) Know(n int) {
	budget := c.Budget
	if budget == 0 {
		budget = keyset.DefaultBudget
	}
	c.Budget = budget / int64(n+1)
}

// Learn takes the keys of an import file of another run, in the cognito dialect, as
// keys that are taken: a row that has one of them is a duplicate of a user in the run
// called name. Several files of one run are learnt one after another. except says
// which rows, from 0, are passed over; nil: none. The header of in must have been
// read, and v is made for its columns. It returns how many rows there are. A record
// that cannot be read is an error.
func (c *Claims) Learn(ctx context.Context, in *Input, v *Validator, name string, workers int, except func(row int64) bool) (rows int64, err error) {
	if len(c.known) == 0 || c.known[len(c.known)-1].name != name {
		c.known = append(c.known, &known{name: name})
		c.known[len(c.known)-1].Budget, c.known[len(c.known)-1].Dir = c.Budget, c.Dir
	}
	l := &learner{Claims: c, into: c.known[len(c.known)-1], in: in, v: v, except: except}
	newBatch := func() *learnt {
		return &learnt{checker: v.newChecker(c.seeds), values: make([]scan.Span, len(v.columns)), dialect: in.splitter.Dialect()}
	}
	err = scan.Run(ctx, in.splitter, workers, newBatch, l.process, l.commit)
	return l.rows, err
}

// learner learns the keys of a file.
type learner struct {
	*Claims
	into   *known
	in     *Input
	v      *Validator
	except func(row int64) bool
	rows   int64
}

// learnt are the keys of a block.
type learnt struct {
	index   scan.Index
	dialect scan.Dialect
	checker *Checker
	values  []scan.Span
	rows    int
	bad     bool // a record cannot be read
}

func (l *learner) process(b *scan.Block, x *learnt) {
	b.Index(&x.index)
	c := x.checker
	c.Begin()
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
		c.record, c.buf, c.values = int32(i), buf, x.values
		c.addKeys()
		x.rows++
		b.Data = buf[:size]
	}
}

func (l *learner) commit(b *scan.Block, x *learnt) error {
	if x.bad {
		return fmt.Errorf("%s: line %d or one after it is no row of the file's header", l.in.Name, b.Pos.Line)
	}
	keys, width := x.checker.keys, len(l.v.keys)
	for i := range x.rows {
		if l.except != nil && l.except(l.rows+int64(i)) {
			continue
		}
		for _, key := range keys[i*width : (i+1)*width] {
			if key == (keyset.Key{}) {
				continue
			}
			there, err := l.into.Has(key)
			if err == nil && !there {
				err = l.into.Add(key)
			}
			if err != nil {
				return err
			}
		}
	}
	l.rows += int64(x.rows)
	return nil
}

// AddNew is that of keyset.Set: keys that another run has are not plainly new.
func (c *Claims) AddNew(keys []keyset.Key, row int) int {
	for _, k := range c.known {
		for i, key := range keys {
			if key == (keyset.Key{}) {
				continue
			}
			if there, err := k.Has(key); there || err != nil {
				keys = keys[:i-i%row]
				break
			}
		}
	}
	return c.Set.AddNew(keys, row)
}

// holder says who has a key: an earlier row at a place, or a user of another run.
type holder struct {
	place uint32 // 0: not known, or in another run
	run   string // "": an earlier row
}

// takenBy returns who has a key, if anybody has.
func (c *Claims) takenBy(key keyset.Key) (by holder, taken bool, err error) {
	for _, k := range c.known {
		if taken, err = k.Has(key); taken || err != nil {
			return holder{run: k.name}, taken, err
		}
	}
	by.place, taken, err = c.Find(key)
	return by, taken, err
}

// closeKnown lets go of memory and files of the other runs.
func (c *Claims) closeKnown() error {
	var errs []error
	for _, k := range c.known {
		errs = append(errs, k.Close())
	}
	c.known = nil
	return errors.Join(errs...)
}

// HasKeys reports whether rows have keys that only one of them may have: the
// duplicate check is on, and a column has them.
func (v *Validator) HasKeys() bool { return len(v.keys) > 0 }
