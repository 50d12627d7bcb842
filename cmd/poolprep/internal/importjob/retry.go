package importjob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// failedRow is a row for the file for retries.
type failedRow struct {
	chunk int   // from 1
	line  int64 // of the chunk, from 1
	from  sink.Row
}

// writeRetry writes the file for retries: the source's header and the failed records,
// byte for byte, in the order of the source. Without a failed row there is no such file,
// and never one of another name (RetryFile) from before.
// overrides are files to look into before those that the manifest names. If a
// source is not to be had any more, header and rows of the chunks are written
// instead, and why is returned; else it is nil.
func (d *RunDir) writeRetry(ctx context.Context, overrides []string) (rows int, why, err error) {
	failed, err := d.failedRows()
	if err != nil {
		return 0, nil, err
	}
	if len(failed) == 0 {
		return 0, nil, d.removeRetryBut("")
	}
	write := func(byChunks bool, content func(w io.Writer) error) error {
		name := d.RetryFile(byChunks)
		file, err := sink.CreateFile(d.file(name))
		if err != nil {
			return err
		}
		if err = content(file); err == nil {
			err = file.Commit()
		}
		if err == nil {
			err = d.removeRetryBut(name)
		}
		return errors.Join(err, file.Abort())
	}
	err = write(false, func(w io.Writer) error { return d.retryFromSources(ctx, w, failed, overrides) })
	var gone *sourceError
	if errors.As(err, &gone) && ctx.Err() == nil {
		why = gone
		err = write(true, func(w io.Writer) error { return d.retryFromChunks(ctx, w, failed) })
	}
	return len(failed), why, errors.Join(err, ctx.Err())
}

// removeRetryBut removes files for retries of other names.
func (d *RunDir) removeRetryBut(name string) error {
	for _, other := range []string{RetryName, JSONRetryName} {
		if other == name {
			continue
		}
		if err := os.Remove(d.file(other)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// failedRows returns the rows that failed, by chunk and line.
func (d *RunDir) failedRows() ([]failedRow, error) {
	var failed []failedRow
	err := d.each(func(r *Result) error {
		if r.status() == cognito.RowFailed {
			failed = append(failed, failedRow{chunk: r.Chunk, line: r.ChunkLine})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return failed, eachGroup(failed, func(f *failedRow) int { return f.chunk }, d.findSources)
}

// eachGroup delivers the rows in groups of neighbours with the same key.
func eachGroup(rows []failedRow, key func(*failedRow) int, deliver func([]failedRow) error) error {
	for len(rows) > 0 {
		n := slices.IndexFunc(rows, func(f failedRow) bool { return key(&f) != key(&rows[0]) })
		if n < 0 {
			n = len(rows)
		}
		if err := deliver(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// findSources fills in where rows of one chunk come from.
func (d *RunDir) findSources(rows []failedRow) error {
	chunk := &d.Manifest.Chunks[rows[0].chunk-1]
	lines, err := chunk.OpenLines(d.Path)
	if err != nil {
		return err
	}
	defer lines.Close()
	for line := int64(2); len(rows) > 0; line++ {
		from, err := lines.Next()
		if err != nil {
			return d.lineMapError(chunk, err)
		}
		if from.Source >= len(d.Manifest.Sources) {
			return fmt.Errorf("%s: a row comes from input %d, which the manifest does not have; convert again", d.file(chunk.Lines), from.Source)
		}
		if rows[0].line == line {
			rows[0].from = from
			rows = rows[1:]
		}
	}
	return nil
}
