package sink

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what must come to an end.
const patience = 30 * time.Second

// leaveNoGoroutine fails the test if there are more goroutines after it than before.
func leaveNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for end := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				stacks := make([]byte, 1<<20)
				t.Fatalf("a goroutine is left:\n%s", stacks[:runtime.Stack(stacks, true)])
			}
		}
	})
}

// await waits for a channel.
func await[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatal(what + " does not come to an end")
	}
	return v
}

// wideRows makes n rows of a width, which no encoder makes much smaller.
func wideRows(n, width int) (text []byte, ends []uint32, from []Row) {
	random := rand.New(rand.NewPCG(1, uint64(width)))
	for i := range n {
		text = appendRow(text, random, width)
		ends = append(ends, uint32(len(text)))
		from = append(from, Row{Line: int64(i + 2), Offset: int64(i * width), Length: uint32(width)})
	}
	return text, ends, from
}

// appendRow appends a row of a width, with its newline.
func appendRow(dst []byte, random *rand.Rand, width int) []byte {
	for range width - 1 {
		dst = append(dst, byte('!'+random.IntN(90)))
	}
	return append(dst, '\n')
}

// textOf returns the text of a chunk.
func textOf(t testing.TB, dir, name string, c Compression) []byte {
	t.Helper()
	chunk := Chunk{File: name, Compression: string(c)}
	r, err := chunk.Open(dir)
	require.NoError(t, err)
	defer r.Close()
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	return text
}

// encoded returns a text as an encoder writes it that is given all of it at once.
func encoded(t testing.TB, c Compression, text []byte) string {
	t.Helper()
	var b bytes.Buffer
	z, err := c.NewEncoder(&b)
	require.NoError(t, err)
	if z == nil {
		return string(text)
	}
	_, err = z.Write(text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.String()
}

func sha256Of(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// TestFilesAroundTheBuffer writes files that fill their buffers just not, just,
// and more than once, in parts of all sizes.
func TestFilesAroundTheBuffer(t *testing.T) {
	leaveNoGoroutine(t)
	for _, c := range []Compression{Plain, Gzip, Zstd} {
		for _, size := range []int{0, 1, fileBuffer - 1, fileBuffer, fileBuffer + 1, 2*fileBuffer - 1, 2 * fileBuffer, 2*fileBuffer + 1, maxBuffers * fileBuffer, 7*fileBuffer + 5} {
			for _, part := range []int{1000, fileBuffer - 1, fileBuffer, fileBuffer + 1, 8 * fileBuffer} {
				t.Run(fmt.Sprintf("%s %d by %d", c, size, part), func(t *testing.T) {
					at := &folder{root: mustOpenRoot(t, t.TempDir()), files: osFiles{}}
					d := &directory{store: at, folder: at}
					f, err := d.create("f")
					require.NoError(t, err)
					require.NoError(t, f.compress(c))
					text, _, _ := wideRows(1, size+1)
					text = text[:size]
					for rest := text; len(rest) > 0; {
						p := bytes.Clone(rest[:min(part, len(rest))])
						require.NoError(t, f.write(p))
						rest = rest[len(p):]
						clear(p) // it is the caller's again
					}
					assert.EqualValues(t, size, f.size)
					assert.Equal(t, size > fileBuffer, f.full != nil, "a small file needs no goroutine")
					require.NoError(t, f.commit())
					assert.Equal(t, sha256Of(text), f.sum)
					got, err := d.folder.root.ReadFile("f")
					require.NoError(t, err)
					assert.True(t, encoded(t, c, text) == string(got), "the bytes are others")
					assert.LessOrEqual(t, f.buffers, maxBuffers)
					assert.Len(t, d.spare, f.buffers, "others may have them")
				})
			}
		}
	}
}

// TestRandomRows compares runs with what a simple program makes of the same rows.
func TestRandomRows(t *testing.T) {
	leaveNoGoroutine(t)
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 0))
		o := Options{
			Dir: filepath.Join(t.TempDir(), "run"), Header: []byte(header), Compression: []Compression{Plain, Gzip, Zstd}[seed%3],
			KeepSkipped: true,
			MaxRows:     int64(1000 + random.IntN(100_000)), MaxBytes: int64(200_000 + random.IntN(1_500_000)),
		}
		r, err := Create(o)
		require.NoError(t, err)
		want := expected{o: o}
		widest := []int{8, 100, 70_000}[seed/3%3]
		for line := 2; line < 60_000 && want.written < 4_000_000; {
			var text []byte
			var ends []uint32
			var from []Row
			for n := random.IntN(300_000); len(text) <= n; {
				text = appendRow(text, random, 1+random.IntN(widest))
				ends, from = append(ends, uint32(len(text))), append(from, Row{Line: int64(line)})
				line++
			}
			want.rows(text, ends)
			require.NoError(t, r.Rows("", text, ends, from))
			if want.rejects == nil || random.IntN(2) == 0 {
				entry := fmt.Appendf(nil, `{"line":%d}`, line)
				require.NoError(t, r.Reject(text, entry))
				require.NoError(t, r.Skip(text, entry))
				require.NoError(t, r.Side(text, 1))
				want.rejects, want.entries = append(want.rejects, text...), append(append(want.entries, entry...), '\n')
			}
			clear(text) // it is the caller's again
		}
		require.NoError(t, r.Commit(Manifest{}))
		want.compare(t, r)
	}
}

// expected is what a run should write.
type expected struct {
	o       Options
	chunks  [][]byte
	count   []int64 // rows in each
	written int
	rejects []byte
	entries []byte
}

func (e *expected) rows(text []byte, ends []uint32) {
	start := uint32(0)
	for _, end := range ends {
		last := len(e.chunks) - 1
		if last < 0 || e.count[last] == e.o.MaxRows || int64(len(e.chunks[last]))+int64(end-start) > e.o.MaxBytes {
			e.chunks, e.count = append(e.chunks, bytes.Clone(e.o.Header)), append(e.count, 0)
			last++
		}
		e.chunks[last] = append(e.chunks[last], text[start:end]...)
		e.count[last]++
		start = end
	}
	e.written += len(text)
}

func (e *expected) compare(t *testing.T, r *Run) {
	m, err := ReadManifest(e.o.Dir)
	require.NoError(t, err)
	require.Len(t, m.Chunks, len(e.chunks))
	require.Equal(t, m.Chunks, r.Chunks())
	got := contents(t, e.o.Dir)
	line := int64(2)
	for i, c := range m.Chunks {
		assert.Equal(t, fmt.Sprintf("chunk-%05d.csv%s", i+1, e.o.Compression.extension()), c.File)
		assert.True(t, encoded(t, e.o.Compression, e.chunks[i]) == got[c.File], "the bytes of %s are others", c.File)
		assert.Equal(t, sha256Of(e.chunks[i]), c.SHA256)
		assert.EqualValues(t, len(e.chunks[i]), c.Bytes)
		assert.Equal(t, e.count[i], c.Rows)
		assert.Equal(t, sha256Of([]byte(got[c.Lines])), c.LinesSHA256)
		for _, row := range lineMap(t, filepath.Join(e.o.Dir, c.Lines)) {
			require.Equal(t, line, row.Line)
			line++
		}
	}
	assert.True(t, string(e.rejects) == got[RejectsName])
	assert.True(t, string(e.entries) == got[ReasonsName])
	assert.True(t, string(e.entries) == got[SkippedName])
	assert.True(t, string(e.rejects) == got[SkippedCSV])
	assert.True(t, string(e.rejects) == got[SideName])
	assert.Equal(t, sha256Of(e.rejects), m.Rejects.SHA256)
	assert.Equal(t, sha256Of(e.rejects), m.Kept.SHA256)
	assert.Equal(t, sha256Of(e.rejects), m.Side.SHA256)
	assert.Equal(t, sha256Of(e.entries), m.Skipped.SHA256)
}

// TestManyTinyChunks makes a chunk of every row.
func TestManyTinyChunks(t *testing.T) {
	for _, c := range []Compression{Plain, Gzip, Zstd} {
		leaveNoGoroutine(t)
		o := Options{Dir: filepath.Join(t.TempDir(), "run"), Header: []byte(header), MaxRows: 1, Compression: c}
		r, err := Create(o)
		require.NoError(t, err)
		text, ends, from := rows(0, 150)
		require.NoError(t, r.Rows("", text, ends, from))
		require.NoError(t, r.Commit(Manifest{}))
		require.Len(t, r.Chunks(), 150)
		for i, chunk := range r.Chunks() {
			row, _, _ := rows(i, 1)
			want := append([]byte(header), row...)
			assert.Equal(t, want, textOf(t, o.Dir, chunk.File, c))
			assert.Equal(t, sha256Of(want), chunk.SHA256)
		}
		assert.LessOrEqual(t, len(r.dir.spare), 5, "the buffers are used again: those of two chunks, and the manifest's")
	}
}

// TestChunksAreThoseThatAreFull before Commit.
func TestChunksAreThoseThatAreFull(t *testing.T) {
	leaveNoGoroutine(t)
	r, err := Create(Options{Dir: filepath.Join(t.TempDir(), "run"), Header: []byte(header), MaxRows: 10})
	require.NoError(t, err)
	text, ends, from := wideRows(15, 100_000)
	require.NoError(t, r.Rows("", text, ends, from))
	chunks := r.Chunks()
	require.Len(t, chunks, 1)
	assert.Equal(t, sha256Of(append([]byte(header), text[:1_000_000]...)), chunks[0].SHA256)
	assert.NotEmpty(t, chunks[0].LinesSHA256)
	require.NoError(t, r.Commit(Manifest{}))
	require.Len(t, r.Chunks(), 2)
}

// trap is a file system in which an operation on a file waits: until the file is
// closed, or until the test lets it go on.
type trap struct {
	osFiles
	operation string // write, fsync or rename
	name      string // of the file, when it is complete
	fails     error  // what it returns when it goes on; nil: what the operation returns
	reached   chan struct{}
	goOn      chan struct{}
}

func newTrap(operation, name string, fails error) trap {
	return trap{operation: operation, name: name, fails: fails, reached: make(chan struct{}), goOn: make(chan struct{})}
}

func (tr trap) create(root *os.Root, name string) (handle, error) {
	h, err := tr.osFiles.create(root, name)
	if err != nil || name != "."+tr.name+temporary {
		return h, err
	}
	return &trapHandle{handle: h, trap: tr, closed: make(chan struct{})}, nil
}

func (tr trap) rename(root *os.Root, from, to string) error {
	if tr.operation == "rename" && to == tr.name {
		close(tr.reached)
		<-tr.goOn
	}
	return tr.osFiles.rename(root, from, to)
}

type trapHandle struct {
	handle
	trap   trap
	once   sync.Once
	close  sync.Once
	closed chan struct{}
}

// wait waits in the first operation of the kind.
func (h *trapHandle) wait(operation string) error {
	if operation != h.trap.operation {
		return nil
	}
	h.once.Do(func() { close(h.trap.reached) })
	select {
	case <-h.closed:
		return os.ErrClosed
	case <-h.trap.goOn:
		return h.trap.fails
	}
}

func (h *trapHandle) Write(p []byte) (int, error) {
	if err := h.wait("write"); err != nil {
		return 0, err
	}
	return h.handle.Write(p)
}

func (h *trapHandle) Sync() error {
	if err := h.wait("fsync"); err != nil {
		return err
	}
	return h.handle.Sync()
}

func (h *trapHandle) Close() error {
	h.close.Do(func() { close(h.closed) })
	return h.handle.Close()
}

// TestAbortWhileTheDiskIsStuck: an operation in the background waits until its
// file is closed, and the rows wait for it.
func TestAbortWhileTheDiskIsStuck(t *testing.T) {
	for _, c := range []Compression{Plain, Gzip, Zstd} {
		for _, operation := range []string{"write", "fsync"} {
			for _, name := range []string{"chunk-00001.csv" + c.extension(), "lines-00001.idx", "chunk-00002.csv" + c.extension()} {
				t.Run(string(c)+" "+operation+" "+name, func(t *testing.T) {
					leaveNoGoroutine(t)
					dir := filepath.Join(t.TempDir(), "run")
					tr := newTrap(operation, name, nil)
					r, err := create(Options{Dir: dir, Header: []byte(header), MaxBytes: 2_000_000, Compression: c}, tr)
					require.NoError(t, err)
					ended := writeUntilItFails(r)
					await(t, tr.reached, "the way to the operation")
					aborted := make(chan error, 1)
					go func() { aborted <- r.Abort() }()
					require.NoError(t, await(t, aborted, "Abort"))
					require.NoDirExists(t, dir)
					err = await(t, ended, "Rows")
					require.EqualError(t, err, dir+": the run has ended")
					require.Equal(t, err, r.Commit(Manifest{}))
				})
			}
		}
	}
}

// writeUntilItFails writes rows until there is an error, which it sends.
func writeUntilItFails(r *Run) <-chan error {
	ended := make(chan error, 1)
	go func() {
		text, ends, from := wideRows(10, 10_000)
		for {
			if err := r.Rows("", text, ends, from); err != nil {
				ended <- err
				return
			}
		}
	}()
	return ended
}

// TestOneChunkIsFinishedAtATime: the next one waits for it.
func TestOneChunkIsFinishedAtATime(t *testing.T) {
	leaveNoGoroutine(t)
	dir := filepath.Join(t.TempDir(), "run")
	tr := newTrap("fsync", "chunk-00001.csv", nil)
	r, err := create(Options{Dir: dir, Header: []byte(header), MaxBytes: 500_000}, tr)
	require.NoError(t, err)
	ended := writeUntilItFails(r)
	await(t, tr.reached, "the way to the operation")
	for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); time.Sleep(time.Millisecond) {
		require.NoFileExists(t, filepath.Join(dir, "chunk-00001.csv"))
		require.NoFileExists(t, filepath.Join(dir, "chunk-00002.csv"))
		require.NoFileExists(t, filepath.Join(dir, ".chunk-00003.csv.tmp"))
	}
	require.FileExists(t, filepath.Join(dir, ".chunk-00002.csv.tmp"), "the next one is written")
	close(tr.goOn)
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "chunk-00003.csv")); err == nil {
			break
		}
		require.True(t, time.Now().Before(end), "it goes on")
	}
	require.NoError(t, r.Abort())
	require.Error(t, await(t, ended, "Rows"))
	require.NoDirExists(t, dir)
}

// TestAbortDuringCommit finds Commit, or the last chunk, in the middle of an fsync.
func TestAbortDuringCommit(t *testing.T) {
	for _, name := range []string{"chunk-00001.csv", RejectsName, ReasonsName, SkippedName, SkippedCSV, SideName, ManifestName} {
		t.Run(name, func(t *testing.T) {
			leaveNoGoroutine(t)
			dir := filepath.Join(t.TempDir(), "run")
			tr := newTrap("fsync", name, nil)
			r, err := create(Options{Dir: dir, Header: []byte(header), KeepSkipped: true}, tr)
			require.NoError(t, err)
			text, ends, from := wideRows(10, 100_000)
			require.NoError(t, r.Rows("", text, ends, from))
			require.NoError(t, r.Reject(text, []byte("{}")))
			require.NoError(t, r.Skip(text, []byte("{}")))
			require.NoError(t, r.Side([]byte("{}\n"), 1))
			committed := make(chan error, 1)
			go func() { committed <- r.Commit(Manifest{}) }()
			await(t, tr.reached, "the way to the operation")
			require.NoError(t, r.Abort())
			require.EqualError(t, await(t, committed, "Commit"), dir+": the run has ended")
			require.NoDirExists(t, dir)
		})
	}
}

// TestAbortWaitsForARename: what gets its name meanwhile is removed, too.
func TestAbortWaitsForARename(t *testing.T) {
	for _, name := range []string{"lines-00001.idx", "chunk-00001.csv"} {
		t.Run(name, func(t *testing.T) {
			leaveNoGoroutine(t)
			dir := filepath.Join(t.TempDir(), "run")
			tr := newTrap("rename", name, nil)
			r, err := create(Options{Dir: dir, Header: []byte(header), MaxRows: 5}, tr)
			require.NoError(t, err)
			text, ends, from := rows(0, 8)
			require.NoError(t, r.Rows("", text, ends, from))
			await(t, tr.reached, "the way to the operation")
			aborted := make(chan error, 1)
			go func() { aborted <- r.Abort() }()
			select {
			case <-aborted:
				t.Fatal("Abort does not wait")
			case <-time.After(20 * time.Millisecond):
			}
			require.FileExists(t, filepath.Join(dir, "."+name+temporary), "nothing is removed yet")
			close(tr.goOn)
			require.NoError(t, await(t, aborted, "Abort"))
			require.NoDirExists(t, dir)
		})
	}
}

// TestAbortAtAnyTime: whatever it interrupts, it leaves nothing or a complete run.
func TestAbortAtAnyTime(t *testing.T) {
	leaveNoGoroutine(t)
	for i := range 120 {
		dir := filepath.Join(t.TempDir(), "run")
		c := []Compression{Plain, Gzip, Zstd}[i%3]
		r, err := Create(Options{Dir: dir, Header: []byte(header), MaxRows: 40, Compression: c})
		require.NoError(t, err)
		committed := make(chan error, 1)
		go func() {
			text, ends, from := wideRows(10, 10_000)
			for range 15 {
				if err := r.Rows("", text, ends, from); err != nil {
					committed <- err
					return
				}
			}
			committed <- r.Commit(Manifest{})
		}()
		time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond)
		require.NoError(t, r.Abort())
		if err := await(t, committed, "Commit"); err != nil {
			require.EqualError(t, err, dir+": the run has ended")
			require.NoDirExists(t, dir)
			continue
		}
		m, err := ReadManifest(dir)
		require.NoError(t, err)
		require.NoError(t, m.Verify(dir))
		require.Len(t, m.Chunks, 4)
	}
}

// TestAChunkThatCannotBeFinished fails while the next one is written: the next
// call of every method tells it.
func TestAChunkThatCannotBeFinished(t *testing.T) {
	for _, name := range []string{"lines-00001.idx", "chunk-00001.csv"} {
		for method, call := range methods {
			t.Run(name+" "+method, func(t *testing.T) {
				leaveNoGoroutine(t)
				dir := filepath.Join(t.TempDir(), "run")
				tr := newTrap("fsync", name, syscall.EIO)
				r, err := create(Options{Dir: dir, Header: []byte(header), MaxRows: 5}, tr)
				require.NoError(t, err)
				text, ends, from := rows(0, 7)
				require.NoError(t, r.Rows("", text, ends, from))
				await(t, tr.reached, "the way to the operation")
				require.NoError(t, r.Rows("", text[:20], ends[:2], from[:2]), "the second chunk goes on")
				require.NoError(t, r.Reject([]byte("x"), []byte("{}")))
				close(tr.goOn)
				r.finishing.Wait()

				err = call(r)
				require.ErrorIs(t, err, syscall.EIO)
				require.ErrorContains(t, err, filepath.Join(dir, name)+": ")
				require.NoFileExists(t, filepath.Join(dir, "chunk-00001.csv"))
				require.NoFileExists(t, filepath.Join(dir, "chunk-00002.csv"))
				for _, again := range methods {
					require.Equal(t, err, again(r))
				}
				require.Empty(t, r.Chunks())
				require.NoError(t, r.Abort())
				require.NoDirExists(t, dir)
			})
		}
	}
}

// methods are those that return the error of the run.
var methods = map[string]func(r *Run) error{
	"Rows": func(r *Run) error {
		text, ends, from := rows(0, 1)
		return r.Rows("", text, ends, from)
	},
	"Reject":     func(r *Run) error { return r.Reject([]byte("x"), []byte("{}")) },
	"RejectMore": func(r *Run) error { return r.RejectMore([]byte("x")) },
	"Skip":       func(r *Run) error { return r.Skip([]byte("x"), []byte("{}")) },
	"Side":       func(r *Run) error { return r.Side([]byte("{}\n"), 1) },
	"Commit":     func(r *Run) error { return r.Commit(Manifest{}) },
}

// TestAFileThatCannotBeWritten fails between two calls: the next one tells it,
// whatever it is about.
func TestAFileThatCannotBeWritten(t *testing.T) {
	for method, call := range methods {
		t.Run(method, func(t *testing.T) {
			leaveNoGoroutine(t)
			dir := filepath.Join(t.TempDir(), "run")
			tr := newTrap("write", RejectsName, syscall.ENOSPC)
			r, err := create(Options{Dir: dir, Header: []byte(header)}, tr)
			require.NoError(t, err)
			require.NoError(t, r.Reject(make([]byte, fileBuffer+1), []byte("{}")))
			await(t, tr.reached, "the way to the operation")
			require.NoError(t, r.RejectMore([]byte("x")))
			close(tr.goOn)
			for end := time.Now().Add(patience); r.dir.failed() == nil; time.Sleep(time.Millisecond) {
				require.True(t, time.Now().Before(end))
			}
			err = call(r)
			require.ErrorIs(t, err, syscall.ENOSPC)
			require.ErrorContains(t, err, filepath.Join(dir, RejectsName)+": the disk is full")
			require.NoError(t, r.Abort())
			require.NoDirExists(t, dir)
		})
	}
}

// shortWriter writes less than it is given and says nothing.
type shortWriter struct{ osFiles }

type shortHandle struct{ handle }

func (s shortWriter) create(root *os.Root, name string) (handle, error) {
	h, err := s.osFiles.create(root, name)
	return shortHandle{h}, err
}

func (h shortHandle) Write(p []byte) (int, error) { return h.handle.Write(p[:len(p)-1]) }

func TestAShortWriteIsAnError(t *testing.T) {
	r, err := create(Options{Dir: filepath.Join(t.TempDir(), "run"), Header: []byte(header)}, shortWriter{})
	require.NoError(t, err)
	require.ErrorIs(t, r.Commit(Manifest{}), io.ErrShortWrite)
	require.NoError(t, r.Abort())
}
