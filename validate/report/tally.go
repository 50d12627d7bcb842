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
	codes [rule.NumCodes]ofCode
}

// ofCode are the counts of a code.
type ofCode struct {
	cases []Case
	index map[caseKey]int // of all cases
}

type caseKey struct {
	severity rule.Severity
	column   string
	others   bool
}

// Case is how many findings there were of a code, at a level, about a column.
type Case struct {
	Severity rule.Severity
	Code     rule.Code
	Column   string // "": whole records, headers or files
	Others   bool   // of all columns beyond those that are counted by name
	N        int64
	File     string // where the first one was
	Line     int64  // from 1
	Position int    // in the line, in bytes from 1
}

const (
	// maxColumns is how many columns of a code are counted by name: more than a pool has.
	maxColumns = 200
	// fewCases are searched faster one by one.
	fewCases = 8
)

// Finding counts a finding. A code that there is not is not counted.
func (t *Tally) Finding(f *rule.Finding) {
	if f.Code >= rule.NumCodes {
		return
	}
	of := &t.codes[f.Code]
	for i := range of.cases[:min(len(of.cases), fewCases)] {
		if c := &of.cases[i]; c.Severity == f.Severity && !c.Others && c.Column == f.Column {
			c.N++
			return
		}
	}
	of.cases[of.find(f)].N++
}

// find returns the place of the case of a finding, which it may add.
func (of *ofCode) find(f *rule.Finding) int {
	key := caseKey{severity: f.Severity, column: f.Column}
	if i, ok := of.index[key]; ok {
		return i
	}
	if len(of.cases) >= maxColumns {
		key.column, key.others = "", true
		if i, ok := of.index[key]; ok {
			return i
		}
	}
	if of.index == nil {
		of.index = make(map[caseKey]int)
	}
	of.index[key] = len(of.cases)
	of.cases = append(of.cases, Case{
		Severity: key.severity, Code: f.Code, Column: key.column, Others: key.others, File: f.File, Line: f.Pos.Line, Position: f.Pos.Column,
	})
	return len(of.cases) - 1
}

// Cases returns the counts, errors before warnings, the greatest codes of a level first,
// and of a code the greatest columns.
func (t *Tally) Cases() []Case {
	type level struct {
		severity rule.Severity
		code     rule.Code
	}
	var out []Case
	ofLevel := make(map[level]int64)
	for i := range t.codes {
		out = append(out, t.codes[i].cases...)
		for _, c := range t.codes[i].cases {
			ofLevel[level{c.Severity, c.Code}] += c.N
		}
	}
	slices.SortFunc(out, func(a, b Case) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity), cmp.Compare(ofLevel[level{b.Severity, b.Code}], ofLevel[level{a.Severity, a.Code}]),
			cmp.Compare(a.Code, b.Code), cmp.Compare(b.N, a.N), cmp.Compare(a.Column, b.Column),
		)
	})
	return out
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
	var out []CodeCount
	for _, c := range t.Cases() {
		last := len(out) - 1
		if last < 0 || out[last].Severity != c.Severity || out[last].Code != c.Code {
			out = append(out, CodeCount{Severity: c.Severity, Code: c.Code})
			last++
		}
		out[last].N += c.N
		switch {
		case c.Others:
			out[last].Others += c.N
		case c.Column != "":
			out[last].Columns = append(out[last].Columns, ColumnCount{c.Column, c.N})
		}
	}
	return out
}
