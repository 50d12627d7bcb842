package validate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"poolprep/validate/judge"
	"poolprep/validate/schema"
	"poolprep/validate/shard"
	"poolprep/validate/source"
)

// PlanOptions say how a run is divided.
type PlanOptions struct {
	Parts int    // how many; 0: one
	Tool  string // version of the program that makes plan and parts
	// Complete is shown the plan before it gets its ID, to set Command and Preset; nil: nobody.
	Complete func(*shard.Plan)
}

// PlanCheck divides a check of the inputs, which must be files or have an Open, into parts for
// CheckPart. It reads all of them once, to find where records begin, and judges nothing.
func PlanCheck(ctx context.Context, o CheckOptions, p PlanOptions, sources ...Source) (*shard.Plan, error) {
	planner, err := NewPlanner(p, shard.ForCheck, o.fingerprints(), sources)
	if err != nil {
		return nil, err
	}
	c := newCheck(o)
	c.Report, c.profiler = nil, nil
	c.rows = func(ctx context.Context, run *RunOptions, h *Header) error {
		return planner.Input(ctx, run.Input, h, o.Workers)
	}
	for _, s := range sources {
		if err := c.input(ctx, s); err != nil {
			return nil, err
		}
		if err := planner.End(s); err != nil {
			return nil, err
		}
	}
	return planner.Plan()
}

// fingerprints tell options apart that do not judge alike.
func (o CheckOptions) fingerprints() shard.Fingerprints {
	return shard.Fingerprints{
		Schema: cmp.Or(o.Rules.Pool, schema.Default()).Fingerprint(),
		Flags:  FlagsFingerprint(o.Rules, o.Reading, o.NoHeader, o.PadRagged, o.ShowValues),
	}
}

// FlagsFingerprint returns the fingerprint of options that count for reading and judging:
// rules but for their pool and columns, reading but for how much is read at a time, and what
// more there is, which is written down as JSON.
func FlagsFingerprint(rules judge.Options, reading Reading, more ...any) string {
	reading.Known, reading.Hash, reading.BlockSize, reading.MaxExpanded = nil, false, 0, 0
	levels := make(map[string]string)
	for code, level := range rules.Severity {
		levels[code.String()] = level.String()
	}
	text, err := json.Marshal([]any{rules.Rules, levels, rules.NoDuplicates, rules.PasswordHash.String(), rules.Nulls, rules.BackslashDone, rules.TrimSilently, reading, more})
	if err != nil {
		return "" // nothing of it cannot be encoded
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Planner makes a plan: Input for every input with a header, End for every input, in order.
type Planner struct {
	o      PlanOptions
	plan   *shard.Plan
	cutter *shard.Cutter
	next   int
}

// NewPlanner begins a plan for inputs, which must be files or have an Open.
func NewPlanner(o PlanOptions, what string, f shard.Fingerprints, sources []Source) (*Planner, error) {
	if len(sources) == 0 {
		return nil, errors.New("validate: a plan needs inputs")
	}
	const most = 100_000
	if o.Parts < 0 || o.Parts > most {
		return nil, fmt.Errorf("a plan of %d parts: 1 to %d are possible", o.Parts, most)
	}
	p := &Planner{o: o, plan: &shard.Plan{Tool: o.Tool, For: what, Fingerprints: f}}
	var sizes []int64
	for _, s := range sources {
		size, err := sizeOf(s)
		if err != nil {
			return nil, err
		}
		sizes = append(sizes, size)
		p.plan.Sources = append(p.plan.Sources, shard.Source{Path: s.Path, Size: size})
	}
	p.cutter = shard.NewCutter(o.Parts, sizes)
	return p, nil
}

// sizeOf returns the size of a file, and an error for what is none: it could not be read a
// second time.
func sizeOf(s Source) (int64, error) {
	if s.Reader != nil || s.Path == "" {
		return 0, &source.FileError{Path: cmp.Or(s.Name, "the input"), Text: "only files can be planned, for a part reads them again; save it as a file first"}
	}
	return s.Open.Size(s.Path)
}

// Input reads the rest of an opened input, of which the header was read, and finds the places
// where it may be cut.
func (p *Planner) Input(ctx context.Context, in *Input, h *Header, workers int) error {
	s := &p.plan.Sources[p.next]
	s.Written = strings.TrimPrefix(in.Describe(), in.Name+": ")
	s.Codec, s.Charset = in.source.Codec(), in.source.Charset()
	if in.source.Size() != s.Size {
		return &shard.SizeError{File: in.Name, Planned: s.Size, Size: in.source.Size()}
	}
	s.Header = headerSum(h)
	if !in.Divisible() {
		return nil
	}
	err := in.Places(ctx, workers, p.cutter.Aim(), p.cutter)
	s.SHA256 = in.source.SHA256()
	return err
}

// headerSum returns the SHA-256 of a header, "" if there is none.
func headerSum(h *Header) string {
	if h == nil || len(h.Raw) == 0 {
		return ""
	}
	sum := sha256.Sum256(h.Raw)
	return hex.EncodeToString(sum[:])
}

// End says that nothing more is to be said of an input.
func (p *Planner) End(s Source) error {
	planned := &p.plan.Sources[p.next]
	p.next++
	p.cutter.End()
	if planned.SHA256 != "" || p.plan.For == shard.ForCheck {
		return nil
	}
	described, err := Describe(s)
	switch {
	case err != nil:
		return err
	case described.Size != planned.Size:
		return &shard.SizeError{File: s.Path, Planned: planned.Size, Size: described.Size}
	}
	planned.SHA256 = described.SHA256
	return nil
}

// Describe returns size and checksum of a file, which it reads to its end.
func Describe(s Source) (*shard.Source, error) {
	if _, err := sizeOf(s); err != nil {
		return nil, err
	}
	f, err := s.Open.Open(s.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return nil, source.OpenError(s.Path, err)
	}
	return &shard.Source{Path: s.Path, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// Plan returns the plan.
func (p *Planner) Plan() (*shard.Plan, error) {
	p.plan.Parts = p.cutter.Parts()
	if p.o.Complete != nil {
		p.o.Complete(p.plan)
	}
	return p.plan, p.plan.Seal()
}
