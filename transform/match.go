package transform

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"poolprep/transform/mapping"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// Match says how a mapping fits an input. It does not change.
type Match struct {
	Input     *validate.Input // what Fit opened is closed
	Names     []string        // of the source columns
	Columns   []string        // of the import file
	Program   *mapping.Program
	HashField int // the source column, from 1, with password hashes that are left out; 0: none

	strange bool // no name of Names is known, so they may be values
}

// Fit opens an input, reads its header and compiles the mapping for it, as Convert does.
// It returns io.EOF for an input without header.
func Fit(ctx context.Context, o ConvertOptions, s validate.Source) (*Match, error) {
	c := newConversion(o)
	in, err := validate.Open(ctx, s, c.Reading)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if err := c.recognise(ctx, in); err != nil {
		return nil, err
	}
	names, _, err := c.header(ctx, in)
	if err != nil {
		return nil, err
	}
	return c.match(in, names)
}

// Filled returns what the columns of the import file are filled from, in their order. Of
// JSON lines, members that were not seen are left out if nothing but their name is known.
func (m *Match) Filled() []mapping.Match {
	return slices.DeleteFunc(slices.Clone(m.Program.Matches()), func(match mapping.Match) bool {
		return m.Input.JSON() && match.Source == m.Columns[match.Target] && !m.Input.Seen(match.Source)
	})
}

// Unused returns the source columns that go nowhere, by name; one whose name may be a
// value by its number.
func (m *Match) Unused() (columns []string) {
	for _, i := range m.Program.Unused() {
		switch {
		case m.Input.JSON() && (!m.Input.Seen(m.Names[i]) || m.Program.Entered(i)):
		case m.strange || validate.IsValueLike(m.Names[i]):
			columns = append(columns, fmt.Sprint("field ", i+1))
		default:
			columns = append(columns, m.Names[i])
		}
	}
	return columns
}

// header returns the names of the source columns and the header. Without a header they
// are those of the mapping, or the columns of the pool if there are as many.
func (c *conversion) header(ctx context.Context, in *validate.Input) ([]string, *validate.Header, error) {
	if in.JSON() {
		more := c.columns()
		if c.Mapping != nil {
			o := c.mapping()
			o.JSON = true
			more = c.Mapping.Sources(o)
		}
		names, err := in.Members(ctx, more)
		return names, &validate.Header{Pos: in.Start()}, err
	}
	if !c.NoHeader {
		h, err := in.AwaitHeader(ctx)
		if err != nil {
			return nil, nil, err
		}
		return h.Names, h, h.RefuseData(in.Name, c.knownNames())
	}
	h := &validate.Header{}
	if c.Mapping != nil && c.Mapping.Source.Names != nil {
		return c.Mapping.Source.Names, h, nil
	}
	counts, err := in.FieldCounts()
	if err != nil {
		return nil, nil, err
	}
	if c.Mapping != nil && c.Mapping.Source.NamesByCount != nil {
		names, err := c.namesByCount(in, counts)
		return names, h, err
	}
	if c.Mapping != nil {
		return numbered(fieldsMapped(c.Mapping.HighestField(), counts)), h, nil
	}
	columns := c.columns()
	if len(counts) > 0 && !slices.Contains(counts, len(columns)) {
		return nil, nil, &FieldCountError{File: in.Name, Want: len(columns), Got: counts[0]}
	}
	return columns, h, nil
}

// namesByCount returns the names that the mapping has for records with as many fields as
// most of the first ones. counts are those of the first records.
func (c *conversion) namesByCount(in *validate.Input, counts []int) ([]string, error) {
	names := c.Mapping.Source.NamesByCount
	known, seen := slices.Sorted(maps.Keys(names)), make(map[int]int)
	for _, n := range counts {
		seen[n]++
	}
	best := known[0]
	for _, n := range known {
		if seen[n] > seen[best] {
			best = n
		}
	}
	if len(counts) > 0 && seen[best] == 0 {
		return nil, &NamesCountError{File: in.Name, Want: known, Got: counts[0]}
	}
	return names[best], nil
}

// fieldsMapped returns how many fields a record of a source without header has: the
// highest number that the mapping names, unless most of the first records have more.
// counts are those of the first records.
func fieldsMapped(highest int, counts []int) int {
	seen := make(map[int]int)
	for _, n := range counts {
		seen[n]++
	}
	most := highest
	for n, times := range seen {
		if n > highest && (times > seen[most] || times == seen[most] && most > highest && n < most) {
			most = n
		}
	}
	return most
}

// numbered returns the names 1, 2, 3 and so on.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(i + 1)
	}
	return names
}

// match compiles the mapping for an input.
func (c *conversion) match(in *validate.Input, names []string) (*Match, error) {
	m := &Match{Input: in, Names: names, Columns: c.columns(), strange: c.strange(names)}
	written := c.Mapping
	if written == nil {
		var err error
		if written, err = mapping.ByName(names, m.Columns); err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
	}
	o := c.mapping()
	if in.JSON() {
		o.JSON, o.Seen = true, in.Seen
	}
	var err error
	if m.Program, err = written.Compile(names, o); err != nil {
		return nil, &MisfitError{File: in.Name, Err: err}
	}
	if f := m.Program.HashField(); f >= 0 {
		m.HashField = f + 1
	} else if c.Rules.PasswordHash == value.HashNone {
		for _, i := range m.Program.Unused() {
			if isHashName(names[i]) {
				m.HashField = i + 1
			}
		}
	}
	return m, nil
}

// hashNames are what source columns with password hashes are called, in the
// spelling that matching by name compares.
var hashNames = []string{"passwordhash", "encryptedpassword", "passworddigest"}

func isHashName(name string) bool {
	folded := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(name))
	return slices.Contains(hashNames, folded)
}

// compile makes the converter for an input. Of names, those of JSON members that go
// nowhere are emptied: they are reported where they are found.
func (c *conversion) compile(in *validate.Input, names []string, h *validate.Header) (*Converter, error) {
	m, err := c.match(in, slices.Clone(names))
	if err != nil {
		return nil, err
	}
	for _, i := range m.Program.Unused() {
		switch {
		case c.Rules.PasswordHash == value.HashNone && isHashName(names[i]):
		case in.JSON():
			names[i] = ""
		case c.Mapping != nil && c.Mapping.Source.NamesByCount != nil && h.Names == nil:
			// The mapping names all that a system writes, and the file has no names.
		default:
			if err := c.unusedColumn(m, h, i); err != nil {
				return nil, err
			}
		}
	}
	if c.Matched != nil {
		c.Matched(m)
	}
	converter, err := Compile(Options{
		Program: m.Program, Validate: c.Rules, NoRepair: c.NoRepair, Backslash: c.Backslash, HashField: m.HashField, Side: c.side != nil && c.Output != nil,
	})
	if err != nil {
		return nil, err
	}
	return converter, c.headerCauses(in.Name, converter.HeaderCauses())
}

// strange reports whether a header has no column that is known. Perhaps it is none, so
// nothing of it is printed.
func (c *conversion) strange(names []string) bool {
	return len(names) > 0 && validate.KnownNames(names, c.knownNames()) == 0
}

// strayLevel is the level of a finding about what goes nowhere.
func (c *conversion) strayLevel() rule.Severity {
	if s, ok := c.Rules.Severity[rule.HeaderUnknownColumn]; ok {
		return s
	}
	return rule.Warning
}

// unusedColumn reports a source column that goes nowhere.
func (c *conversion) unusedColumn(m *Match, h *validate.Header, field int) error {
	severity := c.strayLevel()
	if severity == rule.Off {
		return nil
	}
	f := rule.Finding{
		Code: rule.HeaderUnknownColumn, Severity: severity, File: m.Input.Name, Column: m.Names[field], Field: field + 1,
		Text: ", so it goes nowhere", Pos: scan.Pos{Line: 1, Column: 1},
	}
	if m.strange && len(h.Names) > 0 || validate.IsValueLike(m.Names[field]) {
		f.Column, f.Text = "", fmt.Sprintf(", so field %d of the header, which may be a value, goes nowhere", field+1)
	}
	if len(h.Names) > 0 {
		f.Pos = h.Position(field)
	}
	return c.finding(&f)
}

// headerCauses says once what the header decides for every row: as an error that ends
// the conversion before rows are read, or as findings.
func (c *conversion) headerCauses(file string, causes []judge.HeaderCause) error {
	if c.Causes != nil {
		c.Causes(causes)
	}
	fatal := &HeaderCauseError{File: file}
	for _, cause := range causes {
		if cause.Severity == rule.Error && !c.KeepGoing {
			fatal.Causes = append(fatal.Causes, cause)
			continue
		}
		f := cause.Finding(file)
		if err := c.finding(&f); err != nil {
			return err
		}
	}
	if len(fatal.Causes) > 0 {
		return fatal
	}
	return nil
}
