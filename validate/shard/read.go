package shard

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"poolprep/validate/ledger"
	"poolprep/validate/source"
)

// Set is the parts of a plan, all of them.
type Set struct {
	Plan  *Plan
	open  source.Opener
	parts []*Reader // by number
}

// Reader reads a part.
type Reader struct {
	Mark  Mark
	Dir   string
	files map[string]*readFile
	facts []byte
}

// readFile is a file of a part.
type readFile struct {
	path string
	want File
	open source.Opener
	f    io.ReadCloser
	r    *bufio.Reader
	n    int64
	crc  uint32
}

// OpenSet opens the parts of a plan, in any order. It is an error if one is missing, there
// twice, of another plan, or not complete.
func OpenSet(p *Plan, dirs []string) (*Set, error) { return OpenSetIn(nil, p, dirs) }

// OpenSetIn opens parts whose files open opens; nil: they are files of this machine.
func OpenSetIn(open source.Opener, p *Plan, dirs []string) (*Set, error) {
	if p == nil || len(p.Parts) == 0 {
		return nil, errors.New("parts need a plan")
	}
	s := &Set{Plan: p, open: open, parts: make([]*Reader, len(p.Parts))}
	var errs []error
	for _, dir := range dirs {
		r, err := s.part(dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		at := &s.parts[r.Mark.Part-1]
		if *at != nil {
			errs = append(errs, fmt.Errorf("%s and %s are both part %d; name one of them", (*at).Dir, dir, r.Mark.Part))
			continue
		}
		*at = r
	}
	if len(errs) == 0 {
		errs = append(errs, s.missing())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// missing returns an error that names the parts that are not there.
func (s *Set) missing() error {
	var numbers []string
	const most = 20
	n := 0
	for i, r := range s.parts {
		if r != nil {
			continue
		}
		if n++; n <= most {
			numbers = append(numbers, fmt.Sprint(i+1))
		}
	}
	switch {
	case n == 0:
		return nil
	case n == 1:
		return fmt.Errorf("part %s of %d is missing; make it, and name its directory too", numbers[0], len(s.parts))
	case n > most:
		numbers = append(numbers, fmt.Sprintf("and %d more", n-most))
	}
	return fmt.Errorf("%d of %d parts are missing: %s; make them, and name their directories too", n, len(s.parts), strings.Join(numbers, ", "))
}

// part opens a part of the plan.
func (s *Set) part(dir string) (*Reader, error) {
	m, err := readMark(s.open, dir)
	if err != nil {
		return nil, err
	}
	if m.Plan != s.Plan.ID || m.Tool != s.Plan.Tool || m.Part < 1 || m.Part > len(s.parts) || len(m.Inputs) != len(s.Plan.Parts[m.Part-1].Ranges) {
		return nil, fmt.Errorf("%s is a part of another plan; make it by this one, or name the plan that it was made by", dir)
	}
	r := &Reader{Mark: *m, Dir: dir, files: make(map[string]*readFile)}
	if err := r.ranges(); err != nil {
		return nil, err
	}
	for _, name := range fileNames {
		i := slices.IndexFunc(m.Files, func(f File) bool { return f.Name == name })
		if i < 0 {
			return nil, damaged(source.PathIn(dir, MarkName), m.Part)
		}
		f := &readFile{path: source.PathIn(dir, name), want: m.Files[i], open: s.open}
		if err := f.check(m.Part); err != nil {
			return nil, err
		}
		r.files[name] = f
	}
	return r, nil
}

// ranges looks at what the mark says of the ranges of the part.
func (r *Reader) ranges() error {
	for i := range r.Mark.Inputs {
		in := &r.Mark.Inputs[i]
		in.part = r
		if in.Blocks < 0 || in.Empty && in.Blocks > 0 {
			return in.Damaged()
		}
	}
	return nil
}

// check looks at a file before it is read.
func (f *readFile) check(part int) error {
	if f.open != nil {
		size, err := f.open.Size(f.path)
		return f.found(part, size, err)
	}
	info, err := os.Lstat(f.path)
	if err == nil && !info.Mode().IsRegular() {
		return damaged(f.path, part)
	}
	size := int64(0)
	if err == nil {
		size = info.Size()
	}
	return f.found(part, size, err)
}

// found returns an error for a file of so many bytes, or which cannot be opened.
func (f *readFile) found(part int, size int64, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is missing, which part %d needs; make the part again", f.path, part)
	case err != nil:
		return source.OpenError(f.path, err)
	case size != f.want.Bytes:
		return damaged(f.path, part)
	}
	return nil
}

// HasPart reports whether dir holds part number part, from 1, of the plan, complete as far as
// OpenSet looks at it. Without a mark in dir it is false; it is an error if another part, or
// what is left of a damaged one, is there.
func (p *Plan) HasPart(dir string, part int) (bool, error) {
	if _, err := os.Lstat(filepath.Join(dir, MarkName)); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	_, err := p.open(nil, dir, part)
	return err == nil, err
}

// open opens a part of the plan, which must be that number.
func (p *Plan) open(open source.Opener, dir string, part int) (*Reader, error) {
	s := &Set{Plan: p, open: open, parts: make([]*Reader, len(p.Parts))}
	r, err := s.part(dir)
	if err == nil && r.Mark.Part != part {
		err = fmt.Errorf("%s is part %d, and part %d is expected there; rename the directory", dir, r.Mark.Part, part)
	}
	return r, err
}

// EachFacts calls f for the Facts of each block of part number part, from 1, of the plan, which
// is complete in dir; open opens its files, see OpenSetIn. It reads these alone of the part, and
// uses the Facts again for the next block. It may be called for several parts at the same time.
func (p *Plan) EachFacts(open source.Opener, dir string, part int, f func(*ledger.Facts) error) error {
	r, err := p.open(open, dir, part)
	if err != nil {
		return err
	}
	r.files = map[string]*readFile{FactsName: r.files[FactsName]}
	defer r.close()
	if err := r.begin(); err != nil {
		return err
	}
	var facts ledger.Facts
	for i := range r.Mark.Inputs {
		for range r.Mark.Inputs[i].Blocks {
			err := r.Facts(&facts)
			if err == nil {
				err = f(&facts)
			}
			if err != nil {
				return err
			}
		}
	}
	return r.end()
}

func damaged(path string, part int) error {
	return fmt.Errorf("%s was changed since part %d was made, or is damaged; make the part again", path, part)
}

// maxMark is how large a mark may be, in bytes.
const maxMark = 256 << 20

// readMark reads the mark of a part.
func readMark(open source.Opener, dir string) (*Mark, error) {
	path := source.PathIn(dir, MarkName)
	text, err := open.ReadFile(path, maxMark, "part")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no complete part: there is no %s in it; make the part, or correct the path", dir, MarkName)
	}
	if err != nil {
		return nil, err
	}
	return parseMark(path, text)
}

// parseMark reads the text of a mark.
func parseMark(path string, text []byte) (*Mark, error) {
	m := new(Mark)
	if err := json.Unmarshal(text, m); err != nil || m.Plan == "" {
		return nil, fmt.Errorf("%s: this is not the mark of a part, or it is damaged; make the part again", path)
	}
	if m.Version != 1 {
		return nil, fmt.Errorf("%s: version %d of the part is not known; use the poolprep that made it", path, m.Version)
	}
	if !m.sealed(text) {
		return nil, damaged(path, m.Part)
	}
	return m, nil
}

// Made returns Mark.Made of all parts, by their numbers.
func (s *Set) Made() (all []json.RawMessage) {
	for _, r := range s.parts {
		all = append(all, r.Mark.Made)
	}
	return all
}

// Profiles returns Mark.Profile of all parts, by their numbers: none if none has one, and an
// error if some have one.
func (s *Set) Profiles() (all []json.RawMessage, err error) {
	var with, without *Reader
	for _, r := range s.parts {
		if len(r.Mark.Profile) == 0 {
			without = r
			continue
		}
		with = r
		all = append(all, r.Mark.Profile)
	}
	if with != nil && without != nil {
		return nil, fmt.Errorf("%s has a profile, and %s has none; make both in the same way", with.Dir, without.Dir)
	}
	return all, nil
}

// TextSize returns how many bytes of text all ranges have, about.
func (s *Set) TextSize() (n int64) {
	for _, r := range s.parts {
		for i := range r.Mark.Inputs {
			n += r.Mark.Inputs[i].Ledger.Size
		}
	}
	return n
}

// Each calls f for the parts in the order of the input. Each is open during the call, and
// must be read to its end.
func (s *Set) Each(f func(*Reader) error) error {
	for _, r := range s.parts {
		err := r.begin()
		if err == nil {
			err = f(r)
		}
		if err == nil {
			err = r.end()
		}
		r.close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader) begin() error {
	for name, f := range r.files {
		var err error
		if f.f, err = f.reader(); err != nil {
			return source.OpenError(f.path, err)
		}
		buffer := 256 << 10
		if name == RowsName {
			buffer = 16 << 10 // those of most blocks are more, and go to their place at once
		}
		f.r, f.n, f.crc = bufio.NewReaderSize(f.f, buffer), 0, 0
	}
	return nil
}

func (f *readFile) reader() (io.ReadCloser, error) {
	if f.open != nil {
		return f.open.Open(f.path)
	}
	return os.Open(f.path)
}

func (r *Reader) close() {
	for _, f := range r.files {
		if f.f != nil {
			_ = f.f.Close()
			f.f, f.r = nil, nil
		}
	}
}

// end returns an error unless every file that was opened was read to its end, and is as it was
// written.
func (r *Reader) end() error {
	for _, name := range fileNames {
		if f := r.files[name]; f != nil && (f.n != f.want.Bytes || f.crc != f.want.CRC32C) {
			return damaged(f.path, r.Mark.Part)
		}
	}
	return nil
}

// Read appends the next n bytes of a file of the part to dst.
func (r *Reader) Read(name string, dst []byte, n int) ([]byte, error) {
	f := r.files[name]
	if n < 0 || int64(n) > f.want.Bytes-f.n {
		return dst, damaged(f.path, r.Mark.Part)
	}
	at := len(dst)
	dst = slices.Grow(dst, n)[:at+n]
	if _, err := io.ReadFull(f.r, dst[at:]); err != nil {
		return dst[:at], r.readError(f, err)
	}
	f.n += int64(n)
	f.crc = Checksums(f.crc, dst[at:])
	return dst, nil
}

func (r *Reader) readError(f *readFile, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return damaged(f.path, r.Mark.Part)
	}
	return source.OpenError(f.path, err)
}

// Facts reads those of the next block.
func (r *Reader) Facts(f *ledger.Facts) (err error) {
	r.facts, err = ledger.ReadFrame(r.facts[:0], func(dst []byte, n int) ([]byte, error) { return r.Read(FactsName, dst, n) })
	if err != nil {
		return err
	}
	if err := f.UnmarshalBinary(r.facts); err != nil {
		return fmt.Errorf("%s: %w", damaged(r.files[FactsName].path, r.Mark.Part), err)
	}
	return nil
}

// Frame reads what belongs to the block in a file of the part, into buf.
func (r *Reader) Frame(name string, buf []byte) ([]byte, error) {
	size := uint64(0)
	for shift := 0; ; shift += 7 {
		var err error
		if buf, err = r.Read(name, buf[:0], 1); err != nil {
			return nil, err
		}
		size |= uint64(buf[0]&0x7F) << shift
		if buf[0] < 0x80 {
			break
		}
		if shift > 28 {
			return nil, damaged(r.files[name].path, r.Mark.Part)
		}
	}
	if size > math.MaxInt32 {
		return nil, damaged(r.files[name].path, r.Mark.Part)
	}
	return r.Read(name, buf[:0], int(size))
}

// Damaged returns the error for a part of which a file, or its mark, says what cannot be.
func (r *Reader) Damaged(name string) error { return damaged(source.PathIn(r.Dir, name), r.Mark.Part) }

// Damaged is Reader.Damaged for the mark of part number part, from 1.
func (s *Set) Damaged(part int) error { return s.parts[part-1].Damaged(MarkName) }

// Damaged returns the error for a mark that says of the range what cannot be.
func (in *Input) Damaged() error {
	if in.part == nil {
		return errors.New("shard: the mark of a part says what cannot be")
	}
	return in.part.Damaged(MarkName)
}
