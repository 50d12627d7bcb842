package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/signin"
	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/validate/schema"
)

// storedPool is a pool as the state keeps it.
type storedPool struct {
	Of                string `json:",omitempty"` // fingerprint of the pool in Options that was changed; "": made by a call
	Order             uint64 `json:",omitempty"` // of those made by calls, from 1
	Created, Modified time.Time
	Document          map[string]any             // UserPool
	MFA               map[string]json.RawMessage `json:",omitempty"`
}

// fingerprint tells a pool of Options from what a later file says of it.
func (p *Pool) fingerprint() (string, error) {
	text, err := json.Marshal(p.document)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// openPools prepares the pools of Options and those of the state. A pool of Options that
// calls have changed is as they left it, unless Options have another one by its ID now.
func (s *Server) openPools() error {
	var stored []*Pool
	err := s.store.View(func(tx *bbolt.Tx) error {
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
	for i, given := range s.o.Pools {
		p := *given
		p.order, p.created, p.modified = uint64(i), s.store.Created, s.store.Created
		s.pools.put(&p)
	}
	for _, p := range stored {
		s.pools.put(p)
	}
	for _, p := range s.pools.list() {
		if err := s.prepare(p); err != nil {
			return err
		}
	}
	return nil
}

// prepare gives a pool what only a server knows: the numbers of its attributes, and whether
// password hashes can be imported, which is a column of the template.
func (s *Server) prepare(p *Pool) (err error) {
	whole := *p.Schema
	whole.Header = slices.DeleteFunc(slices.Clone(whole.Header), func(name string) bool { return name == schema.HashColumn })
	if !s.o.NoHashImport {
		whole.Header = append(whole.Header, schema.HashColumn)
	}
	p.Schema = &whole
	p.attrs, err = s.store.Attributes(whole.ID, &whole)
	return err
}

// restore returns the pool that the state keeps, nil if Options say otherwise.
func (s *Server) restore(id string, text []byte) (*Pool, error) {
	damaged := fmt.Errorf("the state is damaged: pool %s", id)
	var kept storedPool
	if json.Unmarshal(text, &kept) != nil {
		return nil, damaged
	}
	given, of, order := s.pools.get(id), "", uint64(len(s.o.Pools))+kept.Order
	if given != nil {
		var err error
		if of, err = given.fingerprint(); err != nil {
			return nil, err
		}
		for i, p := range s.o.Pools {
			if p.Schema.ID == id {
				order = uint64(i)
			}
		}
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
func (s *Server) keepPool(p *Pool) error {
	kept := storedPool{Of: p.of, Created: p.created, Modified: p.modified, Document: p.document, MFA: p.mfa}
	err := s.store.Update(func(tx *bbolt.Tx) (err error) {
		b := tx.Bucket(store.Pools)
		if p.order == 0 && p.of == "" {
			if kept.Order, err = b.NextSequence(); err != nil {
				return err
			}
			p.order = uint64(len(s.o.Pools)) + kept.Order
		} else if p.of == "" {
			kept.Order = p.order - uint64(len(s.o.Pools))
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
	s.pools.put(p)
	return nil
}

// erasePool removes a pool with all that belongs to it, and returns the uploads that
// nobody needs any more.
func erasePool(tx *bbolt.Tx, id string) (uploads []string, err error) {
	err = eachJob(tx, id, func(j *job) error {
		if j.Upload != "" {
			uploads = append(uploads, j.Upload)
		}
		return errors.Join(tx.Bucket(store.JobIDs).Delete([]byte(j.ID)), store.Drop(tx.Bucket(store.Logs), j.ID))
	})
	if err != nil {
		return nil, err
	}
	for _, name := range [][]byte{store.Jobs, store.Users, store.Aliases, store.ImportedHashes, store.Hashes, store.Groups, store.Members} {
		if err := store.Drop(tx.Bucket(name), id); err != nil {
			return nil, err
		}
	}
	return uploads, errors.Join(
		store.Forget(tx, id),
		tx.Bucket(store.Pools).Delete([]byte(id)), signin.ErasePool(tx, id))
}
