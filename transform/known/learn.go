package known

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/scan"
	"poolprep/validate/source"
)

// Learning is what is learnt of a run.
type Learning struct {
	Run    *Run
	Users  int64 // whose names count as taken
	Failed int64 // rows that do not count, see Run.WithoutFailed
}

// Learn makes the ledger know the names, and the addresses that the pool makes names, of
// all chunks of the runs, see validate.Learn. rules are those of the rows that
// are converted now. A chunk that is not as convert wrote it is an error. told is
// called for each run that was learnt; nil: nobody.
func (k *Runs) Learn(ctx context.Context, into *ledger.Ledger, rules judge.Options, workers int, told func(Learning)) error {
	if len(k.runs) == 0 || rules.NoDuplicates {
		return nil
	}
	into.Know(len(k.runs))
	for _, run := range k.runs {
		learning := Learning{Run: run}
		l := learner{run: run, into: into, rules: rules, workers: workers}
		if run.WithoutFailed {
			var err error
			if l.failed, err = k.failedRows(run); err != nil {
				return err
			}
			learning.Failed = l.failed.Len()
		}
		var err error
		learning.Users, err = source.Await(ctx, func() (int64, error) { return l.learn(ctx) })
		if err != nil {
			return err
		}
		if told != nil {
			told(learning)
		}
	}
	return nil
}

// failedRows returns the rows that the import of a run failed.
func (k *Runs) failedRows(run *Run) (FailedRows, error) {
	if k.failed == nil {
		return nil, fmt.Errorf("known: %s is known without the rows that failed, and nothing says which ones did", run.Path)
	}
	return k.failed(run)
}

// learner learns the users of a run.
type learner struct {
	run     *Run
	into    *ledger.Ledger
	rules   judge.Options
	workers int
	failed  FailedRows // nil: all rows count
}

// learn returns how many users there are.
func (l *learner) learn(ctx context.Context) (users int64, err error) {
	for i := range l.run.Manifest.Chunks {
		n, err := l.chunk(ctx, i)
		if err != nil {
			return users, err
		}
		users += n
	}
	return users, nil
}

func (l *learner) chunk(ctx context.Context, number int) (users int64, err error) {
	chunk := &l.run.Manifest.Chunks[number]
	path := filepath.Join(l.run.Path, chunk.File)
	text, err := chunk.Open(l.run.Path)
	if err != nil {
		return 0, err
	}
	defer text.Close()
	hash := sha256.New()
	changed := fmt.Errorf("%s was changed since convert wrote it, so the users of that run are not known", path)
	in, err := validate.NewInput(path, io.TeeReader(text, hash), scan.Pos{Line: 1}, scan.Dialect{Kind: scan.Cognito}, 0)
	if err != nil {
		return 0, err
	}
	h, err := in.ReadHeader()
	if err != nil {
		return 0, errors.Join(changed, err)
	}
	rules := l.rules
	rules.Columns = judge.KnownColumns(rules, h.Names)
	v, err := judge.New(rules)
	if err != nil {
		return 0, err
	}
	var except func(row int64) bool
	if l.failed != nil {
		except = func(row int64) bool {
			if l.failed.Has(number, row) {
				users--
				return true
			}
			return false
		}
	}
	rows, err := validate.Learn(ctx, l.into, in, v, l.run.Path, l.workers, except)
	if err != nil {
		return 0, err
	}
	if rows != chunk.Rows || hex.EncodeToString(hash.Sum(nil)) != chunk.SHA256 {
		return 0, changed
	}
	return users + rows, nil
}
