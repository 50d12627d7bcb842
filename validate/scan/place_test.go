package scan

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readPlaces returns where an input may be read from, and a splitter that has begun it.
func readPlaces(t testing.TB, input []byte, d Dialect, blockSize int) (list []Place, begun *Splitter) {
	t.Helper()
	s, err := NewSplitter(bytes.NewReader(input), Pos{}, d, blockSize)
	require.NoError(t, err)
	s.KeepRuns()
	s.AimAt(blockSize)
	for b := new(Block); ; {
		err := s.Next(b)
		if err == io.EOF {
			return list, s
		}
		require.NoError(t, err)
		if p, ok := b.After(); ok {
			list = append(list, p)
		}
	}
}

// readRange reads what is between two places, fields joined as in a run.
func readRange(t testing.TB, s *Splitter, input []byte, from Place, to int64, workers int) (out []seen) {
	t.Helper()
	at, err := s.From(bytes.NewReader(input[from.Pos.Offset:]), from)
	require.NoError(t, err)
	at.StopAt(to)
	err = Run(context.Background(), at, workers, func() *Index { return new(Index) },
		func(b *Block, x *Index) {
			b.Index(x)
			if b.CRLF() {
				x.JoinCut(b, 2, false)
			}
		},
		func(b *Block, x *Index) error {
			if b.Continued {
				out[len(out)-1].Raw += string(b.Data)
				return nil
			}
			out = append(out, blockRecords(b, x)...)
			return nil
		})
	require.NoError(t, err)
	return out
}

// TestRangesAreTheWhole cuts inputs at places of all kinds, and reads the ranges by themselves.
func TestRangesAreTheWhole(t *testing.T) {
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(5, uint64(len(name))))
			for round := range 200 {
				input := randomInput(r, d, 1+r.IntN(1500), []float64{0, 0.01, 0.2}[round%3])
				if round%4 == 1 { // most of it has CR LF
					input = bytes.ReplaceAll(bytes.ReplaceAll(input, []byte("\r"), nil), []byte("\n"), []byte("\r\n"))
					for range 5 {
						if i := r.IntN(len(input)); input[i] != '\r' {
							input[i] = "\n\""[r.IntN(2)]
						}
					}
				}
				list, s := readPlaces(t, input, d, 1+r.IntN(300))
				if !s.Started() {
					continue
				}
				first := Place{Pos: Pos{Line: 1, Column: 1}}
				want := readRange(t, s, input, first, 0, 1)
				var got []seen
				from := first
				for _, p := range list {
					if r.IntN(3) > 0 && p.Pos.Offset < int64(len(input)) {
						continue
					}
					got = append(got, readRange(t, s, input, from, p.Pos.Offset, 1+r.IntN(3))...)
					from = p
				}
				if from.Pos.Offset < int64(len(input)) {
					got = append(got, readRange(t, s, input, from, 0, 1)...)
				}
				require.Equal(t, want, got, "input %q", input)
			}
		})
	}
}

func TestRangesOfWhatHasNone(t *testing.T) {
	s, err := NewSplitter(bytes.NewReader(nil), Pos{}, Dialect{}, 0)
	require.NoError(t, err)
	_, err = s.From(bytes.NewReader(nil), Place{})
	require.Error(t, err, "the line ends are not known")
	s, err = NewSplitter(bytes.NewReader([]byte("[{}]")), Pos{}, Dialect{Kind: JSON}, 0)
	require.NoError(t, err)
	for _, p := range []DocumentPlace{{}, {Shape: 1, Expects: 1}, {Shape: 2, Expects: 6}, {Shape: 9, Expects: 9}} {
		_, err = s.From(bytes.NewReader(nil), Place{Document: p})
		require.Error(t, err, "%+v", p)
	}
}

// TestRangesOfDocumentsAreTheWhole cuts JSON documents of all shapes at any place.
func TestRangesOfDocumentsAreTheWhole(t *testing.T) {
	type found struct {
		Pos Pos
		Raw string
	}
	read := func(s *Splitter) (out []found) {
		var x Index
		for b := new(Block); ; {
			err := s.Next(b)
			if err == io.EOF {
				return out
			}
			require.NoError(t, err)
			b.Index(&x)
			for _, r := range x.Records {
				p := b.Pos
				p.advance(b.Data[:r.Start])
				p.Offset += int64(r.Start)
				out = append(out, found{p, string(b.Data[r.Start:r.Next])})
			}
			if b.Continued {
				out[len(out)-1].Raw += string(b.Data)
			}
		}
	}
	long := `{"k":"` + strings.Repeat("x", 60) + `"}`
	cuts := 0
	for _, text := range []string{
		"[{},{}]\n", "[{},{}] [\n{}\n][]", `[{"a":"]}\"{\\"},{"b":[{}]}]`, `[1, "x", null,[2],{}]`, `{"a":1} {"b":2}{}` + "\n" + `{"c":3}`, "[]", "",
		`{"users":[{"a":1},{"b":[2]}],"next":null}`, `{"realm":"r","clients":[{"x":[{}]}],"users" : [ {"a":1},` + "\r\n" + ` {"a":2} ],"more":[1]}`,
		`{"Users":[{}],"t":"x"}{"t":1,"Users":[{},{}]}` + "\n" + `{"Users":[{"a":1},` + "\n" + `{"a":2}]}`, `[` + long + `,{"a":1},{"b":2}]`, `{} ` + long + `{"a":1}`,
	} {
		for _, size := range []int{1, 3, 8, 20, 200} {
			newSplitter := func(size int) *Splitter {
				s, err := NewSplitter(strings.NewReader(text), Pos{}, Dialect{Kind: JSON, MaxRecord: 64}, size)
				require.NoError(t, err)
				return s
			}
			want := read(newSplitter(7))
			s := newSplitter(size)
			var places []Place
			for b := new(Block); s.Next(b) == nil; {
				if p, ok := b.After(); ok {
					places = append(places, p)
				}
			}
			for i, p := range places {
				cuts++
				before := newSplitter(5 + i)
				before.StopAt(p.Pos.Offset)
				got := read(before)
				after, err := s.From(strings.NewReader(text[p.Pos.Offset:]), p)
				require.NoError(t, err)
				require.Equal(t, want, append(got, read(after)...), "%s, %+v", text, p)
			}
		}
	}
	require.Greater(t, cuts, 50)
}
