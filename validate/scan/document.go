package scan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// This file cuts JSON documents into blocks of whole records, in bounded memory. Records
// are the elements of a list, of lists one after the other, or of the one list of records in
// objects ("pages") one after the other; or they are such objects themselves. The machine
// finds where records begin and end: it matches brackets, and sees to it that nothing is
// outside of strings that JSON has not. Whether a record is valid JSON is not asked here.

// DocumentError says that an input is no JSON document, or no longer one. It holds no value.
type DocumentError struct {
	Pos  Pos    // where that shows
	What string // is wrong
}

func (e *DocumentError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Pos.Line, e.Pos.Column, e.What)
}

// recordLists are what lists of records are called, in small letters. See IsRecordList.
var recordLists = [...]string{"users", "resources", "results", "result", "items", "value", "data", "records"}

// IsRecordList reports whether a member of an object is called as lists of records are,
// which may be anywhere in the object. A list of another name must be its first member.
func IsRecordList(name []byte) bool {
	for _, known := range recordLists {
		if len(known) == len(name) && strings.EqualFold(known, string(name)) {
			return true
		}
	}
	return false
}

// expecting is what may come next in a document, outside of records.
type expecting uint8

const (
	atTop         expecting = iota // a list, an object, or the end
	atName                         // the name of a member of a page
	atFirstName                    // the same, or the end of the page
	afterMember                    // a comma, or the end of the page
	atFirstRecord                  // a record, or the end of the list
	atRecord                       // a record
	afterRecord                    // a comma, or the end of the list
)

// documentShape is what a document is, as its first value says.
type documentShape uint8

const (
	unknownShape documentShape = iota
	listShape
	pageShape    // objects that hold a list of records
	objectsShape // objects that are records
)

// document is the state of the machine between two cuts. nothing of it changes where a
// record must be looked at once more because its end is not there yet.
type document struct {
	shape   documentShape
	name    string // of the list in a page, as it is written; "": not known yet
	expects expecting
	inPage  bool // the list is one of a page
	found   bool // the page at hand has had its list
	begun   Pos  // where the page or list begins that is open
	begunAt int  // the same as an offset in the block at hand, from 1; 0: it was in a block before

	brackets           // open ones of pages and lists, and of what is skipped
	skipping bool      // within a value that is no record, or within an overlong record
	floor    int       // brackets that are open around it
	after    expecting // what comes behind it
	tooLong  bool      // the record at the start of the data is longer than the limit
	longAt   Pos       // where it begins
	preface  bool      // BeforeRecords: no record is to be taken
	atRecord bool      // with preface: here one begins
	records  []Span    // of the block at hand
	err      *DocumentError
}

// DocumentPlace is where in JSON documents a Place is: between records. The zero value is no
// such place.
type DocumentPlace struct {
	Shape   uint8  `json:"shape"`
	Name    string `json:"name,omitempty"` // of the list in a page
	Expects uint8  `json:"expects"`
	InPage  bool   `json:"in_page,omitempty"`
	Begun   Pos    `json:"begun"` // where the page or list begins that is open
}

// place returns where the machine is, the zero value unless that is between records.
func (d *document) place() DocumentPlace {
	between := d.expects == afterRecord || d.expects == atRecord || d.expects == atTop && d.shape == objectsShape
	if !between || d.skipping || d.tooLong || d.err != nil {
		return DocumentPlace{}
	}
	return DocumentPlace{Shape: uint8(d.shape), Name: d.name, Expects: uint8(d.expects), InPage: d.inPage, Begun: d.begun}
}

// document returns the machine at a place, nil if there can be none.
func (p DocumentPlace) document() *document {
	d := &document{shape: documentShape(p.Shape), name: p.Name, expects: expecting(p.Expects), inPage: p.InPage, found: p.InPage, begun: p.Begun}
	inList := d.expects == afterRecord || d.expects == atRecord
	switch {
	case d.shape == objectsShape && d.expects == atTop && !d.inPage:
		return d
	case !inList || d.shape != listShape && d.shape != pageShape || d.inPage != (d.shape == pageShape):
		return nil
	case d.inPage:
		d.push(false)
	}
	d.push(true)
	return d
}

// cutDocument returns how much of the block's data can be handed out: whole records and
// what is between them. The last byte is kept back until the end of the input is known.
func (s *Splitter) cutDocument(b *Block) (n int, proven, more bool) {
	d, data := s.document, b.Data
	d.records, d.tooLong = d.records[:0], false
	limit := len(data)
	if !s.eof {
		limit--
	}
	for d.err == nil {
		next, going := s.step(data, n, limit)
		n = next
		if !going || len(d.records) == maxLines {
			break
		}
	}
	return n, false, false
}

// fail notes what is wrong at data[i].
func (s *Splitter) failDocument(data []byte, i int, what string) {
	s.document.err = &DocumentError{s.posIn(data, i), what}
}

// failOpen notes that the input ends within something.
func (s *Splitter) failOpen(data []byte) {
	s.document.err = &DocumentError{s.begun(data), endsWithin}
}

// begun returns where what is open begins.
func (s *Splitter) begun(data []byte) Pos {
	if at := s.document.begunAt; at > 0 {
		return s.posIn(data, at-1)
	}
	return s.document.begun
}

// posIn returns the position of data[i], where data begins at the position of the splitter.
func (s *Splitter) posIn(data []byte, i int) Pos {
	p := s.pos
	p.Offset += int64(i)
	p.advance(data[:i])
	return p
}

// advance moves line and column on behind some text.
func (p *Pos) advance(text []byte) {
	if last := bytes.LastIndexByte(text, '\n'); last >= 0 {
		p.Line += int64(bytes.Count(text, []byte{'\n'}))
		p.Column, text = 1, text[last+1:]
	}
	p.Column += len(text)
}

// step goes one token on from data[i], or over a record, and returns where it stopped; going
// is false if nothing more can be done with the data.
func (s *Splitter) step(data []byte, i, limit int) (next int, going bool) {
	d := s.document
	if d.skipping {
		next, done, what := d.value(data, i, limit, d.floor)
		switch {
		case what != "":
			s.failDocument(data, next, what)
		case done:
			d.skipping, d.expects = false, d.after
			return next, true
		case s.eof:
			s.failOpen(data)
		}
		return next, false
	}
	for i < limit && jsonBytes[data[i]] == jsonSpace {
		i++
	}
	if i == limit {
		if s.eof && d.expects != atTop {
			s.failOpen(data)
		}
		return i, false
	}
	c := data[i]
	switch d.expects {
	case atTop:
		return s.stepTop(data, i, limit)
	case atFirstName, atName:
		if c == '}' && d.expects == atFirstName {
			return s.endPage(data, i)
		}
		return s.stepName(data, i, limit)
	case afterMember:
		switch c {
		case ',':
			d.expects = atName
			return i + 1, true
		case '}':
			return s.endPage(data, i)
		}
		s.failDocument(data, i, "a comma or } is expected after a member")
		return i, false
	case afterRecord:
		switch c {
		case ',':
			d.expects = atRecord
			return i + 1, true
		case ']':
			return s.endList(i)
		}
		s.failDocument(data, i, "a comma or ] is expected after a record")
		return i, false
	}
	if c == ']' && d.expects == atFirstRecord {
		return s.endList(i)
	}
	return s.stepRecord(data, i, limit, afterRecord)
}

// endPage ends the page at data[i].
func (s *Splitter) endPage(data []byte, i int) (next int, going bool) {
	d := s.document
	if !d.found {
		d.err = &DocumentError{s.begun(data), noRecords}
		return i, false
	}
	d.pop(false)
	d.expects = atTop
	return i + 1, true
}

func (s *Splitter) endList(i int) (next int, going bool) {
	d := s.document
	d.pop(true)
	d.expects = atTop
	if d.inPage {
		d.expects = afterMember
	}
	return i + 1, true
}

// stepTop begins a list or an object that is in nothing.
func (s *Splitter) stepTop(data []byte, i, limit int) (next int, going bool) {
	d := s.document
	switch {
	case data[i] == '{' && d.shape == objectsShape:
		return s.stepRecord(data, i, limit, atTop)
	case data[i] == '{' && d.shape == unknownShape:
		window := min(limit, i+s.dialect.MaxRecord)
		switch outcome, name := lookForList(data[i:window]); {
		case outcome == lookNothing:
			d.shape = objectsShape
			return i, true
		case outcome == lookMore && window == limit && limit < i+s.dialect.MaxRecord && !s.eof:
			return i, false
		case outcome == lookFound:
			d.name = name
		}
		// Otherwise it is longer than a record may be, or broken: as a page it will show where.
		d.shape = pageShape
		fallthrough
	case data[i] == '{' && d.shape == pageShape:
		d.inPage, d.found, d.expects, d.begunAt = true, false, atFirstName, i+1
		d.push(false)
		return i + 1, true
	case data[i] == '[' && (d.shape == unknownShape || d.shape == listShape):
		d.shape, d.inPage, d.expects, d.begunAt = listShape, false, atFirstRecord, i+1
		d.push(true)
		return i + 1, true
	case data[i] == '{' || data[i] == '[':
		s.failDocument(data, i, otherShape)
	default:
		s.failDocument(data, i, "an object or a list is expected")
	}
	return i, false
}

// stepName takes the name of a member of a page, and what shows whether it is the list.
func (s *Splitter) stepName(data []byte, i, limit int) (next int, going bool) {
	d := s.document
	window := i + s.dialect.MaxRecord
	m := readMember(data, i, min(limit, window))
	switch {
	case m.what != "":
		s.failDocument(data, m.value, m.what)
		return i, false
	case m.more && limit >= window:
		s.failDocument(data, i, longName)
		return i, false
	case m.more && s.eof:
		s.failOpen(data)
		return i, false
	case m.more:
		return i, false
	}
	list := m.isList(d.expects == atFirstName)
	other := d.name != "" && string(m.name) != d.name
	switch {
	case list && m.holds == '{' && (d.found || other && IsRecordList(m.name)):
		s.failDocument(data, i, secondList)
		return i, false
	case !d.found && !other && (list || d.name != "" && data[m.value] == '['):
		d.found, d.expects, d.name = true, atFirstRecord, string(m.name)
		d.push(true)
		return m.value + 1, true
	}
	d.skipping, d.floor, d.after = true, d.level, afterMember
	return m.value, true
}

// stepRecord takes the record that begins at data[i].
func (s *Splitter) stepRecord(data []byte, i, limit int, after expecting) (next int, going bool) {
	d := s.document
	if d.preface {
		d.atRecord = true
		return i, false
	}
	before := d.level
	next, done, what := d.value(data, i, limit, before)
	d.level, d.inString, d.escaped, d.inPlain = before, false, false, false
	most := s.dialect.MaxRecord // so that it makes no difference how much more is in the data
	if class := jsonBytes[data[i]]; class != jsonOpen && class != jsonQuote {
		most--
	}
	switch {
	case what != "" && next-i < s.dialect.MaxRecord:
		s.failDocument(data, next, what)
		return i, false
	case done && next-i <= most:
		d.records = append(d.records, Span{uint32(i), uint32(next)})
		d.expects = after
		return next, true
	case done || len(data)-i > s.dialect.MaxRecord:
		if i == 0 { // else it is to begin a block
			d.tooLong, d.floor, d.after, d.longAt = true, before, after, s.pos
		}
	case s.eof:
		d.err = &DocumentError{s.posIn(data, i), endsWithin}
	}
	return i, false
}

// recordRest returns how much of the data belongs to the overlong record at hand.
func (s *Splitter) recordRest(data []byte) (n int) {
	d := s.document
	limit := len(data)
	if !s.eof {
		limit--
	}
	n, done, what := d.value(data, 0, limit, d.floor)
	s.skipping = false
	switch {
	case what != "":
		s.failDocument(data, n, what)
	case done:
		d.expects = d.after
	case s.eof:
		d.err = &DocumentError{d.longAt, endsWithin}
	default:
		s.skipping = true
	}
	return n
}

// BeforeRecords fills b with what is before the first record of JSON documents, which found
// says begins next. At the end of input it returns io.EOF. To be called until found, before
// the first Next.
func (s *Splitter) BeforeRecords(b *Block) (found bool, err error) {
	if s.document == nil {
		return false, errors.New("scan: what is read is no JSON document")
	}
	s.document.preface = true
	err = s.next(b, s.blockSize, s.cutDocument)
	s.document.preface = false
	return s.document.atRecord, err
}

// Ahead returns the next n bytes that Next will read, fewer at the end of the input. They are
// valid until the next call of a method.
func (s *Splitter) Ahead(n int) ([]byte, error) {
	s.carry, s.taken = append(s.carry[:0], s.carry[s.taken:]...), 0
	for empty := 0; len(s.carry) < n && !s.ended && empty < 100; empty++ {
		s.carry = slices.Grow(s.carry, n-len(s.carry))
		read, err := s.r.Read(s.carry[len(s.carry):n])
		s.carry = s.carry[:len(s.carry)+read]
		switch {
		case err == io.EOF:
			s.ended = true
			s.carry = bytes.TrimRight(s.carry, ctrlZ)
		case err != nil:
			return nil, err
		case read > 0:
			empty = 0
		}
	}
	return s.carry[:min(n, len(s.carry))], nil
}

// indexDocument lists the records that the splitter found.
func (b *Block) indexDocument(x *Index) {
	x.Ends = b.found.ends[:0]
	for i, r := range b.records {
		x.Ends = append(x.Ends, r.End)
		x.Records = append(x.Records, Record{Start: r.Start, End: r.End, Next: r.End, First: uint32(i), N: 1})
	}
	b.found.ends = x.Ends[:cap(x.Ends)]
}
