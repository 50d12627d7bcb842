package validate

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"strings"

	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/source"
)

// sampleSize is how much of an input is looked at to find out how it is written, in bytes.
const sampleSize = 64 << 10

// sampleRecords is how many records are looked at to find out how many fields they have.
const sampleRecords = 100

// Source is what an input is read from: Reader, or the file at Path.
type Source struct {
	Path   string
	Name   string // in findings; "": Path
	Reader io.Reader
	Open   source.Opener // opens Path, where there is no Reader; nil: it is a file
}

// Reading says how an input is written. The zero value is RFC 4180 in UTF-8 with
// commas, compressed or not.
type Reading struct {
	Dialect     scan.Dialect
	Detect      bool     // find out the delimiter, and whether it is JSON
	JSONLines   bool     // each line is a JSON object
	Documents   bool     // it is JSON documents: lists of objects, objects that hold such a list, or objects
	Encoding    string   // a character set; "", "auto": UTF-8, or UTF-16 by its byte order mark
	SkipLines   int      // before the header
	MaxExpanded int64    // bytes that may come out of a compressed input; 0: source's own limit
	BlockSize   int      // bytes read at a time; 0: scan.DefaultBlockSize
	Hash        bool     // compute the checksum of the input
	Frames      bool     // note where the frames of a compressed input begin, for Places
	Known       []string // names of columns: what has one of them in its first line is a table
	Bare        bool     // it is read as it is: nothing before the header is known, nothing is refused for being no table
}

// JSONLines is the dialect in which each line is a record, for JSON lines. The
// delimiter is a byte that no JSON text holds as it is.
func JSONLines(d scan.Dialect) scan.Dialect {
	return scan.Dialect{NoQuotes: true, Delimiter: 0x1F, LineEnd: scan.EndLF, MaxRecord: d.MaxRecord, Comment: d.Comment}
}

// NotATableError says that an input is no delimited text.
type NotATableError struct {
	File string
	What source.NoTable
}

func (e *NotATableError) Error() string {
	return fmt.Sprintf("%s: this is %s, which is no table of delimited text: %s", e.File, e.What.Name, e.What.Remedy)
}

// UTF16Error says that an input looks like UTF-16 without a byte order mark.
type UTF16Error struct {
	File    string
	Charset string // utf-16le or utf-16be
}

func (e *UTF16Error) Error() string {
	return e.File + ": this looks like UTF-16 without a byte order mark"
}

// Open opens an input and finds out how it is written, as far as o leaves that open.
// What it waits for is left behind when ctx ends. The input is to be closed.
func Open(ctx context.Context, s Source, o Reading) (*Input, error) {
	return source.Await(ctx, func() (*Input, error) { return open(s, o) })
}

func open(s Source, o Reading) (in *Input, err error) {
	in = &Input{Name: s.Name, path: s.Path, dialect: o.Dialect}
	if in.Name == "" {
		in.Name = s.Path
	}
	how := source.Options{Encoding: o.Encoding, MaxExpanded: o.MaxExpanded, Hash: o.Hash, Frames: o.Frames}
	if s.Reader != nil {
		in.source, err = source.FromReader(in.Name, s.Reader, how)
	} else {
		in.source, err = s.Open.Input(s.Path, how)
	}
	if err != nil {
		return nil, err
	}
	if err := in.prepare(&o); err != nil {
		in.Close()
		return nil, err
	}
	return in, nil
}

// Close releases what an opened input holds.
func (in *Input) Close() error {
	if in.source == nil {
		return nil
	}
	return in.source.Close()
}

// Raw returns the bytes that an opened input is read from; nil for one of NewInput.
func (in *Input) Raw() *source.Input { return in.source }

// AsRead describes an opened input of which so many rows were read, and of which all
// was read or not: size and checksum of a part are not known.
func (in *Input) AsRead(rows int64, all bool) rule.Source {
	s := rule.Source{Name: in.Name, Rows: rows, Size: -1}
	if in.source == nil {
		return s
	}
	if s.Size = in.source.Size(); all {
		s.Size, s.SHA256 = in.source.RawSize(), in.source.SHA256()
	}
	return s
}

// ReadRest reads an opened input to its end, whatever is there.
func (in *Input) ReadRest(ctx context.Context) error {
	if in.source == nil {
		return fmt.Errorf("validate: %s was not opened by Open", in.Name)
	}
	_, err := source.Await(ctx, func() (int64, error) { return io.Copy(io.Discard, in.source) })
	return err
}

// Path returns the path of an opened input, "" for one that reads from a reader.
func (in *Input) Path() string { return in.path }

// Dialect returns how the input is written. The kind of line end is known once the
// first record was read.
func (in *Input) Dialect() scan.Dialect { return in.dialect }

// JSON reports whether the input is JSON lines or documents.
func (in *Input) JSON() bool { return in.json }

// Start returns where the first byte stands that is not before the header.
func (in *Input) Start() scan.Pos { return in.start }

// SepLine returns a first line such as sep=; with its line end, or nil.
func (in *Input) SepLine() []byte { return in.sepLine }

// FirstLineEnd returns the line end of the first line.
func (in *Input) FirstLineEnd() []byte { return source.FirstLineEnd(in.first) }

// Seen reports whether one of the first JSON lines has the member. Only after Members.
func (in *Input) Seen(member string) bool { return in.seen[member] }

// textSize returns how many bytes of text there are, 0 if that is not known.
func (in *Input) textSize() int64 {
	if in.source == nil || in.source.Codec() != "none" {
		return 0
	}
	return max(in.source.Size(), 0)
}

// prepare finds out how the input is written.
func (in *Input) prepare(o *Reading) error {
	detect := o.Detect
	sample, err := in.source.Peek(sampleSize)
	if err != nil {
		return err
	}
	guess := source.GuessCharset(sample)
	if in.source.Charset() == "utf-8" && strings.HasPrefix(guess, "utf-16") {
		return &UTF16Error{in.Name, guess}
	}
	in.start = scan.Pos{Offset: in.source.Start(), Line: 1}
	if sample, err = in.skipLines(o.SkipLines, sample); err != nil {
		return err
	}
	in.json = o.JSONLines || o.Documents
	if o.Documents {
		in.dialect = Documents(in.dialect)
	}
	if o.Detect && !in.json {
		switch findJSON(sample) {
		case jsonLines:
			in.json, in.dialect, detect = true, JSONLines(in.dialect), false
		case jsonDocuments:
			in.json, in.dialect, detect = true, Documents(in.dialect), false
		}
	}
	if !o.Bare && !in.json {
		if what := source.NotATable(sample, func(name string) bool { return KnownNames([]string{name}, o.Known) > 0 }); what != nil {
			return &NotATableError{in.Name, *what}
		}
	}
	if sample, err = in.skipKnown(o, sample); err != nil { // its delimiters are not those of the table
		return err
	}
	if in.dialect.Kind == scan.CSV && !in.json {
		quote := in.dialect.Quote
		if quote == 0 {
			quote = '"'
		}
		found := source.DetectDelimiter(source.WithoutComments(sample, in.dialect.Comment), quote)
		if detect || found.SepLine > 0 && !o.Bare && o.Dialect.Delimiter == 0 {
			in.dialect.Delimiter, in.detected = found.Delimiter, found.Reason
		}
		if found.SepLine > 0 && (detect || !o.Bare) {
			in.sepLine = bytes.Clone(sample[:found.SepLine])
			if sample, err = in.skip(found.SepLine); err != nil {
				return err
			}
		}
	}
	if sample, err = in.skipKnown(o, sample); err != nil {
		return err
	}
	in.first = bytes.Clone(sample)
	if in.splitter, err = scan.NewSplitter(in.source, in.start, in.dialect, o.BlockSize); err != nil {
		return err
	}
	in.splitter.KeepRuns()
	in.Charset, in.Decoded = guess, in.source.Charset() != "utf-8"
	return nil
}

// skip passes over one line of n bytes, and returns the sample of what follows.
func (in *Input) skip(n int) (sample []byte, err error) {
	if _, err := io.CopyN(io.Discard, in.source, int64(n)); err != nil {
		return nil, err
	}
	in.start.Offset += int64(n)
	in.start.Line++
	return in.source.Peek(sampleSize)
}

// skipKnown passes over a line before the header that is known, such as #TYPE.
func (in *Input) skipKnown(o *Reading, sample []byte) ([]byte, error) {
	if n, _ := source.KnownLine(sample); n > 0 && !o.Bare && in.dialect.Kind == scan.CSV && !in.json {
		return in.skip(n)
	}
	return sample, nil
}

// skipLines passes over lines before the header, however long they are.
func (in *Input) skipLines(lines int, sample []byte) ([]byte, error) {
	end := source.LineEnd(sample)
	for lines > 0 && len(sample) > 0 {
		n := bytes.IndexByte(sample, end) + 1
		if n > 0 {
			lines--
			in.start.Line++
		} else {
			n = len(sample)
		}
		if _, err := io.CopyN(io.Discard, in.source, int64(n)); err != nil {
			return nil, err
		}
		in.start.Offset += int64(n)
		var err error
		if sample, err = in.source.Peek(sampleSize); err != nil {
			return nil, err
		}
	}
	return sample, nil
}

// Describe says how the input is written.
func (in *Input) Describe() string {
	text := fmt.Sprintf("%s: %s", in.Name, in.dialectName())
	if in.source == nil {
		return text
	}
	text += ", " + in.source.Charset()
	if in.source.BOM() {
		text += " with byte order mark"
	}
	if c := in.source.Codec(); c != "none" {
		text += ", " + c
	}
	if in.detected != "" {
		text += " (" + in.detected + ")"
	}
	return text
}

func (in *Input) dialectName() string {
	if in.dialect.Kind == scan.Cognito {
		return "cognito dialect"
	}
	if in.Document() {
		return "JSON"
	}
	if in.json {
		return "JSON lines"
	}
	return "fields separated by " + DelimiterName(in.dialect.Delimiter)
}

// Members returns the names of the members in the first records, and those of more that
// may come later, unless one of the first is called so, or nearly so. What is before the
// first record of JSON documents is read for that, however long it is; what it waits for is
// left behind when ctx ends.
func (in *Input) Members(ctx context.Context, more []string) (names []string, err error) {
	seen, alike := make(map[string]bool), make(map[string]bool)
	add := func(name string) {
		if !seen[name] && len(names) < MaxColumns {
			seen[name], alike[schema.PlainName(name)] = true, true
			names = append(names, name)
		}
	}
	records := bytes.Lines(in.first)
	if in.Document() {
		sample, err := source.Await(ctx, in.firstRecords)
		if err != nil {
			return nil, err
		}
		records = row.Objects(sample)
	}
	for record := range records {
		var found []string
		if row.Names(record, func(name []byte, _ int) { found = append(found, string(name)) }) == nil {
			for _, name := range found {
				add(name)
			}
		}
	}
	in.seen = maps.Clone(seen)
	for _, name := range more {
		if !alike[schema.PlainName(name)] {
			add(name)
		}
	}
	return names, nil
}

// FieldCounts returns how many fields the first records that can be read have.
func (in *Input) FieldCounts() (counts []int, err error) {
	r, err := scan.NewReader(bytes.NewReader(in.first), scan.Pos{}, in.dialect)
	if err != nil {
		return nil, err
	}
	for rec, err := range r.All() {
		cutOff := len(in.first) >= sampleSize && !r.Whole(rec)
		if err != nil || cutOff || len(counts) == sampleRecords {
			return counts, err
		}
		if len(rec.Fields) > 0 {
			counts = append(counts, len(rec.Fields))
		}
	}
	return counts, nil
}

// Beginning returns the beginning of an opened input, of which nothing was read yet, to
// recognise it by: of JSON the text, up to 64 KiB and cut off anywhere, else the fields of
// the first records that are not blank, of which the first one may be a header; one whose
// quoting is broken is nil. What it returns is the caller's.
func (in *Input) Beginning() (records [][]string, text []byte, err error) {
	if in.json {
		return nil, bytes.Clone(in.first), nil
	}
	r, err := scan.NewReader(bytes.NewReader(in.first), scan.Pos{}, in.dialect)
	if err != nil {
		return nil, nil, err
	}
	for rec, err := range r.All() {
		if err != nil || len(records) == sampleRecords {
			return records, nil, err
		}
		var record []string
		if rec.Fault == scan.Sound {
			if isBlankRow(rec) {
				continue
			}
			for _, field := range rec.Fields {
				record = append(record, string(trimAll(field)))
			}
		}
		records = append(records, record)
	}
	return records, nil, nil
}

// delimiterNames are the names of the usual delimiters.
var delimiterNames = map[byte]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe"}

// ParseDelimiter reads a delimiter: a byte, or one of the words comma, semicolon, tab and
// pipe. It returns 0 for auto and for nothing.
func ParseDelimiter(text string) (byte, error) {
	switch text {
	case "", "auto":
		return 0, nil
	case `\t`:
		return '\t', nil
	}
	for b, name := range delimiterNames {
		if name == text {
			return b, nil
		}
	}
	if len(text) != 1 {
		return 0, fmt.Errorf("%q: one byte is expected, or comma, semicolon, tab, pipe, auto", text)
	}
	return text[0], nil
}

// DelimiterName returns a delimiter in words.
func DelimiterName(b byte) string {
	if b == 0 {
		b = ','
	}
	if name, ok := delimiterNames[b]; ok {
		return name
	}
	return fmt.Sprintf("%q", b)
}
