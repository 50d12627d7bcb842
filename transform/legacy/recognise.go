package legacy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"poolprep/validate"
)

// Sample is the beginning of an input, by which it is recognised. It is only read.
type Sample struct {
	// Header has the fields of the first record of delimited text; nil: it is JSON.
	Header []string
	// Records are the first ones of delimited text, that of the header among them; one that
	// cannot be read is nil. They are looked at if the header says nothing, and may be nil.
	Records [][]string
	// Text is the beginning of the text of JSON, cut off anywhere. 64 KiB are enough.
	Text []byte
}

// Look returns the sample of an input of which nothing was read yet.
func Look(in *validate.Input) (Sample, error) {
	records, text, err := in.Beginning()
	if err != nil {
		return Sample{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	s := Sample{Records: records, Text: text}
	if text == nil {
		s.Header = []string{}
	}
	if len(records) > 0 && records[0] != nil {
		s.Header = records[0]
	}
	return s, nil
}

// Guess is a preset that fits a sample.
type Guess struct {
	Preset     string
	Generation string   // what of the system's exports it is, for people
	Saw        []string // names that it is recognised by, from the list of them, not from the data
}

// String returns the guess with its reason, for people.
func (g Guess) String() string {
	return fmt.Sprintf("%s (%s: %s)", g.Preset, g.Generation, strings.Join(g.Saw, ", "))
}

// UnsureError says that no preset fits, or that several do. It holds no value.
type UnsureError struct {
	Guesses []Guess
	Empty   bool // the sample has nothing to be recognised by
}

func (e *UnsureError) Error() string {
	if e.Empty {
		return nothingThere
	}
	if len(e.Guesses) == 0 {
		return "the export is not recognised: it has none of the columns that tell systems apart"
	}
	list := make([]string, len(e.Guesses))
	for i, g := range e.Guesses {
		list[i] = g.String()
	}
	return "the export may be of several systems: " + strings.Join(list, ", or ")
}

// WrongError says that an export is not what somebody says it is. It holds no value.
type WrongError struct {
	Preset   string   // that was named
	Expected []string // what identifies it, an entry for each generation
	Better   *Guess   // that fits; nil: none does
	Empty    bool     // the sample has nothing to be recognised by
}

func (e *WrongError) Error() string {
	if e.Empty {
		return nothingThere
	}
	text := fmt.Sprintf("this is no export of %s, which has %s", e.Preset, strings.Join(e.Expected, "; or "))
	if e.Better != nil {
		text += "; it looks like " + e.Better.String()
	}
	return text
}

// Recognise returns the preset that fits a sample best. The error is an UnsureError.
func Recognise(s Sample) (Guess, error) {
	best := guesses(s)
	if len(best) == 1 {
		return best[0], nil
	}
	return Guess{}, &UnsureError{Guesses: best, Empty: s.empty()}
}

// nothingThere is said of an empty export.
const nothingThere = "the export is empty: it has neither a header nor a record; export it again"

// empty reports whether there is neither a header nor a record.
func (s Sample) empty() bool {
	if s.Header != nil {
		return len(s.Header) == 0 && len(s.Records) == 0
	}
	text := bytes.TrimSpace(s.Text)
	if list, is := bytes.CutPrefix(text, []byte("[")); is {
		text = bytes.TrimSpace(bytes.TrimSuffix(list, []byte("]")))
	}
	return len(text) == 0
}

// Confirm returns a WrongError if a sample is not what the preset of that name reads:
// another one fits better, or none fits. Of JSON, where a member without value may be left
// out, a part of what identifies it is enough if nothing else fits, and nothing is needed
// of what has no member that can be read. A name that is no preset fits nothing.
func Confirm(name string, s Sample) error {
	have, form := s.names()
	best := guesses(s)
	if slices.ContainsFunc(best, func(g Guess) bool { return g.Preset == name }) {
		return nil
	}
	partly := func(sig signature) bool { return sig.preset == name && sig.form == form && sig.partly(have) }
	if len(best) == 0 && form == object && !s.empty() && slices.ContainsFunc(signatures, partly) {
		return nil
	}
	wrong := &WrongError{Preset: name, Expected: expected(name), Empty: s.empty()}
	if len(best) > 0 {
		wrong.Better = &best[0]
	}
	return wrong
}

// guesses returns the presets that fit best, each once: those with the most names.
func guesses(s Sample) []Guess {
	if g, ok := withoutHeader(s.Header); ok {
		return []Guess{g}
	}
	have, form := s.names()
	var best []Guess
	for i := range signatures {
		sig := &signatures[i]
		if sig.form != form {
			continue
		}
		saw := sig.match(have)
		same := slices.IndexFunc(best, func(g Guess) bool { return g.Preset == sig.preset })
		switch {
		case saw == nil, len(best) > 0 && len(saw) < len(best[0].Saw):
		case len(best) > 0 && len(saw) > len(best[0].Saw):
			best = best[:0]
			fallthrough
		case same < 0:
			best = append(best, Guess{sig.preset, sig.generation, saw})
		}
	}
	if best == nil && !slices.ContainsFunc(s.Header, isTitle) {
		for _, record := range s.Records {
			if g, ok := withoutHeader(record); ok {
				return []Guess{g}
			}
		}
	}
	return best
}

// names returns the folded names of columns or members, and which of them they are.
func (s *Sample) names() (map[string]bool, form) {
	if s.Header == nil {
		return members(s.Text), object
	}
	have := make(map[string]bool, 2*len(s.Header))
	for _, name := range s.Header {
		have[fold(name)] = true
		have[foldKeeping(name)] = true
	}
	return have, table
}

// partly reports whether what must be there is, or nothing at all.
func (sig *signature) partly(have map[string]bool) bool {
	return len(have) == 0 || !slices.ContainsFunc(sig.all, func(name string) bool { return !have[foldSignature(name)] })
}

// match returns the names of the signature that are there, nil if it does not fit.
func (sig *signature) match(have map[string]bool) []string {
	var saw []string
	for _, name := range sig.all {
		if !have[foldSignature(name)] {
			return nil
		}
		saw = append(saw, strings.TrimPrefix(name, "/"))
	}
	for _, name := range sig.not {
		if have[foldSignature(name)] {
			return nil
		}
	}
	required := len(saw)
	for _, name := range sig.any {
		if have[foldSignature(name)] {
			saw = append(saw, strings.TrimPrefix(name, "/"))
		}
	}
	if sig.any != nil && len(saw) == required {
		return nil
	}
	return saw
}

// shown returns names of a signature as people know them.
func shown(names []string, with string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = strings.TrimPrefix(name, "/")
	}
	return strings.Join(list, with)
}

// expected says what identifies a preset.
func expected(name string) (list []string) {
	for i := range signatures {
		sig := &signatures[i]
		if sig.preset != name {
			continue
		}
		text := shown(sig.all, " and ")
		if text != "" && sig.any != nil {
			text += " and "
		}
		if sig.any != nil {
			text += "one of " + shown(sig.any, ", ")
		}
		list = append(list, fmt.Sprintf("%s (%s)", text, sig.generation))
	}
	if name == firebase {
		list = append(list, "29 or 53 fields and no header (CSV of auth:export)")
	}
	return list
}

const firebase = "firebase"

// withoutHeader recognises Firebase's CSV, which has no header, by the number of fields
// and by what stands in those that have a fixed form.
func withoutHeader(record []string) (Guess, bool) {
	n := len(record)
	if n != 28 && n != 29 && n != 52 && n != 53 {
		return Guess{}, false
	}
	verified, created := record[2], record[23]
	if verified != "" && verified != "true" && verified != "false" || created == "" || strings.Trim(created, "0123456789") != "" {
		return Guess{}, false
	}
	return Guess{firebase, "CSV of auth:export", []string{fmt.Sprintf("%d fields and no header", n), "a flag in field 3", "milliseconds in field 24"}}, true
}

// isTitle reports whether a field of the first record can be a name of one of Firebase's
// columns, and no value: they have no names.
func isTitle(field string) bool {
	return slices.ContainsFunc([]string{"localid", "email", "emailverified", "displayname", "phonenumber"}, func(name string) bool { return fold(field) == name })
}

// fold returns a name as names are compared: without letter case, blanks, punctuation and
// what stands in brackets.
func fold(name string) string {
	for {
		open := strings.IndexByte(name, '[')
		if open < 0 {
			break
		}
		end := strings.IndexByte(name[open:], ']')
		if end < 0 {
			break
		}
		name = name[:open] + name[open+end+1:]
	}
	return foldKeeping(name)
}

// foldKeeping is fold, with what stands in brackets.
func foldKeeping(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-.:/\u00a0\ufeff\"", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// foldSignature folds a name of a signature: of a path each part.
func foldSignature(name string) string {
	around := strings.HasPrefix(name, "/")
	parts := strings.Split(strings.TrimPrefix(name, "/"), ".")
	for i := range parts {
		parts[i] = foldKeeping(parts[i])
	}
	if name = strings.Join(parts, "."); around {
		return "/" + name
	}
	return name
}

// recordNames are the members with the records of a system.
var recordNames = []string{"users", "resources", "results", "result", "items", "value"}

// What of a sample is looked at, however it is made.
const (
	maxSampleDepth = 5
	maxSamplePaths = 4096
	maxSampleTries = 64
)

// members returns the folded paths of the members of the first records, and with a slash
// before them those of the object around the records. What is no JSON is left out: a line
// that is broken, and the end of the sample.
func members(text []byte) map[string]bool {
	paths := make(map[string]bool)
	for range maxSampleTries {
		text = bytes.TrimLeft(text, " \t\r\n,\ufeff")
		if len(text) == 0 || len(paths) > maxSamplePaths {
			break
		}
		d := json.NewDecoder(bytes.NewReader(text))
		w := &pathWalker{tokens: d, paths: paths}
		whole := 0
		for w.value("", 0) {
			whole = int(d.InputOffset())
		}
		next := bytes.IndexByte(text[whole:], '\n')
		if whole >= len(text) || next < 0 || errors.Is(w.err, io.EOF) || errors.Is(w.err, io.ErrUnexpectedEOF) {
			break
		}
		text = text[whole+next+1:]
	}
	return ofRecords(paths)
}

// ofRecords takes the paths of the records out of those of the text.
func ofRecords(paths map[string]bool) map[string]bool {
	root := ""
	for _, name := range recordNames {
		if paths[name] && paths[name+"[]"] {
			root = name + "[]."
			break
		}
	}
	out := make(map[string]bool, len(paths))
	for path := range paths {
		inside, found := strings.CutPrefix(path, root)
		if root == "" {
			inside = strings.TrimPrefix(path, "[].")
		}
		if inside = strings.ReplaceAll(inside, "[]", ""); found && inside != "" {
			out[inside] = true
		}
		if !strings.ContainsAny(path, ".[") && path != "" {
			out["/"+path] = true
		}
	}
	return out
}

// pathWalker notes the paths of the members of JSON values.
type pathWalker struct {
	tokens *json.Decoder
	paths  map[string]bool
	err    error
}

// token returns the next token, nil after an error.
func (w *pathWalker) token() json.Token {
	token, err := w.tokens.Token()
	if err != nil {
		w.err = err
		return nil
	}
	if token == nil {
		return json.Number("") // null
	}
	return token
}

// value reads a value at a path. It reports whether that could be done.
func (w *pathWalker) value(path string, depth int) bool {
	token := w.token()
	if token == nil {
		return false
	}
	if depth > maxSampleDepth {
		return w.skip(token)
	}
	switch token {
	case json.Delim('{'):
		return w.object(path, depth)
	case json.Delim('['):
		return w.array(path, depth)
	}
	return true
}

// skip reads the rest of a value that begins with a token, however deep it nests.
func (w *pathWalker) skip(token json.Token) bool {
	for open := 0; ; token = w.token() {
		switch token {
		case nil:
			return false
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
		if open == 0 {
			return true
		}
	}
}

func (w *pathWalker) object(path string, depth int) bool {
	if path != "" && strings.HasSuffix(path, "[]") {
		w.note(path, depth)
	}
	for w.tokens.More() {
		name, ok := w.token().(string)
		if !ok {
			return false
		}
		inside := foldKeeping(name)
		if path != "" {
			inside = path + "." + inside
		}
		w.note(inside, depth)
		if !w.value(inside, depth+1) {
			return false
		}
	}
	return w.token() != nil
}

func (w *pathWalker) array(path string, depth int) bool {
	for w.tokens.More() {
		if !w.value(path+"[]", depth+1) {
			return false
		}
	}
	return w.token() != nil
}

func (w *pathWalker) note(path string, depth int) {
	if depth < maxSampleDepth && len(w.paths) <= maxSamplePaths {
		w.paths[path] = true
	}
}
