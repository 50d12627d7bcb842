package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	xform "golang.org/x/text/transform"

	"poolprep/validate/suggest"
	"poolprep/validate/value"
)

// step appends to dst what becomes of the value v, which it may read only
// until it returns. It may keep buffers, so it is for one goroutine.
type step func(dst, v []byte) ([]byte, stepResult)

type stepResult uint8

const (
	stepDone stepResult = iota
	stepFailed
	stepMissed  // the value is not in a table
	stepTooLong // the value would get longer than longestOf allows
	// Of phone:
	stepDigitsLost
	stepNoRegion
	stepUnknownRegion
	stepExtension
	stepAmbiguous
	numStepResults
)

// maxMade is how long a step may make a value, in bytes: no attribute takes more than
// 2,048, and steps that double a value would soon fill the memory.
const maxMade = 64 << 10

// longestOf is how long a step may make v, in bytes. A value that is longer by itself
// may stay so: a later step may cut it.
func longestOf(v []byte) int { return max(maxMade, len(v)) }

// tooLong says that a part of a mapping would make more of a value than longestOf allows.
func tooLong(what string) string {
	return fmt.Sprintf("%s: the value would get longer than %d bytes", what, maxMade)
}

// stepOptions are what a step may want to know of the row, and of the run.
type stepOptions struct {
	look          func(k int) []byte // at the k-th of its columns, without white space around it
	defaultRegion string             // code of the country that national phone numbers belong to; "": none
}

// start returns a step for one goroutine.
func (s *stepSpec) start(o stepOptions) step {
	if s.looks != nil {
		return s.looks(o)
	}
	return s.make()
}

// stateless makes a step that needs no buffers, and does not fail.
func stateless(s step) stepSpec { return stepSpec{make: func() step { return s }} }

// by adds the same step for a column.
func (s stepSpec) by(wide func(exact step) columnStep) stepSpec {
	s.wide = wide
	return s
}

// trying makes a step that needs no buffers, and fails when what it tried is of no use.
func trying(tried string, s step) stepSpec {
	return stepSpec{make: func() step { return s }, tried: tried}
}

// stepReader reads the argument of a named function; all of its stepSpec but the name.
type stepReader func(r *reader, arg *yaml.Node) stepSpec

// stepReaders are the named functions of a mapping. The argument is null where
// only the name is written. The table is filled in init, for its entries and
// the reader refer to each other.
var stepReaders map[string]stepReader

func init() {
	stepReaders = map[string]stepReader{
		"trim":     bare("trim", stepTrim, wideTrim),
		"spaces":   bare("spaces", stepSpaces, wideSpaces),
		"lower":    caser("lower", cases.Lower, 'A', 'Z'),
		"upper":    caser("upper", cases.Upper, 'a', 'z'),
		"title":    caser("title", cases.Title, 0, 0),
		"strip":    readStrip,
		"prefix":   readPrefix,
		"default":  readDefault,
		"truncate": readTruncate,
		"replace":  readReplace,
		"regex":    readRegex,
		"lookup":   readLookup,
		"boolean":  readBoolean,
		"date":     readDate,
		"epoch":    readEpoch,
		"part":     readPart,
		"list":     readList,
		"unquote":  readUnquote,
		"nfc":      bare("nfc", stepNFC, wideNFC),
		"phone":    readPhone,
		"hash":     readHash,
		"unhex":    readUnhex,
	}
}

func stepNames() []string {
	return []string{"trim", "spaces", "lower", "upper", "title", "strip", "prefix", "default", "truncate", "replace", "regex", "lookup", "boolean", "date", "epoch", "part", "list", "unquote", "nfc", "phone", "hash", "unhex"}
}

// steps reads a list of `name` and `name: argument`.
func (r *reader) steps(n *yaml.Node) []stepSpec {
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "steps: a list is expected, not %s", kindOf(n))
		return nil
	}
	var out []stepSpec
	for _, item := range n.Content {
		name, arg := item, (*yaml.Node)(nil)
		if item.Kind == yaml.MappingNode && len(item.Content) == 2 {
			name, arg = item.Content[0], item.Content[1]
		}
		if name.Kind != yaml.ScalarNode {
			r.fail(item, "steps: a function such as `trim` or `strip: \" -\"` is expected")
			continue
		}
		read, ok := stepReaders[name.Value]
		if !ok {
			r.fail(name, "%s", suggest.Unknown("unknown function", name.Value, stepNames()))
			continue
		}
		if arg == nil {
			arg = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: name.Line, Column: name.Column}
		}
		spec := read(r, arg)
		spec.name, spec.foreign = name.Value, spec.foreign || isForeign(arg)
		spec.failures[stepFailed], spec.failures[stepMissed] = spec.name+": "+spec.tried, spec.name+": "+spec.tried
		spec.failures[stepTooLong] = tooLong(spec.name)
		out = append(out, spec)
	}
	return out
}

// isForeign reports whether a node holds foreign characters.
func isForeign(n *yaml.Node) bool {
	return foreign([]byte(n.Value)) || slices.ContainsFunc(n.Content, isForeign)
}

// foreign reports whether text holds characters beyond ASCII, quotation marks, backslashes
// or control characters.
func foreign(text []byte) bool {
	return slices.ContainsFunc(text, func(c byte) bool { return c < ' ' || c >= 0x7F || c == '"' || c == '\\' })
}

// given reports whether a step has an argument.
func given(arg *yaml.Node) bool { return arg.Tag != "!!null" || arg.Value != "" }

// bare is a function without argument.
func bare(name string, s step, wide func(step) columnStep) stepReader {
	return func(r *reader, arg *yaml.Node) stepSpec {
		if given(arg) {
			r.fail(arg, "%s takes no argument", name)
		}
		return stateless(s).by(wide)
	}
}

func stepTrim(dst, v []byte) ([]byte, stepResult) {
	start, end := value.Trim(v)
	return append(dst, v[start:end]...), stepDone
}

// stepSpaces turns every run of white space, line breaks and no-break spaces
// included, into one space, and takes it away at the ends.
func stepSpaces(dst, v []byte) ([]byte, stepResult) {
	begun, pending := false, false
	for i := 0; i < len(v); {
		r, n := utf8.DecodeRune(v[i:])
		if unicode.IsSpace(r) {
			pending = begun
		} else {
			if pending {
				dst = append(dst, ' ')
				pending = false
			}
			dst = append(dst, v[i:i+n]...)
			begun = true
		}
		i += n
	}
	return dst, stepDone
}

// caser changes the letter case by the rules of Unicode. first and last are
// the ASCII letters that it changes when all of the value is ASCII; 0: no short cut.
func caser(name string, newCaser func(language.Tag, ...cases.Option) cases.Caser, first, last byte) stepReader {
	return func(r *reader, arg *yaml.Node) stepSpec {
		if given(arg) {
			r.fail(arg, "%s takes no argument", name)
		}
		spec := stepSpec{make: func() step {
			var c xform.Transformer = newCaser(language.Und) // it keeps state
			return func(dst, v []byte) ([]byte, stepResult) {
				if first != 0 && value.IsASCII(v) {
					for _, b := range v {
						if b >= first && b <= last {
							b ^= 0x20
						}
						dst = append(dst, b)
					}
					return dst, stepDone
				}
				return appendTransformed(dst, v, c), stepDone
			}
		}}
		if first == 0 {
			return spec
		}
		return spec.by(wideCase(first, last))
	}
}

// appendTransformed appends what t makes of v.
func appendTransformed(dst, v []byte, t xform.Transformer) []byte {
	t.Reset()
	size := len(v) + 16
	for {
		start := len(dst)
		for cap(dst) < start+size {
			dst = append(dst[:cap(dst)], 0)
		}
		n, _, err := t.Transform(dst[start:start+size], v, true)
		if err != xform.ErrShortDst {
			return dst[:start+n]
		}
		dst, size = dst[:start], size*2
		t.Reset()
	}
}

// appendLower appends v in lower case, character by character, to compare with.
func appendLower(dst, v []byte) []byte {
	for i := 0; i < len(v); {
		if c := v[i]; c < utf8.RuneSelf {
			if c-'A' <= 'Z'-'A' {
				c |= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(v[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	return dst
}

func readStrip(r *reader, arg *yaml.Node) stepSpec {
	set := []byte(r.scalar(arg, "strip"))
	if len(set) == 0 {
		r.fail(arg, "strip: the characters to take out are expected")
	}
	return stateless(func(dst, v []byte) ([]byte, stepResult) {
		for i := 0; i < len(v); {
			_, n := utf8.DecodeRune(v[i:])
			if !bytes.Contains(set, v[i:i+n]) {
				dst = append(dst, v[i:i+n]...)
			}
			i += n
		}
		return dst, stepDone
	}).by(wideStrip(set))
}

func readPrefix(r *reader, arg *yaml.Node) stepSpec {
	prefix := []byte(r.scalar(arg, "prefix"))
	return stateless(func(dst, v []byte) ([]byte, stepResult) {
		if !bytes.HasPrefix(v, prefix) {
			dst = append(dst, prefix...)
		}
		return append(dst, v...), stepDone
	}).by(widePrefix(prefix))
}

func readDefault(r *reader, arg *yaml.Node) stepSpec {
	value := []byte(r.scalar(arg, "default"))
	return stateless(func(dst, v []byte) ([]byte, stepResult) {
		if len(v) == 0 {
			v = value
		}
		return append(dst, v...), stepDone
	}).by(wideDefault(value))
}

func readTruncate(r *reader, arg *yaml.Node) stepSpec {
	most := r.number(arg, "truncate", 1)
	return stateless(func(dst, v []byte) ([]byte, stepResult) {
		end := 0
		for n := 0; n < most && end < len(v); n++ {
			_, size := utf8.DecodeRune(v[end:])
			end += size
		}
		return append(dst, v[:end]...), stepDone
	}).by(wideTruncate(most))
}

func readReplace(r *reader, arg *yaml.Node) stepSpec {
	type pair struct{ from, to []byte }
	var pairs []pair
	for _, e := range r.entries(arg, "replace") {
		if e.key.Value == "" {
			r.fail(e.key, "replace: the text to replace is empty")
			continue
		}
		pairs = append(pairs, pair{[]byte(e.key.Value), []byte(r.scalar(e.value, "replace"))})
	}
	return stepSpec{make: func() step {
		var scratch [2][]byte
		return func(dst, v []byte) ([]byte, stepResult) {
			most := longestOf(v)
			for i, p := range pairs {
				out := scratch[i%2][:0]
				for {
					before, after, found := bytes.Cut(v, p.from)
					out = append(out, before...)
					if !found {
						break
					}
					if out = append(out, p.to...); len(out) > most {
						return dst, stepTooLong
					}
					v = after
				}
				scratch[i%2], v = out, out
			}
			return append(dst, v...), stepDone
		}
	}}
}

func readLookup(r *reader, arg *yaml.Node) stepSpec {
	var words []string
	var values [][]byte
	var otherwise []byte
	hasDefault, ignoreCase, keep := false, false, false
	for _, e := range r.entries(arg, "lookup", "table", "default", "else", "ignore-case") {
		switch e.key.Value {
		case "table":
			for _, t := range r.entries(e.value, "table") {
				words = append(words, t.key.Value)
				values = append(values, []byte(r.scalar(t.value, "table")))
			}
		case "default":
			hasDefault, otherwise = true, []byte(r.scalar(e.value, "default"))
		case "else":
			if keep = r.scalar(e.value, "else") == "keep"; !keep {
				r.fail(e.value, "else: keep is expected, which leaves a value that is not in the table as it is; for another value there is `default`")
			}
		case "ignore-case":
			ignoreCase = r.boolean(e.value, "ignore-case")
		}
	}
	if keep && hasDefault {
		r.fail(arg, "lookup: either `default` or `else: keep` says what becomes of a value that is not in the table")
	}
	if len(words) == 0 {
		r.fail(arg, "lookup: a `table` with at least one entry is expected")
	}
	set := newWordSet(words, ignoreCase)
	return trying("not in the table ("+suggest.List(words)+")", func(dst, v []byte) ([]byte, stepResult) {
		if i, ok := set.find(v); ok {
			return append(dst, values[i]...), stepDone
		}
		switch {
		case keep:
			return append(dst, v...), stepDone
		case hasDefault || len(v) == 0:
			return append(dst, otherwise...), stepDone
		}
		return dst, stepMissed
	}).by(wideWords(set, values, true))
}

// The words for true and false, in any letter case.
var (
	trueWords  = []string{"true", "yes", "y", "t", "1", "on"}
	falseWords = []string{"false", "no", "n", "f", "0", "off"}
)

func readBoolean(r *reader, arg *yaml.Node) stepSpec {
	yes, no := trueWords, falseWords
	if given(arg) {
		for _, e := range r.entries(arg, "boolean", "true", "false") {
			if e.key.Value == "true" {
				yes = r.words(e.value, "true")
			} else {
				no = r.words(e.value, "false")
			}
		}
	}
	booleans := slices.Repeat([][]byte{[]byte("TRUE")}, len(yes))
	booleans = append(booleans, slices.Repeat([][]byte{[]byte("FALSE")}, len(no))...)
	yesSet, noSet := newWordSet(yes, true), newWordSet(no, true)
	for _, w := range no {
		if yesSet.has([]byte(w)) {
			r.fail(arg, "boolean: %s means both true and false", strconv.Quote(w))
		}
	}
	return trying("none of "+suggest.List(append(slices.Clip(yes), no...)), func(dst, v []byte) ([]byte, stepResult) {
		switch {
		case yesSet.has(v):
			return append(dst, "TRUE"...), stepDone
		case noSet.has(v):
			return append(dst, "FALSE"...), stepDone
		}
		return dst, stepFailed
	}).by(wideWords(newWordSet(append(slices.Clip(yes), no...), true), booleans, false))
}
