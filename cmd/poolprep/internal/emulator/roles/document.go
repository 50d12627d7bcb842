package roles

import (
	"encoding/json"
	"slices"
	"strings"
)

// document is a policy document, as far as it is evaluated.
type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Effect                  string
	Principal, NotPrincipal json.RawMessage
	Action, NotAction       words
	Resource, NotResource   words
	Condition               map[string]map[string]words
}

// words are a text or a list of texts.
type words []string

func (w *words) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*w = words{one}
		return nil
	}
	var list []any // numbers and booleans stand in conditions
	if err := json.Unmarshal(text, &list); err != nil {
		*w = words{string(text)}
		return nil
	}
	for _, v := range list {
		if s, ok := v.(string); ok {
			*w = append(*w, s)
		} else {
			b, err := json.Marshal(v)
			if err != nil {
				return err
			}
			*w = append(*w, string(b))
		}
	}
	return nil
}

// parseDocument reads a policy document: one statement or a list of them.
func parseDocument(text string) (*document, error) {
	var raw struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, malformed("This policy contains invalid Json")
	}
	d := &document{Version: raw.Version}
	if len(raw.Statement) > 0 && raw.Statement[0] == '{' {
		raw.Statement = slices.Concat([]byte{'['}, raw.Statement, []byte{']'})
	}
	if err := json.Unmarshal(raw.Statement, &d.Statement); err != nil || len(d.Statement) == 0 {
		return nil, errSyntax
	}
	for i := range d.Statement {
		s := &d.Statement[i]
		if s.Effect != "Allow" && s.Effect != "Deny" || len(s.Action)+len(s.NotAction) == 0 {
			return nil, errSyntax
		}
	}
	return d, nil
}

var errSyntax = malformed("Syntax errors in policy.")

// isTrust reports whether every statement says who may assume a role, and none about what.
func (d *document) isTrust() bool {
	return !slices.ContainsFunc(d.Statement, func(s statement) bool {
		return len(s.Principal)+len(s.NotPrincipal) == 0 || len(s.Resource)+len(s.NotResource) > 0
	})
}

// isPermission reports whether every statement says about which resources it is, and none
// about whom.
func (d *document) isPermission() bool {
	return !slices.ContainsFunc(d.Statement, func(s statement) bool {
		return len(s.Principal)+len(s.NotPrincipal) > 0 || len(s.Resource)+len(s.NotResource) == 0
	})
}

// mayAssume reports whether a service may assume the role that the trust policy belongs to. A
// condition on anything but the context is taken as not met where it would allow, and as met
// where it would deny.
func (d *document) mayAssume(service string, context map[string]string) bool {
	may := false
	for i := range d.Statement {
		s := &d.Statement[i]
		if !s.isAbout(service) || !s.hasAction("sts:AssumeRole") {
			continue
		}
		met, known := s.conditions(context)
		if s.Effect == "Deny" && (met || !known) {
			return false
		}
		may = may || s.Effect == "Allow" && met && known
	}
	return may
}

// isAbout reports whether a statement is about a service. Where that is open, it is about it if
// it denies: with NotPrincipal, which cannot allow, and with all principals of AWS.
func (s *statement) isAbout(service string) bool {
	denies := s.Effect == "Deny"
	if len(s.NotPrincipal) > 0 {
		return denies && !names(s.NotPrincipal, service, false)
	}
	return names(s.Principal, service, denies)
}

// names reports whether a service is among principals. everyone says whether "AWS": "*" has it.
func names(principals json.RawMessage, service string, everyone bool) bool {
	var all string
	if json.Unmarshal(principals, &all) == nil {
		return all == "*"
	}
	var kinds map[string]words
	if json.Unmarshal(principals, &kinds) != nil {
		return false
	}
	return slices.Contains(kinds["Service"], service) || everyone && slices.Contains(kinds["AWS"], "*")
}

func (s *statement) hasAction(action string) bool {
	is := func(pattern string) bool { return matches(strings.ToLower(pattern), strings.ToLower(action)) }
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.NotAction, is)
	}
	return slices.ContainsFunc(s.Action, is)
}

// hasGroup reports whether a statement is about a log group. Resource and NotResource may name
// the group or the streams in it.
func (s *statement) hasGroup(group string) bool {
	is := func(pattern string) bool {
		pattern = inRegionOf(group, pattern)
		return matches(pattern, group) || matches(pattern, group+":*") || matches(pattern, group+":log-stream:any")
	}
	if len(s.NotResource) > 0 {
		return !slices.ContainsFunc(s.NotResource, is)
	}
	return slices.ContainsFunc(s.Resource, is)
}

// inRegionOf returns a pattern of ARNs with the region `local` if that is the region of a
// resource: a pool that no region is stated of is in every one.
func inRegionOf(resource, pattern string) string {
	const local = "local"
	if parts := strings.SplitN(resource, ":", 5); len(parts) < 5 || parts[3] != local {
		return pattern
	}
	parts := strings.SplitN(pattern, ":", 5)
	if len(parts) == 5 && parts[2] == "logs" {
		parts[3] = local
	}
	return strings.Join(parts, ":")
}

// conditions reports whether all conditions are met, and whether all could be evaluated.
func (s *statement) conditions(context map[string]string) (met, known bool) {
	met, known = true, true
	for operator, keys := range s.Condition {
		for key, values := range keys {
			got, there := context[strings.ToLower(key)]
			var is func(string) bool
			switch strings.ToLower(operator) {
			case "stringequals", "arnequals":
				is = func(want string) bool { return want == got }
			case "stringlike", "arnlike":
				is = func(want string) bool { return matches(want, got) }
			}
			if is == nil || !there {
				known = false
				continue
			}
			met = met && slices.ContainsFunc(values, is)
		}
	}
	return met, known
}

// allowed reports whether the documents together allow an action on a log group. Conditions
// are taken as not met where they would allow, and as met where they would deny.
func allowed(documents []*document, action, group string) bool {
	allow := false
	for _, d := range documents {
		for i := range d.Statement {
			s := &d.Statement[i]
			if !s.hasAction(action) || !s.hasGroup(group) {
				continue
			}
			if s.Effect == "Deny" {
				return false
			}
			allow = allow || len(s.Condition) == 0
		}
	}
	return allow
}

// matches reports whether a text fits a pattern, in which * stands for any text and ? for any
// character.
func matches(pattern, text string) bool {
	// star is where the last * was, and from the text that it stands for so far.
	i, star, from := 0, -1, 0
	for at := 0; at < len(text); {
		switch {
		case i < len(pattern) && pattern[i] == '*':
			star, from = i, at
			i++
		case i < len(pattern) && (pattern[i] == '?' || pattern[i] == text[at]):
			i++
			at++
		case star >= 0:
			from++
			i, at = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[i:], "*") == ""
}
