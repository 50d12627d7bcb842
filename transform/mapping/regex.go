package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"poolprep/validate/suggest"
)

func readRegex(r *reader, arg *yaml.Node) stepSpec {
	template := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str"}
	orKeep := false
	re := regexp.MustCompile("^")
	has, compiled := map[string]bool{}, false
	for _, e := range r.entries(arg, "regex", "match", "replace", "or-keep") {
		has[e.key.Value] = true
		switch e.key.Value {
		case "match":
			before := len(r.errs)
			re = r.pattern(e.value, "match")
			compiled = len(r.errs) == before
		case "replace":
			r.scalar(e.value, "replace")
			template = e.value
		case "or-keep":
			orKeep = r.boolean(e.value, "or-keep")
		}
	}
	switch {
	case !has["replace"] || !has["match"]:
		r.fail(arg, "regex: both `match` and `replace` are expected")
	case compiled:
		r.checkReplacement(template, re)
	}
	s := substitution{re: re, template: []byte(template.Value), groups: strings.Count(template.Value, "$")}
	return trying(fmt.Sprintf("nothing matches %s", suggest.Short(re.String())), func(dst, v []byte) ([]byte, stepResult) {
		if !re.Match(v) {
			if orKeep {
				return append(dst, v...), stepDone
			}
			return dst, stepFailed
		}
		return s.append(dst, v)
	})
}

// substitution replaces what an expression matches, within the memory that a step has.
type substitution struct {
	re       *regexp.Regexp
	template []byte
	groups   int // references to groups in template, or more
}

// mostExpanded is how much may be made of a value before it is measured, in bytes.
const mostExpanded = 8 << 20

func (s *substitution) append(dst, v []byte) ([]byte, stepResult) {
	most := longestOf(v)
	// Each reference brings in no more than all of v, over all matches.
	ofGroups := s.groups * len(v)
	if literal := (len(v) + 1) * len(s.template); len(v)+ofGroups+literal > most {
		if len(v) > maxMade {
			return dst, stepTooLong
		}
		matches := 0
		s.re.ReplaceAllFunc(v, func([]byte) []byte { matches++; return nil })
		if len(v)+ofGroups+matches*len(s.template) > mostExpanded {
			return dst, stepTooLong
		}
	}
	out := s.re.ReplaceAll(v, s.template)
	if len(out) > most {
		return dst, stepTooLong
	}
	return append(dst, out...), stepDone
}

// checkReplacement reports the references of a replacement to groups that the
// expression does not have: regexp would put nothing in their place.
func (r *reader) checkReplacement(n *yaml.Node, re *regexp.Regexp) {
	s := n.Value
	for i := 0; i < len(s); {
		if s[i] != '$' {
			i++
			continue
		}
		name, length, ok := groupReference(s[i:])
		switch {
		case strings.HasPrefix(s[i:], "$$"):
			length = 2
		case !ok && strings.HasPrefix(s[i:], "${"):
			r.fail(n, "regex: replace: ${ at character %d is not a group such as ${1}; a dollar sign itself is written $$", characters(s[:i]))
			return
		case ok && !hasGroup(re, name):
			r.fail(n, "regex: replace: %s at character %d is no group of the match, which has %s%s", s[i:i+length], characters(s[:i]), groupsOf(re), bracesHint(re, name))
		}
		i += max(length, 1)
	}
}

// characters returns the number of the character after text, from 1.
func characters(text string) int { return utf8.RuneCountInString(text) + 1 }

// groupReference reads $name or ${name} as regexp.Expand does: a name without braces
// is as long as can be.
func groupReference(s string) (name string, length int, ok bool) {
	rest, braces := strings.CutPrefix(s[1:], "{")
	end := 0
	for end < len(rest) {
		r, n := utf8.DecodeRuneInString(rest[end:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' {
			break
		}
		end += n
	}
	name, length = rest[:end], 1+end
	if braces {
		if !strings.HasPrefix(rest[end:], "}") {
			return "", 0, false
		}
		length += 2
	}
	return name, length, name != ""
}

// hasGroup reports whether the expression has a group with the number or name.
func hasGroup(re *regexp.Regexp, name string) bool {
	if n, err := strconv.Atoi(name); err == nil && strconv.Itoa(n) == name {
		return n <= re.NumSubexp()
	}
	return name != "" && slices.Contains(re.SubexpNames(), name)
}

// groupsOf says which groups an expression has.
func groupsOf(re *regexp.Regexp) string {
	var names []string
	for i, name := range re.SubexpNames()[1:] {
		if name == "" {
			name = strconv.Itoa(i + 1)
		}
		names = append(names, name)
	}
	switch len(names) {
	case 0:
		return "none; put what is to be kept in parentheses"
	case 1:
		return "the group " + names[0]
	}
	return "the groups " + suggest.List(names)
}

// bracesHint says how a group is written before letters or digits.
func bracesHint(re *regexp.Regexp, name string) string {
	for end := len(name) - 1; end > 0; end-- {
		if utf8.RuneStart(name[end]) && hasGroup(re, name[:end]) {
			return fmt.Sprintf("; group %s before %q is written ${%s}%s", name[:end], name[end:], name[:end], name[end:])
		}
	}
	return ""
}
