package importjob

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/dustin/go-humanize/english"

	"poolprep/transform/sink"
	"poolprep/validate/scan"
	"poolprep/validate/source"
)

// sourceError says why a source cannot be used.
type sourceError struct{ error }

func (e *sourceError) Unwrap() error { return e.error }

// retryFromSources writes header and failed records as they stand in the sources.
func (d *RunDir) retryFromSources(ctx context.Context, w io.Writer, failed []failedRow, overrides []string) error {
	slices.SortFunc(failed, func(a, b failedRow) int {
		return cmp.Or(cmp.Compare(a.from.Source, b.from.Source), cmp.Compare(a.from.Offset, b.from.Offset))
	})
	records := recordWriter{w: bufio.NewWriter(w)}
	err := eachGroup(failed, func(f *failedRow) int { return f.from.Source }, func(rows []failedRow) error {
		s := &d.Manifest.Sources[rows[0].from.Source]
		if s.Header == nil {
			return &sourceError{fmt.Errorf("%s: the manifest is of an older poolprep and does not say where the header is", s.Path)}
		}
		f, err := d.findSource(ctx, s, overrides)
		if err != nil {
			return err
		}
		defer f.Close()
		return records.extract(ctx, f, s, rows)
	})
	if err != nil {
		return err
	}
	return records.w.Flush()
}

// findSource opens the file that a source was read from: the first of overrides,
// the path in the manifest, and that beside the run directory whose size and
// SHA-256 are right.
func (d *RunDir) findSource(ctx context.Context, s *sink.Source, overrides []string) (*os.File, error) {
	paths := slices.Clone(overrides)
	paths = append(paths, s.Path)
	if !filepath.IsAbs(s.Path) {
		paths = append(paths, filepath.Join(filepath.Dir(d.Path), s.Path))
	}
	var why error
	for _, path := range paths {
		f, err := openSame(ctx, path, s)
		if err == nil {
			return f, nil
		}
		if why == nil {
			why = err
		}
	}
	if s.Path == stdinPath && len(overrides) == 0 {
		why = errors.New("the source was standard input, which cannot be read again")
	}
	return nil, &sourceError{why}
}

// stdinPath is the path in the manifest of a source that was standard input.
const stdinPath = "stdin"

// openSame opens a file if size and SHA-256 are those of the source.
func openSame(ctx context.Context, path string, s *sink.Source) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, source.OpenError(path, err)
	}
	if !info.Mode().IsRegular() || info.Size() != s.Size {
		return nil, fmt.Errorf("%s is not the file that was converted, which had %s: it has %d", path, english.Plural(int(s.Size), "byte", ""), info.Size())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, source.OpenError(path, err)
	}
	h := sha256.New()
	_, err = io.Copy(h, source.UntilDone(ctx, f))
	if err == nil && hex.EncodeToString(h.Sum(nil)) != s.SHA256 {
		err = fmt.Errorf("%s is not the file that was converted: its SHA-256 is another one", path)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// recordWriter writes records, each with a line end.
type recordWriter struct {
	w    *bufio.Writer
	end  []byte // of the header
	last byte   // of what was written
}

func (w *recordWriter) Write(p []byte) (int, error) {
	if len(p) > 0 {
		w.last = p[len(p)-1]
	}
	return w.w.Write(p)
}

// complete writes the line end that the last record lacks.
func (w *recordWriter) complete() error {
	if w.last == w.end[len(w.end)-1] {
		return nil
	}
	_, err := w.Write(w.end)
	return err
}

// extract copies records out of a source, and before the first of all its header.
func (w *recordWriter) extract(ctx context.Context, f *os.File, s *sink.Source, rows []failedRow) error {
	in, err := source.FromReader(s.Path, source.UntilDone(ctx, f), source.Options{Encoding: s.Charset, MaxExpanded: source.DefaultMaxExpanded})
	if err != nil {
		return &sourceError{err}
	}
	defer in.Close()
	text := spanReader{in: in, at: in.Start()}
	if w.end == nil {
		if err := w.header(&text, s); err != nil {
			return err
		}
	}
	for i := range rows {
		to := io.Writer(w)
		line := oneLine{w: w}
		if s.Delimiter == "" {
			to = &line // a record of JSON may have several
		}
		err := text.copy(to, rows[i].from.Offset, int64(rows[i].from.Length))
		if err == nil {
			err = line.end()
		}
		if err != nil {
			return err
		}
		if err := w.complete(); err != nil {
			return err
		}
	}
	return nil
}

// oneLine writes a record without its line breaks, but for those at its end.
type oneLine struct {
	w      io.Writer
	breaks []byte // that were not written yet
}

func (l *oneLine) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if n := len(rest) - len(bytes.TrimLeft(rest, "\r\n")); n > 0 {
			l.breaks, rest = append(l.breaks, rest[:n]...), rest[n:]
			continue
		}
		n := bytes.IndexAny(rest, "\r\n")
		if n < 0 {
			n = len(rest)
		}
		if bytes.IndexByte(l.breaks, '\n') >= 0 {
			l.breaks = l.breaks[:0]
		}
		if err := l.end(); err != nil {
			return 0, err
		}
		if _, err := l.w.Write(rest[:n]); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return len(p), nil
}

// end writes the line breaks at the end of a record.
func (l *oneLine) end() error {
	if len(l.breaks) == 0 {
		return nil
	}
	_, err := l.w.Write(l.breaks)
	l.breaks = l.breaks[:0]
	return err
}

// header copies the header, with a line such as sep=; before it.
func (w *recordWriter) header(text *spanReader, s *sink.Source) error {
	var header bytes.Buffer
	for _, span := range []*sink.Span{s.Sep, s.Header} {
		if span == nil || span.Length == 0 {
			continue
		}
		if err := text.copy(&header, span.Offset, span.Length); err != nil {
			return err
		}
	}
	w.end = []byte("\n")
	for _, end := range []string{"\r\n", "\n", "\r"} {
		if bytes.HasSuffix(header.Bytes(), []byte(end)) {
			w.end = []byte(end)
			break
		}
	}
	if header.Len() == 0 {
		return nil
	}
	if _, err := w.Write(header.Bytes()); err != nil {
		return err
	}
	return w.complete()
}

// spanReader copies parts of a text, from front to back.
type spanReader struct {
	in io.Reader
	at int64 // in the text
}

func (r *spanReader) copy(w io.Writer, offset, length int64) error {
	if offset < r.at {
		return &sourceError{errors.New("the line map does not fit the source")}
	}
	for _, part := range []struct {
		w io.Writer
		n int64
	}{{io.Discard, offset - r.at}, {w, length}} {
		n, err := io.CopyN(part.w, r.in, part.n)
		r.at += n
		if errors.Is(err, io.EOF) {
			return &sourceError{errors.New("the line map goes beyond the end of the source")}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// retryFromChunks writes header and failed rows as they stand in the chunks.
func (d *RunDir) retryFromChunks(ctx context.Context, w io.Writer, failed []failedRow) error {
	slices.SortFunc(failed, func(a, b failedRow) int {
		return cmp.Or(cmp.Compare(a.chunk, b.chunk), cmp.Compare(a.line, b.line))
	})
	out := bufio.NewWriter(w)
	first := true
	err := eachGroup(failed, func(f *failedRow) int { return f.chunk }, func(rows []failedRow) error {
		for row, err := range d.chunkRows(ctx, rows[0].chunk) {
			if err != nil {
				return err
			}
			line := row.Pos.Line
			wanted := line == 1 && first || len(rows) > 0 && rows[0].line == line
			if !wanted {
				continue
			}
			if line > 1 {
				rows = rows[1:]
			}
			if _, err := out.Write(row.Raw); err != nil {
				return err
			}
		}
		first = false
		return nil
	})
	return errors.Join(err, out.Flush())
}

// chunkRows yields the rows of a chunk, by number from 1, the first of which is the header, on
// line 1. A row is valid until the next one, and was read as it should be.
func (d *RunDir) chunkRows(ctx context.Context, number int) iter.Seq2[*scan.Row, error] {
	chunk := &d.Manifest.Chunks[number-1]
	return func(yield func(*scan.Row, error) bool) {
		text, err := chunk.Open(d.Path)
		if err != nil {
			yield(nil, err)
			return
		}
		defer text.Close()
		rows, err := scan.NewReader(source.UntilDone(ctx, text), scan.Pos{}, scan.Dialect{Kind: scan.Cognito, KeepBlank: true, LineEnd: scan.EndLF})
		if err != nil {
			yield(nil, err)
			return
		}
		for row, err := range rows.All() {
			switch {
			case err != nil:
				err = fmt.Errorf("%s: %w", d.file(chunk.File), err)
			case row.Fault != scan.Sound:
				err = fmt.Errorf("%s:%d: %s; convert again", d.file(chunk.File), row.Pos.Line, row.Reason)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}
