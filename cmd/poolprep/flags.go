package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/pflag"

	"poolprep/validate"
	"poolprep/validate/judge"
	"poolprep/validate/keyset"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/suggest"
	"poolprep/validate/value"
)

const defaultQuote = `"`

// readFlags say how an input is read.
type readFlags struct {
	dialect     choice
	delimiter   string
	quote       string
	escape      string
	lenient     bool
	trimFields  bool
	ragged      choice
	comment     string
	skipLines   int
	blankLines  choice
	encoding    string
	noHeader    bool
	maxRecord   size
	maxExpanded size
	blockSize   size
	jobs        int
	known       []string // names of columns, which only tables have
	tables      bool     // the input is a table with a header, and lines before that are known
}

// add adds the flags. dialect is the default of the command.
func (f *readFlags) add(fs *pflag.FlagSet, dialect string) {
	f.dialect.value, f.blankLines.value, f.quote, f.encoding = dialect, "skip", defaultQuote, "auto"
	f.maxRecord, f.blockSize, f.jobs = scan.DefaultMaxRecord, scan.DefaultBlockSize, min(runtime.GOMAXPROCS(0), maxJobs)
	bind(fs, "dialect", &f.dialect)
	bind(fs, "delimiter", &f.delimiter)
	bind(fs, "quote", &f.quote)
	bind(fs, "escape", &f.escape)
	bind(fs, "trim-fields", &f.trimFields)
	bind(fs, "skip-lines", &f.skipLines)
	bind(fs, "comment", &f.comment)
	bind(fs, "lenient-quotes", &f.lenient)
	bind(fs, "blank-lines", &f.blankLines)
	bind(fs, "encoding", &f.encoding)
	bind(fs, "max-record-bytes", &f.maxRecord)
	bind(fs, "max-expanded", &f.maxExpanded)
	bind(fs, "jobs", &f.jobs)
	bind(fs, "block-size", &f.blockSize)
}

// addRagged adds the flag for commands that judge rows.
func (f *readFlags) addRagged(fs *pflag.FlagSet) {
	f.ragged.value = "reject"
	bind(fs, "ragged", &f.ragged)
}

// ledger begins a run. It is to be closed.
func (f *ruleFlags) ledger() *ledger.Ledger {
	return ledger.New(ledger.Options{Budget: int64(f.dedupMemory)})
}

// scanDialect returns what the flags say, and whether the delimiter is to be detected.
func (f *readFlags) scanDialect() (d scan.Dialect, detect bool, err error) {
	d = scan.Dialect{
		LenientQuotes: f.lenient, KeepBlank: f.blankLines.value == "keep", MaxRecord: int(f.maxRecord),
		TrimFields: f.trimFields, Comment: f.comment,
	}
	if d.Delimiter, err = validate.ParseDelimiter(f.delimiter); err != nil {
		return d, false, fmt.Errorf("--delimiter %w", err)
	}
	switch len(f.escape) {
	case 0:
	case 1:
		d.Escape = f.escape[0]
	default:
		return d, false, fmt.Errorf("--escape %q: one byte is expected", f.escape)
	}
	switch {
	case f.quote == "none" || f.quote == "":
		d.NoQuotes = true
	case len(f.quote) == 1:
		d.Quote = f.quote[0]
	default:
		return d, false, fmt.Errorf("--quote %q: one byte is expected, or none", f.quote)
	}
	switch f.dialect.value {
	case "cognito":
		d.Kind = scan.Cognito
	case "ndjson", "json":
		if f.delimiter != "" || f.escape != "" || f.lenient || f.trimFields || f.noHeader {
			return d, false, fmt.Errorf("--dialect %s has neither delimiters, quotes and escapes nor a header to say something about", f.dialect.value)
		}
		if f.dialect.value == "json" {
			return validate.Documents(d), false, nil
		}
		return validate.JSONLines(d), false, nil
	case "tsv":
		if d.Delimiter == 0 {
			d.Delimiter = '\t'
		}
	case "auto":
		detect = d.Delimiter == 0
	case "csv":
		detect = f.delimiter == "auto"
	}
	_, err = d.Resolve()
	return d, detect, err
}

// ruleFlags say by what rules rows are judged.
type ruleFlags struct {
	schema             []string
	autoVerified       []string
	required           []string
	usernameAttributes []string
	aliasAttributes    []string
	caseSensitive      bool
	mfa                choice
	rules              choice
	duplicates         choice
	dedupMemory        size
	known              []string
	passwordHash       string
	severity           []string
	nulls              []string
}

// addSchema adds the flags that describe the pool.
func (f *ruleFlags) addSchema(fs *pflag.FlagSet) {
	f.caseSensitive, f.passwordHash = true, "none"
	bind(fs, "schema", &f.schema)
	bind(fs, "auto-verified", (*words)(&f.autoVerified))
	bind(fs, "required", (*words)(&f.required))
	bind(fs, "username-attributes", (*words)(&f.usernameAttributes))
	bind(fs, "alias-attributes", (*words)(&f.aliasAttributes))
	bind(fs, "case-sensitive", &f.caseSensitive)
	bind(fs, "mfa", &f.mfa)
	bind(fs, "password-hash", &f.passwordHash)
}

// add adds the flags for commands that judge rows.
func (f *ruleFlags) add(fs *pflag.FlagSet) {
	f.addSchema(fs)
	f.rules.value, f.duplicates.value, f.dedupMemory = "2026", "exact", keyset.DefaultBudget
	bind(fs, "rules", &f.rules)
	bind(fs, "duplicates", &f.duplicates)
	bind(fs, "dedup-memory", &f.dedupMemory)
	bind(fs, "known", &f.known)
	bind(fs, "null", &f.nulls)
	bind(fs, "severity", &f.severity)
}

// loadPool reads the schema files and applies the flags.
func (f *ruleFlags) loadPool(fs *pflag.FlagSet) (*schema.Pool, error) {
	pool, err := schema.Load(f.schema)
	if err != nil {
		return nil, err
	}
	var o schema.Overrides
	if fs.Changed("auto-verified") {
		o.AutoVerified = nonNil(f.autoVerified)
	}
	if fs.Changed("required") {
		o.Required = nonNil(f.required)
	}
	if fs.Changed("username-attributes") {
		o.UsernameAttributes = nonNil(f.usernameAttributes)
	}
	if fs.Changed("alias-attributes") {
		o.AliasAttributes = nonNil(f.aliasAttributes)
	}
	if fs.Changed("case-sensitive") {
		o.CaseSensitive = &f.caseSensitive
	}
	if fs.Changed("mfa") {
		mfa := map[string]schema.MFA{"off": schema.MFAOff, "optional": schema.MFAOptional, "on": schema.MFAOn}[f.mfa.value]
		o.MFA = &mfa
	}
	return pool, pool.Apply(o)
}

// poolName says by which pool is judged: what the schema files call it, and the files.
func (f *ruleFlags) poolName(p *schema.Pool) string {
	if len(f.schema) == 0 {
		return "the default pool, with the standard attributes (name yours with --schema)"
	}
	name := "the pool"
	if id := strings.TrimSpace(p.ID + " " + p.Name); id != "" {
		name += " " + id
	}
	return name + " of " + suggest.List(f.schema)
}

// nonNil makes an empty list of an absent one: stated, and empty.
func nonNil(list []string) []string {
	out := []string{}
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// options returns the rules that the flags ask for.
func (f *ruleFlags) options(fs *pflag.FlagSet) (o judge.Options, err error) {
	if o.Pool, err = f.loadPool(fs); err != nil {
		return o, err
	}
	if f.rules.value != "" { // a command that judges rows
		if o.Rules, err = judge.ParseRules(f.rules.value); err != nil {
			return o, err
		}
	}
	if o.PasswordHash, err = value.ParseHashAlgorithm(f.passwordHash); err != nil {
		return o, fmt.Errorf("--password-hash: %w", err)
	}
	for _, word := range f.nulls {
		if err := judge.CheckNull(word); err != nil {
			return o, fmt.Errorf("--null %q: %w", word, err)
		}
	}
	o.Nulls = f.nulls
	o.NoDuplicates = f.duplicates.value == "off"
	o.Severity, err = parseSeverities(f.severity)
	return o, err
}

// parseSeverities reads the values of --severity.
func parseSeverities(texts []string) (map[rule.Code]rule.Severity, error) {
	levels := make(map[rule.Code]rule.Severity)
	for _, text := range texts {
		name, level, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("--severity %q: CODE=LEVEL is expected, such as email-format=warning", text)
		}
		code, err := rule.ParseCode(name)
		if err != nil {
			return nil, fmt.Errorf("--severity: %w", err)
		}
		severity, err := rule.ParseSeverity(level)
		if err == nil {
			err = judge.CheckSeverity(code, severity)
		}
		if err != nil {
			return nil, fmt.Errorf("--severity %s: %w", name, err)
		}
		levels[code] = severity
	}
	return levels, nil
}
