package importjob

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"

	"poolprep/cmd/poolprep/internal/cognito"
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

// ReconcileOptions say how saved logs are brought back to the source rows.
type ReconcileOptions struct {
	Logs       []SavedLog
	LineOffset cognito.Offset // "": OffsetAuto
	Sources    []string       // where to look for the sources before where the manifest says
	Replace    bool           // what was known of these chunks before is not kept
	Clock      cognito.Clock  // nil: SystemClock
	Observer   Observer
}

// Reconcile brings the lines of saved logs back to the source rows: it writes
// results.jsonl and the file for retries. Rows that the logs do not mention keep what was known
// of them, and so do other chunks. An error in the logs changes nothing. Several
// logs of one chunk are taken together, in any order; if they contradict each other,
// failed wins over imported, and that over skipped, so that no user who may be
// missing is lost sight of. What came of the chunks with logs is returned.
func (d *RunDir) Reconcile(ctx context.Context, o ReconcileOptions) (*Summary, error) {
	if o.LineOffset == "" {
		o.LineOffset = cognito.OffsetAuto
	}
	if o.Clock == nil {
		o.Clock = cognito.SystemClock{}
	}
	release, err := lock(d.Path)
	if err != nil {
		return nil, err
	}
	defer release()
	s, err := d.readState()
	if err != nil {
		return nil, err
	}
	news := fresh{outcomes: make(map[int]outcomes), offsets: make(map[int]cognito.Offset), by: byHand, replace: o.Replace}
	for _, c := range s.chunks {
		var paths []string
		for _, l := range o.Logs {
			if l.Chunk == c.number {
				paths = append(paths, l.Path)
			}
		}
		if len(paths) == 0 {
			continue
		}
		if news.outcomes[c.number], news.offsets[c.number], err = d.savedOutcomes(ctx, c, paths, &o); err != nil {
			return nil, err
		}
	}
	return d.saveByHand(ctx, s, news, o)
}

// saveByHand writes results and the file for retries, and says so in the journal.
func (d *RunDir) saveByHand(ctx context.Context, s *state, news fresh, o ReconcileOptions) (out *Summary, err error) {
	j, _, err := openJournal(d.Path, o.Clock)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	note := func(e Entry) error {
		if err := j.append(e); err != nil {
			return err
		}
		return s.apply(&e)
	}
	if err := d.saveResults(s, news, note, func() {}); err != nil {
		return nil, err
	}
	out = &Summary{}
	for i, c := range s.chunks {
		if _, ok := news.outcomes[c.number]; ok {
			out.Chunks = append(out.Chunks, ChunkSummary{Number: c.number, Rows: s.files[i].Rows, Counts: *c.results, Status: "reconciled"})
		}
	}
	if out.Retry, out.Why, err = d.writeRetry(ctx, o.Sources); err != nil {
		return nil, err
	}
	if s.allDone() {
		err = note(finishedEntry(out))
	}
	return out, err
}

// savedOutcomes reads all logs of a chunk. mark is what the journal says of how lines
// are counted.
func (d *RunDir) savedOutcomes(ctx context.Context, c *chunkState, paths []string, o *ReconcileOptions) (found outcomes, mark cognito.Offset, err error) {
	chunk := &d.Manifest.Chunks[c.number-1]
	if err := chunk.Verify(d.Path); err != nil {
		return nil, "", err
	}
	log := cognito.NewRowLog(chunk.Rows)
	for i, path := range paths {
		if slices.Contains(paths[:i], path) {
			continue
		}
		if err := cognito.ReadSavedLog(ctx, path, log); err != nil {
			return nil, "", err
		}
	}
	counted, guessed, err := log.Resolve(o.LineOffset)
	if err != nil {
		return nil, "", err
	}
	known := c.offset
	if o.Replace {
		known = ""
	}
	counted, mark = decideOffset(counted, guessed, known)
	if mark == cognito.OffsetAuto {
		notef(o.Observer, "%s: this part of a log does not tell how lines are counted; the header is taken for line 1. If the first user is, say --line-offset first-user.", strings.Join(paths, ", "))
	}
	detailf(o.Observer, "%s: %s about rows, %s, counted from %s", chunk.File, english.Plural(int(log.Lines()), "line", ""), english.Plural(int(log.Others()), "other", ""), counted)
	return func(row int64) cognito.Outcome { return log.At(row, counted) }, mark, nil
}
