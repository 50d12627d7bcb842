package users

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// group is a group as the state keeps it.
type group struct {
	Name, Description, Role string
	Precedence              *int64 `json:",omitempty"`
	Created, Modified       time.Time
}

// memberKey and groupKey are the two keys of a membership: by group, and by user.
func memberKey(name string, user []byte) []byte {
	return slices.Concat([]byte("g"), []byte(name), []byte{0}, user)
}

func groupKey(user []byte, name string) []byte {
	return slices.Concat([]byte("u"), user, []byte{0}, []byte(name))
}

// groupType is a group as the API shows it.
type groupType struct {
	GroupName        string
	UserPoolID       string `json:"UserPoolId"`
	Description      string `json:",omitempty"`
	RoleArn          string `json:",omitempty"`
	Precedence       *int64 `json:",omitempty"`
	CreationDate     wire.Epoch
	LastModifiedDate wire.Epoch
}

func (g *group) describe(p *pools.Pool) groupType {
	return groupType{g.Name, p.Schema.ID, g.Description, g.Role, g.Precedence, wire.Epoch(g.Created), wire.Epoch(g.Modified)}
}

var errNoGroup = wire.NotFound("Group not found.")

// groupIn reads a group of a pool.
func groupIn(tx *bbolt.Tx, pool, name string) (*group, error) {
	var text []byte
	if b := tx.Bucket(store.Groups).Bucket([]byte(pool)); b != nil {
		text = b.Get([]byte(name))
	}
	if text == nil {
		return nil, errNoGroup
	}
	g := new(group)
	if err := json.Unmarshal(text, g); err != nil {
		return nil, fmt.Errorf("the state is damaged: a group: %w", err)
	}
	return g, nil
}

type poolGroupInput struct {
	UserPoolID *string `json:"UserPoolId"`
	GroupName  *string
}

// checkGroup looks at the name of a group.
func (s *Service) checkGroup(in *poolGroupInput) (*pools.Pool, error) {
	var check wire.Constraints
	check.Pool(in.UserPoolID)
	check.Text("groupName", in.GroupName, wire.Text{Required: true, Min: 1, Max: 128, Form: wire.UsernameForm})
	return s.o.Pools.Of(&check, in.UserPoolID)
}

type oneGroup struct{ Group groupType }

type createGroupInput struct {
	poolGroupInput
	Description, RoleArn *string
	Precedence           *int64
}

// CreateGroup creates a group.
func (s *Service) CreateGroup(_ *wire.Call, in *createGroupInput) (any, error) {
	p, err := s.checkGroup(&in.poolGroupInput)
	if err != nil {
		return nil, err
	}
	if in.Precedence != nil && *in.Precedence < 0 {
		return nil, wire.Invalid("1 validation error detected: Value '%d' at 'precedence' failed to satisfy constraint: Member must have value greater than or equal to 0", *in.Precedence)
	}
	g := &group{Name: *in.GroupName, Precedence: in.Precedence, Created: s.o.Now(), Modified: s.o.Now()}
	if in.Description != nil {
		g.Description = *in.Description
	}
	if in.RoleArn != nil {
		g.Role = *in.RoleArn
	}
	return oneGroup{g.describe(p)}, s.o.Store.Update(func(tx *bbolt.Tx) error {
		b, err := store.In(tx, store.Groups, p.Schema.ID)
		if err != nil {
			return err
		}
		if b.Get([]byte(g.Name)) != nil {
			return wire.Fault("GroupExistsException", "A group with the name already exists.")
		}
		text, err := json.Marshal(g)
		if err != nil {
			return err
		}
		return b.Put([]byte(g.Name), text)
	})
}

// GetGroup returns a group.
func (s *Service) GetGroup(_ *wire.Call, in *poolGroupInput) (any, error) {
	p, err := s.checkGroup(in)
	if err != nil {
		return nil, err
	}
	var out oneGroup
	return &out, s.o.Store.View(func(tx *bbolt.Tx) error {
		g, err := groupIn(tx, p.Schema.ID, *in.GroupName)
		if err == nil {
			out.Group = g.describe(p)
		}
		return err
	})
}

// DeleteGroup deletes a group, whose members stay users.
func (s *Service) DeleteGroup(_ *wire.Call, in *poolGroupInput) (any, error) {
	p, err := s.checkGroup(in)
	if err != nil {
		return nil, err
	}
	name := *in.GroupName
	return struct{}{}, s.o.Store.Update(func(tx *bbolt.Tx) error {
		if _, err := groupIn(tx, p.Schema.ID, name); err != nil {
			return err
		}
		members, err := store.In(tx, store.Members, p.Schema.ID)
		if err != nil {
			return err
		}
		prefix := memberKey(name, nil)
		for _, key := range store.KeysWith(members, prefix) {
			if err := members.Delete(groupKey(key[len(prefix):], name)); err != nil {
				return err
			}
			if err := members.Delete(key); err != nil {
				return err
			}
		}
		b, err := store.In(tx, store.Groups, p.Schema.ID)
		if err != nil {
			return err
		}
		return b.Delete([]byte(name))
	})
}

type membershipInput struct {
	UserPoolID          *string `json:"UserPoolId"`
	Username, GroupName *string
}

// change adds a user to a group, or removes it.
func (s *Service) changeMembership(in *membershipInput, add bool) (any, error) {
	p, err := s.checkGroup(&poolGroupInput{in.UserPoolID, in.GroupName})
	if err != nil {
		return nil, err
	}
	var check wire.Constraints
	if check.Username(in.Username); check.Err() != nil {
		return nil, check.Err()
	}
	return struct{}{}, s.o.Store.Update(func(tx *bbolt.Tx) error {
		key, _, err := s.Find(tx, p, *in.Username)
		if err != nil {
			return err
		}
		if _, err := groupIn(tx, p.Schema.ID, *in.GroupName); err != nil {
			return err
		}
		b, err := store.In(tx, store.Members, p.Schema.ID)
		if err != nil {
			return err
		}
		for _, k := range [][]byte{memberKey(*in.GroupName, key), groupKey(key, *in.GroupName)} {
			if add {
				err = b.Put(k, nil)
			} else {
				err = b.Delete(k)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// AdminAddUserToGroup adds a user to a group.
func (s *Service) AdminAddUserToGroup(_ *wire.Call, in *membershipInput) (any, error) {
	return s.changeMembership(in, true)
}

// AdminRemoveUserFromGroup removes a user from a group.
func (s *Service) AdminRemoveUserFromGroup(_ *wire.Call, in *membershipInput) (any, error) {
	return s.changeMembership(in, false)
}

// groupsOf returns the groups of a user in order of precedence: the lowest number first, and
// those without one last.
func groupsOf(tx *bbolt.Tx, pool string, key []byte) ([]*group, error) {
	var out []*group
	prefix := groupKey(key, "")
	for _, k := range store.KeysWith(tx.Bucket(store.Members).Bucket([]byte(pool)), prefix) {
		g, err := groupIn(tx, pool, string(k[len(prefix):]))
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(a, b *group) int { return cmp.Compare(a.rank(), b.rank()) })
	return out, nil
}

// rank returns the precedence of a group: a lower one comes first.
func (g *group) rank() int64 {
	if g.Precedence == nil {
		return math.MaxInt64
	}
	return *g.Precedence
}

// leaveGroups ends all memberships of a user.
func leaveGroups(tx *bbolt.Tx, pool string, key []byte) error {
	b := tx.Bucket(store.Members).Bucket([]byte(pool))
	prefix := groupKey(key, "")
	for _, k := range store.KeysWith(b, prefix) {
		if err := b.Delete(memberKey(string(k[len(prefix):]), key)); err != nil {
			return err
		}
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
