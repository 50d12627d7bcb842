package ledger

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate/keyset"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// seed is that of the Facts of the tests.
var seed = keyset.Seed{1, 2, 3, 4, 5, 6, 7, 8}

// lines is a Text in which each record is a line of ten bytes, its key in the fifth.
type lines struct{}

func (lines) Start(record int) uint32 { return uint32(10 * record) }

func (lines) Key(record, _ int) At {
	return At{Pos: scan.Pos{Offset: int64(10*record + 4), Line: int64(record), Column: 5}, Field: 2, Value: []byte("v")}
}

func (l lines) Hash(record int) At { return l.Key(record, 0) }

// block returns Facts of rows with these names, "" for a rejected one without a name.
func block(first int64, names ...string) *Facts {
	f := &Facts{Seed: seed, Width: 1, Text: lines{}}
	f.Begin()
	f.Pos = scan.Pos{Offset: 10 * (first - 2), Line: first}
	f.Bytes, f.Lines = int64(10*len(names)), int64(len(names))
	for i, name := range names {
		key, verdict := keyset.Key{}, Rejected
		if name != "" {
			key, verdict = seed.Fingerprint(1, []byte(name)), Accepted
		} else {
			*f.Add(i) = rule.Finding{Code: rule.UsernameMissing, Severity: rule.Error, Pos: scan.Pos{Offset: int64(10 * i), Line: int64(i), Column: 1}, Column: "name"}
		}
		f.Keys, f.Verdicts = append(f.Keys, key), append(f.Verdicts, verdict)
	}
	return f
}

// byName is an input of the blocks.
func byName(name string) Input {
	return Input{Name: name, Keys: []Column{{Code: rule.UsernameDuplicate, Name: "cognito:username"}}}
}

func open(t testing.TB) *Ledger {
	l := New(Options{Seed: seed})
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	return l
}

// texts returns findings as a person would see them.
func texts(f *Facts) (out []string) {
	for i := range f.Findings {
		x := &f.Findings[i]
		out = append(out, fmt.Sprintf("%s:%d:%d #%d %s", x.File, x.Pos.Line, x.Pos.Column, x.Record, x.AppendMessage(nil)))
	}
	return out
}

// TestTake takes blocks of two inputs.
func TestTake(t *testing.T) {
	l := open(t)
	var sum rule.Summary
	take := func(f *Facts, want ...string) {
		t.Helper()
		end, err := l.Take(f)
		require.NoError(t, err)
		require.NoError(t, end)
		assert.Equal(t, want, texts(f))
	}
	l.Begin(byName("a.csv"), &sum)
	take(block(2, "anna", "", "anna", "bert"), "a.csv:3:1 #2 no username", "a.csv:4:5 #3 duplicate username, first seen on line 2")
	f := block(6, "carl", "bert")
	take(f, "a.csv:7:5 #6 duplicate username, first seen on line 5")
	assert.EqualValues(t, 5, f.FirstNumber)
	assert.Equal(t, []Verdict{Accepted, Rejected}, f.Verdicts)
	assert.Len(t, f.FindingsOf(1), 1)
	assert.Empty(t, f.FindingsOf(0))
	l.Begin(byName("b.csv"), &sum)
	take(block(2, "dora", "carl", "dora"), "b.csv:3:5 #2 duplicate username, first seen in a.csv on line 6", "b.csv:4:5 #3 duplicate username, first seen on line 2")
	assert.Equal(t, [4]int64{9, 4, 5, 90}, [4]int64{sum.RowsRead, sum.RowsAccepted, sum.RowsRejected, sum.Bytes})
	assert.EqualValues(t, 4, sum.Findings[rule.UsernameDuplicate])
	assert.EqualValues(t, 9, sum.Lines)
}

// TestContested keeps the contested keys alone.
func TestContested(t *testing.T) {
	among := new(keyset.Set)
	for _, name := range []string{"anna", "nobody"} {
		require.NoError(t, among.Add(seed.Fingerprint(1, []byte(name))))
	}
	l := New(Options{Seed: seed, Contested: among})
	var sum rule.Summary
	in := byName("a.csv")
	in.Size = 1 << 30
	l.Begin(in, &sum)
	f := block(2, "carl", "anna", "bert", "anna", "dora")
	_, err := l.Take(f)
	require.NoError(t, err)
	assert.Equal(t, []string{"a.csv:5:5 #4 duplicate username, first seen on line 3"}, texts(f))
	assert.EqualValues(t, 1, l.keys.Len())
	assert.Less(t, l.keys.Bytes(), int64(4<<20), "no room is made for more")
	require.NoError(t, l.Close())
	assert.Zero(t, among.Len(), "it was the ledger's")

	f = block(2, "anna", "", "bert", "carl")
	f.Verdicts[3] = Skipped
	f.Twins = []Twin{{0, seed.Fingerprint(1, []byte("a"))}, {3, seed.Fingerprint(1, []byte("c"))}}
	var keys []keyset.Key
	f.EachKey(func(k keyset.Key) { keys = append(keys, k) })
	assert.Equal(t, []keyset.Key{f.Keys[0], f.Keys[2], f.Twins[0].Key}, keys)
}

// TestPlacesBeyondTheirBits are not stated rather than wrong.
func TestPlacesBeyondTheirBits(t *testing.T) {
	l := open(t)
	var sum rule.Summary
	l.Begin(byName("a.csv"), &sum)
	_, err := l.Take(block(1<<32-4, "x"))
	require.NoError(t, err)
	l.Begin(byName("b.csv"), &sum)
	f := block(2, "anna", "bert", "carl", "anna", "bert", "carl")
	_, err = l.Take(f)
	require.NoError(t, err)
	var first []int64
	for _, x := range f.Findings {
		first = append(first, x.FirstLine)
	}
	assert.Equal(t, []int64{2, 3, 0}, first)
}

// TestEnds says why no more Facts are taken.
func TestEnds(t *testing.T) {
	t.Run("limit", func(t *testing.T) {
		l, sum := open(t), rule.Summary{}
		in := byName("a.csv")
		in.Limit = 2
		l.Begin(in, &sum)
		f := block(2, "anna", "bert", "")
		f.Padded, f.Skips = []int32{0, 2}, []Skip{{2, 1}}
		end, err := l.Take(f)
		require.NoError(t, err)
		assert.Equal(t, ErrLimit, end)
		assert.Empty(t, f.Findings)
		assert.Zero(t, f.SkipOf(2))
		assert.Equal(t, rule.Summary{RowsRead: 2, RowsAccepted: 2, RowsPadded: 1, Bytes: 20, Lines: 2}, sum)
	})
	t.Run("limit within an overlong line", func(t *testing.T) {
		l, sum := open(t), rule.Summary{}
		in := byName("a.csv")
		in.Limit = 1
		l.Begin(in, &sum)
		f := block(2, "")
		f.Unfinished, f.Lines = true, 0
		end, err := l.Take(f)
		require.NoError(t, err)
		require.NoError(t, end, "the rest of the line belongs to the record")
		f = block(2)
		f.Continued, f.Bytes, f.Lines = true, 7, 1
		end, err = l.Take(f)
		require.NoError(t, err)
		require.Equal(t, ErrLimit, end)
		_, err = l.Take(block(3, "anna"))
		assert.Equal(t, ErrLimit, err)
		assert.EqualValues(t, 17, sum.Bytes)
		assert.EqualValues(t, 1, sum.RowsRead)
	})
	t.Run("header", func(t *testing.T) {
		l, sum := open(t), rule.Summary{}
		l.Begin(byName("a.csv"), &sum)
		f := block(2, "anna", "", "bert")
		f.HeaderAgain = 1
		end, err := l.Take(f)
		require.NoError(t, err)
		assert.Equal(t, ErrHeaderAgain, end)
		assert.Equal(t, []Verdict{Accepted}, f.Verdicts)
		assert.EqualValues(t, 3, f.Pos.Line+f.Lines, "the line of the header")
		assert.EqualValues(t, 1, sum.RowsRead)
		_, err = l.Take(block(3, "anna"))
		assert.Equal(t, ErrLimit, err, "nor later")
	})
}

// TestMisuseIsAnError takes Facts that do not fit.
func TestMisuseIsAnError(t *testing.T) {
	var sum rule.Summary
	_, err := open(t).Take(block(2, "anna"))
	require.ErrorContains(t, err, "before the begin")
	for name, change := range map[string]func(*Facts){
		"other keys":     func(f *Facts) { f.Width = 2 },
		"not complete":   func(f *Facts) { f.Keys = f.Keys[:1] },
		"of another run": func(f *Facts) { f.Seed[3]++ },
		"are not":        func(f *Facts) { f.Text = nil },
		"facts are":      func(f *Facts) { f.LineOf = []uint32{0} },
		"do not have":    func(f *Facts) { f.Padded = []int32{2} },
	} {
		l := open(t)
		l.Begin(byName("a.csv"), &sum)
		f := block(2, "anna", "bert")
		change(f)
		_, err := l.Take(f)
		require.ErrorContains(t, err, name)
	}
	l := open(t)
	l.Begin(byName("a.csv"), &sum)
	f := block(2, "anna")
	_, err = l.Take(f)
	require.NoError(t, err)
	_, err = l.Take(f)
	require.ErrorContains(t, err, "taken before")
	_, err = f.MarshalBinary()
	require.ErrorContains(t, err, "before they are taken")
	f = block(2, "anna")
	f.Text = nil
	_, err = f.MarshalBinary()
	require.ErrorContains(t, err, "not complete")
	l = New(Options{})
	l.Begin(Input{}, &sum) // zero values take rows as they are
	f = block(2, "anna", "anna")
	f.Width, f.Keys = 0, nil
	_, err = l.Take(f)
	require.NoError(t, err)
	assert.Empty(t, f.Findings)
	require.NoError(t, l.Close())
	require.NoError(t, l.Close())
	l = New(Options{Budget: -1})
	l.Know(-1)
	l.Begin(byName("a.csv"), &sum)
	_, err = l.Take(new(Facts))
	require.Error(t, err)
	require.Error(t, new(Facts).UnmarshalBinary(nil))
}

// full returns Facts in which everything is there.
func full() *Facts {
	f := block(2, "anna", "", "bert", "ａnna", "anna")
	f.Pos, f.LineOf, f.Lines = scan.Pos{Offset: 1 << 33, Line: 1 << 20, Column: 1}, []uint32{0, 2, 3, 3, 4}, 6
	f.Verdicts[4] = Skipped
	f.Hashes = []Hash{{0, value.BCrypt}, {2, value.SCrypt}}
	f.Twins = []Twin{{3, seed.Fingerprint(1, []byte("anna"))}}
	f.Skips, f.Padded, f.MultiLine, f.FirstCRLF = []Skip{{4, 7}}, []int32{1, 3}, []int32{0}, 2
	f.Strays = []Stray{{2, seed.Fingerprint(4, []byte("more")), rule.Finding{Code: rule.HeaderUnknownColumn, Severity: rule.Warning, Column: "more", Pos: scan.Pos{Column: 3}}}}
	*f.Add(3) = rule.Finding{Code: rule.ValueTooLong, Severity: rule.Warning, Field: 3, Column: "name", Source: "Name", Want: 3, Got: -4, Text: "bytes", Value: []byte{}, Pos: scan.Pos{Offset: 31, Line: 3, Column: 2}}
	return f
}

// everything is an input that takes full.
func everything() Input {
	in := byName("a.csv")
	in.Twins, in.OneHash, in.MaxRows, in.NoCRLF, in.Hash.Name = true, true, 1, true, "password_hash"
	return in
}

// TestReadBack compares what a ledger makes of Facts with what it makes of their copy.
func TestReadBack(t *testing.T) {
	data, err := full().MarshalBinary()
	require.NoError(t, err)
	var back Facts
	require.NoError(t, back.UnmarshalBinary(data))
	again, err := back.AppendBinary([]byte("before"))
	require.NoError(t, err)
	assert.Equal(t, "before"+string(data), string(again))
	var sums [2]rule.Summary
	var found [2][]rule.Finding
	for i, f := range []*Facts{full(), &back} {
		l := open(t)
		l.Begin(everything(), &sums[i])
		_, err := l.Take(f)
		require.NoError(t, err)
		found[i] = f.Findings
	}
	assert.Equal(t, sums[0], sums[1])
	assert.Equal(t, found[0], found[1])
	assert.Equal(t, "a.csv:1048577:1 #2 no username", texts(&back)[0])
	var codes []string
	for _, x := range found[1] {
		codes = append(codes, x.Code.String())
	}
	assert.Equal(t, []string{"username-missing", "file-too-many-rows", "hash-algorithm", "file-crlf", "value-too-long", "username-twin"}, codes)
}

// TestDamagedFacts are an error, wherever they were cut or changed.
func TestDamagedFacts(t *testing.T) {
	data, err := full().MarshalBinary()
	require.NoError(t, err)
	var f Facts
	for n := range data {
		require.Error(t, f.UnmarshalBinary(data[:n]), "cut after %d bytes", n)
		for _, change := range []byte{1, 0x80, 0xFF} {
			damaged := append([]byte{}, data...)
			damaged[n] ^= change
			require.Error(t, f.UnmarshalBinary(damaged), "byte %d", n)
		}
	}
	for text, want := range map[string]string{
		"email,name\nanna":        "no facts",
		"PPF\x01":                 "another version",
		"PPF\x02\xff\xff\xff\xff": "cut short after 8 bytes",
		string(data) + "x":        "1 bytes follow",
	} {
		require.ErrorContains(t, f.UnmarshalBinary([]byte(text)), want)
	}
	require.NoError(t, f.UnmarshalBinary(data), "what an error left behind does not matter")
}

// frameOf makes Facts of a body.
func frameOf(body []byte) []byte {
	data := binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(body)))
	return binary.LittleEndian.AppendUint32(append(data, body...), crc32.Checksum(body, castagnoli))
}

// takeBody takes the Facts of a body, which is anything. They must be refused, or be
// written down as they were read, and counted in full.
func takeBody(t *testing.T, body []byte) (sound bool) {
	var f, again Facts
	if f.UnmarshalBinary(frameOf(body)) != nil {
		return false
	}
	data, err := f.MarshalBinary()
	require.NoError(t, err)
	require.NoError(t, again.UnmarshalBinary(data))
	written, err := again.MarshalBinary()
	require.NoError(t, err)
	require.Equal(t, data, written)
	for _, in := range []Input{everything(), {Limit: 2, Keys: everything().Keys}, {Keys: make([]Column, f.Width), RowByRow: true}} {
		l, sum := New(Options{Seed: f.Seed}), rule.Summary{}
		require.NoError(t, f.UnmarshalBinary(data))
		records := len(f.Verdicts)
		l.Begin(in, &sum)
		if _, err := l.Take(&f); err == nil {
			require.Equal(t, sum.RowsRead, sum.RowsAccepted+sum.RowsRejected+sum.RowsSkipped)
			require.LessOrEqual(t, sum.RowsRead+sum.RowsBlank, int64(records))
		}
		require.NoError(t, l.Close())
	}
	return true
}

// TestAnyBody changes bytes of sound bodies, with checksums that fit.
func TestAnyBody(t *testing.T) {
	data, err := full().MarshalBinary()
	require.NoError(t, err)
	body := data[len(magic)+4 : len(data)-4]
	require.True(t, takeBody(t, body))
	r, sound := rand.New(rand.NewPCG(4, 4)), 0
	for range 300 {
		changed := append([]byte{}, body...)
		for range 1 + r.IntN(3) {
			changed[r.IntN(len(changed))] = byte(r.Uint32())
		}
		if takeBody(t, changed) {
			sound++
		}
	}
	assert.Positive(t, sound, "some changes are none that can be seen")
}

func FuzzFacts(f *testing.F) {
	for _, facts := range []*Facts{full(), block(2), block(2, "anna", "")} {
		data, err := facts.MarshalBinary()
		require.NoError(f, err)
		f.Add(data[len(magic)+4 : len(data)-4])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = new(Facts).UnmarshalBinary(body)
		takeBody(t, body)
	})
}
