package row

import (
	"bytes"

	"poolprep/validate/scan"
)

// This file reads lists: the elements that paths with an index, a filter or [*] lead to.

// list reads a list for the elements of a node.
func (d *decoder) list(n *node, i int) (end int) {
	if !d.enter(i) {
		return -1
	}
	d.visit++
	visit := d.visit
	start := skipSpace(d.text, i+1)
	if d.byteAt(start) == ']' {
		d.depth--
		return start + 1
	}
	i = start
	for number := 0; ; number++ {
		if i = d.element(n, i, number, visit); i < 0 {
			return i
		}
		if i = skipSpace(d.text, i); d.byteAt(i) == ']' {
			break
		}
		if d.byteAt(i) != ',' {
			return d.fail(i, notJSON)
		}
		i = skipSpace(d.text, i+1)
	}
	for k := range n.all {
		if !d.all(&n.all[k], start, true) {
			return -1
		}
	}
	d.depth--
	return i + 1
}

// single reads a value that is no list as the only element of one.
func (d *decoder) single(n *node, i int) (end int) {
	d.visit++
	if end = d.element(n, i, 0, d.visit); end < 0 {
		return end
	}
	for k := range n.all {
		if !d.all(&n.all[k], i, false) {
			return -1
		}
	}
	return end
}

// element reads an element of a list.
func (d *decoder) element(n *node, i, number int, visit uint64) (end int) {
	var x *node
	for k := range n.indexes {
		if n.indexes[k].number == number {
			x = n.indexes[k].node
		}
	}
	switch {
	case len(n.filters) > 0:
		if end = d.skip(i); end < 0 {
			return end
		}
		if d.text[i] == '{' && !d.filtered(n, i, visit) {
			return -1
		}
		if x != nil {
			return d.value(x, i)
		}
		return end
	case x != nil:
		return d.value(x, i)
	}
	return d.skip(i)
}

// filtered reads an element, a valid object, for the filters that it passes first.
func (d *decoder) filtered(n *node, i int, visit uint64) bool {
	mark := len(d.matched)
	d.visit++
	this := d.visit
	at := skipSpace(d.text, i+1)
	for d.text[at] != '}' {
		value, end, escaped := nameEnd(d.text, at)
		name := d.name(at, end, escaped)
		if name == nil {
			return false
		}
		end, _ = valueEnd(d.text, value, MaxDepth)
		if k := n.key(name); k != nil {
			if d.seen[k.number] == this {
				d.fail(at, twice)
				return false
			}
			d.seen[k.number] = this
			v := d.plain(value, end)
			if d.err != nil {
				return false
			}
			if f, there := k.byValue[string(v)]; there && v != nil && d.seen[n.filters[f].number] != visit {
				d.seen[n.filters[f].number] = visit
				d.matched = append(d.matched, n.filters[f])
			}
		}
		if at = skipSpace(d.text, end); d.text[at] == ',' {
			at = skipSpace(d.text, at+1)
		}
	}
	matched := d.matched[mark:]
	defer func() { d.matched = d.matched[:mark] }()
	for _, f := range matched {
		if d.value(f, i) < 0 {
			return false
		}
	}
	return true
}

// key returns the member of that name that filters look at, nil: none does.
func (n *node) key(name []byte) *key {
	for i := range n.keys {
		if n.keys[i].name == string(name) {
			return &n.keys[i]
		}
	}
	return nil
}

// plain returns the value text[at:end] as text, nil for null, an object or a list: valid
// until the next call.
func (d *decoder) plain(at, end int) []byte {
	switch d.text[at] {
	case '{', '[', 'n':
		return nil
	case '"':
		v := d.text[at+1 : end-1]
		if bytes.IndexByte(v, '\\') < 0 {
			return v
		}
		var bad int
		if d.keyRoom, bad = appendUnescaped(d.keyRoom[:0], v); bad >= 0 {
			d.fail(at+1+bad, halfPair)
		}
		return d.keyRoom
	}
	return d.text[at:end]
}

// all joins the values behind [*], of the elements of a list from the first one on, or of
// the value at text[i].
func (d *decoder) all(a *all, i int, list bool) bool {
	first, inner := i, a.field == joins
	if !inner {
		d.beginJoin(a)
	}
	for {
		end := d.value(a.node, i)
		if end < 0 {
			return false
		}
		if !list {
			break
		}
		if i = skipSpace(d.text, end); d.text[i] == ']' {
			break
		}
		i = skipSpace(d.text, i+1)
	}
	if !inner {
		d.endJoin(a, first)
	}
	return true
}

func (d *decoder) beginJoin(a *all) {
	d.joined, d.joins = d.joined[:0], 0
	if a.raw {
		d.joined = append(d.joined, '[')
	}
}

func (d *decoder) endJoin(a *all, at int) {
	if a.raw {
		d.joined = append(d.joined, ']')
	}
	if d.byteAt(at) == '"' {
		at++
	}
	start := uint32(len(d.buf))
	d.buf = append(d.buf, d.joined...)
	d.set(a.terminal, scan.Span{Start: start, End: uint32(len(d.buf))}, at)
}

// plainText takes the text, which is no JSON, for a string.
func (d *decoder) plainText(n *node) {
	for _, t := range n.terminals {
		v := d.span(0, len(d.text))
		if t.raw {
			v.Start = uint32(len(d.buf))
			d.buf = appendString(d.buf, d.text)
			v.End = uint32(len(d.buf))
		}
		d.set(t, v, 0)
	}
	for _, x := range n.indexes {
		if x.number == 0 {
			d.plainText(x.node)
		}
	}
	for k := range n.all {
		a := &n.all[k]
		if a.field == joins {
			d.plainText(a.node)
			continue
		}
		d.beginJoin(a)
		d.plainText(a.node)
		d.endJoin(a, 0)
	}
}

// appendString appends text as a JSON string.
func appendString(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
