package objects

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform"
	"poolprep/transform/sink"
	"poolprep/validate"
	"poolprep/validate/shard"
)

// export makes an export of so many rows, of which some are rejected.
func export(rows int) string {
	var b strings.Builder
	b.WriteString("cognito:username,email,email_verified,name\n")
	for i := range rows {
		fmt.Fprintf(&b, "u%d,u%d@example.com,%s,%x\n", i, i, []string{"true", "maybe"}[i/5%2], i*i)
	}
	return b.String()
}

// run converts an export into a run directory.
func run(ctx context.Context, o sink.Options, in io.Reader) error {
	o.MaxRows = 1200
	_, err := transform.Convert(ctx, transform.ConvertOptions{
		Output: &transform.RunDirectory{Options: o, Reasons: true, Manifest: sink.Manifest{Tool: "test"}}, KeepGoing: true, Reading: validate.Reading{BlockSize: 20_000},
	}, validate.Source{Name: "export.csv", Reader: in})
	return err
}

// directory returns one with small parts.
func directory(store *Store) *Directory {
	d := store.directory(Location{"b", "runs/1"})
	d.part = 20_000
	return d
}

// TestRunsAreSentWhileTheyAreMade compares a run in a bucket with one in a directory.
func TestRunsAreSentWhileTheyAreMade(t *testing.T) {
	b, store := newBucket(t)
	text := export(12_000)
	dir := filepath.Join(t.TempDir(), "run")
	require.NoError(t, run(t.Context(), sink.Options{Dir: dir}, strings.NewReader(text)))

	b.objects["/b/runs/1/notes.txt"] = []byte("of somebody else")
	b.objects["/b/runs/1/below/chunk-00099.csv"] = nil
	atEnd := &atEnd{Reader: strings.NewReader(text), f: func() {
		assert.Contains(t, b.left(), "/b/runs/1/chunk-00001.csv")
	}}
	require.NoError(t, run(t.Context(), sink.Options{Store: directory(store)}, atEnd))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		want, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		if got := b.objects["/b/runs/1/"+e.Name()]; e.Name() != sink.ManifestName {
			assert.True(t, bytes.Equal(want, got), e.Name())
		}
	}
	assert.Len(t, b.left(), len(entries)+2)
	assert.Greater(t, b.parts, len(entries))
	assert.Equal(t, "/b/runs/1/manifest.json", b.order[len(b.order)-1], "the manifest is the last")
	assert.Empty(t, b.uploads)

	var exists *sink.ExistsError
	require.ErrorAs(t, run(t.Context(), sink.Options{Store: directory(store)}, strings.NewReader(text)), &exists)
	assert.EqualError(t, exists, "s3://b/runs/1 holds a complete run (manifest.json); choose another directory")
	assert.Len(t, b.left(), len(entries)+2, "it is still there")

	noManifest := func(r *http.Request) {
		if r.Method == http.MethodPut {
			assert.NotContains(t, b.left(), "/b/runs/1/manifest.json")
		}
	}
	b.set(func() { b.before = noManifest }) // once something is made, the old run is no complete one
	require.NoError(t, run(t.Context(), sink.Options{Store: directory(store), Force: true}, strings.NewReader(export(10))))
	names := b.left()
	for _, name := range []string{"chunk-00001.csv", "lines-00001.idx", "manifest.json", "notes.txt", "below/chunk-00099.csv"} {
		assert.Contains(t, names, "/b/runs/1/"+name)
	}
	assert.NotContains(t, names, "/b/runs/1/chunk-00002.csv")
}

// atEnd calls f when everything was read.
type atEnd struct {
	io.Reader
	f func()
}

func (a *atEnd) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if err == io.EOF {
		a.f()
	}
	return n, err
}

// step returns how many calls lie between two that fail.
func step() int {
	if testing.Short() {
		return 7
	}
	return 1
}

// TestFailedRunsLeaveNothing lets each call fail, one after the other.
func TestFailedRunsLeaveNothing(t *testing.T) {
	text := export(4000)
	for n := 1; ; n += step() {
		b, store := newBucket(t) // that of the run before may still be busy with cancelled calls
		b.failing = n
		err := run(t.Context(), sink.Options{Store: directory(store)}, strings.NewReader(text))
		if err == nil {
			require.Greater(t, n, 25)
			return
		}
		require.ErrorContains(t, err, "access is denied", n)
		require.ErrorContains(t, err, "s3://b/runs/1", n)
		require.Empty(t, b.left(), n)
	}
}

// TestCancelledRunsLeaveNothing cancels before each call.
func TestCancelledRunsLeaveNothing(t *testing.T) {
	text := export(4000)
	for n := 1; ; n += 2 * step() {
		b, _ := newBucket(t)
		ctx, cancel := context.WithCancel(t.Context())
		at := func(*http.Request) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.calls >= n {
				cancel()
			}
		}
		b.before = at
		err := run(ctx, sink.Options{Store: directory(New(ctx))}, strings.NewReader(text))
		cancel()
		if err == nil {
			require.Contains(t, b.left(), "/b/runs/1/manifest.json")
			require.Greater(t, n, 10)
			return
		}
		require.ErrorIs(t, err, context.Canceled, n)
		require.Empty(t, b.left(), n)
	}
}

// TestObjectsAroundParts makes objects of sizes around those of parts.
func TestObjectsAroundParts(t *testing.T) {
	b, store := newBucket(t)
	d := directory(store)
	for _, size := range []int{0, 1, d.part - 1, d.part, d.part + 1, 2 * d.part, 5*d.part + 7} {
		for _, write := range []int{1000, d.part, 3*d.part + 1} {
			want := make([]byte, size)
			for i := range want {
				want[i] = byte(i / 7)
			}
			f, err := d.Create(".f.tmp", "f")
			require.NoError(t, err)
			for p := range slices.Chunk(want, write) {
				own := bytes.Clone(p)
				n, err := f.Write(own)
				require.NoError(t, err)
				require.Equal(t, len(p), n)
				clear(own) // it is the caller's
			}
			require.NoError(t, f.Sync())
			require.NoError(t, f.Close())
			require.ErrorIs(t, f.Close(), os.ErrClosed)
			require.NotContains(t, b.left(), "/b/runs/1/f")
			require.NoError(t, d.Rename(".f.tmp", "f"))
			require.True(t, bytes.Equal(want, b.objects["/b/runs/1/f"]), "%d by %d", size, write)
			require.NoError(t, d.Remove("f"))
			require.NoError(t, d.Remove("f"), "it is gone already")
			require.Empty(t, b.left())
		}
	}
	require.Error(t, d.Rename(".f.tmp", "f"), "there is none")
}

// members compresses a text in gzip members of about so many bytes.
func members(t *testing.T, text string, size int) string {
	var b bytes.Buffer
	for part := range slices.Chunk([]byte(text), size) {
		z := gzip.NewWriter(&b)
		_, err := z.Write(part)
		require.NoError(t, err)
		require.NoError(t, z.Close())
	}
	return b.String()
}

// TestPartsReadTheirRanges plans checks of objects, and counts what is read for a part.
func TestPartsReadTheirRanges(t *testing.T) {
	var rows strings.Builder
	rows.WriteString("cognito:username,email,email_verified\n")
	random := rand.New(rand.NewPCG(1, 1))
	for i := range 6000 {
		fmt.Fprintf(&rows, "u%d,u%d@example.com,%s", i, i, strings.Repeat("x", 1500))
		for range 120 {
			fmt.Fprintf(&rows, "%016x", random.Uint64())
		}
		rows.WriteString("\n")
	}
	t.Run("plain", func(t *testing.T) { partsOf(t, rows.String()) })
	if testing.Short() {
		return
	}
	t.Run("gzip", func(t *testing.T) { partsOf(t, members(t, rows.String(), 400_000)) })
}

// partsOf checks an object in parts.
func partsOf(t *testing.T, text string) {
	b, store := newBucket(t)
	const parts, megabyte = 6, 1 << 20
	b.objects["/b/users.csv"] = []byte(text)
	in := validate.Source{Path: "s3://b/users.csv", Open: store.Open}
	plan, err := validate.PlanCheck(t.Context(), validate.CheckOptions{}, validate.PlanOptions{Parts: parts, Tool: "test"}, in)
	require.NoError(t, err)
	assert.Equal(t, "s3://b/users.csv", plan.Sources[0].Path)
	assert.EqualValues(t, len(text), plan.Sources[0].Size)
	require.Len(t, plan.Parts[parts-1].Ranges, 1, "it is divided")
	assert.Less(t, b.sent, int64(len(text)+2*megabyte), "the plan reads all once")
	var dirs []string
	for k := 1; k <= parts; k++ {
		b.set(func() { b.sent = 0 })
		dirs = append(dirs, fmt.Sprint("s3://b/parts/", k))
		dir, err := store.Directory(dirs[k-1])
		require.NoError(t, err)
		part := validate.PartOptions{Plan: plan, Part: k, Store: dir, Open: store.Open}
		_, err = validate.CheckPart(t.Context(), validate.CheckOptions{}, part)
		require.NoError(t, err)
		assert.Less(t, b.sent, int64(len(text)/parts+4*megabyte), "part %d", k)
		_, err = validate.CheckPart(t.Context(), validate.CheckOptions{}, part)
		require.ErrorAs(t, err, new(*shard.ExistsError))
	}
	assert.Empty(t, b.uploads)
	set, err := shard.OpenSetIn(store.Open, plan, dirs)
	require.NoError(t, err)
	result, err := validate.Merge(t.Context(), validate.MergeOptions{Parts: set})
	require.NoError(t, err)
	assert.EqualValues(t, 6000, result.Summary.RowsRead)

	b.set(func() { b.objects["/b/users.csv"] = []byte(text[1:]) })
	_, err = validate.CheckPart(t.Context(), validate.CheckOptions{}, validate.PartOptions{Plan: plan, Part: 2, Dir: t.TempDir(), Open: store.Open})
	require.ErrorAs(t, err, new(*shard.SizeError))
	delete(b.objects, "/b/parts/3/rows")
	_, err = shard.OpenSetIn(store.Open, plan, dirs)
	require.ErrorContains(t, err, "s3://b/parts/3/rows is missing, which part 3 needs")
	_, err = shard.OpenSetIn(store.Open, plan, []string{"s3://b/none"})
	require.ErrorContains(t, err, "s3://b/none holds no complete part: there is no part.json in it")
}

// TestFailedPartsLeaveNoUpload lets each call of a part fail, one after the other.
func TestFailedPartsLeaveNoUpload(t *testing.T) {
	b, store := newBucket(t)
	text := []byte(export(4000))
	b.objects["/b/export.csv"] = text
	in := validate.Source{Path: "s3://b/export.csv", Open: store.Open}
	plan, err := transform.PlanConvert(t.Context(), transform.ConvertOptions{KeepGoing: true}, validate.PlanOptions{Parts: 2, Tool: "test"}, in)
	require.NoError(t, err)
	for n := 1; ; n++ {
		b, store := newBucket(t)
		b.objects["/b/export.csv"], b.failing = text, n
		_, err := transform.ConvertPart(t.Context(), transform.ConvertOptions{KeepGoing: true}, validate.PartOptions{Plan: plan, Part: 2, Store: directory(store), Open: store.Open})
		if err == nil {
			require.Contains(t, b.left(), "/b/runs/1/part.json")
			require.Greater(t, n, 10)
			return
		}
		require.ErrorContains(t, err, "s3://b/", n)
		require.Empty(t, slices.DeleteFunc(b.left(), func(name string) bool { return name[0] == '/' }), n)
		require.NotContains(t, b.left(), "/b/runs/1/part.json", n)
	}
}
