package sink

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// readEntries reads a line map as far as it goes.
func readEntries(text []byte) (rows []Row, err error) {
	m := &LineMap{path: "lines.idx", r: bufio.NewReader(bytes.NewReader(text))}
	if err := m.header(); err != nil {
		return nil, err
	}
	for {
		row, err := m.Next()
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

// FuzzLineMap reads anything as a line map: what is read can be written and read again,
// and no number is one that no file has.
func FuzzLineMap(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("poolprep lines 2\n"))
	f.Add([]byte(lineMapHeader))
	f.Add([]byte(lineMapHeader + "\x05\x80"))
	f.Add([]byte(lineMapHeader + "\x05\xff\xff\xff\xff\x7f\x01\x01"))
	f.Add([]byte(lineMapHeader + "\x05\x00\x1e\x05\x02\x05\x05\x05\x01\x03\x04"))
	f.Add([]byte(lineMapHeader + "\x01\x00\x00\x00"))
	f.Add(append([]byte(lineMapHeader), bytes.Repeat([]byte{0xFF}, 40)...))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := readEntries(text)
		if err != io.EOF {
			require.ErrorContains(t, err, "lines.idx: ")
		}
		again := []byte(lineMapHeader)
		var last Row
		for i, row := range rows {
			require.Positive(t, row.Line)
			require.GreaterOrEqual(t, row.Offset, int64(0))
			require.True(t, row.Source >= 0 && row.Source <= math.MaxInt32)
			if i > 0 && row.Source == last.Source && (row.Line < last.Line || row.Offset < last.Offset) {
				return // no run writes rows that go back
			}
			again = appendEntry(again, &last, row, i == 0)
		}
		got, err := readEntries(again)
		require.Equal(t, io.EOF, err)
		require.Equal(t, rows, got)
	})
}
