// Package importjob imports a run directory into a user pool: it creates an import
// job for each chunk, uploads, starts, waits, reads the job's log and traces every
// result back to its source row. It survives crashes and lost answers: the journal
// in the run directory records before each call what is about to happen, so that no
// chunk is imported twice and none is forgotten; docs/import-job.md has the states.
// It also reconciles saved logs, counts and resets passwords, and writes the file for
// retries.
//
// Package cognito makes the calls of AWS; this package makes none. It judges no rows and
// makes no chunks.
//
// A RunDir is immutable and safe for concurrent use. What changes the directory (Import,
// Reconcile, ResetPasswords) locks import.lock; the rest may be called at the same time,
// also by other processes. Memory is bounded by a few bytes for each row of the chunks whose
// logs are read together, and for each row that failed. What is returned belongs to the
// caller.
package importjob

import (
	"fmt"

	"poolprep/cmd/poolprep/internal/cognito"
)

// Observer receives what is to be printed. Its methods are called from one goroutine.
type Observer interface {
	cognito.Notes
	Progress(Progress) // how far the import is
}

// Progress is how far an import is, in rows.
type Progress struct {
	Chunk, Chunks             int // from 1
	Status                    cognito.Status
	Imported, Skipped, Failed int64  // of the job that runs
	Before                    int64  // rows of the chunks that are done
	Done                      Counts // of these
	Total                     int64  // rows in all chunks that are to be imported
}

// notef and detailf format a note or a detail.
func notef(o Observer, format string, args ...any)   { o.Note(fmt.Sprintf(format, args...)) }
func detailf(o Observer, format string, args ...any) { o.Detail(fmt.Sprintf(format, args...)) }
