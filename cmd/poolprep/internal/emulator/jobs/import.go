package jobs

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/logs"
	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/validate"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

// A transaction holds at most so many rows, and about so many bytes of records:
// enough to make its cost small, and little enough for the memory and for a job
// that is to stop.
const (
	maxBatchRows  = 20_000
	maxBatchBytes = 8 << 20
)

// importer makes users of the judged rows of a job. It is for one goroutine.
type importer struct {
	s     *Service
	ctx   context.Context
	pool  *pools.Pool
	id    string // of the job
	done  int64  // rows dealt with in earlier transactions
	size  int    // rows of a transaction
	paced time.Time

	layout  *layout
	dialect scan.Dialect
	rows    []row
	arena   []byte // keys and records of the rows
	subs    []byte // random bytes
	events  []byte // of the transaction
}

// row is a row that waits for its transaction. Positions are in the arena.
type row struct {
	line        int64
	text        string // why it failed, "" if it did not
	key, record scan.Span
	hash        scan.Span // of the password, empty if there is none or it is not kept
	aliases     []alias
}

func (s *Service) newImporter(ctx context.Context, pool *pools.Pool, j *job, l *layout) *importer {
	x := &importer{s: s, ctx: ctx, pool: pool, id: j.ID, done: j.Done, layout: l, size: maxBatchRows, paced: s.o.Now()}
	x.dialect, _ = scan.Dialect{Kind: scan.Cognito}.Resolve() // it has no options that contradict each other
	if n := s.o.UsersPerSecond; n > 0 {
		x.size = min(max(n/20, 1), maxBatchRows)
	}
	return x
}

// take collects the rows of a block and writes those that fill a transaction.
func (x *importer) take(b *validate.Batch) error {
	size := len(b.Block.Data)
	number := b.FirstNumber
	now := x.s.now()
	for i, verdict := range b.Verdicts {
		if !verdict.IsRow() {
			continue
		}
		if number++; number-1 <= x.done {
			continue // from before the server was started again
		}
		r := row{line: b.Line(i)}
		if verdict == ledger.Accepted {
			x.record(b, i, &r, now)
			b.Block.Data = b.Block.Data[:size]
			if r.key.Len() == 0 { // Options.Severity lets it through
				r.text = x.s.texts.own("row-internal-error")
			}
		} else {
			r.text = x.why(b.FindingsOf(i))
		}
		if r.text == "" && x.s.o.FailRow() {
			r.text = x.s.texts.own("row-internal-error")
		}
		x.rows = append(x.rows, r)
		if len(x.rows) >= x.size || len(x.arena) >= maxBatchBytes {
			if err := x.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// why returns the text of the first finding that rejects the row.
func (x *importer) why(findings []rule.Finding) string {
	for i := range findings {
		if findings[i].Severity == rule.Error {
			return x.s.texts.row(&findings[i])
		}
	}
	return x.s.texts.own("internal-error")
}

// record makes the user of record i of a batch.
func (x *importer) record(b *validate.Batch, i int, r *row, now time.Time) {
	block := b.Block
	for f := range x.layout.values {
		var value scan.Span
		block.Data, value = x.dialect.Decode(block.Data, b.Field(i, f))
		x.layout.values[f] = trim(value.Of(block.Data))
	}
	x.arena, r.key = appendSpan(x.arena, keyOf(x.pool.Schema, x.layout.username()))
	start := len(x.arena)
	x.arena = x.layout.appendRecord(x.arena, now, x.sub())
	r.record = scan.Span{Start: uint32(start), End: uint32(len(x.arena))}
	r.aliases = x.layout.aliases()
	if hash := x.layout.hash(); hash != nil && !x.s.o.ForgetHashes {
		x.arena, r.hash = appendSpan(x.arena, hash)
	}
}

// sub returns 16 random bytes.
func (x *importer) sub() []byte {
	if len(x.subs) == 0 {
		x.subs = make([]byte, 16*1024)
		_, _ = rand.Read(x.subs) // it never fails
	}
	sub := x.subs[:16]
	x.subs = x.subs[16:]
	return sub
}

func appendSpan(dst, v []byte) ([]byte, scan.Span) {
	start := uint32(len(dst))
	dst = append(dst, v...)
	return dst, scan.Span{Start: start, End: uint32(len(dst))}
}

// flush writes the collected rows: users, log events and the job's progress in
// one transaction.
func (x *importer) flush() error {
	if len(x.rows) == 0 {
		return nil
	}
	if err := x.s.o.Store.Update(x.write); err != nil {
		return err
	}
	n := len(x.rows)
	x.done += int64(n)
	x.rows, x.arena, x.events = x.rows[:0], x.arena[:0], x.events[:0]
	return x.pace(n)
}

func (x *importer) write(tx *bbolt.Tx) error {
	j, err := getJob(tx, x.id)
	if err != nil {
		return err
	}
	if j.Status == statusStopping {
		return errStopped
	}
	users, err := store.In(tx, store.Users, j.Pool)
	if err != nil {
		return err
	}
	aliases, err := store.In(tx, store.Aliases, j.Pool)
	if err != nil {
		return err
	}
	hashes, err := store.In(tx, store.ImportedHashes, j.Pool)
	if err != nil {
		return err
	}
	log, err := logs.Open(tx, j.ID)
	if err != nil {
		return err
	}
	now, before := x.s.now().UnixMilli(), j.Imported
	x.events = x.events[:0]
	for i := range x.rows {
		r := &x.rows[i]
		line, err := x.writeRow(j, r, users, aliases, hashes)
		if err != nil {
			return err
		}
		start := len(x.events)
		x.events = j.AppendValue(x.events, now, line)
		if err := j.Put(log, x.events[start:]); err != nil {
			return err
		}
	}
	j.Done += int64(len(x.rows))
	if err := store.AddUserCount(tx, j.Pool, j.Imported-before); err != nil {
		return err
	}
	return putJob(tx, j)
}

// writeRow makes the user of a row, if it can be, counts it and returns its
// line of the log.
func (x *importer) writeRow(j *job, r *row, users, aliases, hashes *bbolt.Bucket) (string, error) {
	text := r.text
	key := r.key.Of(x.arena)
	if text == "" && users.Get(key) != nil {
		j.Skipped++
		return logLine("SKIPPED", r.line, rowSkipped), nil
	}
	for _, a := range r.aliases {
		if text == "" && aliases.Get(a.key) != nil {
			text = x.s.texts.own(a.code)
		}
	}
	if text != "" {
		j.Failed++
		return logLine("FAILED", r.line, text), nil
	}
	if err := users.Put(key, r.record.Of(x.arena)); err != nil {
		return "", err
	}
	if hash := r.hash.Of(x.arena); len(hash) > 0 {
		if err := hashes.Put(key, hash); err != nil {
			return "", err
		}
	}
	for _, a := range r.aliases {
		if err := aliases.Put(a.key, key); err != nil {
			return "", err
		}
	}
	j.Imported++
	return logLine("SUCCEEDED", r.line, rowSucceeded), nil
}

// logLine returns the line of the log about a row. The header is line 1.
func logLine(result string, line int64, text string) string {
	return fmt.Sprintf("[%s] Line Number %d - %s", result, line, text)
}

// pace waits as long as so many rows shall take.
func (x *importer) pace(rows int) error {
	if x.s.o.UsersPerSecond == 0 {
		return nil
	}
	due := x.paced.Add(time.Duration(rows) * time.Second / time.Duration(x.s.o.UsersPerSecond))
	now := x.s.o.Now()
	if wait := due.Sub(now); wait > 0 {
		err := x.s.Pause(x.ctx, wait)
		x.paced = due
		if now = x.s.o.Now(); now.Before(due) {
			x.paced = now // the clock of a test may stand still
		}
		return err
	}
	x.paced = now // what took too long is not made up for
	return nil
}
