package importjob

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
	"poolprep/validate/escape"
	"poolprep/validate/source"
)

// EntryType says what an entry of the journal is about.
type EntryType string

// The types. An intent is written before a call, what came of it after.
const (
	entryRun        EntryType = "run"        // the first: which pool and which run directory
	entryCreate     EntryType = "create"     // intent
	entryCreated    EntryType = "created"    // the job's ID is known
	entryUpload     EntryType = "upload"     // intent
	entryUploaded   EntryType = "uploaded"   // the service has the whole file
	entryStart      EntryType = "start"      // intent: from here on the job may run
	entryStarted    EntryType = "started"    //
	entryRefused    EntryType = "refused"    // the start was not carried out, the job has no file
	entryAbandoned  EntryType = "abandoned"  // a job that never ran, and never will
	entryEnded      EntryType = "ended"      // what the service says of a job that has ended
	entryResults    EntryType = "results"    // intent: new results of the chunk
	entryReconciled EntryType = "reconciled" // they are written
	entryFinished   EntryType = "finished"   // those of all chunks, and the file for retries
)

// byHand marks results that `poolprep reconcile` took from saved logs.
const byHand = "reconcile"

// byChunks marks a file for retries that holds rows of the chunks instead of source records.
const byChunks = "chunks"

// Entry is a line of the journal. It never holds user data, URLs or credentials.
type Entry struct {
	Version  int            `json:"v"`
	Time     time.Time      `json:"time"`
	Type     EntryType      `json:"type"`
	Run      string         `json:"run,omitempty"` // in the names of all jobs
	Pool     string         `json:"pool,omitempty"`
	Role     string         `json:"role,omitempty"`
	Prefix   string         `json:"prefix,omitempty"`
	Manifest string         `json:"manifest,omitempty"` // SHA-256 of manifest.json
	Chunk    int            `json:"chunk,omitempty"`    // from 1
	Attempt  int            `json:"attempt,omitempty"`  // at the chunk, from 1: the job's number
	Name     string         `json:"name,omitempty"`
	Job      string         `json:"job,omitempty"`
	Status   cognito.Status `json:"status,omitempty"`
	Message  string         `json:"message,omitempty"` // of the service
	Counts   *Counts        `json:"counts,omitempty"`
	Offset   cognito.Offset `json:"line_offset,omitempty"` // of the results; auto: the header was assumed to be line 1
	By       string         `json:"by,omitempty"`
}

// Counts are rows by what became of them.
type Counts struct {
	Imported int64 `json:"imported"`
	Skipped  int64 `json:"skipped"` // a user of that name was there before
	Failed   int64 `json:"failed"`
	Unknown  int64 `json:"unknown"` // the log says nothing
}

// Add adds other counts.
func (c *Counts) Add(o Counts) {
	c.Imported += o.Imported
	c.Skipped += o.Skipped
	c.Failed += o.Failed
	c.Unknown += o.Unknown
}

// Rows returns how many rows are counted.
func (c *Counts) Rows() int64 { return c.Imported + c.Skipped + c.Failed + c.Unknown }

// journalFile is a file that is appended to.
type journalFile interface {
	io.Writer
	Sync() error
	Close() error
}

// journal is the record of an import. Every entry is on disk before append returns.
type journal struct {
	path  string
	file  journalFile
	clock cognito.Clock
	err   error // of an append; after one nothing more is written
}

// openJournal opens the journal of a run directory for writing, which it makes if
// there is none, and returns what stands in it. A last line that a crash cut off
// is removed.
func openJournal(dir string, clock cognito.Clock) (*journal, []Entry, error) {
	path := filepath.Join(dir, sink.JournalName)
	if err := kept(path); err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, source.OpenError(dir, err)
	}
	defer root.Close()
	f, err := root.OpenFile(sink.JournalName, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, source.CreateError(path, err)
	}
	text, err := readLimited(path, f, maxJournal)
	var entries []Entry
	var whole int
	if err == nil {
		entries, whole, err = parseJournal(path, text)
	}
	if err == nil && whole < len(text) {
		err = errors.Join(f.Truncate(int64(whole)), f.Sync())
	}
	if err == nil {
		err = syncDir(root)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return &journal{path: path, file: f, clock: clock}, entries, nil
}

// syncDir puts the names in a directory on disk.
func syncDir(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// readJournal reads the journal of a run directory; there may be none.
func readJournal(dir string) ([]Entry, error) {
	path := filepath.Join(dir, sink.JournalName)
	if err := kept(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, source.OpenError(path, err)
	}
	defer f.Close()
	text, err := readLimited(path, f, maxJournal)
	if err != nil {
		return nil, err
	}
	entries, _, err := parseJournal(path, text)
	return entries, err
}

// parseJournal returns the entries and how many bytes they take. A last line that
// is not whole is left out: its write was cut off by a crash, so nothing followed it.
func parseJournal(path string, text []byte) ([]Entry, int, error) {
	var entries []Entry
	whole := 0
	for number := 1; whole < len(text); number++ {
		end := bytes.IndexByte(text[whole:], '\n')
		if end < 0 {
			break
		}
		line := text[whole : whole+end]
		var e Entry
		err := json.Unmarshal(line, &e)
		switch {
		case err != nil && whole+end+1 == len(text) && !json.Valid(line):
			return entries, whole, nil
		case err != nil || e.Version < 1 || e.Type == "" || len(line) > maxEntry:
			err = errors.New("this line is damaged")
		case e.Version > 1:
			err = errors.New("a newer poolprep wrote this line; use that one")
		default:
			err = e.check()
		}
		if err != nil {
			return nil, 0, journalError(path, number, err)
		}
		entries = append(entries, e)
		whole += end + 1
	}
	return entries, whole, nil
}

// journalError says which line of a journal is wrong, and what to do then.
func journalError(path string, line int, err error) error {
	return fmt.Errorf("%s:%d: %w. The journal says which jobs exist; get it from a backup, or look at the jobs with `poolprep import list` and import the rest into a new run directory", path, line, err)
}

// append writes an entry and puts it on disk.
func (j *journal) append(e Entry) error {
	if j.err != nil {
		return j.err
	}
	e.Version, e.Time = 1, j.clock.Now().UTC().Truncate(time.Millisecond)
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	line = escape.JSON(line)
	if _, err = j.file.Write(append(line, '\n')); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		j.err = fmt.Errorf("%s: %w; the import stops here, and the same command resumes", j.path, err)
	}
	return j.err
}

// Close closes the file.
func (j *journal) Close() error { return j.file.Close() }
