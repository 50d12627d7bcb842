package sink

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sealedRun makes a run directory and returns its manifest's path and text.
func sealedRun(t *testing.T) (dir, path string, text []byte) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	run, err := Create(Options{Dir: dir, Header: []byte("a,b\n")})
	require.NoError(t, err)
	require.NoError(t, run.Rows("", []byte("1,2\n"), []uint32{4}, []Row{{Line: 2, Offset: 4, Length: 4}}))
	require.NoError(t, run.Commit(Manifest{
		Tool: "poolprep test", Created: "2026-07-04T22:00:00Z", Command: []string{"convert", "--mapping=" + noSum}, Schema: "s",
		Sources: []Source{{Path: "in.csv", Size: 8, Delimiter: "comma", Rows: 1, Header: &Span{Length: 4}}},
	}))
	path = filepath.Join(dir, ManifestName)
	text, err = os.ReadFile(path)
	require.NoError(t, err)
	return dir, path, text
}

// TestChangedManifest changes, removes and doubles every byte of a manifest: none of
// the results is taken for what convert wrote.
func TestChangedManifest(t *testing.T) {
	dir, path, text := sealedRun(t)
	m, err := ReadManifest(dir)
	require.NoError(t, err)
	require.Len(t, m.Sum, 64)
	tried := 0
	refused := func(what string, changed []byte) {
		_, err := parseManifest(path, changed)
		require.Error(t, err, what)
		if tried++; tried%100 == 1 { // writing takes its time
			require.NoError(t, os.WriteFile(path, changed, 0o600))
			_, err := ReadManifest(dir)
			require.Error(t, err, what)
			assert.True(t, HoldsRun(dir), "%s: its files are not written over all the same", what)
		}
	}
	for i := range text {
		for _, c := range []byte{text[i] ^ 1, text[i] ^ 0x20, '0', 'a', ' ', '"', '\n'} {
			if c != text[i] {
				changed := bytes.Clone(text)
				changed[i] = c
				refused("changed", changed)
			}
		}
		refused("removed", append(bytes.Clone(text[:i]), text[i+1:]...))
		refused("doubled", append(bytes.Clone(text[:i+1]), text[i:]...))
		refused("cut", text[:i])
	}
	for _, end := range []string{" ", "\n", "\r\n", "x", "\x00"} {
		refused("longer", append(bytes.Clone(text), end...))
	}
	refused("line ends", bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
	refused("a mark before it", append([]byte("\xEF\xBB\xBF"), text...))
	refused("a sum of nothing", bytes.Replace(text, []byte(m.Sum), []byte(noSum), 1))
	refused("two members", bytes.Replace(text, []byte(`"schema"`), []byte(`"manifest_sha256": "`+strings.Repeat("a", 64)+`", "schema"`), 1))
	require.NoError(t, os.WriteFile(path, text, 0o600))
	_, err = ReadManifest(dir)
	require.NoError(t, err)
}

// TestManifestsOfOtherVersions reads those of older ones, which have no SHA-256, and
// of newer ones, which have members that are not known.
func TestManifestsOfOtherVersions(t *testing.T) {
	dir, path, text := sealedRun(t)
	m, err := ReadManifest(dir)
	require.NoError(t, err)
	older := bytes.Replace(text, []byte(`  "manifest_sha256": "`+m.Sum+"\",\n"), nil, 1)
	require.NotEqual(t, text, older)
	require.NoError(t, os.WriteFile(path, older, 0o600))
	got, err := ReadManifest(dir)
	require.NoError(t, err)
	sum := m.Sum
	m.Sum = ""
	assert.Equal(t, m, got)

	newer := bytes.Replace(text, []byte(sum), []byte(noSum), 1)
	newer = bytes.Replace(newer, []byte(`"schema"`), []byte(`"later": 1, "schema"`), 1)
	newer = bytes.Replace(newer, []byte(noSum), []byte(sumOf(newer)), 1)
	require.NoError(t, os.WriteFile(path, newer, 0o600))
	_, err = ReadManifest(dir)
	require.NoError(t, err)
}
