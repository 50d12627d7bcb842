package sink

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// twoChunks makes a run with two chunks of the same number of rows.
func twoChunks(t *testing.T) (dir string, m *Manifest) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	r, err := Create(Options{Dir: dir, Header: []byte(header), MaxRows: 4})
	require.NoError(t, err)
	text, ends, from := rows(0, 8)
	require.NoError(t, r.Rows("", text, ends, from))
	require.NoError(t, r.Commit(Manifest{}))
	m, err = ReadManifest(dir)
	require.NoError(t, err)
	require.NoError(t, m.Verify(dir))
	return dir, m
}

// TestVerifyKnowsEveryByte: a line map that leads elsewhere would put the wrong
// person's record into retry.csv.
func TestVerifyKnowsEveryByte(t *testing.T) {
	dir, m := twoChunks(t)
	for _, name := range []string{m.Chunks[1].File, m.Chunks[1].Lines} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		require.NoError(t, err)
		changed := [][]byte{whole[:len(whole)-1], append(bytes.Clone(whole), 0), {}}
		for i := range whole {
			one := bytes.Clone(whole)
			one[i] ^= 1
			changed = append(changed, one)
		}
		for _, text := range changed {
			require.NoError(t, os.WriteFile(path, text, 0o600))
			err := m.Verify(dir)
			require.ErrorContains(t, err, path+" was changed since convert wrote it")
			require.ErrorContains(t, err, "convert again")
		}
		require.NoError(t, os.WriteFile(path, whole, 0o600))
		require.NoError(t, m.Verify(dir))
	}
	one, two := filepath.Join(dir, m.Chunks[0].Lines), filepath.Join(dir, m.Chunks[1].Lines)
	text, err := os.ReadFile(two)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(one, text, 0o600))
	require.ErrorContains(t, m.Verify(dir), one+" was changed", "the maps were mixed up")
	_, err = m.Chunks[0].OpenLines(dir)
	require.ErrorContains(t, err, one+" was changed", "and whoever opens one knows it, too")
}

// TestVerifyOfAnOlderManifest has no checksum to go by.
func TestVerifyOfAnOlderManifest(t *testing.T) {
	dir, m := twoChunks(t)
	for i := range m.Chunks {
		m.Chunks[i].LinesSHA256 = ""
	}
	require.NoError(t, m.Verify(dir))
	path := filepath.Join(dir, m.Chunks[1].Lines)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for want, text := range map[string]string{
		"has 3 entries, but chunk-00002.csv has 4 rows":  string(whole[:len(whole)-3]),
		"has 5 entries, but chunk-00002.csv has 4 rows":  string(whole) + string(whole[len(whole)-3:]),
		"has 0 entries, but chunk-00002.csv has 4 rows":  lineMapHeader,
		"the entry of row 4 is damaged":                  string(whole[:len(whole)-1]),
		"this is no line map; convert again":             "poolprep lines 2\n",
		path + ": this is no line map":                   "",
		"the entry of row 1 is damaged: a number is too": lineMapHeader + "\x05\xff\xff\xff\xff\x7f\x01\x01",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		assert.ErrorContains(t, m.Verify(dir), want)
	}
}

// TestMissingFiles: what is to be read needs another advice than what is to be written.
func TestMissingFiles(t *testing.T) {
	for i := range 2 {
		dir, m := twoChunks(t)
		name := []string{m.Chunks[1].File, m.Chunks[1].Lines}[i]
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
		err := m.Verify(dir)
		require.ErrorIs(t, err, os.ErrNotExist)
		assert.ErrorContains(t, err, filepath.Join(dir, name)+" is missing, which the manifest names")
		assert.ErrorContains(t, err, "put it back, or convert again")
		assert.NotContains(t, err.Error(), "make the directory")
	}
}
