package judge

import (
	"fmt"
	"slices"

	"poolprep/validate/rule"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// Rules is an edition of the service's rules.
type Rules uint8

const (
	// Rules2026 is the newest guide: cognito:mfa_enabled may be blank.
	Rules2026 Rules = iota
	// Rules2023 are the guides up to 2023: cognito:mfa_enabled is never empty.
	Rules2023
)

// ParseRules reads "2026" or "2023".
func ParseRules(name string) (Rules, error) {
	switch name {
	case "2026":
		return Rules2026, nil
	case "2023":
		return Rules2023, nil
	}
	return 0, fmt.Errorf("unknown rules %q (2026 or 2023)", name)
}

// Limits of the import service for one file. Sizes are bytes, header and last
// newline included; rows are counted without the header.
const (
	MaxFileBytes = 100_000_000
	MaxFileRows  = 500_000
	MaxRowBytes  = 16_000
	maxValue     = 2048
	maxUsername  = 128
)

// Options say by what rules rows are judged. The zero value judges by the
// embedded default pool, all its columns in template order.
type Options struct {
	Pool         *schema.Pool
	Columns      []string // columns of the rows, in order; nil: TargetColumns. One that the pool does not have, such as "", is not judged
	Origins      []Origin // where their values come from, one a column; nil: column i is field i
	Rules        Rules
	Severity     map[rule.Code]rule.Severity // levels other than the usual ones
	NoDuplicates bool
	PasswordHash value.HashAlgorithm
	// Nulls are words that stand for no value: a value that is one of them, white
	// space around it aside, is empty before anything else is judged. See CheckNull.
	Nulls []string
	// BackslashDone says that ambiguous backslashes have been dealt with on purpose, so none is reported.
	BackslashDone bool
	// TrimSilently takes the white space off values, no-break spaces too, as a
	// repair: Checker.Trimmed counts it, and it is no finding.
	TrimSilently bool
}

// Origin says where the value of a column comes from.
type Origin struct {
	Field int    // the field, from 0, that is the value, or that it is made of; -1: none, or several
	Made  bool   // the value is made, see Columns; else it is the field as it stands, or empty
	Names string // what a person calls the fields that it comes from; "": as the column
}

// poolOf returns the pool, the embedded default one if none is stated.
func (o *Options) poolOf() *schema.Pool {
	if o.Pool == nil {
		return schema.Default()
	}
	return o.Pool
}

// HasColumn reports whether a file for the pool may have the column. password_hash is one
// also if an algorithm is named.
func (o *Options) HasColumn(name string) bool {
	return slices.Contains(o.poolOf().Header, name) || name == schema.HashColumn && o.PasswordHash != value.HashNone
}

// Level returns the level of a code, usual or set by the user.
func (o *Options) Level(c rule.Code) rule.Severity {
	if s, ok := o.Severity[c]; ok {
		return s
	}
	return c.Info().Severity()
}

// CountUsernames replaces the estimate of how many different usernames there were, in the
// profile of a run by these rules, by a count: every value but those that were duplicates of
// an accepted one. p may be nil.
func (o *Options) CountUsernames(p *rule.Profile, s *rule.Summary) {
	if p == nil || o.NoDuplicates || o.Level(rule.UsernameDuplicate) == rule.Off {
		return
	}
	for i := range p.Columns {
		if c := &p.Columns[i]; c.Name == schema.UsernameColumn {
			c.Distinct, c.DistinctError = max(0, c.Filled-s.Findings[rule.UsernameDuplicate]), 0
		}
	}
}

// TargetColumns returns the columns of an import file for the pool, nil for the embedded
// default one, in template order. password_hash is one of them only if an algorithm is named.
func TargetColumns(pool *schema.Pool, hash value.HashAlgorithm) []string {
	columns := slices.DeleteFunc(slices.Clone((&Options{Pool: pool}).poolOf().Header), func(name string) bool {
		return name == schema.HashColumn && hash == value.HashNone
	})
	if hash != value.HashNone && !slices.Contains(columns, schema.HashColumn) {
		columns = append(columns, schema.HashColumn)
	}
	return columns
}

// KnownColumns returns the names of a header with "" in the place of every
// column that the pool does not have and of every one that stood there before,
// for Options.Columns: the rest of a row can still be judged.
func KnownColumns(o Options, names []string) []string {
	out := make([]string, len(names))
	seen := make(map[string]bool, len(names)) // a header may have hundreds of thousands
	for i, name := range names {
		if !seen[name] && o.HasColumn(name) {
			out[i] = name
		}
		seen[name] = true
	}
	return out
}

// LackingColumns returns the columns of the pool that a header with these columns lacks.
func LackingColumns(o Options, columns []string) []string {
	return slices.DeleteFunc(TargetColumns(o.poolOf(), o.PasswordHash), func(name string) bool { return slices.Contains(columns, name) })
}

// CheckSeverity reports whether the user may give the code the level.
func CheckSeverity(c rule.Code, s rule.Severity) error {
	if c >= rule.NumCodes || s > rule.Error {
		return fmt.Errorf("judge: there is no code %d or no level %d", c, s)
	}
	if c.Info().Fixed() && s != c.Info().Severity() {
		why := "such a row cannot be read or written"
		if c == rule.PolicyUnreadable || c == rule.BaselineUnreadable {
			why = "the run could not be held against the file"
		}
		return fmt.Errorf("the level of %s cannot be changed: %s", c, why)
	}
	return nil
}

// misuse returns an error for values that mean nothing, and for columns that do not go
// with them.
func (o *Options) misuse(columns []string) error {
	switch {
	case o.Origins != nil && len(o.Origins) != len(columns):
		return fmt.Errorf("judge: %d Origins of %d columns", len(o.Origins), len(columns))
	case o.Rules > Rules2023:
		return fmt.Errorf("judge: there are no rules %d", o.Rules)
	case !o.PasswordHash.Valid():
		return fmt.Errorf("judge: there is no password hash %d", o.PasswordHash)
	}
	first := make(map[string]int, len(columns))
	for i, name := range columns {
		if at, there := first[name]; there && name != "" {
			return fmt.Errorf("judge: columns %d and %d are both %s", at, i, name)
		}
		first[name] = i
	}
	return nil
}
