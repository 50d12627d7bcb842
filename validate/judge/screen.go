package judge

import (
	"slices"
	"unicode/utf8"

	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/value"
)

// Screen finds, column by column, the rows of a block about which there is
// nothing to say: no finding, nothing to repair. Most rows are like that, and
// pass without being looked at field by field. The others are judged by a
// Checker, which alone knows the rules; the screen only has to be sure where it
// says that a row is sound. It is immutable and safe for concurrent use; the state of a
// goroutine is a Screening.
type Screen struct {
	v         *Validator
	fields    int
	decoded   bool
	madeSize  int // bytes that a made value may have
	maxLength int // bytes that a record may have, so that no text in it needs to be measured
	columns   []screened
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

// screened is a column whose values must be looked at.
type screened struct {
	*column
	index    int // of the validator's column
	field    int
	made     bool
	required bool
	empty    bool // must be empty
}

// Records says what a Screen is for.
type Records struct {
	Dialect scan.Dialect
	Fields  int // that each has
	// Header says which records, as they are written, may be the header again; nil: none.
	Header func(raw []byte, quote byte) bool
	// Decoded says that somebody else finds the fields, see Screening.BeginDecoded: nothing
	// is known of the text they stand in.
	Decoded bool
}

// NewScreen returns the screen for records. It returns nil if every row must be judged by
// a Checker, or a column comes from a field that is not there.
func (v *Validator) NewScreen(r Records) *Screen {
	fields := r.Fields
	s := &Screen{v: v, fields: fields, decoded: r.Decoded, maxLength: min(maxValue, MaxRowBytes/4), email: -1, phone: -1, truths: []int{-1, -1}}
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
		c := screened{column: &v.columns[i], index: i, field: v.origins[i].Field, made: v.origins[i].Made || r.Decoded && v.origins[i].Field >= 0}
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
		s.keys = append(s.keys, slices.IndexFunc(s.columns, func(c screened) bool { return c.index == k.Column }))
	}
	s.madeSize = madeSize(len(v.columns), s.maxLength)
	s.leads, s.edges = v.newLeads(r.Dialect, fields), scan.NewEdges(r.Dialect)
	s.structure(r.Header, r.Dialect.KeepBlank)
	return s
}

// structure sees to it that blank records, and those that are the header again, get a
// look. Most screens have columns that see to that: none of these is empty or the name
// of a column.
func (s *Screen) structure(header func(raw []byte, quote byte) bool, keepBlank bool) {
	kinds := func(fits func(*screened) bool) bool {
		for i := range s.columns {
			if fits(&s.columns[i]) {
				return true
			}
		}
		return false
	}
	if !kinds(func(c *screened) bool { return c.kind == schema.KindBoolean || c.kind == schema.KindMFA }) {
		s.header = header
	}
	if !keepBlank && len(s.v.verifiers) == 0 && !kinds(func(c *screened) bool { return c.required }) {
		s.minLength = 3 * s.fields // a blank one has delimiters, and quotes
	}
}

// mask says about what of a row there may be something to say: 0 about nothing,
// from wholeRow on about anything, and else bits say in which columns of the screen.
type mask uint32

const (
	wholeRow mask = 1 << 31
	// rewritten is about values that do not stand in the input as they are, see Columns.decode.
	rewritten mask = 1 << 30
)

// Doubt says about what of a record there may be something to say.
type Doubt uint8

// The doubts: those about nothing are sure.
const (
	NoDoubt    Doubt = iota // there is nothing to say
	ValueDoubt              // single values, see Screening.JudgeValues
	RowDoubt                // anything: the record is to be judged by itself
)

// bit returns the mask for a value in the column with the given place. It is
// about the whole row where a repair may help, or other values depend on it.
func (s *Screen) bit(place int) mask {
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

// Screening is the state of one goroutine. After Begin a caller that makes values does so
// with Columns; then come Judge, and Next again and again.
type Screening struct {
	screen  *Screen
	doubts  []mask       // by record
	content scan.Content // of the whole block
	cols    Columns
	spans   [][]scan.Span // values by column of the screen and record
	truths  [2][]bool     // of emailVerified and phoneVerified by record

	classified []scan.Classified
	found      []uint64    // see scan.Leads
	row        []scan.Span // of JudgeValues
	decodedRow []scan.Span // of BeginDecoded
}

// Start returns a Screening for one goroutine.
func (s *Screen) Start() *Screening {
	return &Screening{screen: s, spans: make([][]scan.Span, len(s.columns)), cols: Columns{
		Values: make([][]scan.Span, len(s.v.columns)), fields: make([][]scan.Span, s.fields), known: make([]bool, s.fields), written: make([]bool, s.fields),
		taking: s.taking,
	}, row: make([]scan.Span, len(s.v.columns)), decodedRow: make([]scan.Span, s.fields)}
}

// Begin takes the records of a block, indexed, and doubts those that cannot pass by
// column whatever their values are. If it returns false, all are to be judged one by one.
func (s *Screening) Begin(b *scan.Block, x *scan.Index) bool {
	content, ok := b.Content(x)
	if !ok || len(x.Records) == 0 {
		return false
	}
	room := b.Data[:cap(b.Data)]
	s.doubts = resize(s.doubts, len(x.Records))
	for i := range x.Records {
		r := &x.Records[i]
		s.doubts[i] = 0
		length := int(r.End - r.Start)
		s.doubtIf(i, int(r.N) != s.screen.fields || length > s.screen.maxLength || length < s.screen.minLength)
	}
	if s.screen.header != nil {
		for i := range x.Records {
			s.doubtIf(i, s.screen.header(room[x.Records[i].Start:x.Records[i].End], b.Quote()))
		}
	}
	s.cols.begin(s, b, x)
	s.inspect(b, x, content)
	return true
}

// BeginDecoded is Begin for records whose fields somebody else finds: decode appends what
// does not stand in the record as it is to buf, which it returns, and fills in fields; it
// returns false for a record that is to be judged by itself.
func (s *Screening) BeginDecoded(b *scan.Block, x *scan.Index, decode func(record int, buf []byte, fields []scan.Span) ([]byte, bool)) bool {
	records := len(x.Records)
	s.doubts = resize(s.doubts, records)
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
		s.doubts[i] = 0
		ok := !r.Blank && r.N > 0 && r.Fault == scan.Sound && (valid || utf8.Valid(b.Data[r.Start:r.End]))
		if ok {
			s.cols.Buf, ok = decode(i, s.cols.Buf, row)
		}
		if s.doubtIf(i, !ok); !ok {
			clear(row)
		}
		for f, v := range row {
			s.cols.fields[f][i] = v
			s.doubtIf(i, s.cols.hasEdges(v))
		}
	}
	s.cols.overread()
	for i, o := range s.screen.v.origins {
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
func (s *Screening) Columns() *Columns { return &s.cols }

// Content returns what the fields of the block may hold, for Checker.Row.
func (s *Screening) Content() scan.Content { return s.content }

// Judge looks at the values. If it returns false, all records are to be judged one by one.
// The block's data is that of Columns().Buf from then on.
func (s *Screening) Judge() bool {
	b := s.cols.Block
	b.Data = s.cols.Buf[:len(b.Data)]
	room := b.Data[:cap(b.Data)]
	for i := range s.screen.columns {
		c := &s.screen.columns[i]
		if c.made && s.cols.Values[c.index] == nil {
			return false
		}
		if s.spans[i] = s.cols.values(c); s.cols.Values[c.index] != nil {
			s.made(c, s.spans[i], room)
		}
	}
	for i := range s.screen.columns {
		s.column(i, s.spans[i], room)
	}
	s.together(room)
	return true
}

// Next returns how much of a record, from 0, is doubted, and the end of the run of records
// from there of which the same is; a ValueDoubt is about one record.
func (s *Screening) Next(from int) (to int, d Doubt) {
	doubts := s.doubts
	to = from + 1
	switch d := doubts[from]; {
	case d == 0:
		for to < len(doubts) && doubts[to] == 0 {
			to++
		}
		return to, NoDoubt
	case d < wholeRow:
		return to, ValueDoubt
	}
	for to < len(doubts) && doubts[to] >= wholeRow {
		to++
	}
	return to, RowDoubt
}

// JudgeValues lets c judge the values of a record that are doubted, and reports whether its
// row is accepted. It adds the keys.
func (s *Screening) JudgeValues(c *Checker, record int) bool {
	c.Record(record)
	c.buf, c.values, c.content = s.cols.Block.Data, s.row, 0
	doubts := s.doubts[record]
	if doubts&rewritten != 0 {
		c.content = scan.HasQuotes
	}
	for _, column := range s.cols.judged(record, doubts) {
		v := s.cols.valueOf(record, column)
		c.values[column] = v
		if v.Len() > 0 {
			c.value(column, &s.screen.v.columns[column], v.Of(c.buf))
		}
	}
	if s.screen.v.twins {
		c.noteTwin(c.record, s.spans[s.screen.keys[0]][record].Of(c.buf))
	}
	s.AddKeys(c, record, record+1)
	return !c.Rejected()
}

// doubtIf doubts a whole row.
func (s *Screening) doubtIf(record int, doubtful bool) {
	if doubtful {
		s.doubts[record] = wholeRow
	}
}
