// Package transform turns the records of an export into rows of an import file.
//
// A mapping (package mapping) says where each value comes from, repairs mend what can
// be mended exactly, package validate judges, and what passes is rendered in the
// dialect of the import. A Converter is all of that compiled; it is immutable and safe
// for concurrent use.
package transform

import (
	"bytes"
	"errors"

	"poolprep/transform/mapping"
	"poolprep/validate"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// Options say how records become rows of an import file. Pool, Program and
// Columns go together: the program's targets are the columns.
type Options struct {
	Program   *mapping.Program
	Validate  validate.Options // its Columns and Computed are filled in by Compile
	NoRepair  bool
	Backslash Backslash
	// HashField is the source column that holds password hashes which are left
	// out, from 1; 0: none. They are counted.
	HashField int
}

// Converter is the compiled form. It is immutable and safe for concurrent use.
type Converter struct {
	program    *mapping.Program
	validator  *validate.Validator
	targets    int
	source     []int    // for each column the field it comes from, or -1
	names      []string // for each column what its fields are called, see validate.RunOptions.SourceNames
	repairable []repairable
	verified   []int // *_verified columns that are filled: a blank there means false
	noRepair   bool
	nulls      bool // there are words that stand for no value
	backslash  Backslash
	hashSource int
	hashColumn int
	plain      []int // for each column the field that it is, -1: empty; nil: there is more to do than to take fields
	wholeRows  bool  // a row is the record as it is, field for field
}

// Compile makes a converter for the columns of the pool, see validate.TargetColumns.
func Compile(o Options) (*Converter, error) {
	if o.Validate.Pool == nil {
		o.Validate.Pool = schema.Default()
	}
	if o.Program == nil {
		return nil, errors.New("a converter needs a program")
	}
	columns := validate.TargetColumns(o.Validate.Pool, o.Validate.PasswordHash)
	c := &Converter{
		program: o.Program, targets: len(columns), noRepair: o.NoRepair, nulls: len(o.Validate.Nulls) > 0,
		backslash: o.Backslash, hashSource: o.HashField - 1,
	}
	o.Validate.Columns = columns
	o.Validate.Computed = make([]bool, len(columns))
	o.Validate.BackslashDone = o.Backslash != BackslashReject
	o.Validate.TrimSilently = !o.NoRepair
	used := make([]bool, len(columns))
	for _, m := range o.Program.Matches() {
		used[m.Target] = true
	}
	for i, name := range columns {
		c.source = append(c.source, o.Program.SourceColumn(i))
		c.names = append(c.names, o.Program.SourceNames(i, name))
		if kind := columnKindOf(o.Validate.Pool, name); kind != columnPlain && used[i] {
			c.repairable = append(c.repairable, repairable{i, kind})
		}
		o.Validate.Computed[i] = used[i] && !o.Program.Direct(i)
		if used[i] && (name == "email_verified" || name == "phone_number_verified") {
			c.verified = append(c.verified, i)
		}
	}
	var err error
	c.validator, err = validate.New(o.Validate)
	if err != nil {
		return nil, err
	}
	c.hashColumn = c.validator.HashColumn()
	if p := c.program; len(p.Made()) == 0 && p.Skips() == 0 {
		c.plain, c.wholeRows = p.Fields(), p.Identity()
	}
	return c, nil
}

// HeaderCauses returns what the mapping and the header decide for every row: columns
// that rows must have and nothing fills.
func (c *Converter) HeaderCauses() []validate.HeaderCause {
	filled := func(i int) bool {
		value, constant := c.program.Constant(i)
		return c.program.Filled(i) && !(constant && value == "")
	}
	return c.validator.HeaderCauses(filled, func(i int) bool {
		value, constant := c.program.Constant(i)
		return c.program.Filled(i) && !(constant && validate.IsFalse(value))
	})
}

// repairable is a column that is more than text.
type repairable struct {
	column int
	kind   columnKind
}

// AppendHeader appends the header line of an import file, with its newline.
func (c *Converter) AppendHeader(dst []byte) []byte {
	for i := range c.targets {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, c.validator.ColumnName(i)...)
	}
	return append(dst, '\n')
}

// stage maps, repairs and renders the records of a block. It is for one goroutine.
type stage struct {
	c       *Converter
	state   *mapping.State
	out     []byte   // rows of the import file
	ends    []uint32 // for each record the end of out after it
	repairs []made
	hashes  []value.HashAlgorithm // of each record's row; empty if no hash is imported
	left    []int32               // records with a value of HashField
	scratch []byte
	asRead  []scan.Span // with NoRepair: the values as they were, for judging trims them
	dataEnd uint32      // where the block's own text ends in the row buffer
	values  []scan.Span // of a row whose values are fields
}

var _ validate.Stage = (*stage)(nil)

func (c *Converter) newStage() *stage { return &stage{c: c, state: c.program.NewState()} }

// record returns the index of the record at hand in its block.
func (s *stage) record() int32 { return int32(len(s.ends)) }

func (s *stage) Begin(block *scan.Block) {
	s.dataEnd = uint32(len(block.Data))
	s.out, s.ends, s.repairs, s.hashes, s.left = s.out[:0], s.ends[:0], s.repairs[:0], s.hashes[:0], s.left[:0]
}

func (s *stage) Refuse() { s.end(value.HashNone) }

// end closes the record at hand.
func (s *stage) end(h value.HashAlgorithm) {
	s.ends = append(s.ends, uint32(len(s.out)))
	if s.c.hashColumn >= 0 {
		s.hashes = append(s.hashes, h)
	}
}

func (s *stage) AcceptFields(block *scan.Block, x *scan.Index, from, to int) {
	records := x.Records[from:to]
	if s.c.wholeRows && block.Comma() && x.CRLFs == 0 {
		s.out, s.ends = block.Unquote(s.out, s.ends, records)
	} else {
		for i := range records {
			s.out = s.appendFields(s.out, block, x, &records[i])
			s.ends = append(s.ends, uint32(len(s.out)))
		}
	}
	if s.c.hashColumn >= 0 {
		for range records {
			s.hashes = append(s.hashes, value.HashNone)
		}
	}
}

func (s *stage) Values(ch *validate.Checker, buf []byte, fields, values []scan.Span) ([]byte, int) {
	if s.c.nulls {
		s.emptyNulls(ch, buf, fields)
	}
	if !s.c.program.Identity() {
		var skip int
		var failures []mapping.Failure
		if buf, skip, failures = s.state.Row(buf, fields, values); skip >= 0 {
			return buf, skip + 1
		}
		s.noteFailures(ch, failures, fields)
		if s.c.nulls {
			s.emptyMadeNulls(ch, buf, values)
		}
	}
	if s.c.hashSource >= 0 && fields[s.c.hashSource].Len() > 0 {
		s.left = append(s.left, s.record())
	}
	if s.c.backslash != BackslashReject || !s.c.noRepair {
		buf = s.mend(buf, values)
	}
	if s.c.noRepair {
		s.asRead = append(s.asRead[:0], values...)
	}
	return buf, 0
}

// mend repairs values in place, as far as the options allow.
func (s *stage) mend(buf []byte, values []scan.Span) []byte {
	if !s.c.noRepair {
		buf = s.repair(buf, values)
	}
	if s.c.backslash != BackslashReject {
		for i := range values {
			if values[i].Len() > 0 {
				buf, values[i] = s.repairBackslashes(buf, values[i])
			}
		}
	}
	return buf
}

// noteFailures turns the failures of a mapping into findings.
func (s *stage) noteFailures(ch *validate.Checker, failures []mapping.Failure, fields []scan.Span) {
	for _, f := range failures {
		code := rule.MapFailed
		if f.Code == mapping.LookupMiss {
			code = rule.MapLookupMiss
		}
		var value scan.Span
		if source := s.c.source[f.Target]; source >= 0 {
			value = fields[source]
		}
		ch.Note(code, f.Target, f.Text, value)
	}
}

func (s *stage) Accept(ch *validate.Checker, buf []byte, values []scan.Span) bool {
	if s.c.noRepair {
		values = s.asRead
	}
	start := len(s.out)
	s.out = appendRow(s.out, buf, values, s.dataEnd)
	if len(s.out)-start > validate.MaxRowBytes && !ch.RowLength(len(s.out)-start) {
		s.out = s.out[:start]
		return false
	}
	s.out = append(s.out, '\n')
	h := value.HashNone
	if s.c.hashColumn >= 0 {
		h = value.HashOf(values[s.c.hashColumn].Of(buf))
	}
	for range ch.Trimmed() {
		s.note(RepairTrim)
	}
	s.end(h)
	return true
}

// appendFields appends the row whose values are fields of a record.
func (s *stage) appendFields(dst []byte, block *scan.Block, x *scan.Index, r *scan.Record) []byte {
	s.values = s.values[:0]
	quote := block.Quote()
	for _, field := range s.c.plain {
		var v scan.Span
		if field >= 0 {
			v = x.Field(r, field)
			if v.Start < v.End && quote != 0 && block.Data[v.Start] == quote {
				v.Start++
				v.End--
			}
		}
		s.values = append(s.values, v)
	}
	return append(appendRow(dst, block.Data, s.values, s.dataEnd), '\n')
}

// appendRow appends values as the import file holds them. Neighbours that stand
// in the input, before dataEnd, with nothing but a comma between them are copied
// in one go: a comma just outside of a value is a delimiter, so neither of them
// is quoted, and neither holds a comma.
func appendRow(dst, buf []byte, values []scan.Span, dataEnd uint32) []byte {
	for i := 0; i < len(values); {
		if i > 0 {
			dst = append(dst, ',')
		}
		v := values[i]
		end, single := v.End, true
		for i++; i < len(values) && values[i].Start == end+1 && end < dataEnd && buf[end] == ','; i++ {
			end, single = values[i].End, false
		}
		switch {
		case !single:
			dst = append(dst, buf[v.Start:end]...)
		case v.Start != end:
			dst = appendEscaped(dst, v.Of(buf))
		}
	}
	return dst
}

// appendEscaped appends a value as the import file holds it: a backslash before each comma.
func appendEscaped(dst, v []byte) []byte {
	for {
		i := bytes.IndexByte(v, ',')
		if i < 0 {
			return append(dst, v...)
		}
		dst = append(dst, v[:i]...)
		dst = append(dst, '\\', ',')
		v = v[i+1:]
	}
}
