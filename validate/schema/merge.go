package schema

import (
	"slices"
	"strings"
)

// merge puts documents together: columns and their order come from a header,
// types and settings from a UserPool object. What none states comes from the
// default pool, with the columns in its order; a custom attribute then stands
// before the two cognito columns, since only GetCSVHeader knows the true order.
func merge(docs []*document) (*Pool, error) {
	var head, body *document
	for i, d := range docs {
		for _, other := range docs[:i] {
			if d.poolID != "" && other.poolID != "" && d.poolID != other.poolID {
				return nil, Error{}.says("%s and %s describe different pools (%s and %s)", other.file, d.file, other.poolID, d.poolID)
			}
		}
		if d.header != nil {
			if head != nil && !slices.Equal(head.header, d.header) {
				return nil, Error{}.says("%s and %s state different headers; give one of them", head.file, d.file)
			}
			head = d
		}
		if d.pool != nil {
			if body != nil {
				return nil, Error{}.says("%s and %s both describe a pool; give one of them", body.file, d.file)
			}
			body = d
		}
	}
	p := &Pool{AutoVerified: []string{"email"}, CaseSensitive: true}
	for _, d := range docs {
		if d.poolID != "" {
			p.ID = d.poolID
		}
	}
	if body != nil {
		p.take(body.pool)
	} else {
		p.Attributes = standardAttributes()
	}
	p.setHeader(head)
	return p, p.check(files(docs))
}

// files returns the names of documents.
func files(docs []*document) string {
	var names []string
	for _, d := range docs {
		names = append(names, d.file)
	}
	return strings.Join(names, ", ")
}

// take copies what a UserPool object states.
func (p *Pool) take(o *poolObject) {
	p.Name = o.name
	p.AutoVerified, p.Aliases, p.UsernameAttributes = o.autoVerified, o.aliases, o.usernameAttributes
	p.CaseSensitive, p.MFA, p.FirstAuthFactors = o.caseSensitive, o.mfa, o.firstAuthFactors
	p.Attributes = append(p.Attributes, o.attributes...)
	for _, a := range standardAttributes() {
		if _, ok := p.Attribute(a.Name); !ok {
			p.Attributes = append(p.Attributes, a)
		}
	}
}

// setHeader takes the columns of a header, and gives those without an
// attribute one; without a header the columns follow from the attributes.
// A developer-only attribute has no column, whoever names it.
func (p *Pool) setHeader(head *document) {
	if head != nil {
		p.Header = slices.DeleteFunc(slices.Clone(head.header), p.isDeveloperOnly)
		for _, name := range head.header {
			if _, known := p.Attribute(name); !known && strings.HasPrefix(name, developerPrefix) {
				p.Attributes = append(p.Attributes, Attribute{Name: name, Mutable: true, DeveloperOnly: true})
			}
		}
		for _, name := range p.Header {
			_, known := p.Attribute(name)
			if !known && !slices.Contains([]string{UsernameColumn, MFAColumn, HashColumn}, name) {
				limit := maxLength
				p.Attributes = append(p.Attributes, Attribute{Name: name, Mutable: true, MaxLength: &limit})
			}
		}
		return
	}
	p.Header = slices.Clone(standardColumns)
	for _, a := range p.Attributes {
		if a.Name != "sub" && !a.DeveloperOnly && !slices.Contains(p.Header, a.Name) {
			p.Header = append(p.Header, a.Name)
		}
	}
	p.Header = append(p.Header, MFAColumn, UsernameColumn)
}

// standardColumns are the template columns of the standard attributes, in order.
var standardColumns = []string{
	"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username",
	"profile", "picture", "website", "email", "email_verified", "gender", "birthdate",
	"zoneinfo", "locale", "phone_number", "phone_number_verified", "address", "updated_at",
}

// standardAttributes returns the standard attributes with the service's own limits.
func standardAttributes() []Attribute {
	var out []Attribute
	for _, name := range standardColumns {
		a := Attribute{Name: name, Mutable: true}
		switch name {
		case "email_verified", "phone_number_verified":
			a.Type = Boolean
		case "updated_at":
			a.Type = Number
			a.MinValue = new(int64)
		case "birthdate":
			length := 10
			a.MinLength, a.MaxLength = &length, &length
		default:
			zero, limit := 0, maxLength
			a.MinLength, a.MaxLength = &zero, &limit
		}
		out = append(out, a)
	}
	return out
}
