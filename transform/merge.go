package transform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"poolprep/transform/join"
	"poolprep/validate"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// MergeOptions say what becomes of the parts of a conversion.
type MergeOptions struct {
	validate.MergeOptions // its Begun, Ended and Block are filled in
	// Output gets what the parts have made; nil: nothing is written, as for parts of a check.
	Output *RunDirectory
	// Said is told, for each input, what the findings about its header say of all rows; nil: nobody.
	Said func([]rule.RowCause)
	// Committing is told of the totals before Output is committed; nil: nobody. After an
	// error Output is aborted.
	Committing func(*Result) error
}

// Merge does what is left of a conversion, or of a check, of which the parts were made: what
// depends on the order of all rows, chunks, rejects and manifest. Output is what one run
// over the inputs writes, byte for byte but for times. Where a row is a duplicate of a row
// in another part, its record is read from the input once more.
func Merge(ctx context.Context, o MergeOptions) (Result, error) {
	m := &merge{MergeOptions: o}
	defer m.sources.close()
	err := m.all(ctx)
	if err != nil && m.begun {
		err = errors.Join(err, m.Output.Abort())
	}
	return m.result, err
}

// merge is a run of Merge.
type merge struct {
	MergeOptions
	of      madeOf       // the input at hand
	runner  *runner      // of it
	at      *shard.Input // the range at hand
	input   madeInput
	sources sourceReader
	begun   bool
	result  Result
}

func (m *merge) all(ctx context.Context) (err error) {
	o := m.MergeOptions.MergeOptions
	if o.Parts == nil {
		return errors.New("transform: there are no parts to merge")
	}
	m.sources.plan, m.sources.opener = o.Parts.Plan, o.Open
	o.Begun, o.Ended, o.Ahead, o.Block = m.begin, m.end, readMade, m.block
	m.result.Result, err = validate.Merge(ctx, o)
	if err != nil {
		return err
	}
	bare, err := m.ends()
	if err != nil || m.Output == nil {
		return err
	}
	if !m.begun {
		if err := m.beginOutput(bare); err != nil {
			return err
		}
	}
	if m.Committing != nil {
		if err := m.Committing(&m.result); err != nil {
			return err
		}
	}
	return m.Output.Commit(&m.result)
}

// ends puts together what the parts say at their ends. bare is what a run without any header
// begins with.
func (m *merge) ends() (bare directoryStart, err error) {
	var looked *join.Looked
	for i, text := range m.Parts.Made() {
		if len(text) == 0 {
			continue // a check without mapping
		}
		var end madePart
		if json.Unmarshal(text, &end) != nil {
			return bare, m.Parts.Damaged(i + 1)
		}
		bare = end.Bare
		switch {
		case looked == nil:
			looked = end.Join
		case end.Join != nil:
			if looked.Add(end.Join) != nil {
				return bare, m.Parts.Damaged(i + 1)
			}
		}
	}
	if looked != nil {
		m.result.Join = &looked.Stats
	}
	return bare, nil
}

func (m *merge) beginOutput(s directoryStart) error {
	m.begun = true
	return m.Output.begin(s)
}

// begin begins an input.
func (m *merge) begin(input int, in *shard.Input) error {
	if m.Said != nil {
		m.Said(in.Said)
	}
	if in.Empty || len(in.Made) == 0 {
		return nil
	}
	m.of = madeOf{}
	if json.Unmarshal(in.Made, &m.of) != nil {
		return in.Damaged()
	}
	if m.result.Skips == nil {
		m.result.Skips = make(map[string]int64)
	}
	run := RunOptions{Source: input}
	if m.Output != nil {
		if !m.begun {
			if err := m.beginOutput(m.of.Start); err != nil {
				return err
			}
		}
		run.Rows, run.Rejects = m.Output, m.Output
	}
	m.input = madeInput{of: in.Ledger.Name, json: m.of.Document, number: input, sources: &m.sources}
	m.runner = &runner{o: run, result: &m.result, reason: func(skip int) string { return m.input.reasons[skip] }}
	return nil
}

// end ends an input.
func (m *merge) end(_ int, read rule.Source) error {
	if m.Output == nil {
		return nil
	}
	s := m.of.Source
	s.Rows, s.Size, s.SHA256 = read.Rows, read.Size, read.SHA256
	m.Output.Manifest.Sources = append(m.Output.Manifest.Sources, s)
	return nil
}

// readMade reads what a part has made of a block.
func readMade(in *shard.Input, r *shard.Reader, f *ledger.Facts, used any) (any, error) {
	if len(in.Made) == 0 {
		return nil, nil
	}
	b, ok := used.(*madeBlock)
	if !ok {
		b = new(madeBlock)
	}
	return b, b.read(r, f)
}

// block takes a block that the ledger has taken.
func (m *merge) block(_ int, in *shard.Input, f *ledger.Facts, read any) error {
	b, ok := read.(*madeBlock)
	if !ok {
		return nil
	}
	if err := m.reasons(in); err != nil {
		return err
	}
	b.madeInput, b.batch.Facts = &m.input, *f
	m.runner.records = b
	m.runner.count(&b.batch, &b.stage)
	if m.Output == nil {
		return nil
	}
	if m.runner.o.Side = nil; len(b.stage.sideEnds) > 0 {
		m.runner.o.Side = m.Output
	}
	return m.runner.write(&b.batch, &b.stage)
}

// reasons makes those of the range at hand known.
func (m *merge) reasons(in *shard.Input) error {
	if m.at == in {
		return nil
	}
	var of madeOf
	if json.Unmarshal(in.Made, &of) != nil {
		return in.Damaged()
	}
	m.at, m.input.reasons = in, of.Reasons
	return nil
}

// sourceReader reads records from the inputs of a plan.
type sourceReader struct {
	plan   *shard.Plan
	opener source.Opener
	input  int           // that is open; -1: none
	file   source.Ranged // of one that is read from anywhere
	text   *source.Input // of any other
	at     int64         // in text
	ranges []shard.Range // of the input, if it is read as text from frames on
	block  []byte
	start  int64 // of block in the text; -1: there is none
}

// record returns record i of a block, byte for byte. checksum is that of the block.
func (s *sourceReader) record(input int, b *validate.Batch, i int, checksum uint32) ([]byte, error) {
	path := s.plan.Sources[input].Path
	if err := s.open(input); err != nil {
		return nil, &RecordsError{source.OpenError(path, err)}
	}
	if s.start != b.Pos.Offset {
		err := s.read(b.Pos.Offset, int(b.Bytes))
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF || err == nil && shard.Checksum(s.block) != checksum:
			return nil, &RecordsError{&source.FileError{Path: path, Text: "the file was changed since the parts were made"}}
		case err != nil:
			return nil, &RecordsError{source.OpenError(path, err)}
		}
	}
	return s.block[b.Records[i].Start:b.Records[i].Next], nil
}

// open opens an input, unless it is open.
func (s *sourceReader) open(input int) (err error) {
	if s.file != nil && s.input == input || s.text != nil && s.input == input {
		return nil
	}
	s.close()
	planned := s.plan.Sources[input]
	s.input, s.start, s.at = input, -1, 0
	if planned.Codec == "none" && planned.Charset == "utf-8" {
		s.file, err = s.opener.Open(planned.Path)
		return err
	}
	const any = 1 << 60 // bytes: the part has read it
	if s.text, err = s.opener.Input(planned.Path, source.Options{Encoding: planned.Charset, MaxExpanded: any}); err != nil {
		return err
	}
	s.at, s.ranges = s.text.Start(), nil
	for _, part := range s.plan.Parts {
		for _, r := range part.Ranges {
			if r.Source == input && r.Frame.Text > 0 {
				s.ranges = append(s.ranges, r)
			}
		}
	}
	return nil
}

// read reads a block of the text.
func (s *sourceReader) read(offset int64, n int) error {
	s.start = -1
	s.block = slices.Grow(s.block[:0], n)[:n]
	var err error
	if s.file != nil {
		_, err = s.file.ReadAt(s.block, offset)
	} else {
		if err = s.pass(offset); err == nil {
			_, err = io.ReadFull(s.text, s.block)
		}
		s.at = offset + int64(n)
	}
	if err == nil {
		s.start = offset
	}
	return err
}

// pass passes over the text up to an offset, and decompresses as little of it as it can.
func (s *sourceReader) pass(offset int64) (err error) {
	var from source.Frame
	for len(s.ranges) > 0 && s.ranges[0].Offset <= offset {
		from, s.ranges = s.ranges[0].Frame, s.ranges[1:]
	}
	if from.Text > s.at {
		return s.text.GoToFrame(from, offset)
	}
	_, err = io.CopyN(io.Discard, s.text, offset-s.at)
	return err
}

func (s *sourceReader) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
	if s.text != nil {
		_ = s.text.Close()
	}
	s.file, s.text = nil, nil
}

// RecordsError says that records of an input are needed to merge the parts, because of rows
// that are duplicates of rows in other parts, and cannot be read there.
type RecordsError struct{ Err error }

func (e *RecordsError) Error() string {
	return fmt.Sprintf("%v. The records of duplicates of rows in other parts are read from it once more: put the file there as it was when the plan was made", e.Err)
}

// Unwrap returns the cause.
func (e *RecordsError) Unwrap() error { return e.Err }
