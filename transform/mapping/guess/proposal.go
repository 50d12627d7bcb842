package guess

import (
	"fmt"
	"strconv"
	"strings"

	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/schema"
	"poolprep/validate/suggest"
	"poolprep/validate/value"
)

// Options say for which pool a mapping is proposed. The zero value is the default pool,
// and no password hashes.
type Options struct {
	Pool         *schema.Pool
	PasswordHash value.HashAlgorithm // of the hashes that are imported
}

// Proposal is a mapping that is proposed. It is for one goroutine.
type Proposal struct {
	Source  []string // settings of the source, as `key: value`, which the file begins with
	Require []string // source columns by which the header is known for one, where a name looks like a value
	Lines   []*Line  // in the order of the file
	Skips   []*Line  // rules for records to leave out
	Missing []Missing
	Notes   []Note // about the export as a whole

	sample *Sample
	o      Options
	pool   *schema.Pool
	used   []bool // by source column: a line names it
	picked picked
}

// Missing is a column of the pool that no column of the export fits.
type Missing struct {
	Target string
	Why    string // "" where there is nothing to say
}

// Note is something that a person should know, with what there is to decide.
type Note struct {
	Text     string
	Decision Decision
}

// State is how certain a line is.
type State uint8

// The states of a line.
const (
	Sure     State = iota
	Doubtful       // it is proposed, and should be looked at
	Open           // a person has to decide: it is a comment until then
	Left           // a person decided against it
)

// Decision is what only a person can decide.
type Decision uint8

// The decisions. The texts of a Line say what the sample shows; how to decide is for the
// caller to say.
const (
	NoDecision     Decision = iota
	DecideVerified          // whether addresses are verified that no column says so of
	DecideOrder             // whether the day or the month stands first
	DecideLayout            // how dates are written of which there are none, or unknown ones
	DecideZone              // in which time zone times are
	DecideCentury           // of years with two digits
	DecideMixed             // what becomes of dates that are written in several ways
	DecideRegion            // in which country phone numbers are
	DecideHash              // whether password hashes are imported
	DecideName              // whether a name is composed
	DecideSkip              // whether records are left out
	DecideColumn            // which column it is
	DecideCharset           // what the text is written in
)

// Line is a line of the mapping for a column of the pool, or a rule for skipping.
type Line struct {
	Target   string // "": of a rule for skipping
	State    State
	Decision Decision
	Reasons  []string // without values of the data
	Choices  []Choice // the first is proposed, where the line is not Open
	taken    int
}

// Choice is what may stand in a line.
type Choice struct {
	Text  string // YAML, in one line
	Label string // in words, such as "day first"; "" for the only one
}

// Take decides for a choice, by its index.
func (l *Line) Take(choice int) error {
	if choice < 0 || choice >= len(l.Choices) {
		return fmt.Errorf("guess: there are %d choices, and choice %d is none of them", len(l.Choices), choice)
	}
	l.taken, l.State = choice, Sure
	return nil
}

// Leave decides against the line.
func (l *Line) Leave() { l.State = Left }

// Open returns the lines about which a person may be asked, in the order of the file. Not
// among them is that of password hashes, which a mapping alone does not import.
func (p *Proposal) Open() (open []*Line) {
	for _, l := range append(append([]*Line{}, p.Lines...), p.Skips...) {
		ask := len(l.Choices) > 0 && l.Decision != DecideHash || l.Decision == DecideColumn && l.Target != ""
		if l.State == Doubtful || l.State == Open && ask {
			open = append(open, l)
		}
	}
	return open
}

// Use changes a line to another source column, by its name or its number, from 1. What it
// proposes may be Open again.
func (p *Proposal) Use(l *Line, name string) error {
	field := -1
	for i := range p.sample.columns {
		if p.ref(i) == name || p.sample.columns[i].name == name && p.ref(i) != "" {
			field = i
			break
		}
	}
	if n, err := strconv.Atoi(name); field < 0 && err == nil && n > 0 && n <= len(p.sample.columns) && p.ref(n-1) != "" {
		field = n - 1
	}
	if field < 0 {
		return &UnknownColumnError{Known: p.Columns()}
	}
	fresh := p.propose(l.Target, []int{field})
	fresh.Reasons[0] = "as you said"
	if fresh.State == Doubtful {
		fresh.State = Sure
	}
	*l = *fresh
	return nil
}

// UnknownColumnError says that the export has no column of a name, which it does not hold.
type UnknownColumnError struct {
	Known []string // names, or numbers, of the columns that there are
}

func (e *UnknownColumnError) Error() string {
	return "the export has no column that is called so; it has " + suggest.List(e.Known)
}

// Columns returns the source columns as a mapping names them.
func (p *Proposal) Columns() (names []string) {
	for i := range p.sample.columns {
		if ref := p.ref(i); ref != "" {
			names = append(names, ref)
		}
	}
	return names
}

// Unused returns the source columns that go nowhere, with what is known of them.
func (p *Proposal) Unused() (list []string) {
	for i, used := range p.used {
		if used {
			continue
		}
		name := p.ref(i)
		if name == "" {
			name = fmt.Sprintf("column %d, which has no name that can be shown", i+1)
		}
		list = append(list, name+": "+p.describe(p.sample.columns[i]))
	}
	return list
}

// describe says of a column what it holds.
func (p *Proposal) describe(c *column) string {
	text := p.coverage(c)
	switch c.meaning {
	case secret:
		return text + "; a secret, which stays where it is"
	case status, disabledFlag, activeFlag, otherTime, country:
		return text
	}
	if s, n, ok := c.looks(); ok {
		text += "; " + share(n, c.filled, plural[s])
	}
	return text
}

// coverage says how many records have a value.
func (p *Proposal) coverage(c *column) string {
	return fmt.Sprintf("%s of %s filled", comma(c.filled), comma(p.sample.Records))
}

// values says how many values there are.
func values(n int) string {
	if n == 1 {
		return "1 value"
	}
	return comma(n) + " values"
}

// share says how many of the values are something.
func share(n, of int, what string) string {
	if n == of {
		return "all of them " + what
	}
	return fmt.Sprintf("%s of them %s", comma(n), what)
}

// ref returns how a mapping names a source column, "" where it cannot, or where its name
// may be a value.
func (p *Proposal) ref(i int) string {
	s := p.sample
	name := s.columns[i].name
	plain := name != "" && !p.strange() && !validate.IsValueLike(name) && !strings.HasPrefix(name, "$")
	if i >= s.fields {
		at, there := p.picked.byName[head(name)]
		if plain && p.picked.byName[name].first == i && (s.JSON || there && at.second < 0) {
			return name
		}
		return ""
	}
	number := strconv.Itoa(i + 1)
	at, there := p.picked.byName[name]
	if plain && there && at.second < 0 {
		return name
	}
	if _, taken := p.picked.byName[number]; taken {
		return ""
	}
	return number
}

// strange reports whether too little of the header is known, so that it may be none.
func (p *Proposal) strange() bool { return p.picked.strange }

// columnsOfPool returns the columns that the mapping may fill.
func (p *Proposal) columnsOfPool() []string { return judge.TargetColumns(p.pool, p.o.PasswordHash) }
