package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// runBaseline runs what poolprep is compared with, or what feeds or measures it:
// read, copy, reorder, json, gunzip and unzstd take a file, repeat a number and a file, peak
// a command.
func runBaseline(what string, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("a file is expected")
	}
	if what == "peak" {
		return peak(args, out)
	}
	f, err := os.Open(args[len(args)-1])
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 256<<10)
	switch what {
	case "read", "copy", "reorder":
		return encodingCSV(what, in, out)
	case "json":
		return encodingJSON(in, out)
	case "gunzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, z)
		return err
	case "unzstd":
		z, err := zstd.NewReader(in)
		if err != nil {
			return err
		}
		defer z.Close()
		_, err = io.Copy(io.Discard, z)
		return err
	case "repeat":
		n, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return repeat(f, n, out)
	}
	return fmt.Errorf("there is no baseline %q", what)
}

// encodingCSV is what comes with Go: read counts records, copy writes them, reorder
// writes their columns in reverse order.
func encodingCSV(what string, in io.Reader, out io.Writer) error {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	r.FieldsPerRecord = -1
	w := csv.NewWriter(bufio.NewWriterSize(out, 256<<10))
	var reversed []string
	n := 0
	for {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		n++
		switch what {
		case "read":
			continue
		case "reorder":
			reversed = append(reversed[:0], record...)
			slices.Reverse(reversed)
			record = reversed
		}
		if err := w.Write(record); err != nil {
			return err
		}
	}
	if what == "read" {
		_, err := fmt.Fprintln(out, n)
		return err
	}
	w.Flush()
	return w.Error()
}

// peak runs a command and writes how much memory it took at its peak, in bytes.
// What a process takes is counted as that of those it starts, too, so this must
// be done by one that takes little.
func peak(args []string, out io.Writer) error {
	c := command{args: args, ok: []int{1}}
	m, err := c.run()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, m.memory)
	return err
}

// repeat writes the header of a file once and its rows n times.
func repeat(f *os.File, n int, out io.Writer) error {
	header, err := bufio.NewReader(f).ReadSlice('\n')
	if err != nil {
		return err
	}
	if _, err := out.Write(header); err != nil {
		return err
	}
	buf := make([]byte, 1<<20)
	for range n {
		if _, err := f.Seek(int64(len(header)), io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{f}, buf); err != nil {
			return err
		}
	}
	return nil
}

func compressGzip(in, out string) error {
	return through(in, out, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.DefaultCompression) })
}

func compressZstd(in, out string) error {
	return through(in, out, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
}

// spoil makes every row bad: its e-mail address has no @. It must not hold the
// file in memory: what this process takes would be counted as that of those it starts.
func spoil(in, out string) error {
	return through(in, out, func(w io.Writer) (io.WriteCloser, error) { return spoiler{w}, nil })
}

type spoiler struct{ io.Writer }

func (s spoiler) Write(p []byte) (int, error) {
	return s.Writer.Write(bytes.ReplaceAll(p, []byte("@"), []byte("#")))
}
func (s spoiler) Close() error { return nil }

// through copies a file through an encoder.
func through(in, out string, encoder func(io.Writer) (io.WriteCloser, error)) error {
	r, err := os.Open(in)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(out)
	if err != nil {
		return err
	}
	e, err := encoder(w)
	if err != nil {
		return errors.Join(err, w.Close())
	}
	_, err = io.Copy(struct{ io.Writer }{e}, r)
	return errors.Join(err, e.Close(), w.Close())
}
