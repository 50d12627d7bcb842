package importjob

import (
	"cmp"
	"slices"

	"poolprep/cmd/poolprep/internal/cognito"
)

// Reason is why rows were not imported, in the words of the service, and how many.
type Reason struct {
	Status  cognito.RowStatus // RowFailed or RowSkipped
	Message string            // "": all other reasons together
	Rows    int64
}

// maxReasons is how many reasons are told apart: the service has a few.
const maxReasons = 1000

// Reasons counts the rows of results.jsonl that failed or were skipped by reason, those that
// failed first, and then the commonest first.
func (d *RunDir) Reasons() ([]Reason, error) {
	counts := make(map[Reason]int64)
	err := d.each(func(r *Result) error {
		key := Reason{Status: r.status(), Message: r.Message}
		if key.Status != cognito.RowFailed && key.Status != cognito.RowSkipped {
			return nil
		}
		if _, known := counts[key]; !known && len(counts) >= maxReasons {
			key.Message = ""
		}
		counts[key]++
		return nil
	})
	out := make([]Reason, 0, len(counts))
	for r, n := range counts {
		r.Rows = n
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Reason) int {
		if a.Status != b.Status {
			if a.Status == cognito.RowFailed {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Message, b.Message))
	})
	return out, err
}
