package validate

import "poolprep/validate/rule"

// stray is something in a record that is named like no field.
type stray struct {
	record int
	name   string
	at     int // offset in the record
}

// maxStrays is how many names are reported.
const maxStrays = MaxColumns

// stray notes what Format finds in a record, once for each name in a block.
func (b *Batch) stray(record int, name []byte, at int) {
	if b.strayed[string(name)] {
		return
	}
	if b.strayed == nil {
		b.strayed = make(map[string]bool)
	}
	b.strayed[string(name)] = true
	b.strays = append(b.strays, stray{record, string(name), at})
}

func (b *Batch) clearStrays() {
	clear(b.strays)
	b.strays = b.strays[:0]
	clear(b.strayed)
}

// reportStrays reports the names that were not reported before.
func (r *runner) reportStrays(b *Batch) error {
	if r.Stray == rule.Off {
		return nil
	}
	for _, s := range b.strays {
		if s.record >= len(b.Records) || r.strays[s.name] || len(r.strays) == maxStrays {
			continue
		}
		if r.strays == nil {
			r.strays = make(map[string]bool)
		}
		r.strays[s.name] = true
		f := rule.Finding{Code: rule.HeaderUnknownColumn, Severity: r.Stray, File: r.Input.Name, Column: s.name, Text: ", so it goes nowhere", Pos: r.posOf(b, s.record)}
		if IsValueLike(s.name) {
			f.Column, f.Text = "", ", so this member, whose name may be a value, goes nowhere"
		}
		f.Pos.Offset, f.Pos.Column = f.Pos.Offset+int64(s.at), f.Pos.Column+s.at
		r.sum.Count(f.Code, f.Severity, false)
		if r.Report != nil {
			if err := r.Report(&f); err != nil {
				return err
			}
		}
	}
	return nil
}
