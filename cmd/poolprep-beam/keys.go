package main

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"poolprep/validate/keyset"
	"poolprep/validate/ledger"
	"poolprep/validate/shard"
)

// This file finds the contested keys of a run, which come at least twice: the merge compares
// these alone. Fingerprints go through the job in groups by their highest bits, many in an
// element. A runner that brings an element twice makes keys contested that are not, which
// changes nothing but memory.

var (
	keysCompared  = beam.NewCounter(namespace, "keys_compared")
	keysContested = beam.NewCounter(namespace, "keys_contested")
)

func init() {
	register.DoFn4x1[context.Context, int, made, func(int, []byte), error](&keysFn{})
	register.DoFn4x1[context.Context, int, func(*[]byte) bool, func(int, []byte), error](&groupFn{})
	register.Emitter2[int, []byte]()
	register.Iter1[[]byte]()
}

// keySize is that of a fingerprint in an element, in bytes.
const keySize = 12

// textOfGroup is how many bytes of all inputs there are to one group, so that a group is small.
var textOfGroup int64 = 16 << 20

// groupsOf returns the number of groups.
func groupsOf(plan *shard.Plan) int {
	const most = 1 << 14
	size := int64(0)
	for _, s := range plan.Sources {
		size += s.Length()
	}
	return int(min(size/textOfGroup+1, most))
}

// keysFn emits the fingerprints of the keys of a part: the group, and some of its fingerprints.
type keysFn struct{ Job job }

// ProcessElement reads the keys of a complete part.
func (f *keysFn) ProcessElement(ctx context.Context, _ int, m made, emit func(int, []byte)) error {
	if !f.Job.GroupKeys {
		return nil
	}
	if err := f.read(ctx, m, emit); err != nil {
		return fmt.Errorf("keys of part %d: %w", m.Part, err)
	}
	return nil
}

func (f *keysFn) read(ctx context.Context, m made, emit func(int, []byte)) error {
	store := newStore(ctx)
	defer store.Close()
	plan, err := f.Job.plan(store, m.Plan)
	if err != nil {
		return err
	}
	const together, largest = 32 << 20, 64 << 10 // bytes of all groups, and of an element
	groups := make([][]byte, groupsOf(plan))
	most := max(min(together/len(groups), largest)/keySize, 1) * keySize
	n := int64(0)
	send := func(group int) {
		emit(group, groups[group])
		groups[group] = nil
	}
	err = plan.EachFacts(store.opener(m.Dir), m.Dir, m.Part, func(facts *ledger.Facts) error {
		facts.EachKey(func(k keyset.Key) {
			group, _ := bits.Mul64(k.Hi, uint64(len(groups)))
			b := binary.LittleEndian.AppendUint64(groups[group], k.Hi)
			groups[group] = binary.LittleEndian.AppendUint32(b, k.Lo)
			if n++; len(groups[group]) >= most {
				send(int(group))
			}
		})
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if err := failHere(fmt.Sprint("keys of part ", m.Part)); err != nil {
		return err
	}
	for group, keys := range groups {
		if len(keys) > 0 {
			send(group)
		}
	}
	keysCompared.Inc(ctx, n)
	return nil
}

// appendKeys appends the fingerprints of an element.
func appendKeys(keys []keyset.Key, element []byte) ([]keyset.Key, error) {
	if len(element)%keySize != 0 {
		return keys, fmt.Errorf("an element of %d bytes holds no fingerprints: have all workers the same version?", len(element))
	}
	for ; len(element) > 0; element = element[keySize:] {
		keys = append(keys, keyset.Key{Hi: binary.LittleEndian.Uint64(element), Lo: binary.LittleEndian.Uint32(element[8:])})
	}
	return keys, nil
}

// groupFn emits the contested fingerprints of a group, under the one key of all parts.
type groupFn struct{ Job job }

// ProcessElement takes a group.
func (f *groupFn) ProcessElement(ctx context.Context, group int, elements func(*[]byte) bool, emit func(int, []byte)) error {
	var keys []keyset.Key
	for element := []byte(nil); elements(&element); {
		var err error
		if keys, err = appendKeys(keys, element); err != nil {
			return err
		}
	}
	slices.SortFunc(keys, func(a, b keyset.Key) int { return cmp.Or(cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Lo, b.Lo)) })
	var contested []byte
	for i, k := range keys {
		if i > 0 && k == keys[i-1] && (i == 1 || k != keys[i-2]) {
			contested = binary.LittleEndian.AppendUint64(contested, k.Hi)
			contested = binary.LittleEndian.AppendUint32(contested, k.Lo)
		}
	}
	if err := failHere(fmt.Sprint("group ", group)); err != nil {
		return err
	}
	if len(contested) > 0 {
		emit(0, contested)
	}
	keysContested.Inc(ctx, int64(len(contested)/keySize))
	return nil
}

// ledger returns that of a merge. elements are the contested keys.
func (j *job) ledger(plan *shard.Plan, elements func(*[]byte) bool) (*ledger.Ledger, error) {
	seed, err := plan.Seed()
	o := ledger.Options{Seed: seed, Budget: j.Budget}
	if !j.GroupKeys || err != nil {
		return ledger.New(o), err
	}
	o.Budget = cmp.Or(o.Budget, keyset.DefaultBudget) / 2
	o.Contested = &keyset.Set{Budget: o.Budget}
	l := ledger.New(o)
	var keys []keyset.Key
	for element := []byte(nil); elements(&element) && err == nil; {
		keys, err = appendKeys(keys[:0], element)
		for i := 0; i < len(keys) && err == nil; i++ {
			var there bool
			if there, err = o.Contested.Has(keys[i]); !there && err == nil {
				err = o.Contested.Add(keys[i])
			}
		}
	}
	return l, err
}
