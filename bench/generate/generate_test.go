package generate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func text(t testing.TB, o Options) (string, Stats) {
	var b bytes.Buffer
	stats, err := Write(context.Background(), &b, o)
	require.NoError(t, err)
	require.EqualValues(t, b.Len(), stats.Bytes)
	require.Equal(t, o.Rows, stats.Rows)
	return b.String(), stats
}

// TestPinned keeps what is generated the same for ever, so that figures can be compared.
func TestPinned(t *testing.T) {
	want := map[Quoting]string{
		Plain: "1fedc5cfae7af7b7",
		Mixed: "616d0b916c23cb70",
		All:   "456aa09f649ad819",
	}
	for q, sum := range want {
		out, _ := text(t, Options{Rows: 5000, Quoting: q, Faults: 0.05, Seed: 7})
		got := sha256.Sum256([]byte(out))
		assert.Equal(t, sum, hex.EncodeToString(got[:8]), q.String())
	}
}

func TestJobsMakeNoDifferenceAndLongerRunsBeginTheSame(t *testing.T) {
	o := Options{Rows: 9000, Quoting: Mixed, Faults: 0.1, Seed: 1, Jobs: 1}
	want, wantStats := text(t, o)
	for jobs := 2; jobs <= 5; jobs++ {
		o.Jobs = jobs
		got, stats := text(t, o)
		require.Equal(t, want, got)
		require.Equal(t, wantStats, stats)
	}
	o.Rows = 3000
	short, _ := text(t, o)
	require.True(t, strings.HasPrefix(want, short))
	o.Seed = 2
	other, _ := text(t, o)
	require.NotEqual(t, short, other)
}

func TestCleanRowsAreWellFormed(t *testing.T) {
	for _, q := range []Quoting{Plain, Mixed, All} {
		out, stats := text(t, Options{Rows: 20_000, Quoting: q, Seed: 3})
		records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		require.NoError(t, err)
		require.Len(t, records, 20_001)
		require.Equal(t, Columns, records[0])
		seen := map[string]bool{}
		quoted := strings.Count(out, `"`) / 2
		for _, r := range records[1:] {
			require.False(t, seen[r[20]], "usernames are unique")
			seen[r[20]] = true
			require.Equal(t, "TRUE", r[10])
		}
		switch q {
		case Plain:
			assert.Zero(t, quoted)
			assert.Zero(t, stats.Faulty)
		case Mixed:
			assert.InDelta(t, 0.05, float64(quoted)/(21*20_000), 0.02, "about one field in twenty is quoted")
			assert.Equal(t, map[string]int64{"value-line-break": stats.Faulty}, stats.ByFault)
			assert.InDelta(t, 10, stats.Faulty, 10)
		case All:
			assert.GreaterOrEqual(t, quoted, 21*20_001)
		}
	}
}

func TestFaultsAreCounted(t *testing.T) {
	_, stats := text(t, Options{Rows: 50_000, Faults: 0.1, Seed: 4})
	assert.InDelta(t, 5000, stats.Faulty, 300)
	sum := int64(0)
	for _, n := range stats.ByFault {
		sum += n
	}
	assert.Equal(t, stats.Faulty, sum)
	for _, f := range faults[:len(faults)-1] {
		assert.Positive(t, stats.ByFault[f.code], f.code)
	}
}

func TestMistakesAndErrors(t *testing.T) {
	for _, o := range []Options{{Rows: -1}, {Faults: -0.1}, {Faults: 1.1}} {
		_, err := Write(context.Background(), io.Discard, o)
		require.Error(t, err)
	}
	_, err := ParseQuoting("mixd")
	require.ErrorContains(t, err, `did you mean "mixed"?`)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Write(ctx, io.Discard, Options{Rows: 1 << 40})
	require.ErrorIs(t, err, context.Canceled)

	full := errors.New("full")
	_, err = Write(context.Background(), failAfter{new(int), full}, Options{Rows: 1 << 40})
	require.ErrorIs(t, err, full)
}

type failAfter struct {
	n   *int
	err error
}

func (f failAfter) Write(p []byte) (int, error) {
	if *f.n++; *f.n > 3 {
		return 0, f.err
	}
	return len(p), nil
}

func BenchmarkWrite(b *testing.B) {
	for _, q := range []Quoting{Plain, Mixed, All} {
		b.Run("quoting="+q.String(), func(b *testing.B) {
			for b.Loop() {
				stats, err := Write(context.Background(), io.Discard, Options{Rows: 50_000, Quoting: q})
				require.NoError(b, err)
				b.SetBytes(stats.Bytes)
			}
		})
	}
}
