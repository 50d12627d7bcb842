package importjob

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
	"poolprep/validate/escape"
	"poolprep/validate/source"
)

// Result is a line of results.jsonl: a row of a chunk that was not imported.
type Result struct {
	Version   int    `json:"v"`
	File      string `json:"file,omitempty"` // if the run has several sources
	Line      int64  `json:"line"`           // in the source, from 1
	Chunk     int    `json:"chunk"`          // from 1
	ChunkLine int64  `json:"chunk_line"`     // from 1, the header's
	Status    string `json:"status"`         // failed, skipped or unknown
	Message   string `json:"message"`
}

// status returns what became of the row, RowImported if the result does not say.
func (r *Result) status() cognito.RowStatus {
	for _, s := range []cognito.RowStatus{cognito.RowFailed, cognito.RowSkipped, cognito.RowUnknown} {
		if r.Status == s.String() {
			return s
		}
	}
	return cognito.RowImported
}

// unknownMessage is the message of a row that no log mentions.
const unknownMessage = "the log has no line for this row"

// outcomes says what became of each row of a chunk, by index from 0.
type outcomes func(row int64) cognito.Outcome

// add counts a row.
func (c *Counts) add(status cognito.RowStatus) {
	switch status {
	case cognito.RowImported:
		c.Imported++
	case cognito.RowSkipped:
		c.Skipped++
	case cognito.RowFailed:
		c.Failed++
	default:
		c.Unknown++
	}
}

// writeResults writes results.jsonl, with new results for some chunks and those that
// stand there for the others, and returns what it counted of the chunks that it did
// not copy. The file changes as a whole or not at all; ready is called just before.
func (d *RunDir) writeResults(s *state, f fresh, ready func() error) (map[int]Counts, error) {
	old, err := d.openResults()
	if err != nil {
		return nil, err
	}
	defer old.close()
	file, err := sink.CreateFile(d.file(ResultsName))
	if err != nil {
		return nil, err
	}
	w := resultWriter{file: file}
	counts := make(map[int]Counts)
	for _, c := range s.chunks {
		now, ok := f.outcomes[c.number]
		before := d.earlier(c, old)
		switch {
		case !ok && c.results == nil && c.ahead == 0: // a crash kept the journal from saying that there are some
		case !ok && !c.gone:
			err = old.copy(c.number, &w)
		case !ok:
			counts[c.number], err = d.eachResult(c.number, before, w.write)
		case f.replaces(c):
			counts[c.number], err = d.eachResult(c.number, func(row int64) (cognito.Outcome, error) { return now(row), nil }, w.write)
		default:
			counts[c.number], err = d.eachResult(c.number, func(row int64) (cognito.Outcome, error) {
				known, err := before(row)
				return later(now(row), known), err
			}, w.write)
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = ready()
	}
	if err == nil {
		err = file.Commit()
	}
	return counts, errors.Join(err, file.Abort())
}

// eachResult delivers the rows of a chunk that were not imported, with where they
// come from, and counts all of them.
func (d *RunDir) eachResult(number int, of func(row int64) (cognito.Outcome, error), deliver func(*Result) error) (counts Counts, err error) {
	chunk := &d.Manifest.Chunks[number-1]
	lines, err := chunk.OpenLines(d.Path)
	if err != nil {
		return counts, err
	}
	defer lines.Close()
	for i := range chunk.Rows {
		row, err := lines.Next()
		if err != nil {
			return counts, d.lineMapError(chunk, err)
		}
		got, err := of(i)
		if err != nil {
			return counts, err
		}
		counts.add(got.Status)
		if got.Status == cognito.RowImported {
			continue
		}
		r := Result{Version: 1, Line: row.Line, Chunk: number, ChunkLine: i + 2, Status: got.Status.String(), Message: got.Message}
		if got.Status == cognito.RowUnknown {
			r.Message = unknownMessage
		}
		if len(d.Manifest.Sources) > 1 {
			if row.Source >= len(d.Manifest.Sources) {
				return counts, fmt.Errorf("%s: row %d comes from input %d, which the manifest does not have; convert again", d.file(chunk.Lines), i+1, row.Source)
			}
			r.File = d.Manifest.Sources[row.Source].Path
		}
		if err := deliver(&r); err != nil {
			return counts, err
		}
	}
	return counts, nil
}

// lineMapError says what to do about a line map that does not fit its chunk.
func (d *RunDir) lineMapError(chunk *sink.Chunk, err error) error {
	if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s has fewer entries than %s has rows (%d); convert again", d.file(chunk.Lines), chunk.File, chunk.Rows)
	}
	return err
}

// resultWriter writes results.
type resultWriter struct {
	file io.Writer
	b    bytes.Buffer
}

func (w *resultWriter) write(r *Result) error {
	w.b.Reset()
	e := json.NewEncoder(&w.b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return err
	}
	_, err := w.file.Write(escape.JSON(w.b.Bytes()))
	return err
}

// resultReader reads results.jsonl.
type resultReader struct {
	path  string
	files []sink.Chunk // of the manifest
	file  *os.File     // nil: there is none
	lines *bufio.Scanner
	n     int
	next  *Result
}

// openResults opens results.jsonl. No file reads as an empty one.
func (d *RunDir) openResults() (*resultReader, error) {
	r := &resultReader{path: d.file(ResultsName), files: d.Manifest.Chunks}
	if err := kept(r.path); err != nil {
		return nil, err
	}
	var err error
	r.file, err = os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, source.OpenError(r.path, err)
	}
	r.lines = bufio.NewScanner(r.file)
	r.lines.Buffer(nil, maxEntry)
	if err := r.advance(); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// advance reads the next line into next, nil at the end.
func (r *resultReader) advance() error {
	before := r.next
	r.next = nil
	if r.lines == nil || !r.lines.Scan() {
		if r.lines == nil || r.lines.Err() == nil {
			return nil
		}
		if errors.Is(r.lines.Err(), bufio.ErrTooLong) {
			return fmt.Errorf("%s:%d: a line of more than %d bytes, which poolprep never writes there; remove the file, and reconcile every chunk again", r.path, r.n+1, maxEntry)
		}
		return r.lines.Err()
	}
	r.n++
	next := new(Result)
	err := json.Unmarshal(r.lines.Bytes(), next)
	inOrder := before == nil || before.Chunk < next.Chunk || before.Chunk == next.Chunk && before.ChunkLine < next.ChunkLine
	if err != nil || next.Version != 1 || next.Chunk < 1 || next.ChunkLine < 2 || !inOrder || next.status() == cognito.RowImported {
		return fmt.Errorf("%s:%d: this is no result that poolprep wrote there; remove the file, and reconcile every chunk again", r.path, r.n)
	}
	if next.Chunk > len(r.files) || next.ChunkLine > r.files[next.Chunk-1].Rows+1 {
		return fmt.Errorf("%s:%d: chunk %d, line %d is not of this run; remove the file, and reconcile every chunk again", r.path, r.n, next.Chunk, next.ChunkLine)
	}
	r.next = next
	return nil
}

// copy writes the results of a chunk, and passes those of earlier ones over.
func (r *resultReader) copy(chunk int, w *resultWriter) error {
	err := r.skipBefore(chunk, 0)
	for err == nil && r.next != nil && r.next.Chunk == chunk {
		if err = w.write(r.next); err == nil {
			err = r.advance()
		}
	}
	return err
}

// skipBefore passes over what comes before a line of a chunk.
func (r *resultReader) skipBefore(chunk int, line int64) error {
	for r.next != nil && (r.next.Chunk < chunk || r.next.Chunk == chunk && r.next.ChunkLine < line) {
		if err := r.advance(); err != nil {
			return err
		}
	}
	return nil
}

// at returns what became of a row of a chunk that has results. Rows are asked for
// in order.
func (r *resultReader) at(chunk int, line int64) (cognito.Outcome, error) {
	if err := r.skipBefore(chunk, line); err != nil {
		return cognito.Outcome{}, err
	}
	if r.next == nil || r.next.Chunk != chunk || r.next.ChunkLine != line {
		return cognito.Outcome{Status: cognito.RowImported}, nil
	}
	return cognito.Outcome{Status: r.next.status(), Message: r.next.Message}, nil
}

// count counts the rows of a chunk, and passes what comes before over.
func (r *resultReader) count(chunk int, rows int64) (c Counts, err error) {
	err = r.skipBefore(chunk, 0)
	for err == nil && r.next != nil && r.next.Chunk == chunk {
		c.add(r.next.status())
		err = r.advance()
	}
	c.Imported = rows - c.Rows()
	return c, err
}

func (r *resultReader) close() {
	if r.file != nil {
		r.file.Close()
	}
}

// each delivers every result, in the order of chunks and their lines. The result
// is the caller's.
func (d *RunDir) each(deliver func(*Result) error) error {
	r, err := d.openResults()
	if err != nil {
		return err
	}
	defer r.close()
	for r.next != nil {
		if err := deliver(r.next); err != nil {
			return err
		}
		if err := r.advance(); err != nil {
			return err
		}
	}
	return nil
}
