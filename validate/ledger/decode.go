package ledger

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"sync"

	"poolprep/validate/keyset"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// UnmarshalBinary reads Facts that were written down, and nothing after them.
func (f *Facts) UnmarshalBinary(data []byte) error {
	rest, err := f.ReadBinary(data)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("ledger: %d bytes follow the facts", len(rest))
	}
	return err
}

// ReadBinary reads the Facts at the beginning of data and returns what follows. It keeps
// nothing of data. Where data is cut short, is damaged or is something else, it is an
// error, and the Facts are of no use.
func (f *Facts) ReadBinary(data []byte) (rest []byte, err error) {
	const cut = "ledger: the facts are cut short after %d bytes"
	if n := min(len(data), len(magic)); string(data[:n]) != magic[:n] {
		return nil, errors.New("ledger: these are no facts, or those of another version of poolprep")
	}
	if len(data) < frame {
		return nil, fmt.Errorf(cut, len(data))
	}
	size := int64(binary.LittleEndian.Uint32(data[len(magic):]))
	if size > int64(len(data)-frame) {
		return nil, fmt.Errorf(cut, len(data))
	}
	body, rest := data[len(magic)+4:][:size], data[len(magic)+4+int(size):]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(rest) {
		return nil, errors.New("ledger: the facts are damaged: their checksum differs")
	}
	f.Begin()
	d := decoder{b: body}
	d.facts(f)
	if d.err == nil && len(d.b) > 0 {
		d.fail("something follows them")
	}
	if d.err != nil {
		return nil, d.err
	}
	return rest[4:], nil
}

// ReadFrame appends Facts as they were written down, which read hands out, to dst: whole,
// to be read by UnmarshalBinary.
func ReadFrame(dst []byte, read func(dst []byte, n int) ([]byte, error)) ([]byte, error) {
	at := len(dst)
	dst, err := read(dst, len(magic)+4)
	if err != nil {
		return dst, err
	}
	size := int64(binary.LittleEndian.Uint32(dst[at+len(magic):])) + 4
	if size > math.MaxInt32 {
		return dst, errors.New("ledger: the facts are damaged: they are too large")
	}
	return read(dst, int(size))
}

// written is the Text of Facts that were read back.
type written struct {
	width  int
	starts []uint32
	keys   []At // width of each record
	hashes []At // those of records
	of     []Hash
}

func (w *written) Start(record int) uint32 { return w.starts[record] }

func (w *written) Key(record, key int) At { return w.keys[record*w.width+key] }

func (w *written) Hash(record int) At {
	i, found := slices.BinarySearchFunc(w.of, int32(record), func(h Hash, r int32) int { return cmp.Compare(h.Record, r) })
	if !found {
		return At{}
	}
	return w.hashes[i]
}

// maxPosition is how many bytes and lines there may be before a block: so many inputs
// have places that fit an int64.
const maxPosition = 1 << 48

// decoder takes a body apart. After the first thing that is wrong everything is zero.
type decoder struct {
	b       []byte
	err     error
	bytes   int64 // of the block, which no position exceeds
	lines   int64
	records int
	// rejected is how many records are, of which no error is known yet.
	rejected int
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = errors.New("ledger: the facts are damaged: " + what)
	}
	d.b = nil
}

// number returns a number from low to high.
func (d *decoder) number(low, high int64) int64 {
	if b := d.b; len(b) > 0 && b[0] < 0x80 && b[0]&1 == 0 && low <= 0 && int64(b[0]>>1) <= high {
		d.b = b[1:]
		return int64(b[0] >> 1)
	}
	n, size := binary.Varint(d.b)
	if size <= 0 || n < low || n > high {
		d.fail("a number is out of range")
		return 0
	}
	d.b = d.b[size:]
	return n
}

// count returns a number from 0 to high.
func (d *decoder) count(high int) int {
	if b := d.b; len(b) > 0 && b[0] < 0x80 && int(b[0]) <= high {
		d.b = b[1:]
		return int(b[0])
	}
	n, size := binary.Uvarint(d.b)
	if size <= 0 || n > uint64(max(high, 0)) {
		d.fail("a count is out of range")
		return 0
	}
	d.b = d.b[size:]
	return int(n)
}

// length returns how many things follow, of which each takes at least size bytes.
func (d *decoder) length(size int) int { return d.count(len(d.b) / size) }

// next returns the next n bytes.
func (d *decoder) next(n int) []byte {
	if n > len(d.b) {
		d.fail("they end too early")
		return make([]byte, n)
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

func (d *decoder) text() string { return string(d.next(d.length(1))) }

func (d *decoder) key() keyset.Key {
	b := d.next(keySize)
	k := keyset.Key{Hi: binary.LittleEndian.Uint64(b), Lo: binary.LittleEndian.Uint32(b[8:])}
	if k.Lo&1 == 0 && k != (keyset.Key{}) {
		d.fail("a key is no fingerprint")
	}
	return k
}

// record returns the record of the next one of a list, at least after the last one.
func (d *decoder) record(last, after int) int32 {
	r := d.count(d.records - 1)
	if r < last+after || d.records == 0 {
		d.fail("records are out of order")
	}
	return int32(r)
}

func (d *decoder) facts(f *Facts) {
	flags := d.next(1)[0]
	f.Continued, f.Unfinished = flags&isContinued != 0, flags&isUnfinished != 0
	if flags >= isByLine<<1 {
		d.fail("a flag is unknown")
	}
	f.Pos = scan.Pos{Offset: d.number(0, maxPosition), Line: d.number(0, maxPosition), Column: 1}
	f.Bytes, f.Lines = d.number(0, math.MaxUint32), d.number(0, math.MaxUint32)
	d.bytes, d.lines = f.Bytes, f.Lines
	for i := range f.Seed {
		f.Seed[i] = binary.LittleEndian.Uint64(d.next(8))
	}
	d.recordsOf(f, flags&isByLine != 0)
	d.lists(f)
	last, explained := -1, -1
	for range d.length(12) {
		record := d.record(last, 0)
		last = int(record)
		x := f.Add(last)
		d.finding(x)
		if last > explained && d.err == nil && f.Verdicts[last] == Rejected && x.Severity == rule.Error {
			explained = last
			d.rejected--
		}
	}
	if d.rejected != 0 && f.HeaderAgain < 0 { // else what follows that is not taken
		d.fail("a rejected record has no error")
	}
	for range d.length(24) {
		s := Stray{Record: d.record(0, 0), Name: d.key()}
		d.finding(&s.Finding)
		f.Strays = append(f.Strays, s)
	}
	if !slices.IsSortedFunc(f.Strays, func(a, b Stray) int { return cmp.Compare(a.Record, b.Record) }) {
		d.fail("records are out of order")
	}
}

// recordsOf reads what there is of every record.
func (d *decoder) recordsOf(f *Facts, byLine bool) {
	text, ok := f.Text.(*written)
	if !ok {
		text = new(written)
		f.Text = text
	}
	d.records = d.length(2)
	f.Width = d.count(MaxKeys)
	if least := 2 + keySize*f.Width; d.records > len(d.b)/least {
		d.fail("they end too early")
		d.records = 0
	}
	text.width, text.starts, text.keys, text.hashes = f.Width, text.starts[:0], text.keys[:0], text.hashes[:0]
	text.starts, text.keys = slices.Grow(text.starts, d.records), slices.Grow(text.keys, d.records*f.Width)
	f.Verdicts, f.Keys = slices.Grow(f.Verdicts, d.records), slices.Grow(f.Keys, d.records*f.Width)
	start, line := 0, 0
	for i := range d.records {
		v := Verdict(d.next(1)[0])
		if start += d.count(int(d.bytes) - start); v >= numVerdicts {
			d.fail("a verdict is unknown")
		}
		if d.err != nil {
			return
		}
		if v == Rejected {
			d.rejected++
		}
		f.Verdicts, text.starts = append(f.Verdicts, v), append(text.starts, uint32(start))
		if byLine {
			line = i
		} else {
			line += d.count(int(d.lines) - line)
			f.LineOf = append(f.LineOf, uint32(line))
		}
		for range f.Width {
			key, at := d.key(), At{}
			if key.Lo != 0 {
				at = d.at(int64(start), int64(line))
			}
			f.Keys, text.keys = append(f.Keys, key), append(text.keys, at)
		}
	}
	if f.Continued && d.records > 0 {
		d.fail("the rest of a line has records")
	}
}

// lists reads what there is of some records.
func (d *decoder) lists(f *Facts) {
	text := f.Text.(*written)
	last := -1
	for range d.length(8) {
		h := Hash{Record: d.record(last, 1)}
		var err error
		if h.Algorithm, err = value.ParseHashAlgorithm(d.text()); err != nil {
			d.fail("a hash has no known algorithm")
		}
		last = int(h.Record)
		f.Hashes, text.hashes = append(f.Hashes, h), append(text.hashes, d.at(0, 0))
	}
	text.of = append(text.of[:0], f.Hashes...)
	last = -1
	for range d.length(13) {
		t := Twin{Record: d.record(last, 1), Key: d.key()}
		last = int(t.Record)
		f.Twins = append(f.Twins, t)
	}
	last = -1
	for range d.length(2) {
		s := Skip{Record: d.record(last, 1), Reason: int32(d.number(0, math.MaxInt32))}
		last = int(s.Record)
		f.Skips = append(f.Skips, s)
	}
	for _, list := range []*[]int32{&f.Padded, &f.MultiLine} {
		last = -1
		for range d.length(1) {
			record := d.record(last, 1)
			last = int(record)
			*list = append(*list, record)
		}
	}
	f.FirstCRLF = int(d.number(-1, int64(d.records)-1))
	f.HeaderAgain = int(d.number(-1, int64(d.records)-1))
}

// at returns where something stands, counted from an offset and a line of the block.
func (d *decoder) at(offset, line int64) (at At) {
	at.Pos = scan.Pos{Offset: offset + d.number(-offset, d.bytes-offset), Line: line + d.number(-line, d.lines-line), Column: d.count(math.MaxInt32)}
	at.Field = d.count(math.MaxInt32)
	if n := d.length(1); n > 0 {
		at.Value = append([]byte{}, d.next(n-1)...)
	}
	return at
}

// codes are those of findings by name.
var codes = sync.OnceValue(func() map[string]rule.Code {
	m := make(map[string]rule.Code, rule.NumCodes)
	for _, c := range rule.Codes() {
		m[c.String()] = c
	}
	return m
})

func (d *decoder) finding(x *rule.Finding) {
	code, known := codes()[d.text()]
	if !known {
		d.fail("a finding has no known code")
	}
	x.Code, x.Severity = code, rule.Severity(d.next(1)[0])
	if x.Severity == rule.Off || x.Severity > rule.Error {
		d.fail("a finding has no known level")
		x.Severity = rule.Hint
	}
	at := d.at(0, 0)
	x.Pos, x.Field, x.Value = at.Pos, at.Field, at.Value
	x.Column, x.Source = d.text(), d.text()
	x.Want, x.Got = d.number(math.MinInt64, math.MaxInt64), d.number(math.MinInt64, math.MaxInt64)
	x.Text = d.text()
}
