package source

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// object is a Ranged that notes what it is told.
type object struct {
	*strings.Reader
	closed, expected int64
}

func (o *object) Close() error     { o.closed++; return nil }
func (o *object) Expect(end int64) { o.expected = end }

// TestOpenersInputs reads the same text from a file and from a store, from its beginning and
// from the middle.
func TestOpenersInputs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.csv")
	require.NoError(t, os.WriteFile(path, []byte(people), 0o600))
	stored := &object{Reader: strings.NewReader(people)}
	for name, open := range map[string]Opener{"file": nil, "store": func(string) (Ranged, error) { return stored, nil }} {
		size, err := open.Size(path)
		require.NoError(t, err, name)
		assert.EqualValues(t, len(people), size, name)
		in, err := open.Input(path, Options{Hash: true})
		require.NoError(t, err, name)
		assert.EqualValues(t, len(people), in.Size(), name)
		assert.True(t, in.Plain(), name)
		text, err := io.ReadAll(in)
		require.NoError(t, err, name)
		assert.Equal(t, people, string(text), name)
		in.Expect(9)
		require.NoError(t, in.GoTo(7), name)
		text, err = io.ReadAll(in)
		require.NoError(t, err, name)
		assert.Equal(t, people[7:], string(text), name)
		require.NoError(t, in.Close(), name)

		r, err := open.Open(path)
		require.NoError(t, err, name)
		var some [5]byte
		_, err = r.ReadAt(some[:], 3)
		require.NoError(t, err, name)
		assert.Equal(t, people[3:8], string(some[:]), name)
		assert.EqualValues(t, len(people), r.Size(), name)
		require.NoError(t, r.Close(), name)
	}
	assert.EqualValues(t, 9, stored.expected)
	assert.EqualValues(t, 3, stored.closed, "by Size, Input and Open")
}

// TestOpenersErrors name the path, and close what was opened.
func TestOpenersErrors(t *testing.T) {
	dir := t.TempDir()
	_, err := Opener(nil).Open(filepath.Join(dir, "none"))
	require.ErrorContains(t, err, "none: there is no such file")
	_, err = Opener(nil).Size(dir)
	require.ErrorContains(t, err, "this is a directory")
	broken := errors.New("the store is closed")
	for name, open := range map[string]Opener{
		"the store is closed": func(string) (Ranged, error) { return nil, broken },
		"there is no reader":  func(string) (Ranged, error) { return nil, nil },
	} {
		_, err = open.Size("s3://b/k")
		require.EqualError(t, err, "s3://b/k: "+name)
		_, err = open.Input("s3://b/k", Options{})
		require.EqualError(t, err, "s3://b/k: "+name)
	}
	zip := &object{Reader: strings.NewReader("PK\x03\x04")}
	_, err = Opener(func(string) (Ranged, error) { return zip, nil }).Input("s3://b/k", Options{})
	require.ErrorContains(t, err, "zip")
	assert.EqualValues(t, 1, zip.closed)
}
