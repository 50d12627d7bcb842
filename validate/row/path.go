package row

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"poolprep/validate/scan"
)

// Path says where in a JSON value another one is: `a.b`, `a[0]`, `a[primary=true].value`,
// `a[*].name`, `["odd.name"].b`, `extension_*_plan`. It is immutable and safe for
// concurrent use.
//
// An index takes a value that is no list for the only element of one; [*] takes the values
// of all elements, joined with "|", the empty ones left out; a filter takes the first element
// of which a member has that value. A * within the name of a member stands for any text, and
// the first member that fits is taken. A path that goes into a string which holds a JSON
// object or list goes into that. What is not there, and null, is empty.
type Path struct {
	segments []segment
	tail     [2]*JSONLine // of text that the first segment names: what is behind Head, and the same as JSON; nil: nothing
	pool     [2]sync.Pool // of *textDecoder for tail
}

// segment is a step of a path.
type segment struct {
	kind   segmentKind
	name   string // of a member; the member that a filter looks at
	value  string // of a filter
	number int    // of an element
}

type segmentKind uint8

const (
	memberSegment segmentKind = iota
	likeSegment               // a member whose name has a *
	indexSegment
	filterSegment
	allSegment
)

const (
	maxPath  = 4096 // bytes
	maxSteps = 32
	maxIndex = 1 << 20
)

// ParsePath reads a path. A name of a single member is one, too, see Path.Plain. Other text,
// such as a name with spaces around brackets, is an error, which holds nothing of it.
func ParsePath(name string) (*Path, error) {
	segments, err := parsePath(name)
	if err != nil {
		return nil, err
	}
	p := &Path{segments: segments}
	if rest := segments[1:]; len(rest) > 0 {
		shown := segments[0].name
		for i := range p.tail { // apart, for a list is an error of the one and not of the other
			p.tail[i] = &JSONLine{fields: 1}
			p.tail[i].root.add(p.tail[i], shown, rest, terminal{raw: i == 1}, true)
			p.tail[i].root.finish()
		}
	}
	return p, nil
}

// Head returns the name of the first member: the column, where a path goes into a column
// with JSON.
func (p *Path) Head() string { return p.segments[0].name }

// Plain reports whether the path is the name of a member, and nothing more.
func (p *Path) Plain() bool { return p.tail[0] == nil && p.segments[0].kind == memberSegment }

// AppendText appends to dst the value to which the path leads from a text that its head
// names: nothing where the text holds no JSON, or the value is not there.
func (p *Path) AppendText(dst, text []byte) ([]byte, *Error) { return p.from(dst, text, 0) }

// AppendRaw is AppendText, but appends the value as JSON: [*] gives a list.
func (p *Path) AppendRaw(dst, text []byte) ([]byte, *Error) { return p.from(dst, text, 1) }

// from follows the path behind Head into a text: to its value, or that as JSON.
func (p *Path) from(dst, text []byte, which int) ([]byte, *Error) {
	if p.tail[which] == nil {
		return append(dst, text...), nil
	}
	d, _ := p.pool[which].Get().(*textDecoder)
	if d == nil {
		d = &textDecoder{decoder: p.tail[which].newDecoder(nil)}
	}
	defer p.pool[which].Put(d)
	d.own = append(d.own[:0], text...)
	var err *Error
	d.own, err = d.textValue(d.own, scan.Span{End: uint32(len(d.own))}, d.field[:])
	if err != nil {
		return dst, err
	}
	return append(dst, d.field[0].Of(d.own)...), nil
}

// Paths are several paths that go on from the same text. It is immutable and safe for
// concurrent use.
type Paths struct{ line *JSONLine }

// NewPaths returns paths that are followed together: those of which raw is true give their
// value as JSON. All have the same head, and more than that.
func NewPaths(paths []*Path, raw []bool) *Paths {
	p := &Paths{&JSONLine{fields: len(paths)}}
	for i, path := range paths {
		p.line.root.add(p.line, path.Head(), path.segments[1:], terminal{field: i, raw: raw[i]}, true)
	}
	p.line.root.finish()
	return p
}

// PathsDecoder follows Paths. It is for one goroutine.
type PathsDecoder struct{ d *decoder }

// NewDecoder returns what follows the paths.
func (p *Paths) NewDecoder() PathsDecoder { return PathsDecoder{p.line.newDecoder(nil)} }

// Follow fills values, one for each path, with what Path.AppendText and Path.AppendRaw
// append for the text that lies at text in buf: spans of buf, to which bytes may be appended,
// and which is returned. ok is false if something is wrong for one of the paths; each is to be
// followed by itself then, for the others may lead to values.
func (p PathsDecoder) Follow(buf []byte, text scan.Span, values []scan.Span) (out []byte, ok bool) {
	out, err := p.d.textValue(buf, text, values)
	return out, err == nil
}

// textDecoder is a decoder with room for its only field.
type textDecoder struct {
	*decoder
	field [1]scan.Span
}

// errNoPath says of a name that it is none.
var errNoPath = errors.New("not a path: names separated by dots are expected, and in brackets a number, * or NAME=VALUE")

func parsePath(name string) (out []segment, err error) {
	if len(name) > maxPath {
		return nil, fmt.Errorf("a path of more than %d bytes", maxPath)
	}
	for rest := name; rest != "" || len(out) == 0; {
		var s segment
		switch {
		case rest == "":
			return nil, errNoPath
		case rest[0] == '[':
			s, rest, err = bracket(rest)
		case len(out) == 0:
			s, rest, err = member(rest)
		case rest[0] == '.' && len(rest) > 1 && rest[1] != '[':
			s, rest, err = member(rest[1:])
		default:
			err = errNoPath
		}
		if err == nil && len(out) == 0 && s.kind != memberSegment && s.kind != likeSegment {
			err = errNoPath
		}
		if err != nil {
			return nil, err
		}
		if out = append(out, s); len(out) > maxSteps {
			return nil, fmt.Errorf("a path of more than %d steps", maxSteps)
		}
	}
	return out, nil
}

// member reads a name up to the next dot or bracket.
func member(text string) (s segment, rest string, err error) {
	end := strings.IndexAny(text, ".[]\"=")
	if end < 0 {
		end = len(text)
	}
	s.name, rest = text[:end], text[end:]
	if s.name == "" || strings.TrimSpace(s.name) != s.name {
		return s, rest, errNoPath
	}
	switch strings.Count(s.name, "*") {
	case 0:
		return s, rest, nil
	case 1:
		if s.kind = likeSegment; len(s.name) > 1 {
			return s, rest, nil
		}
	}
	return s, rest, errors.New("a path has one * in the name of a member, beside other characters; all elements of a list are [*]")
}

// bracket reads `[0]`, `[*]`, `[name=value]` or `["name"]`.
func bracket(text string) (s segment, rest string, err error) {
	if strings.HasPrefix(text, `["`) {
		name, rest, err := quoted(text[1:])
		if err != nil || !strings.HasPrefix(rest, "]") {
			return s, rest, errNoPath
		}
		return segment{name: name}, rest[1:], nil
	}
	end := strings.IndexByte(text, ']')
	if end < 0 {
		return s, text, errNoPath
	}
	inner := text[1:end]
	rest = text[end+1:]
	if inner == "*" {
		return segment{kind: allSegment}, rest, nil
	}
	key, value, filter := strings.Cut(inner, "=")
	if !filter {
		n, err := strconv.Atoi(inner)
		if err != nil || n < 0 || inner != strconv.Itoa(n) {
			return s, rest, errNoPath
		}
		if n > maxIndex {
			return s, rest, fmt.Errorf("a path counts elements from 0 to %d", maxIndex)
		}
		return segment{kind: indexSegment, number: n}, rest, nil
	}
	if key == "" || strings.ContainsAny(key, " \"[*") {
		return s, rest, errNoPath
	}
	if strings.HasPrefix(value, `"`) {
		from := len("[") + len(key) + len("=")
		if value, rest, err = quoted(text[from:]); err != nil || !strings.HasPrefix(rest, "]") {
			return s, rest, errNoPath
		}
		rest = rest[1:]
	}
	return segment{kind: filterSegment, name: key, value: value}, rest, nil
}

// quoted reads text in quotation marks, in which a backslash stands before a quotation mark
// or a backslash.
func quoted(text string) (s, rest string, err error) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), text[i+1:], nil
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
		}
		b.WriteByte(text[i])
	}
	return "", "", errNoPath
}

// String returns the step as it is written in a path.
func (s segment) String() string {
	switch s.kind {
	case indexSegment:
		return "[" + strconv.Itoa(s.number) + "]"
	case allSegment:
		return "[*]"
	case filterSegment:
		return "[" + s.name + "=" + s.value + "]"
	}
	return "." + s.name
}

// rawPrefix begins the names of Raw. No name in a mapping is written so.
const rawPrefix = "\x00"

// Raw returns the name by which a JSONLine gives the value of a name or path as JSON, as it
// is in the record: of [*] a list.
func Raw(name string) string { return rawPrefix + name }
