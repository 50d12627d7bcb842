// Package history keeps the summaries of the last runs over an export, one a line, in a
// file of a directory. The file is replaced as a whole, so a crash leaves the old one or the
// new one; runs that end at once wait for each other.
package history

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"poolprep/cmd/poolprep/internal/filelock"
	"poolprep/transform/sink"
	"poolprep/validate/drift"
	"poolprep/validate/rule"
	"poolprep/validate/source"
)

// The files of a directory. The lock stays there; what counts is who has locked it.
const (
	Name     = "history.jsonl"
	lockName = "history.lock"
)

// DefaultKeep is how many runs are kept.
const DefaultKeep = 90

// Runs are the runs of a history, oldest first.
type Runs struct {
	List []*drift.Summary
	// Damaged is how many entries could not be read: a crash of another program, or an edit.
	Damaged int
	// Others is how many entries are of another version: they stay in the file.
	Others int

	lines [][]byte // of List and Others
}

// Path returns that of the file in a directory.
func Path(dir string) string { return filepath.Join(dir, Name) }

// Read reads the history in a directory. There may be none.
func Read(dir string) (*Runs, error) {
	r := new(Runs)
	info, err := os.Stat(Path(dir))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, nil
	case err == nil && !info.Mode().IsRegular(): // a pipe would be waited for
		return nil, &source.FileError{Path: Path(dir), Text: "this is no regular file; move it away, or name another directory"}
	}
	f, err := os.Open(Path(dir))
	if err != nil {
		return nil, source.OpenError(Path(dir), err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, drift.MaxBytes)
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		entry, err := drift.Read(Path(dir), bytes.NewReader(line))
		other := new(drift.VersionError)
		switch {
		case errors.As(err, &other) && other.Version > 1:
			r.Others++
		case err != nil:
			r.Damaged++
			continue
		default:
			r.List = append(r.List, entry)
		}
		r.lines = append(r.lines, bytes.Clone(line))
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s: a line of more than %d MiB, which no summary has; move the file away", Path(dir), drift.MaxBytes>>20)
	}
	if err := lines.Err(); err != nil {
		return nil, source.OpenError(Path(dir), err)
	}
	return r, nil
}

// Last returns the run to compare with: the last one over an export for the given pool that
// passed, or if none did, the last one that was read to its end; nil if there is none. others
// is how many runs of other pools came after it.
func (r *Runs) Last(pool string) (last *drift.Summary, others int) {
	for i := len(r.List) - 1; i >= 0; i-- {
		switch s := r.List[i]; {
		case s.Stopped > 0:
		case s.Pool != pool:
			others++
		case s.Verdict != rule.Failed.String():
			return s, others
		case last == nil:
			last = s
		}
	}
	return last, others
}

// patience is how long a run waits for another one.
const patience = 30 * time.Second

// Append adds a summary, a JSON object, to the history in a directory, which is made if it is
// not there, and keeps the last ones. What is damaged is left out.
func Append(ctx context.Context, dir string, summary []byte, keep int) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return source.CreateError(dir, err)
	}
	release, err := take(ctx, filepath.Join(dir, lockName))
	if err != nil {
		return err
	}
	defer release()
	r, err := Read(dir)
	if err != nil {
		return err
	}
	lines := append(r.lines, bytes.TrimSpace(summary))
	lines = lines[max(0, len(lines)-max(1, keep)):]
	f, err := sink.CreateFile(Path(dir))
	if err != nil {
		return err
	}
	if _, err = f.Write(append(bytes.Join(lines, []byte("\n")), '\n')); err == nil {
		err = f.Commit()
	}
	return errors.Join(err, f.Abort()) // nothing after Commit
}

// take locks a file, and waits for whoever has it.
func take(ctx context.Context, path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, source.CreateError(path, err)
	}
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := filelock.Try(f)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, filelock.ErrLocked) {
			f.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-wait.Done():
			f.Close()
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("%s: another poolprep has it for more than %v; end that one", path, patience)
		}
	}
}

// Note says what is damaged, or of another version, "" if nothing is.
func (r *Runs) Note(dir string) string {
	var notes []string
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			notes = append(notes, "1 entry is "+one)
		case n > 1:
			notes = append(notes, fmt.Sprint(n, " entries are ", many))
		}
	}
	add(r.Damaged, "damaged, and left out", "damaged, and left out")
	add(r.Others, "of another version of poolprep, and not compared", "of other versions of poolprep, and not compared")
	if len(notes) == 0 {
		return ""
	}
	return Path(dir) + ": " + strings.Join(notes, "; ")
}
