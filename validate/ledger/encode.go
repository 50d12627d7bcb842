package ledger

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"

	"poolprep/validate/keyset"
	"poolprep/validate/rule"
)

// Written down, Facts are: the magic, the length of the body (4 bytes, little endian), the
// body, and its CRC-32C (4 bytes). Numbers in the body are varints, texts come behind
// their length, and codes and algorithms go by their names. Records count from the one
// before, and their keys from the record, which keeps most numbers in a byte.

// magic begins Facts that are written down. Its last byte is the version of the form.
const magic = "PPF\x02"

// frame is how many bytes there are around the body.
const frame = len(magic) + 4 + 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// flags of a body.
const (
	isContinued = 1 << iota
	isUnfinished
	isByLine // LineOf is empty
)

// AppendBinary appends the Facts as they are written down, before Take. It keeps all that
// Take needs, and nothing of the block's text but the values of findings, if these carry
// any. Beside the Seed fingerprints do not hide values, so what is written is to be kept
// like the input itself.
func (f *Facts) AppendBinary(dst []byte) ([]byte, error) {
	switch {
	case f.taken:
		return dst, errors.New("ledger: facts are written down before they are taken")
	case f.Text == nil && len(f.Verdicts) > 0 || len(f.Keys) != len(f.Verdicts)*f.Width:
		return dst, errors.New("ledger: facts that are not complete cannot be written down")
	}
	start := len(dst)
	e := encoder{b: append(append(dst, magic...), 0, 0, 0, 0)}
	e.facts(f)
	body := e.b[start+len(magic)+4:]
	if len(body) > math.MaxInt32 {
		return e.b[:start], errors.New("ledger: the facts of a block are too large to be written down")
	}
	binary.LittleEndian.PutUint32(e.b[start+len(magic):], uint32(len(body)))
	return binary.LittleEndian.AppendUint32(e.b, crc32.Checksum(body, castagnoli)), nil
}

// MarshalBinary is AppendBinary into new memory.
func (f *Facts) MarshalBinary() ([]byte, error) { return f.AppendBinary(nil) }

// encoder appends a body.
type encoder struct{ b []byte }

func (e *encoder) number(n int64) { e.count(int(n<<1 ^ n>>63)) }
func (e *encoder) count(n int) {
	if uint(n) < 0x80 {
		e.b = append(e.b, byte(n))
		return
	}
	e.b = binary.AppendUvarint(e.b, uint64(n))
}
func (e *encoder) text(s string) { e.count(len(s)); e.b = append(e.b, s...) }

// keySize is how many bytes a key has.
const keySize = 12

func (e *encoder) key(k keyset.Key) {
	e.b = binary.LittleEndian.AppendUint64(e.b, k.Hi)
	e.b = binary.LittleEndian.AppendUint32(e.b, k.Lo)
}

func (e *encoder) facts(f *Facts) {
	flags := byte(0)
	for _, flag := range []struct {
		set bool
		bit byte
	}{{f.Continued, isContinued}, {f.Unfinished, isUnfinished}, {len(f.LineOf) == 0, isByLine}} {
		if flag.set {
			flags |= flag.bit
		}
	}
	e.b = append(e.b, flags)
	e.number(f.Pos.Offset)
	e.number(f.Pos.Line)
	e.number(f.Bytes)
	e.number(f.Lines)
	for _, word := range f.Seed {
		e.b = binary.LittleEndian.AppendUint64(e.b, word)
	}
	e.records(f)
	e.lists(f)
	e.count(len(f.Findings))
	for i := range f.Findings {
		e.count(int(f.of[i]))
		e.finding(&f.Findings[i])
	}
	e.count(len(f.Strays))
	for i := range f.Strays {
		e.count(int(f.Strays[i].Record))
		e.key(f.Strays[i].Name)
		e.finding(&f.Strays[i].Finding)
	}
}

// records appends what there is of every record.
func (e *encoder) records(f *Facts) {
	e.count(len(f.Verdicts))
	e.count(f.Width)
	const usual = 6 // bytes of a record, and of the place of a key
	e.b = slices.Grow(e.b, len(f.Verdicts)*(usual+f.Width*(keySize+usual)))
	before, lineBefore := uint32(0), uint32(0)
	for i, v := range f.Verdicts {
		start, line := f.Text.Start(i), uint32(i)
		e.b = append(e.b, byte(v))
		e.count(int(start - before))
		if len(f.LineOf) > 0 {
			line = f.LineOf[i]
			e.count(int(line - lineBefore))
		}
		before, lineBefore = start, line
		for k, key := range f.Keys[i*f.Width : (i+1)*f.Width] {
			e.key(key)
			if key.Lo != 0 {
				at := f.Text.Key(i, k)
				at.Pos.Offset -= int64(start)
				at.Pos.Line -= int64(line)
				e.at(at)
			}
		}
	}
}

// lists appends what there is of some records.
func (e *encoder) lists(f *Facts) {
	e.count(len(f.Hashes))
	for _, h := range f.Hashes {
		e.count(int(h.Record))
		e.text(h.Algorithm.String())
		e.at(f.Text.Hash(int(h.Record)))
	}
	e.count(len(f.Twins))
	for _, t := range f.Twins {
		e.count(int(t.Record))
		e.key(t.Key)
	}
	e.count(len(f.Skips))
	for _, s := range f.Skips {
		e.count(int(s.Record))
		e.number(int64(s.Reason))
	}
	for _, list := range [][]int32{f.Padded, f.MultiLine} {
		e.count(len(list))
		for _, record := range list {
			e.count(int(record))
		}
	}
	e.number(int64(f.FirstCRLF))
	e.number(int64(f.HeaderAgain))
}

func (e *encoder) at(at At) {
	e.number(at.Pos.Offset)
	e.number(at.Pos.Line)
	e.count(at.Pos.Column)
	e.count(at.Field)
	e.value(at.Value)
}

// value appends one more than its length, so that none differs from an empty one.
func (e *encoder) value(v []byte) {
	if v == nil {
		e.count(0)
		return
	}
	e.count(len(v) + 1)
	e.b = append(e.b, v...)
}

// finding appends a finding of a worker: what only Take knows is left out.
func (e *encoder) finding(x *rule.Finding) {
	e.text(x.Code.String())
	e.b = append(e.b, byte(x.Severity))
	e.at(At{Pos: x.Pos, Field: x.Field, Value: x.Value})
	e.text(x.Column)
	e.text(x.Source)
	e.number(x.Want)
	e.number(x.Got)
	e.text(x.Text)
}
