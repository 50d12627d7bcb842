// Package drift compares the summaries of two runs over exports that should be alike.
// It holds no state; its functions may be used at the same time.
package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"poolprep/validate/rule"
)

// MaxBytes is how large a file that is read as a summary may be.
const MaxBytes = 16 << 20

// Summary is what a run left of itself in a report of the format summary, as far as it is
// compared. The zero value is that of a run over nothing.
type Summary struct {
	Version  int              `json:"v"`
	Type     string           `json:"type"`
	Tool     string           `json:"tool"`
	Started  string           `json:"started"`       // RFC 3339; "": not known
	Pool     string           `json:"pool"`          // fingerprint of its schema; "": not known
	Verdict  string           `json:"verdict"`       // passed, failed; "": not known
	Stopped  int64            `json:"stopped_after"` // rejected rows with which the run ended early; 0: it did not
	Read     int64            `json:"rows_read"`
	Accepted int64            `json:"rows_accepted"`
	Rejected int64            `json:"rows_rejected"`
	Skipped  int64            `json:"rows_skipped"`
	Findings map[string]int64 `json:"findings"` // by code
	Profile  Profile          `json:"profile"`
}

// Profile is what is known of the columns; without columns, it was not taken.
type Profile struct {
	Columns []Column `json:"columns"`
}

// Column is how often a column of the pool had a value.
type Column struct {
	Name     string       `json:"name"`
	Filled   int64        `json:"filled"`
	Empty    int64        `json:"empty"`
	Distinct int64        `json:"distinct"` // values
	Shapes   []rule.Count `json:"shapes"`
}

// VersionError says that a summary is of another version than the one that is read.
type VersionError struct {
	File    string
	Version int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s: a summary of version %d, and version 1 is expected; write it again with this poolprep", e.File, e.Version)
}

// Of returns what is compared of the result of a run that began at a time, in RFC 3339.
func Of(r *rule.Result, tool, started string) *Summary {
	s := &Summary{
		Version: 1, Type: "summary", Tool: tool, Started: started, Pool: r.Pool, Stopped: r.StoppedAfter,
		Read: r.Summary.RowsRead, Accepted: r.Summary.RowsAccepted, Rejected: r.Summary.RowsRejected, Skipped: r.Summary.RowsSkipped,
		Findings: make(map[string]int64),
	}
	for _, c := range rule.Codes() {
		if n := r.Summary.Findings[c]; n > 0 {
			s.Findings[c.String()] = n
		}
	}
	if r.Profile != nil {
		for _, c := range r.Profile.Columns {
			s.Profile.Columns = append(s.Profile.Columns, Column{c.Name, c.Filled, c.Empty, c.Distinct, c.Shapes})
		}
	}
	return s
}

// Read reads a summary: the only object, or the last one of a report of the format jsonl.
// name is what errors call the input. They hold nothing of its text.
func Read(name string, r io.Reader) (*Summary, error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	d := json.NewDecoder(limited)
	var last json.RawMessage
	for {
		err := d.Decode(&last)
		switch {
		case err == nil:
			continue
		case limited.N <= 0:
			return nil, fmt.Errorf("%s: more than %d MiB; a report of the format summary is expected, which is small", name, MaxBytes>>20)
		case err == io.EOF:
			return parse(name, last)
		case errors.As(err, new(*json.SyntaxError)) || err == io.ErrUnexpectedEOF:
			return nil, fmt.Errorf("%s: no JSON from byte %d on; a report of the format summary is expected", name, d.InputOffset()+1)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
}

// parse reads the object of a summary.
func parse(name string, object []byte) (*Summary, error) {
	s := new(Summary)
	if len(object) == 0 {
		return nil, fmt.Errorf("%s: empty; a report of the format summary is expected", name)
	}
	if object[0] != '{' {
		return nil, notSummary(name)
	}
	var head struct {
		Version int    `json:"v"`
		Type    string `json:"type"`
	}
	if json.Unmarshal(object, &head) == nil && head.Type == "summary" && head.Version != 1 {
		return nil, &VersionError{name, head.Version} // its other members may have other types
	}
	if err := json.Unmarshal(object, s); err != nil {
		if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
			return nil, fmt.Errorf("%s: %q is not of the type that a summary has there; write the report again", name, wrong.Field)
		}
		return nil, notSummary(name)
	}
	if s.Type != "summary" {
		return nil, notSummary(name)
	}
	return s, s.sound(name)
}

// sound returns an error for numbers that no run has.
func (s *Summary) sound(name string) error {
	negative := min(s.Read, s.Accepted, s.Rejected, s.Skipped, s.Stopped) < 0
	for _, n := range s.Findings {
		negative = negative || n < 0
	}
	for _, c := range s.Profile.Columns {
		negative = negative || min(c.Filled, c.Empty, c.Distinct) < 0
	}
	if negative {
		return fmt.Errorf("%s: a count below 0; write the report again", name)
	}
	return nil
}

func notSummary(name string) error {
	return fmt.Errorf("%s: the last object is no summary; a report of the format summary, or a whole one of jsonl, is expected", name)
}
