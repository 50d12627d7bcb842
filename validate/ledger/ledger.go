package ledger

import (
	"errors"

	"poolprep/validate/keyset"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// ErrLimit says that the rows of Input.Limit have been taken.
var ErrLimit = errors.New("limit of rows reached")

// ErrStopped says that Input.Stop has ended the run.
var ErrStopped = errors.New("stopped after too many rejected rows")

// ErrHeaderAgain says that the record after those that were taken names the columns of
// the header in another order, so it and what follows is not to be read by it.
var ErrHeaderAgain = errors.New("the header again, with the columns in another order")

// Options say how a Ledger remembers. The zero value is right.
type Options struct {
	// Budget is the memory in bytes for keys; 0: keyset.DefaultBudget. Beside it an
	// eighth of it at most goes into usernames that differ from their common form, if
	// there are any.
	Budget int64
	Dir    string      // where files are made when it is spent; "": that for temporary files
	Seed   keyset.Seed // of the fingerprints; the zero Seed: a random one
	// Contested are the keys that Facts.EachKey names at least twice in the whole run, and
	// perhaps others; nil: not known. Only these are remembered, since who has another key
	// has it alone. The outcome is the same. New makes the Set the Ledger's, which closes it.
	Contested *keyset.Set
}

// Ledger takes the Facts of a run, which may have several inputs. It is for one
// goroutine at a time, and to be closed.
type Ledger struct {
	seed    keyset.Seed
	keys    keyset.Set  // of the accepted rows, with their places
	changed keyset.Set  // common forms of usernames that differ from them
	known   []*known    // other runs, whose keys are taken, too
	among   *keyset.Set // that are remembered; nil: all keys are
	inputs  []span
	last    int64               // the highest place of a row that was taken
	hash    value.HashAlgorithm // of the first password hash
	in      input
}

// New returns a Ledger without rows.
func New(o Options) *Ledger {
	if o.Seed == (keyset.Seed{}) {
		o.Seed = keyset.NewSeed()
	}
	return &Ledger{seed: o.Seed, keys: keyset.Set{Budget: o.Budget, Dir: o.Dir}, among: o.Contested}
}

// Seed returns that of the fingerprints which the Ledger compares.
func (l *Ledger) Seed() keyset.Seed { return l.seed }

// Spilled returns how many keys are in files, and how many common forms.
func (l *Ledger) Spilled() (keys, common int64) { return l.keys.Spilled(), l.changed.Spilled() }

// Input says what counts in the rows of an input. The zero value takes them as they are.
type Input struct {
	Name  string
	Size  int64 // bytes of text, about; 0: unknown
	Limit int64 // rows to take; 0: all
	// Stop is asked whether to end the run, with the totals of all its inputs: after each
	// row that was rejected, and after the one with which StopFrom rows were accepted or
	// rejected. nil: nothing ends it.
	Stop     func(accepted, rejected int64) bool `json:"-"`
	StopFrom int64                               `json:"-"`
	// Keys are the columns whose values must be unique among rows, as Facts have them.
	Keys []Column
	// Twins says that the first of Keys is the username, and that names which look
	// alike are looked for, see Twin.
	Twins   bool
	OneHash bool   // all rows of the run must have password hashes of one algorithm
	Hash    Column // that of the hashes
	MaxRows int64  // more rows are a finding about the file; 0: they are none
	NoCRLF  bool   // CR LF at the end of a record is a finding about the file
	// Severity returns the level of a finding; nil: the usual one.
	Severity func(rule.Code) rule.Severity `json:"-"`
	// RowByRow takes each row by itself, which is slower and the same: for tests.
	RowByRow bool
}

// Column is what findings about a column say.
type Column struct {
	Code   rule.Code // of a duplicate in it
	Name   string
	Source string // what the column comes from is called, "" if the same
}

// input is the state of the input at hand.
type input struct {
	Input
	sum      *rule.Summary
	base     int64 // of the places of its keys
	rows     int64
	ended    error // why nothing more is taken; nil: more is
	rest     bool  // the rest of an overlong line is, whose record was taken
	saidCRLF bool
	saidRows bool
	strays   map[keyset.Key]bool // names that were reported
}

// maxStrays is how many names are reported of an input.
const maxStrays = 1 << 14

// Begin says that the Facts to come are those of another input, whose counts are added to
// sum. It returns the base for Facts.Complete.
func (l *Ledger) Begin(in Input, sum *rule.Summary) (base int64) {
	if in.Severity == nil {
		in.Severity = func(c rule.Code) rule.Severity { return c.Info().Severity() }
	}
	in.Twins = in.Twins && len(in.Keys) > 0
	l.in = input{Input: in, sum: sum, base: l.last}
	l.inputs = append(l.inputs, span{in.Name, l.last})
	return l.last
}

// Take settles the Facts of the next block: which records are still within the limit,
// verdicts, numbers, findings, of Strays those that are new; and it counts them. end says
// why no more Facts follow: ErrLimit, ErrStopped or ErrHeaderAgain; nil: there may be more.
// An error is ErrLimit or ErrStopped, for Facts after the end, or comes from the files of
// keys or Facts that do not fit; then nothing is to be made of these Facts.
func (l *Ledger) Take(f *Facts) (end, err error) {
	in := &l.in
	if err := l.refuse(f); err != nil {
		return nil, err
	}
	if in.ended != nil && !(in.rest && f.Continued) {
		return nil, in.ended
	}
	if !f.complete || f.base != in.base {
		f.Complete(in.base)
	}
	f.taken = true
	records, over := l.atLimit(f)
	again := f.HeaderAgain >= 0 && f.HeaderAgain < records
	if again {
		records = f.HeaderAgain
	}
	whole := records == len(f.Verdicts)
	if !whole {
		f.cut(records)
	}
	before := in.rows
	f.FirstNumber = before + 1
	stopped := false
	if in.MaxRows > 0 || in.NoCRLF || in.OneHash && len(f.Hashes) > 0 || len(in.Keys) > 0 || in.Stop != nil {
		taken, err := l.takeRows(f)
		if err != nil {
			return nil, err
		}
		if stopped = taken >= 0; stopped && taken < len(f.Verdicts) {
			whole, again = false, false
			f.cut(taken)
		}
	} else {
		in.rows += f.counts.RowsRead
	}
	l.settle(f, before)
	l.newStrays(f)
	f.merge()
	l.count(f)
	if n := len(f.Verdicts); n > 0 {
		l.last = in.base + f.Line(n-1)
	}
	switch {
	case stopped:
		in.ended = ErrStopped
	case again || over:
		in.ended = ErrLimit
	}
	switch in.rest = whole && f.Unfinished; {
	case again:
		return ErrHeaderAgain, nil
	case in.rest: // it belongs to its record
		return nil, nil
	}
	return in.ended, nil
}

// FactsError says that Facts are not those of a block of the input.
type FactsError struct{ What string }

func (e *FactsError) Error() string { return "ledger: the facts " + e.What }

// refuse returns an error for Facts that cannot be taken.
func (l *Ledger) refuse(f *Facts) error {
	n := len(f.Verdicts)
	switch {
	case l.in.sum == nil:
		return errors.New("ledger: facts before the begin of an input")
	case f.taken:
		return errors.New("ledger: these facts were taken before")
	case f.Width != len(l.in.Keys) || len(l.in.Keys) > MaxKeys:
		return &FactsError{"have other keys than the input"}
	case len(f.Keys) != n*f.Width || len(f.LineOf) != 0 && len(f.LineOf) != n || f.Text == nil && n > 0:
		return &FactsError{"are not complete"}
	case !within(f.of, n) || !within(f.Padded, n) || !within(f.MultiLine, n):
		return &FactsError{"are about records that they do not have"}
	case f.Seed != l.seed && len(f.Keys)+len(f.Strays)+len(f.Twins) > 0:
		return &FactsError{"have fingerprints of another run: give its Ledger their Seed"}
	}
	return nil
}

// within reports whether a list, in order, is about the first records only.
func within(list []int32, records int) bool {
	return len(list) == 0 || list[0] >= 0 && int(list[len(list)-1]) < records
}

// atLimit returns how many records are within the limit, and whether it is reached.
func (l *Ledger) atLimit(f *Facts) (records int, over bool) {
	if l.in.Limit <= 0 || l.in.rows+f.counts.RowsRead < l.in.Limit {
		return len(f.Verdicts), false
	}
	left := l.in.Limit - l.in.rows
	for i, v := range f.Verdicts {
		if v.IsRow() {
			left--
		}
		if left == 0 {
			return i + 1, true
		}
	}
	return len(f.Verdicts), true
}

// settle makes the findings of the worker those of the input, of which so many rows came before.
func (l *Ledger) settle(f *Facts, rows int64) {
	for i := range f.Findings {
		x := &f.Findings[i]
		x.File, x.Pos = l.in.Name, f.absolute(x.Pos)
		if x.Record > 0 {
			x.Record += rows
		}
	}
}

// absolute returns a position in the input.
func (f *Facts) absolute(p scan.Pos) scan.Pos {
	return scan.Pos{Offset: f.Pos.Offset + p.Offset, Line: f.Pos.Line + p.Line, Column: p.Column}
}

// newStrays keeps of the strays those whose names were not reported before, and counts them.
func (l *Ledger) newStrays(f *Facts) {
	kept := f.Strays[:0]
	for _, s := range f.Strays {
		if l.in.strays[s.Name] || len(l.in.strays) == maxStrays {
			continue
		}
		if l.in.strays == nil {
			l.in.strays = make(map[keyset.Key]bool)
		}
		l.in.strays[s.Name] = true
		s.Finding.File, s.Finding.Pos = l.in.Name, f.absolute(s.Finding.Pos)
		l.in.sum.Count(s.Finding.Code, s.Finding.Severity, false)
		kept = append(kept, s)
	}
	f.Strays = kept
}

// count adds what was read. What takeRows changed and found it has counted.
func (l *Ledger) count(f *Facts) {
	sum := l.in.sum
	sum.Add(&f.counts)
	sum.Bytes += f.Bytes
	sum.Lines += f.Lines
	for _, i := range f.Padded {
		if f.Verdicts[i] == Accepted {
			sum.RowsPadded++
		}
	}
	for _, i := range f.MultiLine {
		if f.Verdicts[i] == Accepted {
			sum.RowsOfLines++
		}
	}
}
