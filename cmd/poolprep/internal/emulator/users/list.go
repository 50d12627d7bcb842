package users

import (
	"bytes"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
	"poolprep/validate/schema"
)

type listUsersInput struct {
	UserPoolID              *string `json:"UserPoolId"`
	Filter, PaginationToken *string
	Limit                   *int64
	AttributesToGet         []string
}

type listUsersOutput struct {
	Users           []userType
	PaginationToken string `json:",omitempty"`
}

// ListUsers lists the users of a pool that a filter lets through, in the order of their keys.
func (s *Service) ListUsers(c *wire.Call, in *listUsersInput) (any, error) {
	var check wire.Constraints
	check.Pool(in.UserPoolID)
	check.Number("limit", in.Limit, false, 0, 60)
	check.Text("filter", in.Filter, wire.Text{Max: 256, Secret: true})
	check.Text("paginationToken", in.PaginationToken, wire.Text{Min: 1, Max: wire.MaxToken, Form: wire.NoSpaceForm})
	pool, err := s.o.Pools.Of(&check, in.UserPoolID)
	if err != nil {
		return nil, err
	}
	a := pool.Attrs
	for _, name := range in.AttributesToGet {
		if _, ok := a.IDs[name]; !ok && name != "sub" {
			return nil, wire.Invalid("One or more requested attributes do not exist.")
		}
	}
	l := &list{s: s, c: c, pool: pool, only: in.AttributesToGet, limit: 60}
	if l.filter, err = parseFilter(in.Filter); err != nil {
		return nil, err
	}
	if in.Limit != nil && *in.Limit > 0 {
		l.limit = int(*in.Limit)
	}
	if in.PaginationToken != nil {
		var ok bool
		if l.from, ok = s.o.Store.Tokens().Position(l.scope(), *in.PaginationToken); !ok {
			return nil, wire.Invalid("Invalid pagination token provided.")
		}
	}
	l.out.Users = []userType{}
	err = s.o.Store.View(l.fill)
	return l.out, err
}

// list lists users in the order of their keys.
type list struct {
	s      *Service
	c      *wire.Call
	pool   *pools.Pool
	filter filter
	only   []string // attributes to show; empty: all
	limit  int
	from   []byte // key to begin with
	out    listUsersOutput
}

func (l *list) scope() string { return "users/" + l.pool.Schema.ID }

func (l *list) fill(tx *bbolt.Tx) error {
	users := tx.Bucket(store.Users).Bucket([]byte(l.pool.Schema.ID))
	if users == nil {
		return nil
	}
	a := l.pool.Attrs
	prefix, exact := l.filter.keys(l.pool.Schema)
	from := l.from
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	looked := 0
	cursor := users.Cursor()
	for key, record := cursor.Seek(from); key != nil && bytes.HasPrefix(key, prefix); key, record = cursor.Next() {
		if looked++; looked%4096 == 0 && l.c.Context.Err() != nil {
			return l.c.Context.Err()
		}
		if exact && len(key) > len(prefix) {
			return nil
		}
		u, err := Parse(record)
		if err != nil {
			return err
		}
		if !l.filter.matches(l.pool.Schema, a, u) {
			continue
		}
		if len(l.out.Users) == l.limit {
			l.out.PaginationToken = l.s.o.Store.Tokens().Token(l.scope(), key)
			return nil
		}
		l.out.Users = append(l.out.Users, u.describe(a, l.only))
	}
	return nil
}

// filter is a filter of ListUsers. The zero value lets everybody through.
type filter struct {
	attribute string
	prefix    bool // ^=
	value     string
}

// filterable are the attributes that ListUsers filters by.
var filterable = []string{
	"username", "email", "phone_number", "name", "given_name", "family_name", "preferred_username",
	"cognito:user_status", "status", "sub",
}

var filterForm = wire.Compiled(`^\s*([\w:]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$`)

func parseFilter(text *string) (f filter, err error) {
	if text == nil || strings.TrimSpace(*text) == "" {
		return f, nil
	}
	m := filterForm().FindStringSubmatch(*text)
	if m == nil {
		return f, wire.Invalid(`The filter cannot be read: expected is ATTRIBUTE = "VALUE" or ATTRIBUTE ^= "PREFIX".`)
	}
	if !slices.Contains(filterable, m[1]) {
		return f, wire.Invalid("The filter names an attribute that cannot be searched; those that can be are %s.", strings.Join(filterable, ", "))
	}
	return filter{m[1], m[2] == "^=", wire.Unescape(m[3])}, nil
}

// keys returns what the keys of the users that the filter lets through begin
// with, and whether they are no longer than that.
func (f *filter) keys(p *schema.Pool) (prefix []byte, exact bool) {
	if f.attribute != "username" {
		return nil, false
	}
	return []byte(Fold(p, f.value)), !f.prefix
}

func (f *filter) matches(p *schema.Pool, a *store.Attributes, u *User) bool {
	value, want := "", f.value
	switch f.attribute {
	case "", "username": // the keys have been looked at
		return true
	case "cognito:user_status":
		value = u.Status.String()
	case "status":
		if value = "Enabled"; u.Disabled {
			value = "Disabled"
		}
	case "sub":
		value = wire.UUID(u.Sub)
	case "email":
		value, want = Fold(p, u.value(a, f.attribute)), Fold(p, want)
	default:
		value = u.value(a, f.attribute)
	}
	return value == want || f.prefix && strings.HasPrefix(value, want)
}
