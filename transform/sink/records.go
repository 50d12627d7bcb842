package sink

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// recordFile is a file of source records, byte for byte, behind the header of the source:
// of those that were rejected, or of those that were skipped.
type recordFile struct {
	*file
	end     []byte // completes a record without line end
	records int64
	pending bool  // the last record has no line end yet
	counted bool  // line and lineOf are counted
	line    int64 // from 1, where the next record goes
	lineOf  int64 // of the last record
}

// createRecords begins a recordFile.
func (r *Run) createRecords(name string) (*recordFile, error) {
	f, err := r.dir.create(name)
	if err != nil {
		return nil, err
	}
	records := &recordFile{file: f, end: r.o.RejectEnd, counted: len(r.o.TableHeader) > 0, line: 1}
	if len(r.o.RejectHeader) == 0 {
		return records, nil
	}
	return records, records.append(r.o.RejectHeader)
}

// add appends a record.
func (f *recordFile) add(raw []byte) error {
	if err := f.complete(); err != nil {
		return err
	}
	f.records++
	f.lineOf = f.line
	return f.append(raw)
}

// append appends to the last record.
func (f *recordFile) append(raw []byte) error {
	last := f.end[len(f.end)-1:] // which is enough to tell a line end by
	f.pending = !bytes.HasSuffix(raw, last)
	if f.counted {
		f.line += int64(bytes.Count(raw, last))
	}
	return f.write(raw)
}

// complete gives the last record the line end that it lacks.
func (f *recordFile) complete() error {
	if !f.pending {
		return nil
	}
	return f.append(f.end)
}

// Reject appends a record to the file of rejects, byte for byte, and entry, a JSON
// object, as a line to rejects.jsonl.
func (r *Run) Reject(raw, entry []byte) error {
	return r.do(func() (err error) {
		if r.rejects == nil {
			if r.rejects, err = r.createRecords(r.o.Rejects); err != nil {
				return err
			}
			if r.reasons, err = r.dir.create(ReasonsName); err != nil {
				return err
			}
		}
		if err := r.rejects.add(raw); err != nil {
			return err
		}
		return r.reasons.writeLine(entry)
	})
}

// RejectMore appends to the record of the last Reject: an overlong line comes in parts.
func (r *Run) RejectMore(raw []byte) error {
	return r.do(func() error {
		if r.rejects == nil {
			return fmt.Errorf("%s: no record to go on with", r.o.Dir)
		}
		if len(raw) == 0 {
			return nil
		}
		return r.rejects.append(raw)
	})
}

// Explain appends to rejects-reasons.csv, if Options ask for it, what is wrong with the
// record of the last Reject: cells of a CSV record, before which goes the line in the
// file of rejects.
func (r *Run) Explain(cells []byte) error {
	if len(r.o.TableHeader) == 0 {
		return nil
	}
	return r.do(func() error {
		if r.rejects == nil {
			return fmt.Errorf("%s: no record to explain", r.o.Dir)
		}
		if r.table == nil {
			var err error
			if r.table, err = r.dir.create(TableName); err != nil {
				return err
			}
			if err := r.table.write(r.o.TableHeader); err != nil {
				return err
			}
		}
		if err := r.table.write(strconv.AppendInt(nil, r.rejects.lineOf, 10)); err != nil {
			return err
		}
		if err := r.table.write([]byte(",")); err != nil {
			return err
		}
		return r.table.writeLine(cells)
	})
}

// Skip appends entry, a JSON object, as a line to skipped.jsonl, and if Options ask for
// it the record, byte for byte, to the file of skipped records.
func (r *Run) Skip(raw, entry []byte) error {
	return r.do(func() (err error) {
		if r.skipped == nil {
			if r.skipped, err = r.dir.create(SkippedName); err != nil {
				return err
			}
		}
		r.skips++
		if err := r.skipped.writeLine(entry); err != nil || !r.o.KeepSkipped {
			return err
		}
		if r.kept == nil {
			if r.kept, err = r.createRecords(r.SkippedFile()); err != nil {
				return err
			}
		}
		return r.kept.add(raw)
	})
}

// Side appends n lines, each a JSON object with its newline, to side.jsonl.
func (r *Run) Side(lines []byte, n int) error {
	return r.do(func() (err error) {
		if r.side == nil {
			if r.side, err = r.dir.create(SideName); err != nil {
				return err
			}
		}
		r.sides += int64(n)
		return r.side.write(lines)
	})
}

// HasSide reports whether Side was called.
func (r *Run) HasSide() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.side != nil
}

// commitParts completes the files beside the chunks, and describes them.
func (r *Run) commitParts(m *Manifest) error {
	if r.rejects != nil {
		if err := errors.Join(r.rejects.finish(), r.reasons.commit()); err != nil {
			return err
		}
		m.Rejects = r.rejects.part()
		m.Rejects.Reasons = ReasonsName
	}
	if r.table != nil {
		if err := r.table.commit(); err != nil {
			return err
		}
		m.Rejects.Table = TableName
	}
	if r.skipped != nil {
		if err := r.skipped.commit(); err != nil {
			return err
		}
		m.Skipped = r.skipped.part(r.skips)
	}
	if r.kept != nil {
		if err := r.kept.finish(); err != nil {
			return err
		}
		m.Kept = r.kept.part()
	}
	if r.side != nil {
		if err := r.side.commit(); err != nil {
			return err
		}
		m.Side = r.side.part(r.sides)
	}
	return nil
}

// finish completes the last record, and commits the file.
func (f *recordFile) finish() error {
	if err := f.complete(); err != nil {
		return err
	}
	return f.commit()
}

// part describes the committed file.
func (f *recordFile) part() *Part { return f.file.part(f.records) }

// part describes a committed file with so many records or lines.
func (f *file) part(records int64) *Part {
	return &Part{File: f.name, Records: records, Bytes: f.size, SHA256: f.sum}
}
