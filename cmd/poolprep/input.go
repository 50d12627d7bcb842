package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"golang.org/x/term"

	"poolprep/validate"
	"poolprep/validate/row"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/source"
)

// sampleSize is how much of an input is looked at to find out how it is written.
const sampleSize = 64 << 10

// sampleRecords is how many records are looked at to find out how many fields they have.
const sampleRecords = 100

// input is an opened input with what was found out about it.
type input struct {
	name     string // for people: "stdin" for -
	path     string // as it was given
	src      *source.Input
	rows     *validate.Input
	dialect  scan.Dialect
	start    scan.Pos        // of the first byte after sepLine
	json     bool            // it is JSON lines
	seen     map[string]bool // names of members of the first of these
	sepLine  []byte          // a first line such as sep=; with its line end
	detected string          // how the delimiter was found; "" if it was stated
	first    []byte          // the beginning of the text, as a sample
}

// displayName returns what an input is called in findings.
func displayName(file string) string {
	if file == "-" {
		return "stdin"
	}
	return file
}

// inputFiles returns the files to read, "-" for stdin. A terminal as stdin is
// taken for a mistake.
func inputFiles(args []string, stdin *os.File) ([]string, error) {
	if len(args) == 0 {
		args = []string{"-"}
	}
	for i, a := range args {
		if a != "-" {
			continue
		}
		if term.IsTerminal(int(stdin.Fd())) {
			return nil, errors.New("a FILE is expected, or data on standard input; see --help")
		}
		for _, b := range args[:i] {
			if b == "-" {
				return nil, errors.New("standard input (-) can be read only once")
			}
		}
	}
	return args, nil
}

// open opens an input, and finds out its delimiter if detect is set. What it waits
// for is left behind when ctx ends.
func (f *readFlags) open(ctx context.Context, file string, stdin *os.File, d scan.Dialect, detect, hash bool) (*input, error) {
	return source.Await(ctx, func() (*input, error) { return f.openNow(file, stdin, d, detect, hash) })
}

// openNow is open, however long it takes.
func (f *readFlags) openNow(file string, stdin *os.File, d scan.Dialect, detect, hash bool) (*input, error) {
	o := source.Options{Encoding: f.encoding, MaxExpanded: int64(f.maxExpanded), Hash: hash}
	in := &input{name: displayName(file), path: file, dialect: d}
	var err error
	if file == "-" {
		in.src, err = source.FromReader(in.name, stdin, o)
	} else {
		in.src, err = source.Open(file, o)
	}
	if err != nil {
		return nil, err
	}
	if err := in.prepare(f, detect); err != nil {
		in.src.Close()
		return nil, err
	}
	return in, nil
}

// isColumn reports whether a name is that of a column that is known.
func (f *readFlags) isColumn(name string) bool {
	return validate.KnownNames([]string{name}, f.known) > 0
}

// textSize returns how many bytes of text there are, 0 if that is not known.
func (in *input) textSize() int64 {
	if in.src.Codec() != "none" {
		return 0
	}
	return max(in.src.Size(), 0)
}

func (in *input) prepare(f *readFlags, detect bool) error {
	sample, err := in.src.Peek(sampleSize)
	if err != nil {
		return err
	}
	guess := source.GuessCharset(sample)
	if in.src.Charset() == "utf-8" && strings.HasPrefix(guess, "utf-16") {
		return fmt.Errorf("%s: this looks like UTF-16 without a byte order mark; say --encoding %s", in.name, guess)
	}
	in.start = scan.Pos{Offset: in.src.Start(), Line: 1}
	if sample, err = in.skipLines(f.skipLines, sample); err != nil {
		return err
	}
	in.json = f.dialect.value == "ndjson"
	if f.tables && f.dialect.value == "auto" && f.delimiter == "" && source.IsJSONLines(sample) {
		in.json, in.dialect, detect = true, jsonLines(in.dialect), false
	}
	if f.tables && !in.json {
		if what := source.NotATable(sample, f.isColumn); what != nil {
			return fmt.Errorf("%s: this is %s, which is no table of delimited text: %s", in.name, what.Name, what.Remedy)
		}
	}
	if in.dialect.Kind == scan.CSV && !in.json {
		quote := in.dialect.Quote
		if quote == 0 {
			quote = '"'
		}
		found := source.DetectDelimiter(source.WithoutComments(sample, f.comment), quote)
		if detect || found.SepLine > 0 && f.tables && f.delimiter == "" && f.dialect.value == "csv" {
			in.dialect.Delimiter, in.detected = found.Delimiter, found.Reason
		}
		if found.SepLine > 0 && (detect || f.tables) {
			in.sepLine = bytes.Clone(sample[:found.SepLine])
			if sample, err = in.skip(found.SepLine); err != nil {
				return err
			}
		}
	}
	if f.tables && in.dialect.Kind == scan.CSV && !in.json {
		if n, _ := source.KnownLine(sample); n > 0 {
			if sample, err = in.skip(n); err != nil {
				return err
			}
		}
	}
	in.first = bytes.Clone(sample)
	if in.rows, err = validate.NewInput(in.name, in.src, in.start, in.dialect, int(f.blockSize)); err != nil {
		return err
	}
	in.rows.Charset, in.rows.Decoded = guess, in.src.Charset() != "utf-8"
	return nil
}

// skip passes over one line of n bytes, and returns the sample of what follows.
func (in *input) skip(n int) (sample []byte, err error) {
	if _, err := io.CopyN(io.Discard, in.src, int64(n)); err != nil {
		return nil, err
	}
	in.start.Offset += int64(n)
	in.start.Line++
	return in.src.Peek(sampleSize)
}

// skipLines passes over lines before the header, however long they are.
func (in *input) skipLines(lines int, sample []byte) ([]byte, error) {
	end := source.LineEnd(sample)
	for lines > 0 && len(sample) > 0 {
		n := bytes.IndexByte(sample, end) + 1
		if n > 0 {
			lines--
			in.start.Line++
		} else {
			n = len(sample)
		}
		if _, err := io.CopyN(io.Discard, in.src, int64(n)); err != nil {
			return nil, err
		}
		in.start.Offset += int64(n)
		var err error
		if sample, err = in.src.Peek(sampleSize); err != nil {
			return nil, err
		}
	}
	return sample, nil
}

// describe says how the input is written.
func (in *input) describe() string {
	text := fmt.Sprintf("%s: %s, %s", in.name, in.dialectName(), in.src.Charset())
	if in.src.BOM() {
		text += " with byte order mark"
	}
	if c := in.src.Codec(); c != "none" {
		text += ", " + c
	}
	if in.detected != "" {
		text += " (" + in.detected + ")"
	}
	return text
}

func (in *input) dialectName() string {
	if in.dialect.Kind == scan.Cognito {
		return "cognito dialect"
	}
	if in.json {
		return "JSON lines"
	}
	return "fields separated by " + delimiterName(in.dialect.Delimiter)
}

// delimiterName returns a delimiter in words.
func delimiterName(b byte) string {
	if b == 0 {
		b = ','
	}
	for _, name := range []string{"comma", "semicolon", "tab", "pipe"} {
		if delimiterWords[name] == b {
			return name
		}
	}
	return fmt.Sprintf("%q", b)
}

// members returns the names of the members in the first records, and those of more that
// may come later, unless one of the first is called so, or nearly so.
func (in *input) members(more []string) (names []string) {
	seen, alike := make(map[string]bool), make(map[string]bool)
	add := func(name string) {
		if !seen[name] && len(names) < validate.MaxColumns {
			seen[name], alike[schema.PlainName(name)] = true, true
			names = append(names, name)
		}
	}
	for line := range bytes.Lines(in.first) {
		_ = row.Names(line, func(name []byte, _ int) { add(string(name)) })
	}
	in.seen = maps.Clone(seen)
	for _, name := range more {
		if !alike[schema.PlainName(name)] {
			add(name)
		}
	}
	return names
}

// fieldCounts returns how many fields the first records that can be read have.
func (in *input) fieldCounts() (counts []int, err error) {
	splitter, err := scan.NewSplitter(bytes.NewReader(in.first), scan.Pos{}, in.dialect, 0)
	if err != nil {
		return nil, err
	}
	var block scan.Block
	var x scan.Index
	for len(counts) < sampleRecords {
		if err := splitter.Next(&block); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		block.Index(&x)
		whole := len(x.Records)
		if block.Last() && len(in.first) >= sampleSize {
			whole-- // the sample may cut it off
		}
		for _, r := range x.Records[:whole] {
			if r.N > 0 {
				counts = append(counts, int(r.N))
			}
		}
	}
	return counts[:min(len(counts), sampleRecords)], nil
}

// refuseDataAsHeader returns an error for a header that is a row: it names none of
// the known columns, and holds what only values are. It names no value.
func refuseDataAsHeader(in *input, h *validate.Header, known []string) error {
	field, what := validate.DataInHeader(h.Names, known)
	if field == 0 {
		return nil
	}
	return fmt.Errorf("%s:%d:%d: the header looks like a row: field %d of %d is %s, and no field is the name of a known column; "+
		"if the file has no header, say --no-header, or header: false in a mapping, where fields go by their numbers",
		in.name, h.Pos.Line, h.Position(field-1).Column, field, len(h.Names), what)
}
