package transform

import (
	"bytes"

	"poolprep/validate"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
)

// Preview is a record before and after its conversion. It is valid during the call that
// it is given to. It holds values.
type Preview struct {
	File   string
	Line   int64    // physical line on which the record starts, from 1
	Fields [][]byte // of the source, as read; nil: the record cannot be read
	Values [][]byte // of the columns of the import file; nil: the record was rejected or skipped

	Rejected bool
	Findings []rule.Finding
	Skipped  bool
	Reason   string // why it was skipped
}

// preview shows the next records to RunOptions.Preview, which is done once it returns false.
func (r *runner) preview(b *validate.Batch, s *stage) error {
	for i, v := range b.Verdicts {
		if !v.IsRow() {
			continue
		}
		p := Preview{File: r.o.Run.Input.Name, Line: b.Line(i), Rejected: v == ledger.Rejected, Skipped: v == ledger.Skipped}
		raw := b.Raw(i)
		if b.Records[i].Fault == scan.Sound {
			var err error
			if p.Fields, err = r.fieldsOf(raw); err != nil {
				return err
			}
		}
		switch v {
		case ledger.Accepted:
			start := uint32(0)
			if i > 0 {
				start = s.ends[i-1]
			}
			var err error
			if p.Values, err = fieldsOf(s.out[start:s.ends[i]], scan.Dialect{Kind: scan.Cognito}); err != nil {
				return err
			}
		case ledger.Rejected:
			p.Findings = b.FindingsOf(i)
		case ledger.Skipped:
			p.Reason = r.reason(b.SkipOf(i))
		}
		if !r.o.Preview(&p) {
			r.o.Preview = nil
			return nil
		}
	}
	return nil
}

// fieldsOf returns the values of the fields of a record; nil if they cannot be read.
func (r *runner) fieldsOf(raw []byte) ([][]byte, error) {
	if r.o.Run.Format == nil {
		return fieldsOf(raw, r.o.Run.Input.Dialect())
	}
	spans := make([]scan.Span, r.o.Run.Fields)
	record := bytes.TrimRight(raw, "\r\n")
	buf, fault := r.o.Run.Format.Fields(bytes.Clone(record), scan.Span{End: uint32(len(record))}, spans, func([]byte, int) {})
	if fault != nil {
		return nil, nil
	}
	fields := make([][]byte, len(spans))
	for f, span := range spans {
		fields[f] = span.Of(buf)
	}
	return fields, nil
}

// fieldsOf returns the values of the fields of a record of delimited text.
func fieldsOf(raw []byte, d scan.Dialect) ([][]byte, error) {
	d.Comment = ""
	r, err := scan.NewReader(bytes.NewReader(raw), scan.Pos{}, d)
	if err != nil {
		return nil, err
	}
	var fields [][]byte
	for record, err := range r.All() {
		if err != nil {
			return nil, err
		}
		for _, f := range record.Fields {
			fields = append(fields, bytes.Clone(f))
		}
		break
	}
	return fields, nil
}
