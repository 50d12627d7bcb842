// Package shard divides a run into parts that may be made anywhere, and puts them
// together again.
//
// A Plan says which ranges of which inputs each part reads, and has the seed of the
// fingerprints, so that keys of different parts can be compared. A Writer makes the
// directory of a part: what the workers knew of each block, written down, and what a
// conversion made of it. A Set reads the directories of all parts in the order of the input,
// and refuses what does not belong together. Nothing is judged here, and no order is
// decided: one ledger takes the Facts of all parts, see package ledger.
//
// A Plan does not change once it is made. A Writer and a Set are for one goroutine.
package shard

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"poolprep/validate/keyset"
	"poolprep/validate/scan"
	"poolprep/validate/source"
)

// What a plan may be for.
const (
	ForCheck   = "check"
	ForConvert = "convert"
)

// Plan says which part of a run reads what. Plans and parts are of one version of poolprep.
type Plan struct {
	Version int    `json:"v"`
	Tool    string `json:"tool"`
	For     string `json:"for"`
	ID      string `json:"id"`  // SHA-256 of the plan with nothing in this place, in hex; by it a part says what it is a part of
	Key     string `json:"key"` // the keyset.Seed in hex: with it fingerprints can be tried out, so it is to be kept like the inputs
	// Command is convert or check, and its flags that count for reading and judging, as the
	// manifest of a run has them.
	Command []string `json:"command,omitempty"`
	// Reading are the flags that say how the inputs are written, --NAME=VALUE each: those of the parts.
	Reading []string `json:"reading,omitempty"`
	// Known are the runs whose users count as taken. That is up to whoever merges the parts.
	Known  []KnownRun `json:"known,omitempty"`
	Join   *Source    `json:"join,omitempty"`   // the second file of the export; nil: there is none
	Preset string     `json:"preset,omitempty"` // the preset that the inputs were recognised by; "": a mapping or none was named
	Fingerprints
	Sources []Source `json:"sources"`
	Parts   []Part   `json:"parts"`
}

// Fingerprints tell whether a part is made by what the plan was made by. They are SHA-256 in hex.
type Fingerprints struct {
	Schema  string `json:"schema"`
	Mapping string `json:"mapping,omitempty"` // "": columns are matched by name
	Flags   string `json:"flags"`             // of all else that counts for reading and judging
}

// KnownRun is a run directory whose users count as taken.
type KnownRun struct {
	Dir           string `json:"dir"`                      // as named
	Manifest      string `json:"manifest"`                 // SHA-256 of its manifest in hex
	WithoutFailed bool   `json:"without_failed,omitempty"` // but for rows that its import failed
}

// Source is an input of the run.
type Source struct {
	Path    string `json:"path"`           // as given
	Size    int64  `json:"size"`           // bytes as they lie in the file
	Text    int64  `json:"text,omitempty"` // bytes of text of a compressed input that may be divided; else 0
	SHA256  string `json:"sha256"`
	Codec   string `json:"codec"`
	Charset string `json:"charset"`
	Written string `json:"written"`          // how, in words
	Header  string `json:"header,omitempty"` // SHA-256 of the header, byte for byte; "": there is none
}

// Length returns how many bytes the ranges of the input have: those of its text if it is
// compressed and may be divided, else its size.
func (s *Source) Length() int64 {
	if s.Text > 0 {
		return s.Text
	}
	return s.Size
}

func (s *Source) compressed() bool { return s.Codec != "" && s.Codec != "none" }

// Part is what one part reads, in this order: perhaps nothing.
type Part struct {
	Ranges []Range `json:"ranges"`
}

// Range is a part of an input, of whole records. The first one of an input has its header.
// The ranges of an input touch, from its first byte to its last: the bytes of the file as it
// lies there, or those of its text where Source.Text is set.
type Range struct {
	Source int   `json:"source"` // index among the sources, from 0
	Offset int64 `json:"offset"` // bytes, from 0
	Length int64 `json:"length"`
	Line   int64 `json:"line"`   // physical line of the first byte, from 1
	Record int64 `json:"record"` // of the first record among those after the header, blank lines not counted, from 1
	// Frame is where decompressing begins, at or before the first byte: there is one in the later
	// ranges of a compressed input.
	Frame source.Frame `json:"frame,omitzero"`
	// CRC32C is the checksum of its rows, without what is before the first one of an input; 0
	// in an input that is not divided.
	CRC32C uint32 `json:"crc32c,omitempty"`
	// WithinRun says that the range before ended within a run of records with a bare LF, in
	// an input with CR LF, see scan.Block.
	WithinRun bool `json:"within_run,omitempty"`
	// Column and Document say where in JSON documents the range starts.
	Column   int                `json:"column,omitempty"`
	Document scan.DocumentPlace `json:"document,omitzero"`
}

// Place returns where the range starts, the zero Place for the first of an input.
func (r Range) Place() scan.Place {
	if r.Offset == 0 {
		return scan.Place{}
	}
	return scan.Place{Pos: scan.Pos{Offset: r.Offset, Line: r.Line, Column: max(r.Column, 1)}, WithinRun: r.WithinRun, Document: r.Document}
}

// End returns where the range ends, as Offset counts: 0 if that is the end of the input.
func (p *Plan) End(r Range) int64 {
	if end := r.Offset + r.Length; end < p.Sources[r.Source].Length() {
		return end
	}
	return 0
}

// FileEnd returns the offset in the file from which on hardly anything is read for the range; 0
// if that is its end.
func (p *Plan) FileEnd(r Range) int64 {
	end := p.End(r)
	if end == 0 || p.Sources[r.Source].Text == 0 {
		return end
	}
	for _, part := range p.Parts {
		for _, next := range part.Ranges {
			if next.Source == r.Source && next.Offset == end {
				return next.Frame.Offset
			}
		}
	}
	return 0
}

// Flags returns those of Command: none if who made the plan has recorded no command.
func (p *Plan) Flags() []string {
	if len(p.Command) == 0 {
		return nil
	}
	return p.Command[1:]
}

// Seed returns that of the fingerprints of keys.
func (p *Plan) Seed() (s keyset.Seed, err error) {
	b, err := hex.DecodeString(p.Key)
	if err != nil || len(b) != 8*len(s) {
		return s, errors.New("the key of the plan is damaged; make the plan again")
	}
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return s, nil
}

// Seal completes a plan, whose sources and parts are settled: it gets a key and its ID.
func (p *Plan) Seal() error {
	for _, s := range p.Sources {
		if !utf8.ValidString(s.Path) {
			return fmt.Errorf("%q: the name of the file is not UTF-8, and a plan cannot hold it; rename the file", s.Path)
		}
	}
	var key []byte
	for _, word := range keyset.NewSeed() {
		key = binary.LittleEndian.AppendUint64(key, word)
	}
	p.Version, p.Key = 1, hex.EncodeToString(key)
	p.ID = p.sum()
	return nil
}

// sum returns the ID.
func (p *Plan) sum() string {
	bare := *p
	bare.ID = ""
	return sumOf(bare.text())
}

// text returns the plan as it is written: JSON, a range in a line.
func (p *Plan) text() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	_ = e.Encode(p) // it has nothing that cannot be encoded
	return b.Bytes()
}

// AppendJSON appends the plan as ReadPlan reads it.
func (p *Plan) AppendJSON(dst []byte) []byte { return append(dst, p.text()...) }

// maxPlan is how large a plan may be, in bytes: that of a hundred thousand parts.
const maxPlan = 64 << 20

// ReadPlan reads a plan, and refuses one that was changed.
func ReadPlan(path string) (*Plan, error) { return ReadPlanIn(nil, path) }

// ReadPlanIn reads a plan that open opens; nil: it is a file of this machine.
func ReadPlanIn(open source.Opener, path string) (*Plan, error) {
	text, err := open.ReadFile(path, maxPlan, "plan")
	if err != nil {
		return nil, err
	}
	return parsePlan(path, text)
}

// parsePlan reads the text of a plan.
func parsePlan(path string, text []byte) (*Plan, error) {
	p := new(Plan)
	var head struct {
		Version int    `json:"v"`
		For     string `json:"for"`
	}
	if json.Unmarshal(text, &head) != nil || head.For == "" {
		return nil, fmt.Errorf("%s: this is no plan of `poolprep plan`", path)
	}
	if head.Version != 1 {
		return nil, fmt.Errorf("%s: version %d of the plan is not known; use the poolprep that made it", path, head.Version)
	}
	if err := json.Unmarshal(text, p); err != nil || p.ID != p.sum() || p.check() != nil {
		return nil, fmt.Errorf("%s was changed since it was made, or is damaged; make the plan and all parts again", path)
	}
	return p, nil
}

// check returns an error for a plan that nobody made.
func (p *Plan) check() error {
	wrong := errors.New("shard: the plan contradicts itself")
	if p.For != ForCheck && p.For != ForConvert || len(p.Parts) == 0 {
		return wrong
	}
	next := make([]int64, len(p.Sources))
	for i := range p.Parts {
		for _, r := range p.Parts[i].Ranges {
			if r.Source < 0 || r.Source >= len(p.Sources) || r.Offset != next[r.Source] || r.Length < 0 || r.Frame.Offset < 0 || r.Frame.Text < 0 || r.Frame.Text > r.Offset {
				return wrong
			}
			next[r.Source] += r.Length
		}
	}
	for i := range p.Sources {
		if next[i] != p.Sources[i].Length() {
			return wrong
		}
	}
	_, err := p.Seed()
	return err
}

// Begins reports whether range i of part k, both from 0, is the first one of its source.
func (p *Plan) Begins(k, i int) bool { return p.Parts[k].Ranges[i].Offset == 0 }

// Ends reports whether range i of part k, both from 0, is the last one of its source.
func (p *Plan) Ends(k, i int) bool { return p.End(p.Parts[k].Ranges[i]) == 0 }
