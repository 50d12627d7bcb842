package emulator

import (
	"fmt"
	"strings"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// poolOf returns the pool with the ID of a request that violates nothing.
func (s *Server) poolOf(check *wire.Constraints, id *string) (*Pool, error) {
	if err := check.Err(); err != nil {
		return nil, err
	}
	if p := s.pools[*id]; p != nil {
		return p, nil
	}
	return nil, wire.NotFound("User pool %s does not exist.", *id)
}

type poolInput struct {
	UserPoolID *string `json:"UserPoolId"`
}

func (s *Server) checkPool(in *poolInput) (*Pool, error) {
	var check wire.Constraints
	check.Pool(in.UserPoolID)
	return s.poolOf(&check, in.UserPoolID)
}

type csvHeader struct {
	UserPoolID string `json:"UserPoolId"`
	CSVHeader  []string
}

func (s *Server) getCSVHeader(_ *call, in *poolInput) (any, error) {
	pool, err := s.checkPool(in)
	if err != nil {
		return nil, err
	}
	return csvHeader{pool.Schema.ID, pool.Schema.Header}, nil
}

func (s *Server) describeUserPool(_ *call, in *poolInput) (any, error) {
	pool, err := s.checkPool(in)
	if err != nil {
		return nil, err
	}
	var users int64
	err = s.state.db.View(func(tx *bbolt.Tx) error {
		users = userCount(tx, pool.Schema.ID)
		return nil
	})
	return map[string]any{"UserPool": pool.describe(s.state.created, users)}, err
}

type listPoolsInput struct {
	MaxResults *int64
	NextToken  *string
}

type poolDescription struct {
	ID               string `json:"Id"`
	Name             string
	Status           string
	CreationDate     any
	LastModifiedDate any
}

type listPoolsOutput struct {
	UserPools []poolDescription
	NextToken string `json:",omitempty"`
}

func (s *Server) listUserPools(_ *call, in *listPoolsInput) (any, error) {
	var check wire.Constraints
	check.Number("maxResults", in.MaxResults, true, 1, 60)
	check.Text("nextToken", in.NextToken, wire.Text{Min: 1, Max: wire.MaxToken, Form: wire.NoSpaceForm})
	if err := check.Err(); err != nil {
		return nil, err
	}
	first := 0
	if in.NextToken != nil {
		position, ok := s.tokens().Position("pools", *in.NextToken)
		if !ok {
			return nil, wire.Invalid("The pagination token is not one of this list.")
		}
		first = int(numberOf(position))
	}
	out := listPoolsOutput{UserPools: []poolDescription{}}
	for i := first; i < len(s.poolIDs); i++ {
		if int64(len(out.UserPools)) == *in.MaxResults {
			out.NextToken = s.tokens().Token("pools", number(uint64(i)))
			break
		}
		d := s.pools[s.poolIDs[i]].describe(s.state.created, 0)
		out.UserPools = append(out.UserPools, poolDescription{
			ID: fmt.Sprint(d["Id"]), Name: fmt.Sprint(d["Name"]), Status: fmt.Sprint(d["Status"]),
			CreationDate: d["CreationDate"], LastModifiedDate: d["LastModifiedDate"],
		})
	}
	return out, nil
}

// getUserPoolMfaConfig returns the setting of the pool.
func (s *Server) getUserPoolMfaConfig(_ *call, in *poolInput) (any, error) {
	pool, err := s.checkPool(in)
	if err != nil {
		return nil, err
	}
	return struct{ MfaConfiguration string }{strings.ToUpper(pool.Schema.MFA.String())}, nil
}

// listIdentityProviders returns none: users of the emulator sign in with a password.
func (s *Server) listIdentityProviders(_ *call, in *poolInput) (any, error) {
	if _, err := s.checkPool(in); err != nil {
		return nil, err
	}
	return struct{ Providers []any }{[]any{}}, nil
}

type tagsInput struct{ ResourceArn *string }

// listTagsForResource returns none: pools of the emulator have no tags.
func (s *Server) listTagsForResource(_ *call, in *tagsInput) (any, error) {
	for _, p := range s.pools {
		if in.ResourceArn != nil && *in.ResourceArn == p.arn() {
			return struct{ Tags map[string]string }{map[string]string{}}, nil
		}
	}
	return nil, wire.NotFound("The resource does not exist.")
}
