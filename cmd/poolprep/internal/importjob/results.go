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

	"poolprep/transform/sink"
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

// unknownMessage is the message of a row that no log mentions.
const unknownMessage = "the log has no line for this row"

// outcomes says what became of each row of a chunk, by index from 0.
type outcomes func(row int64) outcome

// count returns how many rows became what.
func (o outcomes) count(rows int64) (c Counts) {
	for i := range rows {
		switch o(i).status {
		case RowImported:
			c.Imported++
		case RowSkipped:
			c.Skipped++
		case RowFailed:
			c.Failed++
		default:
			c.Unknown++
		}
	}
	return c
}

// writeResults writes results.jsonl, with new results for some chunks, by number,
// and those that stand there for the others. The file changes as a whole or not at all.
func (d *RunDir) writeResults(fresh map[int]outcomes) error {
	old, err := d.openResults()
	if err != nil {
		return err
	}
	defer old.close()
	file, err := sink.CreateFile(d.file(ResultsName))
	if err != nil {
		return err
	}
	w := resultWriter{file: file}
	for number := 1; number <= len(d.Manifest.Chunks) && err == nil; number++ {
		if o, ok := fresh[number]; ok {
			err = d.eachResult(number, o, w.write)
		} else {
			err = old.copy(number, &w)
		}
	}
	if err == nil {
		err = file.Commit()
	}
	return errors.Join(err, file.Abort())
}

// eachResult delivers the rows of a chunk that were not imported, with where they come from.
func (d *RunDir) eachResult(number int, o outcomes, deliver func(*Result) error) error {
	chunk := &d.Manifest.Chunks[number-1]
	lines, err := chunk.OpenLines(d.Path)
	if err != nil {
		return err
	}
	defer lines.Close()
	for i := range chunk.Rows {
		row, err := lines.Next()
		if err != nil {
			return d.lineMapError(chunk, err)
		}
		got := o(i)
		if got.status == RowImported {
			continue
		}
		r := Result{Version: 1, Line: row.Line, Chunk: number, ChunkLine: i + 2, Status: got.status.String(), Message: got.message}
		if got.status == RowUnknown {
			r.Message = unknownMessage
		}
		if len(d.Manifest.Sources) > 1 {
			if row.Source >= len(d.Manifest.Sources) {
				return fmt.Errorf("%s: row %d comes from input %d, which the manifest does not have; convert again", d.file(chunk.Lines), i+1, row.Source)
			}
			r.File = d.Manifest.Sources[row.Source].Path
		}
		if err := deliver(&r); err != nil {
			return err
		}
	}
	return nil
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
	_, err := w.file.Write(w.b.Bytes())
	return err
}

// resultReader reads results.jsonl.
type resultReader struct {
	path  string
	file  *os.File // nil: there is none
	lines *bufio.Scanner
	n     int
	next  *Result
}

// openResults opens results.jsonl. No file reads as an empty one.
func (d *RunDir) openResults() (*resultReader, error) {
	r := &resultReader{path: d.file(ResultsName)}
	var err error
	r.file, err = os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
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
		if r.lines != nil {
			return r.lines.Err()
		}
		return nil
	}
	r.n++
	next := new(Result)
	err := json.Unmarshal(r.lines.Bytes(), next)
	inOrder := before == nil || before.Chunk < next.Chunk || before.Chunk == next.Chunk && before.ChunkLine < next.ChunkLine
	if err != nil || next.Version != 1 || next.Chunk < 1 || next.ChunkLine < 2 || !inOrder {
		return fmt.Errorf("%s:%d: this is no result that poolprep wrote there; remove the file, and reconcile every chunk again", r.path, r.n)
	}
	r.next = next
	return nil
}

// copy writes the results of a chunk, and passes those of earlier ones over.
func (r *resultReader) copy(chunk int, w *resultWriter) error {
	for r.next != nil && r.next.Chunk <= chunk {
		if r.next.Chunk == chunk {
			if err := w.write(r.next); err != nil {
				return err
			}
		}
		if err := r.advance(); err != nil {
			return err
		}
	}
	return nil
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
