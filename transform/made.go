package transform

import (
	"encoding/binary"
	"errors"
	"math"

	"poolprep/validate"
	"poolprep/validate/ledger"
	"poolprep/validate/scan"
	"poolprep/validate/shard"
	"poolprep/validate/value"
)

// This file is the form in which the parts of a conversion have what was made of a block,
// beside its Facts, in the file "made":
//
//	flags, CRC-32C of the text of the block (4 bytes, little endian), number of records
//	of each record: its length, that of its row, that of its side line, 1 + the bytes of it
//	    in the file of records or 0, its column, algorithm of its password hash
//	number of repairs; of each the record and the kind
//	number of password hashes that were left out; of each the record
//	of the rest of an overlong line: the bytes of it in the file of records
//
// Numbers are varints. Side line, column and algorithm are there only if a flag says so.

// flags of a block.
const (
	madeSide = 1 << iota
	madeColumns
	madeHashes
	madeRest
)

// madeWriter writes down what was made of blocks.
type madeWriter struct {
	w         *shard.Writer
	dry       bool // only what is counted is written
	of        madeOf
	document  bool
	converter *Converter
	inLine    runner // for inOneLine
	buf       []byte
}

func (w *madeWriter) begin(in *validate.Input, c *Converter) {
	w.document, w.converter = in.Document(), c
	w.inLine.records = inBlock{in}
}

// block writes down a block, which the ledger of the part has taken.
func (w *madeWriter) block(b *validate.Batch, s *stage) error {
	flags := byte(0)
	for _, f := range []struct {
		set bool
		bit byte
	}{{len(s.sideEnds) > 0 && !w.dry, madeSide}, {w.document, madeColumns}, {len(s.hashes) > 0, madeHashes}, {b.Continued, madeRest}} {
		if f.set {
			flags |= f.bit
		}
	}
	for _, skip := range b.Skips {
		if _, known := w.of.Reasons[int(skip.Reason)]; !known {
			w.of.Reasons[int(skip.Reason)] = w.converter.program.SkipReason(int(skip.Reason) - 1)
		}
	}
	w.buf = binary.LittleEndian.AppendUint32(append(w.buf[:0], flags), w.w.BlockSum())
	w.count(len(b.Records))
	row, side := uint32(0), uint32(0)
	for i := range b.Records {
		w.count(int(b.Records[i].Next - b.Records[i].Start))
		if w.dry {
			w.count(0)
		} else {
			w.count(int(s.ends[i] - row))
			row = s.ends[i]
		}
		if flags&madeSide != 0 {
			w.count(int(s.sideEnds[i] - side))
			side = s.sideEnds[i]
		}
		if err := w.record(b, i); err != nil {
			return err
		}
		if w.document {
			w.count(b.Column(i))
		}
		if flags&madeHashes != 0 {
			w.buf = append(w.buf, byte(s.hashes[i]))
		}
	}
	w.counts(s)
	if b.Continued {
		var rest []byte
		if !w.dry {
			rest = w.inLine.inOneLine(b.Block.Data)
		}
		w.count(len(rest))
		if err := w.write(shard.RecordsName, rest); err != nil {
			return err
		}
	}
	return errors.Join(w.w.Frame(shard.MadeName, w.buf), w.write(shard.RowsName, s.out[:row]), w.write(shard.SideName, s.side[:side]))
}

// record writes down a record byte for byte if it is rejected or skipped as it is.
func (w *madeWriter) record(b *validate.Batch, i int) error {
	v := b.Verdicts[i]
	if w.dry || v != ledger.Rejected && v != ledger.Skipped {
		w.count(0)
		return nil
	}
	raw := w.inLine.inOneLine(b.Raw(i))
	w.count(len(raw) + 1)
	return w.write(shard.RecordsName, raw)
}

// counts writes down what runner.count counts.
func (w *madeWriter) counts(s *stage) {
	repairs := s.repairs
	for _, m := range s.columnRepairs {
		if !s.byRow[m.record] {
			repairs = append(repairs, m)
		}
	}
	w.count(len(repairs))
	for _, m := range repairs {
		w.count(int(m.record))
		w.count(int(m.kind))
	}
	left := s.left
	for _, record := range s.columnLeft {
		if !s.byRow[record] {
			left = append(left, record)
		}
	}
	w.count(len(left))
	for _, record := range left {
		w.count(int(record))
	}
}

func (w *madeWriter) count(n int) {
	if uint(n) < 0x80 {
		w.buf = append(w.buf, byte(n))
		return
	}
	w.buf = binary.AppendUvarint(w.buf, uint64(n))
}

func (w *madeWriter) write(name string, text []byte) error {
	if w.dry {
		return nil
	}
	return w.w.Write(name, text)
}

// madeInput is what is known of the input of a block.
type madeInput struct {
	of      string // its name
	json    bool   // it is JSON documents
	reasons map[int]string
	number  int // its index in the plan
	sources *sourceReader
}

// madeBlock is what a part has of a block, read back. It is the records of a runner.
type madeBlock struct {
	*madeInput // once its turn has come
	batch      validate.Batch
	text       []byte
	stage      stage
	columns    []int // of the records; empty: 1 each
	kept       []byte
	keptAt     []keptAt // of the records
	checksum   uint32
}

// keptAt is where a record lies in what a part has kept; start -1: it is not there.
type keptAt struct{ start, end int }

func (m *madeBlock) name() string   { return m.of }
func (m *madeBlock) document() bool { return m.json }

func (m *madeBlock) column(_ *validate.Batch, i int) int {
	if len(m.columns) == 0 {
		return 1
	}
	return m.columns[i]
}

func (m *madeBlock) more(*validate.Batch) ([]byte, error) { return m.kept, nil }

// raw returns a record as its part has kept it: if it passed there, from the input.
func (m *madeBlock) raw(b *validate.Batch, i int) ([]byte, error) {
	at := m.keptAt[i]
	if at.start < 0 {
		return m.sources.record(m.number, b, i, m.checksum)
	}
	return m.kept[at.start:at.end], nil
}

// read reads the next block of a part, of which f are the Facts.
func (m *madeBlock) read(r *shard.Reader, f *ledger.Facts) error {
	text, err := r.Frame(shard.MadeName, m.text)
	if err != nil {
		return err
	}
	m.text = text
	rows, side, kept, ok := m.parse(text, f)
	if !ok {
		return r.Damaged(shard.MadeName)
	}
	for _, file := range []struct {
		name string
		text *[]byte
		n    int
	}{{shard.RowsName, &m.stage.out, rows}, {shard.SideName, &m.stage.side, side}, {shard.RecordsName, &m.kept, kept}} {
		if *file.text, err = r.Read(file.name, (*file.text)[:0], file.n); err != nil {
			return err
		}
	}
	return nil
}

// parse takes a block apart, and returns how many bytes it has in the other files; ok is false
// if it is damaged, or f are the Facts of another one.
func (m *madeBlock) parse(text []byte, f *ledger.Facts) (rows, side, kept int, ok bool) {
	if len(text) < 5 {
		return 0, 0, 0, false
	}
	var d madeReader
	flags := text[0]
	m.checksum = binary.LittleEndian.Uint32(text[1:])
	d.b = text[5:]
	s := &m.stage
	rows, side, kept = m.readRecords(&d, f, flags)
	n := len(f.Verdicts)
	s.repairs, s.left = s.repairs[:0], s.left[:0]
	for range d.count(len(d.b)) {
		repair := made{int32(d.count(n - 1)), Repair(d.count(int(NumRepairs) - 1))}
		s.repairs = append(s.repairs, repair)
	}
	for range d.count(len(d.b)) {
		s.left = append(s.left, int32(d.count(n-1)))
	}
	if flags&madeRest != 0 {
		kept += d.count(math.MaxInt32)
	}
	const most = math.MaxUint32 // bytes of a block, which spans have room for
	return rows, side, kept, !d.bad && len(d.b) == 0 && flags < madeRest<<1 && rows <= most && side <= most && kept <= most
}

// readRecords reads what there is of every record, and returns how many bytes the block has in
// the other files.
func (m *madeBlock) readRecords(d *madeReader, f *ledger.Facts, flags byte) (rows, side, kept int) {
	s := &m.stage
	s.ends, s.sideEnds, s.hashes = s.ends[:0], s.sideEnds[:0], s.hashes[:0]
	m.columns, m.keptAt, m.batch.Records = m.columns[:0], m.keptAt[:0], m.batch.Records[:0]
	n := d.count(math.MaxInt32)
	d.bad = d.bad || n != len(f.Verdicts)
	for i := 0; i < n && !d.bad; i++ {
		start := f.Text.Start(i)
		next := int64(start) + int64(d.count(math.MaxInt32))
		d.bad = d.bad || next > f.Bytes
		m.batch.Records = append(m.batch.Records, scan.Record{Start: start, Next: uint32(next)})
		rows += d.count(math.MaxInt32)
		s.ends = append(s.ends, uint32(rows))
		if flags&madeSide != 0 {
			side += d.count(math.MaxInt32)
			s.sideEnds = append(s.sideEnds, uint32(side))
		}
		at := keptAt{start: -1}
		if size := d.count(math.MaxInt32); size > 0 {
			at = keptAt{kept, kept + size - 1}
			kept = at.end
		}
		m.keptAt = append(m.keptAt, at)
		if flags&madeColumns != 0 {
			m.columns = append(m.columns, d.count(math.MaxInt32))
		}
		if flags&madeHashes != 0 {
			h := value.HashAlgorithm(d.byte())
			d.bad = d.bad || !h.Valid()
			s.hashes = append(s.hashes, h)
		}
	}
	return rows, side, kept
}

// madeReader takes a block apart. After the first thing that is wrong everything is zero.
type madeReader struct {
	b   []byte
	bad bool
}

// count returns a number from 0 to most.
func (d *madeReader) count(most int) int {
	if b := d.b; len(b) > 0 && b[0] < 0x80 && int(b[0]) <= most {
		d.b = b[1:]
		return int(b[0])
	}
	n, size := binary.Uvarint(d.b)
	if size <= 0 || most < 0 || n > uint64(most) {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[size:]
	return int(n)
}

func (d *madeReader) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	b := d.b[0]
	d.b = d.b[1:]
	return b
}
