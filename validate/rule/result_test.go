package rule

import (
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
)

// someResult returns a result in which every number is another one.
func someResult(r *rand.Rand) (out Result) {
	for range r.IntN(3) {
		out.Sources = append(out.Sources, Source{Name: strconv.Itoa(r.Int()), Rows: r.Int64N(100), Size: r.Int64N(100) - 1, Lacking: r.IntN(2) > 0})
	}
	counts := reflect.ValueOf(&out.Summary).Elem()
	for i := range counts.NumField() {
		if f := counts.Field(i); f.Kind() == reflect.Array {
			f.Index(r.IntN(f.Len())).SetInt(r.Int64N(1000))
		} else {
			f.SetInt(1 + r.Int64N(1000))
		}
	}
	out.Verdict, out.Truncated = Verdict(r.IntN(3)), r.IntN(4) > 2
	return out
}

func merged(parts ...Result) (out Result) {
	for i := range parts {
		out.Merge(&parts[i])
	}
	return out
}

// TestMergeIsAssociative merges parts in every grouping, and wants the same result, in
// which no count of a part is missing.
func TestMergeIsAssociative(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		a, b, c := someResult(r), someResult(r), someResult(r)
		want := merged(a, b, c)
		assert.Equal(t, want, merged(merged(a, b), c))
		assert.Equal(t, want, merged(a, merged(b, c)))
		assert.Equal(t, want, merged(Result{}, a, Result{}, b, c, Result{}), "no input changes nothing")
		assert.Equal(t, Undecided, want.Verdict)
		assert.Len(t, want.Sources, len(a.Sources)+len(b.Sources)+len(c.Sources))
		sum := reflect.ValueOf(want.Summary)
		for i := range sum.NumField() {
			if f := sum.Field(i); f.Kind() == reflect.Int64 {
				parts := reflect.ValueOf(a.Summary).Field(i).Int() + reflect.ValueOf(b.Summary).Field(i).Int() + reflect.ValueOf(c.Summary).Field(i).Int()
				assert.Equal(t, parts, f.Int(), sum.Type().Field(i).Name)
			}
		}
	}
}

// TestMergeKeepsItsParts merges two results with the same one.
func TestMergeKeepsItsParts(t *testing.T) {
	first := Result{Sources: append(make([]Source, 0, 8), Source{Name: "a"})}
	one, other := first, first
	one.Merge(&Result{Sources: []Source{{Name: "b"}}})
	other.Merge(&Result{Sources: []Source{{Name: "c"}}})
	assert.Equal(t, "b", one.Sources[1].Name)
}
