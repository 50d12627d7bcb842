package generate

import (
	"bytes"
	"slices"
	"strings"
)

// Shape says how the people are laid out: in which columns, and how these are written. The
// people are the same in every shape, but for what it adds.
type Shape uint8

// The shapes. Fields of all but Template are enclosed in quotes where they need it.
const (
	Template Shape = iota // the pool's 21 columns in the template's order, LF, commas
	// Export has the username, the e-mail address and the flags first, the other columns in
	// another order, an address with a comma in every row, a quotation mark in one nickname
	// in twenty, and notes, which the pool has no column for, one in fifty with a line break.
	Export
	Excel  // Export with semicolons and CR LF
	Narrow // five columns
	Wide   // 60 columns, of which the pool has 12
	Repair // Export in which every second row has yes and no for flags, and an ISO birthdate
	Mapped // Export with other names and values that bench/mapped.yaml makes into the pool's
	Auth0  // JSON lines as Auth0 exports them
	Okta   // the columns of Okta's import template
	// Supabase has the columns of the table auth.users, with bcrypt hashes and metadata in JSON.
	Supabase
)

var shapeNames = []string{"template", "export", "excel", "narrow", "wide", "repair", "mapped", "auth0", "okta", "supabase"}

// String returns the name as in --shape.
func (s Shape) String() string { return shapeNames[s] }

// ParseShape reads the name of a shape, such as "export".
func ParseShape(name string) (Shape, error) {
	i, err := parseName("shape", name, shapeNames)
	return Shape(i), err
}

// maker appends what stands in a column of a person, who has value in Template.
type maker func(dst, value []byte, p *person) []byte

// column is a column of a shape.
type column struct {
	header string
	of     string // the column of Template that it is; "": none
	source int    // its place in Columns; -1: none
	make   maker  // nil: the value stands as it is
	kind   kind   // of JSON
}

// layout is what follows from the options for every row. It does not change.
type layout struct {
	columns   []column
	delimiter byte
	lineEnd   string
	quoteAll  bool
	json      bool  // a row is an object, and there is no header
	faults    []int // that a row can have, their places
}

func newLayout(o *Options) *layout {
	l := &layout{delimiter: ',', lineEnd: "\n", quoteAll: o.Quoting == All}
	switch o.Shape {
	case Template:
		l.columns = same(Columns...)
	case Narrow:
		l.columns = same("cognito:username", "email", "email_verified", "given_name", "family_name")
	case Wide:
		l.columns = wideColumns()
	case Mapped:
		l.columns = mappedColumns()
	case Auth0:
		l.json = true
		l.columns = auth0Columns()
	case Okta:
		l.columns = oktaColumns()
	case Supabase:
		l.columns = supabaseColumns()
	case Excel:
		l.delimiter, l.lineEnd = ';', "\r\n"
		l.columns = exportColumns(false)
	default:
		l.columns = exportColumns(o.Shape == Repair)
	}
	if last := len(l.columns) - 1; o.Clean && l.columns[last].header == "notes" {
		l.columns = l.columns[:last] // the notes: a column that goes nowhere is a finding
	}
	for i := range l.columns {
		l.columns[i].source = slices.Index(Columns, l.columns[i].of)
	}
	for i := range faults[:len(faults)-1] {
		if l.canHave(&faults[i], o.Shape) {
			l.faults = append(l.faults, i)
		}
	}
	return l
}

// canHave reports whether a row of the shape can have the fault: its column must be there,
// and in Mapped not be one in which a step of the mapping finds something else. JSON has
// neither fields to count nor quotes to leave out, a name without control characters, and
// of Auth0 an e-mail address stands in for a missing name.
func (l *layout) canHave(f *fault, s Shape) bool {
	if l.json && (f.extra != 0 || f.bareQuote || f.code == "row-control" || f.code == "username-missing" || f.column == "phone_number") {
		return false
	}
	// Where a flag is missing, or the address is the username, other things are found. What
	// is no value of a column is at the end of a username.
	if s == Okta && (f.unverified || f.code == "email-missing" || f.code == "username-missing" || f.column == "phone_number") ||
		s == Supabase && (f.duplicate || f.invalid != "" || f.code == "email-missing" || f.column == "phone_number") {
		return false
	}
	if f.column == "" {
		return true
	}
	if s == Mapped && (f.column == "phone_number" || f.column == "birthdate") {
		return false
	}
	return slices.ContainsFunc(l.columns, func(c column) bool { return c.of == f.column })
}

// header returns the first line, if there is one.
func (l *layout) header() string {
	if l.json {
		return ""
	}
	names := make([]string, len(l.columns))
	for i, c := range l.columns {
		names[i] = c.header
		if l.quoteAll {
			names[i] = `"` + c.header + `"`
		}
	}
	return strings.Join(names, string(l.delimiter)) + l.lineEnd
}

// same returns columns of Template as they are there.
func same(names ...string) []column {
	columns := make([]column, len(names))
	for i, name := range names {
		columns[i] = column{header: name, of: name}
	}
	return columns
}

// person is whom a row is about.
type person struct {
	number           int64 // of the row, from 0
	fault            *fault
	month, day, year int64 // of birth, for those too whose birthdate is empty
	street, city     string
	house            int64
	starts           [21]int // of the values in Template
	clean            bool
	more             random // for what a shape adds
	row              []byte // of Template, without quotes
}

// value returns the value of a column of Template, by its place; -1: none.
func (p *person) value(column int) []byte {
	if column < 0 {
		return nil
	}
	end := len(p.row)
	if column+1 < len(Columns) {
		end = p.starts[column+1] - 1
	}
	return p.row[p.starts[column]:end]
}

// open reports whether the row can take a line break or a quotation mark: one that has a
// fault has only that.
func (p *person) open() bool { return !p.clean && p.fault == nil }

// laidOut makes row n of a shape.
func (w *writer) laidOut(n int64) {
	out, l := w.buf, w.layout
	w.buf = w.plainRow[:0]
	w.row(n)
	w.plainRow, w.buf = w.buf, out
	w.person.row, w.clean = w.plainRow, w.o.Clean
	w.more = random(w.o.Seed ^ uint64(n)*0xaef17502108ef2d9)
	w.more.next()
	columns := l.columns
	if l.json {
		w.jsonLine(columns)
		return
	}
	if w.fault != nil && w.fault.extra < 0 {
		columns = columns[1:]
	}
	for i := range columns {
		c := &columns[i]
		value := w.value(c.source)
		switch {
		case w.fault != nil && w.fault.column != "" && w.fault.column == c.of:
			w.buf = append(w.buf, value...)
		case c.make == nil:
			w.buf = l.appendField(w.buf, value)
		default:
			w.room = c.make(w.room[:0], value, &w.person)
			w.buf = l.appendField(w.buf, w.room)
		}
		w.buf = append(w.buf, l.delimiter)
	}
	if w.fault != nil && w.fault.extra > 0 {
		w.buf = append(w.buf, "surplus"...)
	} else {
		w.buf = w.buf[:len(w.buf)-1]
	}
	w.buf = append(w.buf, l.lineEnd...)
}

// appendField appends a value, enclosed in quotes if it needs them.
func (l *layout) appendField(dst, value []byte) []byte {
	if bytes.IndexByte(value, l.delimiter) < 0 && bytes.IndexByte(value, '"') < 0 && bytes.IndexByte(value, '\n') < 0 {
		return append(dst, value...)
	}
	dst = append(dst, '"')
	for _, c := range value {
		if c == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}
