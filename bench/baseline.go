package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"os"
)

// encodingCSV is the baseline that comes with Go: read counts records, reorder
// writes the columns in reverse order.
func encodingCSV(what, path string, out io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 256<<10))
	r.ReuseRecord = true
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
		if what != "reorder" {
			continue
		}
		reversed = reversed[:0]
		for i := len(record) - 1; i >= 0; i-- {
			reversed = append(reversed, record[i])
		}
		if err := w.Write(reversed); err != nil {
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
