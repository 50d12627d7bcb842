package pools

import (
	"fmt"
	"maps"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

type poolInput struct {
	UserPoolID *string `json:"UserPoolId"`
}

func (s *Service) checkPool(in *poolInput) (*Pool, error) {
	var check wire.Constraints
	check.Pool(in.UserPoolID)
	return s.Of(&check, in.UserPoolID)
}

type csvHeader struct {
	UserPoolID string `json:"UserPoolId"`
	CSVHeader  []string
}

// GetCSVHeader returns the columns of the template for an import.
func (s *Service) GetCSVHeader(_ *wire.Call, in *poolInput) (any, error) {
	pool, err := s.checkPool(in)
	if err != nil {
		return nil, err
	}
	return csvHeader{pool.Schema.ID, pool.Schema.Header}, nil
}

// DescribeUserPool returns what a pool is set to.
func (s *Service) DescribeUserPool(_ *wire.Call, in *poolInput) (any, error) {
	pool, err := s.checkPool(in)
	if err != nil {
		return nil, err
	}
	var users int64
	err = s.o.Store.View(func(tx *bbolt.Tx) error {
		users = store.UserCount(tx, pool.Schema.ID)
		return nil
	})
	return map[string]any{"UserPool": pool.describe(users)}, err
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

// ListUserPools lists the pools in the order in which they were given or made.
func (s *Service) ListUserPools(_ *wire.Call, in *listPoolsInput) (any, error) {
	var check wire.Constraints
	check.Number("maxResults", in.MaxResults, true, 1, 60)
	check.Text("nextToken", in.NextToken, wire.Text{Min: 1, Max: wire.MaxToken, Form: wire.NoSpaceForm})
	if err := check.Err(); err != nil {
		return nil, err
	}
	from := uint64(0)
	if in.NextToken != nil {
		position, ok := s.o.Store.Tokens().Position("pools", *in.NextToken)
		if !ok {
			return nil, wire.Invalid("The pagination token is not one of this list.")
		}
		from = store.NumberOf(position)
	}
	out := listPoolsOutput{UserPools: []poolDescription{}}
	for _, p := range s.List() {
		if p.order < from {
			continue
		}
		if int64(len(out.UserPools)) == *in.MaxResults {
			out.NextToken = s.o.Store.Tokens().Token("pools", store.Number(p.order))
			break
		}
		d := p.describe(0)
		out.UserPools = append(out.UserPools, poolDescription{
			ID: fmt.Sprint(d["Id"]), Name: fmt.Sprint(d["Name"]), Status: fmt.Sprint(d["Status"]),
			CreationDate: d["CreationDate"], LastModifiedDate: d["LastModifiedDate"],
		})
	}
	return out, nil
}

// ListIdentityProviders returns none: users of the emulator sign in with a password.
func (s *Service) ListIdentityProviders(_ *wire.Call, in *poolInput) (any, error) {
	if _, err := s.checkPool(in); err != nil {
		return nil, err
	}
	return struct{ Providers []any }{[]any{}}, nil
}

type tagsInput struct{ ResourceArn *string }

// ListTagsForResource returns the tags that a pool was made with.
func (s *Service) ListTagsForResource(_ *wire.Call, in *tagsInput) (any, error) {
	for _, p := range s.List() {
		if in.ResourceArn != nil && *in.ResourceArn == p.ARN() {
			tags, _ := p.document["UserPoolTags"].(map[string]any)
			return struct{ Tags map[string]any }{maps.Clone(tags)}, nil
		}
	}
	return nil, wire.NotFound("The resource does not exist.")
}
