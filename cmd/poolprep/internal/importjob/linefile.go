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
	"poolprep/validate/source"
)

// lineFile is a file in a run directory with one JSON object a line, each of which is on disk
// before append returns.
type lineFile struct {
	path string
	*os.File
}

// openLines opens a file of the directory to append to, which is made if there is none. A last
// line that a crash cut off is removed.
func (d *RunDir) openLines(name string) (lineFile, error) {
	f := lineFile{path: d.file(name)}
	if err := kept(f.path); err != nil {
		return f, err
	}
	root, err := os.OpenRoot(d.Path)
	if err != nil {
		return f, source.OpenError(d.Path, err)
	}
	defer root.Close()
	if f.File, err = root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return f, source.CreateError(f.path, err)
	}
	if err := errors.Join(f.cutTorn(), syncDir(root)); err != nil {
		return f, errors.Join(err, f.Close())
	}
	return f, nil
}

// cutTorn removes a last line that does not end.
func (f *lineFile) cutTorn() error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return err
	}
	tail := make([]byte, min(size, maxEntry))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	torn := len(tail) - 1 - bytes.LastIndexByte(tail, '\n')
	if torn == 0 {
		return nil
	}
	return f.Truncate(size - int64(torn))
}

func (f *lineFile) append(entry any) error {
	line, err := json.Marshal(entry)
	if err == nil {
		_, err = f.Write(append(line, '\n'))
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = fmt.Errorf("%s: %w; the same command resumes", f.path, err)
	}
	return err
}

// errDamagedLine says of a line that poolprep cannot have written it.
var errDamagedLine = errors.New("this line is damaged; get the file from a backup")

// readLines delivers the whole lines of a file of the directory, by number from 1. There may
// be no such file.
func readLines[T any](d *RunDir, name string, deliver func(number int, entry *T) error) error {
	path := d.file(name)
	if err := kept(path); err != nil {
		return err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return source.OpenError(path, err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxEntry)
	lines.Split(wholeLines)
	for number := 1; lines.Scan(); number++ {
		line, complete := bytes.CutSuffix(lines.Bytes(), []byte("\n"))
		if !complete {
			return nil
		}
		entry := new(T)
		err := json.Unmarshal(line, entry)
		if err != nil {
			err = errDamagedLine
		} else {
			err = deliver(number, entry)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	return lines.Err()
}

// lineFinder finds out where in the sources the rows of the chunks come from. They are asked
// for in order.
type lineFinder struct {
	d     *RunDir
	chunk int
	lines *sink.LineMap
	line  int64 // of the chunk: of the entry that was read last
	row   sink.Row
}

// source returns the path of the source, and the line in it, of a line of a chunk.
func (f *lineFinder) source(chunk int, line int64) (path string, at int64, err error) {
	c := &f.d.Manifest.Chunks[chunk-1]
	if f.lines == nil || f.chunk != chunk || line < f.line {
		if err := f.close(); err != nil {
			return "", 0, err
		}
		if f.lines, err = c.OpenLines(f.d.Path); err != nil {
			return "", 0, err
		}
		f.chunk, f.line = chunk, 1
	}
	for ; f.line < line; f.line++ {
		if f.row, err = f.lines.Next(); err != nil {
			return "", 0, f.d.lineMapError(c, err)
		}
	}
	if f.row.Source >= len(f.d.Manifest.Sources) {
		return "", 0, fmt.Errorf("%s: a row comes from input %d, which the manifest does not have; convert again", f.d.file(c.Lines), f.row.Source)
	}
	return f.d.Manifest.Sources[f.row.Source].Path, f.row.Line, nil
}

func (f *lineFinder) close() (err error) {
	if f.lines != nil {
		err = f.lines.Close()
		f.lines = nil
	}
	return err
}
