package transform

import (
	"bytes"
	"errors"
	"time"

	"poolprep/transform/mapping"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/report"
	"poolprep/validate/rule"
)

// RunDirectory is the Output of a run directory, see package sink: chunks, the rejected
// records byte for byte, and a manifest.
type RunDirectory struct {
	Options sink.Options // its headers and the name of the file of rejects are filled in
	Reasons bool         // a table that says what is wrong with each line of the rejects
	// Manifest is what is written at the end. Tool, Command and Known are the caller's,
	// all else is filled in.
	Manifest sink.Manifest

	run   *sink.Run
	entry []byte
}

var (
	_ RejectOutput = (*RunDirectory)(nil)
	_ SideOutput   = (*RunDirectory)(nil)
)

// directoryStart is what a run directory begins with, for the parts of a run to keep it.
type directoryStart struct {
	Header       []byte `json:"header"` // of the chunks
	RejectHeader []byte `json:"reject_header"`
	RejectEnd    []byte `json:"reject_end"`
	JSON         bool   `json:"json,omitempty"` // so are the rejects
	Schema       string `json:"schema"`
	Mapping      string `json:"mapping,omitempty"`
	Phones       string `json:"phone_metadata,omitempty"`
}

func startOf(b Beginning) directoryStart {
	s := directoryStart{Header: AppendHeader(nil, b.Columns), RejectEnd: []byte("\n"), Schema: b.Pool.Fingerprint()}
	if b.Input != nil {
		s.RejectHeader, s.RejectEnd = b.Header.Raw, lineEnd(b.Header.Raw)
		if len(b.Header.Raw) == 0 {
			if s.RejectEnd = []byte("\n"); !b.Input.Document() {
				s.RejectEnd = b.Input.FirstLineEnd()
			}
		}
		s.JSON = b.Input.JSON()
		if sep := b.Input.SepLine(); len(sep) > 0 {
			s.RejectHeader = append(bytes.Clone(sep), b.Header.Raw...)
		}
	}
	if b.Mapping != nil {
		s.Mapping = b.Mapping.Fingerprint()
		if b.Mapping.ReadsPhones() {
			s.Phones = mapping.PhoneMetadata
		}
	}
	return s
}

// Begin makes the directory.
func (d *RunDirectory) Begin(b Beginning) (err error) { return d.begin(startOf(b)) }

func (d *RunDirectory) begin(s directoryStart) (err error) {
	if d.run != nil {
		return errors.New("transform: a RunDirectory is for one conversion")
	}
	o := d.Options
	o.Header, o.RejectHeader, o.RejectEnd = s.Header, s.RejectHeader, s.RejectEnd
	if s.JSON {
		o.Rejects = sink.JSONRejects
	}
	if d.Reasons {
		o.TableHeader = append(report.AppendCSV(nil, report.ReasonColumns...), '\n')
	}
	d.Manifest.Schema, d.Manifest.Mapping, d.Manifest.Phones = s.Schema, s.Mapping, s.Phones
	d.run, err = sink.Create(o)
	return err
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

// Rows appends rows to the chunks.
func (d *RunDirectory) Rows(algorithm string, rows []byte, ends []uint32, from []sink.Row) error {
	return d.run.Rows(algorithm, rows, ends, from)
}

// Reject appends the record to the rejects, and why to the files beside them.
func (d *RunDirectory) Reject(r *Record) error {
	d.entry = report.AppendReject(d.entry[:0], r.File, r.Pos(), r.Findings)
	if err := d.run.Reject(r.Raw, d.entry); err != nil || !d.Reasons {
		return err
	}
	d.entry = report.AppendReason(d.entry[:0], r.File, r.Line, r.Findings)
	return d.run.Explain(d.entry)
}

// RejectMore appends to the last record of the rejects.
func (d *RunDirectory) RejectMore(raw []byte) error { return d.run.RejectMore(raw) }

// Skip notes where the record is and why it was left out.
func (d *RunDirectory) Skip(r *Record) error {
	d.entry = report.AppendSkip(d.entry[:0], r.File, r.Pos(), r.Number, r.Reason)
	return d.run.Skip(r.Raw, d.entry)
}

// WantsSide reports true.
func (d *RunDirectory) WantsSide() bool { return true }

// Side appends lines to side.jsonl.
func (d *RunDirectory) Side(lines []byte, n int) error { return d.run.Side(lines, n) }

// Ended notes in the manifest what was read.
func (d *RunDirectory) Ended(in *validate.Input, h *validate.Header, read rule.Source) error {
	d.Manifest.Sources = append(d.Manifest.Sources, sourceOf(in, h, read))
	return nil
}

// sourceOf says in the words of a manifest what was read.
func sourceOf(in *validate.Input, h *validate.Header, read rule.Source) sink.Source {
	raw := in.Raw()
	s := sink.Source{
		Path: read.Name, Size: read.Size, SHA256: read.SHA256, Codec: raw.Codec(),
		Charset: raw.Charset(), Delimiter: validate.DelimiterName(in.Dialect().Delimiter), Rows: read.Rows,
		Header: &sink.Span{Offset: h.Pos.Offset, Length: int64(len(h.Raw))},
	}
	if in.JSON() {
		s.Delimiter = "" // its records are objects
	}
	if n := len(in.SepLine()); n > 0 {
		s.Sep = &sink.Span{Offset: raw.Start(), Length: int64(n)}
	}
	return s
}

// Commit completes the files, and writes the manifest last.
func (d *RunDirectory) Commit(r *Result) error {
	m, sum := &d.Manifest, &r.Summary
	m.Created = time.Now().UTC().Format(time.RFC3339Nano) // two runs of the same in a second are two
	m.Counts = sink.Counts{
		RowsRead: sum.RowsRead, RowsAccepted: sum.RowsAccepted, RowsRejected: sum.RowsRejected,
		RowsSkipped: sum.RowsSkipped, RowsBlank: sum.RowsBlank,
	}
	m.Findings, m.Repairs = make(map[string]int64), make(map[string]int64)
	for _, c := range rule.Codes() {
		if n := sum.Findings[c]; n > 0 {
			m.Findings[c.String()] = n
		}
	}
	for k, n := range r.Repairs {
		if n > 0 {
			m.Repairs[Repair(k).String()] = n
		}
	}
	return d.run.Commit(*m)
}

// Abort removes what was written.
func (d *RunDirectory) Abort() error {
	if d.run == nil {
		return nil
	}
	return d.run.Abort()
}

// Chunks returns the chunks that are complete, after Commit all of them.
func (d *RunDirectory) Chunks() []sink.Chunk {
	if d.run == nil {
		return nil
	}
	return d.run.Chunks()
}

// RejectsFile returns the name of the file of rejects in the directory.
func (d *RunDirectory) RejectsFile() string {
	if d.run == nil {
		return ""
	}
	return d.run.RejectsFile()
}

// SkippedFile returns the name of the file of skipped records in the directory, if
// Options.KeepSkipped asks for it.
func (d *RunDirectory) SkippedFile() string {
	if d.run == nil {
		return ""
	}
	return d.run.SkippedFile()
}

// HasSide reports whether side.jsonl was written.
func (d *RunDirectory) HasSide() bool { return d.run != nil && d.run.HasSide() }
