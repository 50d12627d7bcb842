// Package sourcetest has a store in memory, for tests of what is read and written elsewhere
// than in files of this machine. It checks that it is used as source.Store says.
package sourcetest

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"

	"poolprep/validate/source"
)

// Memory holds files by their paths. It is safe for concurrent use.
type Memory struct {
	mu    sync.Mutex
	files map[string][]byte
	read  int64
}

// Put makes a file.
func (m *Memory) Put(path string, text []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files == nil {
		m.files = make(map[string][]byte)
	}
	m.files[path] = text
}

// Move takes a file of this machine away, and keeps it.
func (m *Memory) Move(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	m.Put(path, text)
	return os.Remove(path)
}

// Get returns a file, nil if it is not there.
func (m *Memory) Get(path string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.files[path]
}

// BytesRead returns how many bytes of files were read.
func (m *Memory) BytesRead() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.read
}

// Open is a source.Opener.
func (m *Memory) Open(path string) (source.Ranged, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, ok := m.files[path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &file{bytes.NewReader(text), m}, nil
}

// file is an open file.
type file struct {
	*bytes.Reader
	m *Memory
}

func (f *file) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.m.read += int64(n)
	return n, err
}

func (f *file) Close() error { return nil }

// Directory returns the files right below a path, which ends without a slash.
func (m *Memory) Directory(path string) source.Store {
	return &directory{Memory: m, path: path, making: make(map[string]*making)}
}

// directory is a source.Store.
type directory struct {
	*Memory
	path   string
	making map[string]*making // by temporary name; guarded by mu
}

// making is a file in the making.
type making struct {
	mu             sync.Mutex
	name           string
	text           []byte
	synced, closed bool
}

func (d *directory) String() string { return d.path }

func (d *directory) List() (names []string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for path := range d.files {
		if name, ok := strings.CutPrefix(path, d.path+"/"); ok && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	return names, nil
}

func (d *directory) Create(temp, name string) (source.StoreFile, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.making[temp] != nil {
		return nil, fs.ErrExist
	}
	d.making[temp] = &making{name: name}
	return d.making[temp], nil
}

func (d *directory) Rename(temp, name string) error {
	d.mu.Lock()
	f := d.making[temp]
	delete(d.making, temp)
	d.mu.Unlock()
	if f == nil || f.name != name || !f.synced || !f.closed {
		return errors.New("sourcetest: Rename without Create, Sync or Close")
	}
	d.Put(d.path+"/"+name, f.text)
	return nil
}

func (d *directory) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.making, name)
	delete(d.files, d.path+"/"+name)
	return nil
}

func (f *making) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0, fs.ErrClosed
	}
	f.text, f.synced = append(f.text, p...), false
	return len(p), nil
}

func (f *making) Sync() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return fs.ErrClosed
	}
	f.synced = true
	return nil
}

func (f *making) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return fs.ErrClosed
	}
	f.closed = true
	return nil
}
