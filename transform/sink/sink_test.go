package sink

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const header = "email,cognito:username\n"

// rows makes n rows of 10 bytes, numbered from first, and where they come from.
func rows(first, n int) (text []byte, ends []uint32, from []Row) {
	for i := first; i < first+n; i++ {
		text = fmt.Appendf(text, "row%06d\n", i)
		ends = append(ends, uint32(len(text)))
		from = append(from, Row{Line: int64(i + 2), Offset: int64(i) * 20, Length: 20})
	}
	return text, ends, from
}

// contents returns the files of a directory by name.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	out := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		out[e.Name()] = string(text)
	}
	return out
}

func TestChunksAreCutByRowsAndBytes(t *testing.T) {
	h := int64(len(header))
	tests := []struct {
		name  string
		o     Options
		batch int
		want  []int64 // rows in each chunk
	}{
		{"one chunk", Options{}, 7, []int64{25}},
		{"by rows", Options{MaxRows: 10}, 25, []int64{10, 10, 5}},
		{"by rows, exactly", Options{MaxRows: 5}, 3, []int64{5, 5, 5, 5, 5}},
		{"one row each", Options{MaxRows: 1}, 25, slice(25, 1)},
		{"by bytes, exactly full", Options{MaxBytes: h + 100}, 25, []int64{10, 10, 5}},
		{"by bytes, one byte short", Options{MaxBytes: h + 99}, 4, []int64{9, 9, 7}},
		{"by bytes, one over", Options{MaxBytes: h + 101}, 25, []int64{10, 10, 5}},
		{"a small first chunk", Options{FirstRows: 3, MaxRows: 20}, 6, []int64{3, 20, 2}},
		{"the first chunk is no larger than the others", Options{FirstRows: 30, MaxRows: 20}, 6, []int64{20, 5}},
		{"one row at a time", Options{MaxRows: 10}, 1, []int64{10, 10, 5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Dir, tt.o.Header = filepath.Join(t.TempDir(), "run"), []byte(header)
			r, err := Create(tt.o)
			require.NoError(t, err)
			for i := 0; i < 25; i += tt.batch {
				text, ends, from := rows(i, min(tt.batch, 25-i))
				require.NoError(t, r.Rows("", text, ends, from))
			}
			require.NoError(t, r.Commit(Manifest{}))
			m, err := ReadManifest(tt.o.Dir)
			require.NoError(t, err)
			require.NoError(t, m.Verify(tt.o.Dir))
			next := 0
			for i, c := range m.Chunks {
				require.Equal(t, fmt.Sprintf("chunk-%05d.csv", i+1), c.File)
				assert.Equal(t, tt.want[i], c.Rows)
				text, _, from := rows(next, int(c.Rows))
				assert.Equal(t, header+string(text), contents(t, tt.o.Dir)[c.File])
				assert.Equal(t, from, lineMap(t, filepath.Join(tt.o.Dir, c.Lines)))
				next += int(c.Rows)
			}
			assert.Len(t, m.Chunks, len(tt.want))
		})
	}
}

func slice(n int, v int64) (out []int64) {
	for range n {
		out = append(out, v)
	}
	return out
}

func lineMap(t testing.TB, path string) (out []Row) {
	m, err := OpenLineMap(path)
	require.NoError(t, err)
	defer m.Close()
	for {
		row, err := m.Next()
		if err == io.EOF {
			return out
		}
		require.NoError(t, err)
		out = append(out, row)
	}
}

func TestLineMapOverSeveralSources(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "run"), Header: []byte(header), MaxRows: 3}
	r, err := Create(o)
	require.NoError(t, err)
	want := []Row{{0, 2, 30, 5}, {0, 9, 1 << 40, 1 << 20}, {1, 2, 3, 4}, {1, 3, 7, 4}, {2, 2, 9, 9}}
	require.NoError(t, r.Rows("", []byte("a\nb\nc\nd\ne\n"), []uint32{2, 4, 6, 8, 10}, want))
	require.NoError(t, r.Commit(Manifest{}))
	assert.Equal(t, want[:3], lineMap(t, filepath.Join(o.Dir, "lines-00001.idx")))
	assert.Equal(t, want[3:], lineMap(t, filepath.Join(o.Dir, "lines-00002.idx")))

	path := filepath.Join(o.Dir, "damaged.idx")
	require.NoError(t, os.WriteFile(path, []byte(lineMapHeader+"\x05\x80"), 0o600))
	m, err := OpenLineMap(path)
	require.NoError(t, err)
	_, err = m.Next()
	require.ErrorContains(t, err, "the entry of row 1 is damaged")
	_, err = OpenLineMap(filepath.Join(o.Dir, ManifestName))
	require.ErrorContains(t, err, "no line map")
}

// TestMisuseIsAnError takes options of which no run can be made, and rows that are none.
func TestMisuseIsAnError(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "run")
	for name, o := range map[string]Options{
		"nothing":       {},
		"rows":          {Dir: dir, MaxRows: -1},
		"bytes":         {Dir: dir, MaxBytes: -1},
		"first rows":    {Dir: dir, FirstRows: -1},
		"compression":   {Dir: dir, Compression: "lzma"},
		"rejects":       {Dir: dir, Rejects: "../rejects.csv"},
		"no room":       {Dir: dir, Header: []byte("abc\n"), MaxBytes: 4},
		"below no file": {Dir: filepath.Join(dir, "deeper")},
	} {
		_, err := Create(o)
		require.Error(t, err, name)
	}
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	assert.Empty(t, left)

	for name, rows := range map[string]struct {
		ends []uint32
		from []Row
	}{
		"no origin":      {[]uint32{4}, nil},
		"beyond the end": {[]uint32{5}, make([]Row, 1)},
		"not in order":   {[]uint32{4, 2}, make([]Row, 2)},
	} {
		r, err := Create(Options{Dir: dir})
		require.NoError(t, err, "a name is enough")
		require.Error(t, r.Rows("", []byte("abc\n"), rows.ends, rows.from), name)
		require.NoError(t, r.Abort())
	}
	require.Error(t, new(Run).Rows("", nil, nil, nil))
	_, err = CreateFile("")
	require.Error(t, err)
	_, err = OpenLineMap("")
	require.Error(t, err)
	_, err = ReadManifest("")
	require.Error(t, err)
	_, err = Compression("lzma").NewEncoder(io.Discard)
	require.Error(t, err)
}

func TestRowThatFitsIntoNoChunk(t *testing.T) {
	r, err := Create(Options{Dir: filepath.Join(t.TempDir(), "run"), Header: []byte(header), MaxBytes: int64(len(header)) + 5})
	require.NoError(t, err)
	text, ends, from := rows(0, 1)
	require.ErrorContains(t, r.Rows("", text, ends, from), "a row of 10 bytes does not fit")
	_, err = Create(Options{Dir: filepath.Join(t.TempDir(), "run"), Header: []byte(header), MaxBytes: 5})
	require.ErrorContains(t, err, "has no room for a row")
}

func TestOneAlgorithmAChunk(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "run"), Header: []byte("h\n"), MaxRows: 3}
	r, err := Create(o)
	require.NoError(t, err)
	for i, algorithm := range []string{"", "BCRYPT", "SCRYPT", "BCRYPT", "", "SCRYPT", "BCRYPT"} {
		require.NoError(t, r.Rows(algorithm, fmt.Appendf(nil, "%d%s\n", i, algorithm), []uint32{uint32(2 + len(algorithm))}, []Row{{Line: int64(i)}}))
	}
	require.NoError(t, r.Commit(Manifest{}))
	files := contents(t, o.Dir)
	assert.Equal(t, "h\n0\n1BCRYPT\n3BCRYPT\n", files["chunk-00001.csv"])
	assert.Equal(t, "h\n2SCRYPT\n4\n5SCRYPT\n", files["chunk-00002.csv"])
	assert.Equal(t, "h\n6BCRYPT\n", files["chunk-00003.csv"])
	m, err := ReadManifest(o.Dir)
	require.NoError(t, err)
	assert.Equal(t, "BCRYPT", m.Chunks[0].PasswordHashAlgorithm)
	assert.Equal(t, "SCRYPT", m.Chunks[1].PasswordHashAlgorithm)
}

func TestRejectsAreByteForByte(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "run"), Header: []byte(header), KeepSkipped: true, RejectHeader: []byte("id,\"na\r\nme\"\r\n"), RejectEnd: []byte("\r\n")}
	r, err := Create(o)
	require.NoError(t, err)
	for i, raw := range []string{"1,\"a\nb\"\r\n", "2\xff\x00\n", "long part, ", "4, no line end"} {
		require.NoError(t, r.Reject([]byte(raw), fmt.Appendf(nil, `{"n":%d}`, i)))
		if strings.HasPrefix(raw, "long") {
			require.NoError(t, r.RejectMore([]byte("goes on, ")))
			require.NoError(t, r.RejectMore([]byte("and ends\r\n")))
		}
	}
	require.NoError(t, r.Skip([]byte("5, skipped\r\n"), []byte(`{"skipped":true}`)))
	require.NoError(t, r.Skip([]byte("6, no line end"), []byte(`{"skipped":true}`)))
	require.NoError(t, r.Side([]byte("{\"v\":1}\n{\"v\":1}\n"), 2))
	require.NoError(t, r.Commit(Manifest{Tool: "test"}))
	files := contents(t, o.Dir)
	assert.Equal(t, "id,\"na\r\nme\"\r\n1,\"a\nb\"\r\n2\xff\x00\nlong part, goes on, and ends\r\n4, no line end\r\n", files[RejectsName])
	assert.Equal(t, "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n", files[ReasonsName])
	assert.Equal(t, strings.Repeat("{\"skipped\":true}\n", 2), files[SkippedName])
	assert.Equal(t, "id,\"na\r\nme\"\r\n5, skipped\r\n6, no line end\r\n", files[SkippedCSV])
	assert.Equal(t, strings.Repeat("{\"v\":1}\n", 2), files[SideName])
	m, err := ReadManifest(o.Dir)
	require.NoError(t, err)
	assert.EqualValues(t, 4, m.Rejects.Records)
	assert.EqualValues(t, 2, m.Skipped.Records)
	assert.Equal(t, &Part{File: SkippedCSV, Records: 2, Bytes: int64(len(files[SkippedCSV])), SHA256: sha256Of([]byte(files[SkippedCSV]))}, m.Kept)
	assert.Equal(t, &Part{File: SideName, Records: 2, Bytes: int64(len(files[SideName])), SHA256: sha256Of([]byte(files[SideName]))}, m.Side)
	assert.Empty(t, m.Chunks)
}

func TestModes(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	o := Options{Dir: filepath.Join(t.TempDir(), "run"), Header: []byte(header)}
	r, err := Create(o)
	require.NoError(t, err)
	text, ends, from := rows(0, 3)
	require.NoError(t, r.Rows("", text, ends, from))
	require.NoError(t, r.Reject([]byte("x\n"), []byte("{}")))
	require.NoError(t, r.Commit(Manifest{}))
	info, err := os.Stat(o.Dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	for name := range contents(t, o.Dir) {
		info, err := os.Stat(filepath.Join(o.Dir, name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
}

func TestExistingDirectories(t *testing.T) {
	finished := func(dir string) {
		r, err := Create(Options{Dir: dir, Header: []byte(header)})
		require.NoError(t, err)
		text, ends, from := rows(0, 3)
		require.NoError(t, r.Rows("", text, ends, from))
		require.NoError(t, r.Commit(Manifest{}))
	}
	t.Run("empty", func(t *testing.T) {
		dir := t.TempDir()
		r, err := Create(Options{Dir: dir})
		require.NoError(t, err)
		require.NoError(t, r.Abort())
		require.DirExists(t, dir, "it was there before")
	})
	t.Run("complete run", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "run")
		finished(dir)
		before := contents(t, dir)
		_, err := Create(Options{Dir: dir})
		require.ErrorContains(t, err, "holds a complete run (manifest.json)")
		require.Equal(t, before, contents(t, dir))
		r, err := Create(Options{Dir: dir, Force: true})
		require.NoError(t, err)
		require.Equal(t, []string{".manifest.json.tmp"}, slices.Collect(maps.Keys(contents(t, dir))))
		require.NoError(t, r.Commit(Manifest{}))
	})
	t.Run("unfinished run", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".chunk-00001.csv.tmp"), nil, 0o600))
		_, err := Create(Options{Dir: dir})
		require.ErrorContains(t, err, "holds an unfinished run")
		r, err := Create(Options{Dir: dir, Force: true})
		require.NoError(t, err)
		require.NoError(t, r.Abort())
	})
	t.Run("foreign files stay", func(t *testing.T) {
		dir := t.TempDir()
		keep := filepath.Join(dir, "chunk-1.csv.bak")
		require.NoError(t, os.WriteFile(keep, []byte("mine"), 0o600))
		_, err := Create(Options{Dir: dir})
		require.ErrorContains(t, err, "is not empty")
		r, err := Create(Options{Dir: dir, Force: true})
		require.NoError(t, err)
		require.NoError(t, r.Abort())
		require.FileExists(t, keep)
	})
	t.Run("symbolic link", func(t *testing.T) {
		dir := t.TempDir()
		link := filepath.Join(t.TempDir(), "link")
		require.NoError(t, os.Symlink(dir, link))
		_, err := Create(Options{Dir: link, Force: true})
		require.ErrorContains(t, err, "is no directory")
	})
	t.Run("symbolic link and a slash", func(t *testing.T) {
		dir := t.TempDir()
		link := filepath.Join(t.TempDir(), "link")
		require.NoError(t, os.Symlink(dir, link))
		_, err := Create(Options{Dir: link + "/", Force: true})
		require.ErrorContains(t, err, "is no directory")
		require.Empty(t, contents(t, dir))
	})
	t.Run("two runs at once", func(t *testing.T) {
		for range 50 {
			dir := t.TempDir()
			var wg sync.WaitGroup
			var began atomic.Int32
			for range 4 {
				wg.Go(func() {
					r, err := Create(Options{Dir: dir, Header: []byte(header)})
					if err != nil {
						return
					}
					began.Add(1)
					text, ends, from := rows(0, 3)
					assert.NoError(t, r.Rows("", text, ends, from))
				})
			}
			wg.Wait()
			require.LessOrEqual(t, began.Load(), int32(1), "one run has the directory")
		}
	})
	t.Run("two runs with force", func(t *testing.T) {
		dir := t.TempDir()
		first, err := Create(Options{Dir: dir})
		require.NoError(t, err)
		_, err = Create(Options{Dir: dir})
		require.ErrorContains(t, err, "unfinished run")
		require.NoError(t, first.Commit(Manifest{}), "the second one left it alone")
	})
	t.Run("file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "f")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		_, err := Create(Options{Dir: path})
		require.ErrorContains(t, err, "is no directory")
	})
}

func TestAbortLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(Options{Dir: dir, Header: []byte(header), MaxRows: 2})
	require.NoError(t, err)
	text, ends, from := rows(0, 5)
	require.NoError(t, r.Rows("", text, ends, from))
	require.NoError(t, r.Reject([]byte("x"), []byte("{}")))
	require.NoError(t, r.Abort())
	require.NoDirExists(t, dir)
	require.NoError(t, r.Abort())
	require.Error(t, r.Rows("", text, ends, from), "after the end")
}

// TestManyChunksNeedNoMoreMemory would take 150 MiB if each kept its buffers.
func TestARemovedFileIsNoticed(t *testing.T) {
	for _, name := range []string{"chunk-00001.csv", "lines-00002.idx"} {
		dir := filepath.Join(t.TempDir(), "run")
		r, err := Create(Options{Dir: dir, Header: []byte("a\n"), MaxRows: 1})
		require.NoError(t, err)
		for range 3 {
			require.NoError(t, r.Rows("", []byte("x\n"), []uint32{2}, []Row{{Line: 2}}))
		}
		require.Len(t, r.Chunks(), 3)
		require.NoError(t, os.Remove(filepath.Join(dir, name)))
		err = r.Commit(Manifest{})
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.ErrorContains(t, err, name)
		require.NoFileExists(t, filepath.Join(dir, ManifestName))
		require.NoError(t, r.Abort())
		require.NoDirExists(t, dir)
	}
}

func TestAbortOfADirectoryThatIsGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(Options{Dir: dir, Header: []byte("a\n")})
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, r.Abort())
}

func TestManyChunksNeedNoMoreMemory(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	r, err := Create(Options{Dir: filepath.Join(t.TempDir(), "run"), Header: []byte(header), MaxRows: 1})
	require.NoError(t, err)
	before := heap()
	for i := range 300 {
		text, ends, from := rows(i, 1)
		require.NoError(t, r.Rows("", text, ends, from))
	}
	assert.Less(t, heap(), before+8<<20)
	assert.Len(t, r.Chunks(), 300)
	require.NoError(t, r.Commit(Manifest{}))
}

// failing lets the n-th operation fail, and stays broken if broken is set.
type failing struct {
	osFiles
	n   *atomic.Int64
	err error
}

type failingHandle struct {
	handle
	f failing
}

func (f failing) fail() error {
	if f.n.Add(-1) == 0 {
		return f.err
	}
	return nil
}

func (f failing) create(root *os.Root, name string) (handle, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	h, err := f.osFiles.create(root, name)
	return failingHandle{h, f}, err
}

func (f failing) rename(root *os.Root, from, to string) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.osFiles.rename(root, from, to)
}

func (f failing) syncDir(root *os.Root) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.osFiles.syncDir(root)
}

func (h failingHandle) Write(p []byte) (int, error) {
	if err := h.f.fail(); err != nil {
		n, _ := h.handle.Write(p[:len(p)/2]) // half of it is written
		return n, err
	}
	return h.handle.Write(p)
}

func (h failingHandle) Sync() error {
	if err := h.f.fail(); err != nil {
		return err
	}
	return h.handle.Sync()
}

func TestAbortTakesTheManifestFirst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(Options{Dir: dir, Header: []byte(header)})
	require.NoError(t, err)
	text, ends, from := rows(0, 3)
	require.NoError(t, r.Rows("", text, ends, from))
	require.NoError(t, r.Commit(Manifest{}))
	f := &folder{root: mustOpenRoot(t, dir), path: dir, files: cannotRemove{}}
	stubborn := &directory{store: f, folder: f, made: map[string]*file{ManifestName: nil, "chunk-00001.csv": nil}}
	require.Len(t, stubborn.removeMade(true), 1)
	m, err := ReadManifest(dir)
	require.NoError(t, err)
	require.NoError(t, m.Verify(dir), "a manifest that stays names complete chunks")
}

func mustOpenRoot(t *testing.T, dir string) *os.Root {
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.Close() })
	return root
}

// cannotRemove is a file system in which a manifest cannot be removed.
type cannotRemove struct{ osFiles }

func (c cannotRemove) remove(root *os.Root, name string) error {
	if name == ManifestName {
		return syscall.EIO
	}
	return c.osFiles.remove(root, name)
}

func TestVerifyStaysInside(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "outside"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "run"), 0o700))
	m := Manifest{Chunks: []Chunk{{File: "../outside"}}}
	require.Error(t, m.Verify(filepath.Join(dir, "run")))
}

func TestFileEndsOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f, err := CreateFile(path)
	require.NoError(t, err)
	require.NoError(t, f.Abort())
	require.Error(t, f.Commit(), "nothing was kept")
	require.NoFileExists(t, path)
	f, err = CreateFile(path)
	require.NoError(t, err)
	require.NoError(t, f.Commit())
	require.Error(t, f.Commit())
}

func TestEmptyPartOfAReject(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	r, err := Create(Options{Dir: dir, RejectEnd: []byte{}})
	require.NoError(t, err)
	require.NoError(t, r.Reject([]byte("bad\n"), []byte("{}")))
	require.NoError(t, r.RejectMore(nil))
	require.NoError(t, r.Commit(Manifest{}))
	require.Equal(t, "bad\n", contents(t, dir)[RejectsName])
}

// TestEveryOperationMayFail lets each operation of a run of three chunks fail
// in turn: there is an error, no manifest, every chunk under its final name is
// complete, and Abort leaves nothing, no goroutine either.
func TestEveryOperationMayFail(t *testing.T) {
	for _, tt := range []struct {
		name        string
		compression Compression
		width       int // bytes in a row
	}{{"small", Plain, 10}, {"large", Plain, 60_000}, {"gzip", Gzip, 60_000}, {"zstd", Zstd, 60_000}} {
		t.Run(tt.name, func(t *testing.T) {
			leaveNoGoroutine(t)
			text, ends, from := wideRows(25, tt.width)
			write := func(r *Run) error {
				if err := r.Rows("", text, ends, from); err != nil {
					return err
				}
				if err := r.Reject(text[:15*tt.width], []byte("{}")); err != nil {
					return err
				}
				if err := r.Skip(text[:15*tt.width], []byte("{}")); err != nil {
					return err
				}
				if err := r.Side(text[:15*tt.width], 15); err != nil {
					return err
				}
				return r.Commit(Manifest{})
			}
			for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
				for n := int64(1); ; n++ {
					var left atomic.Int64
					left.Store(n)
					dir := filepath.Join(t.TempDir(), "run")
					o := Options{Dir: dir, Header: []byte(header), MaxRows: 10, Compression: tt.compression, KeepSkipped: true}
					err := threeChunks(t, o, failing{n: &left, err: cause}, write)
					if err == nil {
						require.Greater(t, n, int64(30), "so many operations a run has at least")
						m, err := ReadManifest(dir)
						require.NoError(t, err)
						require.NoError(t, m.Verify(dir))
						break
					}
					require.ErrorIs(t, err, cause, "operation %d", n)
					require.ErrorContains(t, err, dir, "the error names the file")
				}
			}
		})
	}
}

func threeChunks(t *testing.T, o Options, fsys files, write func(*Run) error) error {
	dir := o.Dir
	r, err := create(o, fsys)
	if err != nil {
		require.NoDirExists(t, dir, "what could not be begun leaves nothing")
		return err
	}
	if err = write(r); err == nil {
		return nil
	}
	r.finishing.Wait() // so that nothing changes while it is looked at
	for name := range contents(t, dir) {
		switch {
		case strings.HasPrefix(name, "chunk-"):
			text := textOf(t, dir, name, o.Compression)
			require.Contains(t, []int{10, 10, 5}, bytes.Count(text, []byte("\n"))-1, "a chunk under its name is complete")
		case name == ManifestName:
			m, err := ReadManifest(dir)
			require.NoError(t, err)
			require.NoError(t, m.Verify(dir), "a manifest names complete chunks only")
		}
	}
	require.Equal(t, err, r.Reject(nil, nil), "after an error always the same one")
	require.NoError(t, r.Abort())
	require.NoDirExists(t, dir)
	return err
}

func TestSingleFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.csv")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))

	f, err := CreateFile(path)
	require.NoError(t, err)
	_, err = f.Write([]byte("new"))
	require.NoError(t, err)
	require.Equal(t, "old", contents(t, dir)["out.csv"], "nothing is visible before Commit")
	require.NoError(t, f.Abort())
	require.Equal(t, map[string]string{"out.csv": "old"}, contents(t, dir))

	f, err = CreateFile(path)
	require.NoError(t, err)
	_, err = f.Write(bytes.Repeat([]byte("x"), 1<<20))
	require.NoError(t, err)
	require.NoError(t, f.Commit())
	require.NoError(t, f.Abort(), "after Commit it does nothing")
	require.Len(t, contents(t, dir)["out.csv"], 1<<20)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(target, []byte("keep"), 0o600))
	require.NoError(t, os.Symlink(target, link))
	f, err = CreateFile(link)
	require.NoError(t, err)
	require.NoError(t, f.Commit())
	require.Equal(t, "keep", contents(t, dir)["target"], "a link is replaced, not followed")

	_, err = CreateFile(dir)
	require.ErrorContains(t, err, "this is a directory")
	_, err = CreateFile(filepath.Join(dir, "none", "f"))
	require.Error(t, err)
}

func TestSingleFileOnADevice(t *testing.T) {
	f, err := CreateFile("/dev/full")
	if err != nil {
		t.Log("no /dev/full here")
		return
	}
	_, _ = f.Write([]byte("x"))
	err = f.Commit()
	require.ErrorContains(t, err, "/dev/full: the disk is full")
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, f.Abort())
}

func TestNamesOfOpenFilesAreNotReplaced(t *testing.T) {
	for _, path := range []string{"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/../dev/stdout"} {
		assert.True(t, IsDevice(path), path)
	}
	for _, path := range []string{"out.csv", "dev/stdout", "/device/x", "/tmp/dev/null"} {
		assert.False(t, IsDevice(path), path)
	}
}

func BenchmarkRows(b *testing.B) {
	text, ends, from := rows(0, 10_000)
	r, err := Create(Options{Dir: filepath.Join(b.TempDir(), "run"), Header: []byte(header)})
	require.NoError(b, err)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, r.Rows("", text, ends, from))
	}
	require.NoError(b, r.Abort())
}

func TestAbortAll(t *testing.T) {
	dir := t.TempDir()
	kept, err := CreateFile(filepath.Join(dir, "kept"))
	require.NoError(t, err)
	require.NoError(t, kept.Commit())
	done, err := Create(Options{Dir: filepath.Join(dir, "done"), Header: []byte(header)})
	require.NoError(t, err)
	require.NoError(t, done.Commit(Manifest{}))
	half, err := CreateFile(filepath.Join(dir, "half"))
	require.NoError(t, err)
	_, err = half.Write([]byte("x"))
	require.NoError(t, err)
	run, err := Create(Options{Dir: filepath.Join(dir, "run"), Header: []byte(header)})
	require.NoError(t, err)
	require.NoError(t, run.Reject([]byte("x\n"), []byte("{}")))
	AbortAll()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{filepath.Join(dir, "done"), filepath.Join(dir, "kept")}, names)
	hidden, err := filepath.Glob(filepath.Join(dir, ".*"))
	require.NoError(t, err)
	assert.Empty(t, hidden)
	assert.Error(t, half.Commit())
	assert.Error(t, run.Commit(Manifest{}))
}

// TestExplainCountsLines wants the line of rejects.csv on which each record begins.
func TestExplainCountsLines(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		dir := filepath.Join(t.TempDir(), "run")
		r, err := Create(Options{
			Dir: dir, Header: []byte(header), RejectHeader: []byte("sep=;" + end + "a;\"b" + end + "\"" + end), RejectEnd: []byte(end), TableHeader: []byte("line,why\n"),
		})
		require.NoError(t, err)
		for _, raw := range []string{"x" + end, "\"y" + end + "y\"" + end, "long" + end, "last"} {
			require.NoError(t, r.Reject([]byte(raw), []byte("{}")))
			require.NoError(t, r.Explain([]byte("because")))
			if strings.HasPrefix(raw, "long") {
				require.NoError(t, r.RejectMore([]byte("er"+end+"and longer")))
			}
		}
		require.NoError(t, r.Commit(Manifest{}))
		text, err := os.ReadFile(filepath.Join(dir, TableName))
		require.NoError(t, err)
		assert.Equal(t, "line,why\n4,because\n5,because\n7,because\n10,because\n", string(text), "%q", end)
		m, err := ReadManifest(dir)
		require.NoError(t, err)
		assert.Equal(t, TableName, m.Rejects.Table)
		assert.True(t, IsRunFile(TableName))
	}
}
