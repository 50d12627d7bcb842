package profile

import (
	"errors"
	"slices"
	"time"

	"github.com/axiomhq/hyperloglog"

	"poolprep/validate/schema"
)

// State is what a Profiler knows, to be written down as JSON and put together with what others
// know of other inputs. Where in none of them a text was forgotten (see Limits), that is what
// one Profiler of all inputs knows.
type State struct {
	Records int64         `json:"records"`
	Days    bool          `json:"days,omitempty"` // see Profiler.Result
	Columns []ColumnState `json:"columns"`
}

// ColumnState is that of a column.
type ColumnState struct {
	Name     string      `json:"name"`
	Kind     schema.Kind `json:"kind"`
	Filled   int64       `json:"filled"`
	Yes      int64       `json:"yes,omitempty"`
	No       int64       `json:"no,omitempty"`
	Shortest int64       `json:"shortest,omitempty"`
	Longest  int64       `json:"longest,omitempty"`
	Dates    []time.Time `json:"dates,omitempty"`  // the first and the last
	Few      []uint64    `json:"few,omitempty"`    // hashes of values, if they are few
	Sketch   []byte      `json:"sketch,omitempty"` // else an estimate of how many there are
	Sound    TextsState  `json:"sound"`
	Rejected TextsState  `json:"rejected"`
	Domains  TextsState  `json:"domains"`
}

// TextsState is that of texts and how often they were counted.
type TextsState struct {
	Texts   []TextState `json:"texts,omitempty"`
	Floor   int64       `json:"floor,omitempty"`
	Dropped int64       `json:"dropped,omitempty"`
}

// TextState is that of a text.
type TextState struct {
	Hash    uint64 `json:"hash"`
	Text    []byte `json:"text"`
	Count   int64  `json:"count"`
	Missing int64  `json:"missing,omitempty"`
}

// State returns what the Profiler knows. Only after EndInput.
func (p *Profiler) State(days bool) (*State, error) {
	s := &State{Records: p.records, Days: days}
	for i := range p.totals {
		t := &p.totals[i]
		c := ColumnState{
			Name: p.columns[i].Name, Kind: p.columns[i].Kind, Filled: t.filled, Yes: t.yes, No: t.no, Shortest: t.shortest, Longest: t.longest,
			Sound: t.sound.state(), Rejected: t.rejected.state(), Domains: t.domains.state(),
		}
		if t.dates.some {
			c.Dates = []time.Time{t.dates.first, t.dates.last}
		}
		for _, h := range t.distinct.few {
			if h != 0 {
				c.Few = append(c.Few, h)
			}
		}
		slices.Sort(c.Few)
		if t.distinct.sketch != nil {
			var err error
			if c.Sketch, err = t.distinct.sketch.MarshalBinary(); err != nil {
				return nil, err
			}
		}
		s.Columns = append(s.Columns, c)
	}
	return s, nil
}

func (t *tally) state() TextsState {
	s := TextsState{Floor: t.floor, Dropped: t.dropped}
	for i := range t.entries {
		if e := &t.entries[i]; e.count != 0 || e.missing != 0 {
			s.Texts = append(s.Texts, TextState{e.hash, t.text(e), e.count, e.missing})
		}
	}
	return s
}

// Restore returns a Profiler for the columns of a State, which knows nothing yet.
func (s *State) Restore() *Profiler {
	var columns []Column
	for _, c := range s.Columns {
		columns = append(columns, Column{c.Name, c.Kind})
	}
	return New(columns, Limits{})
}

// Add adds what another one knows, of the same columns.
func (p *Profiler) Add(s *State) error {
	other := errors.New("profile: this is the profile of other columns, or it is damaged")
	if len(s.Columns) != len(p.columns) {
		return other
	}
	p.records += s.Records
	for i := range s.Columns {
		c, t := &s.Columns[i], &p.totals[i]
		if (Column{c.Name, c.Kind}) != p.columns[i] || len(c.Dates) != 0 && len(c.Dates) != 2 || slices.Contains(c.Few, 0) {
			return other
		}
		add := counts{filled: c.Filled, yes: c.Yes, no: c.No, shortest: c.Shortest, longest: c.Longest}
		if len(c.Dates) == 2 {
			add.dates.add(c.Dates[0], c.Dates[1])
		}
		t.add(&add)
		var d distinct
		d.add(c.Few)
		if len(c.Sketch) > 0 {
			d = distinct{sketch: hyperloglog.NewNoSparse()}
			if err := d.sketch.UnmarshalBinary(c.Sketch); err != nil {
				return other
			}
		}
		t.distinct.merge(&d)
		t.sound.addState(&c.Sound)
		t.rejected.addState(&c.Rejected)
		t.domains.addState(&c.Domains)
	}
	return nil
}

// addState adds the counts of another tally. What one of them has forgotten may be missing in
// what the other one has.
func (t *tally) addState(s *TextsState) {
	there := make(map[int32]bool, len(s.Texts))
	for _, text := range s.Texts {
		n := t.find(text.Hash, text.Text)
		there[n] = true
		t.entries[n].count += text.Count
		t.entries[n].missing += text.Missing
	}
	if s.Floor > 0 {
		for n := range t.entries {
			if !there[int32(n)] {
				t.entries[n].missing += s.Floor
			}
		}
	}
	t.floor += s.Floor
	t.dropped += s.Dropped
}

// Shape returns the form of the value of a record of a column, and its hash, as long as
// nothing else is asked; nil if there is none.
func (c *Collector) Shape(place, record int) (hash uint64, shape []byte) {
	b := &c.columns[place]
	if b.spans == nil || b.kind == schema.KindHash || b.spans[record].Len() == 0 {
		return 0, nil
	}
	v := b.spans[record]
	return c.shaper.shape(c.padded, v, isASCII(c.padded, v))
}

// Reject makes of a value of this form, which was taken for sound, a rejected one.
func (p *Profiler) Reject(place int, hash uint64, shape []byte) {
	t := &p.totals[place]
	t.sound.add(hash, shape, -1)
	t.rejected.add(hash, shape, 1)
}
