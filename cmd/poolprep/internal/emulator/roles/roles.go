// Package roles is what an import needs of IAM and STS: roles with a trust policy, inline and
// managed policies, who the caller is, and whether a role may be assumed by the import service
// and write the log of a job. It speaks the query protocol; it knows no pools and no jobs.
//
// A Service is safe for concurrent use. Its state is in buckets of its own of the database that
// it is given.
package roles

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// bucket holds the state: key -> JSON.
var bucket = []byte("iam")

// Keys of the bucket, and what they begin with.
const (
	usedKey   = "used" // a call of IAM was made
	rolePart  = "role/"
	policyKey = "policy/"
)

// Service serves the operations.
type Service struct {
	db      *bbolt.DB
	account string
	now     func() time.Time
}

// New returns a service for one account, the state of which is in db.
func New(db *bbolt.DB, account string, now func() time.Time) (*Service, error) {
	return &Service{db, account, now}, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	})
}

// role is a role as the state keeps it.
type role struct {
	Name, Path, ID, Description string
	Created                     time.Time
	Trust                       string            // policy document
	MaxSession                  int               // seconds
	Inline                      map[string]string // documents by name of the policy
	Attached                    []string          // ARNs of managed policies
}

func (s *Service) arnOf(kind, path, name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:%s%s%s", s.account, kind, path, name)
}

func (s *Service) arn(r *role) string { return s.arnOf("role", r.Path, r.Name) }

// policy is a managed policy.
type policy struct {
	Name, Path, ID, ARN, Document, Description string
	Created                                    time.Time
}

// Documents of the policies of AWS that people attach to the role of an import.
var awsPolicies = map[string]string{
	"arn:aws:iam::aws:policy/CloudWatchLogsFullAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*","cloudwatch:GenerateQuery"],"Resource":"*"}]}`,
	"arn:aws:iam::aws:policy/CloudWatchFullAccess":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudwatch:*","logs:*"],"Resource":"*"}]}`,
	"arn:aws:iam::aws:policy/CloudWatchFullAccessV2":   `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudwatch:*","logs:*"],"Resource":"*"}]}`,
	"arn:aws:iam::aws:policy/AdministratorAccess":      `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
}

// roleKey returns the key of a role; letter case does not distinguish names.
func roleKey(name string) []byte { return []byte(rolePart + strings.ToLower(name)) }

// get reads a value; ok is false if there is none.
func get[T any](tx *bbolt.Tx, key []byte) (v *T, ok bool, err error) {
	text := tx.Bucket(bucket).Get(key)
	if text == nil {
		return nil, false, nil
	}
	v = new(T)
	if err := json.Unmarshal(text, v); err != nil {
		return nil, false, fmt.Errorf("the state is damaged: %s: %w", key, err)
	}
	return v, true, nil
}

func put(tx *bbolt.Tx, key []byte, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.Bucket(bucket).Put(key, text)
}

// each delivers the values whose keys begin with a text, in the order of the keys.
func each[T any](tx *bbolt.Tx, prefix string, deliver func(*T) error) error {
	c := tx.Bucket(bucket).Cursor()
	for k, text := c.Seek([]byte(prefix)); k != nil && strings.HasPrefix(string(k), prefix); k, text = c.Next() {
		v := new(T)
		if err := json.Unmarshal(text, v); err != nil {
			return fmt.Errorf("the state is damaged: %s: %w", k, err)
		}
		if err := deliver(v); err != nil {
			return err
		}
	}
	return nil
}

// newID returns an ID of the kind that begins with prefix.
func newID(prefix string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	b := make([]byte, 17)
	_, _ = rand.Read(b) // it never fails
	for i := range b {
		b[i] = letters[b[i]%32]
	}
	return prefix + string(b)
}

// markUsed records that a call of IAM was made, whatever becomes of it.
func (s *Service) markUsed() error {
	if used, err := s.Used(); err != nil || used {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error { return put(tx, []byte(usedKey), true) })
}

// Used reports whether a call of IAM was made in this state, a refused one too. STS does not
// count.
func (s *Service) Used() (used bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		used = tx.Bucket(bucket).Get([]byte(usedKey)) != nil
		return nil
	})
	return used, err
}

// Problem says why a role does not do for the log of an import.
type Problem string

// The problems.
const (
	Fine        Problem = ""
	Unknown     Problem = "role-unknown"
	NotAssumed  Problem = "role-not-assumed"
	LacksAction Problem = "role-lacks-permission"
)

// logActions are what the role of a job has to be allowed.
var logActions = []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}

// LogRole looks whether the import service may assume the role with an ARN for a pool, and
// whether the role may then write to a log group. what is the first action that it may not do.
func (s *Service) LogRole(arn, poolARN, groupARN string) (p Problem, what string, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		r, ok, err := get[role](tx, roleKey(arn[strings.LastIndexByte(arn, '/')+1:]))
		if err != nil {
			return err
		}
		if !ok || s.arn(r) != arn {
			p = Unknown
			return nil
		}
		trust, err := parseDocument(r.Trust)
		if err != nil || !trust.mayAssume(importService, map[string]string{"aws:sourceaccount": s.account, "aws:sourcearn": poolARN}) {
			p = NotAssumed
			return nil
		}
		var all []*document
		for _, text := range r.Inline {
			if d, err := parseDocument(text); err == nil {
				all = append(all, d)
			}
		}
		for _, arn := range r.Attached {
			text := awsPolicies[arn]
			if own, ok, err := get[policy](tx, []byte(policyKey+arn)); err != nil {
				return err
			} else if ok {
				text = own.Document
			}
			if d, err := parseDocument(text); err == nil {
				all = append(all, d)
			}
		}
		for _, action := range logActions {
			if !allowed(all, action, groupARN) {
				p, what = LacksAction, action
				return nil
			}
		}
		return nil
	})
	return p, what, err
}

// importService is who assumes the role of an import.
const importService = "cognito-idp.amazonaws.com"
