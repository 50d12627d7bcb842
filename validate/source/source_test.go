package source

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

const people = "id,name\n1,Anna\n2,Łucja\n"

func gzipped(t testing.TB, text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func zstded(t testing.TB, text string) []byte {
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return w.EncodeAll([]byte(text), nil)
}

// readAll reads everything, or returns the first error.
func readAll(r io.Reader, o Options) (*Input, string, error) {
	in, err := FromReader("f", r, o)
	if err != nil {
		return nil, "", err
	}
	defer in.Close()
	text, err := io.ReadAll(in)
	return in, string(text), err
}

func TestCodecs(t *testing.T) {
	gz, zs := gzipped(t, people), zstded(t, people)
	tests := []struct {
		name  string
		data  []byte
		codec string
		want  string
	}{
		{"plain", []byte(people), "none", people},
		{"empty", nil, "none", ""},
		{"one byte", []byte("a"), "none", "a"},
		{"gzip", gz, "gzip", people},
		{"gzip of nothing", gzipped(t, ""), "gzip", ""},
		{"gzip, two members", append(bytes.Clone(gz), gz...), "gzip", people + people},
		{"zstd", zs, "zstd", people},
		{"zstd, two frames", append(bytes.Clone(zs), zs...), "zstd", people + people},
		{"zstd after a skippable frame", append([]byte("\x50\x2a\x4d\x18\x02\x00\x00\x00xy"), zs...), "zstd", people},
		{"text that begins like bzip2", []byte("BZh9,x\n"), "none", "BZh9,x\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{
				"whole":           bytes.NewReader(tt.data),
				"one byte a time": iotest.OneByteReader(bytes.NewReader(tt.data)),
				"data with EOF":   iotest.DataErrReader(bytes.NewReader(tt.data)),
			} {
				in, text, err := readAll(r, Options{Hash: true})
				require.NoError(t, err, how)
				assert.Equal(t, tt.want, text, how)
				assert.Equal(t, tt.codec, in.Codec(), how)
				assert.EqualValues(t, len(tt.data), in.RawSize(), how)
				assert.Len(t, in.SHA256(), 64, how)
			}
		})
	}
}

// bzipped is people, compressed by bzip2.
const bzipped = "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x92\xa4\x25\xe2\x00\x00\x07\xdd\xc4\x00\x10\x00\x04\x30\x00\x20\x00\x2e" +
	"\x33\x02\x00\x20\x00\x02\x00\x20\x00\x31\x4c\x00\x13\x42\x20\x6d\x4f\x53\x1a\x81\x0d\xa2\x1d\x85\x4d\xd5\x20\xa4" +
	"\x15\xdf\x67\xe2\xee\x48\xa7\x0a\x12\x12\x54\x84\xbc\x40"

func TestBzip2(t *testing.T) {
	in, text, err := readAll(strings.NewReader(bzipped), Options{})
	require.NoError(t, err)
	assert.Equal(t, people, text)
	assert.Equal(t, "bzip2", in.Codec())
	_, text, err = readAll(strings.NewReader(bzipped+bzipped), Options{})
	require.NoError(t, err)
	assert.Equal(t, people+people, text, "two streams")
	damage(t, "bzip2", []byte(bzipped))
}

func TestDamage(t *testing.T) {
	damage(t, "gzip", gzipped(t, people))
	damage(t, "zstd", zstded(t, people))
}

// damage cuts data off at every byte, and adds something to it: each time there must be an error that names file and codec.
func damage(t *testing.T, codec string, data []byte) {
	for n := 10; n < len(data); n++ {
		_, _, err := readAll(bytes.NewReader(data[:n]), Options{})
		require.ErrorContains(t, err, "f: "+codec+" data", "%s cut off after %d of %d bytes", codec, n, len(data))
		require.ErrorIs(t, err, ErrCutOff)
	}
	for _, more := range []string{"x", "garbage after the end", strings.Repeat("\x00", 512)} {
		_, _, err := readAll(bytes.NewReader(append(bytes.Clone(data), more...)), Options{})
		require.Error(t, err, "%s followed by %d bytes", codec, len(more))
		require.ErrorContains(t, err, "f: "+codec+" data")
		var damaged *ReadError
		require.ErrorAs(t, err, &damaged)
		assert.Equal(t, codec, damaged.Codec)
		assert.GreaterOrEqual(t, damaged.Offset, int64(len(data)))
	}
}

// TestMisuseIsAnError takes options that are zero, and those that no input has.
func TestMisuseIsAnError(t *testing.T) {
	for _, o := range []Options{{}, {MaxExpanded: -1}, {Encoding: "auto"}} {
		in, err := FromReader("f", strings.NewReader("x"), o)
		require.NoError(t, err)
		head, err := in.Peek(-1)
		require.NoError(t, err)
		assert.Empty(t, head)
		require.NoError(t, in.Close())
		require.NoError(t, in.Close())
	}
	var wrong *FileError
	_, err := FromReader("f", nil, Options{})
	require.ErrorAs(t, err, &wrong)
	var none *os.File
	_, err = FromReader("f", none, Options{})
	require.Error(t, err)
	_, err = Open("", Options{})
	require.ErrorAs(t, err, &wrong)
	assert.False(t, wrong.Writing)
	require.ErrorIs(t, err, os.ErrNotExist)
	for _, encoding := range []string{"x", "\x00", "utf-16"} {
		_, err = FromReader("f", strings.NewReader("x"), Options{Encoding: encoding})
		require.Error(t, err)
	}
	_, err = ReadFile("", -1, "")
	require.Error(t, err)
	assert.NotNil(t, NotATable([]byte("<html>"), nil))
}

func TestRefusedFiles(t *testing.T) {
	for data, want := range map[string]string{
		"PK\x03\x04rest":                               "zip file, which is not read: unpack it, or if it is a spreadsheet",
		"\xfd7zXZ\x00":                                 "xz file",
		"7z\xbc\xaf\x27\x1c":                           "7z file",
		strings.Repeat("n", 257) + "ustar\x0000":       "tar file",
		string(gzipped(t, string(gzipped(t, people)))): "a gzip file inside of gzip",
	} {
		_, _, err := readAll(strings.NewReader(data), Options{})
		require.ErrorContains(t, err, want)
	}
	_, err := Open(t.TempDir(), Options{})
	require.ErrorContains(t, err, "this is a directory")
	_, err = Open(filepath.Join(t.TempDir(), "none"), Options{})
	require.ErrorContains(t, err, "there is no such file")
}

func TestReadErrorNamesTheFile(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, data := range [][]byte{[]byte(people), gzipped(t, strings.Repeat(people, 1000))[:40]} {
		_, _, err := readAll(io.MultiReader(bytes.NewReader(data), iotest.ErrReader(broken)), Options{})
		require.ErrorIs(t, err, broken)
		require.ErrorContains(t, err, "f: reading failed after")
	}
}

func TestBombs(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for range 100 {
		_, err := w.Write(zeros)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	bomb := b.Bytes()

	n := func(o Options) (int64, error) {
		in, err := FromReader("f", bytes.NewReader(bomb), o)
		require.NoError(t, err)
		defer in.Close()
		return io.Copy(io.Discard, in)
	}
	got, err := n(Options{})
	require.ErrorContains(t, err, "looks like a decompression bomb")
	var tooMuch *ExpandedError
	require.ErrorAs(t, err, &tooMuch)
	assert.Zero(t, tooMuch.Limit)
	assert.Greater(t, tooMuch.Expanded, int64(ratioFrom))
	assert.LessOrEqual(t, got, int64(ratioFrom+1<<20))
	got, err = n(Options{MaxExpanded: 1 << 20})
	require.ErrorAs(t, err, &tooMuch)
	assert.EqualValues(t, 1<<20, tooMuch.Limit)
	assert.Positive(t, tooMuch.Raw)
	assert.LessOrEqual(t, got, int64(1<<20))
	got, err = n(Options{MaxExpanded: 1 << 30})
	require.NoError(t, err, "a stated limit switches the ratio off")
	assert.EqualValues(t, 100<<20, got)
}

func TestCharsets(t *testing.T) {
	const text = "id;name\n1;Žofie €\n"
	encode := func(enc interface{ Bytes([]byte) ([]byte, error) }) []byte {
		data, err := enc.Bytes([]byte(text))
		require.NoError(t, err)
		return data
	}
	le := encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder())
	be := encode(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder())
	tests := []struct {
		name     string
		data     []byte
		encoding string
		charset  string
		bom      bool
		start    int64
	}{
		{"UTF-8", []byte(text), "", "utf-8", false, 0},
		{"UTF-8, stated", []byte(text), "UTF-8", "utf-8", false, 0},
		{"UTF-8 with BOM", append([]byte("\xef\xbb\xbf"), text...), "auto", "utf-8", true, 3},
		{"UTF-8 with BOM, stated", append([]byte("\xef\xbb\xbf"), text...), "utf-8", "utf-8", true, 3},
		{"UTF-16LE with BOM", append([]byte("\xff\xfe"), le...), "", "utf-16le", true, 0},
		{"UTF-16BE with BOM", append([]byte("\xfe\xff"), be...), "", "utf-16be", true, 0},
		{"UTF-16 stated, with BOM", append([]byte("\xfe\xff"), be...), "utf-16", "utf-16be", true, 0},
		{"UTF-16LE stated", le, "utf-16le", "utf-16le", false, 0},
		{"Windows-1252", encode(charmap.Windows1252.NewEncoder()), "windows-1252", "windows-1252", false, 0},
		{"an alias", encode(charmap.Windows1252.NewEncoder()), "cp1252", "windows-1252", false, 0},
		{"ISO 8859-15", encode(charmap.ISO8859_15.NewEncoder()), "ISO-8859-15", "iso-8859-15", false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []io.Reader{bytes.NewReader(tt.data), iotest.OneByteReader(bytes.NewReader(tt.data)), bytes.NewReader(gzipped(t, string(tt.data)))} {
				in, got, err := readAll(r, Options{Encoding: tt.encoding})
				require.NoError(t, err)
				assert.Equal(t, text, got)
				assert.Equal(t, tt.charset, in.Charset())
				assert.Equal(t, tt.bom, in.BOM())
				assert.Equal(t, tt.start, in.Start())
			}
		})
	}
	sjis, err := japanese.ShiftJIS.NewEncoder().Bytes([]byte("名前,山田\n"))
	require.NoError(t, err)
	_, got, err := readAll(bytes.NewReader(sjis), Options{Encoding: "shift_jis"})
	require.NoError(t, err)
	assert.Equal(t, "名前,山田\n", got)
}

func TestBytesThatACharsetDoesNotKnowStayWrong(t *testing.T) {
	_, got, err := readAll(strings.NewReader("a,\x81\x00b\n"), Options{Encoding: "shift_jis"})
	require.NoError(t, err)
	assert.Contains(t, got, "\xff")
	_, got, err = readAll(strings.NewReader("\xff\xfea\x00b"), Options{})
	require.NoError(t, err)
	assert.Equal(t, "a\xff", got, "half a character at the end")
	_, got, err = readAll(iotest.OneByteReader(strings.NewReader("a\x00\x00\xd8b\x00")), Options{Encoding: "utf-16le"})
	require.NoError(t, err)
	assert.Equal(t, "a\xffb", got, "half a surrogate pair")
}

func TestEncodingMistakes(t *testing.T) {
	_, _, err := readAll(strings.NewReader(people), Options{Encoding: "windows1252x"})
	require.ErrorContains(t, err, `did you mean "windows-1252"?`)
	_, _, err = readAll(strings.NewReader("\xef\xbb\xbf"+people), Options{Encoding: "windows-1252"})
	var other *EncodingError
	require.ErrorAs(t, err, &other)
	assert.Equal(t, EncodingError{File: "f", Stated: "windows-1252", Found: "utf-8", Mark: true}, *other)
	_, _, err = readAll(strings.NewReader(people), Options{Encoding: "windows-1252"})
	require.ErrorAs(t, err, &other)
	assert.Equal(t, EncodingError{File: "f", Stated: "windows-1252", Found: "utf-8"}, *other)
	_, text, err := readAll(strings.NewReader("Ren\xe9,\xc3\xa9\n"), Options{Encoding: "windows-1252"})
	require.NoError(t, err)
	assert.Equal(t, "René,Ã©\n", text)
	_, _, err = readAll(strings.NewReader("a\x00"), Options{Encoding: "utf-16"})
	require.ErrorAs(t, err, &other)
	assert.Equal(t, EncodingError{File: "f", Stated: "utf-16"}, *other)
}

func TestPeek(t *testing.T) {
	in, err := FromReader("f", iotest.OneByteReader(strings.NewReader(people)), Options{})
	require.NoError(t, err)
	for _, n := range []int{0, 3, 2, 5, 1000} {
		head, err := in.Peek(n)
		require.NoError(t, err)
		assert.Equal(t, people[:min(n, len(people))], string(head))
	}
	text, err := io.ReadAll(in)
	require.NoError(t, err)
	assert.Equal(t, people, string(text))
	head, err := in.Peek(5)
	require.NoError(t, err)
	assert.Empty(t, head)
}

func TestOpenKnowsTheSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.csv")
	require.NoError(t, os.WriteFile(path, []byte(people), 0o600))
	in, err := Open(path, Options{})
	require.NoError(t, err)
	assert.EqualValues(t, len(people), in.Size())
	require.NoError(t, in.Close())
}

func TestDetectDelimiter(t *testing.T) {
	tests := []struct {
		name, sample string
		want         byte
		sepLine      int
	}{
		{"comma", "a,b,c\n1,2,3\n", ',', 0},
		{"semicolon with decimal commas", "a;b;c\n1,5;2,5;3,5\n1,5;2,5;3,5\n", ';', 0},
		{"tab", "a\tb\n1,2\t3\n", '\t', 0},
		{"pipe", "a|b|c\n1|2|3\n", '|', 0},
		{"delimiters in quotes", "\"a;x\",\"b;y\"\n\"1;2\",3\n", ',', 0},
		{"one column", "name\nanna\n", ',', 0},
		{"empty", "", ',', 0},
		{"only a header", "a;b", ';', 0},
		{"ragged", "a;b;c\n1;2\n1;2;3\n", ';', 0},
		{"comma in the header of a semicolon file", "name, first;mail;id\na;b;c\nd;e;f\n", ';', 0},
		{"blank lines first", "\n\na;b\n1;2\n", ';', 0},
		{"lone CR", "a;b\r1;2\r", ';', 0},
		{"sep", "sep=;\na;b\n", ';', 6},
		{"sep with CR LF", "SEP=|\r\na|b\n", '|', 7},
		{"sep in quotes", "\"sep=^\"\na^b\n", '^', 8},
		{"sep of a tab", "sep=\t\na\tb\n", '\t', 6},
		{"sep without line end is a column", "sep=;", ';', 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := DetectDelimiter([]byte(tt.sample), '"')
			assert.Equal(t, string(tt.want), string(got.Delimiter))
			assert.Equal(t, tt.sepLine, got.SepLine)
			assert.NotEmpty(t, got.Reason)
		})
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(people), "")
	f.Add(gzipped(f, people), "auto")
	f.Add(zstded(f, people), "windows-1252")
	f.Add([]byte("\xff\xfea\x00"), "utf-16")
	f.Fuzz(func(t *testing.T, data []byte, encoding string) {
		in, err := FromReader("f", bytes.NewReader(data), Options{Encoding: encoding, MaxExpanded: 1 << 20})
		if err != nil {
			return
		}
		defer in.Close()
		_, _ = in.Peek(100)
		n, _ := io.Copy(io.Discard, in)
		require.LessOrEqual(t, n, int64(3<<20))
	})
}

func FuzzDetectDelimiter(f *testing.F) {
	f.Add([]byte("a;b\n1;2\n"), byte('"'))
	f.Add([]byte("sep=;\n"), byte(0))
	f.Fuzz(func(t *testing.T, sample []byte, quote byte) {
		d := DetectDelimiter(sample, quote)
		require.LessOrEqual(t, d.SepLine, len(sample))
		require.NotZero(t, d.Delimiter)
	})
}

func BenchmarkRead(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var text strings.Builder
	for text.Len() < 8<<20 {
		text.WriteString("name,anna@example.com,TRUE,Main Street,")
		text.WriteByte(byte('a' + r.IntN(26)))
		text.WriteByte('\n')
	}
	buf := make([]byte, 128<<10)
	for name, data := range map[string][]byte{"plain": []byte(text.String()), "gzip": gzipped(b, text.String()), "zstd": zstded(b, text.String())} {
		b.Run("codec="+name, func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			for b.Loop() {
				in, err := FromReader("f", bytes.NewReader(data), Options{})
				require.NoError(b, err)
				for err == nil {
					_, err = in.Read(buf)
				}
				require.Equal(b, io.EOF, err)
				in.Close()
			}
		})
	}
}

// TestTwoReaders reads on while a read is left behind: no byte is lost to the checksum.
func TestTwoReaders(t *testing.T) {
	text := strings.Repeat("a,b\n", 50_000)
	r, w := io.Pipe()
	in, err := FromReader("x", io.MultiReader(strings.NewReader(text), r), Options{Hash: true})
	require.NoError(t, err)
	var wg sync.WaitGroup
	var total atomic.Int64
	for range 2 {
		wg.Go(func() {
			n, err := io.Copy(io.Discard, in)
			assert.NoError(t, err)
			total.Add(n)
		})
	}
	go func() {
		_, _ = io.WriteString(w, text)
		w.Close()
	}()
	wg.Wait()
	assert.EqualValues(t, 2*len(text), total.Load())
	assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256([]byte(text+text))), in.SHA256())
}
