package outbox

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

func TestMessagesAreKeptInOrder(t *testing.T) {
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, nil)
	require.NoError(t, err)
	defer db.Close()
	var read []Message
	list := func(tx *bbolt.Tx) error {
		read = nil
		return Each(tx, func(object []byte) error {
			var m Message
			err := json.Unmarshal(object, &m)
			read = append(read, m)
			return err
		})
	}
	require.NoError(t, db.View(list))
	assert.Empty(t, read)
	want := []Message{
		{Pool: "local_a", Username: "ann", To: "ann@example.com", Medium: Email, About: "forgot-password", Code: "000001"},
		{Pool: "local_a", Username: "bob", To: "+12015550100", Medium: SMS, About: "forgot-password", Code: "999999"},
	}
	for _, m := range want {
		require.NoError(t, db.Update(func(tx *bbolt.Tx) error { return Add(tx, m) }))
	}
	require.NoError(t, db.View(list))
	assert.Equal(t, want, read)

	// The newest of a pool come first; another pool's ID may begin with it.
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error { return Add(tx, Message{Pool: "local_ab", Username: "cid"}) }))
	for n, names := range map[int][]string{1: {"bob"}, 9: {"bob", "ann"}} {
		var got []string
		require.NoError(t, db.View(func(tx *bbolt.Tx) error {
			return Newest(tx, "local_a", func(object []byte) (bool, error) {
				var m Message
				err := json.Unmarshal(object, &m)
				got = append(got, m.Username)
				return len(got) < n, err
			})
		}))
		assert.Equal(t, names, got)
	}

	// The oldest make room.
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		if err := tx.Bucket(Bucket).SetSequence(keep); err != nil {
			return err
		}
		return Add(tx, want[0])
	}))
	require.NoError(t, db.View(list))
	assert.Equal(t, []Message{want[1], {Pool: "local_ab", Username: "cid"}, want[0]}, read)
}

func TestNewCode(t *testing.T) {
	seen := make(map[string]bool)
	for range 100 {
		code := NewCode()
		assert.Regexp(t, `^[0-9]{6}$`, code)
		seen[code] = true
	}
	assert.Greater(t, len(seen), 90)
}

func TestMask(t *testing.T) {
	for _, tt := range []struct{ medium, to, want string }{
		{Email, "ann@example.com", "a***@e***"},
		{Email, "élan@example.org", "é***@e***"},
		{Email, "", "***@***"},
		{Email, "@", "***@***"},
		{SMS, "+12015550123", "+*******0123"},
		{SMS, "+1", "+*******+1"},
		{SMS, "", "+*******"},
	} {
		assert.Equal(t, tt.want, Mask(tt.medium, tt.to))
	}
}
