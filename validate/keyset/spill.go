package keyset

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"syscall"

	"poolprep/validate/source"
)

// run is a file of sorted keys.
type run struct {
	file   *os.File
	path   string // where it was made; nothing is there any more
	n      int64
	first  []uint64 // Hi of the first key of each page
	filter filter
	page   [pageSize]byte
}

const (
	pageSize = 4096
	perPage  = pageSize / keySize
	// fileBuffer is how much is read and written at a time, in bytes.
	fileBuffer = 256 << 10
)

func (r *run) bytes() int64 { return int64(8*len(r.first)) + r.filter.bytes() }

func (r *run) close() error { return r.file.Close() }

// spill moves the keys of the memtable to disk, merging them with those that are there.
func (s *Set) spill() error {
	bigger, err := createRun(s.Dir)
	if err != nil {
		return err
	}
	var older int64
	var keys io.Reader = eof{}
	if s.older != nil {
		older = s.older.n
		keys = io.NewSectionReader(s.older.file, 0, older*keySize)
	}
	if s.older != nil {
		s.older.filter, s.older.first = filter{}, nil
		runtime.GC() // the memory is needed now, and the budget counts
	}
	bigger.filter = newFilter(older+s.memtable.used, s.half())
	err = bigger.merge(&s.memtable, bufio.NewReaderSize(keys, fileBuffer))
	if s.older != nil {
		err = errors.Join(err, s.older.close())
	}
	if err != nil {
		return errors.Join(bigger.named(err), bigger.close())
	}
	s.older = bigger
	s.memtable.reset()
	return nil
}

// eof is a reader of nothing.
type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// createRun makes an empty file, readable by its owner only, and takes its name
// away again.
func createRun(dir string) (*run, error) {
	f, err := os.CreateTemp(dir, "poolprep-keys-*.tmp")
	if err != nil {
		return nil, &SpillError{Dir: cmp.Or(dir, os.TempDir()), Err: source.Cause(err)}
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &run{file: f, path: f.Name()}, nil
}

// named says whose error it is.
func (r *run) named(err error) error {
	return &SpillError{Dir: filepath.Dir(r.path), File: r.path, Err: source.Cause(err)}
}

// SpillError says that a set cannot go on, since its file cannot be made, written or read.
// A greater Set.Budget or another Set.Dir helps.
type SpillError struct {
	Dir  string
	File string // "": none could be made
	Err  error  // the system's error
}

func (e *SpillError) Error() string {
	if e.File == "" {
		return fmt.Sprintf("no room for the duplicate check in %s: %v; set TMPDIR", e.Dir, e.Err)
	}
	hint := "set TMPDIR to a directory elsewhere"
	if errors.Is(e.Err, syscall.ENOSPC) || errors.Is(e.Err, syscall.EDQUOT) {
		hint = "make room, " + hint
	}
	return fmt.Sprintf("%s (file of the duplicate check): %v; %s", e.File, e.Err, hint)
}

// Unwrap returns the system's error.
func (e *SpillError) Unwrap() error { return e.Err }

// merge writes the keys of t and those of older, all in order.
func (r *run) merge(t *memtable, older io.Reader) error {
	w := bufio.NewWriterSize(r.file, fileBuffer)
	room, read := make([]byte, keySize), make([]byte, keySize)
	next, more, err := readKey(older, read)
	if err != nil {
		return err
	}
	put := func(k Key) error {
		if r.n%perPage == 0 {
			r.first = append(r.first, k.Hi)
		}
		r.n++
		r.filter.add(k)
		binary.BigEndian.PutUint64(room[:8], k.Hi)
		binary.BigEndian.PutUint32(room[8:], k.Lo)
		binary.BigEndian.PutUint32(room[12:], k.Place)
		_, err := w.Write(room)
		return err
	}
	olderUpTo := func(last Key) error {
		for more && compare(next, last) < 0 {
			if err := put(next); err != nil {
				return err
			}
			if next, more, err = readKey(older, read); err != nil {
				return err
			}
		}
		return nil
	}
	for k := range t.sorted() {
		if err := olderUpTo(k); err != nil {
			return err
		}
		if err := put(k); err != nil {
			return err
		}
	}
	if err := olderUpTo(Key{Hi: ^uint64(0), Lo: ^uint32(0)}); err != nil {
		return err
	}
	if more {
		if err := put(next); err != nil { // the greatest key there can be
			return err
		}
	}
	return w.Flush()
}

// readKey reads the next key into room and returns it; more is false at the end.
func readKey(r io.Reader, room []byte) (k Key, more bool, err error) {
	if _, err := io.ReadFull(r, room[:keySize]); err != nil {
		if err == io.EOF {
			return Key{}, false, nil
		}
		return Key{}, false, err
	}
	return keyOf(room), true, nil
}

func keyOf(b []byte) Key {
	return Key{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint32(b[8:12]), binary.BigEndian.Uint32(b[12:16])}
}

// find looks k up in the file.
func (r *run) find(k Key) (place uint32, found bool, err error) {
	// The last page that may hold k, and those before it that may, too.
	page := sort.Search(len(r.first), func(i int) bool { return r.first[i] > k.Hi }) - 1
	for ; page >= 0; page-- {
		place, found, err = r.findInPage(page, k)
		if found || err != nil || r.first[page] < k.Hi {
			return place, found, err
		}
	}
	return 0, false, nil
}

func (r *run) findInPage(page int, k Key) (place uint32, found bool, err error) {
	keys := int(min(perPage, r.n-int64(page)*perPage))
	b := r.page[:keys*keySize]
	if _, err := r.file.ReadAt(b, int64(page)*pageSize); err != nil {
		return 0, false, r.named(err)
	}
	i := sort.Search(keys, func(i int) bool { return compare(keyOf(b[i*keySize:]), k) >= 0 })
	if i < keys {
		if at := keyOf(b[i*keySize:]); at.same(k) {
			return at.Place, true, nil
		}
	}
	return 0, false, nil
}
