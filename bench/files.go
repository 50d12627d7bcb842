package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"poolprep/bench/generate"
)

// What makes --shape mapped into the pool's columns: the mapping of poolprep, and the same
// as SQL, in which FILE and OUT stand for paths, and in the language of Miller.
var (
	//go:embed mapped.yaml
	mappedYAML []byte
	//go:embed mapped.sql
	mappedSQL string
	//go:embed mapped.mlr
	mappedMiller []byte
	// What --from auth0 does, as SQL.
	//go:embed auth0.sql
	auth0SQL string
)

// path returns the path of a file of the run.
func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// file returns the path of the file of a shape.
func (b *bench) file(s generate.Shape) string { return b.path(s.String() + ".csv") }

// reordered is the file with the rows of Export in the template's order.
const reordered = "reordered.csv"

// prepareShapes writes the files of shapes that are not there yet.
func (b *bench) prepareShapes(shapes ...generate.Shape) error {
	for _, s := range shapes {
		if _, err := os.Stat(b.file(s)); err == nil {
			continue
		}
		if _, err := write(b.file(s), generate.Options{Rows: b.rows, Shape: s, Seed: 1}); err != nil {
			return err
		}
	}
	return nil
}

// prepareMapped writes the mapping in the languages that take it as a file.
func (b *bench) prepareMapped() error {
	return errors.Join(os.WriteFile(b.path("mapped.yaml"), mappedYAML, 0o600), os.WriteFile(b.path("mapped.mlr"), mappedMiller, 0o600))
}

// prepareEngine writes the files of a kind of quoting, and returns the size of the first.
func (b *bench) prepareEngine(q generate.Quoting) (size int64, err error) {
	rows := b.path("rows.csv")
	if size, err = write(rows, generate.Options{Rows: b.rows, Quoting: q, Seed: 1}); err != nil {
		return 0, err
	}
	if err := errors.Join(compressGzip(rows, rows+".gz"), compressZstd(rows, rows+".zst"), spoil(rows, b.path("bad.csv"))); err != nil {
		return 0, err
	}
	if _, err := write(b.path("small.csv"), generate.Options{Rows: 5500, Quoting: q, Seed: 1}); err != nil {
		return 0, err
	}
	if err := os.WriteFile(b.path("pool.json"), []byte(poolWithAliases), 0o600); err != nil {
		return 0, err
	}
	if b.keyRows > 0 && (b.only == "" || strings.Contains(b.only, "duplicate")) {
		_, err = write(b.path("keys.csv"), generate.Options{Rows: b.keyRows, Quoting: q, Seed: 3})
	}
	return size, err
}

// poolWithAliases is a pool in which usernames and e-mail addresses must be unique.
const poolWithAliases = `{"UserPool":{"Id":"bench","AliasAttributes":["email"],"AutoVerifiedAttributes":["email"]}}`

func write(path string, o generate.Options) (int64, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	stats, err := generate.Write(context.Background(), f, o)
	return stats.Bytes, errors.Join(err, f.Close())
}

// inTemplateOrder writes the columns of in that the template has in its order, and the
// others behind them.
func inTemplateOrder(in, out string) error {
	r, err := os.Open(in)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(out)
	if err != nil {
		return err
	}
	return errors.Join(permute(r, w), w.Close())
}

func permute(in io.Reader, out io.Writer) error {
	r, w := csv.NewReader(bufio.NewReaderSize(in, 256<<10)), csv.NewWriter(out)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return err
	}
	var from []int
	for _, c := range generate.Columns {
		if i := slices.Index(header, c); i >= 0 {
			from = append(from, i)
		}
	}
	for i, c := range header {
		if !slices.Contains(generate.Columns, c) {
			from = append(from, i)
		}
	}
	fields := make([]string, len(from))
	for record := header; err == nil; record, err = r.Read() {
		for to, i := range from {
			fields[to] = record[i]
		}
		if err := w.Write(fields); err != nil {
			return err
		}
	}
	if err != io.EOF {
		return err
	}
	w.Flush()
	return w.Error()
}
