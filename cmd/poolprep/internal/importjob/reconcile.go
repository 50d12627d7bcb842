package importjob

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// SavedLog is a file with the log of a chunk's job, or a part of it.
type SavedLog struct {
	Chunk int // from 1
	Path  string
}

// ParseSavedLog reads the value of --log, [N=]FILE. chunk is meant if no number is
// there; 0: the only one of the run.
func (d *RunDir) ParseSavedLog(text string, chunk int) (SavedLog, error) {
	l := SavedLog{chunk, text}
	if number, path, ok := strings.Cut(text, "="); ok {
		if n, err := strconv.Atoi(number); err == nil {
			l = SavedLog{n, path}
		}
	}
	chunks := len(d.Manifest.Chunks)
	if l.Chunk == 0 && chunks == 1 {
		l.Chunk = 1
	}
	switch {
	case chunks == 0:
		return l, errors.New(d.NothingToImport())
	case l.Path == "":
		return l, fmt.Errorf("--log %q: a file is expected, or N=FILE for chunk N", text)
	case l.Chunk == 0:
		return l, fmt.Errorf("%s has %d chunks: say which one %s is about, with --log N=%s or --chunk N", d.Path, chunks, text, text)
	case l.Chunk < 1 || l.Chunk > chunks:
		return l, fmt.Errorf("%s has no chunk %d; its chunks are 1 to %d", d.Path, l.Chunk, chunks)
	}
	return l, nil
}

// Outcome is what came of an import, or of a part of it.
type Outcome struct {
	Chunks []ChunkOutcome
	Active string // ID of the job that may be running, ""
	Retry  int    // records in retry.csv
	Why    error  // retry.csv holds rows of the chunks instead of source records; nil: it does not
}

// ChunkOutcome is what came of a chunk.
type ChunkOutcome struct {
	Number int
	Rows   int64
	Counts Counts
	Status string // of the job, or another word for where the chunk is
	Job    string // its ID, "" if there is none
}

// Total returns the sum over the chunks.
func (o *Outcome) Total() (c Counts) {
	for i := range o.Chunks {
		c.Add(o.Chunks[i].Counts)
	}
	return c
}

// Reconcile brings the lines of saved logs back to the source rows: it writes
// results.jsonl, in which other chunks keep their results, and retry.csv. After an
// error neither has changed. Several logs of one chunk are taken together, in any
// order; if they contradict each other, failed wins over imported, and that over
// skipped, so that no user who may be missing is lost sight of.
func (d *RunDir) Reconcile(ctx context.Context, logs []SavedLog, offset Offset, sources []string, clock Clock, o Observer) (*Outcome, error) {
	release, err := lock(d.Path)
	if err != nil {
		return nil, err
	}
	defer release()
	if _, err := d.readState(); err != nil {
		return nil, err
	}
	fresh := make(map[int]outcomes)
	out := &Outcome{}
	for number := 1; number <= len(d.Manifest.Chunks); number++ {
		var paths []string
		for _, l := range logs {
			if l.Chunk == number {
				paths = append(paths, l.Path)
			}
		}
		if len(paths) == 0 {
			continue
		}
		found, err := d.savedOutcomes(ctx, number, paths, offset, o)
		if err != nil {
			return nil, err
		}
		rows := d.Manifest.Chunks[number-1].Rows
		fresh[number] = found
		out.Chunks = append(out.Chunks, ChunkOutcome{Number: number, Rows: rows, Counts: found.count(rows), Status: "reconciled"})
	}
	if err := d.writeResults(fresh); err != nil {
		return nil, err
	}
	if out.Retry, out.Why, err = d.writeRetry(ctx, sources); err != nil {
		return nil, err
	}
	return out, d.noteByHand(out, clock)
}

// savedOutcomes reads all logs of a chunk.
func (d *RunDir) savedOutcomes(ctx context.Context, number int, paths []string, offset Offset, o Observer) (outcomes, error) {
	chunk := &d.Manifest.Chunks[number-1]
	if err := chunk.Verify(d.Path); err != nil {
		return nil, err
	}
	log := newRowLog(chunk.Rows)
	for i, path := range paths {
		if slices.Contains(paths[:i], path) {
			continue
		}
		if err := readSavedLog(ctx, path, log); err != nil {
			return nil, err
		}
	}
	counted, guessed, err := log.resolve(offset)
	if err != nil {
		return nil, err
	}
	if guessed {
		notef(o, "%s: this part of a log does not tell how lines are counted; the header is taken for line 1. If the first user is, say --line-offset first-user.", strings.Join(paths, ", "))
	}
	detailf(o, "%s: %d lines about rows, %d others, counted from %s", chunk.File, log.lines, log.others, counted)
	return func(row int64) outcome { return log.at(row, counted) }, nil
}

// noteByHand puts into the journal which chunks have results now. They do not keep
// an import from being run: only a job of the service does.
func (d *RunDir) noteByHand(out *Outcome, clock Clock) (err error) {
	j, _, err := openJournal(d.Path, clock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	for i := range out.Chunks {
		c := &out.Chunks[i]
		if err := j.append(Entry{Type: entryReconciled, Chunk: c.Number, Counts: &c.Counts, Manifest: d.Sum, By: byHand}); err != nil {
			return err
		}
	}
	return nil
}
