package mapping

import (
	"bytes"

	"poolprep/validate/row"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/value"
)

// Failure is what is wrong with a record: a value that it does not give, which is empty
// then, or a reject rule that holds.
type Failure struct {
	Target int       // index of the column, from 0; -1: none in particular
	Code   rule.Code // MapFailed, MapLookupMiss, RowJSON, or that of the reject rule
	Soft   bool      // the mapping says that such a value is left out
	Text   string    // what failed and what was tried; no data
}

// State runs a program in one goroutine.
type State struct {
	p          *Program
	steps      [][]step // by target
	valueSteps [][]step // by value
	scratch    [2][]byte
	rec        record
	joined     []scan.Span // columns of the second file
	failures   []Failure
}

// NewState returns a state with buffers of its own.
func (p *Program) NewState() *State {
	s := &State{p: p, rec: record{values: make([]scan.Span, len(p.values))}, joined: make([]scan.Span, p.joined)}
	s.steps, s.valueSteps = s.stepsOf(p.targets), s.stepsOf(p.values)
	return s
}

// stepsOf makes the steps of each target.
func (s *State) stepsOf(targets []target) [][]step {
	out := make([][]step, len(targets))
	for i := range targets {
		for k, spec := range targets[i].steps {
			places := targets[i].looks[k]
			look := func(column int) []byte { return s.rec.at(places[column]) }
			out[i] = append(out[i], spec.start(stepOptions{look: look, defaultRegion: s.p.region}))
		}
	}
	return out
}

// Row makes the values of a row from the fields of a record, which are decoded
// and lie in buf. It fills out, one span for each target column; values that
// are not fields are appended to buf, which is returned and may have moved.
// skip is -1, or the skip rule that holds, and then there are no values. The
// failures are valid until the next call.
func (s *State) Row(buf []byte, fields, out []scan.Span) (newBuf []byte, skip int, failures []Failure) {
	p, r := s.p, &s.rec
	s.failures, r.fields = s.failures[:0], fields
	buf = s.values(buf)
	r.buf = buf
	for i := range p.skips {
		if p.skips[i].holds(r) {
			return buf, i, nil
		}
	}
	for i := range p.rejects {
		if p.rejects[i].holds(r) {
			s.failures = append(s.failures, Failure{Target: -1, Code: p.rejects[i].code, Text: p.rejects[i].reason})
		}
	}
	for i, f := range p.direct {
		if f >= 0 {
			out[i] = fields[f]
		} else {
			out[i] = scan.Span{}
		}
	}
	for _, i := range p.made {
		start := uint32(len(buf))
		buf = s.value(buf, &p.targets[i], s.steps[i], i)
		out[i] = scan.Span{Start: start, End: uint32(len(buf))}
	}
	for _, a := range p.assumed {
		if isBlank(out[a.flag].Of(buf)) && !isBlank(out[a.address].Of(buf)) {
			start := uint32(len(buf))
			buf = append(buf, "TRUE"...)
			out[a.flag] = scan.Span{Start: start, End: uint32(len(buf))}
		}
	}
	r.buf = buf
	return buf, -1, s.failures
}

// isBlank reports whether there is nothing but white space in a value.
func isBlank(v []byte) bool {
	start, end := value.Trim(v)
	return start == end
}

// values appends the named values and the like to buf.
func (s *State) values(buf []byte) []byte {
	looked := false // the record of the second file up
	for i := range s.p.values {
		t := &s.p.values[i]
		if t.kind == valueJoined {
			if !looked {
				buf, looked = s.second(buf), true
			}
			s.rec.values[i] = s.joined[t.column]
			continue
		}
		start := uint32(len(buf))
		buf = s.value(buf, t, s.valueSteps[i], t.blame)
		s.rec.values[i] = trimmedSpan(buf, scan.Span{Start: start, End: uint32(len(buf))})
	}
	return buf
}

// second appends what the second file has about the record.
func (s *State) second(buf []byte) []byte {
	s.rec.buf = buf
	key := bytes.TrimPrefix(s.rec.at(s.p.joinKey), s.p.joinPrefix)
	clear(s.joined)
	if len(key) == 0 {
		return buf
	}
	out, found := s.p.join.Fields(buf, key, s.joined)
	if !found {
		clear(s.joined)
		return buf
	}
	for i, v := range s.joined {
		s.joined[i] = trimmedSpan(out, v)
	}
	return out
}

// fail notes that a value cannot be made.
func (s *State) fail(t *target, blame int, code rule.Code, text string) {
	s.failures = append(s.failures, Failure{Target: blame, Code: code, Soft: t.soft, Text: text})
}

// value appends the value of a target, or of one that others are made of, to buf.
func (s *State) value(buf []byte, t *target, steps []step, blame int) []byte {
	s.rec.buf = buf
	if len(steps) == 0 {
		out, code, wrong := t.appendOrigin(buf, &s.rec)
		if wrong != "" {
			s.fail(t, blame, code, wrong)
			return out[:len(buf)]
		}
		return out
	}
	v, code, wrong := t.appendOrigin(s.scratch[0][:0], &s.rec)
	s.scratch[0] = v
	if wrong != "" {
		s.fail(t, blame, code, wrong)
		return buf
	}
	for k, apply := range steps {
		if len(v) == 0 && !t.steps[k].takesEmpty() {
			continue
		}
		next := (k + 1) % 2
		result, outcome := apply(s.scratch[next][:0], v)
		if outcome == stepDone && len(result) > longestOf(v) {
			outcome = stepTooLong
		}
		if outcome != stepDone {
			code := rule.MapFailed
			if outcome == stepMissed {
				code = rule.MapLookupMiss
			}
			s.fail(t, blame, code, t.steps[k].failures[outcome])
			return buf
		}
		s.scratch[next], v = result, result
	}
	return append(buf, v...)
}

// appendOrigin appends to dst the value before the steps. It stops, and returns what is
// wrong, where several parts are longer than maxMade together, or a text is no JSON.
func (t *target) appendOrigin(dst []byte, r *record) (out []byte, code rule.Code, wrong string) {
	fits := true
	switch t.kind {
	case valueConstant:
		dst = append(dst, t.constant...)
	case valueJoin:
		dst, fits = t.appendJoin(dst, r)
	case valueTemplate:
		dst, fits = t.appendTemplate(dst, r)
	case valueTest:
		dst = append(dst, truth(t.test(r))...)
	case valuePath:
		if dst, wrong = t.appendPath(dst, r.at(t.sources[0])); wrong != "" {
			return dst, rule.RowJSON, t.name + ": " + wrong
		}
	case valueFirst:
		for _, i := range t.sources {
			if v := r.at(i); len(v) > 0 {
				dst = append(dst, v...)
				break
			}
		}
	}
	if !fits {
		return dst, rule.MapFailed, tooLong(t.kind.String())
	}
	return dst, 0, ""
}

// appendPath appends what is at the path of a text that holds JSON, and returns what is
// wrong with that, "" if nothing is.
func (t *target) appendPath(dst, text []byte) (out []byte, wrong string) {
	if len(text) == 0 {
		return dst, ""
	}
	var err *row.Error
	if t.raw {
		out, err = t.path.AppendRaw(dst, text)
	} else {
		out, err = t.path.AppendText(dst, text)
	}
	if err != nil {
		return dst, err.What
	}
	return out, ""
}

// truth returns how a test is written.
func truth(holds bool) string {
	if holds {
		return "TRUE"
	}
	return "FALSE"
}

func (t *target) appendJoin(dst []byte, r *record) ([]byte, bool) {
	start, first := len(dst), true
	for _, i := range t.sources {
		v := r.at(i)
		if len(v) == 0 {
			continue
		}
		if first {
			dst, first = append(dst, v...), false
			continue
		}
		if dst = append(append(dst, t.with...), v...); len(dst)-start > maxMade {
			return dst, false
		}
	}
	return dst, true
}

// appendTemplate appends nothing if every source of the template is empty.
func (t *target) appendTemplate(dst []byte, r *record) ([]byte, bool) {
	start, any := len(dst), len(t.sources) == 0
	for k, part := range t.template {
		v := part.literal
		if part.source >= 0 {
			v = r.at(part.source)
			any = any || len(v) > 0
		}
		if dst = append(dst, v...); k > 0 && len(dst)-start > maxMade {
			return dst, false
		}
	}
	if !any {
		return dst[:start], true
	}
	return dst, true
}

// trimmedSpan returns a span without the white space around it.
func trimmedSpan(buf []byte, s scan.Span) scan.Span {
	start, end := value.Trim(s.Of(buf))
	return scan.Span{Start: s.Start + uint32(start), End: s.Start + uint32(end)}
}

// trimmedField returns a field without the white space around it.
func trimmedField(buf []byte, s scan.Span) []byte {
	v := s.Of(buf)
	start, end := value.Trim(v)
	return v[start:end]
}
