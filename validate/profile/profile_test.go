package profile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/axiomhq/hyperloglog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
)

var someColumns = []Column{
	{"cognito:username", schema.KindUsername}, {"email", schema.KindEmail}, {"email_verified", schema.KindBoolean}, {"birthdate", schema.KindBirthdate},
	{"updated_at", schema.KindUpdatedAt}, {"custom:seen", schema.KindDateTime}, {"password_hash", schema.KindHash}, {"name", schema.KindText}, {"empty", schema.KindText},
}

// someValue makes a value of a column for record n.
func someValue(r *rand.Rand, place, n int) string {
	pick := func(options ...string) string { return options[r.IntN(len(options))] }
	name := pick("anna", "Bo", "Zoë", "日本", "o'brien", "x1", "MÜLLER", "e\u0301", "\u0661\u0662", "ǅ", "a\x00b", "\xff", strings.Repeat("long ", 30), strings.Repeat("é", 70), "12345678", "ABCDEFGHI")
	switch {
	case place == 8 || r.IntN(5) == 0:
		return ""
	case r.IntN(20) == 0:
		return name
	}
	switch place {
	case 0:
		return fmt.Sprintf("%s-%x", name, n*2654435761)
	case 1:
		return pick(name, "a", fmt.Sprint("user", n)) + "@" + pick("example.com", "Example.COM", "example.org", "EXÄMPLE.org", fmt.Sprintf("d%d.example.com", r.IntN(40)), "", "b@example.net")
	case 2:
		return pick("TRUE", "FALSE", "true", "false", "yes")
	case 3:
		return fmt.Sprintf("%02d/%02d/%04d", 1+r.IntN(12), 1+r.IntN(31), 1+r.IntN(2030))
	case 4:
		return fmt.Sprint(r.IntN(1 << 36))
	case 5:
		return pick(fmt.Sprint(r.IntN(1<<31)), fmt.Sprintf("%d-0%d-1%d", 1900+r.IntN(100), 1+r.IntN(9), r.IntN(10)), "2026-01-31T23:30:00-02:00")
	case 6:
		return "$2b$" + name
	}
	return name
}

// run is one over values, by record and column.
type run struct {
	values             [][]string
	collectors         []*Collector
	unjudged, rejected []bool // by record, by record and column
}

// profile takes the records in blocks of up to so many, from several Collectors.
func (x *run) profile(r *rand.Rand, limits Limits, most, end int) []rule.Column {
	p := New(someColumns, limits)
	collectors := []*Collector{p.NewCollector(), p.NewCollector(), p.NewCollector()}
	x.collectors = collectors
	for from := 0; from < end; {
		to := min(len(x.values), from+1+r.IntN(most))
		c := collectors[r.IntN(len(collectors))]
		var unjudged []int32
		padded := []byte{'x'}
		spans := make([][]scan.Span, len(someColumns))
		for n := from; n < to; n++ {
			if x.unjudged[n] {
				unjudged = append(unjudged, int32(n-from))
			}
			for place := range someColumns {
				start := uint32(len(padded))
				padded = append(padded, x.values[n][place]...)
				spans[place] = append(spans[place], scan.Span{Start: start, End: uint32(len(padded))})
			}
		}
		c.Begin(to-from, unjudged, slices.Clip(padded))
		for place := range someColumns {
			if someColumns[place].Name != "empty" {
				c.Column(place, spans[place])
			}
		}
		c.Collect()
		c.Cut(end - from)
		for n := from; n < min(to, end); n++ {
			for place := range someColumns {
				if x.rejected[n*len(someColumns)+place] && !x.unjudged[n] {
					for range 1 + r.IntN(2) {
						c.Reject(place, n-from)
					}
				}
			}
		}
		p.Take(c)
		from = to
	}
	p.EndInput()
	return p.Result(true).Columns
}

// plain is the same by definition.
func (x *run) plain(limits Limits, end int) (out []rule.Column) {
	for place, column := range someColumns {
		p := plainColumn{Column: column, limits: limits}
		for n := range end {
			if !x.unjudged[n] {
				p.record(x.values[n][place], x.rejected[n*len(someColumns)+place])
			}
		}
		out = append(out, p.result())
	}
	return out
}

func someRun(r *rand.Rand, records int) *run {
	x := &run{unjudged: make([]bool, records), rejected: make([]bool, records*len(someColumns))}
	for n := range records {
		var values []string
		for place := range someColumns {
			values = append(values, someValue(r, place, n))
			x.rejected[n*len(someColumns)+place] = r.IntN(10) == 0
		}
		x.values = append(x.values, values)
		x.unjudged[n] = r.IntN(30) == 0
	}
	return x
}

// TestProfileIsThePlainOne compares profiles of runs in blocks of all sizes with the
// definition.
func TestProfileIsThePlainOne(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 150 {
		x := someRun(r, 1+r.IntN(600))
		limits := Limits{Records: 1 << 14, Texts: 1 << 12}
		if round%2 == 1 {
			limits = Limits{Records: 1 + int64(r.IntN(60)), Texts: 1 + r.IntN(30)}
		}
		end := len(x.values)
		if round%3 == 0 {
			end = 1 + r.IntN(end)
		}
		want := x.plain(limits, end)
		for _, most := range []int{1, 10, 100, 1000} {
			got := x.profile(r, limits, most, end)
			for i := range got {
				require.Equal(t, want[i], got[i], "round %d, blocks of %d, %+v", round, most, limits)
			}
		}
	}
}

// TestPacesChangeNothing has columns of which nearly all values are alike or unique for some
// time, so that they are looked at in different ways.
func TestPacesChangeNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	paces := map[pace]bool{}
	for round := range 12 {
		x := someRun(r, 6000)
		odd := 1 + r.IntN(40)
		for n := range x.values {
			if n/1500%4 == round%4 { // for some time they are of all kinds
				continue
			}
			for place, text := range []string{
				fmt.Sprintf("user-%08x", n*2654435761), fmt.Sprintf("anna.%07d@example.com", n), "TRUE", fmt.Sprintf("%02d/%02d/%d", 1+n%12, 1+n%28, 1900+n%100),
				fmt.Sprint(1_000_000_000 + n*n), fmt.Sprint(1_000_000_000 + n*n), fmt.Sprintf("$2b$%08d", n), fmt.Sprintf("Anna %06d", n),
			} {
				if r.IntN(odd*4) > 0 {
					x.values[n][place] = text
				}
			}
		}
		limits := []Limits{{}, {Records: 700, Texts: 50}}[round%2]
		if limits.Texts == 0 {
			limits = Limits{Records: 1 << 14, Texts: 1 << 12}
		}
		want := x.plain(limits, len(x.values))
		for i, got := range x.profile(r, limits, 1+r.IntN(800), len(x.values)) {
			if got.DistinctError > 0 {
				require.InEpsilon(t, want[i].Distinct, got.Distinct, distinctError)
				got.Distinct, got.DistinctError = want[i].Distinct, 0
			}
			require.Equal(t, want[i], got, "round %d", round)
		}
		for _, c := range x.collectors {
			for i := range c.columns {
				p := c.columns[i].pace
				paces[pace{unique: p.unique, varied: p.varied, alike: min(1, p.alike)}] = true
			}
		}
	}
	for _, p := range []pace{{}, {unique: true}, {unique: true, varied: true}, {unique: true, alike: 1}} {
		assert.True(t, paces[p], "%+v was taken", p)
	}
}

// TestFrequentShapesAreExact has columns of which nearly every value has a shape of its own,
// and one that is frequent.
func TestFrequentShapesAreExact(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	x := &run{}
	frequent := int64(0)
	for n := range 60_000 {
		name := ""
		for range 24 {
			name += string("aA9"[r.IntN(3)])
		}
		if r.IntN(60) == 0 {
			name = "user-1"
			frequent++
		}
		x.values = append(x.values, append([]string{name}, make([]string, len(someColumns)-1)...))
		_ = n
	}
	x.unjudged, x.rejected = make([]bool, len(x.values)), make([]bool, len(x.values)*len(someColumns))
	got := x.profile(r, Limits{}, 5000, len(x.values))[0]
	assert.Equal(t, rule.Count{Value: "aaaa-9", Count: frequent}, got.Shapes[0])
	assert.False(t, got.ShapesExact)
	assert.Equal(t, got, x.profile(r, Limits{}, 700, len(x.values))[0])
	assert.InEpsilon(t, 60_000-frequent+1, got.Distinct, distinctError)
	assert.InDelta(t, distinctError, got.DistinctError, 0)
}

func TestShapes(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]string{
		"+49 (0)30/123-456": "+99 (9)99/999-999", "Anna-Löwe": "Aaaa-Aaaa", "日本": "aa", "ÀÉ": "AA", "ǅ": "a", "٣": "9", "²Ⅷ": "²Ⅷ", "e\u0301": "a\u0301",
		"@`[{/:": "@`[{/:", "a\x00\x7fZ": "a\x00\x7fA", "\xff": "\ufffd",
		strings.Repeat("a", 70): strings.Repeat("a", 64), strings.Repeat("é", 70): strings.Repeat("a", 64), strings.Repeat("1", 64): strings.Repeat("9", 64), strings.Repeat("1", 63): strings.Repeat("9", 63),
	} {
		assert.Equal(t, want, string(appendShape(nil, []byte(v))), "%q", v)
	}
	// eight bytes of ASCII at a time, at every place of the word and of the buffer
	var s shaper
	for c := range byte(0x80) {
		for n := range 80 {
			v := []byte(strings.Repeat("x", n))
			for i := range v {
				v[i] = c + byte(i)&0x7F&(c>>3)
				v[i] &= 0x7F
			}
			padded := append([]byte("before"), v...)
			hash, got := s.shape(append(slices.Clone(padded), "after, much after"...), scan.Span{Start: 6, End: uint32(len(padded))}, true)
			require.Equal(t, string(appendShape(nil, v)), string(got))
			atEnd, got := s.shape(slices.Clip(padded), scan.Span{Start: 6, End: uint32(len(padded))}, true)
			require.Equal(t, string(appendShape(nil, v)), string(got))
			require.Equal(t, hash, atEnd)
		}
	}
}

// TestDistinct merges estimates in different ways, and wants the same number.
func TestDistinct(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, fewDistinct - 1, fewDistinct, fewDistinct + 1, 3 * fewDistinct, 200_000} {
		var hashes []uint64
		for i := range n {
			hashes = append(hashes, hashText(fmt.Appendf(nil, "user-%08d", i)))
		}
		var one distinct
		one.add(hashes)
		got, wrong := one.count()
		if n <= fewDistinct {
			assert.EqualValues(t, n, got)
			assert.Zero(t, wrong)
		} else {
			assert.InEpsilon(t, n, got, distinctError)
			assert.InDelta(t, distinctError, wrong, 0)
		}
		for _, parts := range []int{2, 5, 300} {
			var all distinct
			for i := range parts {
				var part distinct
				for k := len(hashes) - 1 - i; k >= 0; k -= parts {
					part.add(hashes[k : k+1])
				}
				all.merge(&part)
			}
			again, _ := all.count()
			assert.Equal(t, got, again, "%d of %d parts", n, parts)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	p := New([]Column{{"birthdate", schema.KindBirthdate}, {"updated_at", schema.KindUpdatedAt}, {"custom:seen", schema.KindDateTime}}, Limits{})
	c := p.NewCollector()
	for _, v := range [][]string{{"02/29/2024", "0", "1539794831"}, {"01/01/0987", "99999999999", "2026-12-31T23:30:00-02:00"}, {"13/01/1800", "x", "then"}} {
		padded := []byte(strings.Join(v, ""))
		c.Begin(1, nil, padded)
		at := uint32(0)
		for i := range v {
			c.Column(i, []scan.Span{{Start: at, End: at + uint32(len(v[i]))}})
			at += uint32(len(v[i]))
		}
		c.Collect()
		p.Take(c)
	}
	p.EndInput()
	var got []string
	for _, days := range []bool{false, true} {
		for _, c := range p.Result(days).Columns {
			got = append(got, c.First+" "+c.Last)
		}
	}
	assert.Equal(t, []string{"0987 2024", "1970 5138", "2018 2027", "0987-01-01 2024-02-29", "1970-01-01 5138-11-16", "2018-10-17 2027-01-01"}, got)
}

// TestEmptyProfile has no record.
func TestEmptyProfile(t *testing.T) {
	t.Parallel()
	p := New([]Column{{"a", schema.KindText}}, Limits{})
	p.EndInput()
	none := []rule.Count{}
	assert.Equal(t, &rule.Profile{Columns: []rule.Column{{Name: "a", Shapes: none, RejectedShapes: none, Domains: none, ShapesExact: true}}}, p.Result(false))
	assert.Equal(t, -1, p.Place("b"))
	assert.Equal(t, &rule.Profile{Columns: []rule.Column{}}, New(nil, Limits{}).Result(false))
}

// TestDistinctOfManyForms estimates texts of the forms that columns have, and compares the
// sketch with one that gets every hash.
func TestDistinctOfManyForms(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 9))
	for name, text := range map[string]func(i int) string{
		"numbers":   func(i int) string { return fmt.Sprint(i) },
		"phones":    func(i int) string { return fmt.Sprintf("+1201555%07d", i) },
		"addresses": func(i int) string { return fmt.Sprintf("anna.%d@mail.example.com", i) },
		"ends":      func(i int) string { return fmt.Sprintf("https://img.example.com/%07d/picture.png", i) },
		"long":      func(i int) string { return strings.Repeat("x", 70+i%3) + fmt.Sprint(i) },
		"times":     func(i int) string { return fmt.Sprint(1_500_000_000 + 60*i) },
		"letters":   func(i int) string { return strings.Repeat(string(rune('a'+i%26)), 1+i/26%7) + fmt.Sprintf("%x", i) },
		"random":    func(int) string { return fmt.Sprintf("%016x-%016x", r.Uint64(), r.Uint64()) },
	} {
		for _, n := range []int{3_000, 60_000} {
			var d distinct
			all := hyperloglog.NewNoSparse()
			for i := range n {
				h := hashText([]byte(text(i)))
				d.add([]uint64{h, h}[:1+i%2])
				all.InsertHash(h)
			}
			got, _ := d.count()
			assert.EqualValues(t, all.Estimate(), got)
			assert.InEpsilon(t, n, got, distinctError, "%d %s", n, name)
		}
	}
}

// TestHashes wants the same of a text by itself and in a column, wherever it lies.
func TestHashes(t *testing.T) {
	t.Parallel()
	seen := map[uint64]string{}
	for _, longest := range []int{1, 8, 9, 16, 17, 32, 33, 64, 65, 200} {
		var padded []byte
		var spans []scan.Span
		for n := range longest + 1 {
			for _, c := range "ab\x00\xc3" {
				start := uint32(len(padded))
				padded = append(padded, strings.Repeat(string(c), n)[:n]...)
				spans = append(spans, scan.Span{Start: start, End: uint32(len(padded))})
			}
		}
		for _, behind := range []string{"", "xyz", strings.Repeat("x", 64)} {
			all := append(slices.Clone(padded), behind...)
			hashes, ascii := hashAll(nil, slices.Clip(all), spans, longest)
			assert.False(t, ascii)
			for i, s := range spans {
				text := string(s.Of(padded))
				if text == "" {
					assert.Zero(t, hashes[i])
					continue
				}
				require.Equal(t, hashText([]byte(text)), hashes[i], "%q", text)
				if other, there := seen[hashes[i]]; there {
					require.Equal(t, other, text)
				}
				seen[hashes[i]] = text
			}
		}
	}
	_, ascii := hashAll(nil, []byte("abc"), []scan.Span{{Start: 0, End: 2}, {Start: 2, End: 3}}, 2)
	assert.True(t, ascii)
}
