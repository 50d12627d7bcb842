package transform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/ledger"
	"poolprep/validate/scan"
)

// KnownRun is a complete run directory whose users count as taken.
type KnownRun struct {
	Dir      string // its path, and its name in findings
	Manifest *sink.Manifest
	// Except says which rows of a chunk, both from 0, do not count; nil: all of them do.
	Except func(chunk int, row int64) bool
}

// Learn makes the ledger know the names, and the addresses that the pool makes names, of
// all chunks of a run, see validate.Learn. rules are those of the rows that
// are converted now. A chunk that is not as convert wrote it is an error. It returns
// how many users there are.
func (k *KnownRun) Learn(ctx context.Context, l *ledger.Ledger, rules validate.Options, workers int) (users int64, err error) {
	for i := range k.Manifest.Chunks {
		n, err := k.learnChunk(ctx, i, l, rules, workers)
		if err != nil {
			return users, err
		}
		users += n
	}
	return users, nil
}

func (k *KnownRun) learnChunk(ctx context.Context, number int, l *ledger.Ledger, rules validate.Options, workers int) (users int64, err error) {
	chunk := &k.Manifest.Chunks[number]
	path := filepath.Join(k.Dir, chunk.File)
	text, err := chunk.Open(k.Dir)
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
	rules.Columns = validate.KnownColumns(rules, h.Names)
	v, err := validate.New(rules)
	if err != nil {
		return 0, err
	}
	var except func(row int64) bool
	if k.Except != nil {
		except = func(row int64) bool {
			if k.Except(number, row) {
				users--
				return true
			}
			return false
		}
	}
	rows, err := validate.Learn(ctx, l, in, v, k.Dir, workers, except)
	if err != nil {
		return 0, err
	}
	if rows != chunk.Rows || hex.EncodeToString(hash.Sum(nil)) != chunk.SHA256 {
		return 0, changed
	}
	return users + rows, nil
}
