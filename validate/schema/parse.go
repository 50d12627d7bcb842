package schema

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"poolprep/validate/escape"
	"poolprep/validate/source"
	"poolprep/validate/suggest"
)

// maxFile is how large a schema file may be, in bytes: far more than a pool of
// the greatest size needs.
const maxFile = 16 << 20

// document is what one file states.
type document struct {
	file   string
	poolID string
	header []string // nil: not stated
	pool   *poolObject
}

// poolObject is a UserPool object of the API.
type poolObject struct {
	id, name           string
	attributes         []Attribute
	autoVerified       []string
	aliases            []string
	usernameAttributes []string
	caseSensitive      bool
	mfa                MFA
	firstAuthFactors   []string
}

// Load reads and merges schema files: GetCSVHeader answers, DescribeUserPool
// answers, template CSVs. What no file states comes from the default pool; no
// paths at all mean the default pool. What is wrong with the text is an Error, what is
// wrong with a file a source.FileError.
func Load(paths []string) (*Pool, error) {
	var docs []*document
	for _, path := range paths {
		data, err := source.ReadFile(path, maxFile, "schema")
		if err != nil {
			return nil, err
		}
		d, err := parse(path, data)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d)
	}
	if len(docs) == 0 {
		return Default(), nil
	}
	return merge(docs)
}

// Parse reads one document that describes a pool, and completes it from the default pool.
// name is what errors call it. What is wrong is an Error.
func Parse(name string, data []byte) (*Pool, error) {
	d, err := parse(name, data)
	if err != nil {
		return nil, err
	}
	return merge([]*document{d})
}

// maxColumns is far above the standard attributes and the 50 custom ones that a
// pool may have.
const maxColumns = 1000

const threeForms = `expected is the answer of GetCSVHeader {"UserPoolId", "CSVHeader"}, that of DescribeUserPool {"UserPool"}, or a template CSV (one header line)`

func parse(name string, data []byte) (*document, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	text := bytes.TrimSpace(data)
	switch {
	case len(data) > maxFile:
		return nil, Error{File: name}.says("%d bytes are too much for a schema file, at most %d are read", len(data), maxFile)
	case len(text) == 0:
		return nil, Error{File: name}.says("the file is empty; %s", threeForms)
	case text[0] != '{' && text[0] != '[' && isExport(text):
		return nil, Error{File: name}.says("this looks like an export, not a schema; %s", threeForms)
	case !utf8.Valid(data):
		at := invalidAt(data)
		line := bytes.Count(data[:at], []byte("\n")) + 1
		return nil, Error{File: name, Line: line, Column: at - bytes.LastIndexByte(data[:at], '\n')}.says("this byte is not UTF-8; save the file as UTF-8")
	case text[0] == '{' || text[0] == '[':
		return parseJSON(name, data)
	}
	return parseTemplate(name, text)
}

// invalidAt returns the offset of the first byte that is not UTF-8.
func invalidAt(data []byte) (at int) {
	for at < len(data) {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return at
}

// isExport reports whether text that is no JSON has far more than a header line.
func isExport(text []byte) bool {
	_, rest, _ := bytes.Cut(text, []byte("\n"))
	return len(bytes.TrimSpace(rest)) > 0 && bytes.Count(rest, []byte("\n")) > 10
}

// parseTemplate reads a header line in the dialect of the import file.
func parseTemplate(name string, text []byte) (*document, error) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	at := Error{File: name, Line: 1, Column: 1}
	d := &document{file: name}
	for _, column := range strings.Split(strings.TrimRight(string(line), "\r"), ",") {
		d.header = append(d.header, strings.TrimSpace(column))
	}
	if !slices.Contains(d.header, UsernameColumn) {
		return nil, at.says("the first line has no column %s, so it is no template; %s", UsernameColumn, threeForms)
	}
	return d, checkHeader(at, d.header)
}

const unfitForHeader = "holds a character that a header cannot hold"

// fitsHeader reports whether a name can be that of a column: the header of an import
// file has no quoting, and one with characters that nobody sees is a mistake.
func fitsHeader(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsAny(name, `,\"`) && strings.IndexFunc(name, escape.Unsafe) < 0
}

func checkHeader(at Error, header []string) error {
	if len(header) == 0 {
		return at.says("the header has no column")
	}
	if len(header) > maxColumns {
		return at.says("%d columns are more than any pool has", len(header))
	}
	for i, column := range header {
		switch {
		case column == "":
			return at.says("column %d of the header has no name", i+1)
		case !fitsHeader(column):
			return at.says("the name of column %d %s", i+1, unfitForHeader)
		case slices.Contains(header[:i], column):
			return at.says("columns %d and %d of the header have the same name", slices.Index(header, column)+1, i+1)
		}
	}
	if !slices.Contains(header, UsernameColumn) {
		return at.says("the header lacks the column %s", UsernameColumn)
	}
	return nil
}

func parseJSON(name string, data []byte) (*document, error) {
	var p fastjson.Parser
	v, err := p.ParseBytes(data)
	if err != nil {
		return nil, syntaxError(name, data, err)
	}
	d := &document{file: name}
	r := reader{file: name}
	switch {
	case v.Exists("CSVHeader") || v.Exists("UserPool"):
		if h := v.Get("CSVHeader"); h != nil {
			d.header = r.strings(h, "CSVHeader")
			if r.err == nil {
				r.err = checkHeader(Error{File: name, Member: "CSVHeader"}, d.header)
			}
		}
		d.poolID = r.string(v.Get("UserPoolId"), "UserPoolId")
		if u := v.Get("UserPool"); u != nil {
			d.pool = r.pool(u, "UserPool")
		}
	case v.Exists("SchemaAttributes"):
		d.pool = r.pool(v, "")
	default:
		return nil, Error{File: name}.says("a JSON %s describes no pool; %s", v.Type(), threeForms)
	}
	if d.pool != nil && d.pool.id != "" {
		if d.poolID != "" && d.poolID != d.pool.id && r.err == nil {
			r.err = Error{File: name}.says("UserPoolId and UserPool.Id name different pools")
		}
		d.poolID = d.pool.id
	}
	return d, r.err
}

// unparsed finds what fastjson quotes of the text it could not parse.
var unparsed = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)unparsed tail: "(.*)"$`) })

// syntaxError gives line and column, and nothing of the text.
func syntaxError(name string, data []byte, err error) error {
	message := err.Error()
	at := len(data)
	if m := unparsed().FindStringSubmatch(message); m != nil {
		if tail, e := strconv.Unquote(`"` + m[1] + `"`); e == nil {
			tail, _, _ = strings.Cut(tail, "...")
			if i := bytes.LastIndex(data, []byte(tail)); i >= 0 {
				at = i
			}
		}
	}
	before := data[:at]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	what := "it is not valid JSON here"
	if at == len(data) {
		what = "the JSON text is cut off or not valid"
	}
	return Error{File: name, Line: line, Column: column}.says("%s (byte %d); %s", what, at, threeForms)
}

// reader takes values out of JSON and keeps the first error.
type reader struct {
	file string
	err  error
}

func (r *reader) fail(path, format string, args ...any) {
	if r.err == nil {
		r.err = Error{File: r.file, Member: path}.says(format, args...)
	}
}

// absent reports whether a member is not there or null, which means the same.
func absent(v *fastjson.Value) bool { return v == nil || v.Type() == fastjson.TypeNull }

func (r *reader) string(v *fastjson.Value, path string) string {
	if absent(v) {
		return ""
	}
	b, err := v.StringBytes()
	if err != nil {
		r.fail(path, "a string is expected, not a %s", v.Type())
	}
	return string(b)
}

func (r *reader) bool(v *fastjson.Value, path string, otherwise bool) bool {
	if absent(v) {
		return otherwise
	}
	b, err := v.Bool()
	if err != nil {
		r.fail(path, "true or false is expected, not a %s", v.Type())
	}
	return b
}

func (r *reader) array(v *fastjson.Value, path string) []*fastjson.Value {
	if absent(v) {
		return nil
	}
	a, err := v.Array()
	if err != nil {
		r.fail(path, "an array is expected, not a %s", v.Type())
	}
	return a
}

func (r *reader) strings(v *fastjson.Value, path string) []string {
	out := []string{}
	for i, item := range r.array(v, path) {
		out = append(out, r.string(item, fmt.Sprintf("%s[%d]", path, i)))
	}
	return out
}

// words reads an array of which each item must be one of those known.
func (r *reader) words(v *fastjson.Value, path string, known ...string) []string {
	words := r.strings(v, path)
	for i, w := range words {
		if !slices.Contains(known, w) {
			r.fail(fmt.Sprintf("%s[%d]", path, i), "%s", suggest.Unknown("unknown value", w, known))
		}
	}
	return words
}

func (r *reader) pool(v *fastjson.Value, path string) *poolObject {
	if v.Type() != fastjson.TypeObject {
		r.fail(path, "an object is expected, not a %s", v.Type())
		return nil
	}
	at := func(member string) string { return strings.TrimPrefix(path+"."+member, ".") }
	p := &poolObject{
		id:                 r.string(v.Get("Id"), at("Id")),
		name:               r.string(v.Get("Name"), at("Name")),
		autoVerified:       r.words(v.Get("AutoVerifiedAttributes"), at("AutoVerifiedAttributes"), "email", "phone_number"),
		aliases:            r.words(v.Get("AliasAttributes"), at("AliasAttributes"), "email", "phone_number", "preferred_username"),
		usernameAttributes: r.words(v.Get("UsernameAttributes"), at("UsernameAttributes"), "email", "phone_number"),
		caseSensitive:      r.bool(v.Get("UsernameConfiguration", "CaseSensitive"), at("UsernameConfiguration.CaseSensitive"), true),
		firstAuthFactors:   r.strings(v.Get("Policies", "SignInPolicy", "AllowedFirstAuthFactors"), at("Policies.SignInPolicy.AllowedFirstAuthFactors")),
	}
	if mfa := r.string(v.Get("MfaConfiguration"), at("MfaConfiguration")); mfa != "" {
		i := slices.Index(mfaNames, mfa)
		if i < 0 {
			r.fail(at("MfaConfiguration"), "%s", suggest.Unknown("unknown value", mfa, mfaNames))
			i = 0
		}
		p.mfa = MFA(i)
	}
	attributes := r.array(v.Get("SchemaAttributes"), at("SchemaAttributes"))
	if len(attributes) > maxColumns {
		r.fail(at("SchemaAttributes"), "%d attributes are more than any pool has", len(attributes))
		attributes = nil
	}
	for i, a := range attributes {
		attribute := r.attribute(a, fmt.Sprintf("%s[%d]", at("SchemaAttributes"), i))
		if slices.ContainsFunc(p.attributes, func(other Attribute) bool { return other.Name == attribute.Name }) {
			r.fail(fmt.Sprintf("%s[%d].Name", at("SchemaAttributes"), i), "the attribute%s is there twice", suggest.Shown(attribute.Name))
		}
		p.attributes = append(p.attributes, attribute)
	}
	return p
}

func (r *reader) attribute(v *fastjson.Value, path string) Attribute {
	if v.Type() != fastjson.TypeObject {
		r.fail(path, "an object is expected, not a %s", v.Type())
		return Attribute{}
	}
	a := Attribute{
		Name:          r.string(v.Get("Name"), path+".Name"),
		Required:      r.bool(v.Get("Required"), path+".Required", false),
		Mutable:       r.bool(v.Get("Mutable"), path+".Mutable", true),
		DeveloperOnly: r.bool(v.Get("DeveloperOnlyAttribute"), path+".DeveloperOnlyAttribute", false),
	}
	switch {
	case a.Name == "":
		r.fail(path+".Name", "an attribute needs a name")
	case !fitsHeader(a.Name):
		r.fail(path+".Name", "the name %s", unfitForHeader)
	}
	if a.DeveloperOnly = a.DeveloperOnly || strings.HasPrefix(a.Name, developerPrefix); a.DeveloperOnly {
		a.Name = developerPrefix + strings.TrimPrefix(a.Name, developerPrefix)
	}
	if t := r.string(v.Get("AttributeDataType"), path+".AttributeDataType"); t != "" {
		i := slices.Index(typeNames, t)
		if i < 0 {
			r.fail(path+".AttributeDataType", "%s", suggest.Unknown("unknown value", t, typeNames))
			i = 0
		}
		a.Type = Type(i)
	}
	if c := v.Get("StringAttributeConstraints"); !absent(c) {
		path := path + ".StringAttributeConstraints"
		a.MinLength, a.MaxLength = r.length(c, path, "MinLength"), r.length(c, path, "MaxLength")
		if a.MinLength != nil && a.MaxLength != nil && *a.MinLength > *a.MaxLength {
			r.fail(path, "MinLength %d is above MaxLength %d", *a.MinLength, *a.MaxLength)
		}
	}
	if c := v.Get("NumberAttributeConstraints"); !absent(c) {
		path := path + ".NumberAttributeConstraints"
		a.MinValue, a.MaxValue = r.number(c, path, "MinValue"), r.number(c, path, "MaxValue")
		if a.MinValue != nil && a.MaxValue != nil && *a.MinValue > *a.MaxValue {
			r.fail(path, "MinValue %d is above MaxValue %d", *a.MinValue, *a.MaxValue)
		}
	}
	return a
}

func (r *reader) length(v *fastjson.Value, path, member string) *int {
	n := r.number(v, path, member)
	if n == nil {
		return nil
	}
	if *n < 0 || *n > 1<<30 {
		r.fail(path+"."+member, "a length is expected")
		return nil
	}
	length := int(*n)
	return &length
}

// number reads a limit, which the service writes as a string.
func (r *reader) number(v *fastjson.Value, path, member string) *int64 {
	if v.Type() != fastjson.TypeObject {
		r.fail(path, "an object is expected, not a %s", v.Type())
		return nil
	}
	m := v.Get(member)
	if absent(m) {
		return nil
	}
	var n int64
	var err error
	switch m.Type() {
	case fastjson.TypeString:
		text := r.string(m, path)
		if text == "" {
			return nil
		}
		n, err = strconv.ParseInt(text, 10, 64)
	case fastjson.TypeNumber:
		n, err = m.Int64()
	default:
		r.fail(path+"."+member, "a number is expected, not a %s", m.Type())
		return nil
	}
	if err != nil {
		r.fail(path+"."+member, "a whole number of 64 bits is expected")
		return nil
	}
	return &n
}
