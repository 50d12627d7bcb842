package validate

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
		return name == hashColumn && hash == value.HashNone
	})
	if hash != value.HashNone && !slices.Contains(columns, hashColumn) {
		columns = append(columns, hashColumn)
	}
	return columns
}

// KnownColumns returns the names of a header with "" in the place of every
// column that the pool does not have and of every one that stood there before,
// for Options.Columns: the rest of a row can still be judged.
func KnownColumns(o Options, names []string) []string {
	out := make([]string, len(names))
	first := firstPlaces(names)
	for i, name := range names {
		if first[name] == i && isColumn(o, name) {
			out[i] = name
		}
	}
	return out
}

// LackingColumns returns the columns of the pool that a header with these columns lacks.
func LackingColumns(o Options, columns []string) []string {
	return slices.DeleteFunc(TargetColumns(o.poolOf(), o.PasswordHash), func(name string) bool { return slices.Contains(columns, name) })
}

// firstPlaces returns where each name stands first, from 0. A header may have
// hundreds of thousands of names.
func firstPlaces(names []string) map[string]int {
	first := make(map[string]int, len(names))
	for i, name := range names {
		if _, there := first[name]; !there {
			first[name] = i
		}
	}
	return first
}

// isColumn reports whether the pool of o has the column.
func isColumn(o Options, name string) bool {
	return slices.Contains(o.poolOf().Header, name) || name == hashColumn && o.PasswordHash != value.HashNone
}

// LevelOf returns the level of a code, usual or set by the user.
func LevelOf(c rule.Code, levels map[rule.Code]rule.Severity) rule.Severity {
	if s, ok := levels[c]; ok {
		return s
	}
	return c.Info().Severity()
}
