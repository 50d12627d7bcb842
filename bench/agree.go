package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"fmt"
	"hash"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"poolprep/bench/generate"
)

// mappedColumns are the columns that bench/mapped.yaml fills.
var mappedColumns = []string{"name", "given_name", "family_name", "nickname", "email", "email_verified", "gender",
	"birthdate", "locale", "phone_number", "phone_number_verified", "address", "updated_at", "cognito:username"}

// pair is two commands whose outputs should hold the same values.
type pair struct {
	job, against string
	ours, theirs command
	theirsFile   string   // that theirs writes; "": it writes to stdout
	imports      bool     // theirs is an import file, as ours is, and no CSV
	columns      []string // that are compared, by name
}

// agreement runs what is compared in the table once more, and says where poolprep and the
// other program give the same values in the same order, by hash.
func (b *bench) agreement() error {
	export, narrow, mapped := b.file(generate.Export), b.file(generate.Narrow), b.file(generate.Mapped)
	duck := b.path("duckdb.csv")
	own := b.typed("convert", export)
	pairs := []pair{
		{job: "convert, export", against: "zsv select", ours: own, theirs: zsvSelect(export, generate.Columns...), columns: generate.Columns},
		{job: "convert, export", against: "the same rows in the template's order", ours: own, theirs: b.typed("convert", b.path(reordered)), imports: true, columns: generate.Columns},
		{job: "convert, export", against: "excel", ours: own, theirs: b.typed("convert", b.file(generate.Excel)), imports: true, columns: generate.Columns},
		{job: "convert, export", against: "repair, all columns but birthdate", ours: own, theirs: b.typed("convert", b.file(generate.Repair)), imports: true,
			columns: slices.DeleteFunc(slices.Clone(generate.Columns), func(c string) bool { return c == "birthdate" })},
		{job: "convert, narrow", against: "Go encoding/csv", ours: b.typed("convert", narrow), theirs: b.baseline("reorder", narrow),
			columns: []string{"given_name", "family_name", "email", "email_verified", "cognito:username"}},
		{job: "convert, mapped", against: "DuckDB", ours: b.convertMapped(), theirs: b.mappedInDuckDB(mapped, duck), theirsFile: duck, columns: mappedColumns},
		{job: "convert, mapped", against: "Miller", ours: b.convertMapped(), theirs: b.mappedInMiller(), columns: mappedColumns},
	}
	fmt.Print("Values compared by hash, in the order of the rows:\n\n| job | beside | |\n|---|---|---|\n")
	for _, p := range pairs {
		if _, err := exec.LookPath(p.theirs.args[0]); err != nil {
			continue
		}
		same, err := b.agree(p)
		if err != nil {
			return err
		}
		said := "agree"
		if !same {
			said = "DIFFER"
		}
		fmt.Printf("| %s | %s | %s |\n", p.job, p.against, said)
	}
	fmt.Println()
	return nil
}

func (b *bench) agree(p pair) (bool, error) {
	oursFile, stdout := b.path("ours.csv"), b.path("theirs.csv")
	if p.theirsFile == "" {
		p.theirsFile = stdout
	}
	if err := p.ours.write(oursFile); err != nil {
		return false, err
	}
	if err := p.theirs.write(stdout); err != nil {
		return false, err
	}
	ours, err := hashOf(oursFile, p.columns, importRecords)
	if err != nil {
		return false, err
	}
	read := csvRecords
	if p.imports {
		read = importRecords
	}
	theirs, err := hashOf(p.theirsFile, p.columns, read)
	return ours == theirs, err
}

// hashOf returns the SHA-256 sum of the values in some columns of a file, in the order of
// these columns.
func hashOf(path string, columns []string, read func(io.Reader, func([]string) error) error) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	var places []int
	err = read(bufio.NewReaderSize(f, 256<<10), func(fields []string) error {
		if places == nil {
			for _, c := range columns {
				i := slices.Index(fields, c)
				if i < 0 {
					return fmt.Errorf("%s: there is no column %s", path, c)
				}
				places = append(places, i)
			}
		}
		return hashFields(h, fields, places)
	})
	return string(h.Sum(nil)), err
}

func hashFields(h hash.Hash, fields []string, places []int) error {
	for _, i := range places {
		if i >= len(fields) {
			return fmt.Errorf("a record of %d fields, %d are expected", len(fields), i+1)
		}
		fmt.Fprintf(h, "%d:%s", len(fields[i]), fields[i])
	}
	return nil
}

func csvRecords(in io.Reader, record func([]string) error) error {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	for {
		fields, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := record(fields); err != nil {
			return err
		}
	}
}

// importRecords reads an import file: a line a record, \, for a comma in a value.
func importRecords(in io.Reader, record func([]string) error) error {
	const comma = "\x00"
	lines := bufio.NewScanner(in)
	var fields []string
	for lines.Scan() {
		line := string(bytes.ReplaceAll(lines.Bytes(), []byte(`\,`), []byte(comma)))
		fields = fields[:0]
		for f := range strings.SplitSeq(line, ",") {
			fields = append(fields, strings.ReplaceAll(f, comma, ","))
		}
		if err := record(fields); err != nil {
			return err
		}
	}
	return lines.Err()
}
