package scan

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// findings is what a kernel finds, in a form that can be compared.
type findings struct {
	ends, records                                                      []uint32
	broken, inner, spaces, specials, doubled, highs, slashes, openEnds bool
	controls                                                           bool
}

// foundBare lets a kernel look for nothing but the structure of data.
func foundBare(k kernel, data []byte, d *Dialect) findings {
	w := foundIn(&indexer{structureOnly: 1}, k, data, d)
	return findings{ends: w.ends, records: w.records, inner: w.inner, broken: w.broken, openEnds: w.openEnds}
}

// found lets a kernel look at data.
func found(k kernel, data []byte, d *Dialect) findings { return foundIn(&indexer{}, k, data, d) }

func foundIn(f *indexer, k kernel, data []byte, d *Dialect) findings {
	f.begin(d)
	f.run(k, data)
	if f.broken != 0 {
		return findings{broken: true}
	}
	return findings{
		ends: append([]uint32{}, f.ends[:f.n]...), records: append([]uint32{}, f.records[:f.r]...), inner: f.inner != 0, spaces: f.spaces != 0, specials: f.specials != 0, doubled: f.doubled != 0,
		highs: f.highs != 0, slashes: f.slashes != 0, openEnds: f.inside|f.closedCR != 0, controls: f.controls != 0,
	}
}

// foundByMachine finds the same byte for byte, as the reference machine reads.
func foundByMachine(data []byte, d *Dialect) findings {
	w := findings{ends: []uint32{}, records: []uint32{}}
	isEdge := make([]bool, len(data))
	for p := 0; p < len(data); {
		first := len(w.ends)
		var o outcome
		o, w.ends = machine{d: d}.next(data, p, false, w.ends)
		switch {
		case o.more:
			return findings{openEnds: true} // nothing is known of what the machine has not read to its end
		case o.fault != Sound:
			return findings{broken: true}
		}
		start := uint32(p)
		for _, e := range w.ends[first:] {
			isEdge[e] = true
			// Of a quoted value the quotes around it are not doubled ones.
			if e > start+1 && !d.NoQuotes && data[start] == d.Quote && bytes.IndexByte(data[start+1:e-1], d.Quote) >= 0 {
				w.doubled = true
			}
			// A space before CR LF, and before the end of data, is left to Index.
			last := e
			value := Span{start, e}
			if value.Len() > 1 && !d.NoQuotes && data[start] == d.Quote {
				value, last = Span{start + 1, e - 1}, 0
			}
			if v := value.Of(data); len(v) > 0 && (v[0] == ' ' || v[len(v)-1] == ' ' && (last == 0 || data[last] != '\r' || d.end() == '\r')) {
				w.spaces = true
			}
			start = e + 1
		}
		w.ends[len(w.ends)-1] = uint32(o.next - 1)
		isEdge[o.next-1] = true
		w.records = append(w.records, uint32(len(w.ends)-1))
		p = o.next
	}
	special := d.Quote
	switch {
	case d.Kind == Cognito:
		special = '\\'
	case d.NoQuotes:
		special = 0
	}
	for i, c := range data {
		w.specials = w.specials || c == special
		w.slashes = w.slashes || c == '\\'
		w.highs = w.highs || c >= 0x80
		w.inner = w.inner || c == d.end() && !isEdge[i]
		w.controls = w.controls || c != d.end() && (c < 0x20 || c == 0x7F)
	}
	return w
}

// requireKernelsAgree compares all kernels of this build and processor with
// each other, and with the machine wherever that reads data to its end.
func requireKernelsAgree(t testing.TB, data []byte, d Dialect) {
	t.Helper()
	d, err := d.Resolve()
	require.NoError(t, err)
	if d.LenientQuotes || d.freeForm() {
		return // is never left to a kernel
	}
	d.MaxRecord = DefaultMaxRecord
	want := found(portable{}, data, &d)
	leftToMachine := want.broken && bytes.Contains(data, []byte{d.Quote, '\r', '\r'}) // kernels know one CR before LF
	if exact := foundByMachine(data, &d); !exact.openEnds && !leftToMachine {
		require.Equal(t, exact, want, "machine and portable, %q", data)
	}
	for name, k := range kernels {
		require.Equal(t, want, found(k, data, &d), "%s, %q", name, data)
		bare := findings{ends: want.ends, records: want.records, inner: want.inner, broken: want.broken, openEnds: want.openEnds}
		require.Equal(t, bare, foundBare(k, data, &d), "%s, bare, %q", name, data)
		require.Equal(t, utf8.Valid(data), k.utf8(data), "%s, %q", name, data)
		if provesUTF8(k, data, &d) {
			require.True(t, utf8.Valid(data), "%s, %q", name, data)
		}
		n, high := k.controls(data)
		wantN, wantHigh := portable{}.controls(data)
		require.Equal(t, wantN, n, "%s, %q", name, data)
		require.Equal(t, wantHigh, high, "%s, %q", name, data)
	}
}

// provesUTF8 reports whether finding the structure of data shows that it is UTF-8.
func provesUTF8(k kernel, data []byte, d *Dialect) bool {
	var f indexer
	f.begin(d)
	f.run(k, data)
	return f.isUTF8()
}

// TestStructureProvesUTF8 tries what the portable kernel is to prove by the way,
// whole or cut off, at every place around the border of pieces.
func TestStructureProvesUTF8(t *testing.T) {
	d, err := Dialect{}.Resolve()
	require.NoError(t, err)
	text := strings.Repeat("a", 3*pieceSize)
	for _, s := range []string{"é", "日", "é日本é", "日é", "\xc3", "\xe6", "\xe6\x97", "\xa9", "é\xa9", "日\xa5", "\xc3日", "\xe6é", "ééééé\xa9"} {
		for at := pieceSize; at < 2*pieceSize; at++ {
			for _, data := range []string{text[:at] + s, text[:at] + s + text[at:]} {
				require.Equal(t, utf8.ValidString(data), provesUTF8(portable{}, []byte(data), &d), "%q", data)
			}
		}
	}
	for _, s := range []string{"\xe0\xa0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xc0\x80", "\xc1\xbf", "\xf0\x9f\x98\x80", "\xf5\x80\x80\x80", "\xff"} {
		require.False(t, provesUTF8(portable{}, []byte(text+s+text), &d), "%q needs a closer look", s)
	}
}

// TestTwofoldBytes lets bytes be delimiters or quotes that mean something else elsewhere.
func TestTwofoldBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, d := range []Dialect{
		{Delimiter: '\t'}, {Delimiter: ' '}, {Delimiter: '\\'}, {Delimiter: 1, NoQuotes: true},
		{Quote: '\\'}, {Quote: ' '}, {Quote: '\t'}, {Quote: '\r', NoQuotes: true}, {Delimiter: '"', NoQuotes: true},
	} {
		d, err := d.Resolve()
		require.NoError(t, err)
		for n := range 400 {
			data := make([]byte, n)
			for i := range data {
				data[i] = "aaaaaaaa,\"\\\t \r\n\x01\x00"[r.IntN(17)]
			}
			want := found(portable{}, data, &d)
			for name, k := range kernels {
				require.Equal(t, want, found(k, data, &d), "%s, %q, %+v", name, data, d)
			}
			if !want.broken {
				require.Equal(t, bytes.ContainsFunc(data, func(c rune) bool { return c < ' ' && c != '\n' }), want.controls, "%q, %+v", data, d)
				require.Equal(t, bytes.IndexByte(data, '\\') >= 0, want.slashes, "%q, %+v", data, d)
			}
		}
	}
}

// TestKernelsOnEveryShortString puts the strings across the border between two
// pieces, and into the tail.
func TestKernelsOnEveryShortString(t *testing.T) {
	length := 5
	if testing.Short() {
		length = 4
	}
	for name, d := range dialects {
		if d.MaxRecord != 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := d.Resolve()
			require.NoError(t, err)
			alphabet := "a,\"\r\n "
			if d.Kind == Cognito {
				alphabet = "a,\\\r\n "
			}
			alphabet = strings.Map(func(r rune) rune {
				switch r {
				case ',':
					return rune(d.Delimiter)
				case '"':
					return rune(d.Quote)
				}
				return r
			}, alphabet)
			padded := bytes.Repeat([]byte("x"), 3*pieceSize)
			for i := pieceSize - 4; i > 20; i -= 9 {
				padded[i] = d.Delimiter
			}
			forEachString(alphabet, length, func(s []byte) {
				for _, at := range []int{pieceSize - 1, pieceSize - 3, 2*pieceSize - 5} {
					data := append(padded[:at:at], s...)
					data = append(data, d.end())
					whole := append(data, bytes.Repeat([]byte{'y', d.Delimiter}, pieceSize)...)
					whole = append(whole, d.end())
					requireSameFast(t, whole, &d)
					requireSameFast(t, data, &d)
				}
			})
		})
	}
}

// requireSameFast is the part of requireKernelsAgree about structure, without
// the cost of describing what is equal.
func requireSameFast(t testing.TB, data []byte, d *Dialect) {
	want := found(portable{}, data, d)
	same := true
	if exact := foundByMachine(data, d); !exact.openEnds {
		same = want.equal(&exact)
	}
	for _, k := range kernels {
		got := found(k, data, d)
		same = same && want.equal(&got)
	}
	if !same {
		requireKernelsAgree(t, data, *d)
	}
}

func (a *findings) equal(b *findings) bool {
	if len(a.ends) != len(b.ends) || len(a.records) != len(b.records) {
		return false
	}
	for i := range a.ends {
		if a.ends[i] != b.ends[i] {
			return false
		}
	}
	for i := range a.records {
		if a.records[i] != b.records[i] {
			return false
		}
	}
	return a.broken == b.broken && a.inner == b.inner && a.spaces == b.spaces && a.specials == b.specials && a.doubled == b.doubled &&
		a.highs == b.highs && a.slashes == b.slashes && a.openEnds == b.openEnds && a.controls == b.controls
}

func TestKernelsOnEveryByteAndPlace(t *testing.T) {
	for place := range 2*pieceSize + 3 {
		for value := range 256 {
			for _, fill := range []byte{'a', ',', ' ', 0xC3, 0} {
				data := bytes.Repeat([]byte{fill}, 2*pieceSize+5)
				data[place] = byte(value)
				data[len(data)-1] = '\n'
				requireKernelsAgree(t, data, Dialect{})
			}
		}
	}
}

func TestKernelsOnEveryLength(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for n := range 700 {
		data := make([]byte, n)
		for i := range data {
			data[i] = "aaaaaaa,,\"\"\\\n\r\x00\x7f\xc3 "[r.IntN(18)]
		}
		for _, d := range dialects {
			requireKernelsAgree(t, data, d)
			requireKernelsAgree(t, randomInput(r, d, n, 0), d)
			requireKernelsAgree(t, randomInput(r, d, n, 0.002), d)
		}
	}
}

// TestKernelsOnLongText goes over the borders of eight pieces, and of a step.
func TestKernelsOnLongText(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	turns := 60
	if testing.Short() {
		turns = 10
	}
	for range turns {
		n := r.IntN(3 * indexStep * pieceSize)
		for _, d := range dialects {
			requireKernelsAgree(t, randomInput(r, d, n, 0), d)
			requireKernelsAgree(t, randomInput(r, d, n, 0.0001), d)
		}
	}
}

// TestUTF8AtEveryPlace tries every pair of bytes, and every sequence that
// begins like one of three or four bytes, at places around the border of pieces.
func TestUTF8AtEveryPlace(t *testing.T) {
	borders := []byte{0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xFF}
	var sequences [][]byte
	for a := range 256 {
		for b := range 256 {
			sequences = append(sequences, []byte{byte(a), byte(b)})
			if a < 0xE0 {
				continue
			}
			for _, c := range borders {
				sequences = append(sequences, []byte{byte(a), byte(b), c})
				if a >= 0xF0 {
					for _, d := range borders {
						sequences = append(sequences, []byte{byte(a), byte(b), c, d})
					}
				}
			}
		}
	}
	places := []int{0, 1, pieceSize - 4, pieceSize - 3, pieceSize - 2, pieceSize - 1, pieceSize, 2*pieceSize - 2}
	if testing.Short() {
		places = places[2:5]
	}
	text := bytes.Repeat([]byte("a"), 2*pieceSize+10)
	d, err := Dialect{}.Resolve()
	require.NoError(t, err)
	var f indexer
	for _, at := range places {
		for _, s := range sequences {
			data := append(append(text[:at:at], s...), text[:2*pieceSize-at]...)
			f.begin(&d)
			f.run(portable{}, data)
			if f.isUTF8() && !utf8.Valid(data) {
				t.Fatalf("the structure: %x after %d bytes", s, at)
			}
		}
	}
	for name, k := range kernels {
		for _, at := range places {
			for _, s := range sequences {
				data := append(text[:at:at], s...)
				if k.utf8(data) != utf8.Valid(data) {
					t.Fatalf("%s: %x at the end, after %d bytes", name, s, at)
				}
				data = append(data, text[:2*pieceSize-at]...)
				if k.utf8(data) != utf8.Valid(data) {
					t.Fatalf("%s: %x after %d bytes", name, s, at)
				}
			}
		}
	}
}

func TestClassify(t *testing.T) {
	c := NewClasses("abcxyzAZ019!~\x00", "-.,@ \x7f", '@', '.')
	r := rand.New(rand.NewPCG(3, 3))
	padded := make([]byte, 1000+Padding)
	for range 200 {
		var spans []Span
		for i := range padded {
			padded[i] = byte(r.IntN(256))
			if r.IntN(2) == 0 {
				padded[i] = "a@.-Z"[r.IntN(5)]
			}
		}
		for range 20 {
			start := r.IntN(900)
			spans = append(spans, Span{uint32(start), uint32(start + r.IntN(MaxClassified+3))})
		}
		want := make([]Classified, len(spans))
		for i, s := range spans {
			for k, b := range s.Of(padded) {
				if s.Len() > MaxClassified {
					break
				}
				want[i].First |= uint64(strings.Count("abcxyzAZ019!~\x00", string(rune(b)))&1) << k
				want[i].Second |= uint64(strings.Count("-.,@ \x7f", string(rune(b)))&1) << k
				want[i].Third |= uint64(strings.Count("@", string(rune(b)))&1) << k
				want[i].Fourth |= uint64(strings.Count(".", string(rune(b)))&1) << k
			}
		}
		for name, k := range kernels {
			got := make([]Classified, len(spans))
			k.classify(got, padded, spans, c)
			require.Equal(t, want, got, name)
		}
	}
}

func TestUnquote(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	d, err := Dialect{}.Resolve()
	require.NoError(t, err)
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	for round := range 3000 {
		var text, want strings.Builder
		wantEnds := []uint32{3}
		want.WriteString("old")
		for range 1 + r.IntN(20) {
			for field := range 1 + r.IntN(6) {
				if field > 0 {
					text.WriteString(",")
					want.WriteString(",")
				}
				value := pick("", "a", "bc", "longer than the others", "żółw", strings.Repeat("x", r.IntN(80)))
				if r.IntN(3) == 0 {
					value += pick("", ",", ",,", ", ", strings.Repeat(",", r.IntN(70))) + pick("", "z")
					text.WriteString("\"" + value + "\"")
					want.WriteString(strings.ReplaceAll(value, ",", "\\,"))
				} else {
					text.WriteString(value)
					want.WriteString(value)
				}
			}
			text.WriteString("\n")
			want.WriteString("\n")
			wantEnds = append(wantEnds, uint32(want.Len()))
		}
		before := pick("", "x\n", "\"a,b\",c\n")
		padded := append([]byte(before+text.String()), bytes.Repeat([]byte{"\",\na"[round%4]}, Padding)...)
		b := &Block{Data: padded[:len(before)+text.Len()], dialect: &d}
		records := make([]Record, len(wantEnds)-1)
		for i, start := 0, uint32(len(before)); i < len(records); i++ {
			next := start + uint32(bytes.IndexByte(padded[start:], '\n')) + 1
			records[i] = Record{Start: start, End: next - 1, Next: next}
			start = next
		}
		for name, k := range kernels {
			b.found.begin(&d)
			b.found.run(k, b.Data)
			b.proven, b.quotes.known = true, false
			got, ends := k.unquote([]byte("old"), []uint32{3}, b, records)
			require.Equal(t, want.String(), string(got), "%s, %q", name, text.String())
			require.Equal(t, wantEnds, ends, name)
		}
	}
}

func TestQuotesAreNotedInPassing(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	d, err := Dialect{}.Resolve()
	require.NoError(t, err)
	var f indexer
	for range 300 {
		var data []byte
		for range r.IntN(900) {
			data = append(data, []string{"a", ",", "\"b\"", "\"\"", "\"x,\"\"y\n\"", "\n"}[r.IntN(6)]...)
		}
		data = append(data, make([]byte, Padding)...)[:len(data)]
		for name, k := range kernels {
			f.begin(&d)
			f.run(k, data)
			quotes := portable{}.places([]uint32{}, data, '"')
			if f.notes {
				require.Equal(t, quotes, append([]uint32{}, f.quotes[:f.q]...), name)
			}
			var doubles []uint32
			for i := 2; i < len(quotes); i += 2 {
				if quotes[i] == quotes[i-1]+1 {
					doubles = append(doubles, quotes[i])
				}
			}
			b := &Block{Data: data, found: f}
			var found []uint32
			for at, ok := b.NextDoubled(0); ok; at, ok = b.NextDoubled(at + 1) {
				found = append(found, at)
			}
			require.Equal(t, doubles, found, name)
			for i := 0; i+1 < len(quotes); i++ {
				from, to := quotes[i]+1, quotes[min(len(quotes)-1, i+1+i%7)]
				var want []byte
				for at := from; at < to; at++ {
					if !slices.Contains(doubles, at) {
						want = append(want, data[at])
					}
				}
				padded := append([]byte("before"), make([]byte, int(to-from)+2*Padding)...)
				n := k.undouble(padded, len("before"), b, from, to)
				require.Equal(t, "before"+string(want), string(padded[:n]), "%s from %d to %d", name, from, to)
			}
		}
	}
}

func TestPlaces(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 400 {
		for _, alphabet := range []string{"abcdefgh", "ab", "a"} {
			padded := make([]byte, n+Padding)
			want := []uint32{}
			for i := range padded {
				padded[i] = alphabet[r.IntN(len(alphabet))]
				if padded[i] == 'a' && i < n {
					want = append(want, uint32(i))
				}
			}
			for name, k := range kernels {
				require.Equal(t, want, k.places([]uint32{}, padded[:n], 'a'), name)
			}
		}
	}
}

func TestPrefixXOR(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 1000 {
		m := r.Uint64() & r.Uint64()
		got := prefixXOR(m)
		for i := range 64 {
			require.EqualValues(t, bits.OnesCount64(m<<(63-i))&1, got>>i&1)
		}
	}
}

func BenchmarkKernel(b *testing.B) {
	data := bytes.Repeat([]byte("Anna Berg,Anna,Berg,,,,,\"Main Street 5, Kraków\",anna@example.com,TRUE\n"), 1800)
	d, err := Dialect{}.Resolve()
	require.NoError(b, err)
	for name, k := range kernels {
		var f indexer
		run := func(what string, do func()) {
			b.Run(what+"/kernel="+name, func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					do()
				}
			})
		}
		run("find", func() {
			f.begin(&d)
			f.run(k, data)
		})
		run("utf8", func() { k.utf8(data) })
		run("controls", func() { k.controls(data) })
	}
}

func TestPrefetchLinesChangesNothing(t *testing.T) {
	lines := make([]Line, 100)
	for i := range lines {
		lines[i][0] = uint64(i)
	}
	PrefetchLines(lines, nil)
	PrefetchLines(lines, []uint32{99})
	PrefetchLines(lines, []uint32{0, 99, 50, 50})
	for i := range lines {
		require.Equal(t, Line{uint64(i)}, lines[i])
	}
}
