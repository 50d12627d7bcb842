package importjob

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"poolprep/transform/sink"
	"poolprep/validate/source"
)

// Names of the files that an import writes into a run directory, beside the journal.
const (
	ResultsName   = "results.jsonl"
	RetryName     = "retry.csv"
	JSONRetryName = "retry.ndjson" // instead of it, where the sources are JSON lines
)

// IsImportFile reports whether an import writes a file of this name into a run directory.
func IsImportFile(name string) bool {
	switch name {
	case sink.JournalName, lockName, ResultsName, RetryName, JSONRetryName, PasswordsName, UndoName, GroupsName:
		return true
	}
	return false
}

// RunDir is a complete run directory.
type RunDir struct {
	Path     string
	Manifest *sink.Manifest
	Sum      string // SHA-256 of manifest.json, in hex
}

// OpenRun reads the manifest of a run directory. It looks at no chunk.
func OpenRun(dir string) (*RunDir, error) {
	d := &RunDir{Path: filepath.Clean(dir)}
	info, err := os.Stat(d.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such directory; `poolprep convert --out-dir` makes one", dir)
	case err != nil:
		return nil, source.OpenError(dir, err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s is no directory; expected is one that `poolprep convert --out-dir` made", dir)
	}
	if err := d.noRun(); err != nil {
		return nil, err
	}
	if err := regular(d.file(sink.ManifestName)); err != nil {
		return nil, err
	}
	if d.Manifest, err = sink.ReadManifest(d.Path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(d.Path, sink.ManifestName))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	d.Sum = hex.EncodeToString(sum[:])
	for i := range d.Manifest.Chunks {
		if c := &d.Manifest.Chunks[i]; c.Rows < 0 || c.Rows > c.Bytes {
			return nil, fmt.Errorf("%s: chunk %d cannot have %s in %s; the file was changed, so get it from a backup or convert again", d.file(sink.ManifestName), i+1, english.Plural(int(c.Rows), "row", ""), english.Plural(int(c.Bytes), "byte", ""))
		}
	}
	return d, nil
}

// noRun says what the directory is, if it has no manifest; nil if it has one.
func (d *RunDir) noRun() error {
	if _, err := os.Lstat(d.file(sink.ManifestName)); !errors.Is(err, fs.ErrNotExist) {
		return nil // whoever reads it says what is wrong
	}
	missing := fmt.Sprintf("%s holds no complete run: there is no %s in it", d.Path, sink.ManifestName)
	entries, err := os.ReadDir(d.Path)
	switch chunks, _ := filepath.Glob(d.file("chunk-*")); {
	case err != nil:
		return source.OpenError(d.Path, err)
	case len(entries) == 0:
		return fmt.Errorf("%s, and nothing else; `poolprep convert --out-dir %s` writes a run there", missing, d.Path)
	case len(chunks) > 0:
		return fmt.Errorf("%s, but chunks are: the conversion that wrote them did not end, or files were removed. Convert again", missing)
	}
	for _, e := range entries {
		if _, err := os.Lstat(filepath.Join(d.Path, e.Name(), sink.ManifestName)); e.IsDir() && err == nil {
			return fmt.Errorf("%s, but in %s", missing, filepath.Join(d.Path, e.Name()))
		}
	}
	return fmt.Errorf("%s; expected is a directory that `poolprep convert --out-dir` made", missing)
}

// file returns the path of a file in the directory.
func (d *RunDir) file(name string) string { return filepath.Join(d.Path, name) }

// NothingToImport says what there is instead if the directory has no chunk, "" if
// it has one.
func (d *RunDir) NothingToImport() string {
	if len(d.Manifest.Chunks) > 0 {
		return ""
	}
	text := d.Path + ": there is nothing to import: no row was accepted when it was converted."
	if p := d.Manifest.Rejects; p != nil {
		text += fmt.Sprintf(" rejects.jsonl says why %s rejected; fix rejects.csv, and convert it into a new directory.", records(p.Records))
	}
	if p := d.Manifest.Skipped; p != nil {
		text += fmt.Sprintf(" skipped.jsonl says why %s left out.", records(p.Records))
	}
	return text
}

func records(n int64) string {
	if n == 1 {
		return "1 record was"
	}
	return humanize.Comma(n) + " records were"
}

// RetryFile returns the name of the file with the rows that failed: records of the
// sources, or if byChunks is true rows of the chunks.
func (d *RunDir) RetryFile(byChunks bool) string {
	delimited := slices.ContainsFunc(d.Manifest.Sources, func(s sink.Source) bool { return s.Delimiter != "" })
	if !byChunks && !delimited && len(d.Manifest.Sources) > 0 {
		return JSONRetryName
	}
	return RetryName
}

// exists reports whether the directory holds a file of this name.
func (d *RunDir) exists(name string) bool {
	_, err := os.Stat(d.file(name))
	return err == nil
}
