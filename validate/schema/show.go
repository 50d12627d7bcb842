package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"poolprep/validate/escape"
)

// The JSON form: what DescribeUserPool answers, with the header beside it.
type jsonPool struct {
	UserPoolID string     `json:"UserPoolId,omitempty"`
	CSVHeader  []string   `json:"CSVHeader"`
	UserPool   jsonObject `json:"UserPool"`
}

type jsonObject struct {
	ID                     string          `json:"Id,omitempty"`
	Name                   string          `json:"Name,omitempty"`
	SchemaAttributes       []jsonAttribute `json:"SchemaAttributes"`
	AutoVerifiedAttributes []string        `json:"AutoVerifiedAttributes"`
	AliasAttributes        []string        `json:"AliasAttributes,omitempty"`
	UsernameAttributes     []string        `json:"UsernameAttributes,omitempty"`
	UsernameConfiguration  struct {
		CaseSensitive bool `json:"CaseSensitive"`
	} `json:"UsernameConfiguration"`
	MfaConfiguration string        `json:"MfaConfiguration"`
	Policies         *jsonPolicies `json:"Policies,omitempty"`
}

type jsonPolicies struct {
	SignInPolicy struct {
		AllowedFirstAuthFactors []string `json:"AllowedFirstAuthFactors"`
	} `json:"SignInPolicy"`
}

type jsonAttribute struct {
	Name                       string            `json:"Name"`
	AttributeDataType          string            `json:"AttributeDataType"`
	DeveloperOnlyAttribute     bool              `json:"DeveloperOnlyAttribute"`
	Mutable                    bool              `json:"Mutable"`
	Required                   bool              `json:"Required"`
	StringAttributeConstraints map[string]string `json:"StringAttributeConstraints,omitempty"`
	NumberAttributeConstraints map[string]string `json:"NumberAttributeConstraints,omitempty"`
}

// AppendJSON appends the pool in the form of a DescribeUserPool answer with a
// CSVHeader member, which Load reads back to an equal pool. Control characters of
// names are escaped.
func (p *Pool) AppendJSON(dst []byte) []byte {
	j := jsonPool{UserPoolID: p.ID, CSVHeader: p.Header}
	u := &j.UserPool
	u.ID, u.Name, u.MfaConfiguration = p.ID, p.Name, p.MFA.String()
	u.AutoVerifiedAttributes = append([]string{}, p.AutoVerified...)
	u.AliasAttributes, u.UsernameAttributes = p.Aliases, p.UsernameAttributes
	u.UsernameConfiguration.CaseSensitive = p.CaseSensitive
	if len(p.FirstAuthFactors) > 0 {
		u.Policies = new(jsonPolicies)
		u.Policies.SignInPolicy.AllowedFirstAuthFactors = p.FirstAuthFactors
	}
	for _, a := range p.Attributes {
		out := jsonAttribute{
			Name: a.Name, AttributeDataType: a.Type.String(),
			DeveloperOnlyAttribute: a.DeveloperOnly, Mutable: a.Mutable, Required: a.Required,
			StringAttributeConstraints: make(map[string]string), NumberAttributeConstraints: make(map[string]string),
		}
		limit(out.StringAttributeConstraints, "MinLength", a.MinLength)
		limit(out.StringAttributeConstraints, "MaxLength", a.MaxLength)
		limit(out.NumberAttributeConstraints, "MinValue", a.MinValue)
		limit(out.NumberAttributeConstraints, "MaxValue", a.MaxValue)
		u.SchemaAttributes = append(u.SchemaAttributes, out)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(j); err != nil {
		panic(err) // strings, numbers and booleans only
	}
	return append(dst, escape.JSON(b.Bytes())...)
}

func limit[T int | int64](into map[string]string, name string, value *T) {
	if value != nil {
		into[name] = strconv.FormatInt(int64(*value), 10)
	}
}

// AppendText appends the pool as a table for people, its names escaped.
func (p *Pool) AppendText(dst []byte) []byte {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "COLUMN\tTYPE\tLIMITS\tREQUIRED")
	for _, name := range p.Header {
		a, _ := p.Attribute(name)
		kind, required := a.Type.String(), ""
		switch name {
		case UsernameColumn:
			required = "yes"
		case MFAColumn:
			kind = Boolean.String()
		}
		if a.Required {
			required = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", escape.String(name), kind, limits(a), required)
	}
	_ = w.Flush()
	for _, line := range strings.Split(b.String(), "\n") {
		if line != "" {
			dst = append(append(dst, strings.TrimRight(line, " ")...), '\n')
		}
	}
	b.Reset()
	fmt.Fprintln(&b)
	w = tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	if p.ID != "" || p.Name != "" {
		fmt.Fprintf(w, "Pool\t%s\n", escape.String(strings.TrimSpace(p.ID+" "+p.Name)))
	}
	fmt.Fprintf(w, "Verified automatically\t%s\n", none(p.AutoVerified))
	fmt.Fprintf(w, "Usernames\t%s\n", usernames(p))
	fmt.Fprintf(w, "Aliases\t%s\n", none(p.Aliases))
	fmt.Fprintf(w, "MFA\t%s\n", strings.ToLower(p.MFA.String()))
	_ = w.Flush()
	return append(dst, b.Bytes()...)
}

func usernames(p *Pool) string {
	text := "free"
	if len(p.UsernameAttributes) > 0 {
		text = escape.String(strings.Join(p.UsernameAttributes, " or "))
	}
	if p.CaseSensitive {
		return text + ", case-sensitive"
	}
	return text + ", case-insensitive"
}

func none(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return escape.String(strings.Join(list, ", "))
}

// limits returns the constraints of an attribute in words.
func limits(a Attribute) string {
	var parts []string
	add := func(format string, value int64) { parts = append(parts, fmt.Sprintf(format, value)) }
	if a.MinLength != nil && *a.MinLength > 0 {
		add("at least %d", int64(*a.MinLength))
	}
	if a.MaxLength != nil {
		add("at most %d", int64(*a.MaxLength))
	}
	if a.MinValue != nil {
		add("from %d", *a.MinValue)
	}
	if a.MaxValue != nil {
		add("to %d", *a.MaxValue)
	}
	return strings.Join(slices.Clip(parts), ", ")
}
