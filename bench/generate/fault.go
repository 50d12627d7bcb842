package generate

// fault is one way in which a row is wrong. Every fault is one that stays an
// error after the repairs of convert.
type fault struct {
	code       string // of the finding it must give
	column     string // whose value is replaced by value, as it stands in the file
	value      string
	unverified bool   // email_verified is FALSE
	duplicate  bool   // the username of an earlier row
	bareQuote  bool   // value stands in the file without the quotes that it needs
	lineBreak  bool   // in the address; not among those that are picked
	extra      int    // fields too many, or too few
	invalid    string // at the end of the username
}

// faults are picked with equal chances, but for the last one.
var faults = [...]fault{
	{code: "email-format", column: "email", value: "not.an.address"},
	{code: "email-missing", column: "email"},
	{code: "username-missing", column: "cognito:username"},
	{code: "username-whitespace", column: "cognito:username", value: "two words"},
	{code: "phone-format", column: "phone_number", value: "(201) 555-0123"},
	{code: "birthdate-impossible", column: "birthdate", value: "31/12/1980"},
	{code: "birthdate-format", column: "birthdate", value: "12.31.1980"},
	{code: "not-verified", unverified: true},
	{code: "row-field-count", extra: 1},
	{code: "row-field-count", extra: -1},
	{code: "username-duplicate", duplicate: true},
	{code: "row-encoding", invalid: "\xe9"},
	{code: "row-control", invalid: "\x00"},
	{code: "row-quote", column: "name", bareQuote: true, value: `Anna "Annie" Berg`},
	{code: "row-quote", column: "name", bareQuote: true, value: `"Anna"Berg`},
	{code: "value-line-break", lineBreak: true},
}

// lineBreakShare is the share of rows in Mixed whose address holds a line
// break: read well, and rejected, since the import file cannot hold it.
const lineBreakShare = 1 << 32 / 2000

// pickFault chooses what is wrong with row n, if anything is. It takes the same
// numbers from the random source whether there are faults or not.
func (w *writer) pickFault(n int64) *fault {
	faulty := w.r.chance(share(w.o.Faults)) && n%cleanEvery != 0
	which := w.layout.faults[w.r.below(len(w.layout.faults))]
	lineBreak := w.r.chance(lineBreakShare)
	switch {
	case faulty:
		w.faults[which]++
		return &faults[which]
	case lineBreak && w.o.Quoting == Mixed && !w.o.Clean && n%cleanEvery != 0:
		w.faults[len(faults)-1]++
		return &faults[len(faults)-1]
	}
	return nil
}

// cleanEvery is how far apart rows are that never have a fault.
const cleanEvery = 1024

// cleanBefore returns the last such row before n, whose username a duplicate takes.
func cleanBefore(n int64) int64 { return (n - 1) / cleanEvery * cleanEvery }

// replaced writes the value of a fault in this column, and reports whether there is one.
func (w *writer) replaced(column string) bool {
	if w.fault == nil || w.fault.column != column {
		return false
	}
	w.field()
	if w.o.Quoting == All {
		w.buf = append(append(append(w.buf, '"'), w.fault.value...), '"')
	} else {
		w.buf = append(w.buf, w.fault.value...)
	}
	return true
}

// endRow ends a row of Template, with a field too many or too few if that is its fault.
func (w *writer) endRow(start int) {
	if f := w.fault; f != nil {
		switch {
		case f.extra > 0:
			w.buf = append(w.buf, ",surplus"...)
		case f.extra < 0:
			// The first field goes, which holds no line break.
			w.buf = append(w.buf[:start], w.buf[start+w.firstField(start):]...)
		}
	}
	w.buf = append(w.buf, '\n')
}

// firstField returns the length of the first field of the row at start, with its comma.
func (w *writer) firstField(start int) int {
	inside := false
	for i, c := range w.buf[start:] {
		switch {
		case c == '"':
			inside = !inside
		case c == ',' && !inside:
			return i + 1
		}
	}
	return 0
}
