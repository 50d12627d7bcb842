package shard

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"poolprep/validate/ledger"
	"poolprep/validate/rule"
)

// MarkName is the mark of a part's directory, which is written last: a directory with it
// is complete.
const MarkName = "part.json"

// Files of a part beside its mark. What is in them is in the order of the input.
const (
	FactsName   = "facts"   // of each block
	MadeName    = "made"    // of each block: what a conversion made of it
	RowsName    = "rows"    // of import files, as far as they passed in the part
	SideName    = "side"    // lines beside them
	RecordsName = "records" // byte for byte: those that were rejected or skipped in the part
	ShapesName  = "shapes"  // of each block: the forms of the values of keys, if there is a profile
)

// fileNames are all of them.
var fileNames = []string{FactsName, MadeName, RowsName, SideName, RecordsName, ShapesName}

// Mark describes a complete part.
type Mark struct {
	Version int             `json:"v"`
	Sum     string          `json:"sha256"` // of the mark with zeros in this place, in hex
	Tool    string          `json:"tool"`
	Plan    string          `json:"plan"` // Plan.ID
	Part    int             `json:"part"` // from 1
	Inputs  []Input         `json:"inputs"`
	Files   []File          `json:"files"`
	Made    json.RawMessage `json:"made,omitempty"`    // of whoever made the part
	Profile json.RawMessage `json:"profile,omitempty"` // of the columns of the part's rows, if one was asked for
}

// noSum stands for the SHA-256 of a mark while it is computed.
var noSum = strings.Repeat("0", hex.EncodedLen(sha256.Size))

// seal returns the text of the mark, with its SHA-256.
func (m *Mark) seal() ([]byte, error) {
	m.Sum = noSum
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	m.Sum = sumOf(text)
	return bytes.Replace(text, []byte(noSum), []byte(m.Sum), 1), nil
}

// sealed reports whether text is the one that the mark in it was written as.
func (m *Mark) sealed(text []byte) bool {
	return len(m.Sum) == len(noSum) && m.Sum == sumOf(bytes.Replace(text, []byte(m.Sum), []byte(noSum), 1))
}

func sumOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// File is a file of a part.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	CRC32C uint32 `json:"crc32c"`
}

// Input is what was known of an input before its first block, and of a range of it
// afterwards. Of the ranges of an input that of the first one counts.
type Input struct {
	Ledger ledger.Input `json:"ledger"` // without its Severity
	Levels []Level      `json:"levels"` // those that differ from the usual ones
	// Findings are those about the header and what is before it, and Counts what they and
	// it add to the summary.
	Findings []rule.Finding  `json:"findings,omitempty"`
	Counts   rule.Summary    `json:"counts"`
	Said     []rule.RowCause `json:"said,omitempty"`    // what the findings about the header say of all rows
	Lacking  bool            `json:"lacking,omitempty"` // see rule.Source
	Empty    bool            `json:"empty,omitempty"`   // it has no header, so nothing was read
	NoRow    string          `json:"no_row"`            // what is said of it if no row follows
	Header   int64           `json:"header"`            // bytes of text before the first row
	Largest  int64           `json:"largest,omitempty"` // bytes that it may have; 0: any number
	Blocks   int64           `json:"blocks"`            // in the range
	Made     json.RawMessage `json:"made,omitempty"`    // of whoever made the part

	part *Reader // that has it; nil: it was not read
}

// Level is the level of a code.
type Level struct {
	Code     rule.Code     `json:"code"`
	Severity rule.Severity `json:"severity"`
}

// Levels returns the levels that differ from the usual ones.
func Levels(level func(rule.Code) rule.Severity) (out []Level) {
	for _, c := range rule.Codes() {
		if s := level(c); s != c.Info().Severity() {
			out = append(out, Level{c, s})
		}
	}
	return out
}

// Level returns the level of a code.
func (in *Input) Level(c rule.Code) rule.Severity {
	for _, l := range in.Levels {
		if l.Code == c {
			return l.Severity
		}
	}
	return c.Info().Severity()
}

// ExistsError says that a directory holds a complete part.
type ExistsError struct {
	Dir  string
	Part int // 0: nobody looked which
}

func (e *ExistsError) Error() string {
	which := MarkName
	if e.Part > 0 {
		which = fmt.Sprintf("part %d, %s", e.Part, MarkName)
	}
	return fmt.Sprintf("%s holds a complete part (%s); choose another directory", e.Dir, which)
}

// OvertakenError says that somebody else has begun a part in the same directory while it was
// made there.
type OvertakenError struct{ Dir string }

func (e *OvertakenError) Error() string {
	return e.Dir + ": another process has begun to make a part there meanwhile, so this one is not complete; let one process at a time make a part"
}

// SizeError says that an input is not as large as it was when the plan was made.
type SizeError struct {
	File          string
	Planned, Size int64 // bytes; Size -1: it is no regular file
}

func (e *SizeError) Error() string {
	if e.Size < 0 {
		return fmt.Sprintf("%s: this is no regular file, and was one when the plan was made", e.File)
	}
	return fmt.Sprintf("%s has %d bytes, and had %d when the plan was made; make the plan and all parts again", e.File, e.Size, e.Planned)
}

// HeaderError says that an input has another header than when the plan was made.
type HeaderError struct{ File string }

func (e *HeaderError) Error() string {
	return e.File + ": the header is not the one that the file had when the plan was made; make the plan and all parts again"
}

// ChangedError says that an input has not the text that it had when the plan was made.
type ChangedError struct{ File string }

func (e *ChangedError) Error() string {
	return e.File + ": the file was changed since the plan was made; make the plan and all parts again"
}

// OtherError says that a part is not made as the plan says.
type OtherError struct {
	What string // schema, mapping, join, flags
}

func (e *OtherError) Error() string {
	return "the plan was made " + map[string]string{
		"schema": "for another pool", "mapping": "with another mapping", "join": "with another second file",
		"flags": "with other rules, or for input that is read in another way",
	}[e.What]
}

// Matches returns an OtherError unless a part is made by what the plan was made by.
func (f Fingerprints) Matches(part Fingerprints) error {
	switch {
	case f.Schema != part.Schema:
		return &OtherError{"schema"}
	case f.Mapping != part.Mapping:
		return &OtherError{"mapping"}
	case f.Flags != part.Flags:
		return &OtherError{"flags"}
	}
	return nil
}
