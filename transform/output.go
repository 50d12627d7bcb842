package transform

import (
	"bufio"
	"errors"
	"io"

	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/schema"
)

// Output is where a conversion writes to: an ImportFile, a RunDirectory, or something of
// the program's own. It is for one conversion. Its methods are called by one goroutine at
// a time.
type Output interface {
	// Begin is called once, before anything else.
	Begin(Beginning) error
	RowWriter
	// Commit is called when all rows were taken. From then on the output is complete.
	Commit(*Result) error
	// Abort leaves nothing half-done behind. It comes instead of Commit, or after a
	// Commit or a Begin that failed.
	Abort() error
}

// RejectOutput is an Output that keeps the records which do not become rows, as they
// stand in the input: the inputs of a run have the same header then. Rows with password
// hashes of several algorithms may come, for it keeps them apart.
type RejectOutput interface {
	Output
	RejectWriter
	// Ended is called when the rows of an input were read, without an error. The rest of
	// an input of which not all rows were wanted has been read, too, so that size and
	// checksum are those of all of it.
	Ended(in *validate.Input, h *validate.Header, source rule.Source) error
}

// SideOutput is an Output that takes what the import cannot carry, too.
type SideOutput interface {
	Output
	SideWriter
	// WantsSide reports whether the lines are to be made.
	WantsSide() bool
}

// Beginning is what is known when an output is begun.
type Beginning struct {
	Columns []string         // of the import file
	Pool    *schema.Pool     // by which the rows are judged
	Mapping *mapping.Mapping // nil: columns are matched by name
	Input   *validate.Input  // the first that has a header; nil: none of the inputs has one
	Header  *validate.Header // of Input, empty for records without header
	Side    bool             // the mapping says what is kept beside the import file
}

var _ SideOutput = (*ImportFile)(nil)

// errNotBegun is the error of an Output of which Begin was not called.
var errNotBegun = errors.New("transform: the output was not begun")

// ImportFile is the Output of one import file. Path or Writer says where it goes.
type ImportFile struct {
	Path        string           // the file appears there as a whole or not at all; "": Writer gets it
	Writer      io.Writer        // what was written stays there if the conversion fails
	Compression sink.Compression // "": sink.Plain
	SidePath    string           // where a line for each accepted user goes, if the mapping says what is in it; "": nowhere

	w     *bufio.Writer
	z     io.WriteCloser // compresses to w; nil: not compressed
	file  *sink.File     // nil: Writer
	side  *sink.File     // nil: there is none
	rows  int64
	bytes int64
}

// Begin writes the header.
func (o *ImportFile) Begin(b Beginning) (err error) {
	w := o.Writer
	switch {
	case o.w != nil:
		return errors.New("transform: an ImportFile is for one conversion")
	case o.SidePath != "" && !b.Side && b.Input != nil:
		return &NoSideError{Path: o.SidePath}
	case o.Path != "":
		if o.file, err = sink.CreateFile(o.Path); err != nil {
			return err
		}
		w = o.file
	case w == nil:
		return errors.New("transform: an ImportFile needs a Path or a Writer")
	}
	if o.SidePath != "" {
		if o.side, err = sink.CreateFile(o.SidePath); err != nil {
			return err
		}
	}
	o.w = bufio.NewWriterSize(w, largeWrite)
	if o.z, err = o.Compression.NewEncoder(o.w); err != nil {
		return err
	}
	header := AppendHeader(nil, b.Columns)
	o.bytes = int64(len(header))
	return o.write(header)
}

// largeWrite is from how many bytes on it is not worth while to gather what is written.
const largeWrite = 64 << 10

func (o *ImportFile) write(p []byte) (err error) {
	if o.z != nil {
		_, err = o.z.Write(p)
		return err
	}
	if len(p) >= largeWrite { // with nothing buffered it is not copied
		if err := o.w.Flush(); err != nil {
			return err
		}
	}
	_, err = o.w.Write(p)
	return err
}

// Rows writes rows.
func (o *ImportFile) Rows(_ string, rows []byte, ends []uint32, _ []sink.Row) error {
	if o.w == nil {
		return errNotBegun
	}
	o.rows += int64(len(ends))
	o.bytes += int64(len(rows))
	return o.write(rows)
}

// WantsSide reports whether there is a SidePath.
func (o *ImportFile) WantsSide() bool { return o.SidePath != "" }

// Side writes lines to SidePath.
func (o *ImportFile) Side(lines []byte, _ int) error {
	if o.side == nil {
		return nil
	}
	_, err := o.side.Write(lines)
	return err
}

// Commit writes what is buffered, and gives the files their names.
func (o *ImportFile) Commit(*Result) error {
	if o.w == nil {
		return errNotBegun
	}
	if o.z != nil {
		if err := o.z.Close(); err != nil {
			return err
		}
	}
	if err := o.w.Flush(); err != nil {
		return err
	}
	if o.file != nil {
		if err := o.file.Sync(); err != nil {
			return err
		}
	}
	if o.side != nil {
		if err := o.side.Commit(); err != nil {
			return err
		}
	}
	if o.file == nil {
		return nil
	}
	return o.file.Commit()
}

// Abort removes the files. What a Writer got is not taken back.
func (o *ImportFile) Abort() error {
	var errs []error
	for _, f := range []*sink.File{o.file, o.side} {
		if f != nil {
			errs = append(errs, f.Abort())
		}
	}
	return errors.Join(errs...)
}

// TooLarge reports whether one import job cannot take the file.
func (o *ImportFile) TooLarge() bool {
	return o.rows > judge.MaxFileRows || o.bytes > judge.MaxFileBytes
}
