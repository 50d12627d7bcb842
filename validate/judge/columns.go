package judge

import (
	"slices"

	"poolprep/validate/rule"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// poolOf returns the pool, the embedded default one if none is stated.
func (o *Options) poolOf() *schema.Pool {
	if o.Pool == nil {
		return schema.Default()
	}
	return o.Pool
}

// TargetColumns returns the columns of an import file for the pool, in template
// order. password_hash is one of them only if an algorithm is named.
func TargetColumns(pool *schema.Pool, hash value.HashAlgorithm) []string {
	columns := slices.DeleteFunc(slices.Clone(pool.Header), func(name string) bool {
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
