package source

import (
	"bytes"
	"fmt"
)

// Detection is what was found out about the delimiter of a sample.
type Detection struct {
	Delimiter byte
	SepLine   int    // length in bytes of a first line such as sep=; with its line end; 0: there is none
	Reason    string // in words
}

// candidates are the delimiters that are looked for, and their names. Of
// equally good ones the first wins.
var candidates = []struct {
	delimiter byte
	name      string
}{{',', "comma"}, {';', "semicolon"}, {'\t', "tab"}, {'|', "pipe"}}

// sampleRecords is how many records of a sample are compared.
const sampleRecords = 50

// DetectDelimiter finds the delimiter of a CSV from its beginning: what a first
// line sep=X says, else the candidate that divides the header and the next
// records into the same number of fields. Quoted text does not count. Text in
// one column gives the comma.
func DetectDelimiter(sample []byte, quote byte) Detection {
	if d, n := sepLine(sample); n > 0 {
		return Detection{Delimiter: d, SepLine: n, Reason: "stated in the first line"}
	}
	best, bestScore, bestFields := 0, 0, 1
	for i, c := range candidates {
		header, same, records := countFields(sample, c.delimiter, quote)
		if header < 2 {
			continue
		}
		// Agreement counts most, then how many columns there are.
		score := 1 + 1000*same/max(records, 1)*1000 + header
		if score > bestScore {
			best, bestScore, bestFields = i, score, header
		}
	}
	c := candidates[best]
	if bestFields < 2 {
		return Detection{Delimiter: c.delimiter, Reason: "no delimiter found"}
	}
	return Detection{Delimiter: c.delimiter, Reason: fmt.Sprintf("%s detected: %d fields in the header", c.name, bestFields)}
}

// sepLine returns what a first line sep=X states, as spreadsheets write it,
// with or without quotes around, and the length of the line with its end.
func sepLine(sample []byte) (delimiter byte, n int) {
	line, _, found := bytes.Cut(sample, []byte{LineEnd(sample)})
	if !found {
		return 0, 0
	}
	n = len(line) + 1
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) >= 2 && line[0] == '"' && line[len(line)-1] == '"' {
		line = line[1 : len(line)-1]
	}
	if len(line) != len("sep=")+1 || !bytes.EqualFold(line[:4], []byte("sep=")) {
		return 0, 0
	}
	d := line[4]
	if d == '"' || d >= 0x80 || d < ' ' && d != '\t' {
		return 0, 0
	}
	return d, n
}

// countFields returns how many fields the first record has, how many of the
// next records have as many, and how many records were looked at. The last
// record of the sample, which may be cut off, does not count unless it is the only one.
func countFields(sample []byte, delimiter, quote byte) (header, same, records int) {
	fields, inside, blank := 1, false, true
	end := func() {
		switch {
		case blank:
		case header == 0:
			header = fields
		default:
			records++
			if fields == header {
				same++
			}
		}
		fields, blank = 1, true
	}
	for _, c := range sample {
		switch {
		case c == quote:
			inside, blank = !inside, false
		case inside:
		case c == delimiter:
			fields++
			blank = false
		case c == '\n' || c == '\r':
			if end(); records == sampleRecords {
				return header, same, records
			}
		default:
			blank = false
		}
	}
	if header == 0 {
		end()
	}
	return header, same, records
}
