package signin

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Error is an error that a client gets, with HTTP status 400.
type Error struct {
	Kind    string // __type
	Message string
}

func (e *Error) Error() string { return e.Kind + ": " + e.Message }

func fail(kind, format string, args ...any) error {
	return &Error{kind, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return fail("InvalidParameterException", format, args...)
}

func notAuthorized(format string, args ...any) error {
	return fail("NotAuthorizedException", format, args...)
}

// Errors of more than one operation.
var (
	errIncorrect      = notAuthorized("Incorrect username or password.")
	errNoUser         = fail("UserNotFoundException", "User does not exist.")
	errNoCombination  = fail("UserNotFoundException", "Username/client id combination not found.")
	errDisabled       = notAuthorized("User is disabled.")
	errNotConfirmed   = fail("UserNotConfirmedException", "User is not confirmed.")
	errResetRequired  = fail("PasswordResetRequiredException", "Password reset required for the user")
	errCodeWrong      = fail("CodeMismatchException", "Invalid verification code provided, please try again.")
	errCodeExpired    = fail("ExpiredCodeException", "Invalid code provided, please request a code again.")
	errTooOften       = fail("LimitExceededException", "Attempt limit exceeded, please try after some time.")
	errSession        = notAuthorized("Invalid session for the user.")
	errSessionExpired = notAuthorized("Invalid session for the user, session is expired.")
	errAccessToken    = notAuthorized("Invalid Access Token")
	errAccessExpired  = notAuthorized("Access Token has expired")
	errAccessRevoked  = notAuthorized("Access Token has been revoked")
	errRefreshToken   = notAuthorized("Invalid Refresh Token.")
	errRefreshExpired = notAuthorized("Refresh Token has expired")
	errRefreshRevoked = notAuthorized("Refresh Token has been revoked")
	errNoRecovery     = invalid("Cannot reset password for the user as there is no registered/verified email or phone_number")
	errConfirmed      = invalid("User is already confirmed.")
	errNoAddress      = invalid("Cannot resend codes. Auto verification not turned on.")
	errCannotReset    = notAuthorized("User password cannot be reset in the current state.")
)

// rules collects what the members of a request violate. A value is repeated in the message
// only if it is an ID, a number or one of a set: others may be secrets.
type rules struct{ violated []string }

// Forms and limits of the API model. Lengths are characters.
var (
	poolForm   = whole(`[\w-]+_[0-9a-zA-Z]+`)
	clientForm = whole(`[\w+]+`)
	nameForm   = whole(`[\w\s+=,.@-]+`)
	userForm   = whole(`[\p{L}\p{M}\p{S}\p{N}\p{P}]+`)
	spaceless  = whole(`[\S]+`)
	tokenForm  = whole(`[A-Za-z0-9-_=.]+`)
	hashForm   = whole(`[\w+=/]+`)
)

// form is a regular expression for a whole value. It is compiled when it is first needed:
// commands that emulate nothing start without.
type form struct {
	text     string
	compiled func() *regexp.Regexp
}

func whole(text string) *form {
	return &form{text, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?:` + text + `)\z`) })}
}

// text looks at a member that is a string of so many characters and of that form.
func (r *rules) text(member string, v *string, required bool, low, high int, f *form) {
	r.shown("", member, v, required, low, high, f)
}

// id looks at a member that is an ID, and may be repeated.
func (r *rules) id(member string, v *string, high int, f *form) {
	value := ""
	if v != nil && len(*v) <= 2*high {
		value = quoted(*v)
	}
	r.shown(value, member, v, true, 1, high, f)
}

func quoted(v string) string { return "'" + v + "' " }

func (r *rules) shown(value, member string, v *string, required bool, low, high int, f *form) {
	if v == nil {
		if required {
			r.null(member)
		}
		return
	}
	n := utf8.RuneCountInString(*v)
	if n < low {
		r.add("Value %sat '%s' failed to satisfy constraint: Member must have length greater than or equal to %d", value, member, low)
	}
	if n > high {
		r.add("Value %sat '%s' failed to satisfy constraint: Member must have length less than or equal to %d", value, member, high)
	}
	if !f.compiled().MatchString(*v) {
		r.add("Value %sat '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", value, member, f.text)
	}
}

func (r *rules) null(member string) {
	r.add("Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

// oneOf looks at a member with an enumeration.
func (r *rules) oneOf(member string, v *string, required bool, values ...string) {
	switch {
	case v == nil && required:
		r.null(member)
	case v != nil && !slices.Contains(values, *v):
		value := ""
		if len(*v) <= 128 {
			value = quoted(*v)
		}
		r.add("Value %sat '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]", value, member, strings.Join(values, ", "))
	}
}

// number looks at a member that is a number.
func (r *rules) number(member string, v *int64, low, high int64) {
	switch {
	case v == nil:
	case *v < low:
		r.add("Value '%d' at '%s' failed to satisfy constraint: Member must have value greater than or equal to %d", *v, member, low)
	case *v > high:
		r.add("Value '%d' at '%s' failed to satisfy constraint: Member must have value less than or equal to %d", *v, member, high)
	}
}

func (r *rules) pool(v *string)     { r.id("userPoolId", v, 55, poolForm) }
func (r *rules) client(v *string)   { r.id("clientId", v, 128, clientForm) }
func (r *rules) username(v *string) { r.text("username", v, true, 1, 128, userForm) }

// password looks at a password. The model allows an empty one: it is a wrong one.
func (r *rules) password(member string, v *string, required bool) {
	if v == nil || *v != "" {
		r.text(member, v, required, 0, 256, spaceless)
	}
}

func (r *rules) add(format string, args ...any) {
	r.violated = append(r.violated, fmt.Sprintf(format, args...))
}

// err returns an InvalidParameterException if anything was violated.
func (r *rules) err() error {
	switch len(r.violated) {
	case 0:
		return nil
	case 1:
		return invalid("1 validation error detected: %s", r.violated[0])
	}
	return invalid("%d validation errors detected: %s", len(r.violated), strings.Join(r.violated, "; "))
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
