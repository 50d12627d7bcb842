// Package known finds earlier runs whose users count as taken. When rejects or retries of a
// run are converted again, these are the users in the chunks of that run, and in those of
// the runs that it knew.
//
// Find opens run directories and reads their manifests; Runs.Learn puts the users of their
// chunks into a Ledger, and Runs.ForManifest returns what the manifest of the new run says
// of them. Runs does not change after Find.
package known

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"poolprep/transform/sink"
	"poolprep/validate/source"
)

// Run is a complete run directory whose users count as taken.
type Run struct {
	Path     string // as it was named; also its name in findings
	Manifest *sink.Manifest
	Sum      string // SHA-256 of the manifest file, in hex
	Stated   bool   // it was named, not found
	// WithoutFailed says that the rows which its import failed do not count: they are in
	// the file for retries, and so among the inputs of a later run.
	WithoutFailed bool

	real string // its path without links
}

// FailedRows are rows of a run that its import failed.
type FailedRows interface {
	Has(chunk int, row int64) bool // both from 0
	Len() int64
}

// Options say which runs are known.
type Options struct {
	Dirs     []string // run directories that are named
	OnlyDirs bool     // no other run is looked for
	// Inputs are the paths of the inputs. One that lies in a run directory and is none of
	// its chunks holds rejects, or if it is called so retries, of that run.
	Inputs []string
	// Open opens a run directory: it returns Path, Manifest and Sum; nil: package known's.
	Open func(dir string) (*Run, error)
	// Failed returns the rows that the import of a run failed; nil: that is not known.
	Failed func(*Run) (FailedRows, error)
}

// OpenError says that a run cannot be opened.
type OpenError struct {
	Stated bool // by Options.Dirs; else an input is in it
	Err    error
}

func (e *OpenError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *OpenError) Unwrap() error { return e.Err }

// Runs are the runs whose users count as taken: those that were named, those of inputs
// that are rejects or retries of a run, and those that these runs knew.
type Runs struct {
	open   func(dir string) (*Run, error)
	failed func(*Run) (FailedRows, error)
	runs   []*Run
}

// Find returns the runs that the options and the inputs name. It returns an OpenError, or
// a LostError for runs that are not where they were.
func Find(o Options) (*Runs, error) {
	k := &Runs{open: o.Open, failed: o.Failed}
	if k.open == nil {
		k.open = Open
	}
	for _, dir := range o.Dirs {
		run, err := k.add(dir)
		if err != nil {
			return nil, &OpenError{Stated: true, Err: err}
		}
		run.Stated = true
	}
	for _, input := range o.Inputs {
		dir, retry := runOf(input)
		if dir == "" {
			continue
		}
		run := k.At(dir)
		if run == nil && !o.OnlyDirs {
			var err error
			if run, err = k.add(dir); err != nil {
				return nil, &OpenError{Err: err}
			}
		}
		if run != nil {
			run.WithoutFailed = run.WithoutFailed || retry
		}
	}
	return k, k.follow(!o.OnlyDirs)
}

// All returns the runs in the order in which they were found.
func (k *Runs) All() []*Run { return k.runs }

// At returns the run in a directory, or nil.
func (k *Runs) At(dir string) *Run {
	real := source.RealPath(dir)
	for _, run := range k.runs {
		if run.real == real {
			return run
		}
	}
	return nil
}

// Open opens a run directory. It looks at no chunk.
func Open(dir string) (*Run, error) {
	path := filepath.Clean(dir)
	m, err := sink.ReadManifest(path)
	if err != nil {
		return nil, err
	}
	return &Run{Path: path, Manifest: m, Sum: manifestSum(path)}, nil
}

// add adds the run in a directory, unless it is there already.
func (k *Runs) add(dir string) (*Run, error) {
	if run := k.At(dir); run != nil {
		return run, nil
	}
	run, err := k.open(dir)
	if err != nil {
		return nil, err
	}
	run.real = source.RealPath(dir)
	k.runs = append(k.runs, run)
	return run, nil
}

// follow adds the runs that the runs knew, if openMore is set, and takes over which rows
// of theirs do not count.
func (k *Runs) follow(openMore bool) error {
	var lost []Lost
	for i := 0; i < len(k.runs); i++ { // which grows
		run := k.runs[i]
		for _, earlier := range run.Manifest.Known {
			path := earlier.Dir
			if !filepath.IsAbs(path) {
				path = filepath.Join(run.Path, path)
			}
			found := k.same(run, earlier, path)
			if found == nil && openMore {
				var why error
				if found, why = k.addSame(earlier, path); why != nil {
					lost = append(lost, Lost{By: run, Known: earlier, Path: path, Why: why})
				}
			}
			if found != nil {
				found.WithoutFailed = found.WithoutFailed || earlier.WithoutFailed
			}
		}
	}
	if len(lost) > 0 {
		return &LostError{Lost: lost, Runs: k}
	}
	return nil
}

// runOf returns the run directory that a file with rejects or retries is in, "" if it
// is none, and whether they are retries. Every file in a run directory that is none of its
// chunks is taken for rejects, whatever its name: they may have been mended in a copy.
func runOf(file string) (dir string, retry bool) {
	for _, name := range append([]string{file}, source.Names(file)...) {
		dir, base := filepath.Dir(name), filepath.Base(name)
		if sink.HoldsRun(dir) && !isChunk(dir, base) {
			return fromHere(dir), strings.HasPrefix(base, "retry")
		}
	}
	return "", false
}

// isChunk reports whether a file in a run directory is one of its import files, perhaps
// decompressed or compressed since.
func isChunk(dir, name string) bool {
	plain := func(name string) string { return strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst") }
	m, err := sink.ReadManifest(dir)
	return err == nil && slices.ContainsFunc(m.Chunks, func(c sink.Chunk) bool { return plain(c.File) == plain(name) })
}

// fromHere returns a path as seen from the working directory, if it is below that.
func fromHere(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(source.RealPath(here), path)
	if err != nil || !filepath.IsAbs(path) || !filepath.IsLocal(rel) {
		return path
	}
	return rel
}

// ForManifest describes the runs as seen from a new run directory.
func (k *Runs) ForManifest(outDir string) []sink.KnownRun {
	var out []sink.KnownRun
	for _, run := range k.runs {
		dir := run.real
		if rel, err := filepath.Rel(source.RealPath(outDir), dir); err == nil {
			dir = rel
		}
		out = append(out, sink.KnownRun{Dir: dir, Manifest: run.Sum, WithoutFailed: run.WithoutFailed})
	}
	return out
}
