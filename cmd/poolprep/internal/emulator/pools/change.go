package pools

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
	"poolprep/validate/schema"
)

// members are those of a call, by name.
type members map[string]json.RawMessage

// settings are the members of CreateUserPool and UpdateUserPool that DescribeUserPool shows
// by the same name, with what a pool has that states nothing, "" if that is nothing. An
// update sets what it does not state to that, as the service does.
var settings = map[string]string{
	"AccountRecoverySetting":      `{"RecoveryMechanisms":[{"Priority":1,"Name":"verified_email"},{"Priority":2,"Name":"verified_phone_number"}]}`,
	"AdminCreateUserConfig":       `{"AllowAdminCreateUserOnly":false,"UnusedAccountValidityDays":7}`,
	"AutoVerifiedAttributes":      "",
	"DeletionProtection":          `"INACTIVE"`,
	"DeviceConfiguration":         "",
	"EmailConfiguration":          `{"EmailSendingAccount":"COGNITO_DEFAULT"}`,
	"EmailVerificationMessage":    "",
	"EmailVerificationSubject":    "",
	"LambdaConfig":                `{}`,
	"MfaConfiguration":            `"OFF"`,
	"Policies":                    `{}`,
	"SmsAuthenticationMessage":    "",
	"SmsConfiguration":            "",
	"SmsVerificationMessage":      "",
	"UserAttributeUpdateSettings": "",
	"UserPoolAddOns":              "",
	"UserPoolTags":                `{}`,
	"UserPoolTier":                `"ESSENTIALS"`,
	"VerificationMessageTemplate": `{"DefaultEmailOption":"CONFIRM_WITH_CODE"}`,
}

// lasting are the members of a pool that no update changes, beside its attributes.
var lasting = []string{"UsernameAttributes", "AliasAttributes", "UsernameConfiguration"}

const (
	passwordPolicy = `{"MinimumLength":8,"RequireUppercase":true,"RequireLowercase":true,"RequireNumbers":true,"RequireSymbols":true,"TemporaryPasswordValidityDays":7}`
	signInPolicy   = `{"AllowedFirstAuthFactors":["PASSWORD"]}`
)

var (
	poolNameForm      = wire.Whole(`[\w\s+=,.@-]+`)
	attributeNameForm = wire.Whole(`[\p{L}\p{M}\p{S}\p{N}\p{P}]+`)
	mfaForm           = wire.Whole(`OFF|ON|OPTIONAL`)
)

// newPool makes a pool of the members of UserPool.
func newPool(document map[string]any) (*Pool, error) {
	text, err := json.Marshal(map[string]any{"UserPool": document})
	if err != nil {
		return nil, err
	}
	p, err := schema.Parse("", text)
	if err != nil {
		return nil, err
	}
	return &Pool{Schema: p, document: poolDocument(text)}, nil
}

// settle makes the pool that a document describes, and an error for the client of what no pool can be.
func settle(document map[string]any) (*Pool, error) {
	p, err := newPool(document)
	var wrong *schema.Error
	if errors.As(err, &wrong) {
		at := strings.TrimPrefix(wrong.Member, "UserPool.")
		return nil, wire.Invalid("%s", strings.TrimPrefix(at+": "+wrong.Text, ": "))
	}
	return p, err
}

// texts returns members that are strings, nil for those that are not there.
func (m members) texts(names ...string) ([]*string, error) {
	texts := make([]*string, len(names))
	for i, name := range names {
		if len(m[name]) > 0 && json.Unmarshal(m[name], &texts[i]) != nil {
			return nil, wire.Malformed("%s must be a JSON string", name)
		}
	}
	return texts, nil
}

// set takes the settings of a call into a document, and the usual ones where it states none.
func (m members) set(document map[string]any) error {
	for name, usual := range settings {
		value := m[name]
		if len(value) == 0 || string(value) == "null" {
			if value = json.RawMessage(usual); usual == "" {
				continue
			}
		}
		var v any
		if err := json.Unmarshal(value, &v); err != nil {
			return wire.Malformed("%s is not valid JSON", name)
		}
		document[name] = v
	}
	policies, ok := document["Policies"].(map[string]any)
	if !ok {
		return wire.Malformed("Policies must be a JSON object")
	}
	for name, usual := range map[string]string{"PasswordPolicy": passwordPolicy, "SignInPolicy": signInPolicy} {
		if policies[name] == nil {
			policies[name] = json.RawMessage(usual)
		}
	}
	return nil
}

// CreateUserPool makes a pool. It is in the region that the call was signed for.
func (s *Service) CreateUserPool(c *wire.Call, in *members) (any, error) {
	var check wire.Constraints
	texts, err := in.texts("PoolName", "MfaConfiguration")
	if err != nil {
		return nil, err
	}
	name, mfa := texts[0], texts[1]
	check.Text("poolName", name, wire.Text{Required: true, Min: 1, Max: 128, Form: poolNameForm})
	check.Text("mfaConfiguration", mfa, wire.Text{Max: 8, Form: mfaForm})
	if err := check.Err(); err != nil {
		return nil, err
	}
	document := map[string]any{"Id": s.newPoolID(c.Region), "Name": *name}
	if err := in.set(document); err != nil {
		return nil, err
	}
	for _, member := range lasting {
		if len((*in)[member]) > 0 && string((*in)[member]) != "null" {
			document[member] = (*in)[member]
		}
	}
	if document["AliasAttributes"] != nil && document["UsernameAttributes"] != nil {
		return nil, wire.Invalid("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
	}
	var given []map[string]any
	if text := (*in)["Schema"]; len(text) > 0 && json.Unmarshal(text, &given) != nil {
		return nil, wire.Malformed("Schema must be a JSON list of objects")
	}
	document["SchemaAttributes"], err = withAttributes(standardSchema(), given, true)
	if err != nil {
		return nil, err
	}
	p, err := settle(document)
	if err != nil {
		return nil, err
	}
	p.created = s.o.Now()
	p.modified = p.created
	if err := s.keepPool(p); err != nil {
		return nil, err
	}
	return map[string]any{"UserPool": p.describe(0)}, nil
}

// newPoolID returns an ID in the form of the service's, of a pool in a region.
func (s *Service) newPoolID(region string) string {
	for {
		id := region + "_" + strings.ReplaceAll(rand.Text(), "=", "")[:9]
		if s.Get(id) == nil && wire.PoolID.Matches(id) {
			return id
		}
	}
}

// standardSchema returns the attributes that every pool has.
func standardSchema() []any {
	list, _ := poolDocument(schema.Default().AppendJSON(nil))["SchemaAttributes"].([]any)
	sub := map[string]any{
		"Name": "sub", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": false, "Required": true,
		"StringAttributeConstraints": map[string]any{"MinLength": "1", "MaxLength": "2048"},
	}
	return append([]any{sub}, list...)
}

// maxCustomAttributes and maxCustomName are limits of the service; the name is counted in
// characters, without custom:.
const maxCustomAttributes, maxCustomName = 50, 20

// withAttributes returns the attributes of a pool with more of them. A standard one may be
// given when the pool is made, to be required or to have other limits.
func withAttributes(list []any, given []map[string]any, creation bool) ([]any, error) {
	list = slices.Clone(list)
	for _, a := range given {
		a = maps.Clone(a)
		name, _ := a["Name"].(string)
		if name == "" || !attributeNameForm.Matches(name) {
			return nil, wire.Invalid("An attribute has no name, or one that no attribute can have.")
		}
		at := slices.IndexFunc(list, func(there any) bool { return there.(map[string]any)["Name"] == name })
		if at >= 0 && creation {
			whole := maps.Clone(list[at].(map[string]any))
			maps.Copy(whole, a)
			list[at] = whole
			continue
		}
		if utf8.RuneCountInString(name) > maxCustomName {
			return nil, wire.Invalid("%s: a custom attribute has a name of at most %d characters.", name, maxCustomName)
		}
		if a["Required"] == true {
			return nil, wire.Invalid("Required custom attributes are not supported currently.")
		}
		prefix := "custom:"
		if a["DeveloperOnlyAttribute"] == true {
			prefix = "dev:custom:"
		}
		for member, usual := range map[string]any{"AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": !creation, "Required": false} {
			if a[member] == nil {
				a[member] = usual
			}
		}
		a["Name"] = prefix + name
		if slices.ContainsFunc(list, func(there any) bool { return there.(map[string]any)["Name"] == a["Name"] }) {
			return nil, wire.Invalid("%s: Existing attribute already has name %s.", a["Name"], a["Name"])
		}
		list = append(list, a)
	}
	custom := 0
	for _, a := range list {
		if strings.Contains(fmt.Sprint(a.(map[string]any)["Name"]), "custom:") {
			custom++
		}
	}
	if custom > maxCustomAttributes {
		return nil, wire.Fault("LimitExceededException", "A user pool has at most %d custom attributes.", maxCustomAttributes)
	}
	return list, nil
}

// changeable returns the pool of a call that changes it, if it can be changed now.
func (s *Service) changeable(check *wire.Constraints, id *string) (*Pool, error) {
	check.Pool(id)
	p, err := s.Of(check, id)
	if err != nil {
		return nil, err
	}
	return p, s.o.Store.View(func(tx *bbolt.Tx) error { return s.o.Busy(tx, p.Schema.ID) })
}

// changed serves p in the place of before, which it was made from.
func (s *Service) changed(before, p *Pool) error {
	p.order, p.created, p.modified, p.of = before.order, before.created, s.o.Now(), before.of
	if p.mfa == nil {
		p.mfa = before.mfa
	}
	if p.of == "" && p.order < uint64(len(s.o.Given)) {
		var err error
		if p.of, err = before.fingerprint(); err != nil {
			return err
		}
	}
	return s.keepPool(p)
}

// UpdateUserPool changes a pool: what is not stated gets its usual value.
func (s *Service) UpdateUserPool(_ *wire.Call, in *members) (any, error) {
	texts, err := in.texts("UserPoolId", "PoolName", "MfaConfiguration")
	if err != nil {
		return nil, err
	}
	id, name, mfa := texts[0], texts[1], texts[2]
	var check wire.Constraints
	check.Text("poolName", name, wire.Text{Min: 1, Max: 128, Form: poolNameForm})
	check.Text("mfaConfiguration", mfa, wire.Text{Max: 8, Form: mfaForm})
	before, err := s.changeable(&check, id)
	if err != nil {
		return nil, err
	}
	document := make(map[string]any)
	for member, value := range before.document {
		if _, resets := settings[member]; !resets && member != "LastModifiedDate" {
			document[member] = value
		}
	}
	document["Id"], document["Name"] = before.Schema.ID, before.Schema.Name
	if name != nil {
		document["Name"] = *name
	}
	if err := in.set(document); err != nil {
		return nil, err
	}
	p, err := settle(document)
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.changed(before, p)
}

// revised returns the document of a pool to be changed.
func (p *Pool) revised() map[string]any {
	document := maps.Clone(p.document)
	delete(document, "LastModifiedDate")
	document["Id"], document["Name"] = p.Schema.ID, p.Schema.Name
	return document
}

type addAttributesInput struct {
	UserPoolID       *string `json:"UserPoolId"`
	CustomAttributes []map[string]any
}

// AddCustomAttributes adds attributes to a pool.
func (s *Service) AddCustomAttributes(_ *wire.Call, in *addAttributesInput) (any, error) {
	var check wire.Constraints
	if len(in.CustomAttributes) == 0 {
		check.Add("null", "customAttributes", "Member must have length greater than or equal to 1")
	}
	before, err := s.changeable(&check, in.UserPoolID)
	if err != nil {
		return nil, err
	}
	document := before.revised()
	list, _ := before.describe(0)["SchemaAttributes"].([]any)
	if document["SchemaAttributes"], err = withAttributes(list, in.CustomAttributes, false); err != nil {
		return nil, err
	}
	p, err := settle(document)
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.changed(before, p)
}

// DeleteUserPool deletes a pool with its users, jobs and logs.
func (s *Service) DeleteUserPool(_ *wire.Call, in *poolInput) (any, error) {
	p, err := s.changeable(&wire.Constraints{}, in.UserPoolID)
	if err != nil {
		return nil, err
	}
	if p.document["DeletionProtection"] == "ACTIVE" {
		return nil, wire.Invalid("The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.")
	}
	var done func()
	err = s.o.Store.Update(func(tx *bbolt.Tx) (err error) {
		if done, err = s.o.Erase(tx, p.Schema.ID); err != nil {
			return err
		}
		return errors.Join(store.Forget(tx, p.Schema.ID), tx.Bucket(store.Pools).Delete([]byte(p.Schema.ID)))
	})
	if err != nil {
		return nil, err
	}
	s.remove(p.Schema.ID)
	done()
	return struct{}{}, nil
}
