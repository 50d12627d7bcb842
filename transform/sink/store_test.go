package sink

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/source/sourcetest"
)

// TestStores makes the same run in a directory and in a store.
func TestStores(t *testing.T) {
	write := func(o Options) (*Run, error) {
		o.Header, o.MaxRows, o.KeepSkipped = []byte(header), 4, true
		r, err := Create(o)
		if err != nil {
			return nil, err
		}
		text, ends, from := rows(0, 10)
		require.NoError(t, r.Rows("", text, ends, from))
		require.NoError(t, r.Reject([]byte("x\n"), []byte("{}")))
		require.NoError(t, r.Skip([]byte("y\n"), []byte("{}")))
		assert.False(t, r.HasSide())
		require.NoError(t, r.Side([]byte("{}\n"), 1))
		assert.True(t, r.HasSide())
		return r, nil
	}
	dir := filepath.Join(t.TempDir(), "run")
	r, err := write(Options{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, r.Commit(Manifest{}))
	want := contents(t, dir)

	var m sourcetest.Memory
	const at = "test://runs/1"
	m.Put(at+"/chunk-00009.csv", []byte("of a run that was killed"))
	m.Put(at+"/notes.txt", []byte("of somebody else"))
	r, err = write(Options{Store: m.Directory(at)})
	require.NoError(t, err)
	assert.Nil(t, m.Get(at+"/"+ManifestName))
	require.NoError(t, r.Commit(Manifest{}))
	require.NoError(t, r.Abort(), "which does nothing any more")
	for name, text := range want {
		assert.Equal(t, text, string(m.Get(at+"/"+name)), name)
	}

	var exists *ExistsError
	_, err = write(Options{Store: m.Directory(at)})
	require.ErrorAs(t, err, &exists)
	assert.Equal(t, &ExistsError{Dir: at, File: ManifestName, Complete: true}, exists)
	r, err = write(Options{Store: m.Directory(at), Force: true})
	require.NoError(t, err)
	assert.Nil(t, m.Get(at+"/"+ManifestName), "it goes first")
	assert.NotNil(t, m.Get(at+"/chunk-00009.csv"))
	require.NoError(t, r.Commit(Manifest{}))
	assert.Nil(t, m.Get(at+"/chunk-00009.csv"))
	assert.NotNil(t, m.Get(at+"/notes.txt"))
	assert.NotNil(t, m.Get(at+"/"+ManifestName))

	r, err = write(Options{Store: m.Directory(at), Force: true})
	require.NoError(t, err)
	require.NoError(t, r.Abort())
	left, err := m.Directory(at).List()
	require.NoError(t, err)
	for _, name := range slices.Sorted(maps.Keys(want)) { // the run had overwritten some, and removed them
		if name == "chunk-00001.csv" || name == ManifestName {
			assert.NotContains(t, left, name)
		}
	}

	r, err = write(Options{Store: m.Directory("test://runs/2")})
	require.NoError(t, err)
	require.Len(t, r.Chunks(), 2)
	require.NoError(t, m.Directory("test://runs/2").Remove("chunk-00001.csv"))
	require.ErrorContains(t, r.Commit(Manifest{}), "test://runs/2/chunk-00001.csv: file does not exist; somebody removed it during the run")
	require.NoError(t, r.Abort())
	left, err = m.Directory("test://runs/2").List()
	require.NoError(t, err)
	assert.Empty(t, left)

	m.Put("test://runs/3/"+JournalName, nil)
	_, err = write(Options{Store: m.Directory("test://runs/3"), Force: true})
	require.ErrorContains(t, err, "test://runs/3: the run there was imported")
}

// slowStore is a store that removes files when it is told.
type slowStore struct {
	Store
	reached, goOn chan struct{}
}

func (s slowStore) Remove(name string) error {
	s.reached <- struct{}{}
	<-s.goOn
	return s.Store.Remove(name)
}

// TestAbortAllWaitsForAbort: the process does not end while a run is being removed.
func TestAbortAllWaitsForAbort(t *testing.T) {
	var m sourcetest.Memory
	s := slowStore{m.Directory("test://run"), make(chan struct{}, 10), make(chan struct{})}
	r, err := Create(Options{Store: s, Header: []byte(header)})
	require.NoError(t, err)
	text, ends, from := rows(0, 3)
	require.NoError(t, r.Rows("", text, ends, from))
	ended, all := make(chan error), make(chan error)
	go func() { ended <- r.Abort() }()
	await(t, s.reached, "removing")
	go func() { AbortAll(); all <- nil }()
	select {
	case <-all:
		t.Fatal("AbortAll has ended before Abort")
	case <-time.After(50 * time.Millisecond):
	}
	close(s.goOn)
	require.NoError(t, await(t, ended, "Abort"))
	await(t, all, "AbortAll")
}
