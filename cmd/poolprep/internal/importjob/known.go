package importjob

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// What is known of the rows stands in results.jsonl, and nowhere else: the journal
// only says for which chunks it is meant, and how many rows of each kind it had, so
// that a file that was changed or cut is noticed.

// errOtherResults says that results.jsonl is not what the journal says.
var errOtherResults = errors.New("the results are not those that the journal noted")

// countResults counts what results.jsonl says of the chunks that have results.
func (d *RunDir) countResults(s *state) error {
	r, err := d.openResults()
	if err != nil {
		return err
	}
	defer r.close()
	for _, c := range s.chunks {
		if err := r.skipBefore(c.number, 0); err != nil {
			return err
		}
		rows := s.files[c.number-1].Rows
		if c.results == nil {
			if r.file != nil && !c.saving {
				counts, err := r.count(c.number, rows)
				if err != nil {
					return err
				}
				c.ahead = rows - counts.Imported
			}
			continue
		}
		if r.file == nil {
			// It is known all the same if no row had to stand there.
			if c.gone = c.results.Imported < rows; c.gone {
				c.results = &Counts{Unknown: rows}
			}
			continue
		}
		counts, err := r.count(c.number, rows)
		if err != nil {
			return err
		}
		if counts != *c.results && !c.saving {
			return fmt.Errorf("%s: %w for chunk %d (%s): it was changed, or cut off. Remove it: `poolprep import run` makes it again from the logs of its jobs, and what came from saved logs is to be reconciled again", r.path, errOtherResults, c.number, sink.JournalName)
		}
		c.results = &counts
	}
	return r.skipBefore(len(s.chunks)+1, 0)
}

// fresh is what new logs say of some chunks, by number.
type fresh struct {
	outcomes map[int]outcomes
	offsets  map[int]cognito.Offset // as in the journal
	by       string                 // "", or byHand
	replace  bool                   // nothing is kept of what was known of these chunks
}

// replaces reports whether nothing is kept of what was known of a chunk: if it was
// only assumed how its log counts, and now it is known that it counts otherwise,
// every row got the word that was meant for another one.
func (f *fresh) replaces(c *chunkState) bool {
	return f.replace || c.offset == cognito.OffsetAuto && f.offsets[c.number] == cognito.OffsetFirstUser
}

// decideOffset decides how a log counts of which resolve could only guess it, where known
// is what was found out about the chunk before. mark is what the journal says of it.
func decideOffset(counted cognito.Offset, guessed bool, known cognito.Offset) (offset, mark cognito.Offset) {
	switch {
	case !guessed:
		return counted, counted
	case known == cognito.OffsetHeader || known == cognito.OffsetFirstUser:
		return known, known
	}
	return cognito.OffsetHeader, cognito.OffsetAuto
}

// saveResults writes what new logs say into results.jsonl, together with what was
// known before. note writes into the journal and takes into account; saved is
// called when the file is written and the journal does not say so yet.
func (d *RunDir) saveResults(s *state, f fresh, note func(Entry) error, saved func()) error {
	by := make(map[int]string)
	for _, c := range s.chunks {
		if _, ok := f.outcomes[c.number]; ok {
			by[c.number] = f.by
		} else if c.gone {
			by[c.number] = ""
			if c.byHand {
				by[c.number] = byHand
			}
		}
	}
	chunks := slices.Sorted(maps.Keys(by))
	counts, err := d.writeResults(s, f, func() error {
		for _, number := range chunks {
			if err := note(Entry{Type: entryResults, Chunk: number, Manifest: d.Sum}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	saved()
	for _, number := range chunks {
		c := counts[number]
		if err := note(Entry{Type: entryReconciled, Chunk: number, Counts: &c, Manifest: d.Sum, Offset: f.offsets[number], By: by[number]}); err != nil {
			return err
		}
	}
	return nil
}

// later returns what is known of a row of which now says something and before was
// known. Without a new word the old one stands; and a row that is skipped because
// an earlier job imported it was imported.
func later(now, before cognito.Outcome) cognito.Outcome {
	if now.Status == cognito.RowUnknown || now.Status == cognito.RowSkipped && before.Status == cognito.RowImported {
		return before
	}
	return now
}

// earlier returns what was known of the rows of a chunk, which are asked for in
// order. old is results.jsonl as it was.
func (d *RunDir) earlier(c *chunkState, old *resultReader) func(row int64) (cognito.Outcome, error) {
	all := func(status cognito.RowStatus) func(int64) (cognito.Outcome, error) {
		return func(int64) (cognito.Outcome, error) { return cognito.Outcome{Status: status}, nil }
	}
	switch {
	case c.results == nil && c.ahead > 0: // of the others nothing is known
		return func(row int64) (cognito.Outcome, error) {
			known, err := old.at(c.number, row+2)
			if known.Status == cognito.RowImported {
				known.Status = cognito.RowUnknown
			}
			return known, err
		}
	case c.results == nil || c.gone:
		return all(cognito.RowUnknown)
	case old.file == nil:
		return all(cognito.RowImported)
	}
	return func(row int64) (cognito.Outcome, error) { return old.at(c.number, row+2) }
}
