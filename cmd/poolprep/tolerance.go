package main

import (
	"fmt"
	"math/big"
	"poolprep/validate/rule"
	"regexp"
	"strconv"
	"strings"
)

// tolerance is --max-rejects: a number of rows, or a percentage of those that were
// accepted or rejected. Rows left out on purpose do not dilute it.
type tolerance struct {
	set     bool
	rows    int64
	percent *big.Rat // exact: 0.57% of 10,000 rows are 57; nil: rows counts
	text    string
}

func (t *tolerance) String() string { return t.text }
func (t *tolerance) Type() string   { return "N|P%" }

// decimal is the form of a percentage.
var decimal = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,18})?$|^\.[0-9]{1,18}$`)

func (t *tolerance) Set(text string) error {
	number, isPercent := strings.CutSuffix(text, "%")
	if isPercent && decimal.MatchString(number) {
		percent, ok := new(big.Rat).SetString(number)
		if ok && percent.Cmp(big.NewRat(100, 1)) <= 0 {
			*t = tolerance{set: true, percent: percent, text: text}
			return nil
		}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		*t = tolerance{set: true, rows: n, text: text}
		return nil
	}
	return fmt.Errorf("%q: a number of rows is expected, or a percentage from 0%% to 100%% such as 0.5%%", text)
}

// allows reports whether so many rejected rows are tolerated.
func (t *tolerance) allows(s *rule.Summary) bool {
	switch {
	case !t.set:
		return s.RowsRejected == 0
	case t.percent == nil:
		return s.RowsRejected <= t.rows
	}
	most := new(big.Rat).Mul(t.percent, new(big.Rat).SetInt64(s.RowsAccepted+s.RowsRejected))
	return new(big.Rat).SetInt64(s.RowsRejected).Cmp(most.Quo(most, big.NewRat(100, 1))) <= 0
}
