package scan

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReader reads the same as blocks do.
func TestReader(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, d := range dialects {
		for range 20 {
			input := randomInput(r, d, 3000, 0.05)
			var want, got []string
			for _, s := range readReference(t, input, d) {
				if !s.Blank || d.KeepBlank {
					want = append(want, fmt.Sprintf("%d:%d %q %d", s.Line, s.Offset, s.Fields, s.Fault))
				}
			}
			reader, err := NewReader(strings.NewReader(string(input)), Pos{}, d)
			require.NoError(t, err)
			for row, err := range reader.All() {
				require.NoError(t, err)
				var fields []string
				for _, f := range row.Fields {
					fields = append(fields, string(f))
				}
				got = append(got, fmt.Sprintf("%d:%d %q %d", row.Pos.Line, row.Pos.Offset, fields, row.Fault))
			}
			require.Equal(t, want, got, name)
		}
	}
}

func TestReaderEnds(t *testing.T) {
	reader, err := NewReader(io.MultiReader(strings.NewReader("a,b\nc,d\n"), iotest.ErrReader(errors.New("broken"))), Pos{}, Dialect{})
	require.NoError(t, err)
	var last error
	for _, err := range reader.All() {
		last = err
	}
	assert.ErrorContains(t, last, "broken")

	reader, err = NewReader(strings.NewReader("a,b\nc,d\ne"), Pos{}, Dialect{})
	require.NoError(t, err)
	for row := range reader.All() {
		assert.Equal(t, row.Pos.Line < 3, reader.Whole(row))
		if row.Pos.Line == 3 {
			break
		}
	}
	_, err = NewReader(nil, Pos{}, Dialect{Delimiter: '\n'})
	assert.Error(t, err)
}

// What a Reader is for.
func ExampleReader() {
	r, err := NewReader(strings.NewReader("name,note\n\"Berg, Anna\",\"two\nlines\"\n"), Pos{}, Dialect{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for row, err := range r.All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d: %q\n", row.Pos.Line, row.Fields)
	}
	// Output:
	// 1: ["name" "note"]
	// 2: ["Berg, Anna" "two\nlines"]
}
