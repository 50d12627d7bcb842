package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"strings"

	"poolprep/transform"
	"poolprep/transform/legacy"
	"poolprep/transform/mapping"
	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/shard"
	"poolprep/validate/source"
	"poolprep/validate/value"
)

// planned are the flags of `poolprep plan` that a plan has recorded. The fingerprints of the
// plan make sure that they are understood as poolprep understands them.
type planned struct {
	o                                 transform.ConvertOptions
	schema                            []string
	overrides                         schema.Overrides
	dialect, delimiter, quote, escape string
	mapping, from                     string
	blankLines, comment, encoding     string
	skipLines, maxRecord              int
	lenientQuotes, trimFields         bool
}

// optionsOf returns the conversion that a plan is for. While the plan is made, found is told of
// the preset that --from auto finds.
func optionsOf(plan *shard.Plan, found func(preset string)) (transform.ConvertOptions, error) {
	var p planned
	if err := p.read(plan); err != nil {
		return p.o, err
	}
	if err := p.source(); err != nil {
		return p.o, err
	}
	if plan.Preset != "" {
		p.o.Mapping = nil // as poolprep has it, until the input is open
	}
	p.recognise(plan.Preset, found)
	pool, err := schema.Load(p.schema)
	if err == nil {
		err = pool.Apply(p.overrides)
	}
	p.o.Rules.Pool = pool
	p.o.KeepGoing = true // the plan was made, so the header is no reason to stop
	return p.o, err
}

// read sets what the plan has recorded.
func (p *planned) read(plan *shard.Plan) error {
	fs := flag.NewFlagSet("plan", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	p.readingFlags(fs)
	p.poolFlags(fs)
	p.ruleFlags(fs)
	p.mappingFlags(fs)
	reading := make(map[string]bool)
	for _, text := range plan.Reading {
		name, _, _ := strings.Cut(text, "=")
		reading[name] = true
	}
	set := func(texts []string, once bool) error {
		for _, text := range texts {
			name, val, _ := strings.Cut(text, "=")
			if once && reading[name] {
				continue
			}
			if fs.Lookup(strings.TrimPrefix(name, "--")) == nil {
				return fmt.Errorf("it was made with %s, which poolprep-beam does not know; make the parts with `poolprep convert --part`", name)
			}
			if err := fs.Set(strings.TrimPrefix(name, "--"), val); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}
	if err := set(plan.Flags(), true); err != nil {
		return err
	}
	return set(plan.Reading, false)
}

// readingFlags adds the flags about how the input is written.
func (p *planned) readingFlags(fs *flag.FlagSet) {
	fs.StringVar(&p.dialect, "dialect", "auto", "")
	fs.StringVar(&p.delimiter, "delimiter", "", "")
	fs.StringVar(&p.quote, "quote", `"`, "")
	fs.StringVar(&p.escape, "escape", "", "")
	fs.StringVar(&p.encoding, "encoding", "auto", "")
	fs.StringVar(&p.comment, "comment", "", "")
	fs.StringVar(&p.blankLines, "blank-lines", "skip", "")
	fs.IntVar(&p.skipLines, "skip-lines", 0, "")
	fs.IntVar(&p.maxRecord, "max-record-bytes", scan.DefaultMaxRecord, "")
	fs.Int64Var(&p.o.Reading.MaxExpanded, "max-expanded", 0, "")
	fs.BoolVar(&p.lenientQuotes, "lenient-quotes", false, "")
	fs.BoolVar(&p.trimFields, "trim-fields", false, "")
	fs.BoolVar(&p.o.NoHeader, "no-header", false, "")
	fs.Func("ragged", "", func(s string) error { p.o.PadRagged = s == "pad"; return nil })
}

// words returns a function that appends to a list, which exists from then on.
func words(list *[]string) func(string) error {
	return func(text string) error {
		if *list == nil {
			*list = []string{}
		}
		if text != "" {
			*list = append(*list, strings.Split(text, ",")...)
		}
		return nil
	}
}

// each returns a function that appends one text.
func each(list *[]string) func(string) error {
	return func(text string) error { *list = append(*list, text); return nil }
}

// poolFlags adds the flags that describe the pool.
func (p *planned) poolFlags(fs *flag.FlagSet) {
	o := &p.overrides
	fs.Func("schema", "", each(&p.schema))
	fs.Func("auto-verified", "", words(&o.AutoVerified))
	fs.Func("required", "", words(&o.Required))
	fs.Func("username-attributes", "", words(&o.UsernameAttributes))
	fs.Func("alias-attributes", "", words(&o.AliasAttributes))
	fs.BoolFunc("case-sensitive", "", func(s string) error { b := s == "true"; o.CaseSensitive = &b; return nil })
	fs.Func("mfa", "", func(s string) error {
		mfa := map[string]schema.MFA{"off": schema.MFAOff, "optional": schema.MFAOptional, "on": schema.MFAOn}[s]
		o.MFA = &mfa
		return nil
	})
	fs.Func("password-hash", "", func(s string) (err error) {
		p.o.Rules.PasswordHash, err = value.ParseHashAlgorithm(s)
		return err
	})
}

// ruleFlags adds the flags about the rules.
func (p *planned) ruleFlags(fs *flag.FlagSet) {
	o := &p.o.Rules
	o.Rules, _ = judge.ParseRules("2026") // there are these
	fs.Func("rules", "", func(s string) (err error) { o.Rules, err = judge.ParseRules(s); return err })
	fs.Func("duplicates", "", func(s string) error { o.NoDuplicates = s == "off"; return nil })
	fs.Func("null", "", each(&o.Nulls))
	fs.Func("severity", "", func(s string) error {
		name, level, _ := strings.Cut(s, "=")
		code, err := rule.ParseCode(name)
		if err != nil {
			return err
		}
		severity, err := rule.ParseSeverity(level)
		if err != nil {
			return err
		}
		if o.Severity == nil {
			o.Severity = make(map[rule.Code]rule.Severity)
		}
		o.Severity[code] = severity
		return nil
	})
}

// mappingFlags adds the flags about what becomes of values.
func (p *planned) mappingFlags(fs *flag.FlagSet) {
	fs.StringVar(&p.mapping, "mapping", "", "")
	fs.StringVar(&p.from, "from", "", "")
	fs.BoolVar(&p.o.NoRepair, "no-repair", false, "")
	fs.Func("backslash", "", func(s string) error {
		p.o.Backslash = map[string]transform.Backslash{"strip": transform.BackslashStrip, "double": transform.BackslashDouble}[s]
		return nil
	})
	fs.Func("default-region", "", func(s string) error { p.o.DefaultRegion = strings.ToUpper(s); return nil })
	fs.Func("assume-verified", "", func(s string) error {
		if s != "" {
			p.o.AssumeVerified = append(p.o.AssumeVerified, strings.Split(s, ",")...)
		}
		return nil
	})
	fs.Func("join", "", func(s string) error { p.o.Join = &validate.Source{Path: s}; return nil })
}

// noneWord is the --mapping that stands for none.
const noneWord = "none"

// source reads the mapping, and sets how the input is read: by the flags, and where they say
// nothing by the mapping.
func (p *planned) source() error {
	var m *mapping.Mapping
	var err error
	switch {
	case p.from == autoWord: // that depends on the input
	case p.from != "":
		m, err = legacy.Get(p.from)
	case p.mapping != "" && p.mapping != noneWord:
		const most = 1 << 20 // bytes
		var text []byte
		if text, err = source.ReadFile(p.mapping, most, "mapping"); err == nil {
			m, err = mapping.Parse(p.mapping, text)
		}
	}
	if err != nil {
		return err
	}
	if m != nil {
		rest := *m // what the dialect does not know of
		rest.Source = mapping.SourceDialect{NoHeader: m.Source.NoHeader, Names: m.Source.Names, NamesByCount: m.Source.NamesByCount, Nulls: m.Source.Nulls, Repair: m.Source.Repair}
		p.o.Mapping = &rest
	}
	return p.reading(m)
}

// reading sets how the input is read.
func (p *planned) reading(m *mapping.Mapping) (err error) {
	r := &p.o.Reading
	d := scan.Dialect{
		LenientQuotes: p.lenientQuotes, TrimFields: p.trimFields, KeepBlank: p.blankLines == "keep", Comment: p.comment, MaxRecord: p.maxRecord,
	}
	if d.Delimiter, err = validate.ParseDelimiter(p.delimiter); err != nil {
		return err
	}
	if p.escape != "" {
		d.Escape = p.escape[0]
	}
	switch p.quote {
	case "", "none":
		d.NoQuotes = true
	case `"`: // the mapping may say another one
	default:
		d.Quote = p.quote[0]
	}
	r.Dialect, r.Encoding, r.SkipLines = d, p.encoding, p.skipLines
	r.Detect = d.Delimiter == 0 && p.dialect == "auto" || p.dialect == "csv" && p.delimiter == "auto"
	if m != nil {
		m.Source.Fill(r)
	}
	if d = r.Dialect; d.Quote == 0 && !d.NoQuotes {
		d.Quote = '"'
	}
	switch p.dialect {
	case "cognito":
		d.Kind = scan.Cognito
	case "ndjson":
		d, r.JSONLines = validate.JSONLines(d), true
	case "json":
		d, r.Documents = validate.Documents(d), true
	case "tsv":
		if d.Delimiter == 0 {
			d.Delimiter = '\t'
		}
	}
	r.Dialect = d
	return nil
}

// recognise has the inputs looked at if a preset is named, or was found when the plan was made.
// tell is told of the one that is found now.
func (p *planned) recognise(found string, tell func(preset string)) {
	if p.from == "" && found == "" {
		return
	}
	name, confirmed := cmp.Or(found, p.from), found == "" && p.from != autoWord
	p.o.Recognise = func(in *validate.Input) (*mapping.Mapping, error) {
		if !confirmed && found != "" {
			confirmed = true
			return legacy.Get(name)
		}
		sample, err := legacy.Look(in)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
		if confirmed {
			err = legacy.Confirm(name, sample)
		} else {
			var guess legacy.Guess
			guess, err = legacy.Recognise(sample)
			name = guess.Preset
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		case confirmed:
			return nil, nil
		}
		confirmed = true
		tell(name)
		return legacy.Get(name)
	}
}
