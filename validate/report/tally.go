package report

import (
	"cmp"
	"slices"

	"poolprep/validate/rule"
)

// Tally counts findings by severity, code and column. The zero value has none. It is
// for one goroutine. What it takes is bounded: of a code it knows maxColumns columns
// by name.
type Tally struct {
	counts map[tallied]*int64
	names  map[rule.Code]int // columns of a code that have a count of their own
	last   tallied
	ofLast *int64
}

type tallied struct {
	severity rule.Severity
	code     rule.Code
	column   string
	others   bool // columns beyond maxColumns
}

// maxColumns is how many columns of a code are counted by name: more than a pool has.
const maxColumns = 200

// Finding counts a finding.
func (t *Tally) Finding(f *rule.Finding) {
	key := tallied{severity: f.Severity, code: f.Code, column: f.Column}
	if t.ofLast == nil || key != t.last {
		t.ofLast, t.last = t.count(key), key
	}
	*t.ofLast++
}

// count returns where findings with the key are counted.
func (t *Tally) count(key tallied) *int64 {
	if n := t.counts[key]; n != nil {
		return n
	}
	if t.counts == nil {
		t.counts, t.names = make(map[tallied]*int64), make(map[rule.Code]int)
	}
	if t.names[key.code] >= maxColumns {
		key.column, key.others = "", true
		if n := t.counts[key]; n != nil {
			return n
		}
	}
	t.names[key.code]++
	n := new(int64)
	t.counts[key] = n
	return n
}

// CodeCount is how many findings of a code there were at a level, and in which columns.
type CodeCount struct {
	Severity rule.Severity
	Code     rule.Code
	N        int64
	Columns  []ColumnCount // by N, the greatest first; those about a whole record are not here
	Others   int64         // findings in columns that are not in Columns
}

// ColumnCount is how many findings there were about a column.
type ColumnCount struct {
	Name string
	N    int64
}

// Counts returns the counts, errors before warnings, and the greatest of a level first.
func (t *Tally) Counts() []CodeCount {
	type level struct {
		severity rule.Severity
		code     rule.Code
	}
	byCode := make(map[level]*CodeCount)
	for key, n := range t.counts {
		c := byCode[level{key.severity, key.code}]
		if c == nil {
			c = &CodeCount{Severity: key.severity, Code: key.code}
			byCode[level{key.severity, key.code}] = c
		}
		c.N += *n
		switch {
		case key.others:
			c.Others += *n
		case key.column != "":
			c.Columns = append(c.Columns, ColumnCount{key.column, *n})
		}
	}
	var out []CodeCount
	for _, c := range byCode {
		slices.SortFunc(c.Columns, func(a, b ColumnCount) int {
			return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
		})
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b CodeCount) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.N, a.N), cmp.Compare(a.Code, b.Code))
	})
	return out
}
