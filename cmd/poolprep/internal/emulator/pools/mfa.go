package pools

import (
	"encoding/json"

	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// mfaMembers are those of the answer of GetUserPoolMfaConfig beside MfaConfiguration.
var mfaMembers = []string{"SmsMfaConfiguration", "SoftwareTokenMfaConfiguration", "EmailMfaConfiguration", "WebAuthnConfiguration"}

// mfaConfig returns the answer of GetUserPoolMfaConfig.
func (p *Pool) mfaConfig() map[string]any {
	out := map[string]any{"MfaConfiguration": p.Schema.MFA.String()}
	for name, value := range p.mfa {
		out[name] = value
	}
	return out
}

// GetUserPoolMfaConfig returns the setting of the pool.
func (s *Service) GetUserPoolMfaConfig(_ *wire.Call, in *poolInput) (any, error) {
	pool, err := s.checkPool(in)
	if err != nil {
		return nil, err
	}
	return pool.mfaConfig(), nil
}

// SetUserPoolMfaConfig sets whether users need a second factor, and which there are.
func (s *Service) SetUserPoolMfaConfig(_ *wire.Call, in *members) (any, error) {
	texts, err := in.texts("UserPoolId", "MfaConfiguration")
	if err != nil {
		return nil, err
	}
	id, mfa := texts[0], texts[1]
	var check wire.Constraints
	check.Text("mfaConfiguration", mfa, wire.Text{Max: 8, Form: mfaForm})
	check.Pool(id)
	before, err := s.Of(&check, id)
	if err != nil {
		return nil, err
	}
	document, factors := before.revised(), make(map[string]json.RawMessage)
	if mfa != nil {
		document["MfaConfiguration"] = *mfa
	}
	for _, name := range mfaMembers {
		if value := (*in)[name]; len(value) > 0 && string(value) != "null" {
			factors[name] = value
		}
	}
	if mfa != nil && *mfa != "OFF" && len(factors) == 0 && len(before.mfa) == 0 && document["SmsConfiguration"] == nil {
		return nil, wire.Invalid("Invalid MFA configuration given, can't turn on MFA without configuring an MFA.")
	}
	p, err := settle(document)
	if err != nil {
		return nil, err
	}
	p.mfa = factors
	if err := s.changed(before, p); err != nil {
		return nil, err
	}
	return p.mfaConfig(), nil
}
