package importjob

import (
	"errors"
	"fmt"
	"slices"

	"github.com/dustin/go-humanize/english"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// attempt is a job for a chunk, as the journal knows it.
type attempt struct {
	number          int
	name            string
	job             string // ID; "": not known, it may exist all the same
	uploaded        bool
	startSent       bool // a start was sent that may have been carried out
	startSentBefore bool // startSent before the last start, which a refusal brings back
	waiting         bool // its start was refused just now since another job is active; not in the journal
	abandoned       bool // it never ran
	ended           *Entry
}

// chunkState is what the journal knows about a chunk.
type chunkState struct {
	number   int // from 1
	attempts []*attempt
	results  *Counts        // what is known of the rows, as results.jsonl has it; nil: nothing yet
	offset   cognito.Offset // how their logs counted; OffsetAuto: the header was assumed to be line 1; "": not known
	byHand   bool           // `poolprep reconcile` wrote them last
	saving   bool           // new ones were about to be written, so those may be in results.jsonl
	gone     bool           // results.jsonl is gone, and with it what was known
	ahead    int64          // rows that results.jsonl speaks of and the journal knows nothing of
}

// state is what the journal says as a whole.
type state struct {
	files         []sink.Chunk // of the manifest
	run           *Entry
	chunks        []*chunkState
	finished      bool // the file for retries belongs to the results
	retryByChunks bool // it holds their rows
}

// newState reads the entries of a journal for the chunks of a manifest.
func newState(path string, entries []Entry, files []sink.Chunk) (*state, error) {
	s := &state{files: files}
	for i := range files {
		s.chunks = append(s.chunks, &chunkState{number: i + 1})
	}
	for i := range entries {
		if err := s.apply(&entries[i]); err != nil {
			return nil, journalError(path, i+1, err)
		}
	}
	return s, nil
}

// readState reads the journal of the run directory, and what is known of its rows.
// Without a journal nothing was done yet. It may be called while an import is at work.
func (d *RunDir) readState() (*state, error) {
	for before := -1; ; {
		entries, err := readJournal(d.Path)
		if err != nil {
			return nil, err
		}
		s, err := d.stateOf(entries)
		ahead := err == nil && slices.ContainsFunc(s.chunks, func(c *chunkState) bool { return c.ahead > 0 })
		if (ahead || errors.Is(err, errOtherResults)) && len(entries) != before {
			before = len(entries) // they may just have been written
			continue
		}
		return s, err
	}
}

// stateOf returns what the entries of the journal and results.jsonl say.
func (d *RunDir) stateOf(entries []Entry) (*state, error) {
	for i := range entries {
		if sum := entries[i].Manifest; sum != "" && sum != d.Sum {
			return nil, fmt.Errorf("%s:%d: the journal belongs to another %s: the directory was converted again, or mixed from two. Convert into a new directory, and import that", d.file(sink.JournalName), i+1, sink.ManifestName)
		}
	}
	s, err := newState(d.file(sink.JournalName), entries, d.Manifest.Chunks)
	if err != nil {
		return nil, err
	}
	return s, d.countResults(s)
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
		s.finished, s.retryByChunks = true, e.By == byChunks
		return nil
	}
	if e.Chunk < 1 || e.Chunk > len(s.chunks) {
		return fmt.Errorf("the run has no chunk %d", e.Chunk)
	}
	return s.chunks[e.Chunk-1].apply(s, e)
}

func (c *chunkState) apply(s *state, e *Entry) error {
	a := c.current()
	rows := s.files[c.number-1].Rows
	switch {
	case e.Type == entryResults:
		s.finished, c.saving = false, true
		return nil
	case e.Type == entryReconciled && e.By == byHand: // that needs no job
	case s.run == nil:
		return fmt.Errorf("an entry about a job, and the one of the type %q is missing, which says for which pool", entryRun)
	case e.Type == entryCreate:
		return c.begin(e)
	case a == nil || e.Type != entryReconciled && a.number != e.Attempt:
		return fmt.Errorf("an entry about attempt %d at chunk %d, which did not begin", e.Attempt, e.Chunk)
	}
	if e.Type != entryReconciled {
		return a.apply(e, rows)
	}
	if e.Counts.Rows() != rows {
		return fmt.Errorf("an entry that counts %s of chunk %d, which has %d", english.Plural(int(e.Counts.Rows()), "row", ""), e.Chunk, rows)
	}
	s.finished = false
	c.results, c.offset, c.byHand, c.saving, c.gone = e.Counts, e.Offset, e.By == byHand, false, false
	c.ahead = 0
	return nil
}

// begin takes an attempt into account that is about to be made.
func (c *chunkState) begin(e *Entry) error {
	number := 1
	if a := c.current(); a != nil {
		if a.ended == nil && !a.abandoned {
			return fmt.Errorf("another attempt at chunk %d, whose job %s is not over", e.Chunk, a.name)
		}
		number = a.number + 1
	}
	if e.Attempt != number {
		return fmt.Errorf("attempt %d at chunk %d, where %d is expected", e.Attempt, e.Chunk, number)
	}
	c.attempts = append(c.attempts, &attempt{number: e.Attempt, name: e.Name})
	return nil
}

// apply takes an entry about the job of an attempt at a chunk of so many rows into account.
func (a *attempt) apply(e *Entry, rows int64) error {
	switch {
	case a.ended != nil || a.abandoned:
		return fmt.Errorf("an entry about attempt %d at chunk %d after its end", e.Attempt, e.Chunk)
	case e.Type == entryCreated && a.job != "":
		return fmt.Errorf("a second job for attempt %d at chunk %d", e.Attempt, e.Chunk)
	case e.Type != entryCreated && e.Job != a.job:
		return fmt.Errorf("an entry about job %s, where attempt %d at chunk %d has job %q", e.Job, e.Attempt, e.Chunk, a.job)
	}
	switch e.Type {
	case entryCreated:
		a.job, a.name = e.Job, e.Name
	case entryUpload:
		a.uploaded = false
	case entryUploaded:
		a.uploaded = true
	case entryStart:
		a.startSentBefore, a.startSent = a.startSent, true
	case entryStarted:
		a.startSent = true
	case entryRefused:
		a.startSent, a.uploaded = a.startSentBefore, false
	case entryAbandoned:
		a.abandoned = true
	case entryEnded:
		if n := e.Counts; n.Unknown != max(0, rows-(n.Imported+n.Skipped+n.Failed)) {
			return fmt.Errorf("an entry that counts %s of chunk %d, which has %d", english.Plural(int(n.Rows()), "row", ""), e.Chunk, rows)
		}
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
func (a *attempt) endedJob() cognito.Job {
	return cognito.Job{
		ID: a.job, Name: a.name, Status: a.ended.Status, Message: a.ended.Message,
		Imported: a.ended.Counts.Imported, Skipped: a.ended.Counts.Skipped, Failed: a.ended.Counts.Failed,
	}
}

// judged reports whether the job has judged the whole chunk, so that the chunk
// needs no other one.
func judged(j *cognito.Job, rows int64) bool {
	switch j.Status {
	case cognito.Succeeded:
		return true
	case cognito.Failed:
		return j.Seen() >= rows
	}
	return false
}

// needsJob reports whether a job has to judge the chunk, or is about to.
func (c *chunkState) needsJob(chunk *sink.Chunk) bool {
	if c.done(chunk) {
		return false
	}
	if c.noJobEnded() {
		return true
	}
	j := c.current().endedJob()
	return !judged(&j, chunk.Rows)
}

// noJobEnded reports whether no job of this import has ended at the chunk.
func (c *chunkState) noJobEnded() bool {
	a := c.current()
	return a == nil || a.ended == nil
}

// allDone reports whether nothing is left to do for any chunk.
func (s *state) allDone() bool {
	for i, c := range s.chunks {
		if !c.done(&s.files[i]) {
			return false
		}
	}
	return true
}

// done reports whether nothing is left to do for the chunk: it is known what became
// of every row. By which log, that of a job of this import or one that was saved,
// makes no difference: a row with a line was judged.
func (c *chunkState) done(chunk *sink.Chunk) bool {
	return c.results != nil && c.results.Rows()-c.results.Unknown == chunk.Rows
}
