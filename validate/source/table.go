package source

import (
	"bytes"
	"regexp"
	"sync"

	"github.com/valyala/fastjson"
)

// NoTable is something that is not delimited text: what it is, with its article, and
// what to do about it.
type NoTable struct{ Name, Remedy string }

const (
	toCSV   = "export it as CSV"
	objects = "of JSON the records are objects: a list of them, an object that holds such a list, or an object a line"
)

// noTables tell files by how they begin, after white space if text is set. The first that fits counts.
var noTables = sync.OnceValue(func() []noTable {
	return []noTable{
		{NoTable{"a pointer of Git LFS", "fetch the file itself with git lfs pull"}, regexp.MustCompile(`^version https://git-lfs\.github\.com/`)},
		{NoTable{"an SQLite database", "export the table as CSV, for example with sqlite3 -header -csv"}, regexp.MustCompile(`^SQLite format 3\x00`)},
		{NoTable{"a Parquet file", "export it as CSV, for example with DuckDB"}, regexp.MustCompile(`^PAR1`)},
		{NoTable{"an ORC file", toCSV}, regexp.MustCompile(`^ORC[\x00-\x1f]`)},
		{NoTable{"an Avro file", toCSV}, regexp.MustCompile(`^Obj\x01`)},
		{NoTable{"an Arrow file", toCSV}, regexp.MustCompile(`^ARROW1`)},
		{NoTable{"an old Office document (.xls)", "save it as CSV"}, regexp.MustCompile(`^\xd0\xcf\x11\xe0`)},
		{NoTable{"a PDF document", toCSV}, regexp.MustCompile(`^%PDF-`)},
		{NoTable{"an RTF document", "save it as CSV"}, regexp.MustCompile(`^\{\\rtf`)},
		{NoTable{"a RAR archive", "unpack it first"}, regexp.MustCompile(`^Rar!\x1a`)},
		{NoTable{"a dump of PostgreSQL", "export the table with COPY ... TO STDOUT (FORMAT csv, HEADER)"}, regexp.MustCompile(`^(PGDMP|(--\s*)*-- PostgreSQL database dump)`)},
		{NoTable{"SQL", toCSV + " from the database"}, regexp.MustCompile(`(?i)^(/\*!|-- (MySQL|MariaDB|SQLite|phpMyAdmin|Dump)|(SET (NAMES|SQL_MODE|FOREIGN_KEY_CHECKS|search_path|statement_timeout)|CREATE (TABLE|DATABASE)|INSERT INTO|DROP TABLE|BEGIN TRANSACTION|PRAGMA|COPY)[ ;])`)},
		{NoTable{"LDIF", "make CSV of it, one column an attribute"}, regexp.MustCompile(`(?i)^(version: *\d+\s+)?dn:`)},
		{NoTable{"a picture", toCSV}, regexp.MustCompile(`^(\x89PNG|\xff\xd8\xff|GIF8)`)},
		{NoTable{"a program", toCSV}, regexp.MustCompile(`^(\x7fELF|MZ[\x00-\x1f\x80-\xff])`)},
		{NoTable{"an empty zip archive", "get the file again"}, regexp.MustCompile(`^PK\x05\x06`)},
		{NoTable{"a vCard", toCSV}, regexp.MustCompile(`(?i)^BEGIN:VCARD`)},
		{NoTable{"an HTML page", "it may be an error or sign-in page: download the export again"}, regexp.MustCompile(`(?i)^(<!--.*?-->\s*)?<(!doctype html|html|head|title|style|body|table|div|script|meta|link|h[1-6]|p|ul|pre)\b`)},
		{NoTable{"XML", toCSV}, regexp.MustCompile(`^<(\?xml|[A-Za-z_!])`)},
		{NoTable{"JSON", objects}, regexp.MustCompile(`^\x1e?(\{\s*("([^"\\]|\\.)*"\s*:|\}|$)|\{\s*'[^']*'\s*:|\[\s*([\[{]|-?[0-9]|\]|"([^"\\]|\\.)*"\s*[,\]]|$))`)},
	}
})

type noTable struct {
	NoTable
	begins *regexp.Regexp
}

// NotATable tells from the beginning of a text what it is if it is no delimited
// text, and returns nil if it may be. A text of which the first line has a field that
// isColumn knows is a table, whatever it looks like.
func NotATable(sample []byte, isColumn func(name string) bool) *NoTable {
	sample = bytes.TrimLeft(sample, " \t\r\n")
	if len(sample) == 0 {
		return nil
	}
	line, _, _ := bytes.Cut(sample, []byte{LineEnd(sample)})
	for _, name := range bytes.FieldsFunc(line, func(c rune) bool { return c == ',' || c == ';' || c == '\t' || c == '|' }) {
		if isColumn != nil && isColumn(string(bytes.Trim(name, "\r\" "))) {
			return nil
		}
	}
	for _, t := range noTables() {
		if t.begins.Match(sample) {
			return &t.NoTable
		}
	}
	return nil
}

// knownLines are what some programs write before the header.
var knownLines = sync.OnceValue(func() []knownLine {
	return []knownLine{
		{"#TYPE", regexp.MustCompile(`(?i)^"?#TYPE [^\r\n]*$`)},
		{"version:", regexp.MustCompile(`(?i)^"?version: ?v?[0-9.]+"?[,;\t| ]*$`)},
	}
})

type knownLine struct {
	name string
	line *regexp.Regexp
}

// KnownLine returns the length of a first line, with its line end, that stands before
// the header and says nothing of it: #TYPE of PowerShell, version: of Microsoft's
// templates for bulk operations. n is 0 if there is none.
func KnownLine(sample []byte) (n int, name string) {
	end := bytes.IndexByte(sample, LineEnd(sample))
	if end < 0 {
		return 0, ""
	}
	line := bytes.TrimRight(sample[:end], "\r")
	for _, k := range knownLines() {
		if k.line.Match(line) {
			return end + 1, k.name
		}
	}
	return 0, ""
}

// LineEnd returns the byte that ends the first line of a text: LF, or CR where that stands alone.
func LineEnd(sample []byte) byte {
	cr := bytes.IndexByte(sample, '\r')
	if lf := bytes.IndexByte(sample, '\n'); cr < 0 || lf >= 0 && lf < cr {
		return '\n'
	}
	if after := bytes.TrimLeft(sample[cr:], "\r"); len(after) > 0 && after[0] == '\n' {
		return '\n'
	}
	return '\r'
}

// FirstLineEnd returns the line end of the first line of a text, LF if it has none.
func FirstLineEnd(sample []byte) []byte {
	end := LineEnd(sample)
	if at := bytes.IndexByte(sample, end); end == '\n' && at > 0 && sample[at-1] == '\r' {
		return []byte("\r\n")
	}
	return []byte{end}
}

// WithoutComments returns a sample without the lines that begin with prefix.
func WithoutComments(sample []byte, prefix string) []byte {
	if prefix == "" {
		return sample
	}
	var out []byte
	end := []byte{LineEnd(sample)}
	for len(sample) > 0 {
		line, rest, _ := bytes.Cut(sample, end)
		if !bytes.HasPrefix(line, []byte(prefix)) {
			out = append(out, sample[:len(sample)-len(rest)]...)
		}
		sample = rest
	}
	return out
}

// IsJSONLines reports whether a text begins with a line that is a JSON object, and does
// not go on with something else.
func IsJSONLines(sample []byte) bool {
	lines := 0
	for line := range bytes.Lines(sample) {
		whole := line[len(line)-1] == '\n'
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if line[0] != '{' {
			return false
		}
		if lines++; !whole && lines > 1 {
			return true // the sample may cut it off
		}
		if fastjson.ValidateBytes(line) == nil {
			return true
		}
		if lines > 1 {
			return false
		}
	}
	return false
}
