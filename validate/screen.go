package validate

import (
	"bytes"
	"encoding/binary"
	"iter"
	"math"
	"slices"
	"unicode/utf8"

	"poolprep/validate/scan"
)

// screen finds, column by column, the rows of a block about which there is
// nothing to say: no finding, nothing to repair. Most rows are like that, and
// pass without being looked at field by field. The others are judged by a
// Checker, which alone knows the rules; the screen only has to be sure where it
// says that a row is sound.
type screen struct {
	v         *Validator
	fields    int
	maxLength int // bytes that a record may have, so that no text in it needs to be measured
	columns   []screened
	keys      []int // for each key of the validator its place in columns
	email     int   // place in columns, -1: not there
	phone     int
	truths    []int // places of emailVerified and phoneVerified, -1: not there
}

// screened is a column whose values must be looked at.
type screened struct {
	*column
	index    int // of the validator's column
	field    int
	required bool
	empty    bool // must be empty
}

// newScreen returns nil if every row must be judged by a Checker. fields says
// for each column the field that is its value, or -1; special are the fields
// that need a look unless they are empty.
func (v *Validator) newScreen(fields, special []int, numFields int) *screen {
	s := &screen{v: v, fields: numFields, maxLength: min(maxValue, MaxRowBytes/2), email: -1, phone: -1, truths: []int{-1, -1}}
	for i := range v.columns {
		c := screened{column: &v.columns[i], index: i, field: fields[i]}
		c.required = c.column.required ||
			c.kind == kindMFA && v.rules == Rules2023 ||
			c.isVerified && v.silent // a blank one is repaired
		if c.field < 0 {
			if c.column.required || c.kind == kindMFA && v.rules == Rules2023 {
				return nil
			}
			continue
		}
		c.empty = c.kind == kindHash
		isKey := slices.ContainsFunc(v.keys, func(k keyColumn) bool { return k.column == i })
		if c.kind == kindIgnored || c.kind == kindText && !c.required && c.minLength <= 1 && c.maxLength >= s.maxLength && !isKey {
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
	for _, f := range special {
		s.columns = append(s.columns, screened{column: &column{}, index: -1, field: f, empty: true})
	}
	return s
}

// screening is the state of one goroutine.
type screening struct {
	*screen
	doubtful []bool        // by record
	spans    [][]scan.Span // values by column of the screen and record
	truths   [2][]bool     // of emailVerified and phoneVerified by record
}

func (s *screen) start() *screening {
	return &screening{screen: s, spans: make([][]scan.Span, len(s.columns))}
}

// block fills doubtful, and reports whether it says anything.
func (s *screening) block(b *scan.Block, x *scan.Index) bool {
	content, ok := b.Content(x)
	if !ok || len(x.Records) == 0 {
		return false
	}
	room := b.Data[:cap(b.Data)]
	s.doubtful = resize(s.doubtful, len(x.Records))
	for i := range x.Records {
		r := &x.Records[i]
		s.doubtful[i] = int(r.N) != s.fields || int(r.End-r.Start) > s.maxLength
	}
	s.content(b, x, content)
	quote := b.Quote()
	for i := range s.columns {
		s.spans[i] = resize(s.spans[i], len(x.Records))
		s.collect(s.spans[i], room, x, s.columns[i].field, quote)
	}
	for i := range s.columns {
		s.column(&s.columns[i], s.spans[i], room)
	}
	s.together(room)
	return true
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
	for i := range x.Records {
		r := &x.Records[i]
		if s.doubtful[i] {
			spans[i] = scan.Span{}
			continue
		}
		v := scan.Span{Start: r.Start, End: x.Ends[int(r.First)+field]}
		if field > 0 {
			v.Start = x.Ends[int(r.First)+field-1] + 1
		}
		if quote != 0 && room[v.Start] == quote && v.Start < v.End {
			v.Start++
			v.End--
		}
		spans[i] = v
	}
}

// content finds the rows that hold what the block as a whole may hold.
func (s *screening) content(b *scan.Block, x *scan.Index, c scan.Content) {
	if c.Controls {
		for i := range x.Records {
			r := &x.Records[i]
			n, _ := scan.CountControls(b.Data[r.Start:r.End])
			s.doubtful[i] = s.doubtful[i] || n > 0
		}
	}
	if c.NonASCII {
		if !scan.ValidUTF8(b.Data) {
			for i := range x.Records {
				r := &x.Records[i]
				s.doubtful[i] = s.doubtful[i] || !utf8.Valid(b.Data[r.Start:r.End])
			}
		}
		s.containing(b, x, []byte{0xC2}) // a no-break space, or one of the control characters from U+0080
	}
	if c.Backslash {
		s.containing(b, x, []byte{'\\'})
	}
	quote := b.Quote()
	if quote != '"' {
		s.containing(b, x, []byte{'"'})
	}
	if c.Doubled {
		s.doubled(b, x, quote)
	}
	if c.EdgeSpaces {
		s.edgeSpaces(b, x, quote)
	}
}

// containing doubts the rows that hold text.
func (s *screening) containing(b *scan.Block, x *scan.Index, text []byte) {
	for i := range s.holding(b, x, text) {
		s.doubtful[i] = true
	}
}

// holding yields the records that hold text.
func (s *screening) holding(b *scan.Block, x *scan.Index, text []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		record := 0
		for at := 0; ; {
			i := bytes.Index(b.Data[at:], text)
			if i < 0 {
				return
			}
			for at += i; int(x.Records[record].Next) <= at; {
				record++
			}
			if !yield(record) {
				return
			}
			at = int(x.Records[record].Next)
		}
	}
}

// doubled doubts the rows in which a quoted value holds a quote. Two quotes may
// also be an empty value.
func (s *screening) doubled(b *scan.Block, x *scan.Index, quote byte) {
	for i := range s.holding(b, x, []byte{quote, quote}) {
		start := x.Records[i].Start
		for _, end := range x.Ends[x.Records[i].First : x.Records[i].First+x.Records[i].N] {
			if end > start+2 && b.Data[start] == quote && bytes.IndexByte(b.Data[start+1:end-1], quote) >= 0 {
				s.doubtful[i] = true
				break
			}
			start = end + 1
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
				s.doubtful[i] = s.doubtful[i] || first == ' ' || last == ' '
			}
			start = end + 1
		}
	}
}

// column looks at the values of a column. room goes on behind the block's data.
func (s *screening) column(c *screened, spans []scan.Span, room []byte) {
	doubtful := s.doubtful
	if c.required || c.empty {
		for i, v := range spans {
			doubtful[i] = doubtful[i] || (v.Start == v.End) == c.required
		}
		if c.empty {
			return
		}
	}
	if c.minLength > 1 || c.maxLength < s.maxLength {
		for i, v := range spans {
			n := v.Len()
			doubtful[i] = doubtful[i] || n > c.maxLength || n > 0 && n < 4*c.minLength && utf8.RuneCount(v.Of(room)) < c.minLength
		}
	}
	sound := s.test(c)
	if sound == nil {
		return
	}
	for i, v := range spans {
		if v.Start < v.End && !doubtful[i] {
			doubtful[i] = !sound(room[v.Start:], v.Len())
		}
	}
}

// test returns the function that tells a sound value from one that may not be,
// nil if all are. The value are the first n bytes of room, from 1 on; Overread
// bytes behind them may be read.
func (s *screening) test(c *screened) func(room []byte, n int) bool {
	v := s.v
	switch c.kind {
	case kindUsername:
		return s.username()
	case kindEmail:
		return soundEmail
	case kindPhone:
		return soundPhone
	case kindBirthdate:
		return soundBirthdate
	case kindUpdatedAt:
		return soundEpoch
	case kindBoolean:
		return soundBoolean(v.silent, true, true)
	case kindMFA:
		return soundBoolean(v.silent, v.mfaAllows(true), v.mfaAllows(false))
	case kindNumber:
		return func(room []byte, n int) bool {
			number, ok, tooBig := parseWhole(room[:n])
			return ok && !tooBig && (c.minNumber == nil || number >= *c.minNumber) && (c.maxNumber == nil || number <= *c.maxNumber)
		}
	case kindDateTime:
		return func(room []byte, n int) bool { return isDateTime(room[:n]) }
	}
	return nil
}

// username returns the test of usernames. Letters beyond ASCII are left to the Checker.
func (s *screening) username() func(room []byte, n int) bool {
	v := s.v
	return func(room []byte, n int) bool {
		if n > maxUsername || !plainWord(room, n) {
			return false
		}
		switch {
		case v.emailUsernames || v.phoneUsernames:
			return v.emailUsernames && soundEmail(room, n) || v.phoneUsernames && soundPhone(room, n)
		case v.aliasEmail && bytes.IndexByte(room[:n], '@') >= 0, v.aliasPhone && room[0] == '+':
			return false
		}
		return true
	}
}

// together looks at the values that depend on each other.
func (s *screening) together(room []byte) {
	for k, place := range s.screen.truths {
		s.truths[k] = resize(s.truths[k], len(s.doubtful))
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
	for i := range s.doubtful {
		if !(email && s.truths[0][i] || phone && s.truths[1][i]) {
			s.doubtful[i] = true
		}
	}
}

// needed doubts the rows in which verified is true of a value that is not there.
func (s *screening) needed(place int, verified []bool) {
	for i, yes := range verified {
		if yes && (place < 0 || s.spans[place][i].Len() == 0) {
			s.doubtful[i] = true
		}
	}
}

// addKeys appends the fingerprints of a sound row, as Checker.addKeys would.
func (s *screening) addKeys(c *Checker, record int, data []byte) {
	for k := range s.v.keys {
		key := &s.v.keys[k]
		v := scan.Span{}
		if place := s.screen.keys[k]; place >= 0 {
			v = s.spans[place][record]
		}
		switch {
		case key.onlyWhile < 0:
		case key.onlyWhile == s.v.emailVerified && s.truths[0][record], key.onlyWhile == s.v.phoneVerified && s.truths[1][record]:
		default:
			v = scan.Span{}
		}
		c.keys = append(c.keys, c.fingerprint(key, v.Of(data)))
	}
}

// The tests below take a value as in screening.test.

// word returns eight bytes of room.
func word(room []byte, at int) uint64 { return binary.LittleEndian.Uint64(room[at : at+8]) }

// lowBytes returns a mask of the first n bytes of a word; n is 0 to 8.
func lowBytes(n int) uint64 { return ^uint64(0) >> (8 * uint(8-n)) }

const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// plainWord reports whether the value consists of visible ASCII characters.
func plainWord(room []byte, n int) bool {
	odd := uint64(0)
	for at := 0; at < n; at += 8 {
		// The difference has the high bit below '!', the sum from 0x7F; a carry
		// comes only out of a byte that is odd itself.
		w := word(room, at)
		odd |= (w | (w - '!'*everyByte) | (w + everyByte)) & highBits & lowBytes(min(8, n-at))
	}
	return odd == 0
}

func soundPhone(room []byte, n int) bool {
	if n < 3 || n > 16 || room[0] != '+' || room[1] == '0' {
		return false
	}
	return digitsIn(room[1:], n-1)
}

// digitsIn reports whether the first n bytes, 16 at most, are digits.
func digitsIn(room []byte, n int) bool {
	first := notDigit(word(room, 0)) & lowBytes(min(8, n))
	if n > 8 {
		first |= notDigit(word(room, 8)) & lowBytes(n-8)
	}
	return first == 0
}

// notDigit returns a word that is not 0 in the bytes in which w has no digit.
// With the high half of a digit taken away, what is left is 0 to 9, and six
// more do not reach the high half.
func notDigit(w uint64) uint64 {
	rest := w ^ '0'*everyByte
	return (rest | (rest&(0x7F*everyByte) + 6*everyByte)) & (0xF0 * everyByte)
}

func soundEpoch(room []byte, n int) bool { return n <= 11 && digitsIn(room, n) }

// soundBirthdate takes mm/dd/yyyy.
func soundBirthdate(room []byte, n int) bool {
	const slashes, places = uint64('/')<<16 | uint64('/')<<40, uint64(0xFF0000FF0000)
	if n != 10 {
		return false
	}
	w := word(room, 0)
	if w&places != slashes || notDigit(w&^places|'0'*everyByte&places)|notDigit(uint64(binary.LittleEndian.Uint16(room[8:10]))|'0'*everyByte&^0xFFFF) != 0 {
		return false
	}
	month := (room[0]-'0')*10 + room[1] - '0'
	day := (room[3]-'0')*10 + room[4] - '0'
	year := w >> 48
	if month-1 < 12 && day-1 < 28 && year != '0'|'0'<<8 {
		return true
	}
	return checkBirthdate(room[:10]) == numCodes
}

// soundBoolean returns the test of a boolean. upper says that only capitals
// will do; yes and no which values will.
func soundBoolean(upper, yes, no bool) func(room []byte, n int) bool {
	const (
		lower      = 0x20 * everyByte
		trueWord   = 'T' | 'R'<<8 | 'U'<<16 | 'E'<<24
		falseWord  = 'F' | 'A'<<8 | 'L'<<16 | 'S'<<24 | 'E'<<32
		trueLower  = trueWord | lower&(1<<32-1)
		falseLower = falseWord | lower&(1<<40-1)
	)
	return func(room []byte, n int) bool {
		w := word(room, 0)
		switch n {
		case 4:
			w &= 1<<32 - 1
			return yes && (w == trueWord || !upper && w == trueLower)
		case 5:
			w &= 1<<40 - 1
			return no && (w == falseWord || !upper && w == falseLower)
		}
		return false
	}
}

// soundEmail takes an address of ASCII characters.
func soundEmail(room []byte, n int) bool {
	return n <= math.MaxInt16 && isEmail(room[:n]) && isASCII(room[:n])
}
