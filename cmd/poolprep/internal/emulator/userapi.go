package emulator

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.etcd.io/bbolt"

	"poolprep/validate/schema"
)

type attributeType struct{ Name, Value string }

type userType struct {
	Username             string
	Attributes           []attributeType
	UserCreateDate       epoch
	UserLastModifiedDate epoch
	Enabled              bool
	UserStatus           string
}

type listUsersInput struct {
	UserPoolID, Filter, PaginationToken *string
	Limit                               *int64
	AttributesToGet                     []string
}

type listUsersOutput struct {
	Users           []userType
	PaginationToken string `json:",omitempty"`
}

func (s *Server) listUsers(c *call, in *listUsersInput) (any, error) {
	var check constraints
	check.pool(in.UserPoolID)
	check.number("limit", in.Limit, false, 0, 60)
	check.check("filter", in.Filter, text{max: 256, secret: true})
	check.check("paginationToken", in.PaginationToken, text{min: 1, max: maxToken, form: noSpaceForm})
	if err := check.err(); err != nil {
		return nil, err
	}
	pool, err := s.poolOf(in.UserPoolID)
	if err != nil {
		return nil, err
	}
	a := s.attrs[pool.Schema.ID]
	for _, name := range in.AttributesToGet {
		if _, ok := a.ids[name]; !ok && name != "sub" {
			return nil, invalid("One or more requested attributes do not exist.")
		}
	}
	l := &userList{s: s, c: c, pool: pool, only: in.AttributesToGet, limit: 60}
	if l.filter, err = parseUserFilter(in.Filter); err != nil {
		return nil, err
	}
	if in.Limit != nil && *in.Limit > 0 {
		l.limit = int(*in.Limit)
	}
	if in.PaginationToken != nil {
		var ok bool
		if l.from, ok = s.position(l.scope(), *in.PaginationToken); !ok {
			return nil, invalid("Invalid pagination token provided.")
		}
	}
	l.out.Users = []userType{}
	err = s.state.db.View(l.fill)
	return l.out, err
}

// userList lists users in the order of their keys.
type userList struct {
	s      *Server
	c      *call
	pool   *Pool
	filter userFilter
	only   []string // attributes to show; empty: all
	limit  int
	from   []byte // key to begin with
	out    listUsersOutput
}

func (l *userList) scope() string { return "users/" + l.pool.Schema.ID }

func (l *userList) fill(tx *bbolt.Tx) error {
	users := tx.Bucket(usersBucket).Bucket([]byte(l.pool.Schema.ID))
	if users == nil {
		return nil
	}
	a := l.s.attrs[l.pool.Schema.ID]
	prefix, exact := l.filter.keys(l.pool.Schema)
	from := l.from
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	looked := 0
	cursor := users.Cursor()
	for key, record := cursor.Seek(from); key != nil && bytes.HasPrefix(key, prefix); key, record = cursor.Next() {
		if looked++; looked%4096 == 0 && l.c.ctx.Err() != nil {
			return l.c.ctx.Err()
		}
		if exact && len(key) > len(prefix) {
			return nil
		}
		u, err := parseUser(record)
		if err != nil {
			return err
		}
		if !l.filter.matches(l.pool.Schema, a, u) {
			continue
		}
		if len(l.out.Users) == l.limit {
			l.out.PaginationToken = l.s.token(l.scope(), key)
			return nil
		}
		l.out.Users = append(l.out.Users, u.describe(a, l.only))
	}
	return nil
}

// describe returns the user as the API shows it, with those attributes only, or
// with all if only is empty.
func (u *user) describe(a *attributes, only []string) userType {
	return userType{
		Username: u.username, Attributes: u.attributes(a, only), Enabled: true, UserStatus: u.status.String(),
		UserCreateDate: epoch(u.created), UserLastModifiedDate: epoch(u.modified),
	}
}

func (u *user) attributes(a *attributes, only []string) []attributeType {
	out := []attributeType{}
	add := func(name, value string) {
		if len(only) == 0 || slices.Contains(only, name) {
			out = append(out, attributeType{name, value})
		}
	}
	add("sub", uuid(u.sub))
	for _, v := range u.values {
		if v.id < len(a.names) {
			add(a.names[v.id], v.value)
		}
	}
	return out
}

// userFilter is a filter of ListUsers. The zero value lets everybody through.
type userFilter struct {
	attribute string
	prefix    bool // ^=
	value     string
}

// filterable are the attributes that ListUsers filters by.
var filterable = []string{
	"username", "email", "phone_number", "name", "given_name", "family_name", "preferred_username",
	"cognito:user_status", "status", "sub",
}

var userFilterForm = compiled(`^\s*([\w:]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$`)

func parseUserFilter(text *string) (f userFilter, err error) {
	if text == nil || strings.TrimSpace(*text) == "" {
		return f, nil
	}
	m := userFilterForm().FindStringSubmatch(*text)
	if m == nil {
		return f, invalid(`The filter cannot be read: expected is ATTRIBUTE = "VALUE" or ATTRIBUTE ^= "PREFIX".`)
	}
	if !slices.Contains(filterable, m[1]) {
		return f, invalid("The filter names an attribute that cannot be searched; those that can be are %s.", strings.Join(filterable, ", "))
	}
	return userFilter{m[1], m[2] == "^=", unescape(m[3])}, nil
}

// keys returns what the keys of the users that the filter lets through begin
// with, and whether they are no longer than that.
func (f *userFilter) keys(p *schema.Pool) (prefix []byte, exact bool) {
	if f.attribute != "username" {
		return nil, false
	}
	return []byte(fold(p, f.value)), !f.prefix
}

func (f *userFilter) matches(p *schema.Pool, a *attributes, u *user) bool {
	value, want := "", f.value
	switch f.attribute {
	case "", "username": // the keys have been looked at
		return true
	case "cognito:user_status":
		value = u.status.String()
	case "status":
		value = "Enabled"
	case "sub":
		value = uuid(u.sub)
	case "email":
		value, want = fold(p, u.value(a, f.attribute)), fold(p, want)
	default:
		value = u.value(a, f.attribute)
	}
	return value == want || f.prefix && strings.HasPrefix(value, want)
}

// findUser returns a user by username or alias, and the key.
func (s *Server) findUser(tx *bbolt.Tx, p *Pool, name string) (key []byte, u *user, err error) {
	users := tx.Bucket(usersBucket).Bucket([]byte(p.Schema.ID))
	if users == nil {
		return nil, nil, errNoUser
	}
	key = []byte(fold(p.Schema, name))
	record := users.Get(key)
	if aliases := tx.Bucket(aliasBucket).Bucket([]byte(p.Schema.ID)); record == nil && aliases != nil {
		for _, kind := range []byte{aliasEmail, aliasPhone, aliasUsername} {
			if k := aliases.Get(aliasKey(p.Schema, kind, name)); k != nil {
				key = slices.Clone(k)
				record = users.Get(key)
				break
			}
		}
	}
	if record == nil {
		return nil, nil, errNoUser
	}
	u, err = parseUser(record)
	return key, u, err
}

var errNoUser = fault400("UserNotFoundException", "User does not exist.")

type userInput struct{ UserPoolID, Username *string }

func (s *Server) checkUser(in *userInput, check *constraints) (*Pool, error) {
	check.pool(in.UserPoolID)
	check.username(in.Username)
	if err := check.err(); err != nil {
		return nil, err
	}
	return s.poolOf(in.UserPoolID)
}

type getUserOutput struct {
	Username             string
	UserAttributes       []attributeType
	UserCreateDate       epoch
	UserLastModifiedDate epoch
	Enabled              bool
	UserStatus           string
	PreferredMfaSetting  string   `json:",omitempty"`
	UserMFASettingList   []string `json:",omitempty"`
}

func (s *Server) adminGetUser(_ *call, in *userInput) (any, error) {
	p, err := s.checkUser(in, &constraints{})
	if err != nil {
		return nil, err
	}
	var u *user
	err = s.state.db.View(func(tx *bbolt.Tx) (err error) {
		_, u, err = s.findUser(tx, p, *in.Username)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := getUserOutput{
		Username: u.username, UserAttributes: u.attributes(s.attrs[p.Schema.ID], nil), Enabled: true, UserStatus: u.status.String(),
		UserCreateDate: epoch(u.created), UserLastModifiedDate: epoch(u.modified),
	}
	if u.mfa {
		out.PreferredMfaSetting, out.UserMFASettingList = "SMS_MFA", []string{"SMS_MFA"}
	}
	return out, nil
}

// changeUser changes a user as f says.
func (s *Server) changeUser(p *Pool, name string, f func(*user) error) error {
	return s.state.db.Update(func(tx *bbolt.Tx) error {
		key, u, err := s.findUser(tx, p, name)
		if err != nil {
			return err
		}
		if err := f(u); err != nil {
			return err
		}
		u.modified = s.now()
		users, err := inPool(tx, usersBucket, p.Schema.ID)
		if err != nil {
			return err
		}
		return users.Put(key, appendUser(nil, u))
	})
}

type setPasswordInput struct {
	userInput
	Password  *string
	Permanent bool
}

// nothing is the answer of an operation that has none.
type nothing struct{}

// adminSetUserPassword changes the status of a user. The password is looked at
// and forgotten: nobody signs in here.
func (s *Server) adminSetUserPassword(_ *call, in *setPasswordInput) (any, error) {
	var check constraints
	check.check("password", in.Password, text{required: true, min: 1, max: 256, form: noSpaceForm, secret: true})
	p, err := s.checkUser(&in.userInput, &check)
	if err != nil {
		return nil, err
	}
	if err := p.checkPassword(*in.Password); err != nil {
		return nil, err
	}
	return nothing{}, s.changeUser(p, *in.Username, func(u *user) error {
		u.status = forceChangePassword
		if in.Permanent {
			u.status = confirmed
		}
		return nil
	})
}

// checkPassword compares a password with what the pool's policy states.
func (p *Pool) checkPassword(password string) error {
	lacks := func(what string) error {
		return fault400("InvalidPasswordException", "Password did not conform with policy: %s", what)
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

// adminResetUserPassword asks a user for a new password. No message is sent.
func (s *Server) adminResetUserPassword(_ *call, in *userInput) (any, error) {
	p, err := s.checkUser(in, &constraints{})
	if err != nil {
		return nil, err
	}
	a := s.attrs[p.Schema.ID]
	return nothing{}, s.changeUser(p, *in.Username, func(u *user) error {
		verified := func(name string) bool { return u.value(a, name) != "" && u.value(a, name+"_verified") == "true" }
		switch {
		case u.status == forceChangePassword:
			return fault400("NotAuthorizedException", "User password cannot be reset in the current state.")
		case !verified("email") && !verified("phone_number"):
			return invalid("Cannot reset password for the user as there is no registered/verified email or phone_number")
		}
		u.status = resetRequired
		return nil
	})
}
