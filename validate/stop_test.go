package validate

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/judge"
	"poolprep/validate/ledger"
	"poolprep/validate/scan"
)

// TestStopsExactly ends runs at a rejected row: they say what a run says that may read no more
// rows than that, whatever the number of workers and the size of the blocks.
func TestStopsExactly(t *testing.T) {
	t.Parallel()
	for _, kind := range []scan.Kind{scan.CSV, scan.Cognito} {
		for seed := range uint64(4) {
			text := messyText(seed, 2500, kind == scan.CSV)
			base := how{dialect: scan.Dialect{Kind: kind, MaxRecord: 400}, workers: 1}
			whole := runText(t, judge.Options{}, text, base)
			require.Greater(t, whole.Summary.RowsRejected, int64(100))
			for _, stop := range []string{"1", "2", "17", "100", "100000", "1%", "20%", "100%"} {
				limit, err := ParseTolerance(stop)
				require.NoError(t, err)
				var rows, accepted, rejected int64
				for _, v := range whole.Verdicts {
					if !v.IsRow() {
						continue
					}
					rows++
					switch v {
					case ledger.Accepted:
						accepted++
					case ledger.Rejected:
						rejected++
					}
					if limit.Stops(accepted, rejected) {
						break
					}
				}
				want := base
				if want.limit = rows; !limit.Stops(accepted, rejected) {
					want.limit, rejected = 0, 0
				}
				expected := runText(t, judge.Options{}, text, want)
				expected.StoppedAfter = rejected
				for _, h := range []how{{workers: 1}, {workers: 2, blockSize: 64}, {workers: 4, blockSize: 4096}, {workers: 8}, {workers: 1, rowByRow: true}} {
					h.dialect, h.stop = base.dialect, stop
					assert.Equal(t, expected, runText(t, judge.Options{}, text, h), fmt.Sprintf("%v, seed %d, at %s, %d workers, blocks of %d", kind, seed, stop, h.workers, h.blockSize))
				}
			}
		}
	}
}
