package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"poolprep/transform"
	"poolprep/transform/mapping"
	"poolprep/validate"
	"poolprep/validate/rule"
	"poolprep/validate/scan"
	"poolprep/validate/source"
	"poolprep/validate/suggest"
	"poolprep/validate/value"
	"strings"

	"github.com/spf13/cobra"
)

// maxMapping is how large a mapping file may be, in bytes.
const maxMapping = 4 << 20

// readMapping reads a mapping file.
func readMapping(path string) (*mapping.Mapping, error) {
	text, err := source.ReadFile(path, maxMapping, "mapping")
	if err != nil {
		return nil, err
	}
	return mapping.Parse(path, text)
}

// hashNames are what source columns with password hashes are called, in the
// spelling that matching by name compares.
var hashNames = []string{"passwordhash", "encryptedpassword", "passworddigest"}

// compile makes the converter for an input, and tells once what was matched.
func (r *convertRun) compile(in *validate.Input, names []string, h *validate.Header, tell bool) (*transform.Converter, error) {
	target := validate.TargetColumns(r.rules.Pool, r.rules.PasswordHash)
	m := r.mapping
	if m == nil {
		var err error
		if m, err = mapping.ByName(names, target); err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
	}
	p, err := m.Compile(names, target)
	if err != nil {
		return nil, fmt.Errorf("the mapping does not fit %s:\n%w", in.Name, err)
	}
	hashSource := -1
	for _, i := range p.Unused() {
		if r.rules.PasswordHash == value.HashNone && isHashName(names[i]) {
			hashSource = i
			continue
		}
		if in.JSON() { // it is reported where it is found
			names[i] = ""
		} else if err := r.unusedColumn(in.Name, names[i], i, h); err != nil {
			return nil, err
		}
	}
	if tell && !r.report.quiet {
		r.tellMatches(in, p, target, hashSource >= 0)
	}
	c, err := transform.Compile(transform.Options{
		Program: p, Validate: r.rules, NoRepair: r.noRepair, Backslash: r.backslashPolicy(), HashField: hashSource + 1,
	})
	if err != nil {
		return nil, err
	}
	return c, r.headerCauses(in, c.HeaderCauses())
}

// headerCauses says once what the header decides for every row: as an error that ends
// a conversion before rows are read, or as a finding.
func (r *convertRun) headerCauses(in *validate.Input, causes []validate.HeaderCause) error {
	r.reports.said(causes)
	var errs []error
	for _, c := range causes {
		if c.Severity == rule.Error && r.stopsAtHeader() {
			errs = append(errs, fmt.Errorf("%s: %s, so every row would be rejected as %s", in.Name, c.What(strings.Join(c.Columns, " or ")), c.Rows[0].Code))
			continue
		}
		f := c.Finding(in.Name)
		if err := r.finding(&f); err != nil {
			return err
		}
	}
	if errs != nil {
		errs = append(errs, errors.New("map what is missing with --mapping, or judge the rows all the same with --keep-going"))
	}
	return errors.Join(errs...)
}

// stopsAtHeader reports whether rows are not read when all would be rejected for the
// same reason. check, which reports what there is, goes on.
func (r *convertRun) stopsAtHeader() bool { return r.command == "convert" && !r.keepGoing }

func isHashName(name string) bool {
	folded := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(name))
	for _, h := range hashNames {
		if folded == h {
			return true
		}
	}
	return false
}

func (r *convertRun) backslashPolicy() transform.Backslash {
	switch r.backslash.value {
	case "strip":
		return transform.BackslashStrip
	case "double":
		return transform.BackslashDouble
	}
	return transform.BackslashReject
}

// strange reports whether a header has no column that is known. Perhaps it is none, so
// nothing of it is printed.
func (r *convertRun) strange(names []string) bool {
	known := r.rules.Pool.Header
	if r.mapping != nil {
		known = append(r.mapping.Sources(), known...)
	}
	return len(names) > 0 && validate.KnownNames(names, known) == 0
}

// strayLevel is the level of a finding about what goes nowhere.
func (r *convertRun) strayLevel() rule.Severity {
	if s, ok := r.rules.Severity[rule.HeaderUnknownColumn]; ok {
		return s
	}
	return rule.Warning
}

// unusedColumn warns of a source column that goes nowhere.
func (r *convertRun) unusedColumn(file, name string, field int, h *validate.Header) error {
	severity := r.strayLevel()
	if severity == rule.Off {
		return nil
	}
	f := rule.Finding{
		Code: rule.HeaderUnknownColumn, Severity: severity, File: file, Column: name, Field: field + 1,
		Text: ", so it goes nowhere", Pos: scan.Pos{Line: 1, Column: 1},
	}
	if r.strange(h.Names) || validate.IsValueLike(name) {
		f.Column, f.Text = "", fmt.Sprintf(", so field %d of the header, which may be a value, goes nowhere", field+1)
	}
	if len(h.Names) > 0 {
		f.Pos = h.Position(field)
	}
	return r.finding(&f)
}

// openInput opens an input as the flags, and where they say nothing the mapping, describe it.
func (r *convertRun) openInput(ctx context.Context, file string) (*validate.Input, error) {
	read := r.read
	read.known = r.rules.Pool.Header
	if r.mapping != nil {
		read.known = append(r.mapping.Sources(), read.known...)
		read.fillFrom(&r.mapping.Source)
	}
	return read.open(ctx, file, r.in, r.outDir != "" && !r.dry)
}

// fillFrom takes over what a mapping says of its source and no flag does.
func (f *readFlags) fillFrom(s *mapping.SourceDialect) {
	if s.Delimiter != "" && f.delimiter == "" {
		f.delimiter = s.Delimiter
	}
	if s.Quote != "" && f.quote == defaultQuote {
		f.quote = s.Quote
	}
	if s.Encoding != "" && f.encoding == "auto" {
		f.encoding = s.Encoding
	}
	if s.Escape != "" && f.escape == "" {
		f.escape = s.Escape
	}
	if s.Comment != "" && f.comment == "" {
		f.comment = s.Comment
	}
	if f.skipLines == 0 {
		f.skipLines = s.SkipLines
	}
	f.lenient = f.lenient || s.LenientQuotes
	f.trimFields = f.trimFields || s.TrimFields
}

func (r *convertRun) noHeader() bool {
	return r.read.noHeader || r.mapping != nil && r.mapping.Source.NoHeader
}

// mappingNames returns the names that the mapping gives the columns of a source without header.
func (r *convertRun) mappingNames() []string {
	if r.mapping == nil {
		return nil
	}
	return r.mapping.Source.Names
}

func newMapping(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mapping",
		Short: "Verify a mapping file; its help describes the format",
		Args:  cobra.ArbitraryArgs,
		RunE:  subcommandExpected(s),
	}
	cmd.AddCommand(newMappingCheck(s))
	return cmd
}

func newMappingCheck(s *streams) *cobra.Command {
	c := &convertCommand{streams: s}
	var header string
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Verify a mapping file, and that it fits the pool and an export",
		Example: `  poolprep mapping check map.yaml
  poolprep mapping check map.yaml --header export.csv --schema pool.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c.mapping = args[0]
			return c.checkMapping(cmd, header)
		},
	}
	fs := cmd.Flags()
	c.read.tables = true
	c.read.add(fs, "auto")
	c.rules.addSchema(fs)
	bind(fs, "header", &header)
	return cmd
}

// checkMapping verifies the mapping and says what it does.
func (c *convertCommand) checkMapping(cmd *cobra.Command, header string) error {
	m, err := readMapping(c.mapping)
	if err != nil {
		return err
	}
	o, err := c.rules.options(cmd.Flags())
	if err != nil {
		return err
	}
	target := validate.TargetColumns(o.Pool, o.PasswordHash)
	if header == "" {
		if err := m.CheckTargets(target); err != nil {
			return err
		}
		return printf(c.out, "%s: the mapping is well formed and fits %s; name an export with --header to verify the source columns\n", c.mapping, c.rules.poolName(o.Pool))
	}
	r := &convertRun{convertCommand: c, rules: o, mapping: m}
	in, err := r.openInput(cmd.Context(), header)
	if err != nil {
		return err
	}
	defer in.Close()
	names, _, err := r.readHeader(cmd.Context(), in)
	if err == io.EOF {
		return fmt.Errorf("%s: the file is empty, so it has no header", in.Name)
	}
	if err != nil {
		return err
	}
	p, err := m.Compile(names, target)
	if err != nil {
		return fmt.Errorf("the mapping does not fit %s:\n%w", in.Name, err)
	}
	writeMatches(c.out, in, p, target)
	var unused []string
	for _, i := range p.Unused() {
		switch {
		case in.JSON() && !in.Seen(names[i]):
		case r.strange(names) || validate.IsValueLike(names[i]):
			unused = append(unused, fmt.Sprint("field ", i+1))
		default:
			unused = append(unused, names[i])
		}
	}
	if len(unused) > 0 {
		printf(c.out, "  goes nowhere: %s\n", suggest.List(unused))
	}
	return printf(c.out, "%s: the mapping fits %s and %s\n", c.mapping, in.Name, c.rules.poolName(o.Pool))
}
