package importjob

import (
	"errors"
	"fmt"

	"poolprep/transform/sink"
)

// attempt is a job for a chunk, as the journal knows it.
type attempt struct {
	number    int
	name      string
	job       string // ID; "": not known, it may exist all the same
	uploaded  bool
	mayRun    bool // a start was sent that may have been carried out
	mayRanPre bool // mayRun before the last start, which a refusal brings back
	waiting   bool // its start was refused just now since another job is active; not in the journal
	abandoned bool // it never ran
	ended     *Entry
}

// chunkState is what the journal knows about a chunk.
type chunkState struct {
	number     int // from 1
	attempts   []*attempt
	reconciled *Counts // by the driver
	hand       *Counts // by `poolprep reconcile`
}

// state is what the journal says as a whole.
type state struct {
	run      *Entry
	chunks   []*chunkState
	finished bool // retry.csv belongs to the results
}

// newState reads the entries of a journal for the chunks of a manifest.
func newState(path string, entries []Entry, chunks int) (*state, error) {
	s := &state{}
	for i := range chunks {
		s.chunks = append(s.chunks, &chunkState{number: i + 1})
	}
	for i := range entries {
		if err := s.apply(&entries[i]); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	return s, nil
}

// readState reads the journal of the run directory. Without one nothing was done yet.
func (d *RunDir) readState() (*state, error) {
	entries, err := readJournal(d.Path)
	if err != nil {
		return nil, err
	}
	s, err := newState(d.file(sink.JournalName), entries, len(d.Manifest.Chunks))
	if err != nil {
		return nil, err
	}
	for i := range entries {
		if sum := entries[i].Manifest; sum != "" && sum != d.Sum {
			return nil, fmt.Errorf("%s:%d: the journal belongs to another %s: the directory was converted again, or mixed from two. Convert into a new directory, and import that", d.file(sink.JournalName), i+1, sink.ManifestName)
		}
	}
	return s, nil
}

// apply takes an entry into account.
func (s *state) apply(e *Entry) error {
	switch e.Type {
	case entryRun:
		if s.run != nil {
			return errors.New("a second run; the journal was put together from two")
		}
		s.run = e
		return nil
	case entryFinished:
		s.finished = true
		return nil
	}
	if e.Chunk < 1 || e.Chunk > len(s.chunks) {
		return fmt.Errorf("the run has no chunk %d", e.Chunk)
	}
	return s.chunks[e.Chunk-1].apply(s, e)
}

func (c *chunkState) apply(s *state, e *Entry) error {
	switch e.Type {
	case entryReconciled:
		s.finished = false
		if e.By == byHand {
			c.hand = e.Counts
		} else {
			c.reconciled = e.Counts
		}
		return nil
	case entryCreate:
		if a := c.current(); a == nil || a.number != e.Attempt {
			c.attempts = append(c.attempts, &attempt{number: e.Attempt, name: e.Name})
		}
		return nil
	}
	a := c.current()
	if a == nil || a.number != e.Attempt {
		return fmt.Errorf("an entry about attempt %d at chunk %d, which did not begin", e.Attempt, e.Chunk)
	}
	switch e.Type {
	case entryCreated:
		a.job = e.Job
	case entryUpload:
		a.uploaded = false
	case entryUploaded:
		a.uploaded = true
	case entryStart:
		a.mayRanPre, a.mayRun = a.mayRun, true
	case entryStarted:
		a.mayRun = true
	case entryRefused:
		a.mayRun, a.uploaded = a.mayRanPre, false
	case entryAbandoned:
		a.abandoned = true
	case entryEnded:
		a.ended = e
	default:
		return fmt.Errorf("an entry of the unknown type %q; use a newer poolprep", e.Type)
	}
	return nil
}

// current returns the last attempt, nil if there is none.
func (c *chunkState) current() *attempt {
	if len(c.attempts) == 0 {
		return nil
	}
	return c.attempts[len(c.attempts)-1]
}

// job returns what the entry says of a job that has ended.
func (a *attempt) endedJob() Job {
	return Job{
		ID: a.job, Name: a.name, Status: a.ended.Status, Message: a.ended.Message,
		Imported: a.ended.Counts.Imported, Skipped: a.ended.Counts.Skipped, Failed: a.ended.Counts.Failed,
	}
}

// judged reports whether the job has judged the whole chunk, so that the chunk
// needs no other one.
func judged(j *Job, rows int64) bool {
	switch j.Status {
	case Succeeded:
		return true
	case Failed:
		return j.Seen() >= rows
	}
	return false
}

// done reports whether nothing is left to do for the chunk.
func (c *chunkState) done(chunk *sink.Chunk) bool {
	a := c.current()
	if a == nil || a.ended == nil || c.reconciled == nil || c.reconciled.Unknown > 0 {
		return false
	}
	j := a.endedJob()
	return judged(&j, chunk.Rows)
}
