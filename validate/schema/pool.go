// Package schema describes a user pool as far as the rules of the import need
// it: the columns of its template, its attributes and its settings. It reads
// the documents that describe a pool and merges them; it judges no user.
//
// Load reads files, Parse one document, and Default is the pool without any; Pool.Apply
// changes settings afterwards. What is wrong with a document is an Error, what a pool cannot
// be set to an OverrideError.
//
// A Pool is plain data. It is safe for concurrent use as long as nobody
// changes it.
package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"poolprep/validate/suggest"
)

// Type is the data type of an attribute.
type Type uint8

// The data types.
const (
	String Type = iota
	Number
	DateTime
	Boolean
)

var typeNames = []string{"String", "Number", "DateTime", "Boolean"}

// String returns the type as the service's API spells it.
func (t Type) String() string { return wordOf(typeNames, uint8(t)) }

// MFA is the pool's setting of multi-factor authentication.
type MFA uint8

// The settings.
const (
	MFAOff MFA = iota
	MFAOptional
	MFAOn
)

var mfaNames = []string{"OFF", "OPTIONAL", "ON"}

// String returns the setting as the service's API spells it.
func (m MFA) String() string { return wordOf(mfaNames, uint8(m)) }

// wordOf returns the word for a value, or its number where there is none.
func wordOf(words []string, v uint8) string {
	if int(v) < len(words) {
		return words[v]
	}
	return strconv.Itoa(int(v))
}

// Attribute is an attribute of the pool's users. A limit that is nil is not stated.
type Attribute struct {
	Name          string // as in the header: "email", "custom:tier"; of a developer-only one "dev:custom:note"
	Type          Type
	Required      bool
	Mutable       bool
	DeveloperOnly bool // it has no column
	MinLength     *int // code points
	MaxLength     *int
	MinValue      *int64
	MaxValue      *int64
}

// Pool is a user pool.
type Pool struct {
	ID                 string
	Name               string
	Header             []string // the columns of the template, in order
	Attributes         []Attribute
	AutoVerified       []string // email, phone_number
	Aliases            []string // email, phone_number, preferred_username
	UsernameAttributes []string // email, phone_number
	CaseSensitive      bool     // of usernames and e-mail addresses
	MFA                MFA
	FirstAuthFactors   []string
}

// Columns that are no attributes.
const (
	UsernameColumn = "cognito:username"
	MFAColumn      = "cognito:mfa_enabled"
	HashColumn     = "password_hash"
)

// maxLength is the length that the service allows for any attribute.
const maxLength = 2048

// Default returns a fresh copy of the pool that is assumed where nothing is
// stated: the standard attributes in template order, e-mail verified
// automatically, no MFA, case-sensitive usernames.
func Default() *Pool {
	p, err := merge(nil)
	if err != nil {
		panic(err) // it is made of constants, and tested
	}
	return p
}

// Attribute returns the attribute with the given name.
func (p *Pool) Attribute(name string) (Attribute, bool) {
	for i := range p.Attributes {
		if p.Attributes[i].Name == name {
			return p.Attributes[i], true
		}
	}
	return Attribute{}, false
}

// developerPrefix begins the names of developer-only attributes.
const developerPrefix = "dev:"

// DeveloperOnly returns the names of the attributes that only an administrator's calls
// can read and write. They have no column; that the import leaves them out is not
// documented, so no value of theirs is ever written.
func (p *Pool) DeveloperOnly() (names []string) {
	for i := range p.Attributes {
		if p.Attributes[i].DeveloperOnly {
			names = append(names, p.Attributes[i].Name)
		}
	}
	return names
}

// isDeveloperOnly reports whether a column is that of a developer-only attribute, by
// its whole name or, if there is no other attribute of that name, without the prefix.
func (p *Pool) isDeveloperOnly(column string) bool {
	if strings.HasPrefix(column, developerPrefix) {
		return true
	}
	_, own := p.Attribute(column)
	_, developer := p.Attribute(developerPrefix + column)
	return developer && !own
}

// Overrides are settings that take the place of those in the files. nil: not stated.
type Overrides struct {
	AutoVerified       []string
	Required           []string // these are required too, and no others
	UsernameAttributes []string
	AliasAttributes    []string
	MFA                *MFA
	CaseSensitive      *bool
}

// Apply changes the pool. It returns an OverrideError for the first value that cannot be,
// and an Error where the settings contradict each other.
func (p *Pool) Apply(o Overrides) error {
	for _, list := range []struct {
		setting string
		values  []string
		known   []string
		into    *[]string
	}{
		{"AutoVerified", o.AutoVerified, []string{"email", "phone_number"}, &p.AutoVerified},
		{"UsernameAttributes", o.UsernameAttributes, []string{"email", "phone_number"}, &p.UsernameAttributes},
		{"AliasAttributes", o.AliasAttributes, []string{"email", "phone_number", "preferred_username"}, &p.Aliases},
	} {
		if list.values == nil {
			continue
		}
		for _, v := range list.values {
			if !slices.Contains(list.known, v) {
				return &OverrideError{list.setting, fmt.Sprintf("unknown attribute %q%s (%s)", v, suggest.DidYouMean(v, list.known), strings.Join(list.known, ", "))}
			}
		}
		*list.into = slices.Clone(list.values)
	}
	if o.Required != nil {
		if err := p.require(o.Required); err != nil {
			return err
		}
	}
	if o.MFA != nil {
		if int(*o.MFA) >= len(mfaNames) {
			return &OverrideError{"MFA", "unknown setting " + o.MFA.String()}
		}
		p.MFA = *o.MFA
	}
	if o.CaseSensitive != nil {
		p.CaseSensitive = *o.CaseSensitive
	}
	return p.check("")
}

func (p *Pool) require(names []string) error {
	for _, name := range names {
		if !slices.Contains(p.Header, name) {
			return &OverrideError{"Required", fmt.Sprintf("the pool has no attribute %q%s", name, suggest.DidYouMean(name, p.Header))}
		}
	}
	for i := range p.Attributes {
		a := &p.Attributes[i]
		a.Required = a.Name == "sub" && a.Required || slices.Contains(names, a.Name)
	}
	return nil
}

// check reports what contradicts itself in the pool as a whole, which files state.
func (p *Pool) check(files string) error {
	if len(p.UsernameAttributes) > 0 && len(p.Aliases) > 0 {
		return Error{File: files}.says("a pool has username attributes (%s) or alias attributes (%s), not both",
			strings.Join(p.UsernameAttributes, ", "), strings.Join(p.Aliases, ", "))
	}
	if !slices.Contains(p.Header, UsernameColumn) {
		return Error{File: files}.says("the header lacks the column %s", UsernameColumn)
	}
	for i := range p.Attributes {
		a := &p.Attributes[i]
		if a.Required && a.Name != "sub" && !a.DeveloperOnly && !slices.Contains(p.Header, a.Name) {
			return Error{File: files}.says("the pool requires the attribute %s, but the header has no such column", a.Name)
		}
	}
	return nil
}

// Fingerprint returns the SHA-256, in hex, of everything that counts for the
// rules: equal pools have equal fingerprints.
func (p *Pool) Fingerprint() string {
	sum := sha256.Sum256(p.AppendJSON(nil))
	return hex.EncodeToString(sum[:])
}
