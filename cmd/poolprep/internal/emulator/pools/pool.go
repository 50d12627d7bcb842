package pools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
	"poolprep/validate/schema"
	"poolprep/validate/source"
)

// Pool is a user pool to emulate: what the rules need of it, and the document
// that DescribeUserPool answers. It is immutable.
type Pool struct {
	Schema   *schema.Pool
	document map[string]any // members of UserPool

	// What a server adds to a pool of its own.
	Attrs             *store.Attributes
	order             uint64 // of the pools that are served
	created, modified time.Time
	of                string                     // fingerprint of the given pool that calls have changed, "": none
	mfa               map[string]json.RawMessage // members of SetUserPoolMfaConfig that DescribeUserPool does not show
}

// maxPoolFile is how large a pool file may be, in bytes.
const maxPoolFile = 16 << 20

// Load reads a file that holds the answer of DescribeUserPool.
func Load(path string) (*Pool, error) {
	data, err := source.ReadFile(path, maxPoolFile, "pool file")
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

// Parse reads the answer of DescribeUserPool. name is that of the file, for
// errors, and for the Id of a pool that states none.
func Parse(name string, data []byte) (*Pool, error) {
	p, err := schema.Parse(name, data)
	if err != nil {
		return nil, err
	}
	document := poolDocument(data)
	if document == nil {
		return nil, fmt.Errorf(`%s: expected is the answer of DescribeUserPool {"UserPool": ...}; a header alone does not say what the pool is set to`, name)
	}
	if p.ID == "" {
		p.ID = idFromName(name)
	}
	if !wire.PoolID.Matches(p.ID) || len(p.ID) > wire.MaxPoolID {
		return nil, fmt.Errorf("%s: the Id of the pool must be 1 to %d characters of the form region_letters, such as local_demo", name, wire.MaxPoolID)
	}
	if p.Name == "" {
		_, p.Name, _ = strings.Cut(p.ID, "_")
	}
	return &Pool{Schema: p, document: document}, nil
}

// Default returns the embedded pool, with the Id local_default.
func Default() *Pool {
	p := schema.Default()
	p.ID, p.Name = "local_default", "default"
	pool, err := Parse("embedded pool", p.AppendJSON(nil))
	if err != nil {
		panic(err) // it is made of constants, and tested
	}
	pool.document["Policies"] = map[string]any{"PasswordPolicy": map[string]any{
		"MinimumLength": json.Number("8"), "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true, "RequireSymbols": true,
		"TemporaryPasswordValidityDays": json.Number("7"),
	}}
	pool.document["AccountRecoverySetting"] = map[string]any{"RecoveryMechanisms": []any{
		map[string]any{"Name": "verified_email", "Priority": json.Number("1")}, map[string]any{"Name": "verified_phone_number", "Priority": json.Number("2")},
	}}
	return pool
}

// poolDocument returns the UserPool object, nil if there is none.
func poolDocument(data []byte) map[string]any {
	var top map[string]any
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	if d.Decode(&top) != nil {
		return nil
	}
	if inner, ok := top["UserPool"].(map[string]any); ok {
		top = inner
	} else if _, ok := top["SchemaAttributes"]; !ok {
		return nil
	}
	return withoutNulls(top).(map[string]any)
}

// withoutNulls removes members that are null: absent members are left out.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if member == nil {
				delete(v, name)
				continue
			}
			v[name] = withoutNulls(member)
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

var notAlphanumeric = wire.Compiled(`[^0-9A-Za-z]+`)

// idFromName makes an Id of the name of a file.
func idFromName(name string) string {
	base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	if base = notAlphanumeric().ReplaceAllString(base, ""); base == "" {
		base = "pool"
	}
	return "local_" + base[:min(len(base), wire.MaxPoolID-len("local_"))]
}

// ID returns the ID of the pool.
func (p *Pool) ID() string { return p.Schema.ID }

// AutoVerified returns email, phone_number or both: those that a code verifies.
func (p *Pool) AutoVerified() []string { return p.Schema.AutoVerified }

// Region returns what stands before the underscore of the Id.
func (p *Pool) Region() string {
	return p.Schema.ID[:strings.LastIndexByte(p.Schema.ID, '_')]
}

// Account is the account that everything belongs to.
const Account = "000000000000"

// ARN returns the ARN of the pool.
func (p *Pool) ARN() string {
	return "arn:aws:cognito-idp:" + p.Region() + ":" + Account + ":userpool/" + p.Schema.ID
}

// describe returns the answer of DescribeUserPool: the document as it was
// given, with what it does not state, and in the types of the API.
func (p *Pool) describe(users int64) map[string]any {
	out := make(map[string]any, len(p.document)+8)
	for name, member := range p.document {
		out[name] = member
	}
	out["Id"], out["Name"] = p.Schema.ID, p.Schema.Name
	out["EstimatedNumberOfUsers"] = users
	for name, value := range map[string]any{"Arn": p.ARN(), "Status": "Enabled", "MfaConfiguration": p.Schema.MFA.String()} {
		if _, there := out[name]; !there {
			out[name] = value
		}
	}
	out["CreationDate"] = dateOf(out["CreationDate"], p.created)
	out["LastModifiedDate"] = dateOf(out["LastModifiedDate"], p.modified)
	if _, there := out["SchemaAttributes"]; there {
		out["SchemaAttributes"] = p.schemaAttributes()
	} else {
		out["SchemaAttributes"] = poolDocument(p.Schema.AppendJSON(nil))["SchemaAttributes"]
	}
	return out
}

// dateOf returns the date v, a number of epoch seconds or as the AWS CLI prints
// it, as a number, and otherwise if it is none.
func dateOf(v any, otherwise time.Time) any {
	switch v := v.(type) {
	case json.Number:
		return v
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return wire.Epoch(t)
		}
	}
	return wire.Epoch(otherwise)
}

// schemaAttributes returns those of the document with the limits as strings,
// which is their type in the API.
func (p *Pool) schemaAttributes() any {
	list, _ := p.document["SchemaAttributes"].([]any)
	list = slices.Clone(list)
	for i := range list {
		attribute, ok := list[i].(map[string]any)
		if !ok {
			continue
		}
		copied := make(map[string]any, len(attribute))
		for name, member := range attribute {
			if limits, ok := member.(map[string]any); ok && strings.HasSuffix(name, "AttributeConstraints") {
				member = stringLimits(limits)
			}
			copied[name] = member
		}
		list[i] = copied
	}
	return list
}

func stringLimits(limits map[string]any) map[string]any {
	out := make(map[string]any, len(limits))
	for name, limit := range limits {
		if n, ok := limit.(json.Number); ok {
			limit = n.String()
		}
		out[name] = limit
	}
	return out
}
