package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"poolprep/validate/schema"
)

// pool returns a pool with attributes of these names.
func pool(names ...string) *schema.Pool {
	p := &schema.Pool{}
	for _, name := range names {
		p.Attributes = append(p.Attributes, schema.Attribute{Name: name})
	}
	return p
}

// TestAttributesKeepTheirNumbers when a pool gets others, and after the database was closed.
func TestAttributesKeepTheirNumbers(t *testing.T) {
	dir := t.TempDir()
	st, err := Open(dir, time.Now())
	require.NoError(t, err)
	for _, step := range []struct{ has, want []string }{
		{[]string{"email", "name"}, []string{"email", "name"}},
		{[]string{"name", "custom:x", "email"}, []string{"email", "name", "custom:x"}},
		{[]string{"custom:x"}, []string{"email", "name", "custom:x"}},
	} {
		a, err := st.Attributes("local_a", pool(step.has...))
		require.NoError(t, err)
		assert.Equal(t, step.want, a.Names)
		for i, name := range step.want {
			assert.Equal(t, i, a.IDs[name])
		}
		secret := st.Secret
		require.NoError(t, st.Close())
		st, err = Open(dir, time.Now())
		require.NoError(t, err)
		assert.Equal(t, secret, st.Secret)
	}
	require.NoError(t, st.Update(func(tx *bbolt.Tx) error { return Forget(tx, "local_a") }))
	a, err := st.Attributes("local_a", pool("custom:y"))
	require.NoError(t, err)
	assert.Equal(t, []string{"custom:y"}, a.Names, "the pool is forgotten")
	require.NoError(t, st.Close())
}

// TestPoolsAreApart counts users, and drops what is of one pool.
func TestPoolsAreApart(t *testing.T) {
	st, err := Open("", time.Now())
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	require.NoError(t, st.Update(func(tx *bbolt.Tx) error {
		for _, id := range []string{"local_a", "local_b"} {
			b, err := In(tx, Users, id)
			require.NoError(t, err)
			for _, key := range []string{"a", "ab", "b", "abc"} {
				require.NoError(t, b.Put([]byte(key), []byte("x")))
			}
			require.NoError(t, AddUserCount(tx, id, 4))
		}
		require.NoError(t, Drop(tx.Bucket(Users), "local_none"))
		require.NoError(t, Drop(tx.Bucket(Users), "local_a"))
		require.NoError(t, Forget(tx, "local_a"))
		assert.Empty(t, ActiveJob(tx))
		return SetActiveJob(tx, "import-x")
	}))
	require.NoError(t, st.View(func(tx *bbolt.Tx) error {
		gone, err := In(tx, Users, "local_a")
		require.NoError(t, err)
		assert.Nil(t, gone)
		assert.Empty(t, KeysWith(gone, nil))
		kept, err := In(tx, Users, "local_b")
		require.NoError(t, err)
		assert.Equal(t, [][]byte{[]byte("ab"), []byte("abc")}, KeysWith(kept, []byte("ab")))
		assert.EqualValues(t, 0, UserCount(tx, "local_a"))
		assert.EqualValues(t, 4, UserCount(tx, "local_b"))
		assert.Equal(t, "import-x", ActiveJob(tx))
		return nil
	}))
	require.NoError(t, st.Update(func(tx *bbolt.Tx) error {
		require.NoError(t, SetActiveJob(tx, ""))
		assert.Empty(t, ActiveJob(tx))
		return nil
	}))
}
