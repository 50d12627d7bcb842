package importjob

import (
	"fmt"

	"poolprep/cmd/poolprep/internal/cognito"
)

// FailedRows are the rows of a run that its import failed, as results.jsonl has them:
// those in the file for retries. It takes a bit a row.
type FailedRows struct {
	chunks [][]uint64
	n      int64
}

// FailedRows reads results.jsonl. It is an error if there is none.
func (d *RunDir) FailedRows() (*FailedRows, error) {
	if !d.exists(ResultsName) {
		return nil, fmt.Errorf("%s is not there, which says what %s holds; put it back", d.file(ResultsName), d.RetryFile(false))
	}
	f := &FailedRows{chunks: make([][]uint64, len(d.Manifest.Chunks))}
	return f, d.each(func(r *Result) error {
		if r.status() != cognito.RowFailed {
			return nil
		}
		bits := &f.chunks[r.Chunk-1]
		if *bits == nil {
			*bits = make([]uint64, d.Manifest.Chunks[r.Chunk-1].Rows/64+1)
		}
		row := r.ChunkLine - 2
		(*bits)[row/64] |= 1 << (row % 64)
		f.n++
		return nil
	})
}

// Len returns how many there are.
func (f *FailedRows) Len() int64 { return f.n }

// Has reports whether a row of a chunk failed, both from 0.
func (f *FailedRows) Has(chunk int, row int64) bool {
	bits := f.chunks[chunk]
	return bits != nil && bits[row/64]&(1<<(row%64)) != 0
}
