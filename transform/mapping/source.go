package mapping

import (
	"cmp"

	"poolprep/validate"
	"poolprep/validate/scan"
)

// Repairs are the systems whose exporters wrote records that break the rules of quoting, in
// a way that is known.
var Repairs = []string{"firebase"}

// SourceDialect is how the source is written, as far as the mapping says.
type SourceDialect struct {
	Delimiter     string // a byte, or comma, semicolon, tab, pipe, auto; "": not stated
	Quote         string // a byte, or none; "": not stated
	Encoding      string // "": not stated
	LenientQuotes bool
	Escape        string // a byte; "": not stated
	TrimFields    bool
	Comment       string // what such a line begins with; "": not stated
	SkipLines     int
	NoHeader      bool
	Names         []string // of the columns, where there is no header; nil: 1, 2, 3 ...
	// NamesByCount are the same by how many fields a record has, from 1; nil: not stated.
	NamesByCount map[int][]string
	Repair       string   // the system whose known mistakes in quoting are repaired, see Repairs; "": none
	Nulls        []string // words that stand for no value, see judge.Options
}

// Fill takes over what the mapping says where a reading leaves it open.
func (s *SourceDialect) Fill(r *validate.Reading) {
	d := &r.Dialect
	if d.Kind == scan.CSV && !r.JSONLines {
		if delimiter, _ := validate.ParseDelimiter(s.Delimiter); d.Delimiter == 0 {
			d.Delimiter = delimiter
			r.Detect = delimiter == 0 && (r.Detect || s.Delimiter == "auto")
		}
		if d.Quote == 0 && s.Quote == "none" {
			d.NoQuotes = true
		} else if d.Quote == 0 && !d.NoQuotes && s.Quote != "" {
			d.Quote = s.Quote[0]
		}
		if d.Escape == 0 && s.Escape != "" {
			d.Escape = s.Escape[0]
		}
		d.LenientQuotes = d.LenientQuotes || s.LenientQuotes
		d.TrimFields = d.TrimFields || s.TrimFields
	}
	d.Comment = cmp.Or(d.Comment, s.Comment)
	r.SkipLines = cmp.Or(r.SkipLines, s.SkipLines)
	if r.Encoding == "" || r.Encoding == "auto" {
		r.Encoding = cmp.Or(s.Encoding, r.Encoding)
	}
}
