package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"poolprep/transform"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/report"
	"poolprep/validate/rule"
	"time"
)

// runOutput is where a conversion writes to.
type runOutput interface {
	transform.Output
	commit(*convertRun) error
	abort() error
}

// openOutput begins the output. in and header are of the first file with a header.
func (r *convertRun) openOutput(in *validate.Input, header []byte) error {
	line := importHeader(validate.TargetColumns(r.rules.Pool, r.rules.PasswordHash))
	var err error
	if r.outDir != "" {
		o := sink.Options{
			Dir: r.outDir, Force: r.force, Header: line,
			MaxRows: r.maxRows, MaxBytes: int64(r.maxBytes), FirstRows: r.firstRows,
			Compression:  sink.Compression(r.compress.value),
			RejectHeader: header, RejectEnd: lineEnd(header),
		}
		if in != nil && len(header) == 0 {
			o.RejectEnd = in.FirstLineEnd()
		}
		if in != nil && in.JSON() {
			o.Rejects = sink.JSONRejects
		}
		if r.reasons {
			o.TableHeader = append(report.AppendCSV(nil, report.ReasonColumns...), '\n')
		}
		if in != nil && len(in.SepLine()) > 0 {
			o.RejectHeader = append(bytes.Clone(in.SepLine()), header...)
		}
		var dir *sink.Run
		if dir, err = sink.Create(o); err == nil {
			r.output = dirOutput{dir}
		}
		return err
	}
	out, err := newFileOutput(r.out, r.convertCommand.output, sink.Compression(r.compress.value), line)
	if out != nil { // else it would be an output that is nil
		r.output = out
	}
	return err
}

// importHeader returns the header line of an import file.
func importHeader(columns []string) []byte {
	var b bytes.Buffer
	for i, name := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(name)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// lineEnd returns the line end of a header record, LF if it has none.
func lineEnd(header []byte) []byte {
	for _, end := range []string{"\r\n", "\n", "\r"} {
		if bytes.HasSuffix(header, []byte(end)) {
			return []byte(end)
		}
	}
	return []byte("\n")
}

// sameHeader compares two header records but for their line ends.
func sameHeader(a, b []byte) bool {
	return bytes.Equal(bytes.TrimRight(a, "\r\n"), bytes.TrimRight(b, "\r\n"))
}

// dirOutput is a run directory.
type dirOutput struct{ *sink.Run }

func (d dirOutput) abort() error { return d.Abort() }

func (d dirOutput) commit(r *convertRun) error {
	m := &r.manifest
	m.Tool = "poolprep " + versionText()
	m.Created = time.Now().UTC().Format(time.RFC3339)
	m.Schema = r.rules.Pool.Fingerprint()
	if r.mapping != nil {
		m.Mapping = r.mapping.Fingerprint()
	}
	m.Known = r.known.forManifest(r.outDir)
	m.Counts = sink.Counts{
		RowsRead: r.sum.RowsRead, RowsAccepted: r.sum.RowsAccepted, RowsRejected: r.sum.RowsRejected,
		RowsSkipped: r.sum.RowsSkipped, RowsBlank: r.sum.RowsBlank,
	}
	m.Findings, m.Repairs = make(map[string]int64), make(map[string]int64)
	for _, c := range rule.Codes() {
		if n := r.sum.Findings[c]; n > 0 {
			m.Findings[c.String()] = n
		}
	}
	for k, n := range r.sum.Repairs {
		if n > 0 {
			m.Repairs[transform.Repair(k).String()] = n
		}
	}
	return d.Commit(*m)
}

// namesFile reports whether the path of an --output flag is a file, not the stream.
func namesFile(path string) bool { return path != "" && path != "-" }

// writeOutput writes all of an output, to the file or, where path does not name one,
// to stdout. The file appears as a whole or not at all.
func writeOutput(stdout io.Writer, path string, write func(io.Writer) error) error {
	if !namesFile(path) {
		return write(stdout)
	}
	file, err := sink.CreateFile(path)
	if err != nil {
		return err
	}
	if err = write(file); err == nil {
		err = file.Commit()
	}
	return errors.Join(err, file.Abort()) // nothing after Commit
}

// fileOutput is one import file on a stream or under a name.
type fileOutput struct {
	w     *bufio.Writer
	z     io.WriteCloser // compresses to w; nil: not compressed
	file  *sink.File     // nil: a stream
	rows  int64
	bytes int64
}

// newFileOutput begins the import file. What it returns with an error is to be aborted.
func newFileOutput(stdout io.Writer, path string, c sink.Compression, header []byte) (*fileOutput, error) {
	o := &fileOutput{}
	w := stdout
	if namesFile(path) {
		var err error
		if o.file, err = sink.CreateFile(path); err != nil {
			return nil, err
		}
		w = o.file
	}
	o.w = bufio.NewWriterSize(w, 256<<10)
	o.bytes = int64(len(header))
	var err error
	if o.z, err = c.NewEncoder(o.w); err != nil {
		return o, err
	}
	return o, o.write(header)
}

func (o *fileOutput) write(p []byte) (err error) {
	if o.z != nil {
		_, err = o.z.Write(p)
	} else {
		_, err = o.w.Write(p)
	}
	return err
}

func (o *fileOutput) Rows(_ string, rows []byte, ends []uint32, _ []sink.Row) error {
	o.rows += int64(len(ends))
	o.bytes += int64(len(rows))
	return o.write(rows)
}

func (o *fileOutput) Reject([]byte, []byte) error { return nil }
func (o *fileOutput) RejectMore([]byte) error     { return nil }
func (o *fileOutput) Skip([]byte) error           { return nil }

func (o *fileOutput) commit(*convertRun) error {
	if o.z != nil {
		if err := o.z.Close(); err != nil {
			return err
		}
	}
	if err := o.w.Flush(); err != nil {
		return err
	}
	if o.file == nil {
		return nil
	}
	return o.file.Commit()
}

func (o *fileOutput) abort() error {
	if o.file == nil {
		return nil
	}
	return o.file.Abort()
}

// tooLarge reports whether one import job cannot take the file.
func (o *fileOutput) tooLarge() bool {
	return o.rows > validate.MaxFileRows || o.bytes > validate.MaxFileBytes
}
