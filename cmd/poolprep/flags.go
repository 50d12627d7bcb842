package main

import (
	"errors"
	"fmt"
	"poolprep/validate"
	"poolprep/validate/keyset"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/schema"
	"poolprep/validate/suggest"
	"poolprep/validate/value"
	"runtime"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"
)

// size is a number of bytes on the command line, with or without a unit.
type size int64

func (s *size) String() string { return strconv.FormatInt(int64(*s), 10) }
func (s *size) Type() string   { return "SIZE" }
func (s *size) Set(text string) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n > 1<<62 {
		return fmt.Errorf("%q is no size: expected are bytes, or a number with a unit such as 64KiB or 100MB", text)
	}
	*s = size(n)
	return nil
}

// choice is a flag with a fixed set of words.
type choice struct {
	value string
	words []string
}

func (c *choice) String() string { return c.value }
func (c *choice) Type() string   { return strings.Join(c.words, "|") }
func (c *choice) Set(text string) error {
	for _, w := range c.words {
		if w == text {
			c.value = text
			return nil
		}
	}
	return fmt.Errorf("%q is none of %s%s", text, strings.Join(c.words, ", "), suggest.DidYouMean(text, c.words))
}

// words is a flag with words, several in a list with commas or in flags of their own.
type words []string

func (w *words) String() string { return strings.Join(*w, ",") }
func (w *words) Type() string   { return "strings" }
func (w *words) Set(text string) error {
	if text != "" {
		*w = append(*w, strings.Split(text, ",")...)
	}
	return nil
}

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

func (f *readFlags) add(fs *pflag.FlagSet, dialect string) {
	f.dialect = choice{dialect, []string{"auto", "csv", "cognito", "tsv", "ndjson"}}
	f.blankLines = choice{"skip", []string{"skip", "keep"}}
	f.maxRecord, f.blockSize = scan.DefaultMaxRecord, scan.DefaultBlockSize
	fs.Var(&f.dialect, "dialect", "how the input is written: csv (RFC 4180), cognito (what the import reads), tsv, ndjson (a JSON object a line), or auto")
	fs.StringVarP(&f.delimiter, "delimiter", "d", "", "one byte, or comma, semicolon, tab, pipe; auto detects it")
	fs.StringVar(&f.quote, "quote", defaultQuote, "one byte, or none")
	fs.StringVar(&f.escape, "escape", "", `one byte, such as \, that makes a quote or delimiter after it part of the value`)
	fs.BoolVar(&f.trimFields, "trim-fields", false, "blanks around a field, outside of its quotes too, do not belong to it")
	fs.IntVar(&f.skipLines, "skip-lines", 0, "lines before the header that are no part of the table")
	fs.StringVar(&f.comment, "comment", "", "skip lines that begin with `PREFIX`")
	fs.BoolVar(&f.lenient, "lenient-quotes", false, "read broken quoting as a spreadsheet does, instead of rejecting the record")
	fs.Var(&f.blankLines, "blank-lines", "skip them, or keep each as a record of one empty field")
	fs.StringVar(&f.encoding, "encoding", "auto", "character set of the input, such as windows-1252; auto: UTF-8, or UTF-16 by its byte order mark")
	fs.Var(&f.maxRecord, "max-record-bytes", "limit of a record")
	fs.Var(&f.maxExpanded, "max-expanded", "limit of decompressed bytes (default 1 TiB, and 250 times the compressed size)")
	fs.IntVarP(&f.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "worker goroutines")
	fs.Var(&f.blockSize, "block-size", "bytes read at a time")
	_ = fs.MarkHidden("block-size")
}

// jsonLines is the dialect in which each line is a record, for JSON lines. The
// delimiter is a byte that no JSON text holds as it is.
func jsonLines(d scan.Dialect) scan.Dialect {
	return scan.Dialect{NoQuotes: true, Delimiter: 0x1F, LineEnd: scan.EndLF, MaxRecord: d.MaxRecord, Comment: d.Comment}
}

// addRagged adds the flag for commands that judge rows.
func (f *readFlags) addRagged(fs *pflag.FlagSet) {
	f.ragged = choice{"reject", []string{"reject", "pad"}}
	fs.Var(&f.ragged, "ragged", "what to do about records with too few or too many fields; pad: missing ones at the end are empty, surplus ones that are empty are dropped")
}

// claims begins the duplicate check. The claims are to be closed.
func (f *ruleFlags) claims() *validate.Claims {
	c := validate.NewClaims()
	c.Budget = int64(f.dedupMemory)
	return c
}

// delimiterWords are the names that --delimiter takes beside a byte.
var delimiterWords = map[string]byte{"comma": ',', "semicolon": ';', "tab": '\t', "pipe": '|', `\t`: '\t'}

// parseDelimiter returns 0 for auto and for nothing.
func parseDelimiter(text string) (byte, error) {
	if text == "" || text == "auto" {
		return 0, nil
	}
	if b, ok := delimiterWords[text]; ok {
		return b, nil
	}
	if len(text) != 1 {
		return 0, fmt.Errorf("--delimiter %q: one byte is expected, or comma, semicolon, tab, pipe, auto", text)
	}
	return text[0], nil
}

// scanDialect returns what the flags say, and whether the delimiter is to be detected.
func (f *readFlags) scanDialect() (d scan.Dialect, detect bool, err error) {
	d = scan.Dialect{
		LenientQuotes: f.lenient, KeepBlank: f.blankLines.value == "keep", MaxRecord: int(f.maxRecord),
		TrimFields: f.trimFields, Comment: f.comment,
	}
	if f.maxRecord < 1 || f.maxRecord > 1<<30 {
		return d, false, errors.New("--max-record-bytes must be between 1 and 1GiB")
	}
	if f.skipLines < 0 {
		return d, false, errors.New("--skip-lines must not be negative")
	}
	if d.Delimiter, err = parseDelimiter(f.delimiter); err != nil {
		return d, false, err
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
	case "ndjson":
		if f.delimiter != "" || f.escape != "" || f.lenient || f.trimFields || f.noHeader {
			return d, false, errors.New("--dialect ndjson has neither delimiters, quotes and escapes nor a header to say something about")
		}
		return jsonLines(d), false, nil
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

func (f *ruleFlags) addSchema(fs *pflag.FlagSet) {
	f.mfa = choice{"", []string{"off", "optional", "on"}}
	fs.StringArrayVar(&f.schema, "schema", nil, "`FILE` that describes the pool: GetCSVHeader JSON, DescribeUserPool JSON, or a template CSV; several are merged (default: a pool with the standard attributes)")
	fs.Var((*words)(&f.autoVerified), "auto-verified", "attributes that the pool verifies automatically: email, phone_number")
	fs.Var((*words)(&f.required), "required", "attributes that the pool requires")
	fs.Var((*words)(&f.usernameAttributes), "username-attributes", "attributes that serve as username: email, phone_number")
	fs.Var((*words)(&f.aliasAttributes), "alias-attributes", "attributes that serve as alias: email, phone_number, preferred_username")
	fs.BoolVar(&f.caseSensitive, "case-sensitive", true, "whether usernames differ by letter case")
	fs.Var(&f.mfa, "mfa", "multi-factor authentication of the pool")
	fs.StringVar(&f.passwordHash, "password-hash", "none", "algorithm of the password hashes to import: none, bcrypt, scrypt, argon2id, pbkdf2-sha256, or auto")
}

func (f *ruleFlags) add(fs *pflag.FlagSet) {
	f.addSchema(fs)
	f.rules = choice{"2026", []string{"2026", "2023"}}
	f.duplicates = choice{"exact", []string{"exact", "off"}}
	fs.Var(&f.rules, "rules", "edition of the service's rules")
	f.dedupMemory = keyset.DefaultBudget
	fs.Var(&f.duplicates, "duplicates", "look for duplicate usernames and aliases across the whole input")
	fs.Var(&f.dedupMemory, "dedup-memory", "memory for that; what is more goes to a file in TMPDIR")
	fs.StringArrayVar(&f.known, "known", nil, "`DIR` of a run whose users count as taken (repeatable); none: not those of the run that a file of rejects or retries is from, either")
	fs.StringArrayVar(&f.nulls, "null", nil, "`WORD` that stands for no value: a value that is exactly that, such as NULL, is taken as empty (repeatable)")
	fs.StringArrayVar(&f.severity, "severity", nil, "`CODE=LEVEL`, the level error, warning, info or off (repeatable); explain lists the codes")
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
func (f *ruleFlags) options(fs *pflag.FlagSet) (o validate.Options, err error) {
	if o.Pool, err = f.loadPool(fs); err != nil {
		return o, err
	}
	if f.rules.value != "" { // a command that judges rows
		if o.Rules, err = validate.ParseRules(f.rules.value); err != nil {
			return o, err
		}
	}
	if o.PasswordHash, err = value.ParseHashAlgorithm(f.passwordHash); err != nil {
		return o, err
	}
	for _, word := range f.nulls {
		if err := validate.CheckNull(word); err != nil {
			return o, fmt.Errorf("--null %q: %w", word, err)
		}
	}
	o.Nulls = f.nulls
	o.NoDuplicates = f.duplicates.value == "off"
	o.Severity = make(map[rule.Code]rule.Severity)
	for _, text := range f.severity {
		name, level, ok := strings.Cut(text, "=")
		if !ok {
			return o, fmt.Errorf("--severity %q: CODE=LEVEL is expected, such as email-format=warning", text)
		}
		code, err := rule.ParseCode(name)
		if err != nil {
			return o, fmt.Errorf("--severity: %w", err)
		}
		severity, err := rule.ParseSeverity(level)
		if err == nil {
			err = validate.CheckSeverity(code, severity)
		}
		if err != nil {
			return o, fmt.Errorf("--severity %s: %w", name, err)
		}
		o.Severity[code] = severity
	}
	return o, nil
}
