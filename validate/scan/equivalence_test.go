package scan

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dialects are the ways of reading in which every path must agree with the reference.
var dialects = map[string]Dialect{
	"csv":          {},
	"lenient":      {LenientQuotes: true},
	"cognito":      {Kind: Cognito},
	"no quotes":    {NoQuotes: true},
	"keep blank":   {KeepBlank: true},
	"semicolon":    {Delimiter: ';', Quote: '\''},
	"CR":           {LineEnd: EndCR},
	"tiny limit":   {MaxRecord: 3},
	"small limit":  {MaxRecord: 7, LenientQuotes: true},
	"tiny cognito": {Kind: Cognito, MaxRecord: 4},
	"trim":         {TrimFields: true},
	"escape":       {Escape: '\\'},
	"all of it":    {Escape: '\\', TrimFields: true, LenientQuotes: true, Comment: "a"},
	"comment":      {Comment: "a,", MaxRecord: 5},
}

// forEachString calls f with every string over the alphabet up to length n.
func forEachString(alphabet string, n int, f func([]byte)) {
	buf := make([]byte, 0, n)
	var grow func()
	grow = func() {
		f(buf)
		if len(buf) == n {
			return
		}
		for i := range len(alphabet) {
			buf = append(buf, alphabet[i])
			grow()
			buf = buf[:len(buf)-1]
		}
	}
	grow()
}

func TestEveryShortString(t *testing.T) {
	length := 6
	if testing.Short() {
		length = 4
	}
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alphabet := "a,\"\r\n"
			switch {
			case d.Kind == Cognito:
				alphabet = "a,\\\r\n"
			case d.Delimiter == ';':
				alphabet = "a;'\r\n"
			case d.Escape != 0:
				alphabet = "a,\"\\\n"
			case d.TrimFields:
				alphabet = " ,\"\r\n"
			}
			forEachString(alphabet, length, func(input []byte) {
				want := readReference(t, input, d)
				for _, blockSize := range []int{1, 3, 64} {
					got := readBlocks(t, bytes.NewReader(input), d, blockSize, 1)
					if !assert.Equal(t, want, got, "input %q, block size %d", input, blockSize) {
						t.FailNow()
					}
				}
			})
		})
	}
}

// randomInput makes text of records that are mostly sound, with the given share of arbitrary bytes.
func randomInput(r *rand.Rand, d Dialect, n int, wild float64) []byte {
	d, _ = d.Resolve()
	pieces := []string{"a", "bc", "żółw", "", "x y", "1980", "日本"}
	var b []byte
	for len(b) < n {
		switch {
		case r.Float64() < wild:
			b = append(b, "\"\",;\\\r\na'\x00"[r.IntN(10)])
		case r.IntN(9) == 0:
			b = append(b, "\r\n"[r.IntN(2):]...)
		case r.IntN(3) == 0:
			b = append(b, d.Delimiter)
		case r.IntN(4) == 0 && !d.NoQuotes && (len(b) == 0 || b[len(b)-1] == d.Delimiter || b[len(b)-1] == '\n'):
			b = append(b, d.Quote)
			b = append(b, pieces[r.IntN(len(pieces))]...)
			b = append(b, []string{"\n", "\r\n", string([]byte{d.Quote, d.Quote}), string(d.Delimiter), ""}[r.IntN(5)]...)
			b = append(b, d.Quote)
			b = append(b, []string{string(d.Delimiter), "\n", "\r\n"}[r.IntN(3)]...)
		default:
			b = append(b, pieces[r.IntN(len(pieces))]...)
		}
	}
	return b
}

// waiting is a Waiter.
type waiting struct{ io.Reader }

func (waiting) Waits() bool { return true }

func TestBlocksWorkersAndReadsMakeNoDifference(t *testing.T) {
	blockSizes := []int{4095, 4096, 4097, 1 << 20}
	for i := 1; i <= 64; i++ {
		blockSizes = append(blockSizes, i)
	}
	for _, kernel := range Kernels() {
		t.Run(kernel, func(t *testing.T) {
			t.Cleanup(UseKernel(kernel))
			for name, d := range dialects {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					r := rand.New(rand.NewPCG(1, uint64(len(name))))
					for _, wild := range []float64{0, 0.01, 0.2} {
						input := randomInput(r, d, 9000, wild)
						want := readReference(t, input, d)
						for _, size := range blockSizes {
							workers := []int{1, 2, 4, 8}[size%4]
							require.Equal(t, want, readBlocks(t, bytes.NewReader(input), d, size, workers), "block size %d, %d workers", size, workers)
							if size%5 == 0 {
								require.Equal(t, want, readBlocks(t, waiting{bytes.NewReader(input)}, d, size, workers), "block size %d, %d workers, read apart", size, workers)
							}
						}
						require.Equal(t, want, readBlocks(t, &oneByte{data: input}, d, 100, 2), "one byte at a time")
						require.Equal(t, want, readBlocks(t, waiting{&oneByte{data: input}}, d, 100, 2), "one byte at a time, read apart")
					}
				})
			}
		})
	}
}

// TestBytesAtTheOffsetAreTheRecord also shows that no byte is lost.
func TestBytesAtTheOffsetAreTheRecord(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			input := randomInput(r, d, 5000, 0.05)
			var at int64
			for _, rec := range readBlocks(t, bytes.NewReader(input), d, 50, 2) {
				require.Equal(t, at, rec.Offset)
				require.True(t, bytes.HasPrefix(input[rec.Offset:], []byte(rec.Raw)))
				at += int64(len(rec.Raw))
			}
			require.EqualValues(t, len(input), at)
		})
	}
}

// TestAgreesWithEncodingCSV compares with the standard library wherever its policy is ours.
func TestAgreesWithEncodingCSV(t *testing.T) {
	length := 7
	if testing.Short() {
		length = 5
	}
	forEachString("a,\"\n", length, func(input []byte) { compareWithEncodingCSV(t, input) })
}

func compareWithEncodingCSV(t testing.TB, input []byte) {
	if bytes.IndexByte(input, '\r') >= 0 || endsInCtrlZ(input) {
		return // it turns CR LF inside quotes into LF
	}
	cr := csv.NewReader(bytes.NewReader(input))
	cr.FieldsPerRecord = -1
	want, err := cr.ReadAll()
	got := [][]string(nil)
	broken := false
	for _, rec := range readBlocks(t, bytes.NewReader(input), Dialect{}, 5, 1) {
		broken = broken || rec.Fault != Sound
		if !rec.Blank {
			got = append(got, rec.Fields)
		}
	}
	require.Equal(t, err != nil, broken, "input %q: encoding/csv says %v", input, err)
	if err == nil {
		require.Equal(t, want, got, "input %q", input)
	}
}

func TestParseWriteParse(t *testing.T) {
	d, err := Dialect{}.Resolve()
	require.NoError(t, err)
	forEachString("a,\"\r\n", 5, func(value []byte) {
		record := append(d.AppendQuoted(nil, value, true), '\n')
		got := readBlocks(t, bytes.NewReader(record), Dialect{LineEnd: EndLF}, 7, 1)
		require.Len(t, got, 1)
		require.Equal(t, []string{string(value)}, got[0].Fields)
	})
}

// endsInCtrlZ reports whether an input ends in what is ignored there, which neither the
// reference nor encoding/csv knows of.
func endsInCtrlZ(input []byte) bool { return bytes.HasSuffix(input, []byte(ctrlZ)) }

func FuzzAgainstReference(f *testing.F) {
	for _, seed := range []string{"", "a,b\n", "\"a\"\"b\",c\r\n", "a\"b\n\"c", "\"a\n,b", "x\ry\r", "\"a\"x\n\n,\\,"} {
		f.Add([]byte(seed), uint8(3), uint8(0), uint16(0))
	}
	names := []string{"csv", "lenient", "cognito", "no quotes", "keep blank", "semicolon", "CR"}
	f.Fuzz(func(t *testing.T, input []byte, blockSize, dialect uint8, limit uint16) {
		if endsInCtrlZ(input) {
			return
		}
		d := dialects[names[int(dialect)%len(names)]]
		d.MaxRecord = int(limit)
		want := readReference(t, input, d)
		got := readBlocks(t, &oneByte{data: input}, d, int(blockSize)+1, 2)
		require.Equal(t, want, got, fmt.Sprintf("dialect %s", names[int(dialect)%len(names)]))
		require.Equal(t, want, readBlocks(t, bytes.NewReader(input), d, 0, 1))
		requireKernelsAgree(t, input, d)
	})
}

func FuzzAgainstEncodingCSV(f *testing.F) {
	f.Add([]byte("a,\"b\nc\",d\n\n\"\"\n"))
	f.Fuzz(func(t *testing.T, input []byte) { compareWithEncodingCSV(t, input) })
}
