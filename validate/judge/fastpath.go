package judge

import (
	"slices"
	"unicode/utf8"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// FastPath finds, column by column, the rows of a block about which there is
// nothing to say: no finding, nothing to repair. Most rows are like that, and
// pass without being looked at field by field. The others are judged by a
// Checker, which alone knows the rules; the fast path only has to be sure where it
// says that a row is sound. It is immutable and safe for concurrent use; the state of a
// goroutine is a FastBlock.
type FastPath struct {
	v         *Validator
	fields    int
	decoded   bool
	madeSize  int // bytes that a made value may have
	maxLength int // bytes that a record may have, so that no text in it needs to be measured
	columns   []fastColumn
	taking    [][]int // for each field the columns whose value it is
	keys      []int   // for each key of the validator its place in columns
	email     int     // place in columns, -1: not there
	phone     int
	truths    []int // places of emailVerified and phoneVerified, -1: not there

	header    func(raw []byte, quote byte) bool // records that may be the header again need a look; nil: the columns see to that
	minLength int                               // bytes that a record has at least, if it is not blank
	leads     *leads                            // characters and words that need a look
	edges     *scan.Edges
}

// fastColumn is a column whose values must be looked at.
type fastColumn struct {
	*column
	index    int // of the validator's column
	field    int
	made     bool
	required bool
	empty    bool // must be empty
}

// Records says what a FastPath is for.
type Records struct {
	Dialect scan.Dialect
	Fields  int // that each has
	// Header says which records, as they are written, may be the header again; nil: none.
	Header func(raw []byte, quote byte) bool
	// Decoded says that somebody else finds the fields, see FastBlock.BeginDecoded: nothing
	// is known of the text they stand in.
	Decoded bool
}

// NewFastPath returns the fast path for records. It returns nil if every row must be judged by
// a Checker, or a column comes from a field that is not there.
func (v *Validator) NewFastPath(r Records) *FastPath {
	fields := r.Fields
	s := &FastPath{v: v, fields: fields, decoded: r.Decoded, maxLength: min(maxValue, MaxRowBytes/4), email: -1, phone: -1, truths: []int{-1, -1}}
	s.taking = make([][]int, fields)
	for i, o := range v.origins {
		if o.Field >= fields {
			return nil
		}
		if o.Field >= 0 && !o.Made {
			s.taking[o.Field] = append(s.taking[o.Field], i)
		}
	}
	for i := range v.columns {
		c := fastColumn{column: &v.columns[i], index: i, field: v.origins[i].Field, made: v.origins[i].Made || r.Decoded && v.origins[i].Field >= 0}
		c.required = c.column.required ||
			c.kind == schema.KindMFA && v.rules == Rules2023 ||
			c.isVerified && v.silent // a blank one is repaired
		if c.field < 0 && !c.made {
			if c.column.required || c.kind == schema.KindMFA && v.rules == Rules2023 {
				return nil
			}
			continue
		}
		c.empty = c.kind == schema.KindHash && (v.hash == value.HashNone || v.hash == value.HashAuto) // of auto each algorithm counts
		isKey := slices.ContainsFunc(v.keys, func(k KeyColumn) bool { return k.Column == i })
		if c.kind == schema.KindNone || c.kind == schema.KindText && !c.made && !c.required && c.minLength <= 1 && c.maxLength >= s.maxLength && !isKey {
			continue
		}
		place := len(s.columns)
		switch i {
		case v.email:
			s.email = place
		case v.phone:
			s.phone = place
		case v.emailVerified:
			s.truths[0] = place
		case v.phoneVerified:
			s.truths[1] = place
		}
		s.columns = append(s.columns, c)
	}
	for _, k := range v.keys {
		s.keys = append(s.keys, slices.IndexFunc(s.columns, func(c fastColumn) bool { return c.index == k.Column }))
	}
	s.madeSize = madeSize(len(v.columns), s.maxLength)
	s.leads, s.edges = v.newLeads(r.Dialect, fields), scan.NewEdges(r.Dialect)
	s.structure(r.Header, r.Dialect.KeepBlank)
	return s
}

// structure sees to it that blank records, and those that are the header again, get a
// look. Most fast paths have columns that see to that: none of these is empty or the name
// of a column.
func (s *FastPath) structure(header func(raw []byte, quote byte) bool, keepBlank bool) {
	kinds := func(fits func(*fastColumn) bool) bool {
		for i := range s.columns {
			if fits(&s.columns[i]) {
				return true
			}
		}
		return false
	}
	if !kinds(func(c *fastColumn) bool { return c.kind == schema.KindBoolean || c.kind == schema.KindMFA }) {
		s.header = header
	}
	if !keepBlank && len(s.v.verifiers) == 0 && !kinds(func(c *fastColumn) bool { return c.required }) {
		s.minLength = 3 * s.fields // a blank one has delimiters, and quotes
	}
}

// mask says about what of a row there may be something to say: 0 about nothing,
// from wholeRow on about anything, and else bits say in which columns of the fast path.
type mask uint32

const (
	wholeRow mask = 1 << 31
	// rewritten is about values that do not stand in the input as they are, see Columns.decode.
	rewritten mask = 1 << 30
)

// Recheck says about what of a record there may be something to say.
type Recheck uint8

// What is rechecked.
const (
	RecheckNothing Recheck = iota // there is nothing to say
	RecheckValues                 // single values, see FastBlock.JudgeValues
	RecheckRow                    // anything: the record is to be judged by itself
)

// bit returns the mask for a value in the column with the given place. It is
// about the whole row where a repair may help, or other values depend on it.
func (s *FastPath) bit(place int) mask {
	c := &s.columns[place]
	switch c.kind {
	case schema.KindUsername, schema.KindEmail, schema.KindPhone, schema.KindNumber, schema.KindDateTime, schema.KindText:
	case schema.KindBirthdate, schema.KindUpdatedAt:
		if s.v.silent {
			return wholeRow
		}
	default:
		return wholeRow
	}
	if place >= 30 {
		return wholeRow
	}
	return 1 << place
}

// FastBlock is the state of one goroutine. After Begin a caller that makes values does so
// with Columns; then come Judge, and Next again and again.
type FastBlock struct {
	path    *FastPath
	recheck []mask       // by record
	content scan.Content // of the whole block
	cols    Columns
	spans   [][]scan.Span // values by column of the fast path and record
	truths  [2][]bool     // of emailVerified and phoneVerified by record

	classified []scan.Classified
	found      []uint64    // see scan.Leads
	row        []scan.Span // of JudgeValues
	decodedRow []scan.Span // of BeginDecoded
}

// Start returns a FastBlock for one goroutine.
func (s *FastPath) Start() *FastBlock {
	return &FastBlock{path: s, spans: make([][]scan.Span, len(s.columns)), cols: Columns{
		Values: make([][]scan.Span, len(s.v.columns)), fields: make([][]scan.Span, s.fields), known: make([]bool, s.fields), written: make([]bool, s.fields),
		taking: s.taking,
	}, row: make([]scan.Span, len(s.v.columns)), decodedRow: make([]scan.Span, s.fields)}
}

// Begin takes the records of a block, indexed, and marks for a recheck those that cannot pass by
// column whatever their values are. If it returns false, all are to be judged one by one.
func (s *FastBlock) Begin(b *scan.Block, x *scan.Index) bool {
	content, ok := b.Content(x)
	if !ok || len(x.Records) == 0 {
		return false
	}
	padded := b.Data[:cap(b.Data)]
	s.recheck = resize(s.recheck, len(x.Records))
	for i := range x.Records {
		r := &x.Records[i]
		s.recheck[i] = 0
		length := int(r.End - r.Start)
		s.recheckIf(i, int(r.N) != s.path.fields || length > s.path.maxLength || length < s.path.minLength)
	}
	if s.path.header != nil {
		for i := range x.Records {
			s.recheckIf(i, s.path.header(padded[x.Records[i].Start:x.Records[i].End], b.Quote()))
		}
	}
	s.cols.begin(s, b, x)
	s.inspect(b, x, content)
	return true
}

// BeginDecoded is Begin for records whose fields somebody else finds: decode appends what
// does not stand in the record as it is to buf, which it returns, and fills in fields; it
// returns false for a record that is to be judged by itself.
func (s *FastBlock) BeginDecoded(b *scan.Block, x *scan.Index, decode func(record int, buf []byte, fields []scan.Span) ([]byte, bool)) bool {
	records := len(x.Records)
	s.recheck = resize(s.recheck, records)
	s.content = scan.HasAnything
	s.cols.begin(s, b, x)
	for f := range s.cols.fields {
		s.cols.known[f], s.cols.fields[f] = true, resize(s.cols.fields[f], records)
	}
	row, valid := s.decodedRow, scan.ValidUTF8(b.Data)
	if !valid {
		s.content |= scan.HasInvalid
	}
	for i := range x.Records {
		r := &x.Records[i]
		s.recheck[i] = 0
		ok := !r.Blank && r.N > 0 && r.Fault == scan.Sound && (valid || utf8.Valid(b.Data[r.Start:r.End]))
		if ok {
			s.cols.Buf, ok = decode(i, s.cols.Buf, row)
		}
		if s.recheckIf(i, !ok); !ok {
			clear(row)
		}
		for f, v := range row {
			s.cols.fields[f][i] = v
			s.recheckIf(i, s.cols.hasEdges(v))
		}
	}
	s.cols.pad()
	for i, o := range s.path.v.origins {
		if o.Field >= 0 && !o.Made {
			s.cols.Values[i] = s.cols.fields[o.Field]
		}
	}
	return records > 0
}

// hasEdges reports whether white space is around a value, which is taken off row by row.
func (c *Columns) hasEdges(v scan.Span) bool {
	if v.Start == v.End || c.Buf[v.Start]-'!' < utf8.RuneSelf-'!' && c.Buf[v.End-1]-'!' < utf8.RuneSelf-'!' {
		return false
	}
	start, end := value.Trim(v.Of(c.Buf))
	return end-start != v.Len()
}

// Columns returns the values of the block, by column, until the next Begin.
func (s *FastBlock) Columns() *Columns { return &s.cols }

// Content returns what the fields of the block may hold, for Checker.Row.
func (s *FastBlock) Content() scan.Content { return s.content }

// Judge looks at the values. If it returns false, all records are to be judged one by one.
// The block's data is that of Columns().Buf from then on.
func (s *FastBlock) Judge() bool {
	b := s.cols.Block
	b.Data = s.cols.Buf[:len(b.Data)]
	padded := b.Data[:cap(b.Data)]
	for i := range s.path.columns {
		c := &s.path.columns[i]
		if c.made && s.cols.Values[c.index] == nil {
			return false
		}
		if s.spans[i] = s.cols.values(c); s.cols.Values[c.index] != nil {
			s.made(c, s.spans[i], padded)
		}
	}
	for i := range s.path.columns {
		s.column(i, s.spans[i], padded)
	}
	s.together(padded)
	return true
}

// Next returns how much of a record, from 0, is rechecked, and the end of the run of records
// from there of which the same is; a RecheckValues is about one record.
func (s *FastBlock) Next(from int) (to int, d Recheck) {
	recheck := s.recheck
	to = from + 1
	switch d := recheck[from]; {
	case d == 0:
		for to < len(recheck) && recheck[to] == 0 {
			to++
		}
		return to, RecheckNothing
	case d < wholeRow:
		return to, RecheckValues
	}
	for to < len(recheck) && recheck[to] >= wholeRow {
		to++
	}
	return to, RecheckRow
}

// JudgeValues lets c judge the values of a record that are rechecked, and reports whether its
// row is accepted. It adds the keys.
func (s *FastBlock) JudgeValues(c *Checker, record int) bool {
	c.Record(record)
	c.buf, c.values, c.content = s.cols.Block.Data, s.row, 0
	recheck := s.recheck[record]
	if recheck&rewritten != 0 {
		c.content = scan.HasQuotes
	}
	for _, column := range s.cols.judged(record, recheck) {
		v := s.cols.valueOf(record, column)
		c.values[column] = v
		if v.Len() > 0 {
			c.value(column, &s.path.v.columns[column], v.Of(c.buf))
		}
	}
	if s.path.v.twins {
		c.noteTwin(c.record, s.spans[s.path.keys[0]][record].Of(c.buf))
	}
	s.AddKeys(c, record, record+1)
	return !c.Rejected()
}

// recheckIf marks a whole row for a recheck.
func (s *FastBlock) recheckIf(record int, recheck bool) {
	if recheck {
		s.recheck[record] = wholeRow
	}
}
