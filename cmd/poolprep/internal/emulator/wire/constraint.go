package wire

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// Patterns and limits of the API model. Lengths are characters.
var (
	PoolID       = Whole(`[\w-]+_[0-9a-zA-Z]+`)
	JobIDForm    = Whole(`import-[0-9a-zA-Z-]+`)
	JobNameForm  = Whole(`[\w\s+=,.@-]+`)
	RoleForm     = Whole(`arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?`)
	UsernameForm = Whole(`[\p{L}\p{M}\p{S}\p{N}\p{P}]+`)
	NoSpaceForm  = Whole(`[\S]+`)
	GroupForm    = Whole(`[\w#+=/:,.@-]*`)
	StreamForm   = Whole(`[^:*]*`)
	Algorithms   = Whole(`BCRYPT|SCRYPT|ARGON2ID|PBKDF2_SHA256`)
)

const (
	MaxPoolID    = 55
	MaxJobID     = 55
	MaxJobName   = 128
	MaxUsername  = 128
	MaxToken     = 8192
	MaxLogName   = 512
	MaxLogEvents = 10_000
)

// Form is a regular expression that must match a value from end to end.
type Form struct {
	expr     string
	compiled func() *regexp.Regexp
}

// Compiled compiles a regular expression when it is first needed: commands that
// emulate nothing start without.
func Compiled(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// Whole makes the form of a regular expression.
func Whole(expr string) *Form {
	return &Form{expr, Compiled(`\A(?:` + expr + `)\z`)}
}

func (f *Form) Matches(value string) bool { return f.compiled().MatchString(value) }

// Constraints collects what the members of a request violate.
type Constraints struct{ violated []string }

// Text is what a member that is a string must be.
type Text struct {
	Required bool
	Min, Max int // characters
	Form     *Form
	Secret   bool // the value is not repeated in the message
}

// Text looks at the member with the given name, as the model spells it.
func (c *Constraints) Text(member string, value *string, t Text) {
	if value == nil {
		if t.Required {
			c.Add("null", member, "Member must not be null")
		}
		return
	}
	shown := "'" + *value + "'"
	if t.Secret || len(*value) > 2*MaxUsername {
		shown = ""
	}
	n := utf8.RuneCountInString(*value)
	if n < t.Min {
		c.Add(shown, member, fmt.Sprintf("Member must have length greater than or equal to %d", t.Min))
	}
	if n > t.Max {
		c.Add(shown, member, fmt.Sprintf("Member must have length less than or equal to %d", t.Max))
	}
	if t.Form != nil && !t.Form.Matches(*value) {
		c.Add(shown, member, "Member must satisfy regular expression pattern: "+t.Form.expr)
	}
}

// Number looks at a member that is a number.
func (c *Constraints) Number(member string, value *int64, required bool, low, high int64) {
	switch {
	case value == nil && required:
		c.Add("null", member, "Member must not be null")
	case value == nil:
	case *value < low:
		c.Add(fmt.Sprintf("'%d'", *value), member, fmt.Sprintf("Member must have value greater than or equal to %d", low))
	case *value > high:
		c.Add(fmt.Sprintf("'%d'", *value), member, fmt.Sprintf("Member must have value less than or equal to %d", high))
	}
}

// Pool looks at a UserPoolId.
func (c *Constraints) Pool(value *string) {
	c.Text("userPoolId", value, Text{Required: true, Min: 1, Max: MaxPoolID, Form: PoolID})
}

// Username looks at a Username.
func (c *Constraints) Username(value *string) {
	c.Text("username", value, Text{Required: true, Min: 1, Max: MaxUsername, Form: UsernameForm, Secret: true})
}

// Add adds a violation; value is as shown, "" for not shown.
func (c *Constraints) Add(value, member, constraint string) {
	if value != "" {
		value += " "
	}
	c.violated = append(c.violated, fmt.Sprintf("Value %sat '%s' failed to satisfy constraint: %s", value, member, constraint))
}

// Err returns an InvalidParameterException if anything was violated.
func (c *Constraints) Err() error {
	switch len(c.violated) {
	case 0:
		return nil
	case 1:
		return Invalid("1 validation error detected: %s", c.violated[0])
	}
	return Invalid("%d validation errors detected: %s", len(c.violated), strings.Join(c.violated, "; "))
}

var escaped = Compiled(`\\(.)`)

// Unescape takes the backslashes away that stand before other characters.
func Unescape(v string) string { return escaped().ReplaceAllString(v, "$1") }
