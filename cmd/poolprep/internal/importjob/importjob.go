// Package importjob takes a run directory into a user pool: it creates an import
// job for each chunk, uploads, starts, waits, reads the job's log and brings every
// result back to its source row. It survives crashes and lost answers: the journal
// in the run directory says before each call what is about to happen, so that no
// chunk is imported twice and none is forgotten.
//
// It is the only package that knows AWS. It judges no rows and makes no chunks.
package importjob

import (
	"fmt"
)

// Observer receives what is to be printed. Its methods are called from one goroutine.
type Observer interface {
	Note(text string)   // worth a line for everybody
	Detail(text string) // for those who want to know more
	Progress(Progress)  // how far it is
}

// Progress is how far an import is, in rows.
type Progress struct {
	Chunk, Chunks             int // from 1
	Status                    Status
	Imported, Skipped, Failed int64 // of the job that runs
	Before                    int64 // rows of the chunks that are done
	Total                     int64 // rows in all
}

// notef and detailf format a note or a detail.
func notef(o Observer, format string, args ...any)   { o.Note(fmt.Sprintf(format, args...)) }
func detailf(o Observer, format string, args ...any) { o.Detail(fmt.Sprintf(format, args...)) }
