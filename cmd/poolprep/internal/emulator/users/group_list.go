package users

import (
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// listingInput are the members by which a listing is cut to pages.
type listingInput struct {
	Limit     *int64
	NextToken *string
}

// listing cuts what a cursor delivers to pages.
type listing struct {
	s     *Service
	scope string
	from  []byte
	limit int
}

// listing checks the members of a request.
func (s *Service) listing(check *wire.Constraints, scope string, in *listingInput) (*listing, error) {
	check.Number("limit", in.Limit, false, 0, 60)
	check.Text("nextToken", in.NextToken, wire.Text{Min: 1, Max: wire.MaxToken, Form: wire.NoSpaceForm})
	if err := check.Err(); err != nil {
		return nil, err
	}
	l := &listing{s: s, scope: scope, limit: 60}
	if in.Limit != nil && *in.Limit > 0 {
		l.limit = int(*in.Limit)
	}
	if in.NextToken != nil {
		var ok bool
		if l.from, ok = s.o.Store.Tokens().Position(scope, *in.NextToken); !ok {
			return nil, wire.Invalid("Invalid pagination token provided.")
		}
	}
	return l, nil
}

// each delivers the keys of a bucket, which may be nil, that begin with a prefix, as many as a
// page has, and returns the token of the next page.
func (l *listing) each(b *bbolt.Bucket, prefix []byte, deliver func(k, v []byte) error) (next string, err error) {
	if b == nil {
		return "", nil
	}
	c := b.Cursor()
	from := prefix
	if l.from != nil {
		from = l.from
	}
	for k, v := c.Seek(from); k != nil && len(k) >= len(prefix) && string(k[:len(prefix)]) == string(prefix); k, v = c.Next() {
		if l.limit--; l.limit < 0 {
			return l.s.o.Store.Tokens().Token(l.scope, k), nil
		}
		if err := deliver(k, v); err != nil {
			return "", err
		}
	}
	return "", nil
}

type groupList struct {
	Groups    []groupType
	NextToken string `json:",omitempty"`
}

type listGroupsInput struct {
	UserPoolID *string `json:"UserPoolId"`
	listingInput
}

// ListGroups lists the groups of a pool in the order of their names.
func (s *Service) ListGroups(_ *wire.Call, in *listGroupsInput) (any, error) {
	var check wire.Constraints
	check.Pool(in.UserPoolID)
	p, err := s.o.Pools.Of(&check, in.UserPoolID)
	if err != nil {
		return nil, err
	}
	l, err := s.listing(&wire.Constraints{}, "groups/"+p.Schema.ID, &in.listingInput)
	if err != nil {
		return nil, err
	}
	out := &groupList{Groups: []groupType{}}
	return out, s.o.Store.View(func(tx *bbolt.Tx) (err error) {
		out.NextToken, err = l.each(tx.Bucket(store.Groups).Bucket([]byte(p.Schema.ID)), nil, func(_, text []byte) error {
			g := new(group)
			if err := json.Unmarshal(text, g); err != nil {
				return fmt.Errorf("the state is damaged: a group: %w", err)
			}
			out.Groups = append(out.Groups, g.describe(p))
			return nil
		})
		return err
	})
}

type groupsForUserInput struct {
	userInput
	listingInput
}

// AdminListGroupsForUser lists the groups of a user in the order of their names.
func (s *Service) AdminListGroupsForUser(_ *wire.Call, in *groupsForUserInput) (any, error) {
	p, err := s.check(&in.userInput, &wire.Constraints{})
	if err != nil {
		return nil, err
	}
	l, err := s.listing(&wire.Constraints{}, "groups of/"+p.Schema.ID, &in.listingInput)
	if err != nil {
		return nil, err
	}
	out := &groupList{Groups: []groupType{}}
	return out, s.o.Store.View(func(tx *bbolt.Tx) error {
		key, _, err := s.Find(tx, p, *in.Username)
		if err != nil {
			return err
		}
		prefix := groupKey(key, "")
		out.NextToken, err = l.each(tx.Bucket(store.Members).Bucket([]byte(p.Schema.ID)), prefix, func(k, _ []byte) error {
			g, err := groupIn(tx, p.Schema.ID, string(k[len(prefix):]))
			if err == nil {
				out.Groups = append(out.Groups, g.describe(p))
			}
			return err
		})
		return err
	})
}

type usersInGroupInput struct {
	poolGroupInput
	listingInput
}

type usersInGroup struct {
	Users     []userType
	NextToken string `json:",omitempty"`
}

// ListUsersInGroup lists the users in a group in the order of their keys.
func (s *Service) ListUsersInGroup(_ *wire.Call, in *usersInGroupInput) (any, error) {
	p, err := s.checkGroup(&in.poolGroupInput)
	if err != nil {
		return nil, err
	}
	l, err := s.listing(&wire.Constraints{}, "in group/"+p.Schema.ID+"/"+*in.GroupName, &in.listingInput)
	if err != nil {
		return nil, err
	}
	out := &usersInGroup{Users: []userType{}}
	return out, s.o.Store.View(func(tx *bbolt.Tx) error {
		if _, err := groupIn(tx, p.Schema.ID, *in.GroupName); err != nil {
			return err
		}
		users := tx.Bucket(store.Users).Bucket([]byte(p.Schema.ID))
		prefix := memberKey(*in.GroupName, nil)
		out.NextToken, err = l.each(tx.Bucket(store.Members).Bucket([]byte(p.Schema.ID)), prefix, func(k, _ []byte) error {
			u, err := Parse(users.Get(k[len(prefix):]))
			if err == nil {
				out.Users = append(out.Users, u.describe(p.Attrs, nil))
			}
			return err
		})
		return err
	})
}
