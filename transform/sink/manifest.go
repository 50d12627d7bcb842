package sink

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"poolprep/validate/source"
)

// Manifest describes a complete run. Version, Sum, Chunks, Rejects, Skipped, Kept
// and Side are filled in by Commit.
type Manifest struct {
	Version  int              `json:"v"`
	Tool     string           `json:"tool"`
	Created  string           `json:"created"`                   // RFC 3339, with a fraction of the second
	Sum      string           `json:"manifest_sha256,omitempty"` // of the file, with zeros in this place; "": an older version does not say
	Command  []string         `json:"command,omitempty"`         // convert, and its flags that count for reading and judging, --NAME=VALUE each, files by absolute paths; nil: an older version does not say
	Schema   string           `json:"schema"`                    // fingerprint of the pool
	Mapping  string           `json:"mapping,omitempty"`
	Phones   string           `json:"phone_metadata,omitempty"` // version of libphonenumber's number plans; "": the mapping reads no phone numbers
	Known    []KnownRun       `json:"known,omitempty"`
	Sources  []Source         `json:"sources"`
	Chunks   []Chunk          `json:"chunks"`
	Rejects  *Part            `json:"rejects,omitempty"`
	Skipped  *Part            `json:"skipped,omitempty"`
	Kept     *Part            `json:"skipped_records,omitempty"` // the skipped records themselves
	Side     *Part            `json:"side,omitempty"`
	Counts   Counts           `json:"counts"`
	Findings map[string]int64 `json:"findings"` // by code
	Repairs  map[string]int64 `json:"repairs"`  // by kind, in accepted rows
}

// KnownRun is another run, whose users count as taken in this one: rejects or retries
// of it were converted.
type KnownRun struct {
	Dir           string `json:"dir"`                      // of the run, as seen from this run's directory
	Manifest      string `json:"manifest,omitempty"`       // SHA-256 of its manifest.json, in hex, by which it is known again elsewhere; "": not recorded
	WithoutFailed bool   `json:"without_failed,omitempty"` // but for rows that its import failed
}

// Source describes an input as it was read.
type Source struct {
	Path      string `json:"path"`
	Size      int64  `json:"size"` // bytes as they lie in the file
	SHA256    string `json:"sha256"`
	Codec     string `json:"codec"`
	Charset   string `json:"charset"`
	Delimiter string `json:"delimiter"` // in words; "": there is none, since it is JSON lines
	Rows      int64  `json:"rows"`
	Header    *Span  `json:"header,omitempty"` // of length 0: there is none; nil: an older version does not say
	Sep       *Span  `json:"sep,omitempty"`    // a line such as "sep=;" before it
}

// Span is a part of an input's text, in bytes from 0, as a line map counts them.
type Span struct {
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
}

// Chunk describes an import file. Bytes and SHA256 are those of its text, which
// is what an import job gets, whatever the file is compressed with.
type Chunk struct {
	File                  string `json:"file"`
	Compression           string `json:"compression,omitempty"`  // gzip or zstd
	Lines                 string `json:"lines"`                  // its line map
	LinesSHA256           string `json:"lines_sha256,omitempty"` // of the file; "": an older version does not say
	Rows                  int64  `json:"rows"`
	Bytes                 int64  `json:"bytes"`
	SHA256                string `json:"sha256"`
	PasswordHashAlgorithm string `json:"password_hash_algorithm,omitempty"`
}

// Part describes a file beside the chunks: with rejected or skipped records, or a line for
// each accepted user. Reasons is the file that says why.
type Part struct {
	File    string `json:"file"`
	Reasons string `json:"reasons,omitempty"`
	Table   string `json:"reasons_table,omitempty"` // rejects-reasons.csv, if there is one
	Records int64  `json:"records"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
}

// Counts are the totals of the run: RowsRead is the sum of the next three.
type Counts struct {
	RowsRead     int64 `json:"rows_read"`
	RowsAccepted int64 `json:"rows_accepted"`
	RowsRejected int64 `json:"rows_rejected"`
	RowsSkipped  int64 `json:"rows_skipped"`
	RowsBlank    int64 `json:"rows_blank"`
}

// Commit completes every file, and then writes the manifest, after which the
// run is complete. It waits for all that is done in the background.
func (r *Run) Commit(m Manifest) error {
	return r.do(func() error {
		if f := r.dir.folder; f != nil {
			if err := f.settle(); err != nil {
				return err
			}
		}
		for len(r.open) > 0 {
			if err := r.finish(r.open[0]); err != nil {
				return err
			}
		}
		if err := r.wait(); err != nil {
			return err
		}
		m.Version = 1
		m.Chunks = r.complete()
		if err := r.commitParts(&m); err != nil {
			return err
		}
		if err := r.dir.present(); err != nil {
			return err
		}
		if r.dir.folder == nil && r.o.Force {
			if err := r.dir.removeOthers(); err != nil {
				return err
			}
		}
		text, err := m.seal()
		if err != nil {
			return err
		}
		if err := r.manifest.write(text); err != nil {
			return err
		}
		if err := r.manifest.commit(); err != nil {
			return err
		}
		r.done = true
		making.remove(r)
		if f := r.dir.folder; f != nil {
			return f.root.Close()
		}
		return nil
	})
}

// manifestError says what is wrong with the JSON of a manifest, and nothing of its text.
func manifestError(path string, err error) error {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		return fmt.Errorf("%s: byte %d: the value of %s is not of its type; get the file from a backup, or convert again", path, wrongType.Offset, wrongType.Field)
	case errors.As(err, &syntax):
		return fmt.Errorf("%s: byte %d: this is not valid JSON; get the file from a backup, or convert again", path, syntax.Offset)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// Verify compares every chunk and its line map with the manifest. It opens nothing
// outside of dir, whatever the manifest says.
func (m *Manifest) Verify(dir string) error {
	for i := range m.Chunks {
		if err := m.Chunks[i].Verify(dir); err != nil {
			return err
		}
	}
	return nil
}

// Verify compares size and SHA-256 of the chunk's text, and its line map, with the
// manifest.
func (c *Chunk) Verify(dir string) error {
	text, err := c.Open(dir)
	if err != nil {
		return err
	}
	defer text.Close()
	path := filepath.Join(dir, c.File)
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(text, c.Bytes+1)) // decompressed it may be anything
	if err != nil {
		return fmt.Errorf("%s: %w; convert again", path, err)
	}
	if n != c.Bytes || hex.EncodeToString(h.Sum(nil)) != c.SHA256 {
		return fmt.Errorf("%s was changed since convert wrote it; convert again", path)
	}
	lines, err := c.OpenLines(dir)
	if err != nil {
		return err
	}
	return lines.Close()
}

// Open opens the text of the chunk, decompressed. It opens nothing outside of dir.
func (c *Chunk) Open(dir string) (io.ReadCloser, error) {
	f, err := openInside(dir, c.File)
	if err != nil {
		return nil, err
	}
	text, err := Compression(c.Compression).newDecoder(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w; convert again", filepath.Join(dir, c.File), err)
	}
	return &chunkText{text, f}, nil
}

// OpenLines opens the chunk's line map, if it is the one that the run wrote: a wrong
// one would lead to other people's records. It opens nothing outside of dir.
func (c *Chunk) OpenLines(dir string) (*LineMap, error) {
	f, err := openInside(dir, c.Lines)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, c.Lines)
	if err = c.verifyLines(path, f); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return newLineMap(path, f)
}

// verifyLines compares a line map with the manifest, or if that does not know its
// SHA-256, sees whether it has an entry for each row of the chunk.
func (c *Chunk) verifyLines(path string, f *os.File) error {
	if c.LinesSHA256 == "" {
		return c.countLines(path, f)
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("%s: %w; convert again", path, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != c.LinesSHA256 {
		return fmt.Errorf("%s was changed since convert wrote it, and no longer says where the rows of %s come from; convert again", path, c.File)
	}
	return nil
}

// countLines reads a line map to its end.
func (c *Chunk) countLines(path string, f *os.File) error {
	m := &LineMap{path: path, f: f, r: bufio.NewReader(f)}
	err := m.header()
	for err == nil {
		_, err = m.Next()
	}
	switch {
	case err != io.EOF:
		return fmt.Errorf("%w; convert again", err)
	case m.rows != c.Rows:
		return fmt.Errorf("%s has %d entries, but %s has %d rows; convert again", path, m.rows, c.File, c.Rows)
	}
	return nil
}

// openInside opens a file of a run directory.
func openInside(dir, name string) (*os.File, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, readError(dir, err)
	}
	defer root.Close()
	path := filepath.Join(dir, name)
	if info, err := root.Stat(name); err == nil && !info.Mode().IsRegular() { // a pipe would be waited for
		return nil, fmt.Errorf("%s: this is no regular file; put the file back as convert wrote it, or convert again", path)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, readError(path, err)
	}
	return f, nil
}

// chunkText is the text of a chunk and the file it lies in.
type chunkText struct {
	io.ReadCloser
	file *os.File
}

func (t *chunkText) Close() error { return errors.Join(t.ReadCloser.Close(), t.file.Close()) }

// LineMap reads a line map.
type LineMap struct {
	path string
	f    *os.File
	r    *bufio.Reader
	last Row
	rows int64
}

// OpenLineMap opens the line map of a chunk.
func OpenLineMap(path string) (*LineMap, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, source.OpenError(path, err)
	}
	return newLineMap(path, f)
}

// newLineMap reads the first line; an error closes f.
func newLineMap(path string, f *os.File) (*LineMap, error) {
	m := &LineMap{path: path, f: f, r: bufio.NewReader(f)}
	if err := m.header(); err != nil {
		f.Close()
		return nil, err
	}
	return m, nil
}

// header reads the first line.
func (m *LineMap) header() error {
	if header, err := m.r.ReadSlice('\n'); err != nil || string(header) != lineMapHeader {
		return fmt.Errorf("%s: this is no line map", m.path)
	}
	return nil
}

// Next returns where the next row of the chunk comes from; the first call is
// about line 2 of the chunk, after the header. At the end it returns io.EOF.
func (m *LineMap) Next() (Row, error) {
	head, err := binary.ReadUvarint(m.r)
	if err == io.EOF {
		return Row{}, err
	}
	row := m.last
	var values [3]uint64
	fields := values[:]
	if head&1 == 0 {
		fields = values[1:]
	} else {
		row = Row{}
	}
	for i := range fields {
		if err == nil {
			fields[i], err = binary.ReadUvarint(m.r)
		}
	}
	if err != nil {
		return Row{}, fmt.Errorf("%s: the entry of row %d is damaged: %w", m.path, m.rows+1, err)
	}
	const limit = 1 << 62 // and no sum of two such numbers is negative
	if head>>1 >= limit || values[1] >= limit || values[0] > math.MaxInt32 || values[2] > math.MaxUint32 {
		return Row{}, fmt.Errorf("%s: the entry of row %d is damaged: a number is too large", m.path, m.rows+1)
	}
	if head&1 == 1 {
		row.Source = int(values[0])
	}
	row.Line += int64(head >> 1)
	row.Offset += int64(values[1])
	row.Length = uint32(values[2])
	if row.Line <= 0 || row.Line >= limit || row.Offset < 0 || row.Offset >= limit {
		return Row{}, fmt.Errorf("%s: the entry of row %d is damaged: no such line", m.path, m.rows+1)
	}
	m.last = row
	m.rows++
	return row, nil
}

// Close closes the file.
func (m *LineMap) Close() error { return m.f.Close() }
