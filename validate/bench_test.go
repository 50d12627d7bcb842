package validate_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"poolprep/bench/generate"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

func export(b *testing.B, q generate.Quoting) []byte {
	var text bytes.Buffer
	_, err := generate.Write(context.Background(), &text, generate.Options{Rows: 50_000, Quoting: q, Seed: 1})
	require.NoError(b, err)
	return text.Bytes()
}

// BenchmarkCheck judges rows by the default pool.
func BenchmarkCheck(b *testing.B) {
	for _, q := range []generate.Quoting{generate.Plain, generate.Mixed, generate.All} {
		text := export(b, q)
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("input=%s/workers=%d", q, workers), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					in, err := validate.NewInput("f", bytes.NewReader(text), scan.Pos{}, scan.Dialect{}, 0)
					require.NoError(b, err)
					h, err := in.ReadHeader()
					require.NoError(b, err)
					v, err := judge.New(judge.Options{Columns: h.Names, NoDuplicates: true})
					require.NoError(b, err)
					var sum rule.Summary
					require.NoError(b, validate.Run(context.Background(), validate.RunOptions{
						Input: in, Validator: v, Fields: len(h.Names), Workers: workers,
					}, &sum))
				}
			})
		}
	}
}

// BenchmarkTokenize finds all records and fields.
func BenchmarkTokenize(b *testing.B) {
	for _, q := range []generate.Quoting{generate.Plain, generate.Mixed, generate.All} {
		text := export(b, q)
		b.Run(fmt.Sprintf("input=%s", q), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				s, err := scan.NewSplitter(bytes.NewReader(text), scan.Pos{}, scan.Dialect{}, 0)
				require.NoError(b, err)
				fields := 0
				require.NoError(b, scan.Run(context.Background(), s, 1, func() *scan.Index { return new(scan.Index) },
					func(block *scan.Block, x *scan.Index) { block.Index(x) },
					func(_ *scan.Block, x *scan.Index) error { fields += len(x.Ends); return nil }))
				require.Equal(b, 21*50_001, fields)
			}
		})
	}
}
