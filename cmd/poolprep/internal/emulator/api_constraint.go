package emulator

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// Patterns and limits of the API model. Lengths are characters.
var (
	poolID       = whole(`[\w-]+_[0-9a-zA-Z]+`)
	jobIDForm    = whole(`import-[0-9a-zA-Z-]+`)
	jobNameForm  = whole(`[\w\s+=,.@-]+`)
	roleForm     = whole(`arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?`)
	usernameForm = whole(`[\p{L}\p{M}\p{S}\p{N}\p{P}]+`)
	noSpaceForm  = whole(`[\S]+`)
	groupForm    = whole(`[\w#+=/:,.@-]*`)
	streamForm   = whole(`[^:*]*`)
	algorithms   = whole(`BCRYPT|SCRYPT|ARGON2ID|PBKDF2_SHA256`)
)

const (
	maxPoolID    = 55
	maxJobID     = 55
	maxJobName   = 128
	maxUsername  = 128
	maxToken     = 8192
	maxLogName   = 512
	maxLogEvents = 10_000
)

// form is a regular expression that must match a value from end to end.
type form struct {
	expr     string
	compiled func() *regexp.Regexp
}

// compiled compiles a regular expression when it is first needed: commands that
// emulate nothing start without.
func compiled(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

func whole(expr string) *form {
	return &form{expr, compiled(`\A(?:` + expr + `)\z`)}
}

func (f *form) matches(value string) bool { return f.compiled().MatchString(value) }

// constraints collects what the members of a request violate.
type constraints struct{ violated []string }

// text is what a member that is a string must be.
type text struct {
	required bool
	min, max int // characters
	form     *form
	secret   bool // the value is not repeated in the message
}

// check looks at the member with the given name, as the model spells it.
func (c *constraints) check(member string, value *string, t text) {
	if value == nil {
		if t.required {
			c.add("null", member, "Member must not be null")
		}
		return
	}
	shown := "'" + *value + "'"
	if t.secret || len(*value) > 2*maxUsername {
		shown = ""
	}
	n := utf8.RuneCountInString(*value)
	if n < t.min {
		c.add(shown, member, fmt.Sprintf("Member must have length greater than or equal to %d", t.min))
	}
	if n > t.max {
		c.add(shown, member, fmt.Sprintf("Member must have length less than or equal to %d", t.max))
	}
	if t.form != nil && !t.form.matches(*value) {
		c.add(shown, member, "Member must satisfy regular expression pattern: "+t.form.expr)
	}
}

// number looks at a member that is a number.
func (c *constraints) number(member string, value *int64, required bool, low, high int64) {
	switch {
	case value == nil && required:
		c.add("null", member, "Member must not be null")
	case value == nil:
	case *value < low:
		c.add(fmt.Sprintf("'%d'", *value), member, fmt.Sprintf("Member must have value greater than or equal to %d", low))
	case *value > high:
		c.add(fmt.Sprintf("'%d'", *value), member, fmt.Sprintf("Member must have value less than or equal to %d", high))
	}
}

// pool looks at a UserPoolId.
func (c *constraints) pool(value *string) {
	c.check("userPoolId", value, text{required: true, min: 1, max: maxPoolID, form: poolID})
}

// username looks at a Username.
func (c *constraints) username(value *string) {
	c.check("username", value, text{required: true, min: 1, max: maxUsername, form: usernameForm, secret: true})
}

func (c *constraints) add(value, member, constraint string) {
	if value != "" {
		value += " "
	}
	c.violated = append(c.violated, fmt.Sprintf("Value %sat '%s' failed to satisfy constraint: %s", value, member, constraint))
}

// err returns an InvalidParameterException if anything was violated.
func (c *constraints) err() error {
	switch len(c.violated) {
	case 0:
		return nil
	case 1:
		return invalid("1 validation error detected: %s", c.violated[0])
	}
	return invalid("%d validation errors detected: %s", len(c.violated), strings.Join(c.violated, "; "))
}
