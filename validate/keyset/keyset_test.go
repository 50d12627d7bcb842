package keyset

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// randomKey makes keys of which some have the same high half.
func randomKey(r *rand.Rand) Key {
	k := Key{r.Uint64(), r.Uint32() | 1, r.Uint32()}
	if r.IntN(50) == 0 {
		k.Hi = []uint64{0, 1 << 56, ^uint64(0), 0xABCD << 48}[r.IntN(4)]
	}
	return k
}

// TestAgainstMap compares sets of every budget with a map.
func TestAgainstMap(t *testing.T) {
	for _, budget := range []int64{1, 6 << 20, 0} {
		dir := t.TempDir()
		r := rand.New(rand.NewPCG(1, uint64(budget)))
		s := &Set{Budget: budget, Dir: dir}
		if budget%2 == 0 {
			s.Expect(300_000)
		}
		want := make(map[Key]bool)
		var keys []Key
		for i := range 500_000 {
			k := randomKey(r)
			if i%3 == 0 && len(keys) > 0 {
				k = keys[r.IntN(len(keys))]
			}
			if i%100 == 0 {
				s.Prefetch([]Key{k, randomKey(r)})
			}
			place, has, err := s.Find(Key{k.Hi, k.Lo, r.Uint32()})
			require.NoError(t, err)
			require.Equal(t, want[k], has)
			if has {
				require.Equal(t, k.Place, place)
			} else {
				require.NoError(t, s.Add(k))
				want[k] = true
				keys = append(keys, k)
			}
		}
		assert.EqualValues(t, len(want), s.Len())
		if budget > 0 {
			assert.Greater(t, s.Spilled(), int64(0), "the budget was small enough to matter")
			assert.LessOrEqual(t, s.Bytes(), max(budget, minBudget)*11/10)
		} else {
			assert.Zero(t, s.Spilled())
		}
		names, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Empty(t, names, "the file has no name")
		require.NoError(t, s.Close())
		assert.Zero(t, s.Len())
	}
}

// TestAddNewAgainstMap adds rows at first sight, and one by one what that leaves.
func TestAddNewAgainstMap(t *testing.T) {
	for _, budget := range []int64{1, 6 << 20, 0} {
		for row := 1; row <= maxRow; row++ {
			r := rand.New(rand.NewPCG(7, uint64(budget)+uint64(row)))
			s := &Set{Budget: budget, Dir: t.TempDir()}
			member := make(map[Key]bool)
			var seen []Key
			slow := 0
			for s.Len() < 200_000 {
				keys := make([]Key, row*r.IntN(100))
				for i := range keys {
					switch {
					case r.IntN(20) == 0:
					case r.IntN(50) == 0 && len(seen) > 0:
						keys[i] = seen[r.IntN(len(seen))]
					default:
						keys[i] = randomKey(r)
					}
				}
				s.Prefetch(keys)
				for len(keys) > 0 {
					n := s.AddNew(keys, row)
					require.Zero(t, n%row)
					for _, k := range keys[:n] {
						require.False(t, member[k], "a member is not new")
						if k != (Key{}) {
							member[k] = true
							seen = append(seen, k)
						}
					}
					if keys = keys[n:]; len(keys) == 0 {
						break
					}
					slow++
					for _, k := range keys[:row] {
						if k == (Key{}) {
							continue
						}
						has, err := s.Has(k)
						require.NoError(t, err)
						require.Equal(t, member[k], has)
						if !has {
							require.NoError(t, s.Add(k))
							member[k] = true
							seen = append(seen, k)
						}
					}
					keys = keys[row:]
				}
				require.EqualValues(t, len(member), s.Len())
			}
			assert.Less(t, slow*row, len(seen)/3, "most are new at first sight")
			require.NoError(t, s.Close())
		}
	}
}

// TestWornBuckets looks for the same keys until there are more buckets.
func TestWornBuckets(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	s := &Set{}
	n := 1_000_000
	if testing.Short() {
		n = 200_000
	}
	keys := make([]Key, n)
	for i := range keys {
		keys[i] = randomKey(r)
		require.NoError(t, s.Add(keys[i]))
	}
	before := len(s.memtable.buckets)
	for range 3 {
		for _, k := range keys {
			has, err := s.Has(k)
			require.NoError(t, err)
			require.True(t, has)
		}
	}
	assert.Greater(t, len(s.memtable.buckets), before)
	if !testing.Short() { // what a small set has to begin with would count
		assert.Less(t, float64(s.Bytes())/float64(len(keys)), 24.0)
	}
}

// TestGrowingLosesNoKey fills small memories to their limit and asks for every
// key again and again, so that there are more buckets in a place that is tight.
func TestGrowingLosesNoKey(t *testing.T) {
	limits := []int64{8, 16}
	if testing.Short() {
		limits = limits[1:]
	}
	for _, mib := range limits {
		for _, part := range []float64{0.9, 1} {
			limit := mib << 20
			r := rand.New(rand.NewPCG(uint64(mib), 10))
			var m memtable
			var keys []Key
			for full := false; !full && float64(m.bytes()) <= part*float64(limit); {
				k := randomKey(r)
				if full = !m.add(k, limit); !full {
					keys = append(keys, k)
				}
			}
			for range 3 {
				for _, k := range keys {
					place, has := m.find(k, limit)
					require.True(t, has, "%d MiB, filled to %v", mib, part)
					require.Equal(t, k.Place, place)
				}
			}
			assert.LessOrEqual(t, m.bytes(), limit)
			n := 0
			for range m.sorted() {
				n++
			}
			require.Equal(t, len(keys), n)
		}
	}
}

func TestEdges(t *testing.T) {
	s := &Set{Budget: 1, Dir: t.TempDir()}
	has, err := s.Has(Key{1, 1, 9})
	require.NoError(t, err)
	assert.False(t, has)
	edges := []Key{{0, 1, 7}, {^uint64(0), ^uint32(0), ^uint32(0)}, {^uint64(0), 1, 1}, {1 << 63, 1, 0}}
	for _, k := range edges {
		require.NoError(t, s.Add(k))
	}
	require.NoError(t, s.spill())
	require.NoError(t, s.Add(Key{5, 5, 50}))
	require.NoError(t, s.spill(), "an older file is merged")
	require.NoError(t, s.Add(Key{6, 7, 60}))
	for _, k := range append(edges, Key{5, 5, 50}, Key{6, 7, 60}) {
		place, has, err := s.Find(k)
		require.NoError(t, err)
		assert.True(t, has, "%x", k)
		assert.Equal(t, k.Place, place)
	}
	assert.EqualValues(t, 5, s.Spilled())
	require.NoError(t, s.Close())
}

func TestManyKeysWithOneHighHalfSpanPages(t *testing.T) {
	s := &Set{Dir: t.TempDir()}
	for i := range uint64(3 * perPage) {
		require.NoError(t, s.Add(Key{7 << 56, uint32(2*i + 1), uint32(i)}))
	}
	require.NoError(t, s.spill())
	for i := range uint64(3 * perPage) {
		has, err := s.Has(Key{7 << 56, uint32(2*i + 1), uint32(i)})
		require.NoError(t, err)
		require.True(t, has)
		_, has, err = s.older.find(Key{7 << 56, uint32(2 * i), 0})
		require.NoError(t, err)
		require.False(t, has)
	}
}

// TestMisuseIsHarmless asks for rows that there are not; no key is lost for it.
func TestMisuseIsHarmless(t *testing.T) {
	var s Set
	keys := []Key{{1 << 40, 1, 0}, {2 << 40, 3, 1}, {3 << 40, 5, 2}}
	for _, row := range []int{-1, 0, maxRow + 1} {
		assert.Zero(t, s.AddNew(keys, row))
	}
	s.Expect(-1)
	for _, k := range keys {
		require.NoError(t, s.Add(k))
	}
	assert.EqualValues(t, len(keys), s.Len())
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	small := Set{Budget: -1}
	require.NoError(t, small.Add(keys[0]))
}

func TestErrorsNameTheFileAndTheWayOut(t *testing.T) {
	s := &Set{Budget: 1, Dir: filepath.Join(t.TempDir(), "missing")}
	r := rand.New(rand.NewPCG(2, 2))
	var err error
	for i := 0; err == nil && i < 2_000_000; i++ {
		err = s.Add(randomKey(r))
	}
	require.Error(t, err)
	var spill *SpillError
	require.ErrorAs(t, err, &spill)
	assert.Equal(t, s.Dir, spill.Dir)
	assert.Empty(t, spill.File)
	assert.ErrorContains(t, err, s.Dir)

	s = &Set{Dir: t.TempDir()}
	require.NoError(t, s.Add(Key{1, 1, 9}))
	require.NoError(t, s.spill())
	require.NoError(t, s.older.file.Truncate(3))
	_, err = s.Has(Key{1, 1, 9})
	require.ErrorAs(t, err, &spill, "a file that lost its end is an error, not a missing key")
	assert.Contains(t, spill.File, "poolprep-keys-")
}

// TestBytesPerKey shows what a key costs at every size, and that the collector
// has little to collect.
func TestBytesPerKey(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	s := &Set{}
	worst := 0.0
	n := 3_000_000
	if testing.Short() {
		n = 1_200_000
	}
	for i := range n {
		require.NoError(t, s.Add(Key{r.Uint64(), r.Uint32() | 1, r.Uint32()}))
		if i > 1_000_000 && i%1000 == 0 {
			worst = max(worst, float64(s.Bytes())/float64(s.Len()))
		}
	}
	assert.Less(t, worst, 24.0)
	t.Logf("at most %.1f bytes a key", worst)
	runtime.KeepAlive(s)
}

func BenchmarkAdd(b *testing.B) {
	for _, n := range []int{1_000_000, 10_000_000} {
		b.Run(map[int]string{1_000_000: "keys=1M", 10_000_000: "keys=10M"}[n], func(b *testing.B) {
			keys := make([]Key, 1400)
			for b.Loop() {
				r := rand.New(rand.NewPCG(3, 3))
				s := &Set{}
				s.Expect(int64(n))
				for done := 0; done < n; done += len(keys) {
					for i := range keys {
						keys[i] = Key{r.Uint64(), r.Uint32() | 1, r.Uint32()}
					}
					s.Prefetch(keys)
					for _, k := range keys {
						if has, _ := s.Has(k); !has {
							_ = s.Add(k)
						}
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/key")
		})
	}
}
