// Package sink writes the output of a conversion: a run directory with chunks,
// rejects and a manifest, or a single file. A file appears under its name only when
// it is complete and on disk; the manifest comes last, so a directory with a manifest
// is complete. The package knows nothing of rules and mappings.
//
// Create begins a Run, which gets rows, rejects, skips and side lines, and ends with Commit or Abort;
// CreateFile does the same for one file. ReadManifest and OpenLineMap read what is there. A
// directory that holds a run is an ExistsError. A Run is for one goroutine at a time, but
// Abort may be called from any.
package sink

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Limits of a chunk where Options state none: those of an import job.
const (
	DefaultMaxRows  = 500_000
	DefaultMaxBytes = 100_000_000
)

// Names of the files in a run directory beside the chunks and their line maps.
const (
	ManifestName = "manifest.json"
	RejectsName  = "rejects.csv"
	JSONRejects  = "rejects.ndjson" // instead of it, where the input is JSON lines
	ReasonsName  = "rejects.jsonl"
	TableName    = "rejects-reasons.csv" // the reasons once more, as a table for people
	SkippedName  = "skipped.jsonl"
	SkippedCSV   = "skipped.csv"    // the skipped records, if they are kept
	SkippedJSON  = "skipped.ndjson" // instead of it, where the input is JSON
	SideName     = "side.jsonl"
)

// JournalName is the journal of an import of the run. It alone knows which jobs
// there are, so a directory that holds one is never replaced.
const JournalName = "import.jsonl"

// Options say what a run directory is made of.
type Options struct {
	Dir          string      // must be stated, unless Store is
	Store        Store       // where the files go instead; nil: Dir
	Force        bool        // replace a run that is there
	Header       []byte      // header line of every chunk, with its newline
	MaxRows      int64       // rows in a chunk; 0: DefaultMaxRows
	MaxBytes     int64       // bytes in a chunk, header included; 0: DefaultMaxBytes
	FirstRows    int64       // rows in the first chunk; 0: as in the others
	Compression  Compression // of the chunks; their limits are about the text
	Rejects      string      // RejectsName or JSONRejects; "": RejectsName
	RejectHeader []byte      // what rejects.csv and skipped.csv begin with, byte for byte
	RejectEnd    []byte      // completes a record without line end; empty: LF
	KeepSkipped  bool        // skipped records are written to SkippedCSV, or where Rejects is JSONRejects to SkippedJSON
	TableHeader  []byte      // what rejects-reasons.csv begins with, with its newline; empty: there is none
}

// Row says where a row of a chunk comes from.
type Row struct {
	Source int    // index of the input, from 0
	Line   int64  // physical line of the record, from 1
	Offset int64  // byte offset of the record in the input, from 0
	Length uint32 // bytes of the record, its line end included
}

// Run is a run directory in the making. Its methods may be called from any
// goroutine, one at a time; Abort may be called at any time. What they are given
// is copied, and written in the background; an error there is returned by the
// next call, by Commit at the latest. After an error every method but Abort
// returns that error.
type Run struct {
	mu        sync.Mutex
	o         Options
	dir       *directory
	open      []*chunk
	chunks    []*chunk
	finishing sync.WaitGroup // of the chunk that is full, but not complete yet
	rejects   *recordFile
	reasons   *file
	table     *file // nil: there is none
	skipped   *file
	kept      *recordFile // the skipped records
	side      *file
	manifest  *file // begun first: whoever creates it has the directory
	skips     int64
	sides     int64
	done      bool
}

// Create begins a run in Dir, which is made with mode 0700 if it is not there.
// It refuses a directory that holds anything, unless Force is set and what is
// there is an earlier run, which it then removes, manifest first. In a Store it
// refuses a complete run alone, and with Force removes its manifest, the rest when this
// run is complete but for its own manifest.
func Create(o Options) (*Run, error) {
	return create(o, osFiles{})
}

func create(o Options, fsys files) (*Run, error) {
	if err := o.resolve(); err != nil {
		return nil, err
	}
	r := &Run{o: o}
	dir, err := o.open(fsys)
	if err != nil {
		return nil, err
	}
	r.dir = dir
	if err := r.begin(); err != nil {
		return nil, errors.Join(err, r.Abort())
	}
	making.add(r)
	return r, nil
}

// resolve fills in the defaults, and returns an error for what no run can be made of.
func (o *Options) resolve() error {
	o.MaxRows, o.MaxBytes = cmp.Or(o.MaxRows, DefaultMaxRows), cmp.Or(o.MaxBytes, DefaultMaxBytes)
	o.Rejects, o.Compression = cmp.Or(o.Rejects, RejectsName), cmp.Or(o.Compression, Plain)
	if len(o.RejectEnd) == 0 {
		o.RejectEnd = []byte("\n")
	}
	switch {
	case o.Store != nil:
		o.Dir = o.Store.String()
	case o.Dir != "":
		o.Dir = filepath.Clean(o.Dir) // with a slash behind it a link would be followed
	}
	switch {
	case o.Dir == "":
		return errors.New("a run directory needs a name")
	case o.MaxRows < 0 || o.MaxBytes < 0 || o.FirstRows < 0:
		return errors.New("a chunk cannot have fewer than 0 rows or bytes")
	case int64(len(o.Header)) >= o.MaxBytes:
		return fmt.Errorf("a chunk of %d bytes has no room for a row: the header alone has %d", o.MaxBytes, len(o.Header))
	case o.Rejects != RejectsName && o.Rejects != JSONRejects:
		return fmt.Errorf("unknown name %q for the rejects (%s or %s)", o.Rejects, RejectsName, JSONRejects)
	}
	return o.Compression.check()
}

// begin takes the directory for this run.
func (r *Run) begin() error {
	err := r.makeRoom()
	if err != nil {
		return err
	}
	// Of two runs that begin at the same time one alone can create it, in a folder.
	r.manifest, err = r.dir.create(ManifestName)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: another run has just begun there; choose another directory", r.o.Dir)
	}
	if err != nil || r.dir.folder == nil {
		return err
	}
	// It may have ended in the meantime.
	names, err := r.dir.list()
	for _, name := range names {
		if err == nil && isOurs(name) && name != r.manifest.temp {
			err = fmt.Errorf("%s: another run is writing there; choose another directory", r.o.Dir)
		}
	}
	return err
}

// ExistsError says that a directory holds a run, which Options.Force would replace.
type ExistsError struct {
	Dir      string
	File     string // by which that shows
	Complete bool
}

func (e *ExistsError) Error() string {
	which := "an unfinished run"
	if e.Complete {
		which = "a complete run"
	}
	return fmt.Sprintf("%s holds %s (%s); choose another directory", e.Dir, which, e.File)
}

// makeRoom looks at what is in the directory, and removes a run that is to be replaced. In
// another store what is incomplete is overwritten, and of a run that is to be replaced only the
// manifest is removed now, and what is left at the end.
func (r *Run) makeRoom() error {
	names, err := r.dir.list()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return nil
	}
	var ours []string
	for _, name := range names {
		if isOurs(name) {
			ours = append(ours, name)
		}
	}
	switch {
	case slices.Contains(names, JournalName):
		return fmt.Errorf("%s: the run there was imported, or is being imported (%s); choose another directory", r.o.Dir, JournalName)
	case !r.o.Force && slices.Contains(names, ManifestName):
		return &ExistsError{Dir: r.o.Dir, File: ManifestName, Complete: true}
	case r.dir.folder == nil && !r.o.Force:
		return nil
	case r.dir.folder == nil:
		ours = slices.DeleteFunc(ours, func(name string) bool { return name != ManifestName })
	case !r.o.Force && len(ours) > 0:
		return &ExistsError{Dir: r.o.Dir, File: ours[0]}
	case !r.o.Force:
		return fmt.Errorf("%s is not empty (%s); choose another directory", r.o.Dir, names[0])
	}
	return errors.Join(r.dir.removeRun(ours)...)
}

// IsRunFile reports whether a run directory may have a file of this name from
// convert, of this version or another one.
func IsRunFile(name string) bool { return isOurs(name) }

// HoldsRun reports whether dir is a run directory: one that is complete, is being
// written, or is being imported. A manifest.json of another program makes none.
func HoldsRun(dir string) bool {
	is := func(name string) bool {
		info, err := os.Lstat(filepath.Join(dir, name))
		return err == nil && info.Mode().IsRegular()
	}
	if is(JournalName) || is("."+ManifestName+temporary) {
		return true
	}
	if !is(ManifestName) {
		return false
	}
	return holdsManifest(dir) || is("lines-00001.idx") || is(ReasonsName) || is(SkippedName) || is(SideName) // then the manifest is damaged
}

// isOurs reports whether a run writes a file of this name.
func isOurs(name string) bool {
	if strings.HasPrefix(name, ".") && strings.HasSuffix(name, temporary) {
		name = strings.TrimSuffix(name[1:], temporary)
	}
	switch name {
	case ManifestName, RejectsName, JSONRejects, ReasonsName, TableName, SkippedName, SkippedCSV, SkippedJSON, SideName:
		return true
	}
	for _, form := range [][2]string{{"chunk-", ".csv"}, {"lines-", ".idx"}} {
		for _, c := range []Compression{Gzip, Zstd} {
			if form[1] == ".csv" {
				name = strings.TrimSuffix(name, c.extension())
			}
		}
		number, ok := strings.CutPrefix(name, form[0])
		if number, ok2 := strings.CutSuffix(number, form[1]); ok && ok2 && len(number) >= 5 && strings.Trim(number, "0123456789") == "" {
			return true
		}
	}
	return false
}

// do runs f unless there was an error, here or in the background, and keeps the
// one it returns.
func (r *Run) do(f func() error) error {
	if r == nil || r.dir == nil {
		return errors.New("sink: the run was not begun by Create")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		r.dir.fail(r.dir.ended())
	}
	if err := r.dir.failed(); err != nil {
		return err
	}
	if err := f(); err != nil {
		if r.dir.taken(r.manifest) {
			err = r.dir.takenError()
		}
		return r.dir.fail(err)
	}
	return nil
}

// Chunks returns the chunks that are complete, in the order of their numbers:
// those that are full, and after Commit all of them.
func (r *Run) Chunks() []Chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finishing.Wait()
	return r.complete()
}

// complete describes the chunks that are complete. None is being finished.
func (r *Run) complete() []Chunk {
	out := []Chunk{}
	for _, c := range r.chunks {
		if c.data.sum != "" {
			out = append(out, c.describe(r.o.Compression))
		}
	}
	return out
}

// Abort removes everything that this run made, and Dir if the run made it.
// After Commit it does nothing. It returns what could not be removed. A manifest
// goes first; if it stays, so does everything that it names. A method that is
// running, and what is done in the background, end before anything is removed. If another
// run has taken the directory, with Force, nothing is removed, since the names are its own.
func (r *Run) Abort() error {
	taken := false
	if r.dir != nil {
		taken = r.dir.taken(r.manifest)
		r.dir.stop()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finishing.Wait()
	if r.done {
		return nil
	}
	r.done = true
	defer making.remove(r) // until then AbortAll waits
	if r.dir == nil {
		return nil
	}
	errs := r.dir.removeMade(!taken)
	if f := r.dir.folder; f != nil {
		f.made = f.made && !taken
		errs = append(errs, f.leave())
	}
	return errors.Join(errs...)
}

// RejectsFile returns the name of the file with the rejects.
func (r *Run) RejectsFile() string { return r.o.Rejects }

// SkippedFile returns the name of the file with the skipped records, if they are kept.
func (r *Run) SkippedFile() string {
	if r.o.Rejects == JSONRejects {
		return SkippedJSON
	}
	return SkippedCSV
}
