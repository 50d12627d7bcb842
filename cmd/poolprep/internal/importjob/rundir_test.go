package importjob

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

const testHeader = "email,email_verified,cognito:username"

// testSource is an export that a test run directory is made of.
type testSource struct {
	name string
	text string                   // as a conversion reads it
	raw  func(text string) []byte // as it lies in the file; nil: the same
	set  string                   // character set; "": utf-8
	sep  int                      // bytes of a line such as sep=;
	from int64                    // offset of the first byte of text, after a byte order mark
}

// lines returns the lines of the source with their ends.
func (s *testSource) lines() []string {
	end := "\n"
	if !strings.Contains(s.text, "\n") {
		end = "\r"
	}
	return strings.SplitAfter(s.text, end)
}

// olderManifest returns the manifest of a run as an older poolprep wrote it, without a
// SHA-256 of itself.
func olderManifest(t *testing.T, d *RunDir) string {
	t.Helper()
	text := d.read(t, sink.ManifestName)
	older := regexp.MustCompile(`(?m)^ *"manifest_sha256".*\n`).ReplaceAllString(text, "")
	require.NotEqual(t, text, older)
	return older
}

// makeRun makes a run directory of sources, whose rows have the columns of
// testHeader, with at most maxRows rows in a chunk.
func makeRun(t testing.TB, dir string, maxRows int64, compression sink.Compression, sources ...testSource) *RunDir {
	t.Helper()
	path := filepath.Join(dir, "run")
	run, err := sink.Create(sink.Options{Dir: path, MaxRows: maxRows, Header: []byte(testHeader + "\n"), Compression: compression})
	require.NoError(t, err)
	m := sink.Manifest{Tool: "test", Schema: "none"}
	for i, s := range sources {
		raw := []byte(s.text)
		if s.raw != nil {
			raw = s.raw(s.text)
		}
		file := filepath.Join(dir, s.name)
		require.NoError(t, os.WriteFile(file, raw, 0o600))
		sum := sha256.Sum256(raw)
		entry := sink.Source{Path: file, Size: int64(len(raw)), SHA256: hex.EncodeToString(sum[:]), Charset: "utf-8", Codec: "none", Delimiter: "comma"}
		if s.set != "" {
			entry.Charset = s.set
		}
		offset, line := s.from, int64(1)
		if s.sep > 0 {
			entry.Sep = &sink.Span{Offset: offset, Length: int64(s.sep)}
		}
		for _, text := range s.lines() {
			at := offset
			offset += int64(len(text))
			line++
			switch {
			case text == "" || int(at-s.from) < s.sep:
			case entry.Header == nil:
				entry.Header = &sink.Span{Offset: at, Length: int64(len(text))}
			default:
				row := strings.TrimRight(text, "\r\n") + "\n"
				require.NoError(t, run.Rows("", []byte(row), []uint32{uint32(len(row))}, []sink.Row{{Source: i, Line: line - 1, Offset: at, Length: uint32(len(text))}}))
				entry.Rows++
			}
		}
		m.Sources = append(m.Sources, entry)
	}
	require.NoError(t, run.Commit(m))
	d, err := OpenRun(path)
	require.NoError(t, err)
	return d
}

// export makes an export of the given users, each with an address.
func export(end string, names ...string) string {
	var b strings.Builder
	b.WriteString(testHeader + end)
	for _, n := range names {
		fmt.Fprintf(&b, "%s@example.com,TRUE,%s%s", n, n, end)
	}
	return b.String()
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.Bytes()
}

// read returns a file of a run directory, "" if there is none.
func (d *RunDir) read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(d.file(name))
	if os.IsNotExist(err) {
		return ""
	}
	require.NoError(t, err)
	return string(text)
}

// memoryDir returns a directory that needs no disk, where the system has such.
func memoryDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "poolprep")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestDamagedDirectoryIsKnownFirst: before any call, and whatever the command is.
func TestDamagedDirectoryIsKnownFirst(t *testing.T) {
	for want, damage := range map[string]func(t *testing.T, d *RunDir){
		"chunk-00002.csv was changed since convert wrote it": func(t *testing.T, d *RunDir) {
			path := d.file("chunk-00002.csv")
			text := strings.Replace(d.read(t, "chunk-00002.csv"), "email,", "e-mail,", 1)
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		},
		"lines-00002.idx was changed since convert wrote it": func(t *testing.T, d *RunDir) {
			require.NoError(t, os.WriteFile(d.file("lines-00002.idx"), []byte(d.read(t, "lines-00001.idx")), 0o600))
		},
		"lines-00002.idx is missing": func(t *testing.T, d *RunDir) {
			require.NoError(t, os.Remove(d.file("lines-00002.idx")))
		},
		"lines-00002.idx: this is no line map": func(t *testing.T, d *RunDir) {
			d.Manifest.Chunks[1].LinesSHA256 = "" // as an older version left it
			require.NoError(t, os.WriteFile(d.file("lines-00002.idx"), nil, 0o600))
		},
	} {
		t.Run(want, func(t *testing.T) {
			d := makeRun(t, t.TempDir(), 3, sink.Plain, testSource{name: "export.csv", text: export("\n", "a", "b", "c", "d", "e", "f")})
			damage(t, d)
			f := newFake(newFakeClock())
			_, err := d.Import(t.Context(), f.options())
			require.ErrorContains(t, err, want)
			_, err = d.Plan(t.Context(), f.options())
			require.ErrorContains(t, err, want)
			require.Empty(t, f.calls)
			require.NoFileExists(t, d.file(sink.JournalName))
			_, _, err = reconcileAll(t, d, 2, cognito.OffsetAuto, save(t, d, "log", []byte(logText(2, "iif"))))
			require.ErrorContains(t, err, want)
			require.NoFileExists(t, d.file(ResultsName))
		})
	}
}
