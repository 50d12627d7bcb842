package pools

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/validate/schema"
)

// storedPool is a pool as the state keeps it.
type storedPool struct {
	Of                string `json:",omitempty"` // fingerprint of the given pool that was changed; "": made by a call
	Order             uint64 `json:",omitempty"` // of those made by calls, from 1
	Created, Modified time.Time
	Document          map[string]any             // UserPool
	MFA               map[string]json.RawMessage `json:",omitempty"`
}

// fingerprint tells a pool that is given from what a later file says of it.
func (p *Pool) fingerprint() (string, error) {
	text, err := json.Marshal(p.document)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// open prepares the pools that are given and those of the state. A pool that is
// given and that calls have changed is as they left it, unless another one is given by its ID now.
func (s *Service) open() error {
	var stored []*Pool
	err := s.o.Store.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(store.Pools).ForEach(func(id, text []byte) error {
			kept, err := s.restore(string(id), text)
			if kept != nil {
				stored = append(stored, kept)
			}
			return err
		})
	})
	if err != nil {
		return err
	}
	for i, given := range s.o.Given {
		p := *given
		p.order, p.created, p.modified = uint64(i), s.o.Store.Created, s.o.Store.Created
		s.put(&p)
	}
	for _, p := range stored {
		s.put(p)
	}
	for _, p := range s.List() {
		if err := s.prepare(p); err != nil {
			return err
		}
	}
	return nil
}

// prepare gives a pool what only a server knows: the numbers of its attributes, and whether
// password hashes can be imported, which is a column of the template.
func (s *Service) prepare(p *Pool) (err error) {
	whole := *p.Schema
	whole.Header = slices.DeleteFunc(slices.Clone(whole.Header), func(name string) bool { return name == schema.HashColumn })
	if !s.o.NoHashImport {
		whole.Header = append(whole.Header, schema.HashColumn)
	}
	p.Schema = &whole
	p.Attrs, err = s.o.Store.Attributes(whole.ID, &whole)
	return err
}

// restore returns the pool that the state keeps, nil if what is given says otherwise.
func (s *Service) restore(id string, text []byte) (*Pool, error) {
	damaged := fmt.Errorf("the state is damaged: pool %s", id)
	var kept storedPool
	if json.Unmarshal(text, &kept) != nil {
		return nil, damaged
	}
	of, order := "", uint64(len(s.o.Given))+kept.Order
	if i := slices.IndexFunc(s.o.Given, func(p *Pool) bool { return p.Schema.ID == id }); i >= 0 {
		var err error
		if of, err = s.o.Given[i].fingerprint(); err != nil {
			return nil, err
		}
		order = uint64(i)
	}
	if of != kept.Of {
		return nil, nil
	}
	p, err := newPool(kept.Document)
	if err != nil {
		return nil, damaged
	}
	p.order, p.created, p.modified, p.mfa, p.of = order, kept.Created.UTC(), kept.Modified.UTC(), kept.MFA, kept.Of
	return p, nil
}

// keepPool writes a pool that was made or changed, and serves it.
func (s *Service) keepPool(p *Pool) error {
	kept := storedPool{Of: p.of, Created: p.created, Modified: p.modified, Document: p.document, MFA: p.mfa}
	err := s.o.Store.Update(func(tx *bbolt.Tx) (err error) {
		b := tx.Bucket(store.Pools)
		if p.order == 0 && p.of == "" {
			if kept.Order, err = b.NextSequence(); err != nil {
				return err
			}
			p.order = uint64(len(s.o.Given)) + kept.Order
		} else if p.of == "" {
			kept.Order = p.order - uint64(len(s.o.Given))
		}
		text, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		return b.Put([]byte(p.Schema.ID), text)
	})
	if err != nil {
		return err
	}
	if err := s.prepare(p); err != nil {
		return err
	}
	s.put(p)
	return nil
}
