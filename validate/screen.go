package validate

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// screen finds, column by column, the rows of a block about which there is
// nothing to say: no finding, nothing to repair. Most rows are like that, and
// pass without being looked at field by field. The others are judged by a
// Checker, which alone knows the rules; the screen only has to be sure where it
// says that a row is sound.
type screen struct {
	v         *Validator
	fields    int
	madeSize  int // bytes that a made value may have
	maxLength int // bytes that a record may have, so that no text in it needs to be measured
	columns   []screened
	taking    [][]int // for each field the columns whose value it is
	keys      []int   // for each key of the validator its place in columns
	email     int     // place in columns, -1: not there
	phone     int
	truths    []int // places of emailVerified and phoneVerified, -1: not there

	header    *headerNames // records that may be the header again need a look; nil: the columns see to that
	minLength int          // bytes that a record has at least, if it is not blank
	leads     *leads       // characters and words that need a look
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

// newScreen returns nil if every row must be judged by a Checker. d and header say how
// the records are written, each with so many fields.
func (v *Validator) newScreen(d scan.Dialect, header *headerNames, fields int) *screen {
	s := &screen{v: v, fields: fields, maxLength: min(maxValue, MaxRowBytes/4), email: -1, phone: -1, truths: []int{-1, -1}}
	s.taking = make([][]int, fields)
	for i, o := range v.origins {
		if o.Field >= 0 && !o.Made {
			s.taking[o.Field] = append(s.taking[o.Field], i)
		}
	}
	for i := range v.columns {
		c := screened{column: &v.columns[i], index: i, field: v.origins[i].Field, made: v.origins[i].Made}
		c.required = c.column.required ||
			c.kind == kindMFA && v.rules == Rules2023 ||
			c.isVerified && v.silent // a blank one is repaired
		if c.field < 0 && !c.made {
			if c.column.required || c.kind == kindMFA && v.rules == Rules2023 {
				return nil
			}
			continue
		}
		c.empty = c.kind == kindHash
		isKey := slices.ContainsFunc(v.keys, func(k keyColumn) bool { return k.column == i })
		if c.kind == kindIgnored || c.kind == kindText && !c.made && !c.required && c.minLength <= 1 && c.maxLength >= s.maxLength && !isKey {
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
		s.keys = append(s.keys, slices.IndexFunc(s.columns, func(c screened) bool { return c.index == k.column }))
	}
	s.madeSize = madeSize(len(v.columns), s.maxLength)
	s.leads = v.newLeads(d, fields)
	s.structure(header, d.KeepBlank)
	return s
}

// structure sees to it that blank records, and those that are the header again, get a
// look. Most screens have columns that see to that: none of these is empty or the name
// of a column.
func (s *screen) structure(header *headerNames, keepBlank bool) {
	kinds := func(fits func(*screened) bool) bool {
		for i := range s.columns {
			if fits(&s.columns[i]) {
				return true
			}
		}
		return false
	}
	if !kinds(func(c *screened) bool { return c.kind == kindBoolean || c.kind == kindMFA }) {
		s.header = header
	}
	if !keepBlank && len(s.v.verifiers) == 0 && !kinds(func(c *screened) bool { return c.required }) {
		s.minLength = 3 * s.fields // a blank one has delimiters, and quotes
	}
}

// doubt says about what of a row there may be something to say: 0 about nothing,
// from wholeRow on about anything, and else bits say in which columns of the screen.
type doubt uint32

const (
	wholeRow doubt = 1 << 31
	// rewritten is about values that do not stand in the input as they are, see Columns.decode.
	rewritten doubt = 1 << 30
)

// bit returns the doubt about a value in the column with the given place. It is
// about the whole row where a repair may help, or other values depend on it.
func (s *screen) bit(place int) doubt {
	c := &s.columns[place]
	switch c.kind {
	case kindUsername, kindEmail, kindPhone, kindNumber, kindDateTime, kindText:
	case kindBirthdate, kindUpdatedAt:
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

// screening is the state of one goroutine.
type screening struct {
	*screen
	doubts  []doubt      // by record
	content scan.Content // of the whole block
	cols    Columns
	spans   [][]scan.Span // values by column of the screen and record
	truths  [2][]bool     // of emailVerified and phoneVerified by record

	classified []scan.Classified
	found      []uint64 // see scan.Leads
}

func (s *screen) start() *screening {
	return &screening{screen: s, spans: make([][]scan.Span, len(s.columns)), cols: Columns{
		Values: make([][]scan.Span, len(s.v.columns)), fields: make([][]scan.Span, s.fields), known: make([]bool, s.fields),
		taking: s.taking,
	}}
}

// block fills doubts about the records of a worker's block, and reports whether it says
// anything.
func (s *screening) block(w *worker) bool {
	b, x := w.Block, &w.index
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
		s.doubtIf(i, int(r.N) != s.fields || length > s.maxLength || length < s.minLength)
	}
	if s.header != nil {
		for i := range x.Records {
			s.doubtIf(i, s.header.mayBe(room[x.Records[i].Start:x.Records[i].End], b.Quote()))
		}
	}
	s.cols.begin(s, b, x)
	s.inspect(b, x, content)
	if w.Stage != nil {
		w.Stage.Columns(&s.cols)
	}
	w.kept, w.used = len(s.cols.Buf), len(s.cols.Buf)
	b.Data = s.cols.Buf[:len(b.Data)]
	room = b.Data[:cap(b.Data)]
	for i := range s.columns {
		c := &s.columns[i]
		if c.made && s.cols.Values[c.index] == nil {
			return false
		}
		if s.spans[i] = s.cols.values(c); s.cols.Values[c.index] != nil {
			s.made(c, s.spans[i], room)
		}
	}
	for i := range s.columns {
		s.column(i, s.spans[i], room)
	}
	s.together(room)
	return true
}

// doubtIf doubts a whole row.
func (s *screening) doubtIf(record int, doubtful bool) {
	if doubtful {
		s.doubts[record] = wholeRow
	}
}

// resize returns a slice of n elements, reusing that of s.
func resize[T any](s []T, n int) []T {
	return slices.Grow(s[:0], n)[:n]
}

// collect fills spans with the values of a field, without the quotes around them.
func (s *screening) collect(spans []scan.Span, room []byte, x *scan.Index, field int, quote byte) {
	if s.fields == 1 {
		field = 0
	}
	doubts, ends := s.doubts[:len(spans)], x.Ends
	for i := range x.Records[:len(spans)] {
		if doubts[i] >= wholeRow {
			spans[i] = scan.Span{}
			continue
		}
		r := &x.Records[i]
		at := int(r.First) + field
		v := scan.Span{Start: r.Start, End: ends[at]}
		if field > 0 {
			v.Start = ends[at-1] + 1
		}
		if quote != 0 && room[v.Start] == quote && v.Start < v.End {
			v.Start++
			v.End--
		}
		spans[i] = v
	}
}

// inspect finds the rows that hold what the block as a whole may hold.
func (s *screening) inspect(b *scan.Block, x *scan.Index, c scan.Content) {
	t := &s.content
	*t = 0
	if c&scan.HasBreaks != 0 {
		*t |= scan.HasControls
		record := 0
		for _, at := range b.LineEnds() {
			for x.Records[record].Next <= at {
				record++
			}
			s.doubtIf(record, at+1 < x.Records[record].Next)
		}
	}
	if c&scan.HasControls != 0 {
		*t |= scan.HasControls
		for i := range x.Records {
			r := &x.Records[i]
			n, _ := scan.CountControls(b.Data[r.Start:r.End])
			s.doubtIf(i, n > 0)
		}
	}
	if c&scan.HasNonASCII != 0 {
		*t |= scan.HasNonASCII
		if c&scan.HasInvalid != 0 && !scan.ValidUTF8(b.Data) {
			*t |= scan.HasInvalid
			for i := range x.Records {
				r := &x.Records[i]
				s.doubtIf(i, !utf8.Valid(b.Data[r.Start:r.End]))
			}
		}
	}
	if c&scan.HasBackslash != 0 {
		s.containing(b, x, '\\', scan.HasBackslash)
	}
	if quote := b.Quote(); quote != '"' {
		s.containing(b, x, '"', scan.HasQuotes)
	} else if c&scan.HasQuotes != 0 {
		*t |= scan.HasQuotes
	}
	if c&scan.HasDoubled != 0 {
		s.doubled(b, x)
	}
	if c&scan.HasEdgeSpaces != 0 {
		s.edgeSpaces(b, x, b.Quote())
	}
	s.follow(b, x, c&scan.HasNonASCII != 0)
}

// containing doubts the rows that hold c, which stands for a flag.
func (s *screening) containing(b *scan.Block, x *scan.Index, c byte, t scan.Content) {
	record := 0
	for at := 0; ; {
		i := bytes.IndexByte(b.Data[at:], c)
		if i < 0 {
			return
		}
		s.content |= t
		for at += i; int(x.Records[record].Next) <= at; {
			record++
		}
		s.doubts[record] = wholeRow
		at = int(x.Records[record].Next)
	}
}

// doubled decodes the values that hold a quote.
func (s *screening) doubled(b *scan.Block, x *scan.Index) {
	record, done := 0, uint32(0)
	for at := range b.DoubledQuotes() {
		for x.Records[record].Next <= at {
			record++
		}
		if slices.ContainsFunc(s.v.nulls, func(w []byte) bool { return bytes.IndexByte(w, b.Quote()) >= 0 }) {
			s.doubts[record] = wholeRow // the value may be that word
		}
		if s.doubts[record] < wholeRow && at >= done {
			r := &x.Records[record]
			field, _ := slices.BinarySearch(x.Ends[r.First:r.First+r.N], at+1)
			done = x.Ends[int(r.First)+field]
			s.cols.decode(record, field)
			s.doubts[record] |= rewritten
		}
	}
}

// edgeSpaces doubts the rows in which a value begins or ends with a space.
func (s *screening) edgeSpaces(b *scan.Block, x *scan.Index, quote byte) {
	for i := range x.Records {
		r := &x.Records[i]
		start := r.Start
		for _, end := range x.Ends[r.First : r.First+r.N] {
			if start < end {
				first, last := b.Data[start], b.Data[end-1]
				if first == quote && end-start > 2 && quote != 0 {
					first, last = b.Data[start+1], b.Data[end-2]
				}
				s.doubtIf(i, first == ' ' || last == ' ')
			}
			start = end + 1
		}
	}
}

// column looks at the values of a column. room goes on behind the block's data.
func (s *screening) column(place int, spans []scan.Span, room []byte) {
	c, bit := &s.columns[place], s.bit(place)
	doubts := s.doubts[:len(spans)]
	if c.required || c.empty {
		for i, v := range spans {
			s.doubtIf(i, (v.Start == v.End) == c.required)
		}
		if c.empty {
			return
		}
	}
	if c.minLength > 1 || c.maxLength < s.maxLength {
		for i, v := range spans {
			n := v.Len()
			if n > c.maxLength || n > 0 && n < 4*c.minLength && utf8.RuneCount(v.Of(room)) < c.minLength {
				doubts[i] |= bit
			}
		}
	}
	switch c.kind {
	case kindUsername:
		s.usernames(spans, room, bit)
	case kindEmail:
		for i, m := range s.classify(spans, room) {
			if v := spans[i]; v.Len() > 0 && !value.SoundEmail(&m, v.Len(), room[v.End-1]) {
				doubts[i] |= bit
			}
		}
	case kindPhone:
		for i, v := range spans {
			if v.Len() > 0 && !value.SoundPhone(value.Ahead(room, v), v.Len()) {
				doubts[i] |= bit
			}
		}
	case kindBirthdate:
		for i, v := range spans {
			if v.Len() > 0 && !value.SoundBirthdate(value.Ahead(room, v), v.Len()) {
				doubts[i] |= bit
			}
		}
	case kindUpdatedAt:
		for i, v := range spans {
			if v.Len() > 11 || !value.DigitsIn(value.Ahead(room, v), v.Len()) {
				doubts[i] |= bit
			}
		}
	case kindBoolean:
		s.booleans(spans, room, true, true)
	case kindMFA:
		s.booleans(spans, room, s.v.mfaAllows(true), s.v.mfaAllows(false))
	case kindNumber:
		for i, v := range spans {
			if v.Len() > 0 && !value.SoundNumber(v.Of(room), c.minNumber, c.maxNumber) {
				doubts[i] |= bit
			}
		}
	case kindDateTime:
		for i, v := range spans {
			if v.Len() > 0 && !value.IsDateTime(v.Of(room)) {
				doubts[i] |= bit
			}
		}
	}
}

// classify compares the values with emailClasses.
func (s *screening) classify(spans []scan.Span, room []byte) []scan.Classified {
	s.classified = resize(s.classified, len(spans))
	value.EmailClasses.Classify(s.classified, room, spans)
	return s.classified
}

// usernames leaves letters beyond ASCII to the Checker.
func (s *screening) usernames(spans []scan.Span, room []byte, bit doubt) {
	v, doubts := s.v, s.doubts[:len(spans)]
	for i, name := range spans {
		if !value.SoundWord(room[name.Start:], name.Len()) {
			doubts[i] |= bit
		}
	}
	switch {
	case v.emailUsernames || v.phoneUsernames:
		for i, m := range s.classify(spans, room) {
			name, n := spans[i], spans[i].Len()
			if n > 0 && !(v.emailUsernames && value.SoundEmail(&m, n, room[name.End-1]) || v.phoneUsernames && value.SoundPhone(value.Ahead(room, name), n)) {
				doubts[i] |= bit
			}
		}
	case v.aliasEmail || v.aliasPhone:
		for i, name := range spans {
			if v.aliasEmail && bytes.IndexByte(name.Of(room), '@') >= 0 || v.aliasPhone && room[name.Start] == '+' {
				doubts[i] |= bit
			}
		}
	}
}

// booleans takes TRUE if yes, FALSE if no, and empty values. Where they are
// repaired, only capitals will do.
func (s *screening) booleans(spans []scan.Span, room []byte, yes, no bool) {
	const (
		lower      = 0x20 * value.EveryByte
		trueWord   = 'T' | 'R'<<8 | 'U'<<16 | 'E'<<24
		falseWord  = 'F' | 'A'<<8 | 'L'<<16 | 'S'<<24 | 'E'<<32
		impossible = 1
	)
	words := [4]uint64{trueWord, trueWord | lower&(1<<32-1), falseWord, falseWord | lower&(1<<40-1)}
	if s.v.silent {
		words[1], words[3] = impossible, impossible
	}
	if !yes {
		words[0], words[1] = impossible, impossible
	}
	if !no {
		words[2], words[3] = impossible, impossible
	}
	for i, v := range spans {
		w := value.Word(value.Ahead(room, v), 0) & value.LowBytes(min(8, v.Len()))
		if w != words[0] && w != words[1] && w != words[2] && w != words[3] && v.Len() > 0 {
			s.doubts[i] = wholeRow
		}
	}
}

// together looks at the values that depend on each other.
func (s *screening) together(room []byte) {
	for k, place := range s.screen.truths {
		s.truths[k] = resize(s.truths[k], len(s.doubts))
		if place < 0 {
			clear(s.truths[k])
			continue
		}
		for i, v := range s.spans[place] {
			s.truths[k][i] = room[v.Start]|0x20 == 't' && v.Start < v.End
		}
	}
	s.needed(s.email, s.truths[0])
	s.needed(s.phone, s.truths[1])
	if len(s.v.verifiers) == 0 {
		return
	}
	email, phone := slices.Contains(s.v.verifiers, s.v.emailVerified), slices.Contains(s.v.verifiers, s.v.phoneVerified)
	for i := range s.doubts {
		if !(email && s.truths[0][i] || phone && s.truths[1][i]) {
			s.doubts[i] = wholeRow
		}
	}
}

// needed doubts the rows in which verified is true of a value that is not there.
func (s *screening) needed(place int, verified []bool) {
	for i, yes := range verified {
		if yes && (place < 0 || s.spans[place][i].Len() == 0) {
			s.doubts[i] = wholeRow
		}
	}
}
