package transform

import (
	"fmt"
	"slices"

	"poolprep/transform/mapping"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// Options say how records become rows of an import file. Pool, Program and
// Columns go together: the program's targets are the columns. The zero value is for records
// in the order of the default pool's columns.
type Options struct {
	Program   *mapping.Program // nil: the fields are the columns, in order
	Validate  judge.Options    // its Columns and Origins are filled in by Compile
	NoRepair  bool
	Backslash Backslash
	// HashField is the source column that holds password hashes which are left
	// out, from 1; 0: none. They are counted.
	HashField int
	// Side says that lines are made of what the program keeps of users beside the import
	// file, for RunOptions.Side.
	Side bool
}

// Converter is the compiled form. It is immutable and safe for concurrent use.
type Converter struct {
	program    *mapping.Program
	validator  *judge.Validator
	targets    int
	source     []int  // for each column the field it comes from, or -1
	copies     int    // how many columns the same field goes to, at most
	plain      []bool // for each column, that no sound value of it holds a comma
	repairable []repairable
	verified   []int // *_verified columns that are filled: a blank there means false
	noRepair   bool
	nulls      bool // there are words that stand for no value
	backslash  Backslash
	hashSource int
	hashColumn int
	hash       value.HashAlgorithm         // of the run
	softHash   map[rule.Code]rule.Severity // the level of a refusal of a hash that is left out then; nil: none is
	fromFields bool                        // see mapping.Program.FromFields
	side       bool                        // see Options.Side
	username   int                         // the column, from 0
}

// Compile makes a converter for the columns of the pool, see judge.TargetColumns.
func Compile(o Options) (*Converter, error) {
	if o.Validate.Pool == nil {
		o.Validate.Pool = schema.Default()
	}
	columns := judge.TargetColumns(o.Validate.Pool, o.Validate.PasswordHash)
	if o.Program == nil {
		m, err := mapping.ByName(columns, columns)
		if err != nil {
			return nil, err
		}
		if o.Program, err = m.Compile(columns, mapping.Options{Columns: columns}); err != nil {
			return nil, err
		}
	}
	if n := o.Program.SourceColumns(); o.Backslash > BackslashDouble || o.HashField < 0 || o.HashField > n {
		return nil, fmt.Errorf("transform: there is no Backslash %d, or no HashField %d of %d", o.Backslash, o.HashField, n)
	}
	if n := o.Program.Columns(); n != len(columns) {
		return nil, fmt.Errorf("transform: the program is compiled for %d columns, and the import file has %d", n, len(columns))
	}
	c := &Converter{
		program: o.Program, fromFields: o.Program.FromFields(), targets: len(columns), noRepair: o.NoRepair, nulls: len(o.Validate.Nulls) > 0,
		backslash: o.Backslash, hashSource: o.HashField - 1, username: slices.Index(columns, schema.UsernameColumn),
	}
	c.side = o.Side && o.Program.Side() && c.username >= 0
	o.Validate.Columns = columns
	o.Validate.Origins = nil
	o.Validate.BackslashDone = o.Backslash != BackslashReject
	o.Validate.TrimSilently = !o.NoRepair
	used := make([]bool, len(columns))
	for _, m := range o.Program.Matches() {
		used[m.Target] = true
	}
	for i, name := range columns {
		c.source = append(c.source, o.Program.SourceColumn(i))
		plain := false
		switch kind := o.Validate.Pool.Kind(name); kind {
		case schema.KindBoolean, schema.KindMFA, schema.KindBirthdate, schema.KindUpdatedAt:
			// Without repairs a date that is none may pass by column, with a warning.
			plain = !o.NoRepair || kind == schema.KindBoolean || kind == schema.KindMFA
			if used[i] {
				c.repairable = append(c.repairable, repairable{i, kind})
			}
		}
		c.plain = append(c.plain, plain)
		o.Validate.Origins = append(o.Validate.Origins, judge.Origin{
			Field: c.source[i], Made: used[i] && !o.Program.Direct(i), Names: o.Program.SourceNames(i, name),
		})
		if used[i] && schema.IsVerified(name) {
			c.verified = append(c.verified, i)
		}
	}
	var err error
	c.validator, err = judge.New(o.Validate)
	if err != nil {
		return nil, err
	}
	c.hashColumn, c.hash = c.validator.HashColumn(), o.Validate.PasswordHash
	c.leaveOutHashes(o)
	times := make(map[int]int)
	for _, f := range o.Program.Fields() {
		if f >= 0 {
			times[f]++
		}
		c.copies = max(c.copies, times[f], 1)
	}
	return c, nil
}

// leaveOutHashes settles which password hashes are left out instead of rejecting the row:
// those that the rules refuse, if the mapping says so and the user does not want an error.
func (c *Converter) leaveOutHashes(o Options) {
	if c.hashColumn < 0 || !o.Program.Soft(c.hashColumn) {
		return
	}
	c.softHash = make(map[rule.Code]rule.Severity)
	for _, code := range []rule.Code{rule.HashFormat, rule.HashOther, rule.HashBounds} {
		switch level, set := o.Validate.Severity[code]; {
		case !set:
			c.softHash[code] = rule.Warning
		case level != rule.Error:
			c.softHash[code] = level
		}
	}
}

// HeaderCauses returns what the mapping and the header decide for every row: columns
// that rows must have and nothing fills.
func (c *Converter) HeaderCauses() []judge.HeaderCause {
	filled := func(i int) bool {
		value, constant := c.program.Constant(i)
		return c.program.Filled(i) && !(constant && value == "")
	}
	return c.validator.HeaderCauses(filled, func(i int) bool {
		value, constant := c.program.Constant(i)
		return c.program.Filled(i) && !(constant && judge.IsFalse(value))
	})
}

// repairable is a column that is more than text.
type repairable struct {
	column int
	kind   schema.Kind
}
