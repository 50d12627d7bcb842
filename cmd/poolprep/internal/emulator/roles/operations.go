package roles

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"
)

// The answers.
type (
	roleXML struct {
		Path                     string
		RoleName                 string
		RoleID                   string `xml:"RoleId"`
		Arn                      string
		CreateDate               string
		AssumeRolePolicyDocument string
		Description              string `xml:",omitempty"`
		MaxSessionDuration       int
	}
	policyXML struct {
		PolicyName                    string
		PolicyID                      string `xml:"PolicyId"`
		Arn                           string
		Path                          string
		DefaultVersionID              string `xml:"DefaultVersionId"`
		AttachmentCount               int
		PermissionsBoundaryUsageCount int
		IsAttachable                  bool
		CreateDate                    string
		UpdateDate                    string
	}
	attachedXML struct{ PolicyName, PolicyArn string }
	pageXML     struct {
		IsTruncated bool
		Marker      string `xml:",omitempty"`
	}
)

func (s *Service) describe(r *role) roleXML {
	return roleXML{r.Path, r.Name, r.ID, s.arn(r), stamp(r.Created), url.PathEscape(r.Trust), r.Description, r.MaxSession}
}

func (s *Service) getCallerIdentity(*bbolt.Tx, url.Values) (any, error) {
	return struct {
		Arn     string
		UserID  string `xml:"UserId"`
		Account string
	}{"arn:aws:iam::" + s.account + ":root", s.account, s.account}, nil
}

func (s *Service) createRole(tx *bbolt.Tx, in url.Values) (any, error) {
	name, err := named(in, "RoleName", 64)
	if err != nil {
		return nil, err
	}
	path, err := pathIn(in)
	if err != nil {
		return nil, err
	}
	trust, err := parseDocument(in.Get("AssumeRolePolicyDocument"))
	if err == nil && !trust.isTrust() {
		err = errSyntax
	}
	if err != nil {
		return nil, err
	}
	if _, there, err := get[role](tx, roleKey(name)); err != nil || there {
		if err == nil {
			err = exists("Role with name " + name + " already exists.")
		}
		return nil, err
	}
	seconds := 3600
	if v := in.Get("MaxSessionDuration"); v != "" {
		if seconds, err = strconv.Atoi(v); err != nil || seconds < 3600 || seconds > 43200 {
			return nil, invalid("MaxSessionDuration must be a number from 3600 to 43200.")
		}
	}
	r := &role{
		Name: name, Path: path, ID: newID("AROA"), Description: in.Get("Description"), Created: s.now(),
		Trust: in.Get("AssumeRolePolicyDocument"), MaxSession: seconds, Inline: make(map[string]string),
	}
	return struct{ Role roleXML }{s.describe(r)}, put(tx, roleKey(name), r)
}

// roleIn returns the role that a request names.
func (s *Service) roleIn(tx *bbolt.Tx, in url.Values) (*role, error) {
	name, err := named(in, "RoleName", 64)
	if err != nil {
		return nil, err
	}
	r, there, err := get[role](tx, roleKey(name))
	if err == nil && !there {
		err = noSuch("The role with name " + name + " cannot be found.")
	}
	return r, err
}

func (s *Service) getRole(tx *bbolt.Tx, in url.Values) (any, error) {
	r, err := s.roleIn(tx, in)
	if err != nil {
		return nil, err
	}
	return struct{ Role roleXML }{s.describe(r)}, nil
}

func (s *Service) listRoles(tx *bbolt.Tx, in url.Values) (any, error) {
	var list []roleXML
	err := each(tx, rolePart, func(r *role) error {
		if strings.HasPrefix(r.Path, in.Get("PathPrefix")) {
			list = append(list, s.describe(r))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out struct {
		pageXML
		Roles []roleXML `xml:"Roles>member"`
	}
	out.Roles, out.IsTruncated, out.Marker, err = page(in, list)
	return out, err
}

func (s *Service) deleteRole(tx *bbolt.Tx, in url.Values) (any, error) {
	r, err := s.roleIn(tx, in)
	switch {
	case err != nil:
		return nil, err
	case len(r.Inline) > 0:
		return nil, conflict("Cannot delete entity, must delete policies first.")
	case len(r.Attached) > 0:
		return nil, conflict("Cannot delete entity, must detach all policies first.")
	}
	return nil, tx.Bucket(bucket).Delete(roleKey(r.Name))
}

func (s *Service) putRolePolicy(tx *bbolt.Tx, in url.Values) (any, error) {
	r, err := s.roleIn(tx, in)
	if err != nil {
		return nil, err
	}
	name, err := named(in, "PolicyName", 128)
	if err != nil {
		return nil, err
	}
	if err := permission(in.Get("PolicyDocument")); err != nil {
		return nil, err
	}
	r.Inline[name] = in.Get("PolicyDocument")
	return nil, put(tx, roleKey(r.Name), r)
}

// permission checks a document that says what is allowed.
func permission(text string) error {
	d, err := parseDocument(text)
	if err == nil && !d.isPermission() {
		err = errSyntax
	}
	return err
}

// inlineIn returns the role and the name of its inline policy that a request names.
func (s *Service) inlineIn(tx *bbolt.Tx, in url.Values) (*role, string, error) {
	r, err := s.roleIn(tx, in)
	if err != nil {
		return nil, "", err
	}
	name := in.Get("PolicyName")
	if _, there := r.Inline[name]; !there {
		return nil, "", noSuch("The role policy with name " + name + " cannot be found.")
	}
	return r, name, nil
}

func (s *Service) getRolePolicy(tx *bbolt.Tx, in url.Values) (any, error) {
	r, name, err := s.inlineIn(tx, in)
	if err != nil {
		return nil, err
	}
	return struct{ RoleName, PolicyName, PolicyDocument string }{r.Name, name, url.PathEscape(r.Inline[name])}, nil
}

func (s *Service) deleteRolePolicy(tx *bbolt.Tx, in url.Values) (any, error) {
	r, name, err := s.inlineIn(tx, in)
	if err != nil {
		return nil, err
	}
	delete(r.Inline, name)
	return nil, put(tx, roleKey(r.Name), r)
}

func (s *Service) listRolePolicies(tx *bbolt.Tx, in url.Values) (any, error) {
	r, err := s.roleIn(tx, in)
	if err != nil {
		return nil, err
	}
	var out struct {
		pageXML
		PolicyNames []string `xml:"PolicyNames>member"`
	}
	out.PolicyNames, out.IsTruncated, out.Marker, err = page(in, slices.Sorted(maps.Keys(r.Inline)))
	return out, err
}

func (s *Service) attachRolePolicy(tx *bbolt.Tx, in url.Values) (any, error) {
	r, err := s.roleIn(tx, in)
	if err != nil {
		return nil, err
	}
	arn := in.Get("PolicyArn")
	_, there, err := get[policy](tx, []byte(policyKey+arn))
	if err != nil {
		return nil, err
	}
	if !there && awsPolicies[arn] == "" {
		return nil, noSuch("Policy " + arn + " does not exist or is not attachable.")
	}
	if !slices.Contains(r.Attached, arn) {
		r.Attached = append(r.Attached, arn)
	}
	return nil, put(tx, roleKey(r.Name), r)
}

func (s *Service) detachRolePolicy(tx *bbolt.Tx, in url.Values) (any, error) {
	r, err := s.roleIn(tx, in)
	if err != nil {
		return nil, err
	}
	arn := in.Get("PolicyArn")
	i := slices.Index(r.Attached, arn)
	if i < 0 {
		return nil, noSuch("Policy " + arn + " was not found.")
	}
	r.Attached = slices.Delete(r.Attached, i, i+1)
	return nil, put(tx, roleKey(r.Name), r)
}

func (s *Service) listAttachedRolePolicies(tx *bbolt.Tx, in url.Values) (any, error) {
	r, err := s.roleIn(tx, in)
	if err != nil {
		return nil, err
	}
	var list []attachedXML
	for _, arn := range r.Attached {
		list = append(list, attachedXML{arn[strings.LastIndexByte(arn, '/')+1:], arn})
	}
	var out struct {
		pageXML
		AttachedPolicies []attachedXML `xml:"AttachedPolicies>member"`
	}
	out.AttachedPolicies, out.IsTruncated, out.Marker, err = page(in, list)
	return out, err
}

func (s *Service) createPolicy(tx *bbolt.Tx, in url.Values) (any, error) {
	name, err := named(in, "PolicyName", 128)
	if err != nil {
		return nil, err
	}
	path, err := pathIn(in)
	if err != nil {
		return nil, err
	}
	if err := permission(in.Get("PolicyDocument")); err != nil {
		return nil, err
	}
	p := &policy{Name: name, Path: path, ID: newID("ANPA"), ARN: s.arnOf("policy", path, name), Document: in.Get("PolicyDocument"), Description: in.Get("Description"), Created: s.now()}
	key := []byte(policyKey + p.ARN)
	if tx.Bucket(bucket).Get(key) != nil {
		return nil, exists("A policy called " + name + " already exists. Duplicate names are not allowed.")
	}
	return struct{ Policy policyXML }{describePolicy(p, 0)}, put(tx, key, p)
}

func describePolicy(p *policy, attached int) policyXML {
	return policyXML{
		PolicyName: p.Name, PolicyID: p.ID, Arn: p.ARN, Path: p.Path, DefaultVersionID: "v1", AttachmentCount: attached,
		IsAttachable: true, CreateDate: stamp(p.Created), UpdateDate: stamp(p.Created),
	}
}

func (s *Service) listPolicies(tx *bbolt.Tx, in url.Values) (any, error) {
	attached := make(map[string]int)
	err := each(tx, rolePart, func(r *role) error {
		for _, arn := range r.Attached {
			attached[arn]++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var list []policyXML
	add := func(p *policy) error {
		if n := attached[p.ARN]; n > 0 || in.Get("OnlyAttached") != "true" {
			list = append(list, describePolicy(p, n))
		}
		return nil
	}
	if in.Get("Scope") != "AWS" {
		if err := each(tx, policyKey, add); err != nil {
			return nil, err
		}
	}
	if in.Get("Scope") != "Local" {
		for _, arn := range slices.Sorted(maps.Keys(awsPolicies)) {
			name := arn[strings.LastIndexByte(arn, '/')+1:]
			if err := add(&policy{Name: name, Path: "/", ID: "ANPAEMULATED" + strings.ToUpper(name), ARN: arn}); err != nil {
				return nil, err
			}
		}
	}
	var out struct {
		pageXML
		Policies []policyXML `xml:"Policies>member"`
	}
	out.Policies, out.IsTruncated, out.Marker, err = page(in, list)
	return out, err
}
