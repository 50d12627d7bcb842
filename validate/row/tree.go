package row

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"poolprep/validate/value"
)

// JSONLine finds fields in records that are one JSON object each: strings, numbers as they
// are written, true and false; null is an empty field, and so is what is not there. Each
// field is a member of the record, or what a Path leads to. It is immutable and safe for
// concurrent use.
type JSONLine struct {
	root   node
	fields int
	nodes  int // of the tree, each has a number
}

// NewJSONLine returns a JSONLine with a field for each of the names of members, or paths,
// that are given; one with the name "" is always empty. A member that is called as a path
// is written comes before what the path leads to. See also Raw.
func NewJSONLine(names []string) *JSONLine {
	j := &JSONLine{fields: len(names)}
	known := make(map[string]bool, len(names))
	for i, name := range names {
		if known[name] || name == "" {
			continue
		}
		known[name] = true
		name, raw := strings.CutPrefix(name, rawPrefix)
		path, err := parsePath(name)
		if err != nil || len(path) > 1 || path[0].kind != memberSegment {
			j.root.add(j, "", []segment{{name: name}}, terminal{i, raw, true}, false)
		}
		if err == nil {
			j.root.add(j, "", path, terminal{i, raw, false}, false)
		}
	}
	j.root.finish()
	return j
}

// terminal says that a field takes the value at a node.
type terminal struct {
	field   int
	raw     bool // as JSON
	literal bool // a member that is called as a path is written, which counts instead of that
}

// node is a place in a JSON value to which a path leads, or goes on from. All paths that
// share their beginning share its nodes, but for what comes after [*].
type node struct {
	number    int
	path      string // for messages
	terminals []terminal

	members []child
	places  map[string]int // of members, while the tree is made
	table   []int32        // of members by hash of their names, from 1; 0: none
	shift   uint8
	likes   []like

	indexes []indexed
	filters []*node
	keys    []key // that filters look at
	all     []all
}

type child struct {
	name        string
	first, last uint64 // edgesOf it
	*node
}

type like struct {
	before, after string
	*node
}

// key is a member that filters look at.
type key struct {
	name    string
	number  int            // as of a node
	byValue map[string]int // filters
}

type indexed struct {
	number int
	*node
}

// all is a path behind [*], for one field, whose values are joined.
type all struct {
	terminal
	*node
}

// joins is the terminal of a path behind [*].
const joins = -1

func (n *node) hasLists() bool   { return len(n.indexes)+len(n.filters)+len(n.all) > 0 }
func (n *node) hasMembers() bool { return len(n.members)+len(n.likes) > 0 }

func (j *JSONLine) newNode(path string) *node {
	j.nodes++
	return &node{number: j.nodes, path: path}
}

// add adds a path that goes on from n, whose own path is shown.
func (n *node) add(j *JSONLine, shown string, path []segment, t terminal, nested bool) {
	n.path = shown
	if len(path) == 0 {
		n.terminals = append(n.terminals, t)
		return
	}
	s := path[0]
	shown += s.String()
	if n == &j.root && !nested {
		shown = s.name
	}
	var next *node
	switch s.kind {
	case memberSegment:
		i, there := n.places[s.name]
		if !there {
			if i = len(n.members); n.places == nil {
				n.places = make(map[string]int)
			}
			n.places[s.name] = i
			n.members = append(n.members, child{name: s.name, node: j.newNode(shown)})
		}
		next = n.members[i].node
	case likeSegment:
		before, after, _ := strings.Cut(s.name, "*")
		i := slices.IndexFunc(n.likes, func(l like) bool { return l.before == before && l.after == after })
		if i < 0 {
			i = len(n.likes)
			n.likes = append(n.likes, like{before, after, j.newNode(shown)})
		}
		next = n.likes[i].node
	case indexSegment:
		i := slices.IndexFunc(n.indexes, func(x indexed) bool { return x.number == s.number })
		if i < 0 {
			i = len(n.indexes)
			n.indexes = append(n.indexes, indexed{s.number, j.newNode(shown)})
		}
		next = n.indexes[i].node
	case filterSegment:
		at := slices.IndexFunc(n.keys, func(k key) bool { return k.name == s.name })
		if at < 0 {
			j.nodes++
			at = len(n.keys)
			n.keys = append(n.keys, key{s.name, j.nodes, make(map[string]int)})
		}
		i, there := n.keys[at].byValue[s.value]
		if !there {
			i = len(n.filters)
			n.keys[at].byValue[s.value] = i
			n.filters = append(n.filters, j.newNode(shown))
		}
		next = n.filters[i]
	case allSegment:
		next = j.newNode(shown)
		n.all = append(n.all, all{t, next})
		if t.field != joins {
			t = terminal{joins, t.raw, false}
		}
	}
	next.add(j, shown, path[1:], t, true)
}

// finish makes the tables of n and of all nodes below it.
func (n *node) finish() {
	n.places = nil
	if len(n.members) > 0 {
		size := 1 << bits.Len(uint(2*len(n.members)))
		n.table, n.shift = make([]int32, size), uint8(64-bits.Len(uint(size-1)))
		for i := range n.members {
			c := &n.members[i]
			c.first, c.last = edgesOf([]byte(c.name))
			at := hashName(len(c.name), c.first, c.last) >> n.shift
			for n.table[at] != 0 {
				at = (at + 1) % uint64(size)
			}
			n.table[at] = int32(i + 1)
		}
	}
	for i := range n.members {
		n.members[i].finish()
	}
	for i := range n.likes {
		n.likes[i].finish()
	}
	for i := range n.indexes {
		n.indexes[i].finish()
	}
	for i := range n.filters {
		n.filters[i].finish()
	}
	for i := range n.all {
		n.all[i].finish()
	}
}

// member returns the node of the member with a name, nil: there is none.
func (n *node) member(name []byte) *node {
	if len(n.table) == 0 {
		return nil
	}
	first, last := edgesOf(name)
	for at := hashName(len(name), first, last) >> n.shift; n.table[at] != 0; at = (at + 1) % uint64(len(n.table)) {
		c := &n.members[n.table[at]-1]
		if c.first == first && c.last == last && len(c.name) == len(name) && (len(name) <= 16 || c.name == string(name)) {
			return c.node
		}
	}
	return nil
}

// edgesOf returns the first and the last eight bytes of a name. With its length they are all
// of one that has no more than 16.
func edgesOf(name []byte) (first, last uint64) {
	if n := len(name); n >= 8 {
		return binary.LittleEndian.Uint64(name), binary.LittleEndian.Uint64(name[n-8:])
	}
	return value.Short(name), 0
}

// hashName is of the length of a name, and of edgesOf it.
func hashName(n int, first, last uint64) uint64 {
	const odd = 0x9E3779B97F4A7C15
	h := (first ^ uint64(n)) * odd
	h ^= h >> 32
	return (h ^ bits.RotateLeft64(last, 17)) * odd
}
