package validate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"poolprep/validate/judge"
	"poolprep/validate/scan"
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
	c.Report, c.profiler, c.Reading.Frames = nil, nil, true
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
	reading.Known, reading.Hash, reading.Frames, reading.BlockSize, reading.MaxExpanded = nil, false, false, 0, 0
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
	o       PlanOptions
	plan    *shard.Plan
	cutter  *shard.Cutter
	sources []Source
	next    int
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
	p := &Planner{o: o, plan: &shard.Plan{Tool: o.Tool, For: what, Fingerprints: f}, sources: sources}
	for _, s := range sources {
		size, err := sizeOf(s)
		if err != nil {
			return nil, err
		}
		p.plan.Sources = append(p.plan.Sources, shard.Source{Path: s.Path, Size: size})
	}
	p.cutter = shard.NewCutter(o.Parts, p.plan.Sources)
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
// where it may be cut. A compressed one must have been opened with Reading.Frames.
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
	if in.source.Framed() {
		return p.frames(ctx, in, workers)
	}
	if p.plan.For == shard.ForCheck {
		return in.Places(ctx, workers, p.cutter.Aim(), p.cutter, nil)
	}
	sum := summer{Hash: sha256.New(), source: p.sources[p.next]}
	err := in.Places(ctx, workers, p.cutter.Aim(), p.cutter, sum.block)
	if err == nil && sum.next == s.Size {
		s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	}
	return err
}

// summer computes the checksum of a file from the blocks of its rows, and of what is before
// them, which it reads once more. So it is done while the next blocks are read.
type summer struct {
	hash.Hash
	source Source
	next   int64 // offset of what is not summed yet
}

// block takes the next block. One that does not follow the one before is left out, and so is
// all that follows it.
func (s *summer) block(b *scan.Block) error {
	if s.next == 0 && b.Pos.Offset > 0 {
		if err := s.before(b.Pos.Offset); err != nil {
			return err
		}
	}
	if b.Pos.Offset == s.next {
		s.Write(b.Data)
		s.next += int64(len(b.Data))
	}
	return nil
}

// before takes the first n bytes of the file.
func (s *summer) before(n int64) error {
	f, err := s.source.Open.Open(s.source.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	s.next, err = io.Copy(s, io.NewSectionReader(f, 0, n))
	return source.OpenError(s.source.Path, err)
}

// frames is Input for an input that may have several frames.
func (p *Planner) frames(ctx context.Context, in *Input, workers int) error {
	if several, err := p.severalFrames(ctx); err != nil || !several {
		return err
	}
	if err := in.Places(ctx, workers, p.cutter.Aim(), p.cutter, nil); err != nil {
		return err
	}
	s := &p.plan.Sources[p.next]
	if p.plan.For == shard.ForConvert {
		s.SHA256 = in.source.SHA256()
	}
	if frames, text := in.source.Frames(); frames > 1 {
		s.Text = text
	}
	return nil
}

// severalFrames reports whether the compressed input at hand may have more than one frame, which
// is found out without decompressing it. If it has not, its checksum is known then.
func (p *Planner) severalFrames(ctx context.Context) (bool, error) {
	planned, s := &p.plan.Sources[p.next], p.sources[p.next]
	f, err := s.Open.Open(s.Path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	sum := sha256.New()
	r := source.UntilDone(ctx, f)
	if p.plan.For == shard.ForConvert {
		r = io.TeeReader(r, sum)
	}
	several, err := source.SeveralFrames(r, planned.Codec)
	if err != nil {
		return false, source.OpenError(s.Path, err)
	}
	if !several && p.plan.For == shard.ForConvert {
		planned.SHA256 = hex.EncodeToString(sum.Sum(nil))
	}
	return several, nil
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
