package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"

	"poolprep/transform/sink"
	"poolprep/validate/source"
)

// names returns what is in a directory or below a prefix, nothing if it is not there.
func (s *store) names(dir string) (names []string, err error) {
	if !source.Stored(dir) {
		entries, err := os.ReadDir(dir)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return names, err
	}
	sys, err := s.system(dir)
	if err != nil {
		return nil, err
	}
	paths, err := sys.List(s.ctx, source.PathIn(dir, "*"))
	for _, path := range paths {
		names = append(names, strings.TrimPrefix(path, source.PathIn(dir, "")))
	}
	return names, err
}

// read returns the text of a small file.
func (s *store) read(path string) ([]byte, error) {
	if !source.Stored(path) {
		return os.ReadFile(path)
	}
	sys, err := s.system(path)
	if err != nil {
		return nil, err
	}
	return filesystem.Read(s.ctx, sys, path)
}

// write makes a small file.
func (s *store) write(path string, text []byte) error {
	if !source.Stored(path) {
		return os.WriteFile(path, text, 0o600)
	}
	sys, err := s.system(path)
	if err != nil {
		return err
	}
	return filesystem.Write(s.ctx, sys, path, text)
}

// folder is a source.Store of objects below a prefix. A file is there under its name as soon as it is
// complete: the last one tells whether all are. Attempts at the same time may make the same
// files, so none is removed.
type folder struct {
	store *store
	path  string
	// beforeManifest is shown the manifest of a run before it is there; nil: nobody is.
	beforeManifest func(text []byte) error
}

func (f *folder) String() string { return strings.TrimSuffix(f.path, "/") }

// List returns the names of the files that are there.
func (f *folder) List() ([]string, error) { return f.store.names(f.path) }

// Create begins a file.
func (f *folder) Create(_, name string) (source.StoreFile, error) {
	sys, err := f.store.system(f.path)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(f.store.ctx)
	w, err := sys.OpenWrite(ctx, source.PathIn(f.path, name))
	if err != nil {
		cancel()
		return nil, err
	}
	file := &making{w: w, cancel: cancel}
	if name == sink.ManifestName && f.beforeManifest != nil {
		file.text, file.before = new(bytes.Buffer), f.beforeManifest
	}
	return file, nil
}

// Rename does nothing: the file has its name.
func (f *folder) Rename(string, string) error { return nil }

// Remove does nothing.
func (f *folder) Remove(string) error { return nil }

// making is a file in the making.
type making struct {
	cancel context.CancelFunc
	text   *bytes.Buffer // of a manifest, which is written at its end; nil: this is none
	before func(text []byte) error

	mu     sync.Mutex
	w      io.WriteCloser
	begun  bool // something was written
	ended  bool // it is complete, or given up
	closed atomic.Bool
}

// Write writes on.
func (m *making) Write(b []byte) (int, error) {
	if m.text != nil {
		return m.text.Write(b)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed.Load() {
		return 0, os.ErrClosed
	}
	m.begun = true
	return m.w.Write(b)
}

// Sync completes the file.
func (m *making) Sync() error {
	if m.text != nil {
		text := m.text.Bytes()
		if err := m.before(text); err != nil {
			return err
		}
		m.text = nil
		if _, err := m.Write(text); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended || m.closed.Load() {
		return os.ErrClosed
	}
	m.ended = true
	return m.w.Close()
}

// Close gives the file up, unless it is complete. Beam's writers end by Close alone, and keep
// nothing if their context is done then.
func (m *making) Close() error {
	if m.closed.Swap(true) {
		return os.ErrClosed
	}
	m.cancel()
	go func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.begun && !m.ended {
			m.ended = true
			_ = m.w.Close() // it was cancelled
		}
	}()
	return nil
}
