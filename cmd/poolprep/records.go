package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"poolprep/validate/report"
	"poolprep/validate/scan"
)

func newRecords(s *streams) *cobra.Command {
	var read readFlags
	var onlyCount bool
	cmd := &cobra.Command{
		Use:   "records [FILE...]",
		Short: "Print every record as it is read, one JSON array per line",
		Long: `records shows how an input is read: each record as a JSON array of strings, the
header too. At the first record that cannot be read or is not UTF-8 it ends with
exit code 2 and prints the position on stderr.`,
		Example: `  poolprep records --delimiter ';' export.csv
  poolprep records --count export.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := inputFiles(args, s.in)
			if err != nil {
				return err
			}
			if read.dialect.value == "ndjson" || read.dialect.value == "json" {
				return errors.New("records shows delimited text; objects of JSON are records as they stand")
			}
			if _, err := read.reading(false); err != nil {
				return err
			}
			r := &recordPrinter{out: bufio.NewWriterSize(s.out, 256<<10), onlyCount: onlyCount}
			for _, file := range files {
				if err := r.file(cmd.Context(), &read, s, file); err != nil {
					return errors.Join(err, r.out.Flush())
				}
			}
			if onlyCount {
				fmt.Fprintf(r.out, "%d records, %d fields\n", r.records, r.fields)
			}
			return r.out.Flush()
		},
	}
	fs := cmd.Flags()
	read.add(fs, "csv")
	bind(fs, "count", &onlyCount)
	return cmd
}

// recordPrinter prints or counts records.
type recordPrinter struct {
	out       *bufio.Writer
	onlyCount bool
	name      string
	records   int64
	fields    int64
}

// recordBatch is what a worker makes of a block. It takes blocks and not a scan.Reader,
// which reads in one goroutine and decodes what is only counted.
type recordBatch struct {
	index   scan.Index
	dialect scan.Dialect
	charset string // what the input is likely written in if it is not UTF-8
	json    []byte
	good    int   // records before the first that cannot be read
	fields  int64 // in those
	bad     string
	at      uint32 // offset of the record that cannot be read
}

func (r *recordPrinter) file(ctx context.Context, read *readFlags, s *streams, file string) error {
	in, err := read.open(ctx, file, s.in, false)
	if err != nil {
		return err
	}
	defer in.Close()
	r.name = in.Name
	splitter, err := scan.NewSplitter(in.Raw(), in.Start(), in.Dialect(), int(read.blockSize))
	if err != nil {
		return err
	}
	splitter.StructureOnly()
	resolved := splitter.Dialect()
	newBatch := func() *recordBatch { return &recordBatch{dialect: resolved, charset: in.Charset} }
	process := func(b *scan.Block, x *recordBatch) { x.read(b, r.onlyCount) }
	return scan.Run(ctx, splitter, read.jobs, newBatch, process, r.commit)
}

// read turns the records of a block into JSON lines, up to the first bad one.
func (x *recordBatch) read(b *scan.Block, onlyCount bool) {
	x.json, x.good, x.fields, x.bad = x.json[:0], 0, 0, ""
	valid := scan.ValidUTF8(b.Data)
	if onlyCount && valid {
		if records, fields, ok := b.Count(); ok {
			x.good, x.fields = records, int64(fields)
			return
		}
	}
	b.Index(&x.index)
	for i := range x.index.Records {
		rec := &x.index.Records[i]
		x.at = rec.Start
		if rec.Fault != scan.Sound {
			x.bad = rec.Describe(x.dialect.MaxRecord)
			return
		}
		if !valid && !utf8.Valid(b.Data[rec.Start:rec.End]) {
			x.bad = "not valid UTF-8"
			if x.charset != "" {
				x.bad += ", likely " + x.charset
			}
			x.bad += "; say what the file is written in with --encoding"
			return
		}
		if rec.N == 0 {
			continue
		}
		x.good++
		x.fields += int64(rec.N)
		if !onlyCount {
			x.append(b, rec)
		}
	}
}

func (x *recordBatch) append(b *scan.Block, rec *scan.Record) {
	size := len(b.Data)
	for f := range int(rec.N) {
		buf, v := x.dialect.Decode(b.Data, x.index.Field(rec, f))
		b.Data = buf[:size]
		if f == 0 {
			x.json = append(x.json, '[')
		} else {
			x.json = append(x.json, ',')
		}
		x.json = report.AppendString(x.json, v.Of(buf))
	}
	x.json = append(x.json, ']', '\n')
}

func (r *recordPrinter) commit(b *scan.Block, x *recordBatch) error {
	r.records += int64(x.good)
	r.fields += x.fields
	if _, err := r.out.Write(x.json); err != nil {
		return err
	}
	if x.bad != "" {
		line := b.Pos.Line + int64(bytes.Count(b.Data[:x.at], []byte{b.LineEnd()}))
		return fmt.Errorf("%s:%d:1: record at byte %d: %s", r.name, line, b.Pos.Offset+int64(x.at), x.bad)
	}
	return nil
}
