package row

import (
	"bytes"
	"fmt"
	"slices"

	"poolprep/validate/scan"
)

// decoder finds fields in one goroutine. It reads a record once, checks it while it reads,
// and allocates nothing for a sound one.
//
// Invariant: text lies in buf from base on, or in the array that buf had before it grew,
// where it is the same.
type decoder struct {
	j      *JSONLine
	stray  func(name []byte, at int) // nil: nobody
	buf    []byte
	fields []scan.Span

	text  []byte // that is being read: the record, or JSON in a string of it
	base  uint32 // of text in buf
	outer int    // where in the record the string is that holds text; -1: text is the record
	depth int
	err   *Error

	visit    uint64
	record   uint64   // visit of the record
	seen     []uint64 // by number of a node: the visit in which it was last found
	literals []uint64 // by field: the record in which it was found under its own name
	at       []int32  // by field: where in the record its value is written; for Place

	joined   []byte // values of [*]
	joins    int    // how many
	matched  []*node
	strays   []knownStray
	blocks   uint32
	nameRoom []byte
	keyRoom  []byte
	own      []byte // of Path
}

// strayCache is of how many names a decoder remembers that they were told.
const strayCache = 256

type knownStray struct {
	name  []byte
	block uint32
}

// maxBuffer is how many bytes of a block and of values behind it there may be.
const maxBuffer = 1 << 31

func (j *JSONLine) newDecoder(stray func(name []byte, at int)) *decoder {
	return &decoder{
		j: j, stray: stray, seen: make([]uint64, j.nodes+1), literals: make([]uint64, j.fields), at: make([]int32, j.fields), blocks: 1,
	}
}

// NewDecoder returns a Decoder of the records. stray is told of the members of a record
// that are no field and on the way to none; nil: nobody.
func (j *JSONLine) NewDecoder(stray func(name []byte, at int)) Decoder { return j.newDecoder(stray) }

// Begin forgets of which names was told.
func (d *decoder) Begin() { d.blocks++ }

// Fields implements Decoder.
func (d *decoder) Fields(buf []byte, rec scan.Span, fields []scan.Span) ([]byte, *Error) {
	clear(fields)
	d.begin(buf, rec, fields)
	i := skipSpace(d.text, 0)
	switch {
	case d.byteAt(i) != '{':
		d.fail(i, notObject)
	default:
		if end := d.object(&d.j.root, i); end >= 0 {
			d.end(end)
		}
	}
	return d.buf, d.err
}

func (d *decoder) begin(buf []byte, text scan.Span, fields []scan.Span) {
	d.buf, d.text, d.base, d.fields, d.outer, d.depth, d.err = buf, text.Of(buf), text.Start, fields, -1, 0, nil
	d.matched = d.matched[:0]
	d.visit++
	d.record = d.visit
}

// textValue finds the fields below a value that lies at text in buf, which is returned. Where
// it is not JSON there are none.
func (d *decoder) textValue(buf []byte, text scan.Span, fields []scan.Span) ([]byte, *Error) {
	clear(fields)
	d.begin(buf, text, fields)
	root := &d.j.root
	switch i := skipSpace(d.text, 0); d.byteAt(i) {
	case '{', '[':
		if end := d.below(root, i); end >= 0 {
			d.end(end)
		}
	default:
		if string(bytes.TrimSpace(d.text)) != "null" && i < len(d.text) {
			d.plainText(root)
		}
	}
	return d.buf, d.err
}

// The things that may be wrong.
const (
	notObject  = "not a JSON object"
	notJSON    = "not valid JSON"
	notInside  = "not valid JSON, inside of a text"
	twice      = "a member that stands twice"
	halfPair   = "half of a surrogate pair"
	tooMuch    = "too many values of this size in one record"
	tooNestedF = "more than %d values within each other"
)

// fail notes what is wrong at an offset of the text, and returns -1.
func (d *decoder) fail(at int, what string) int {
	if d.outer >= 0 {
		at = d.outer
	}
	if what == notJSON && d.outer >= 0 {
		what = notInside
	}
	d.err = &Error{at + 1, what}
	return -1
}

// bad is fail for what is no JSON.
func (d *decoder) bad(end int) int { return d.fail(min(^end, len(d.text)), notJSON) }

func (d *decoder) byteAt(i int) byte {
	if i < len(d.text) {
		return d.text[i]
	}
	return 0
}

// end sees to it that nothing but white space is behind the value.
func (d *decoder) end(i int) int {
	if i = skipSpace(d.text, i); i < len(d.text) {
		return d.fail(i, notJSON)
	}
	return i
}

// skip passes over a value.
func (d *decoder) skip(i int) (end int) {
	end, what := valueEnd(d.text, i, MaxDepth-d.depth)
	switch {
	case what == tooDeep:
		return d.fail(^end, fmt.Sprintf(tooNestedF, MaxDepth))
	case end < 0:
		return d.bad(end)
	}
	return end
}

// enter goes into an object or list.
func (d *decoder) enter(i int) bool {
	if d.depth == MaxDepth {
		d.fail(i, fmt.Sprintf(tooNestedF, MaxDepth))
		return false
	}
	d.depth++
	return true
}

// span returns where text[from:to] lies in buf.
func (d *decoder) span(from, to int) scan.Span {
	return scan.Span{Start: d.base + uint32(from), End: d.base + uint32(to)}
}

// value reads the value at text[i] to which a node belongs, and returns the offset after
// it, -1 if something is wrong.
func (d *decoder) value(n *node, i int) (end int) {
	switch c := d.byteAt(i); c {
	case '"':
		return d.string(n, i)
	case '{', '[':
		return d.nested(n, i)
	case 0:
		return d.fail(i, notJSON)
	default:
		if end = plainEnd(d.text, i); end < 0 {
			return d.bad(end)
		}
		v := d.span(i, end)
		if c == 'n' {
			v.End = v.Start
		}
		d.take(n, v, i, i, end)
		if n.hasLists() {
			return d.single(n, i)
		}
		return end
	}
}

// take fills the fields that take the value at a node: v is its text, which is written at
// offset at of the text; start to end is all of it.
func (d *decoder) take(n *node, v scan.Span, at, start, end int) {
	for _, t := range n.terminals {
		if t.raw {
			d.set(t, d.span(start, end), start)
		} else {
			d.set(t, v, at)
		}
	}
}

func (d *decoder) set(t terminal, v scan.Span, at int) {
	if t.field == joins {
		switch {
		case v.Len() == 0:
			return
		case d.joins > 0 && t.raw:
			d.joined = append(d.joined, ',')
		case d.joins > 0:
			d.joined = append(d.joined, '|')
		}
		d.joins++
		d.joined = append(d.joined, v.Of(d.buf)...)
		return
	}
	if d.literals[t.field] == d.record {
		return
	}
	if t.literal {
		d.literals[t.field] = d.record
	}
	if d.outer >= 0 {
		at = d.outer
	}
	d.fields[t.field], d.at[t.field] = v, int32(at)
}

// string reads a string.
func (d *decoder) string(n *node, i int) (end int) {
	end, escaped := stringEnd(d.text, i)
	if end < 0 {
		return d.bad(end)
	}
	v := d.span(i+1, end-1)
	if escaped {
		start := uint32(len(d.buf))
		var bad int
		if d.buf, bad = appendUnescaped(d.buf, d.text[i+1:end-1]); bad >= 0 {
			return d.fail(i+1+bad, halfPair)
		}
		if len(d.buf) > maxBuffer {
			return d.fail(i, tooMuch)
		}
		v = scan.Span{Start: start, End: uint32(len(d.buf))}
	}
	d.take(n, v, i+1, i, end)
	lists := n.hasLists()
	if !lists && !n.hasMembers() {
		return end
	}
	inner := v.Of(d.buf)
	switch at := skipSpace(inner, 0); {
	case at < len(inner) && (inner[at] == '{' || inner[at] == '['):
		if !d.inside(n, v, i+1, at) {
			return -1
		}
	case lists:
		return d.single(n, i)
	}
	return end
}

// inside reads the JSON in a string, which begins at offset at of v.
func (d *decoder) inside(n *node, v scan.Span, i, at int) bool {
	text, base, outer, depth := d.text, d.base, d.outer, d.depth
	if outer < 0 {
		d.outer = i
	}
	d.text, d.base, d.depth = v.Of(d.buf), v.Start, 0
	end := d.below(n, at)
	if end >= 0 {
		end = d.end(end)
	}
	d.text, d.base, d.outer, d.depth = text, base, outer, depth
	return end >= 0
}

// nested reads an object or a list.
func (d *decoder) nested(n *node, i int) (end int) {
	if end = d.below(n, i); end < 0 {
		return end
	}
	for _, t := range n.terminals {
		if t.raw {
			d.set(t, d.span(i, end), i)
		}
	}
	return end
}

// below reads an object or list for what is below a node.
func (d *decoder) below(n *node, i int) (end int) {
	lists, members, list := n.hasLists(), n.hasMembers(), d.text[i] == '['
	switch {
	case list && lists:
		return d.list(n, i)
	case !list && members:
		if end = d.object(n, i); end >= 0 && lists {
			return d.single(n, i)
		}
		return end
	case !list && lists:
		return d.single(n, i)
	case list && (members || n.wantsText()):
		return d.fail(i, fmt.Sprintf("a list where one value is expected; say which: %s[0] or %s[*]", n.path, n.path))
	case n.wantsText():
		return d.fail(i, fmt.Sprintf("an object where one value is expected; say which member: %s.NAME", n.path))
	}
	return d.skip(i)
}

// wantsText reports whether a field takes the value as text.
func (n *node) wantsText() bool {
	return slices.ContainsFunc(n.terminals, func(t terminal) bool { return !t.raw })
}

// object reads an object for the members of a node.
func (d *decoder) object(n *node, i int) (end int) {
	if !d.enter(i) {
		return -1
	}
	d.visit++
	visit := d.visit
	root := n == &d.j.root && d.outer < 0
	if i = skipSpace(d.text, i+1); d.byteAt(i) == '}' {
		d.depth--
		return i + 1
	}
	for {
		keyAt := i
		value, nameEnd, escaped := nameEnd(d.text, i)
		if value < 0 {
			return d.bad(value)
		}
		name := d.name(keyAt, nameEnd, escaped)
		if name == nil {
			return -1
		}
		end = -1
		if c := n.member(name); c != nil {
			if d.seen[c.number] == visit {
				return d.fail(keyAt, twice)
			}
			d.seen[c.number] = visit
			if end = d.value(c, value); end < 0 {
				return end
			}
		} else if root && d.stray != nil && !n.isLike(name) {
			d.reportStray(name, keyAt)
		}
		for k := range n.likes {
			l := &n.likes[k]
			if !l.fits(name) || d.seen[l.number] == visit {
				continue
			}
			d.seen[l.number] = visit
			if end = d.value(l.node, value); end < 0 {
				return end
			}
		}
		if end < 0 {
			if end = d.skip(value); end < 0 {
				return end
			}
		}
		switch i = skipSpace(d.text, end); d.byteAt(i) {
		case ',':
			i = skipSpace(d.text, i+1)
		case '}':
			d.depth--
			return i + 1
		default:
			return d.fail(i, notJSON)
		}
	}
}

// name returns the name that is written at text[at:end], not nil: valid until the next call.
func (d *decoder) name(at, end int, escaped bool) []byte {
	name := d.text[at+1 : end-1]
	if !escaped {
		return name
	}
	var bad int
	if d.nameRoom, bad = appendUnescaped(d.nameRoom[:0], name); bad >= 0 {
		d.fail(at+1+bad-1, halfPair)
		return nil
	}
	return d.nameRoom
}

func (l *like) fits(name []byte) bool {
	return len(name) > len(l.before)+len(l.after) && string(name[:len(l.before)]) == l.before && string(name[len(name)-len(l.after):]) == l.after
}

func (n *node) isLike(name []byte) bool {
	for i := range n.likes {
		if n.likes[i].fits(name) {
			return true
		}
	}
	return false
}

// reportStray tells of a member that is no field, unless it was lately.
func (d *decoder) reportStray(name []byte, at int) {
	if d.strays == nil {
		d.strays = make([]knownStray, strayCache)
	}
	first, last := edgesOf(name)
	known := &d.strays[hashName(len(name), first, last)%strayCache]
	if known.block == d.blocks && string(known.name) == string(name) {
		return
	}
	known.name, known.block = append(known.name[:0], name...), d.blocks
	d.stray(name, at)
}
