package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// repeated is an endless reader of the same text, from the beginning once.
type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) {
		k := copy(p[n:], r.text[r.at:])
		r.at = (r.at + k) % len(r.text)
		n += k
	}
	return n, nil
}

// TestMemoryIsBounded reads inputs without an end of a line, a quote or a member, none
// of which fits into the memory that a command may take.
func TestMemoryIsBounded(t *testing.T) {
	const most = 128 << 20
	size := int64(300 << 20)
	if testing.Short() {
		size = most + most/4
	}
	row := "b@example.com,TRUE," + strings.Repeat("b", 900) + "\n"
	export := smallExport[:strings.Index(smallExport, "\n")+1]
	inputs := map[string]struct{ head, text string }{
		"a line, from the header on": {"", "xxxxxxx,"},
		"a line":                     {export, "xxxxxxx,"},
		"a line within quotes":       {export + `"`, "xxxxxxx,"},
		"a field":                    {export + "a@example.com,TRUE,", "a"},
		"a quote in the header":      {`"`, row},
		"a quote":                    {export + `"`, row},
		"quotes in every line":       {export, `"` + row},
		"lines of nothing":           {export, "\n"},
		"an object":                  {"", `{"email":"`},
		"a value of an object":       {`{"email":"a@example.com"}` + "\n" + `{"email":"`, "a"},
	}
	for name, input := range inputs {
		for i, line := range []string{
			"check -q -j 2 --dialect csv", "check -q -j 8", "check -q -j 2 --dialect ndjson", "convert -q -j 2 --out-dir run", "convert -q -j 2 --dialect csv",
			"convert -q -j 8 --out-dir run --dialect ndjson --reasons", "records -j 2", "records -j 2 --count --lenient-quotes",
		} {
			if testing.Short() && i%3 != 0 {
				continue // enough of these
			}
			t.Run(fmt.Sprintf("%s/%s", name, line), func(t *testing.T) {
				cmd, stderr := program(t, strings.Fields(line)...)
				cmd.Dir = t.TempDir()
				size := size
				if input.text == "\n" {
					size /= 8 // each line is a finding
				}
				cmd.Stdin = io.MultiReader(strings.NewReader(input.head), io.LimitReader(&repeated{text: input.text}, size))
				err := cmd.Run()
				require.LessOrEqual(t, exitCode(err), 2, stderr.String())
				taken := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
				t.Logf("%d MiB", taken>>20)
				assert.Less(t, taken, int64(most))
				left, err := filepath.Glob(filepath.Join(cmd.Dir, "*.tmp"))
				require.NoError(t, err)
				assert.Empty(t, left)
			})
		}
	}
}
