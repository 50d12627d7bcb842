package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/s3"

	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// store reads inputs through Beam's file systems, in one call of a DoFn. These have no ranged
// reads: an object is fetched as a whole into a file in TMPDIR, which is unlinked at once, when
// the first byte of it is asked for. The last object that was fetched stays until the next one
// is, or Close. Its methods may be called from any goroutine.
type store struct {
	ctx context.Context

	mu      sync.Mutex
	systems map[string]filesystem.Interface // by scheme
	last    *fetched                        // nil: none
}

func newStore(ctx context.Context) *store {
	return &store{ctx: ctx, systems: make(map[string]filesystem.Interface)}
}

// Close lets go of connections, and of the object that was fetched last.
func (s *store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last.release()
	s.last = nil
	var errs []error
	for _, sys := range s.systems {
		errs = append(errs, sys.Close())
	}
	clear(s.systems)
	return errors.Join(errs...)
}

// schemes are what the paths of objects may begin with.
var schemes = []string{"s3", "gs"}

// system returns the file system of a path.
func (s *store) system(path string) (sys filesystem.Interface, err error) {
	scheme, _, object := strings.Cut(path, "://")
	switch {
	case !object:
		scheme = ""
	case !slices.Contains(schemes, scheme):
		return nil, fmt.Errorf("%s: files and %s:// are read, and not %s://", path, strings.Join(schemes, "://, "), scheme)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sys = s.systems[scheme]; sys != nil {
		return sys, nil
	}
	defer func() {
		if what := recover(); what != nil { // that is how they say that a configuration is wrong
			err = fmt.Errorf("%s: %v", path, what)
		}
	}()
	if sys, err = filesystem.New(s.ctx, path); err == nil {
		s.systems[scheme] = sys
	}
	return sys, err
}

// match returns what the patterns match: in their order, each sorted by name, nothing twice.
func (s *store) match(patterns []string) (paths []string, err error) {
	seen := make(map[string]bool)
	for _, pattern := range patterns {
		if source.Stored(pattern) && strings.ContainsAny(pattern, "?[") {
			return nil, fmt.Errorf("--input %s: in the names of objects only * stands for other characters", pattern)
		}
		sys, err := s.system(pattern)
		if err != nil {
			return nil, fmt.Errorf("--input %w", err)
		}
		found, err := sys.List(s.ctx, pattern)
		switch {
		case err != nil:
			return nil, fmt.Errorf("--input %s: %w", pattern, err)
		case len(found) == 0:
			return nil, fmt.Errorf("--input %s: nothing matches; a file or object that all workers reach is expected", pattern)
		}
		slices.Sort(found)
		for _, path := range found {
			if !seen[path] {
				seen[path], paths = true, append(paths, path)
			}
		}
	}
	return paths, nil
}

// opener returns what opens inputs: nil if all are files, which need no help.
func (s *store) opener(paths ...string) source.Opener {
	if !slices.ContainsFunc(paths, source.Stored) {
		return nil
	}
	return func(path string) (source.Ranged, error) {
		if !source.Stored(path) {
			return source.Opener(nil).Open(path)
		}
		sys, err := s.system(path)
		if err != nil {
			return nil, err
		}
		size, err := sys.Size(s.ctx, path)
		if err != nil {
			return nil, err
		}
		return &object{store: s, sys: sys, path: path, size: size}, nil
	}
}

// openerOf returns what opens the sources of a plan.
func (s *store) openerOf(plan *shard.Plan) source.Opener {
	var paths []string
	for _, planned := range plan.Sources {
		paths = append(paths, planned.Path)
	}
	return s.opener(paths...)
}

// fetched is an object in a file without a name.
type fetched struct {
	path string
	size int64
	file *os.File

	mu   sync.Mutex
	used int // by so many objects, and the store
}

// use says that the file is used once more.
func (f *fetched) use() *fetched {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used++
	return f
}

// release says that the file is used once less.
func (f *fetched) release() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.used--; f.used == 0 {
		_ = f.file.Close() // it was only read since it was complete
	}
}

// fetch returns an object of a size, in bytes, for one more user.
func (s *store) fetch(sys filesystem.Interface, path string, size int64) (*fetched, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil && s.last.path == path && s.last.size == size {
		return s.last.use(), nil
	}
	s.last.release()
	s.last = nil
	file, err := os.CreateTemp("", "poolprep-beam-*")
	if err != nil {
		return nil, fmt.Errorf("no room for an object in TMPDIR: %w", err)
	}
	f := &fetched{path: path, size: size, file: file, used: 1}
	err = os.Remove(file.Name())
	if err == nil {
		err = f.copy(s.ctx, sys)
	}
	if err != nil {
		f.release()
		return nil, err
	}
	s.last = f
	return f.use(), nil
}

// copy fetches the object.
func (f *fetched) copy(ctx context.Context, sys filesystem.Interface) error {
	r, err := sys.OpenRead(ctx, f.path)
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.Copy(f.file, r)
	if err == nil && n != f.size {
		err = fmt.Errorf("it has %d bytes, and had %d a moment ago: it was changed meanwhile", n, f.size)
	}
	return err
}

// object is an input that is fetched once it is read.
type object struct {
	store *store
	sys   filesystem.Interface
	path  string
	size  int64
	at    int64 // of Read

	mu      sync.Mutex
	fetched *fetched // nil: not yet
	closed  bool
}

// Size returns how many bytes there are.
func (o *object) Size() int64 { return o.size }

// ReadAt reads from an offset on.
func (o *object) ReadAt(b []byte, offset int64) (int, error) {
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return 0, os.ErrClosed
	}
	if o.fetched == nil {
		var err error
		if o.fetched, err = o.store.fetch(o.sys, o.path, o.size); err != nil {
			o.mu.Unlock()
			return 0, err
		}
	}
	f := o.fetched.use()
	o.mu.Unlock()
	defer f.release()
	return f.file.ReadAt(b, offset)
}

// Read reads on.
func (o *object) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	n, err := o.ReadAt(b, o.at)
	if o.at += int64(n); n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// Seek says where Read reads on.
func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.at
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return o.at, errors.New("a place before the first byte")
	}
	o.at = offset
	return offset, nil
}

// Close lets go of what was fetched.
func (o *object) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.closed = true
		o.fetched.release()
	}
	return nil
}
