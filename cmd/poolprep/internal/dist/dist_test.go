package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var sampleFiles = []file{
	{name: "poolprep", data: []byte("binary"), executable: true},
	{name: "man/man1/poolprep.1", data: []byte(".TH")},
	{name: "LICENSE", data: []byte("licence")},
}

// TestArchivesAreReproducible packs the same files in another order.
func TestArchivesAreReproducible(t *testing.T) {
	when := time.Unix(1_700_000_000, 0).UTC()
	reversed := slices.Clone(sampleFiles)
	slices.Reverse(reversed)
	for name, pack := range map[string]func(io.Writer, string, []file, time.Time) error{"tar": packTar, "zip": packZip} {
		var a, b bytes.Buffer
		require.NoError(t, pack(&a, "top", sampleFiles, when))
		require.NoError(t, pack(&b, "top", reversed, when))
		assert.Equal(t, a.Bytes(), b.Bytes(), name)
	}
}

func TestTar(t *testing.T) {
	when := time.Unix(1_700_000_000, 0).UTC()
	var b bytes.Buffer
	require.NoError(t, packTar(&b, "top", sampleFiles, when))
	var names []string
	for _, h := range readTar(t, b.Bytes()) {
		names = append(names, fmt.Sprintf("%s %o", h.Name, h.Mode))
		assert.True(t, h.ModTime.Equal(when))
		assert.Zero(t, h.Uid+h.Gid)
		assert.Empty(t, h.Uname+h.Gname)
	}
	assert.Equal(t, []string{"top/LICENSE 644", "top/man/man1/poolprep.1 644", "top/poolprep 755"}, names)
}

func readTar(t *testing.T, archive []byte) (headers []*tar.Header) {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	require.NoError(t, err)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return headers
		}
		require.NoError(t, err)
		headers = append(headers, h)
	}
}

func TestZip(t *testing.T) {
	when := time.Unix(1_700_000_000, 0).UTC()
	var b bytes.Buffer
	require.NoError(t, packZip(&b, "top", sampleFiles, when))
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	require.Len(t, r.File, len(sampleFiles))
	assert.Equal(t, "top/LICENSE", r.File[0].Name)
	assert.True(t, r.File[0].Modified.Equal(when))
	f, err := r.Open("top/poolprep")
	require.NoError(t, err)
	data, err := io.ReadAll(f)
	require.NoError(t, err)
	assert.Equal(t, "binary", string(data))
}

func TestBuildTime(t *testing.T) {
	for epoch, want := range map[string]string{"": "1980-01-01", "0": "1980-01-01", "-5": "1980-01-01", "1700000000": "2023-11-14"} {
		got, err := buildTime(epoch)
		require.NoError(t, err)
		assert.Equal(t, want, got.Format(time.DateOnly), epoch)
	}
	_, err := buildTime("yesterday")
	assert.ErrorContains(t, err, "SOURCE_DATE_EPOCH")
}

// TestDist builds the archive for this machine, and looks into it.
func TestDist(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program")
	}
	t.Chdir("../../../..")
	out := t.TempDir()
	require.NoError(t, run([]string{"-out", out, "-platforms", runtime.GOOS + "/" + runtime.GOARCH}))
	archives, err := filepath.Glob(filepath.Join(out, "poolprep-*.tar.gz"))
	require.NoError(t, err)
	require.Len(t, archives, 1)
	data, err := os.ReadFile(archives[0])
	require.NoError(t, err)
	sums, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("%x  %s\n", sha256.Sum256(data), filepath.Base(archives[0])), string(sums))
	top := strings.TrimSuffix(filepath.Base(archives[0]), ".tar.gz")
	var names []string
	for _, h := range readTar(t, data) {
		names = append(names, strings.TrimPrefix(h.Name, top+"/"))
	}
	for _, want := range []string{
		"poolprep", "LICENSE", "README.md", "man/man1/poolprep.1", "man/man1/poolprep-import-run.1", "man/man7/poolprep-exit-codes.7",
		"completions/poolprep.bash", "completions/_poolprep", "completions/poolprep.fish", "completions/poolprep.ps1",
	} {
		assert.Contains(t, names, want)
	}
	assert.Error(t, run([]string{"-out", out, "-platforms", "linux"}))
}
