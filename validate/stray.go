package validate

import (
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
)

// stray notes that a member of a record is named like no field, once for each name in a
// block. at is its offset in the record.
func (w *worker) stray(record int, name []byte, at int) {
	if w.Stray == rule.Off || w.strayed[string(name)] {
		return
	}
	if w.strayed == nil {
		w.strayed = make(map[string]bool)
	}
	w.strayed[string(name)] = true
	f := rule.Finding{Code: rule.HeaderUnknownColumn, Severity: w.Stray, Column: string(name), Text: ", so it goes nowhere"}
	if IsValueLike(f.Column) {
		f.Column, f.Text = "", ", so this member, whose name may be a value, goes nowhere"
	}
	f.Pos = w.place(record, at)
	w.Strays = append(w.Strays, ledger.Stray{Record: int32(record), Name: w.Seed.Fingerprint(ledger.MemberSpace, name), Finding: f})
}
