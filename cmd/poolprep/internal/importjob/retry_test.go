package importjob

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/transform/sink"
)

// retryOf lets the rows that what says have failed, chunk by chunk, and returns retry.csv.
func retryOf(t *testing.T, d *RunDir, sources []string, what ...string) (string, *Summary) {
	t.Helper()
	var logs []SavedLog
	for i, rows := range what {
		logs = append(logs, SavedLog{i + 1, save(t, d, "log-"+rows, []byte(logText(2, rows)))})
	}
	out, err := d.Reconcile(t.Context(), ReconcileOptions{Logs: logs, Sources: sources, Replace: true, Clock: newFakeClock(), Observer: &recorder{}})
	require.NoError(t, err)
	return d.read(t, RetryName), out
}

func TestRetryIsTheSourceByteForByte(t *testing.T) {
	header := testHeader
	quoted := header + "\r\n" + "a@example.com,TRUE,a\r\n" + "b@example.com,TRUE,b\n" + "c@example.com,TRUE,c\r\n" + "d@example.com,TRUE,d"
	for _, tt := range []struct {
		name   string
		source testSource
		rows   string
		want   string
	}{
		{"line ends as they are", testSource{text: quoted}, "ffif", header + "\r\na@example.com,TRUE,a\r\nb@example.com,TRUE,b\nd@example.com,TRUE,d\r\n"},
		{"the last record gets the header's", testSource{text: strings.TrimSuffix(export("\n", "a", "b"), "\n")}, "if", export("\n", "b")},
		{"CR", testSource{text: strings.TrimSuffix(export("\r", "a", "b", "c"), "\r")}, "fif", export("\r", "a", "c")},
		{"gzip", testSource{text: export("\n", "a", "b", "c"), raw: gzipped}, "fif", export("\n", "a", "c")},
		{"UTF-16", testSource{text: export("\r\n", "ä", "b", "ç"), raw: utf16le, set: "utf-16le"}, "fif", export("\r\n", "ä", "ç")},
		{"byte order mark", testSource{text: export("\n", "a", "b"), raw: func(s string) []byte { return []byte("\xef\xbb\xbf" + s) }, from: 3}, "if", export("\n", "b")},
		{"sep=", testSource{text: "sep=,\r\n" + export("\r\n", "a", "b"), sep: 7}, "fi", "sep=,\r\n" + export("\r\n", "a")},
		{"all of them", testSource{text: export("\n", "a", "b")}, "ff", export("\n", "a", "b")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.source.name = "export.csv"
			d := makeRun(t, t.TempDir(), 10, sink.Gzip, tt.source)
			got, out := retryOf(t, d, nil, tt.rows)
			assert.NoError(t, out.Why)
			assert.Equal(t, tt.want, got)
			info, err := os.Stat(d.file(RetryName))
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		})
	}
}

func TestRetryOfSeveralSources(t *testing.T) {
	d := makeRun(t, t.TempDir(), 3, sink.Zstd,
		testSource{name: "one.csv", text: export("\n", "a", "b")},
		testSource{name: "two.csv", text: export("\n", "c")},
		testSource{name: "three.csv.gz", text: strings.TrimSuffix(export("\n", "d", "e", "f"), "\n"), raw: gzipped},
	)
	got, out := retryOf(t, d, nil, "ifi", "fif")
	assert.NoError(t, out.Why)
	assert.Equal(t, export("\n", "b", "d", "f"), got)
	one, three := d.Manifest.Sources[0].Path, d.Manifest.Sources[2].Path
	results := d.read(t, ResultsName)
	for _, want := range []string{
		`{"v":1,"file":"` + one + `","line":3,"chunk":1,"chunk_line":3,"status":"failed","message":"It failed."}`,
		`{"v":1,"file":"` + three + `","line":2,"chunk":2,"chunk_line":2,"status":"failed","message":"It failed."}`,
		`{"v":1,"file":"` + three + `","line":4,"chunk":2,"chunk_line":4,"status":"failed","message":"It failed."}`,
	} {
		assert.Contains(t, results, want)
	}
}

func TestRetryWithoutItsSource(t *testing.T) {
	make := func(t *testing.T) (*RunDir, string) {
		d := makeRun(t, t.TempDir(), 2, sink.Gzip, testSource{name: "export.csv", text: export("\r\n", "a", "b", "c")})
		return d, d.Manifest.Sources[0].Path
	}
	fromChunks, fromSource := export("\n", "b", "c"), export("\r\n", "b", "c")
	t.Run("gone", func(t *testing.T) {
		d, path := make(t)
		require.NoError(t, os.Remove(path))
		got, out := retryOf(t, d, nil, "if", "f")
		assert.Equal(t, fromChunks, got)
		assert.ErrorContains(t, out.Why, "no such file")
	})
	t.Run("of another size", func(t *testing.T) {
		d, path := make(t)
		require.NoError(t, os.WriteFile(path, []byte(fromSource), 0o600))
		got, out := retryOf(t, d, nil, "if", "f")
		assert.Equal(t, fromChunks, got)
		assert.ErrorContains(t, out.Why, "is not the file that was converted")
	})
	t.Run("that was standard input", func(t *testing.T) {
		d, _ := make(t)
		d.Manifest.Sources[0].Path = "stdin"
		got, out := retryOf(t, d, nil, "if", "f")
		assert.Equal(t, fromChunks, got)
		assert.EqualError(t, out.Why, "the source was standard input, which cannot be read again")
		moved := save(t, d, "moved.csv", []byte(d.read(t, "../export.csv")))
		got, out = retryOf(t, d, []string{moved}, "if", "f")
		assert.Equal(t, fromSource, got)
		assert.NoError(t, out.Why)
	})
	t.Run("with other content", func(t *testing.T) {
		d, path := make(t)
		require.NoError(t, os.WriteFile(path, []byte(export("\r\n", "a", "x", "c")), 0o600))
		got, out := retryOf(t, d, nil, "if", "f")
		assert.Equal(t, fromChunks, got)
		assert.ErrorContains(t, out.Why, "SHA-256")
	})
	t.Run("elsewhere", func(t *testing.T) {
		d, path := make(t)
		moved := filepath.Join(t.TempDir(), "moved.csv")
		require.NoError(t, os.Rename(path, moved))
		got, out := retryOf(t, d, []string{d.file(sink.ManifestName), moved}, "if", "f")
		assert.Equal(t, fromSource, got)
		assert.NoError(t, out.Why)
	})
	t.Run("beside the run directory", func(t *testing.T) {
		d, _ := make(t)
		d.Manifest.Sources[0].Path = "export.csv"
		got, out := retryOf(t, d, nil, "if", "f")
		assert.Equal(t, fromSource, got)
		assert.NoError(t, out.Why)
	})
	t.Run("converted by an older version", func(t *testing.T) {
		d, _ := make(t)
		d.Manifest.Sources[0].Header = nil
		got, out := retryOf(t, d, nil, "if", "f")
		assert.Equal(t, fromChunks, got)
		assert.ErrorContains(t, out.Why, "older poolprep")
	})
	t.Run("without a header", func(t *testing.T) {
		d, _ := make(t)
		d.Manifest.Sources[0].Header = &sink.Span{}
		got, out := retryOf(t, d, nil, "if", "f")
		assert.NoError(t, out.Why)
		assert.Equal(t, strings.TrimPrefix(fromSource, testHeader+"\r\n"), got)
	})
}

// TestRowsThatAreNotThere: files of the directory that do not fit each other are an
// error that names the file, and never a wrong row.
func TestRowsThatAreNotThere(t *testing.T) {
	d := makeRun(t, t.TempDir(), 10, sink.Plain, sevenRows)
	log := save(t, d, "log", []byte(logText(2, "iiiiiif")))
	lines := d.file(d.Manifest.Chunks[0].Lines)
	whole, err := os.ReadFile(lines)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(lines, whole[:len(whole)-4], 0o600))
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, log)
	require.ErrorContains(t, err, "lines-00001.idx")
	assert.NoFileExists(t, d.file(ResultsName))

	require.NoError(t, os.WriteFile(lines, whole, 0o600))
	chunk := d.file(d.Manifest.Chunks[0].File)
	require.NoError(t, os.WriteFile(chunk, []byte(export("\n", "x")), 0o600))
	_, _, err = reconcileAll(t, d, 0, cognito.OffsetAuto, log)
	require.ErrorContains(t, err, "chunk-00001.csv was changed since convert wrote it")
	assert.NoFileExists(t, d.file(ResultsName))
}

// TestRetryOnceMore: when everything is imported retry.csv belongs to those who mend
// it, but the source may turn up later, and the file may get lost.
func TestRetryOnceMore(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	f.users["old"] = 1
	path := d.Manifest.Sources[0].Path
	moved := filepath.Join(t.TempDir(), "moved.csv")
	require.NoError(t, os.Rename(path, moved))
	importAgain := func(sources ...string) *Summary {
		o := f.options()
		o.Sources = sources
		out, err := d.Import(t.Context(), o)
		require.NoError(t, err)
		assert.Equal(t, Counts{Imported: 7, Skipped: 1, Failed: 3}, out.Total())
		return out
	}
	byChunks := export("\n", "bad3", "bad7", "bad11")
	assert.Error(t, importAgain().Why)
	assert.Equal(t, byChunks, d.read(t, RetryName))

	require.NoError(t, os.WriteFile(d.file(RetryName), []byte("mended"), 0o600))
	assert.Error(t, importAgain().Why, "that it holds rows of the chunks is not forgotten")
	assert.Equal(t, "mended", d.read(t, RetryName))

	require.NoError(t, os.Remove(d.file(RetryName)))
	assert.Error(t, importAgain().Why)
	assert.Equal(t, byChunks, d.read(t, RetryName))

	out := importAgain(moved)
	assert.NoError(t, out.Why)
	assert.Equal(t, 3, out.Retry)
	assert.Equal(t, threeChunksRetry, d.read(t, RetryName))
	assert.NoError(t, importAgain().Why)

	require.NoError(t, os.Rename(moved, path))
	require.NoError(t, os.Remove(d.file(RetryName)))
	assert.NoError(t, importAgain().Why)
	assert.Equal(t, threeChunksRetry, d.read(t, RetryName))
	assert.Len(t, f.jobs, 3)
}
