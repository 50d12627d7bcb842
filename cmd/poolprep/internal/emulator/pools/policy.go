package pools

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// CheckPassword compares a password with what the pool's policy states.
func (p *Pool) CheckPassword(password string) error {
	lacks := func(what string) error {
		return wire.Fault("InvalidPasswordException", "Password did not conform with policy: %s", what)
	}
	if n := p.policyNumber("MinimumLength", 8); utf8.RuneCountInString(password) < n {
		return lacks("Password not long enough")
	}
	symbol := func(r rune) bool { return r < 0x80 && (unicode.IsPunct(r) || unicode.IsSymbol(r)) }
	for _, rule := range []struct {
		member string
		is     func(rune) bool
		what   string
	}{
		{"RequireLowercase", unicode.IsLower, "lowercase characters"},
		{"RequireUppercase", unicode.IsUpper, "uppercase characters"},
		{"RequireNumbers", unicode.IsDigit, "numeric characters"},
		{"RequireSymbols", symbol, "symbol characters"},
	} {
		if p.requires(rule.member) && !strings.ContainsFunc(password, rule.is) {
			return lacks(fmt.Sprintf("Password must have %s", rule.what))
		}
	}
	return nil
}

// policyNumber returns a member of the password policy, otherwise if it is not stated.
func (p *Pool) policyNumber(name string, otherwise int) int {
	if n, ok := p.passwordPolicy()[name].(json.Number); ok {
		if i, err := strconv.Atoi(n.String()); err == nil {
			return i
		}
	}
	return otherwise
}

// requires reports whether the password policy asks for a kind of character.
func (p *Pool) requires(name string) bool {
	policy := p.passwordPolicy()
	if policy == nil {
		return true // that of a new pool asks for all of them
	}
	b, _ := policy[name].(bool)
	return b
}

// passwordPolicy returns the policy that the pool states, nil if it states none.
func (p *Pool) passwordPolicy() map[string]any {
	policies, _ := p.document["Policies"].(map[string]any)
	policy, _ := policies["PasswordPolicy"].(map[string]any)
	return policy
}

// RecoveryAttributes returns email and phone_number in the order in which they serve to get
// a password back: as the pool's AccountRecoverySetting says, and otherwise the phone first.
func (p *Pool) RecoveryAttributes() []string {
	setting, _ := p.document["AccountRecoverySetting"].(map[string]any)
	mechanisms, ok := setting["RecoveryMechanisms"].([]any)
	if !ok {
		return []string{"phone_number", "email"}
	}
	type mechanism struct {
		attribute string
		priority  int
	}
	var list []mechanism
	for _, m := range mechanisms {
		m, _ := m.(map[string]any)
		name, _ := m["Name"].(string)
		n, _ := m["Priority"].(json.Number)
		priority, _ := strconv.Atoi(n.String())
		if attribute, ok := strings.CutPrefix(name, "verified_"); ok {
			list = append(list, mechanism{attribute, priority})
		}
	}
	slices.SortStableFunc(list, func(a, b mechanism) int { return cmp.Compare(a.priority, b.priority) })
	var names []string
	for _, m := range list {
		names = append(names, m.attribute)
	}
	return names
}
